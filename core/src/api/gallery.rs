//! Enrolled faces: what is handed in, what is stored, and what a search answers.

use super::records::{CheckCode, Direction, SelectedFace};
use super::sensitive::Sensitive;
use crate::decision::{Decision, EstimatedFmr, IndeterminateReason};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What happens where the face to be enrolled is already enrolled for another subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DuplicatePolicy {
    /// It is not stored; the answer names the face that is there. Where the gallery is so large that the
    /// calibration no longer tells duplicates from look-alikes, it is stored and named, as in `Report`.
    #[default]
    Refuse,
    /// It is stored, and the answer names the face that is there.
    Report,
    /// Nobody looks.
    Off,
}

/// Where enrolled faces are kept, and under which key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct GalleryOptions {
    /// The store's file; it is made where there is none. Processes on one machine may share it, on a local disk.
    pub store: PathBuf,
    /// The store's key: 32 bytes as 64 hexadecimal digits or in Base64. Default: what `key_file` holds, then
    /// the environment variable `FACEBRIDGE_GALLERY_KEY`. Without it nobody can read the store, so keep a copy
    /// elsewhere.
    pub key: Option<Sensitive>,
    /// A file that holds the key in the same form.
    pub key_file: Option<PathBuf>,
    /// Keeps only a quarter of the memory for each face and reads the rest from the store when it is needed,
    /// which makes a search slower. Default: false.
    pub lean: bool,
    /// What happens to a face that is already enrolled for another subject. Default: it is refused.
    pub duplicates: DuplicatePolicy,
    /// An append-only file that records who did what, chained so that changes show. It stays under the key it
    /// was begun with: name a new file after the key was changed. Default: none is kept.
    pub audit_log: Option<PathBuf>,
    /// Who acts, as the audit log names it: a program or a clerk. Default: empty.
    pub actor: String,
}

/// What kind of customer a subject is. The bank gateway's own list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonType {
    /// A customer.
    #[default]
    Normal,
    /// A customer who is given precedence.
    Vip,
    /// One of the house's own.
    Inner,
}

/// What is known of a subject beside the faces; sealed in the store, and never printed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SubjectAttributes {
    /// The name, 1 to 128 characters.
    pub name: Option<Sensitive>,
    /// The number of the identity document, 1 to 128 characters.
    pub id_number: Option<Sensitive>,
    /// What kind of customer it is. Default: normal.
    pub person_type: PersonType,
    /// The number under which the house keeps the customer, 1 to 128 characters.
    pub customer_id: Option<Sensitive>,
}

/// How a face is enrolled.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EnrollOptions {
    /// What is known of the subject. Default: what was said before stands; nothing for a new subject.
    pub attributes: Option<SubjectAttributes>,
    /// Which side of the face the photo must show; another is refused with check code 40. Default: any.
    pub direction: Option<Direction>,
    /// The face's number, from 1 to 9007199254740991; enrolling the same face under it again changes nothing.
    /// Default: a new one.
    pub face_id: Option<u64>,
    /// What happens to a face that is already enrolled for another subject. Default: as the client was set up.
    pub duplicates: Option<DuplicatePolicy>,
    /// Seconds after which the face is deleted by `delete_expired`. Default: it is kept until it is deleted.
    pub time_to_live: Option<u64>,
}

/// How a face is replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UpdateFaceOptions {
    /// Which side of the face the photo must show; another is refused with check code 40. Default: any.
    pub direction: Option<Direction>,
    /// The number of the new face, from 1 to 9007199254740991. Default: a new one.
    pub new_face_id: Option<u64>,
    /// What happens to a face that is already enrolled for another subject. Default: as the client was set up.
    pub duplicates: Option<DuplicatePolicy>,
    /// Seconds after which the face is deleted by `delete_expired`. Default: it is kept until it is deleted.
    pub time_to_live: Option<u64>,
}

/// What became of an enrolment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EnrollmentStatus {
    /// The face is stored.
    Stored,
    /// The same face of the same subject was there before; nothing was changed.
    AlreadyThere,
    /// Nothing was stored: the face is enrolled for another subject.
    Duplicate,
    /// Nothing was stored: the photo is not fit, as the check code says.
    Refused,
}

/// Why a photo is not fit for enrolment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RefusalReason {
    /// No face was found.
    NoFace,
    /// More than one face is prominent.
    SeveralFaces,
    /// The face is too dark.
    TooDark,
    /// The face is too bright.
    TooBright,
    /// The face is blurred.
    Blurred,
    /// The face is smaller than `min_face_size`.
    TooSmall,
    /// The face is turned another way than asked for.
    WrongDirection,
}

