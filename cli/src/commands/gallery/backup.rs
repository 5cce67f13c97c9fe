//! `facebridge gallery backup`.

use super::StoreArguments;
use crate::exit::{Failure, Outcome};
use serde::Serialize;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The new file
    to: PathBuf,
    #[command(flatten)]
    store: StoreArguments,
}

#[derive(Serialize)]
struct Answer<'a> {
    written: &'a Path,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    arguments.store.client(false)?.backup_galleries(&arguments.to)?;
    arguments.store.answer(&Answer { written: &arguments.to }, |answer| {
        format!("written and checked: {}; it opens with the same key", answer.written.display())
    })?;
    Ok(Outcome::Done)
}
