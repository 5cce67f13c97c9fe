//! `facebridge gallery restore`.

use super::{KeyArguments, json};
use crate::exit::{Failure, Outcome};
use facebridge::api::restore_galleries;
use serde::Serialize;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The backup
    backup: PathBuf,
    /// The store to make, a new file
    to: PathBuf,
    #[command(flatten)]
    key: KeyArguments,
}

#[derive(Serialize)]
struct Answer<'a> {
    restored: &'a Path,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    restore_galleries(&arguments.backup, &arguments.to, &arguments.key.options())?;
    if arguments.key.json {
        println!("{}", json(&Answer { restored: &arguments.to })?);
    } else {
        println!("checked and restored: {}", arguments.to.display());
    }
    Ok(Outcome::Done)
}
