//! `facebridge gallery identify`.

use super::StoreArguments;
use crate::exit::{Failure, Outcome};
use crate::show::gallery;
use facebridge::api::IdentifyOptions;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The photo
    photo: PathBuf,
    /// Most candidates to show, 1 to 1000
    #[arg(long, value_name = "N", default_value_t = IdentifyOptions::default().max_candidates)]
    max_candidates: u32,
    /// Largest acceptable share of searches for strangers that match anybody
    #[arg(long, value_name = "RATE", default_value_t = IdentifyOptions::default().max_fpir)]
    max_fpir: f64,
    #[command(flatten)]
    store: StoreArguments,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let client = arguments.store.client(false)?;
    let options = IdentifyOptions { max_candidates: arguments.max_candidates, max_fpir: arguments.max_fpir };
    let answer = client
        .identify(&arguments.store.gallery, arguments.photo.as_path(), &options)
        .map_err(Failure::about(arguments.photo.display()))?;
    arguments.store.answer(&answer, gallery::candidates)?;
    Ok(answer.decision.into())
}
