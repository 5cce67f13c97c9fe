//! `facebridge gallery enroll`.

use super::{StoreArguments, direction_argument, json};
use crate::exit::{Failure, Outcome};
use crate::show::gallery;
use facebridge::api::{
    Direction, DuplicatePolicy, EnrollOptions, Enrollment, EnrollmentStatus, PersonType, SubjectAttributes,
};
use serde::Serialize;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Your identifier of the person, 1 to 128 characters
    subject: String,
    /// The photos
    #[arg(required = true)]
    photos: Vec<PathBuf>,
    /// Side that the photos must show: front, left, right, up or down
    #[arg(long, value_name = "SIDE", value_parser = direction_argument)]
    direction: Option<Direction>,
    /// What happens to a face that is enrolled for somebody else: refuse, report or off
    #[arg(long, value_name = "POLICY", value_parser = duplicates_argument)]
    duplicates: Option<DuplicatePolicy>,
    /// Days after which the face expires; `delete --expired` deletes it
    #[arg(long, value_name = "DAYS")]
    keep_days: Option<u32>,
    /// The person's name
    #[arg(long)]
    name: Option<String>,
    /// Number of the identity document
    #[arg(long, value_name = "NUMBER")]
    id_number: Option<String>,
    /// The house's number for the customer
    #[arg(long, value_name = "NUMBER")]
    customer_id: Option<String>,
    /// normal, vip or inner
    #[arg(long, value_name = "TYPE", value_parser = person_argument)]
    person_type: Option<PersonType>,
    #[command(flatten)]
    store: StoreArguments,
}

fn duplicates_argument(text: &str) -> Result<DuplicatePolicy, String> {
    match text {
        "refuse" => Ok(DuplicatePolicy::Refuse),
        "report" => Ok(DuplicatePolicy::Report),
        "off" => Ok(DuplicatePolicy::Off),
        _ => Err("expected refuse, report or off".to_owned()),
    }
}

fn person_argument(text: &str) -> Result<PersonType, String> {
    match text {
        "normal" => Ok(PersonType::Normal),
        "vip" => Ok(PersonType::Vip),
        "inner" => Ok(PersonType::Inner),
        _ => Err("expected normal, vip or inner".to_owned()),
    }
}

#[derive(Serialize)]
struct Answer<'a> {
    image: &'a Path,
    #[serde(flatten)]
    enrollment: &'a Enrollment,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let client = arguments.store.client(false)?;
    let options = EnrollOptions {
        attributes: attributes(arguments),
        direction: arguments.direction,
        duplicates: arguments.duplicates,
        time_to_live: arguments.keep_days.map(|days| u64::from(days) * 86_400),
        ..EnrollOptions::default()
    };
    let mut outcome = Outcome::Done;
    let mut rows = Vec::new();
    for image in &arguments.photos {
        let enrollment = client
            .enroll(&arguments.store.gallery, &arguments.subject, image.as_path(), &options)
            .map_err(Failure::about(image.display()))?;
        outcome = match (outcome, enrollment.status) {
            // A photo that another one can replace says more than somebody who is known.
            (_, EnrollmentStatus::Refused) => Outcome::Photo,
            (Outcome::Done, EnrollmentStatus::Duplicate) => Outcome::NoMatch,
            (before, _) => before,
        };
        if arguments.store.key.json {
            println!("{}", json(&Answer { image, enrollment: &enrollment })?);
        }
        rows.push((image.as_path(), enrollment));
    }
    if !arguments.store.key.json {
        println!("{}", gallery::enrollments(&rows));
    }
    Ok(outcome)
}

/// What is said of the person; nothing, where no option says anything, so that what was said before stands.
fn attributes(arguments: &Arguments) -> Option<SubjectAttributes> {
    let text = |option: &Option<String>| option.as_deref().map(Into::into);
    let attributes = SubjectAttributes {
        name: text(&arguments.name),
        id_number: text(&arguments.id_number),
        customer_id: text(&arguments.customer_id),
        person_type: arguments.person_type.unwrap_or_default(),
    };
    (arguments.person_type.is_some() || attributes != SubjectAttributes::default()).then_some(attributes)
}
