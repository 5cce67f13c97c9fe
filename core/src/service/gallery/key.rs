//! Where the store's key comes from.

use crate::api::GalleryOptions;
use crate::gallery::MasterKey;
use crate::{Error, ErrorKind, Result};
use zeroize::Zeroizing;

/// The environment variable that holds the key where no option does.
const VARIABLE: &str = "FACEBRIDGE_GALLERY_KEY";

/// The key that the options name, or the environment's.
///
/// # Errors
/// `InvalidArgument` where there is none, two are named, or it is malformed; `Io` where its file cannot be read.
pub(super) fn find(options: &GalleryOptions) -> Result<MasterKey> {
    match (&options.key, &options.key_file) {
        (Some(_), Some(_)) => {
            Err(Error::new(ErrorKind::InvalidArgument, "Give the gallery's key once: `key` or `key_file`."))
        }
        (Some(key), None) => MasterKey::parse(key.expose()),
        (None, Some(file)) => MasterKey::from_file(file),
        (None, None) => match std::env::var(VARIABLE).map(Zeroizing::new) {
            Ok(key) => MasterKey::parse(&key),
            Err(_) => Err(Error::new(
                ErrorKind::InvalidArgument,
                format!(
                    "The gallery has no key. Give 32 random bytes (`openssl rand -hex 32`) as `key`, in `key_file` or in the environment variable {VARIABLE}, and keep a copy: without it nobody can read the store."
                ),
            )),
        },
    }
}
