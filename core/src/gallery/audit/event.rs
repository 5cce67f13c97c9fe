//! What is recorded: one operation and its outcome.

use super::keys::Keys;
use crate::{Error, ErrorKind, Result};
use serde::{Serialize, Serializer};
use std::time::SystemTime;

/// Most characters of an actor or a model id.
const MOST_CHARACTERS: usize = 128;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// A face was, or was not, enrolled.
    Enroll,
    /// A face was replaced by a newer one.
    UpdateFace,
    /// One face was deleted.
    DeleteFace,
    /// A subject was deleted with all faces.
    DeleteSubject,
    /// A gallery was made.
    CreateGallery,
    /// A gallery was deleted with everything in it.
    DropGallery,
    /// Somebody was searched for in a gallery.
    Identify,
    /// Somebody was compared with one subject.
    Verify,
    /// Subjects or faces were listed.
    List,
    /// Templates were written out.
    Export,
    /// Templates were read in.
    Import,
    /// The store was copied.
    Backup,
    /// The store was sealed under a new key.
    Rekey,
    /// What had outlived its time was deleted.
    Sweep,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// `done`: for operations that have nothing more to say.
    Done,
    /// `stored`: a face was enrolled or replaced.
    Stored,
    /// `already_there`: the subject had this face already.
    AlreadyThere,
    /// `duplicate`: the face is enrolled for somebody else.
    Duplicate,
    /// `refused:N`: the image was refused with check code N.
    Refused(u32),
    /// `match`: somebody was recognised.
    Match,
    /// `no_match`: nobody was.
    NoMatch,
    /// `indeterminate`: there are candidates, and no decision.
    Indeterminate,
    /// `deleted`.
    Deleted,
    /// `not_found`: there was nothing to delete, list or compare with.
    NotFound,
    /// The name of the error, such as `store_full`.
    Failed(ErrorKind),
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let code = match self {
            Self::Done => "done",
            Self::Stored => "stored",
            Self::AlreadyThere => "already_there",
            Self::Duplicate => "duplicate",
            Self::Refused(code) => return serializer.collect_str(&format_args!("refused:{code}")),
            Self::Match => "match",
            Self::NoMatch => "no_match",
            Self::Indeterminate => "indeterminate",
            Self::Deleted => "deleted",
            Self::NotFound => "not_found",
            Self::Failed(kind) => return kind.serialize(serializer),
        };
        serializer.serialize_str(code)
    }
}

/// One operation, as the caller tells it.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// Who asked for it, 1 to 128 characters. It stands in the log as it is, so a staff number is better than a
    /// name.
    pub actor: &'a str,
    /// What was done.
    pub operation: Operation,
    /// The gallery, where one was named.
    pub gallery: Option<&'a str>,
    /// The subject, where one was named or found; only together with a gallery.
    pub subject: Option<&'a str>,
    /// What came of it.
    pub outcome: Outcome,
    /// The model that made the template, 1 to 128 characters, where one took part.
    pub model: Option<&'a str>,
    /// The cosine that decided, where one did.
    pub score: Option<f64>,
}

/// A record's line, but for its hash. The order of the fields is that of the file.
#[derive(Serialize)]
struct Body<'a> {
    n: u64,
    time: String,
    actor: &'a str,
    operation: Operation,
    outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    gallery: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
}

impl Event<'_> {
    /// Checks what [`Event::body`] relies on.
    ///
    /// # Errors
    /// `InvalidArgument` where a text is empty or too long, a subject has no gallery, or the score is no number.
    pub(super) fn check(&self) -> Result<()> {
        let invalid = |message: &str| Err(Error::new(ErrorKind::InvalidArgument, message));
        let fits = |text: &str| !text.is_empty() && text.chars().count() <= MOST_CHARACTERS;
        if !fits(self.actor) {
            return invalid("The actor of an audit record must have 1 to 128 characters.");
        }
        if !self.model.is_none_or(fits) {
            return invalid("The model id of an audit record must have 1 to 128 characters.");
        }
        if self.subject.is_some() && self.gallery.is_none() {
            return invalid("An audit record that names a subject must name its gallery too.");
        }
        if !self.score.is_none_or(f64::is_finite) {
            return invalid("The score of an audit record must be a finite number, or left out.");
        }
        Ok(())
    }

    /// The body of record `number`.
    pub(super) fn body(&self, number: u64, time: SystemTime, keys: &Keys) -> Vec<u8> {
        let body = Body {
            n: number,
            time: humantime::format_rfc3339_millis(time).to_string(),
            actor: self.actor,
            operation: self.operation,
            outcome: self.outcome,
            gallery: self.gallery.map(|gallery| keys.gallery(gallery)),
            subject: self.gallery.zip(self.subject).map(|(gallery, subject)| keys.subject(gallery, subject)),
            model: self.model,
            score: self.score,
        };
        serde_json::to_vec(&body).expect("a record is plain data with finite numbers")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const EVENT: Event<'_> = Event {
        actor: "teller 7",
        operation: Operation::Identify,
        gallery: Some("branch"),
        subject: None,
        outcome: Outcome::Match,
        model: Some("sface"),
        score: Some(0.5),
    };

    #[test]
    fn a_body_reads_as_documented() {
        let keys = Keys::derive(&[1; 32]);
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_764_343_230_045);
        let body = EVENT.body(3, time, &keys);
        assert_eq!(
            String::from_utf8(body).unwrap(),
            format!(
                r#"{{"n":3,"time":"2025-11-28T15:20:30.045Z","actor":"teller 7","operation":"identify","outcome":"match","gallery":"{}","model":"sface","score":0.5}}"#,
                keys.gallery("branch")
            )
        );
    }

    #[test]
    fn outcomes_are_codes() {
        let code = |outcome: Outcome| serde_json::to_string(&outcome).unwrap();
        assert_eq!(code(Outcome::Refused(20)), r#""refused:20""#);
        assert_eq!(code(Outcome::Failed(ErrorKind::StoreFull)), r#""store_full""#);
        assert_eq!(code(Outcome::NoMatch), r#""no_match""#);
    }

    #[test]
    fn what_cannot_be_written_is_refused() {
        let long = "é".repeat(MOST_CHARACTERS);
        assert!(Event { actor: &long, ..EVENT }.check().is_ok());
        let longer = long + "é";
        for event in [
            Event { actor: "", ..EVENT },
            Event { actor: &longer, ..EVENT },
            Event { model: Some(""), ..EVENT },
            Event { gallery: None, subject: Some("s"), ..EVENT },
            Event { score: Some(f64::NAN), ..EVENT },
        ] {
            assert_eq!(event.check().unwrap_err().kind(), ErrorKind::InvalidArgument);
        }
    }
}
