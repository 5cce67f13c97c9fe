//! Sealing of rows: AES-256-GCM, bound to the one place where the row may stand.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, MAX_TAG_LEN, NONCE_LEN, Nonce, UnboundKey};

/// Bytes that sealing adds.
pub(crate) const SEALED_EXTRA: usize = NONCE_LEN + MAX_TAG_LEN;
/// Begins the associated data; its last byte is the version of the sealed form.
const DOMAIN: [u8; 4] = *b"FBG\x01";
const ASSOCIATED_BYTES: usize = DOMAIN.len() + 1 + 4 + 16 + 3 * 8 + 16;

/// What a sealed row is. Numbers stand in the associated data: append only.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Record {
    /// The secrets of a store, under the caller's key.
    Header = 1,
    /// The data key of a tenant, under the caller's key.
    TenantKey = 2,
    /// The name of a tenant.
    TenantName = 3,
    /// What a tenant must hold.
    Tally = 4,
    /// A subject.
    Subject = 5,
    /// A face, without its templates.
    Face = 6,
    /// A template.
    Template = 7,
}

/// The place of a sealed row: it opens nowhere else.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// The store's random id.
    pub(crate) store: [u8; 16],
    /// The tenant's number; 0 for the store itself.
    pub(crate) tenant: u64,
    /// What the row is.
    pub(crate) record: Record,
    /// Its number: face id, subject number, key version, number of the last change.
    pub(crate) row: u64,
    /// The number of the subject that a face or template belongs to; else 0.
    pub(crate) owner: u64,
    /// Digest of the template kind; else zeros.
    pub(crate) model: [u8; 16],
}

impl Place {
    fn associated(&self, version: u32) -> [u8; ASSOCIATED_BYTES] {
        let mut bytes = [0; ASSOCIATED_BYTES];
        let mut at = 0;
        for part in [
            DOMAIN.as_slice(),
            &[self.record as u8],
            &version.to_le_bytes(),
            &self.store,
            &self.tenant.to_le_bytes(),
            &self.row.to_le_bytes(),
            &self.owner.to_le_bytes(),
            &self.model,
        ] {
            bytes[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        bytes
    }
}

/// A key that seals rows, with its version.
pub(crate) struct SealingKey {
    version: u32,
    key: LessSafeKey,
}

impl SealingKey {
    pub(super) fn new(version: u32, key: &[u8; 32]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, key).expect("the key has the algorithm's length");
        Self { version, key: LessSafeKey::new(key) }
    }

    /// `plain` as nonce, ciphertext and tag. Nonces are random: a restored backup must not repeat a counter.
    pub(crate) fn seal(&self, place: &Place, plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_LEN] = super::random();
        let mut sealed = Vec::with_capacity(plain.len() + SEALED_EXTRA);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let associated = Aad::from(place.associated(self.version));
        let tag = self
            .key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                associated,
                &mut sealed[NONCE_LEN..],
            )
            .expect("a row is far below the algorithm's limit");
        sealed.extend_from_slice(tag.as_ref());
        sealed
    }

    /// What was sealed for this place, opened in the buffer; nothing where a byte, the place or the key differs.
    pub(crate) fn open<'a>(&self, place: &Place, sealed: &'a mut [u8]) -> Option<&'a mut [u8]> {
        let (nonce, rest) = sealed.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        self.key.open_in_place(nonce, Aad::from(place.associated(self.version)), rest).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place { store: [1; 16], tenant: 2, record: Record::Template, row: 3, owner: 4, model: [5; 16] }
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_only() {
        let key = SealingKey::new(1, &[9; 32]);
        let sealed = key.seal(&place(), b"values");
        assert_eq!(sealed.len(), 6 + SEALED_EXTRA);
        assert_eq!(key.open(&place(), &mut sealed.clone()).unwrap(), b"values");
        let elsewhere = [
            Place { store: [2; 16], ..place() },
            Place { tenant: 3, ..place() },
            Place { record: Record::Face, ..place() },
            Place { row: 4, ..place() },
            Place { owner: 5, ..place() },
            Place { model: [6; 16], ..place() },
        ];
        for place in elsewhere {
            assert!(key.open(&place, &mut sealed.clone()).is_none());
        }
        assert!(SealingKey::new(2, &[9; 32]).open(&place(), &mut sealed.clone()).is_none());
        assert!(SealingKey::new(1, &[8; 32]).open(&place(), &mut sealed.clone()).is_none());
    }

    #[test]
    fn no_changed_or_missing_byte_opens() {
        let key = SealingKey::new(1, &[9; 32]);
        let sealed = key.seal(&place(), b"values");
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(key.open(&place(), &mut changed).is_none());
            assert!(key.open(&place(), &mut sealed[..index].to_vec()).is_none());
        }
    }

    #[test]
    fn the_same_row_is_sealed_differently_each_time() {
        let key = SealingKey::new(1, &[9; 32]);
        assert_ne!(key.seal(&place(), b"values"), key.seal(&place(), b"values"));
    }
}
