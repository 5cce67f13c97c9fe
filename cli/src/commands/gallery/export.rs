//! `facebridge gallery export`.

use super::{ExportArguments, StoreArguments};
use crate::exit::{Failure, Outcome};
use crate::show::{gallery, progress};
use std::path::PathBuf;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The new file
    to: PathBuf,
    #[command(flatten)]
    key: ExportArguments,
    #[command(flatten)]
    store: StoreArguments,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let client = arguments.store.client(false)?;
    let job = client.export_gallery(&arguments.store.gallery, &arguments.to, &arguments.key.options())?;
    progress::watch("faces", || job.progress(), |timeout| job.wait(timeout))?;
    arguments.store.answer(&job.result()?, gallery::exported)?;
    Ok(Outcome::Done)
}
