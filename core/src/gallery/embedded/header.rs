//! The row that says which store this is and whether the caller's key opens it.

use super::failure::{damaged, failure};
use crate::gallery::crypt::{MasterKey, Place, Record, StoreKeys, random, wrapping_key};
use crate::{Error, ErrorKind, Result};
use rusqlite::Connection;
use zeroize::Zeroizing;

/// The caller's key and its version in this store.
pub(super) struct Master {
    pub(super) key: MasterKey,
    pub(super) version: u32,
}

/// What the caller's key opened.
pub(super) struct Header {
    pub(super) store: [u8; 16],
    pub(super) master: Master,
    pub(super) keys: StoreKeys,
}

/// Writes the first header of a new store.
pub(super) fn begin(connection: &Connection, key: &MasterKey) -> Result<()> {
    let store = random::<16>();
    let secret = Zeroizing::new(random::<32>());
    let sealed = wrapping_key(key, &store, 0, 1).seal(&place(store), secret.as_slice());
    connection
        .execute(
            "INSERT INTO meta (id, store, master, secret, seq, pruned) VALUES (1, ?1, 1, ?2, 0, 0)",
            (store, sealed),
        )
        .map_err(failure)?;
    Ok(())
}

/// Opens the header.
///
/// # Errors
/// `WrongKey` where the key is another.
pub(super) fn read(connection: &Connection, key: &MasterKey) -> Result<Header> {
    let (store, version, secret) = secret(connection, key)?;
    let keys = StoreKeys::new(&secret, &store);
    Ok(Header { store, master: Master { key: key.clone(), version }, keys })
}

/// Seals the header under a new version of the caller's key.
pub(super) fn rewrap(connection: &Connection, old: &MasterKey, new: &Master) -> Result<()> {
    let (store, _, secret) = secret(connection, old)?;
    let sealed = wrapping_key(&new.key, &store, 0, new.version).seal(&place(store), secret.as_slice());
    connection.execute("UPDATE meta SET master = ?1, secret = ?2", (new.version, sealed)).map_err(failure)?;
    Ok(())
}

/// The version of the caller's key that the store is at.
pub(super) fn master_version(connection: &Connection) -> Result<u32> {
    connection
        .prepare_cached("SELECT master FROM meta")
        .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
        .map_err(failure)
}

fn secret(connection: &Connection, key: &MasterKey) -> Result<([u8; 16], u32, Zeroizing<[u8; 32]>)> {
    let (store, version, sealed): ([u8; 16], u32, Vec<u8>) = connection
        .query_row("SELECT store, master, secret FROM meta", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .map_err(failure)?;
    let mut sealed = Zeroizing::new(sealed);
    let secret =
        wrapping_key(key, &store, 0, version).open(&place(store), &mut sealed).ok_or_else(wrong_key)?;
    let secret = Zeroizing::new(<[u8; 32]>::try_from(&*secret).map_err(|_| damaged())?);
    Ok((store, version, secret))
}

fn place(store: [u8; 16]) -> Place {
    Place { store, tenant: 0, record: Record::Header, row: 0, owner: 0, model: [0; 16] }
}

fn wrong_key() -> Error {
    Error::new(ErrorKind::WrongKey, "This key does not open the store. Give the key that it was made with.")
}

pub(super) fn key_changed() -> Error {
    Error::new(
        ErrorKind::WrongKey,
        "The store's key was changed while it was open here. Open it again with the new key.",
    )
}
