//! The keys of a log, and what stands in it instead of names.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hkdf::{self, HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::hmac::{self, Context, HMAC_SHA256};
use std::fmt::Write as _;
use zeroize::Zeroizing;

/// Bytes of the caller's key and of every key derived from it.
pub(super) const KEY_BYTES: usize = 32;
/// Hexadecimal digits of a hash.
pub(super) const DIGITS: usize = 64;

/// The keys derived from the caller's, one for each use.
pub(super) struct Keys {
    chain: hmac::Key,
    head: hmac::Key,
    names: hmac::Key,
}

struct Length;

impl KeyType for Length {
    fn len(&self) -> usize {
        KEY_BYTES
    }
}

impl Keys {
    pub(super) fn derive(key: &[u8; KEY_BYTES]) -> Self {
        let root = Salt::new(HKDF_SHA256, b"facebridge audit log").extract(key);
        let derived = |purpose: &str| {
            let mut bytes = Zeroizing::new([0; KEY_BYTES]);
            root.expand(&[purpose.as_bytes()], Length)
                .and_then(|material: hkdf::Okm<'_, Length>| material.fill(&mut *bytes))
                .expect("HKDF-SHA256 gives up to 8,160 bytes");
            hmac::Key::new(HMAC_SHA256, &*bytes)
        };
        Self { chain: derived("chain"), head: derived("head"), names: derived("names") }
    }

    /// What the line of `body` ends in, where the line before ended in `previous`.
    pub(super) fn link(&self, previous: &str, body: &[u8]) -> String {
        hash(&self.chain, &[previous.as_bytes(), body])
    }

    /// The seal of a head.
    pub(super) fn seal(&self, body: &[u8]) -> String {
        hash(&self.head, &[body])
    }

    /// What stands for a gallery.
    pub(super) fn gallery(&self, gallery: &str) -> String {
        hash(&self.names, &[b"gallery", gallery.as_bytes()])
    }

    /// What stands for a subject; the same subject in two galleries has two, so that they cannot be joined.
    pub(super) fn subject(&self, gallery: &str, subject: &str) -> String {
        let length = (gallery.len() as u64).to_be_bytes();
        hash(&self.names, &[b"subject", &length, gallery.as_bytes(), subject.as_bytes()])
    }
}

/// Whether two hashes are the same, in a time that does not tell where they differ.
pub(super) fn same(one: &str, other: &[u8]) -> bool {
    verify_slices_are_equal(one.as_bytes(), other).is_ok()
}

fn hash(key: &hmac::Key, parts: &[&[u8]]) -> String {
    let mut context = Context::with_key(key);
    for part in parts {
        context.update(part);
    }
    hexadecimal(context.sign().as_ref())
}

/// Lower-case hexadecimal.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_use_has_its_own_hashes() {
        let keys = Keys::derive(&[7; KEY_BYTES]);
        let hashes = [
            keys.link("", b"a"),
            keys.seal(b"a"),
            keys.gallery("a"),
            keys.subject("", "a"),
            keys.subject("a", ""),
            Keys::derive(&[8; KEY_BYTES]).seal(b"a"),
        ];
        for (index, hash) in hashes.iter().enumerate() {
            assert_eq!(hash.len(), DIGITS);
            assert!(!hashes[..index].contains(hash));
        }
        assert!(same(&hashes[0], keys.link("", b"a").as_bytes()));
        assert!(!same(&hashes[0], &hashes[0].as_bytes()[1..]));
    }
}