/// A face of another subject that resembles the one to be enrolled.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DuplicateFace {
    /// The face's number.
    pub face_id: u64,
    /// The subject it is enrolled for.
    pub subject: Sensitive,
    /// How similar it is, 0 to 100. Absent where the backend is not calibrated.
    pub score: Option<f64>,
}

/// The answer to an enrolment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Enrollment {
    /// What became of it.
    pub status: EnrollmentStatus,
    /// The number of the stored face, also where it was there before. Absent where nothing is stored.
    pub face_id: Option<u64>,
    /// Whether the photo is fit, and if not, why, in the vendors' own numbers.
    pub check_code: CheckCode,
    /// Why the photo is not fit, more exactly. Absent where it is.
    pub refusal: Option<RefusalReason>,
    /// The face of another subject that this one resembles, where one was found.
    pub duplicate: Option<DuplicateFace>,
    /// The face in the photo. Absent where none was found, or several, or an embedding was given.
    pub source: Option<SelectedFace>,
}

/// A face that is enrolled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EnrolledFace {
    /// Its number, from 1 to 9007199254740991, unique in its gallery.
    pub face_id: u64,
    /// Which side it shows. Absent where that is not known.
    pub direction: Option<Direction>,
    /// When it was enrolled, in milliseconds since the beginning of 1970, UTC.
    pub enrolled_at: u64,
    /// When it expires, in milliseconds since the beginning of 1970, UTC.
    pub expires_at: Option<u64>,
}

/// Somebody who is enrolled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// The identifier that the caller gave.
    pub id: Sensitive,
    /// What is known beside the faces.
    pub attributes: SubjectAttributes,
    /// When the subject was first enrolled, in milliseconds since the beginning of 1970, UTC.
    pub created_at: u64,
    /// How many faces are enrolled.
    pub faces: u32,
}

/// Some of the subjects of a gallery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SubjectPage {
    /// The subjects, in the order in which they were first enrolled.
    pub subjects: Vec<Subject>,
    /// What to pass for the next page. Absent on the last.
    pub next: Option<u64>,
}

/// A gallery: subjects that are kept apart from all others, under a key of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GalleryDescription {
    /// Its name.
    pub name: String,
    /// How many subjects are enrolled.
    pub subjects: u64,
    /// How many faces are enrolled.
    pub faces: u64,
    /// Whether the store, with all of its galleries, holds 100,000 subjects or more, from which on a filing with
    /// the authorities may be due (docs/gallery.md).
    pub filing_advised: bool,
}

/// How a gallery is searched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IdentifyOptions {
    /// Most candidates to return, 1 to 1000. Default 5.
    pub max_candidates: u32,
    /// Largest acceptable false positive identification rate: the share of searches for people who are not
    /// enrolled that may match anyone. Above 0 and below 1. The threshold follows from it and from the number
    /// of faces. Default 0.01.
    pub max_fpir: f64,
}

impl Default for IdentifyOptions {
    fn default() -> Self {
        Self { max_candidates: 5, max_fpir: 0.01 }
    }
}

/// A subject that a search found, by its most similar face.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Candidate {
    /// The subject.
    pub subject: Sensitive,
    /// The most similar face.
    pub face_id: u64,
    /// Whether it is taken to be the person on the probe.
    pub decision: Decision,
    /// Similarity, 0 to 100. Absent where the backend is not calibrated.
    pub score: Option<f64>,
    /// The backend's own figure: the cosine, -1 to 1, of a local engine.
    pub raw_score: f64,
    /// Share of comparisons of different people that score at least this high, as calibrated. Absent where
    /// the backend is not calibrated.
    pub estimated_fmr: Option<EstimatedFmr>,
}

/// The answer to a search: the most similar subjects. Nobody is a normal answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CandidateList {
    /// Whether the first candidate is taken to be the person on the probe.
    pub decision: Decision,
    /// Why there is no decision, where it is `Indeterminate`.
    pub indeterminate_reason: Option<IndeterminateReason>,
    /// The most similar subjects, best first, also those below the threshold. Of equal ones the smallest face
    /// number comes first.
    pub candidates: Vec<Candidate>,
    /// By how much the first candidate's score exceeds the second's. Absent without two scores.
    pub margin: Option<f64>,
    /// The score from which a candidate is a match. Absent beyond what the calibration supports.
    pub threshold: Option<f64>,
    /// Largest score of the scale: 100.
    pub scale: f64,
    /// How many faces were searched.
    pub gallery_faces: u64,
    /// The backend that answered: `local`.
    pub answered_by: String,
    /// The model that was used.
    pub model_id: String,
    /// The remote system's own identifier of the call, where one answered.
    pub trace_id: Option<String>,
    /// The face used in the picture. Absent where an embedding was given.
    pub probe: Option<SelectedFace>,
}

