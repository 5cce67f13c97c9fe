//! `facebridge gallery delete`.

use super::StoreArguments;
use crate::exit::{Failure, Outcome};
use serde::Serialize;

#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true))]
pub(crate) struct Arguments {
    /// Delete this person with all faces
    #[arg(group = "what")]
    subject: Option<String>,
    /// Delete this face, and its person with the last one
    #[arg(long, value_name = "N", group = "what")]
    face: Option<u64>,
    /// Delete the faces whose time is over, in every gallery of the store
    #[arg(long, group = "what")]
    expired: bool,
    /// Delete the gallery: its key first, then everything in it
    #[arg(long, group = "what")]
    everything: bool,
    #[command(flatten)]
    store: StoreArguments,
}

#[derive(Serialize)]
struct Answer {
    /// Faces that are gone; absent where the gallery is.
    faces: Option<u64>,
    gallery: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let client = arguments.store.client(false)?;
    let gallery = arguments.store.gallery.as_str();
    let answer = match (&arguments.subject, arguments.face) {
        (Some(subject), _) => {
            Answer { faces: Some(client.delete_subject(gallery, subject)?), gallery: false }
        }
        (None, Some(face)) => {
            Answer { faces: Some(u64::from(client.delete_face(gallery, face)?)), gallery: false }
        }
        (None, None) if arguments.expired => Answer { faces: Some(client.delete_expired()?), gallery: false },
        (None, None) => Answer { faces: None, gallery: client.drop_gallery(gallery)? },
    };
    arguments.store.answer(&answer, |answer| match answer {
        Answer { gallery: true, .. } => format!("gallery {gallery}: deleted"),
        Answer { faces: None | Some(0), .. } => "nothing to delete".to_owned(),
        Answer { faces: Some(faces), .. } => format!("deleted: {faces} face(s)"),
    })?;
    // Where nothing has expired, all is as it should be.
    let done = answer.gallery || answer.faces.is_some_and(|faces| faces > 0) || arguments.expired;
    Ok(if done { Outcome::Done } else { Outcome::NoMatch })
}
