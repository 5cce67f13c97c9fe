//! `facebridge gallery`: one module per command, and what they share.

mod backup;
mod check;
mod create;
mod delete;
mod enroll;
mod export;
mod identify;
mod import;
mod list;
mod rekey;
mod restore;
mod stats;
mod verify;

pub(crate) use import::Tally;

use crate::arguments::EngineArguments;
use crate::exit::{Failure, Outcome};
use clap::{Args, Subcommand};
use facebridge::api::{Client, Direction, ExportOptions, GalleryOptions};
use serde::Serialize;
use std::path::PathBuf;

/// The environment variable that names the store where no option does.
const STORE_VARIABLE: &str = "FACEBRIDGE_GALLERY";

/// The commands on enrolled faces.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a gallery, and its store where there is none
    Create(create::Arguments),
    /// Enrol photos of one person
    Enroll(enroll::Arguments),
    /// Enrol photos of many people, or take in what another gallery exported
    Import(import::Arguments),
    /// Write a gallery's templates into a new file, sealed under a key of its own
    Export(export::Arguments),
    /// Show who is enrolled, or the faces of one
    List(list::Arguments),
    /// Delete a person, a face, what has expired, or the whole gallery
    Delete(delete::Arguments),
    /// Find out who is on a photo (1:N)
    Identify(identify::Arguments),
    /// Decide whether a photo shows a certain person (1:1)
    Verify(verify::Arguments),
    /// Seal the store under a new key, or the gallery under a new one of its own
    Rekey(rekey::Arguments),
    /// Count people and faces
    Stats(stats::Arguments),
    /// Copy the store into a new file, and check the copy
    Backup(backup::Arguments),
    /// Make a store from a backup
    Restore(restore::Arguments),
    /// Check every row of the store
    Check(check::Arguments),
}

impl Command {
    pub(crate) fn run(self) -> Result<Outcome, Failure> {
        match self {
            Self::Create(arguments) => create::run(&arguments),
            Self::Enroll(arguments) => enroll::run(&arguments),
            Self::Import(arguments) => import::run(&arguments),
            Self::Export(arguments) => export::run(&arguments),
            Self::List(arguments) => list::run(&arguments),
            Self::Delete(arguments) => delete::run(&arguments),
            Self::Identify(arguments) => identify::run(&arguments),
            Self::Verify(arguments) => verify::run(&arguments),
            Self::Rekey(arguments) => rekey::run(&arguments),
            Self::Stats(arguments) => stats::run(&arguments),
            Self::Backup(arguments) => backup::run(&arguments),
            Self::Restore(arguments) => restore::run(&arguments),
            Self::Check(arguments) => check::run(&arguments),
        }
    }
}

/// Where the key is, and how to answer.
#[derive(Args)]
#[command(next_help_heading = "Store")]
pub(crate) struct KeyArguments {
    /// File of the key: 32 random bytes, such as from `openssl rand -hex 32` [default: FACEBRIDGE_GALLERY_KEY]
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

impl KeyArguments {
    pub(crate) fn options(&self) -> GalleryOptions {
        let mut options = GalleryOptions::default();
        options.key_file.clone_from(&self.key_file);
        options
    }
}

/// Where the key of an export is.
#[derive(Args)]
struct ExportArguments {
    /// File of the export's key: 32 random bytes, not those of the store [default: FACEBRIDGE_EXPORT_KEY]
    #[arg(long, value_name = "FILE")]
    export_key_file: Option<PathBuf>,
}

impl ExportArguments {
    fn options(&self) -> ExportOptions {
        ExportOptions { key_file: self.export_key_file.clone(), ..ExportOptions::default() }
    }
}

/// Which gallery, and how it is used.
#[derive(Args)]
#[command(next_help_heading = "Store")]
struct StoreArguments {
    /// The store's file [env: FACEBRIDGE_GALLERY]
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    /// Name of the gallery
    #[arg(long, value_name = "NAME", default_value = "default")]
    gallery: String,
    /// Record who does what in this file
    #[arg(long, value_name = "FILE")]
    audit_log: Option<PathBuf>,
    /// Who acts, as the audit log names it
    #[arg(long, value_name = "NAME", requires = "audit_log")]
    actor: Option<String>,
    #[command(flatten)]
    key: KeyArguments,
    #[command(flatten)]
    engine: EngineArguments,
}

impl StoreArguments {
    /// A client of the store. A store that is not there is made only where `make` says so: a wrong path must not
    /// look like an empty gallery.
    fn client(&self, make: bool) -> Result<Client, Failure> {
        let store = self.store.clone().or_else(|| std::env::var_os(STORE_VARIABLE).map(PathBuf::from));
        let store = store.filter(|store| !store.as_os_str().is_empty()).ok_or_else(|| {
            Failure::Usage(format!(
                "name the store: --store FILE or the environment variable {STORE_VARIABLE}"
            ))
        })?;
        if !make && !store.exists() {
            let store = store.display();
            return Err(Failure::Usage(format!(
                "{store} is not there; `facebridge gallery create` makes it"
            )));
        }
        let mut gallery = self.key.options();
        gallery.store = store;
        gallery.audit_log.clone_from(&self.audit_log);
        gallery.actor = self.actor.clone().unwrap_or_default();
        let mut options = self.engine.options();
        options.gallery = Some(gallery);
        Ok(Client::local(options)?)
    }

    /// Prints `answer` as JSON, or what `text` makes of it.
    fn answer<T: Serialize>(&self, answer: &T, text: impl FnOnce(&T) -> String) -> Result<(), Failure> {
        println!("{}", if self.key.json { json(answer)? } else { text(answer) });
        Ok(())
    }
}

/// One line of JSON.
pub(crate) fn json(answer: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(answer).map_err(|error| Failure::Output(error.to_string()))
}

/// A side of the face on the command line.
fn direction_argument(text: &str) -> Result<Direction, String> {
    match text {
        "front" => Ok(Direction::Front),
        "left" => Ok(Direction::Left),
        "right" => Ok(Direction::Right),
        "up" => Ok(Direction::Up),
        "down" => Ok(Direction::Down),
        _ => Err("expected front, left, right, up or down".to_owned()),
    }
}
