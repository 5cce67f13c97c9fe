//! A store in a new file: whole, or not there at all.

use super::EmbeddedGallery;
use super::connect::{Options, make_file};
use crate::gallery::Gallery;
use crate::gallery::crypt::{MasterKey, random};
use crate::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// A file that was not there before. Unless it is kept, it is removed with all that SQLite put beside it.
pub(crate) struct NewStore {
    path: PathBuf,
    kept: bool,
}

impl NewStore {
    /// Makes the empty file, so that nobody else takes its place.
    ///
    /// # Errors
    /// `InvalidArgument` where something is there; `Io` where it cannot be made.
    pub(crate) fn claim(path: &Path) -> Result<Self> {
        let [file, others @ ..] = beside(path);
        if others.iter().any(|path| path.exists()) || !make_file(&file)? {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "There is a file at the target already. Choose a path where nothing is.",
            ));
        }
        Ok(Self { path: file, kept: false })
    }

    /// Lets `work` write into the store, then opens it anew with `key` and checks every row.
    ///
    /// Until then it is sealed under a key that nobody has: where the process ends before, what it leaves behind
    /// opens with no key and is not taken for the whole.
    ///
    /// # Errors
    /// Those of `work`, and of the store.
    pub(crate) fn fill<T>(
        &self,
        key: &MasterKey,
        work: impl FnOnce(&EmbeddedGallery) -> Result<T>,
    ) -> Result<T> {
        let provisional = MasterKey::from_bytes(Zeroizing::new(random::<32>()).as_slice())?;
        let options = Options { create: true, ..Options::default() };
        let store = EmbeddedGallery::open(&self.path, &provisional, options)?;
        let answer = work(&store)?;
        store.rotate_master(key)?;
        store.close()?;
        let store = EmbeddedGallery::open(&self.path, key, Options::default())?;
        store.check()?;
        store.close()?;
        Ok(answer)
    }

    /// Leaves the file where it is.
    pub(crate) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for NewStore {
    fn drop(&mut self) {
        if !self.kept {
            for path in beside(&self.path) {
                // What is left is no store; that it cannot be removed matters less than why.
                let _ = std::fs::remove_file(path);
            }
        }
    }
}

/// A store's file and those that SQLite puts beside it.
fn beside(path: &Path) -> [PathBuf; 3] {
    ["", "-wal", "-shm"].map(|suffix| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        name.into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> MasterKey {
        MasterKey::from_bytes(&std::array::from_fn::<u8, 32, _>(|index| index as u8)).unwrap()
    }

    #[test]
    fn a_store_is_there_when_it_is_whole_and_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let files = || std::fs::read_dir(folder.path()).unwrap().count();
        let claimed = |path: &Path| NewStore::claim(path).err().map(|error| error.kind());
        let file = NewStore::claim(&path).unwrap();
        assert_eq!(claimed(&path), Some(ErrorKind::InvalidArgument));
        let failed = file.fill(&key(), |store| {
            store.create_tenant("people")?;
            Err::<(), _>(Error::new(ErrorKind::Cancelled, ""))
        });
        assert_eq!(failed.unwrap_err().kind(), ErrorKind::Cancelled);
        drop(file);
        assert_eq!(files(), 0);

        // A process that ends in between, with its log.
        let file = NewStore::claim(&path).unwrap();
        let half = folder.path().join("half");
        file.fill(&key(), |store| {
            store.create_tenant("people")?;
            std::fs::copy(&path, &half).unwrap();
            std::fs::copy(folder.path().join("store-wal"), folder.path().join("half-wal")).unwrap();
            Ok(())
        })
        .unwrap();
        file.keep();
        assert_eq!(files(), 3, "nothing is beside a store that was closed");
        let opened = EmbeddedGallery::open(&half, &key(), Options::default());
        assert_eq!(opened.err().map(|error| error.kind()), Some(ErrorKind::WrongKey));
        let store = EmbeddedGallery::open(&path, &key(), Options::default()).unwrap();
        assert_eq!(store.tenants().unwrap(), ["people"]);
        drop(store);
        assert_eq!(claimed(&path), Some(ErrorKind::InvalidArgument));
        assert_eq!(claimed(&folder.path().join("none/store")), Some(ErrorKind::Io));
        // Beside it there is somebody else's.
        assert_eq!(claimed(&folder.path().join("half")), Some(ErrorKind::InvalidArgument));
        std::fs::remove_file(&half).unwrap();
        std::fs::write(folder.path().join("half-wal"), "").unwrap();
        assert_eq!(claimed(&half), Some(ErrorKind::InvalidArgument));
        assert!(!half.exists());
    }
}
