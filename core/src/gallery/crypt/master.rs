//! The caller's key, from which every other key is reached.

use crate::{Error, ErrorKind, Result};
use base64ct::{Base64, Base64Unpadded, Base64Url, Base64UrlUnpadded, Encoding};
use std::path::Path;
use zeroize::Zeroizing;

/// Bytes of a key.
pub(crate) const KEY_BYTES: usize = 32;
/// A key file is never longer: 64 digits and the blanks around them.
const MAX_FILE_BYTES: u64 = 256;

/// The caller's 256-bit key. Overwritten when dropped; no debug output shows it.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; KEY_BYTES]>);

impl MasterKey {
    /// The key made of `bytes`.
    ///
    /// # Errors
    /// `InvalidArgument` unless there are 32 of them and they are not all alike.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let Ok(key) = <[u8; KEY_BYTES]>::try_from(bytes) else { return Err(malformed()) };
        let key = Zeroizing::new(key);
        if key.iter().all(|byte| *byte == key[0]) {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "The key is one byte repeated. Give 32 random bytes, for example from `openssl rand -hex 32`.",
            ));
        }
        Ok(Self(key))
    }

    /// The key written as 64 hexadecimal digits or as base64 of 32 bytes; blanks around it are ignored.
    ///
    /// # Errors
    /// `InvalidArgument` for any other text.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        if text.len() == 2 * KEY_BYTES {
            let decoded = base16ct::mixed::decode(text, bytes.as_mut_slice()).map_err(|_| malformed())?;
            return Self::from_bytes(decoded);
        }
        for decode in [Base64::decode, Base64Unpadded::decode, Base64Url::decode, Base64UrlUnpadded::decode] {
            if let Ok(decoded) = decode(text, bytes.as_mut_slice()) {
                return Self::from_bytes(decoded);
            }
        }
        Err(malformed())
    }

    /// The key in a file: 32 raw bytes, or text as [`MasterKey::parse`] reads it.
    ///
    /// # Errors
    /// `Io` where the file cannot be read; `InvalidArgument` where it holds no key.
    pub(crate) fn from_file(path: &Path) -> Result<Self> {
        let unreadable =
            |_| Error::new(ErrorKind::Io, "The key file cannot be read. Check its path and permissions.");
        if std::fs::metadata(path).map_err(unreadable)?.len() > MAX_FILE_BYTES {
            return Err(malformed());
        }
        let bytes = Zeroizing::new(std::fs::read(path).map_err(unreadable)?);
        if bytes.len() == KEY_BYTES {
            return Self::from_bytes(&bytes);
        }
        Self::parse(std::str::from_utf8(&bytes).map_err(|_| malformed())?)
    }

    pub(crate) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey")
    }
}

fn malformed() -> Error {
    Error::new(
        ErrorKind::InvalidArgument,
        "The key is malformed. Give 32 bytes, 64 hexadecimal digits, or base64 of 32 bytes.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> [u8; KEY_BYTES] {
        std::array::from_fn(|index| index as u8)
    }

    #[test]
    fn every_way_of_writing_gives_the_same_key() {
        let hex: String = key().iter().map(|byte| format!("{byte:02X}")).collect();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        for text in [
            hex.clone(),
            hex.to_lowercase(),
            format!(" {hex}\n"),
            Base64::encode_string(&key()),
            Base64UrlUnpadded::encode_string(&key()),
        ] {
            assert_eq!(MasterKey::parse(&text).unwrap().bytes(), &key());
            std::fs::write(&file, &text).unwrap();
            assert_eq!(MasterKey::from_file(&file).unwrap().bytes(), &key());
        }
        std::fs::write(&file, key()).unwrap();
        assert_eq!(MasterKey::from_file(&file).unwrap().bytes(), &key());
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_quoted() {
        let secret = "Zm9vYmFyc2VjcmV0";
        for text in ["", secret, &"g".repeat(64), &"0".repeat(64)] {
            let error = MasterKey::parse(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert!(!error.message().contains(secret));
        }
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(MasterKey::from_file(&folder.path().join("none")).unwrap_err().kind(), ErrorKind::Io);
        std::fs::write(folder.path().join("long"), [7; 1000]).unwrap();
        assert!(MasterKey::from_file(&folder.path().join("long")).is_err());
    }

    #[test]
    fn debug_output_shows_nothing() {
        assert_eq!(format!("{:?}", MasterKey::from_bytes(&key()).unwrap()), "MasterKey");
    }
}
