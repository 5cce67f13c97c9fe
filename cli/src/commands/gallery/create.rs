//! `facebridge gallery create`.

use super::StoreArguments;
use crate::exit::{Failure, Outcome};
use serde::Serialize;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    store: StoreArguments,
}

#[derive(Serialize)]
struct Answer<'a> {
    gallery: &'a str,
    made: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let gallery = arguments.store.gallery.as_str();
    let made = arguments.store.client(true)?.create_gallery(gallery)?;
    arguments.store.answer(&Answer { gallery, made }, |answer| {
        format!("gallery {gallery}: {}", if answer.made { "made" } else { "was there" })
    })?;
    Ok(Outcome::Done)
}
