//! From the caller's key to the keys of rows and look-ups.
//!
//! The caller's key wraps the store's own secret and one random data key per tenant and version; sealing and
//! look-up keys are derived from those. So a new caller's key rewraps a few rows and touches no other.

use super::master::{KEY_BYTES, MasterKey};
use super::seal::SealingKey;
use aws_lc_rs::{hkdf, hmac};
use zeroize::Zeroizing;

/// Bytes of a look-up value.
pub(crate) const LOOKUP_BYTES: usize = 16;

/// Fresh random bytes.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}

struct KeyBytes;

impl hkdf::KeyType for KeyBytes {
    fn len(&self) -> usize {
        KEY_BYTES
    }
}

fn derive(secret: &[u8], store: &[u8; 16], purpose: &[&[u8]]) -> Zeroizing<[u8; KEY_BYTES]> {
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, store)
        .extract(secret)
        .expand(purpose, KeyBytes)
        .and_then(|okm| okm.fill(key.as_mut_slice()))
        .expect("32 bytes are below the limit of the derivation");
    key
}

fn lookup(key: &hmac::Key, text: &str) -> [u8; LOOKUP_BYTES] {
    let tag = hmac::sign(key, text.as_bytes());
    std::array::from_fn(|index| tag.as_ref()[index])
}

/// The key that wraps the store's secret (tenant 0) or the data keys of a tenant.
pub(crate) fn wrapping_key(master: &MasterKey, store: &[u8; 16], tenant: u64, version: u32) -> SealingKey {
    let key = derive(master.bytes(), store, &[b"facebridge gallery wrap", &tenant.to_le_bytes()]);
    SealingKey::new(version, &key)
}

/// What finds and hides the names of tenants. It outlives a change of the caller's key.
pub(crate) struct StoreKeys {
    lookup: hmac::Key,
    /// Seals the names of tenants.
    pub(crate) names: SealingKey,
}

impl StoreKeys {
    /// The keys that follow from the store's secret.
    pub(crate) fn new(secret: &[u8; KEY_BYTES], store: &[u8; 16]) -> Self {
        let lookup = derive(secret, store, &[b"facebridge gallery tenants"]);
        let names = derive(secret, store, &[b"facebridge gallery names"]);
        Self {
            lookup: hmac::Key::new(hmac::HMAC_SHA256, lookup.as_slice()),
            names: SealingKey::new(1, &names),
        }
    }

    /// Under which value a tenant's name is found.
    pub(crate) fn lookup(&self, name: &str) -> [u8; LOOKUP_BYTES] {
        lookup(&self.lookup, name)
    }
}

/// One version of a tenant's data key.
pub(crate) struct DataKey {
    lookup: hmac::Key,
    /// Seals the tenant's rows.
    pub(crate) rows: SealingKey,
}

impl DataKey {
    /// The keys that follow from a data key.
    pub(crate) fn new(secret: &[u8; KEY_BYTES], store: &[u8; 16], version: u32) -> Self {
        let lookup = derive(secret, store, &[b"facebridge gallery subjects"]);
        let rows = derive(secret, store, &[b"facebridge gallery rows"]);
        Self {
            lookup: hmac::Key::new(hmac::HMAC_SHA256, lookup.as_slice()),
            rows: SealingKey::new(version, &rows),
        }
    }

    /// Under which value a subject's id is found.
    pub(crate) fn lookup(&self, id: &str) -> [u8; LOOKUP_BYTES] {
        lookup(&self.lookup, id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_differ_by_store_tenant_and_secret() {
        let master = MasterKey::from_bytes(&random::<32>()).unwrap();
        let key = |store: u8, tenant: u64| {
            *derive(master.bytes(), &[store; 16], &[b"facebridge gallery wrap", &tenant.to_le_bytes()])
        };
        assert_eq!(key(1, 1), key(1, 1));
        assert_ne!(key(1, 1), key(2, 1));
        assert_ne!(key(1, 1), key(1, 2));
        let (one, other) = (DataKey::new(&[1; 32], &[0; 16], 1), DataKey::new(&[2; 32], &[0; 16], 1));
        assert_eq!(one.lookup("a"), one.lookup("a"));
        assert_ne!(one.lookup("a"), one.lookup("b"));
        assert_ne!(one.lookup("a"), other.lookup("a"));
    }

    /// RFC 5869 gives the derivation; this pins ours, so that a file stays readable.
    #[test]
    fn derivation_is_pinned() {
        let key = derive(&[7; 32], &[8; 16], &[b"facebridge gallery rows"]);
        let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "2f81a5d63edda218a07bbe055684ec427f0c02fa98d6ee0ed049909234851010");
    }
}