/// The answer to whether a picture shows a certain subject.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verification {
    /// Whether it does, at the false match rate asked for, however many faces the subject has.
    pub decision: Decision,
    /// Why there is no decision, where it is `Indeterminate`.
    pub indeterminate_reason: Option<IndeterminateReason>,
    /// The subject's most similar face.
    pub face_id: u64,
    /// Similarity to it, 0 to 100. Absent where the backend is not calibrated.
    pub score: Option<f64>,
    /// Largest score of the scale: 100.
    pub scale: f64,
    /// The backend's own figure: the cosine, -1 to 1, of a local engine.
    pub raw_score: f64,
    /// Share of comparisons of different people that score at least this high, as calibrated. Absent where
    /// the backend is not calibrated.
    pub estimated_fmr: Option<EstimatedFmr>,
    /// The score from which the decision is a match. Absent beyond what the calibration supports.
    pub threshold: Option<f64>,
    /// The backend that answered: `local`.
    pub answered_by: String,
    /// The model that was used.
    pub model_id: String,
    /// The remote system's own identifier of the call, where one answered.
    pub trace_id: Option<String>,
    /// The face used in the picture. Absent where an embedding was given.
    pub probe: Option<SelectedFace>,
}

/// What an audit log says of itself, once it was found whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    /// How many operations it records.
    pub records: u64,
    /// When the first was recorded, as RFC 3339 has it, in UTC. Absent in an empty log.
    pub first: Option<String>,
    /// When the last was recorded, as RFC 3339 has it, in UTC. Absent in an empty log.
    pub last: Option<String>,
    /// Whether the last record is newer than the seal, as after a crash, or where the seal was put back.
    pub unsealed: bool,
    /// Bytes behind the last record that are none, as a crash leaves them.
    pub unfinished_bytes: u64,
}

/// One photo to enrol, of many.
#[derive(Clone, PartialEq)]
pub struct EnrollItem {
    /// The subject's identifier, 1 to 128 characters.
    pub subject: Sensitive,
    /// The photo.
    pub path: PathBuf,
    /// Which side of the face it must show. Default: any.
    pub direction: Option<Direction>,
    /// What is known of the subject. Default: what was said before stands.
    pub attributes: Option<SubjectAttributes>,
}

// A path may be made of the subject's identifier.
impl std::fmt::Debug for EnrollItem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EnrollItem")
    }
}

/// Photos of many subjects: a `folder` with a sub-folder of photos for each subject, a `csv`, or `items`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EnrollSource {
    /// Folder of subjects: the name of a sub-folder is the subject's identifier.
    pub folder: Option<PathBuf>,
    /// CSV with a heading: `subject`, `path`, and as wanted `direction`, `name`, `id_number`, `person_type`,
    /// `customer_id`. Paths are relative to the file.
    pub csv: Option<PathBuf>,
    /// Photos one by one.
    pub items: Vec<EnrollItem>,
    /// A file in which finished photos are noted, so that the same call goes on after an interruption. It holds
    /// keyed hashes and no names. Default: none is kept; photos that are enrolled are then looked at again and
    /// stay as they are.
    pub resume_file: Option<PathBuf>,
}

/// The key that seals an export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportOptions {
    /// 32 bytes as 64 hexadecimal digits or in Base64. Default: what `key_file` holds, then the environment
    /// variable `FACEBRIDGE_EXPORT_KEY`; never the store's own key.
    pub key: Option<Sensitive>,
    /// A file that holds the key in the same form.
    pub key_file: Option<PathBuf>,
}

/// Why a face was not taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TransferRefusal {
    /// Its number belongs to another face there, which stays.
    NumberTaken,
    /// Its subject has the same face there under another number.
    OtherNumber,
    /// It is there under its number, but its template or its times are others: it was changed there, or it was
    /// changed or deleted during the import.
    Different,
    /// Its template has another length than the templates of the same model there.
    OtherLength,
}

/// How many faces were not taken over for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedFaces {
    /// Why.
    pub reason: TransferRefusal,
    /// How many.
    pub faces: u64,
}

/// What an export or an import did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TransferReport {
    /// How many subjects the export holds.
    pub subjects: u64,
    /// How many faces it holds.
    pub faces: u64,
    /// How many were stored: in an export, or by an import.
    pub stored: u64,
    /// How many were there before, bit for bit the same. 0 for an export.
    pub already_there: u64,
    /// How many an import did not take over, by reason. Empty where all are there now.
    pub refused: Vec<RefusedFaces>,
}
