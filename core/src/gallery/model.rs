//! What a gallery holds and answers.

use crate::{Error, ErrorKind, Result};
use zeroize::Zeroizing;

/// The largest face id, so that it is exact in JSON and JavaScript: 2^53 - 1.
pub(crate) const MAX_FACE_ID: u64 = (1 << 53) - 1;
/// The longest name of a tenant, id of a subject or attribute, in characters.
pub(crate) const MAX_TEXT_CHARS: usize = 128;
/// The longest template, in values.
pub(crate) const MAX_DIMENSION: usize = 4096;
/// Two templates of one subject that score this much are the same picture.
pub(crate) const SAME_TEMPLATE: f64 = 0.9999;
/// How far a template's length may be from 1.
const LENGTH_TOLERANCE: f64 = 1e-3;

/// Which model and pipeline made a template; templates of different kinds are never compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TemplateKind {
    /// The model's id, 1 to 128 characters.
    pub model: String,
    /// The pipeline's id, 1 to 128 characters.
    pub pipeline: String,
}

/// A face as a vector of unit length, with its kind. Overwritten when dropped; no debug output shows it.
#[derive(Clone, PartialEq)]
pub struct Template {
    /// What made it.
    pub kind: TemplateKind,
    /// The vector.
    pub values: Zeroizing<Vec<f32>>,
}

/// What sort of customer a subject is. Numbers stand in files.
#[repr(u8)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PersonType {
    /// Anyone.
    #[default]
    Normal = 0,
    /// An important customer.
    Vip = 1,
    /// Staff.
    Inner = 2,
}

/// What is known of a subject beside its faces. Personal data: no debug output shows it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    /// Name.
    pub name: Option<String>,
    /// Number of the identity document.
    pub id_number: Option<String>,
    /// The bank's own number of the customer.
    pub customer_id: Option<String>,
    /// What sort of customer.
    pub person_type: PersonType,
    /// When the subject and all of its faces are due for deletion, in milliseconds since 1970.
    pub expires_at: Option<i64>,
}

/// A person in a tenant. No debug output shows who.
#[derive(Clone, PartialEq, Eq)]
pub struct Subject {
    /// The caller's id.
    pub id: String,
    /// What is known beside.
    pub attributes: Attributes,
    /// When first enrolled, in milliseconds since 1970.
    pub created_at: i64,
}

/// An enrolled face, without its templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Face {
    /// Its id, 1 to 2^53 - 1, unique in its tenant.
    pub id: u64,
    /// Which side is towards the camera, where it is known: 0 front, 1 left, 2 right, 3 up, 4 down.
    pub direction: Option<u8>,
    /// When enrolled, in milliseconds since 1970.
    pub enrolled_at: i64,
    /// When due for deletion, in milliseconds since 1970.
    pub expires_at: Option<i64>,
}

/// A face to be enrolled. No debug output shows whose.
#[derive(Clone)]
pub struct NewFace {
    /// The id of its subject, 1 to 128 characters.
    pub subject: String,
    /// Replaces what is known of the subject; nothing keeps what is there.
    pub attributes: Option<Attributes>,
    /// The id to give the face, so that a call that is repeated enrols once; nothing lets the store choose.
    pub face: Option<u64>,
    /// Which side is towards the camera: 0 front, 1 left, 2 right, 3 up, 4 down.
    pub direction: Option<u8>,
    /// When enrolled, in milliseconds since 1970; nothing means now.
    pub enrolled_at: Option<i64>,
    /// When its subject was first enrolled, in milliseconds since 1970, where that is new; nothing means with this
    /// face.
    pub subject_since: Option<i64>,
    /// When due for deletion, in milliseconds since 1970.
    pub expires_at: Option<i64>,
    /// One template, or one of each of several kinds.
    pub templates: Vec<Template>,
}

/// What to do where the face is already enrolled for another subject. Scores are cosines, -1 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Duplicates {
    /// Nothing: it is not looked for.
    Off,
    /// Enrol, and name it.
    Report {
        /// The least score of a duplicate.
        min_score: f64,
    },
    /// Store nothing, and name it.
    Refuse {
        /// The least score of a duplicate.
        min_score: f64,
    },
}

/// A face of another subject that is like the one to be enrolled. No debug output shows whose.
#[derive(Clone, PartialEq)]
pub struct Duplicate {
    /// Its id.
    pub face: u64,
    /// The id of its subject.
    pub subject: String,
    /// The canonical score, -1 to 1.
    pub score: f64,
}

/// What became of a face that was to be enrolled.
#[derive(Clone, Debug, PartialEq)]
pub enum Enrolled {
    /// It is stored.
    New {
        /// Its id.
        face: u64,
        /// The most similar face of another subject, under `Duplicates::Report`.
        duplicate: Option<Duplicate>,
    },
    /// The same subject has the same template already; nothing was stored.
    AlreadyThere {
        /// The id it has.
        face: u64,
    },
    /// Another subject has this face, under `Duplicates::Refuse`; nothing was stored.
    Duplicate(Duplicate),
}

