//! Enrolled faces and searches as tables.

use super::tables::{decision, name, rate, table, words};
use crate::commands::Tally;
use comfy_table::CellAlignment;
use facebridge::api::{
    CandidateList, EnrolledFace, Enrollment, EnrollmentStatus, GalleryDescription, Sensitive, Subject,
    TransferReport, Verification,
};
use std::fmt::Write as _;
use std::path::Path;

const MILLISECONDS_A_DAY: u64 = 86_400_000;

fn number(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.1}"))
}

/// What became of a photo, in words.
fn status(enrollment: &Enrollment) -> String {
    match (enrollment.status, &enrollment.refusal, &enrollment.duplicate) {
        (EnrollmentStatus::Refused, Some(reason), _) => {
            format!("refused: {} ({})", words(reason), u32::from(enrollment.check_code))
        }
        (status, _, Some(other)) => {
            format!(
                "{}: resembles face {} of {}, score {}",
                words(status),
                other.face_id,
                other.subject.expose(),
                number(other.score)
            )
        }
        (status, ..) => words(status),
    }
}

/// Photos of one person that were to be enrolled.
pub(crate) fn enrollments(rows: &[(&Path, Enrollment)]) -> String {
    let mut table = table(&["photo", "face", "result"]);
    for (path, enrollment) in rows {
        let face = enrollment.face_id.map_or("-".to_owned(), |face| face.to_string());
        table.add_row([name(path), face, status(enrollment)]);
    }
    table.to_string()
}

/// What became of many photos.
pub(crate) fn import(tally: &Tally, photos: u64) -> String {
    let left = tally.left.len() as u64;
    let before = photos.saturating_sub(tally.stored + tally.already_there + left);
    let mut text = format!(
        "{photos} photos: {} stored, {} were there, {before} finished before, {left} not stored",
        tally.stored, tally.already_there
    );
    for outcome in &tally.left {
        let why = match (&outcome.enrollment, &outcome.failure) {
            (Some(enrollment), _) => status(enrollment),
            (None, Some(failure)) => failure.message.clone(),
            (None, None) => "no answer".to_owned(),
        };
        let _ = write!(text, "\nphoto {}: {why}", outcome.index + 1);
    }
    text
}

/// What an export wrote.
pub(crate) fn exported(report: &TransferReport) -> String {
    format!(
        "written and checked: {} people, {} faces; it opens with the export's key only",
        report.subjects, report.faces
    )
}

/// What an import took in.
pub(crate) fn imported(report: &TransferReport) -> String {
    let left: u64 = report.refused.iter().map(|refused| refused.faces).sum();
    let mut text = format!(
        "{} people, {} faces: {} stored and checked, {} were there, {left} left out",
        report.subjects, report.faces, report.stored, report.already_there
    );
    for refused in &report.refused {
        let _ = write!(text, "\n{}: {}", words(refused.reason), refused.faces);
    }
    text
}

/// People, one line each.
pub(crate) fn subjects(subjects: &[Subject]) -> String {
    let mut table = table(&["subject", "faces", "type", "since"]);
    for subject in subjects {
        table.add_row([
            subject.id.expose().to_owned(),
            subject.faces.to_string(),
            words(subject.attributes.person_type),
            date(subject.created_at),
        ]);
    }
    table.to_string()
}

/// One person and all faces.
pub(crate) fn subject(subject: &Subject, faces: &[EnrolledFace]) -> String {
    let attributes = &subject.attributes;
    let mut text = format!("{}, {}", subject.id.expose(), words(attributes.person_type));
    for (title, value) in [
        ("name", &attributes.name),
        ("identity document", &attributes.id_number),
        ("customer", &attributes.customer_id),
    ] {
        if let Some(value) = value.as_ref().map(Sensitive::expose) {
            let _ = write!(text, "\n{title}: {value}");
        }
    }
    let mut table = table(&["face", "direction", "enrolled", "expires"]);
    for face in faces {
        table.add_row([
            face.face_id.to_string(),
            face.direction.map_or("-".to_owned(), words),
            date(face.enrolled_at),
            face.expires_at.map_or("-".to_owned(), date),
        ]);
    }
    let _ = write!(text, "\n{table}");
    text
}

/// What a search found.
pub(crate) fn candidates(list: &CandidateList) -> String {
    let mut table = table(&["subject", "face", "score", "decision", "false match rate"]);
    for candidate in &list.candidates {
        table.add_row([
            candidate.subject.expose().to_owned(),
            candidate.face_id.to_string(),
            number(candidate.score),
            decision(candidate.decision, None),
            rate(candidate.estimated_fmr),
        ]);
    }
    if let Some(column) = table.column_mut(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let found = match (list.decision, list.candidates.first()) {
        (facebridge::decision::Decision::Match, Some(first)) => format!("found: {}", first.subject.expose()),
        (facebridge::decision::Decision::NoMatch, _) => "nobody".to_owned(),
        (other, _) => decision(other, list.indeterminate_reason),
    };
    format!(
        "{table}\n{found}; threshold {}, margin {}, {} faces searched",
        number(list.threshold),
        number(list.margin),
        list.gallery_faces
    )
}

/// Whether a photo shows a certain person.
pub(crate) fn verification(answer: &Verification) -> String {
    format!(
        "{}; score {}, threshold {}, face {}, false match rate {}",
        decision(answer.decision, answer.indeterminate_reason),
        number(answer.score),
        number(answer.threshold),
        answer.face_id,
        rate(answer.estimated_fmr)
    )
}

/// The galleries of a store.
pub(crate) fn galleries(galleries: &[GalleryDescription]) -> String {
    let mut table = table(&["gallery", "subjects", "faces"]);
    for gallery in galleries {
        table.add_row([gallery.name.clone(), gallery.subjects.to_string(), gallery.faces.to_string()]);
    }
    let mut text = table.to_string();
    if galleries.iter().any(|gallery| gallery.filing_advised) {
        text.push_str(
            "\nnote: 100,000 people or more: a filing with the authorities may be due (docs/gallery.md)",
        );
    }
    text
}

/// The day of a time in milliseconds since the beginning of 1970, UTC.
fn date(milliseconds: u64) -> String {
    // Days are counted from March 1 of the year 0, so that leap days end a year (H. Hinnant, days_from_civil).
    let days = milliseconds / MILLISECONDS_A_DAY + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 { (year, month + 3) } else { (year + 1, month - 9) };
    format!("{:04}-{month:02}-{day:02}", era * 400 + year)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (days, expected) in [
            (0, "1970-01-01"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (20_454, "2026-01-01"),
            (47_540, "2100-02-28"),
            (47_541, "2100-03-01"),
        ] {
            assert_eq!(date(days * MILLISECONDS_A_DAY), expected);
            assert_eq!(date((days + 1) * MILLISECONDS_A_DAY - 1), expected);
        }
    }
}
