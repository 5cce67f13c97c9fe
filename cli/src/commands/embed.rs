//! `facebridge embed`.

use crate::arguments::EngineArguments;
use crate::exit::{Failure, Outcome};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The photo
    image: PathBuf,
    /// Write the vector, as JSON, to this new file that only you can read, instead of to standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    engine: EngineArguments,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let client = arguments.engine.client()?;
    let embedding =
        client.embed(arguments.image.as_path()).map_err(Failure::about(arguments.image.display()))?;
    let json = serde_json::to_string(&embedding).map_err(|error| Failure::Output(error.to_string()))?;
    match &arguments.out {
        None => println!("{json}"),
        Some(path) => {
            // An embedding identifies a person for life.
            private_file()
                .open(path)
                .and_then(|mut file| writeln!(file, "{json}"))
                .map_err(|error| Failure::output(path.display())(error.to_string()))?;
            eprintln!(
                "{} numbers written to {}; they identify a person: keep them encrypted.",
                embedding.values.len(),
                path.display()
            );
        }
    }
    Ok(Outcome::Done)
}

fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