/// A face found by a search, with the template for the canonical score. No debug output shows whose.
#[derive(Clone, PartialEq)]
pub struct Candidate {
    /// Its id.
    pub face: u64,
    /// The id of its subject.
    pub subject: String,
    /// The canonical score, -1 to 1.
    pub score: f64,
    /// Which side is towards the camera, where it is known.
    pub direction: Option<u8>,
    /// The template that scored.
    pub template: Template,
}

/// A face with everything that belongs to it, for export. No debug output shows whose.
#[derive(Clone, PartialEq)]
pub struct StoredFace {
    /// The face.
    pub face: Face,
    /// Whose it is.
    pub subject: Subject,
    /// Its templates, one of each kind.
    pub templates: Vec<Template>,
}

/// A part of a listing.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next part begins; nothing at the end.
    pub next: Option<u64>,
}

/// How much a tenant holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Subjects with at least one face.
    pub subjects: u64,
    /// Faces.
    pub faces: u64,
}

/// What was deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deleted {
    /// Subjects that are gone.
    pub subjects: u64,
    /// Faces that are gone.
    pub faces: u64,
}

macro_rules! hide {
    ($($name:ident),+) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    )+};
}
hide!(Template, Attributes, Subject, NewFace, Duplicate, Candidate, StoredFace);

impl TemplateKind {
    /// # Errors
    /// `InvalidArgument` where a part is empty or too long.
    pub(crate) fn check(&self) -> Result<()> {
        check_text(&self.model, "A model id")?;
        check_text(&self.pipeline, "A pipeline id")
    }
}

impl Template {
    /// # Errors
    /// `InvalidArgument` where the kind or the vector cannot be used.
    pub(crate) fn check(&self) -> Result<()> {
        self.kind.check()?;
        check_vector(&self.values)
    }
}

impl NewFace {
    /// # Errors
    /// `InvalidArgument` where anything is out of its range.
    pub(crate) fn check(&self) -> Result<()> {
        check_text(&self.subject, "A subject id")?;
        if let Some(attributes) = &self.attributes {
            attributes.check()?;
        }
        if self.face.is_some_and(|face| !(1..=MAX_FACE_ID).contains(&face)) {
            return Err(invalid("A face id must be 1 to 9007199254740991 (2^53 - 1)."));
        }
        if self.direction.is_some_and(|direction| direction > 4) {
            return Err(invalid("A direction must be 0 to 4."));
        }
        if self.templates.is_empty() {
            return Err(invalid("A face needs at least one template."));
        }
        for (index, template) in self.templates.iter().enumerate() {
            template.check()?;
            if self.templates[..index].iter().any(|earlier| earlier.kind == template.kind) {
                return Err(invalid("A face has one template of each kind: leave out the others."));
            }
        }
        Ok(())
    }
}

impl Attributes {
    /// # Errors
    /// `InvalidArgument` where a text is empty or too long.
    pub(crate) fn check(&self) -> Result<()> {
        for (text, what) in [
            (&self.name, "A name"),
            (&self.id_number, "An identity number"),
            (&self.customer_id, "A customer id"),
        ] {
            if let Some(text) = text {
                check_text(text, what)?;
            }
        }
        Ok(())
    }
}

impl Duplicates {
    /// The least score of a duplicate, where duplicates are looked for.
    pub(crate) fn min_score(&self) -> Option<f64> {
        match *self {
            Self::Off => None,
            Self::Report { min_score } | Self::Refuse { min_score } => Some(min_score),
        }
    }

    /// # Errors
    /// `InvalidArgument` where the score is not a cosine.
    pub(crate) fn check(&self) -> Result<()> {
        match self.min_score() {
            Some(score) if !(-1.0..=1.0).contains(&score) => {
                Err(invalid("The least score of a duplicate must be -1 to 1."))
            }
            _ => Ok(()),
        }
    }
}

/// # Errors
/// `InvalidArgument` unless the text has 1 to 128 characters.
pub(crate) fn check_text(text: &str, what: &str) -> Result<()> {
    if text.is_empty() || text.chars().count() > MAX_TEXT_CHARS {
        return Err(invalid(format!("{what} must have 1 to {MAX_TEXT_CHARS} characters.")));
    }
    Ok(())
}

/// # Errors
/// `InvalidArgument` unless the vector is finite, of unit length and not too long.
pub(crate) fn check_vector(values: &[f32]) -> Result<()> {
    if values.is_empty() || values.len() > MAX_DIMENSION {
        return Err(invalid(format!("A template must have 1 to {MAX_DIMENSION} values.")));
    }
    let length = values.iter().map(|&value| f64::from(value) * f64::from(value)).sum::<f64>().sqrt();
    // Not a number fails this comparison too.
    if (length - 1.0).abs() <= LENGTH_TOLERANCE {
        return Ok(());
    }
    Err(invalid("A template must have finite values and length 1. Give an embedding as it was made."))
}

pub(crate) fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidArgument, message)
}
