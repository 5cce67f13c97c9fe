//! `facebridge gallery list`.

use super::{StoreArguments, json};
use crate::exit::{Failure, Outcome};
use crate::show::gallery;
use facebridge::api::{EnrolledFace, Subject};
use serde::Serialize;

/// Subjects that are read at a time.
const PAGE: u32 = 1000;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Whose faces to show, and what is known of them [default: everybody, one line each]
    subject: Option<String>,
    #[command(flatten)]
    store: StoreArguments,
}

#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    subject: &'a Subject,
    enrolled: &'a [EnrolledFace],
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let client = arguments.store.client(false)?;
    let name = arguments.store.gallery.as_str();
    if let Some(id) = &arguments.subject {
        let subject = client.describe_subject(name, id)?;
        let enrolled = client.list_faces(name, id)?;
        let answer = Answer { subject: &subject, enrolled: &enrolled };
        arguments.store.answer(&answer, |answer| gallery::subject(answer.subject, answer.enrolled))?;
        return Ok(Outcome::Done);
    }
    let mut after = None;
    loop {
        let page = client.list_subjects(name, PAGE, after)?;
        if arguments.store.key.json {
            for subject in &page.subjects {
                println!("{}", json(subject)?);
            }
        } else if page.subjects.is_empty() && after.is_none() {
            println!("nobody is enrolled");
        } else {
            println!("{}", gallery::subjects(&page.subjects));
        }
        after = page.next;
        if after.is_none() {
            return Ok(Outcome::Done);
        }
    }
}
