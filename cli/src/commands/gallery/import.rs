//! `facebridge gallery import`.

use super::{ExportArguments, StoreArguments, direction_argument, json};
use crate::exit::{Failure, Outcome};
use crate::show::{gallery, progress};
use facebridge::api::{
    Client, Direction, EnrollOptions, EnrollSource, EnrollmentJob, EnrollmentOutcome, EnrollmentStatus,
};
use std::cell::RefCell;
use std::path::{Path, PathBuf};

/// Outcomes that are taken at a time.
const AT_ONCE: u32 = 1000;

#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("source").required(true))]
pub(crate) struct Arguments {
    /// Folder of people: one sub-folder of photos for each, named by your identifier of the person
    #[arg(long, value_name = "DIR", group = "source")]
    folder: Option<PathBuf>,
    /// CSV with a heading: subject, path, and as wanted direction, name, id_number, person_type, customer_id
    #[arg(long, value_name = "FILE", group = "source")]
    csv: Option<PathBuf>,
    /// What `facebridge gallery export` wrote; the same command again goes on after an interruption
    #[arg(long, value_name = "FILE", group = "source")]
    from: Option<PathBuf>,
    #[command(flatten)]
    key: ExportArguments,
    /// Note finished photos in this file, and go on from it after an interruption
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    resume: Option<PathBuf>,
    /// Side that the photos must show: front, left, right, up or down
    #[arg(long, value_name = "SIDE", value_parser = direction_argument, conflicts_with = "from")]
    direction: Option<Direction>,
    #[command(flatten)]
    store: StoreArguments,
}

/// What became of the photos so far.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) stored: u64,
    pub(crate) already_there: u64,
    /// Those that were not stored.
    pub(crate) left: Vec<EnrollmentOutcome>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let client = arguments.store.client(false)?;
    if let Some(from) = &arguments.from {
        return templates(&client, arguments, from);
    }
    let source = EnrollSource {
        folder: arguments.folder.clone(),
        csv: arguments.csv.clone(),
        resume_file: arguments.resume.clone(),
        ..EnrollSource::default()
    };
    let options = EnrollOptions { direction: arguments.direction, ..EnrollOptions::default() };
    let job = client.enroll_many(&arguments.store.gallery, &source, &options)?;
    let tally = RefCell::new(Tally::default());
    let lines = arguments.store.key.json;
    let progress = || {
        take(&job, &mut tally.borrow_mut(), lines)?;
        job.progress()
    };
    progress::watch("photos", progress, |timeout| job.wait(timeout))?;
    // What came between the last look and the end, and why the job stopped, if it did.
    take(&job, &mut tally.borrow_mut(), lines)?;
    let tally = tally.into_inner();
    if !lines {
        println!("{}", gallery::import(&tally, job.progress()?.total));
    }
    Ok(if tally.left.is_empty() { Outcome::Done } else { Outcome::Photo })
}

/// Takes in what another gallery exported.
fn templates(client: &Client, arguments: &Arguments, from: &Path) -> Result<Outcome, Failure> {
    let job = client.import_gallery(&arguments.store.gallery, from, &arguments.key.options())?;
    progress::watch("faces", || job.progress(), |timeout| job.wait(timeout))?;
    let report = job.result()?;
    arguments.store.answer(&report, gallery::imported)?;
    Ok(if report.refused.is_empty() { Outcome::Done } else { Outcome::Photo })
}

fn take(job: &EnrollmentJob, tally: &mut Tally, lines: bool) -> facebridge::Result<()> {
    loop {
        let outcomes = job.take_outcomes(AT_ONCE)?;
        if outcomes.is_empty() {
            return Ok(());
        }
        for outcome in outcomes {
            if lines && let Ok(line) = json(&outcome) {
                println!("{line}");
            }
            match outcome.enrollment.as_ref().map(|enrollment| enrollment.status) {
                Some(EnrollmentStatus::Stored) => tally.stored += 1,
                Some(EnrollmentStatus::AlreadyThere) => tally.already_there += 1,
                _ => tally.left.push(outcome),
            }
        }
    }
}
