//! One error type for every backend and every language.

use serde::Serialize;

/// What went wrong, in one closed list shared by every language.
///
/// Numbers are part of the C interface: append only, never renumber.
#[repr(i32)]
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// An option or argument is missing, out of range or contradictory.
    InvalidArgument = 1,
    /// The bytes are not in an image format that is supported (JPEG, PNG, BMP, WebP).
    UnsupportedImage = 2,
    /// The bytes claim to be an image but are damaged or incomplete.
    InvalidImage = 3,
    /// The image exceeds a limit on bytes, sides, pixels or decoding memory; nothing was decoded.
    ImageTooLarge = 4,
    /// No face was found in the image.
    NoFace = 5,
    /// More faces were found than the operation allows.
    MultipleFaces = 6,
    /// The face is there but blurred, too bright, too dark, too small or turned the wrong way.
    LowQuality = 7,
    /// A model or runtime file is not where it is looked for.
    AssetMissing = 8,
    /// A model file does not have the bytes that its manifest promises.
    AssetTampered = 9,
    /// A model or manifest cannot be used: malformed, or of an unsupported shape.
    InvalidModel = 10,
    /// The ONNX Runtime library cannot be loaded, is too old, or would send telemetry.
    RuntimeUnavailable = 11,
    /// Two embeddings come from different models or pipelines and cannot be compared.
    ModelMismatch = 12,
    /// A calibration file is malformed, or was made with another model or pipeline.
    InvalidCalibration = 13,
    /// There is too little labelled data to support the figure asked for.
    InsufficientData = 14,
    /// This backend does not have the operation.
    Unsupported = 15,
    /// A file could not be read or written.
    Io = 16,
    /// The client or job was closed, or the handle never belonged to one.
    Closed = 17,
    /// The client or job was made before this process was forked and does not work in the child. Make a new
    /// one here.
    ForkedProcess = 18,
    /// The job is still running. Wait for it first.
    StillRunning = 19,
    /// The job was cancelled before it had an answer.
    Cancelled = 20,
    /// The process is ending, so no new work is taken.
    ShuttingDown = 21,
    /// There is no gallery of this name. Make it first.
    GalleryNotFound = 22,
    /// Nobody is enrolled in the gallery under this identifier.
    SubjectNotFound = 23,
    /// No face is enrolled in the gallery under this number.
    FaceNotFound = 24,
    /// The number chosen for a face belongs to another one.
    AlreadyEnrolled = 25,
    /// The key does not open this store or gallery.
    WrongKey = 26,
    /// The store's bytes are not what was written. Restore a backup.
    StoreDamaged = 27,
    /// There is no space left for the store; nothing was changed.
    StoreFull = 28,
    /// The store cannot be written to.
    StoreReadOnly = 29,
    /// Another process held the store for too long. Try again.
    StoreBusy = 30,
    /// A write could not be made safe. The store refuses writes until it is opened again.
    StoreFailed = 31,
    /// The face is deleted and no longer matched, but its bytes are still in the files: readers in other processes
    /// hold them back, or the disk is full. Call again later.
    ErasurePending = 32,
    /// The file is no store of this library, or was written by a newer release.
    StoreIncompatible = 33,
    /// The audit log was changed, cut or mixed up.
    AuditBroken = 34,
    /// A bug in this library. Please report it.
    Internal = 99,
}

/// Any failure of this library.
///
/// Messages say what to do next and never quote image bytes, embeddings, names, identifiers or keys.
#[derive(Clone, Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    vendor_code: Option<String>,
    check_code: Option<u32>,
    trace_id: Option<String>,
    retryable: bool,
}

/// The result of any fallible call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `kind` with a message for a person.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            vendor_code: None,
            check_code: None,
            trace_id: None,
            retryable: false,
        }
    }

    /// The same error with the image check code (0, 10, 20, 30, 31, 40 or 50) that explains it.
    #[must_use]
    pub fn with_check_code(mut self, check_code: u32) -> Self {
        self.check_code = Some(check_code);
        self
    }

    /// The same error, marked as one after which the same call may succeed later.
    #[must_use]
    pub fn retryable_later(mut self) -> Self {
        self.retryable = true;
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// One or two sentences: what happened and what to do next.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The remote system's own code, where one answered.
    pub fn vendor_code(&self) -> Option<&str> {
        self.vendor_code.as_deref()
    }

    /// The image check code (0, 10, 20, 30, 31, 40 or 50), where the image is the reason.
    pub fn check_code(&self) -> Option<u32> {
        self.check_code
    }

    /// The identifier under which the remote system logged the call, where it gave one.
    pub fn trace_id(&self) -> Option<&str> {
        self.trace_id.as_deref()
    }

    /// Whether the same call may succeed later without any change.
    pub fn retryable(&self) -> bool {
        self.retryable
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
