//! `facebridge gallery verify`.

use super::StoreArguments;
use crate::exit::{Failure, Outcome};
use crate::show::gallery;
use facebridge::api::CompareOptions;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The person that the photo is said to show
    subject: String,
    /// The photo
    photo: PathBuf,
    /// Largest acceptable false match rate [default: 0.0001, which is score 80]
    #[arg(long, value_name = "RATE")]
    max_fmr: Option<f64>,
    #[command(flatten)]
    store: StoreArguments,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let client = arguments.store.client(false)?;
    let options = CompareOptions { max_fmr: arguments.max_fmr };
    let answer = client
        .verify(&arguments.store.gallery, &arguments.subject, arguments.photo.as_path(), &options)
        .map_err(Failure::about(arguments.photo.display()))?;
    arguments.store.answer(&answer, gallery::verification)?;
    Ok(answer.decision.into())
}
