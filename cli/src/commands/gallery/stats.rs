//! `facebridge gallery stats`.

use super::StoreArguments;
use crate::exit::{Failure, Outcome};
use crate::show::gallery;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    store: StoreArguments,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let galleries = arguments.store.client(false)?.list_galleries()?;
    arguments.store.answer(&galleries, |galleries| gallery::galleries(galleries))?;
    Ok(Outcome::Done)
}
