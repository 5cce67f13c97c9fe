//! `facebridge completions`.

use crate::exit::{Failure, Outcome};
use clap::CommandFactory;
use clap_complete::Shell;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    clap_complete::generate(
        arguments.shell,
        &mut crate::Arguments::command(),
        "facebridge",
        &mut std::io::stdout(),
    );
    Ok(Outcome::Done)
}
