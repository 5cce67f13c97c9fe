//! `cargo xtask generate`: writes the bindings of the other languages from the Rust API definition.

mod c;
mod docs;
mod java;
mod model;
mod output;
mod python;
mod read;
mod rustfmt;
mod templates;

use std::io::{self, Write};

use clap::{Args, ValueEnum};

use crate::failure::{Failure, Result};
use crate::files;
use model::Api;
use output::GeneratedFile;

/// What to generate, and whether to write it.
#[derive(Args)]
pub(crate) struct Options {
    /// Write nothing: list the files that are out of date and exit 1 where there are any.
    #[arg(long)]
    check: bool,
    /// Only this language.
    #[arg(long, value_name = "LANGUAGE")]
    only: Option<Language>,
    /// Print the API as JSON, as templates see it, and do nothing else.
    #[arg(long, conflicts_with_all = ["check", "only"])]
    model: bool,
}

/// The languages that have bindings.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Language {
    Python,
    C,
    Java,
}

impl Language {
    const ALL: [Self; 3] = [Self::Python, Self::C, Self::Java];

    /// Every file of this language, complete.
    fn files(self, api: &Api) -> Result<Vec<GeneratedFile>> {
        match self {
            Self::Python => python::files(api),
            Self::C => c::files(api),
            Self::Java => java::files(api),
        }
    }

    /// The folders, relative to the repository, in which a file that bears the marker is this language's.
    fn folders(self) -> &'static [&'static str] {
        match self {
            Self::Python => python::FOLDERS,
            Self::C => c::FOLDERS,
            Self::Java => java::FOLDERS,
        }
    }
}

/// Writes what is out of date, or with `--check` says what is.
pub(crate) fn run(options: &Options) -> Result<()> {
    let root = files::root()?;
    let api = read::read(&root)?;
    if options.model {
        let json = serde_json::to_string_pretty(&api)
            .map_err(|error| Failure::new(format!("the API cannot be written as JSON: {error}")))?;
        return print(&json);
    }
    let mut stale = Vec::new();
    for language in Language::ALL {
        if options.only.is_none_or(|only| only == language) {
            stale.extend(output::stale(&root, &language.files(&api)?, language.folders())?);
        }
    }
    if !options.check {
        for change in &stale {
            output::apply(&root, change)?;
            println!("{}", change.done());
        }
        if stale.is_empty() {
            println!("every generated file is up to date");
        }
        return Ok(());
    }
    if stale.is_empty() {
        return Ok(());
    }
    for change in &stale {
        println!("{}", change.due());
    }
    Err(Failure::new("generated files are out of date; run `cargo xtask generate` and commit what it writes"))
}

/// Prints a long text; a reader such as `head` that has seen enough is no failure.
fn print(text: &str) -> Result<()> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("the API cannot be printed: {error}")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_committed_is_what_the_definition_gives() {
        let everything = Options { check: true, only: None, model: false };
        run(&everything).expect("generated files are up to date");
    }
}
