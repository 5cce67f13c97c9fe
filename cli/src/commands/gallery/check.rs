//! `facebridge gallery check`.

use super::StoreArguments;
use crate::exit::{Failure, Outcome};
use serde::Serialize;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    store: StoreArguments,
}

#[derive(Serialize)]
struct Answer {
    whole: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    arguments.store.client(false)?.check_galleries()?;
    arguments.store.answer(&Answer { whole: true }, |_| "every row is as it was written".to_owned())?;
    Ok(Outcome::Done)
}
