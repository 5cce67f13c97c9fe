//! Enrolled faces: stored durably and sealed, searched exactly. What is public here is for the tests that cut the
//! power, and for reports; it is not an interface for users.

pub mod audit;
mod crypt;
mod embedded;
mod model;
pub mod search;

pub use crypt::MasterKey;
pub(crate) use embedded::NewStore;
pub use embedded::{EmbeddedGallery, Options};
pub use model::{
    Attributes, Candidate, Count, Deleted, Duplicate, Duplicates, Enrolled, Face, NewFace, Page, PersonType,
    StoredFace, Subject, Template, TemplateKind,
};
pub(crate) use model::{MAX_FACE_ID, check_text};
pub(crate) use search::Residence;

use crate::Result;
use std::path::Path;

/// A store of enrolled faces that can be searched; every engine gives the same answers.
///
/// Names of tenants and ids of subjects are text of 1 to 128 characters. What a call changed is durable and
/// visible to every later call, of any process, when it returns. A subject is there as long as it has a face.
///
/// # Errors
/// Besides what a method names: `InvalidArgument`, `GalleryNotFound` where there is no such tenant, `Closed`,
/// `ForkedProcess`, `WrongKey`, `StoreDamaged`, `StoreBusy`, `Io`; and of methods that change something
/// `StoreFull`, `StoreReadOnly`, `StoreFailed`.
pub trait Gallery: Send + Sync {
    /// Makes a tenant; false where it was there.
    fn create_tenant(&self, tenant: &str) -> Result<bool>;

    /// Destroys a tenant's keys, then deletes all it holds; false where there was none.
    ///
    /// # Errors
    /// `ErasurePending` as for [`Gallery::delete_face`].
    fn drop_tenant(&self, tenant: &str) -> Result<bool>;

    /// The names of all tenants, in order.
    fn tenants(&self) -> Result<Vec<String>>;

    /// How much a tenant holds.
    fn count(&self, tenant: &str) -> Result<Count>;

    /// Enrols one face.
    ///
    /// # Errors
    /// `AlreadyEnrolled` where the id that the caller chose is taken; `ModelMismatch` where the template has
    /// another length than its kind.
    fn enroll(&self, tenant: &str, face: &NewFace, duplicates: Duplicates) -> Result<Enrolled>;

    /// Enrols many faces in one step, each wholly or not at all; the outcomes are in the order of `faces`.
    ///
    /// # Errors
    /// Only what stops all of them; then nothing is stored.
    fn enroll_batch(
        &self,
        tenant: &str,
        faces: &[NewFace],
        duplicates: Duplicates,
    ) -> Result<Vec<Result<Enrolled>>>;

    /// Puts a new template in the place of a face's old ones; the face gets a new id, in one step. `new.subject`
    /// must be the face's own subject.
    ///
    /// # Errors
    /// `FaceNotFound` where that subject has no such face; else as [`Gallery::enroll`] and
    /// [`Gallery::delete_face`].
    fn replace(&self, tenant: &str, face: u64, new: &NewFace, duplicates: Duplicates) -> Result<Enrolled>;

    /// Adds a template of another kind to a face, for the time of a model upgrade; false where it has one of
    /// that kind.
    ///
    /// # Errors
    /// `FaceNotFound`; `ModelMismatch` where the template has another length than its kind.
    fn add_template(&self, tenant: &str, face: u64, template: &Template) -> Result<bool>;

    /// Deletes every template of a kind where its face has one of another kind too; the number deleted.
    ///
    /// # Errors
    /// `ErasurePending` as for [`Gallery::delete_face`].
    fn retire_kind(&self, tenant: &str, kind: &TemplateKind) -> Result<u64>;

    /// Deletes a face, and its subject with the last one; false where there is none.
    ///
    /// # Errors
    /// `ErasurePending` where it is deleted but its bytes could not yet be overwritten; call again.
    fn delete_face(&self, tenant: &str, face: u64) -> Result<bool>;

