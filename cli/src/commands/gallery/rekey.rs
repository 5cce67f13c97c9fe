//! `facebridge gallery rekey`.

use super::StoreArguments;
use crate::exit::{Failure, Outcome};
use facebridge::api::Sensitive;
use serde::Serialize;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true))]
pub(crate) struct Arguments {
    /// File of the store's new key, as text; keep a copy elsewhere, and the old key for old backups
    #[arg(long, value_name = "FILE", group = "what")]
    new_key_file: Option<PathBuf>,
    /// Give the gallery a new key of its own and seal everything in it anew
    #[arg(long, group = "what")]
    reseal: bool,
    #[command(flatten)]
    store: StoreArguments,
}

#[derive(Serialize)]
struct Answer {
    resealed: bool,
    new_key: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    // Read first: nothing is begun where it cannot be.
    let key = arguments.new_key_file.as_deref().map(read).transpose()?;
    let client = arguments.store.client(false)?;
    if arguments.reseal {
        client.reseal_gallery(&arguments.store.gallery)?;
    }
    if let Some(key) = &key {
        client.change_gallery_key(key)?;
    }
    let answer = Answer { resealed: arguments.reseal, new_key: key.is_some() };
    arguments.store.answer(&answer, |answer| {
        let what = if answer.new_key { "sealed under the new key" } else { "sealed anew" };
        what.to_owned()
    })?;
    Ok(Outcome::Done)
}

fn read(path: &Path) -> Result<Sensitive, Failure> {
    std::fs::read_to_string(path)
        .map(Sensitive::from)
        .map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))
}
