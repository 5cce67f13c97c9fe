//! `facebridge audit`.

use super::gallery::{KeyArguments, json};
use crate::exit::{Failure, Outcome};
use clap::Subcommand;
use facebridge::api::verify_audit_log;
use std::path::PathBuf;

/// The commands on audit logs.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Check a log from its first record to its last
    Verify(VerifyArguments),
}

#[derive(clap::Args)]
pub(crate) struct VerifyArguments {
    /// The log
    log: PathBuf,
    #[command(flatten)]
    key: KeyArguments,
}

impl Command {
    pub(crate) fn run(self) -> Result<Outcome, Failure> {
        let Self::Verify(arguments) = self;
        let report = verify_audit_log(&arguments.log, &arguments.key.options())?;
        if arguments.key.json {
            println!("{}", json(&report)?);
            return Ok(Outcome::Done);
        }
        let span = match (&report.first, &report.last) {
            (Some(first), Some(last)) => format!(", {first} to {last}"),
            _ => String::new(),
        };
        println!("whole: {} record(s){span}", report.records);
        if report.unsealed {
            println!(
                "note: the last record is newer than the seal, as after a crash, or the seal was put back"
            );
        }
        if report.unfinished_bytes > 0 {
            println!("note: {} bytes of an unfinished record, as after a crash", report.unfinished_bytes);
        }
        Ok(Outcome::Done)
    }
}