    /// Deletes subjects with all their faces in one step. Ids that are not there are passed over.
    ///
    /// # Errors
    /// `ErasurePending` as for [`Gallery::delete_face`].
    fn delete_subjects(&self, tenant: &str, subjects: &[&str]) -> Result<Deleted>;

    /// Deletes, in every tenant, what is due at `now` (milliseconds since 1970). Until then it is matched.
    ///
    /// # Errors
    /// `ErasurePending` as for [`Gallery::delete_face`].
    fn sweep(&self, now: i64) -> Result<Deleted>;

    /// Overwrites what earlier deletions left behind because of readers in other processes.
    ///
    /// # Errors
    /// `ErasurePending` where it still cannot.
    fn erase(&self) -> Result<()>;

    /// A subject.
    fn subject(&self, tenant: &str, subject: &str) -> Result<Option<Subject>>;

    /// Replaces what is known of a subject beside its faces.
    ///
    /// # Errors
    /// `SubjectNotFound`; `ErasurePending` as for [`Gallery::delete_face`], for what was known before.
    fn set_attributes(&self, tenant: &str, subject: &str, attributes: &Attributes) -> Result<()>;

    /// The id of the subject whose face it is.
    ///
    /// # Errors
    /// `FaceNotFound`.
    fn owner(&self, tenant: &str, face: u64) -> Result<String>;

    /// The faces of a subject, by id.
    ///
    /// # Errors
    /// `SubjectNotFound`.
    fn faces_of(&self, tenant: &str, subject: &str) -> Result<Vec<Face>>;

    /// The templates of one kind of a subject with the ids of their faces, for a comparison one to one.
    ///
    /// # Errors
    /// `SubjectNotFound`.
    fn templates_of(&self, tenant: &str, subject: &str, kind: &TemplateKind) -> Result<Vec<(u64, Template)>>;

    /// Up to `limit` subjects after the mark of an earlier page, in the order of their first enrolment.
    fn subjects(&self, tenant: &str, after: Option<u64>, limit: usize) -> Result<Page<Subject>>;

    /// Up to `limit` faces after the mark of an earlier page, by id, with everything that belongs to them.
    fn scan(&self, tenant: &str, after: Option<u64>, limit: usize) -> Result<Page<StoredFace>>;

    /// For each probe the best `count` subjects, each with its best face: highest score first, of equal scores
    /// the smallest face id.
    ///
    /// # Errors
    /// `ModelMismatch` where a probe has another length than the kind.
    fn search(
        &self,
        tenant: &str,
        kind: &TemplateKind,
        probes: &[&[f32]],
        count: usize,
    ) -> Result<Vec<Vec<Candidate>>>;

    /// Seals the store's secret and all tenants' keys under a new key of the caller, in one step. Other processes
    /// that have the store open go on with the tenants they use; for any other they get `WrongKey`.
    ///
    /// # Errors
    /// `WrongKey` where another process changed the key meanwhile; `ErasurePending` where it is done but bytes
    /// sealed under the old key are still in the files.
    fn rotate_master(&self, new: &MasterKey) -> Result<()>;

    /// Gives a tenant a new data key and seals its rows with it, in small steps beside other work, then destroys the
    /// old key. Where an earlier call was interrupted, it is finished.
    ///
    /// # Errors
    /// As of every change; `ErasurePending` as for [`Gallery::rotate_master`].
    fn rotate_tenant(&self, tenant: &str) -> Result<()>;

    /// Copies the store, as it is now and sealed as it is, into the new file `to` and checks every row of the copy.
    ///
    /// # Errors
    /// `InvalidArgument` where something is at `to`; `StoreDamaged` where the copy does not hold what it should.
    fn backup(&self, to: &Path) -> Result<()>;

    /// Checks the file's structure and opens every row.
    ///
    /// # Errors
    /// `StoreDamaged` where anything is not what was written.
    fn check(&self) -> Result<()>;

    /// Ends the use of the store; every later call fails with `Closed`.
    fn close(&self) -> Result<()>;
}
