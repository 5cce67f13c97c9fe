//! Exit codes, so that scripts can tell answers from failures.

use facebridge::decision::Decision;
use facebridge::{Error, ErrorKind};
use std::fmt;

/// The exit codes as `--help` shows them.
pub(crate) const HELP: &str = "\
Exit codes:
  0  done; for `compare` of two photos, `gallery identify` and `gallery verify`: the same person
  1  `compare`, `gallery verify`: different people; `gallery identify`: nobody; `gallery enroll`: enrolled for
     somebody else; `gallery delete`: nothing was there
  2  the command line is wrong
  3  `compare`, `gallery identify`, `gallery verify`: no sound decision; treat it as not accepted
  4  a photo cannot be used: unreadable, too large, without a face, or not fit for enrolment; `gallery import`:
     some photos or faces were not stored
  5  models or runtime are missing, changed or unusable; see `facebridge doctor`
  6  anything else";

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Done, or the same person.
    Done = 0,
    /// Different people, or nobody.
    NoMatch = 1,
    /// An argument is out of range.
    Usage = 2,
    /// No sound decision.
    Indeterminate = 3,
    /// A photo cannot be used.
    Photo = 4,
    /// Models or runtime cannot be used.
    Installation = 5,
    /// Anything else.
    Other = 6,
}

impl From<Decision> for Outcome {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Match => Self::Done,
            Decision::NoMatch => Self::NoMatch,
            Decision::Indeterminate => Self::Indeterminate,
        }
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The library's own error, with what it was about where the message does not say so.
    Library(Option<String>, Error),
    /// A file could not be written or a picture not be drawn.
    Output(String),
    /// Options that do not go together.
    Usage(String),
}

impl Failure {
    /// An error about `subject`.
    pub(crate) fn about(subject: impl fmt::Display) -> impl FnOnce(Error) -> Self {
        let subject = subject.to_string();
        move |error| Self::Library(Some(subject), error)
    }

    /// A file or picture that could not be produced.
    pub(crate) fn output(what: impl fmt::Display) -> impl FnOnce(String) -> Self {
        let what = what.to_string();
        move |reason| Self::Output(format!("{what}: {reason}"))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Library(None, error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Library(Some(subject), error) => write!(f, "{subject}: {error}"),
            Self::Library(None, error) => write!(f, "{error}"),
            Self::Output(message) | Self::Usage(message) => f.write_str(message),
        }
    }
}

impl From<&Failure> for Outcome {
    fn from(failure: &Failure) -> Self {
        match failure {
            Failure::Usage(_) => Self::Usage,
            Failure::Output(_) => Self::Other,
            Failure::Library(_, error) => match error.kind() {
                ErrorKind::InvalidArgument => Self::Usage,
                ErrorKind::UnsupportedImage
                | ErrorKind::InvalidImage
                | ErrorKind::ImageTooLarge
                | ErrorKind::NoFace
                | ErrorKind::MultipleFaces
                | ErrorKind::LowQuality => Self::Photo,
                ErrorKind::AssetMissing
                | ErrorKind::AssetTampered
                | ErrorKind::InvalidModel
                | ErrorKind::RuntimeUnavailable
                | ErrorKind::InvalidCalibration => Self::Installation,
                _ => Self::Other,
            },
        }
    }
}
