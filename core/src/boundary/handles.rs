//! Objects in the hands of foreign callers, by number.

use crate::{Error, ErrorKind, Result};
use std::any::Any;
use std::collections::HashMap;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// Numbers are never used twice, so that a stale handle cannot reach a newer object. 0 is none.
static NEXT: AtomicU64 = AtomicU64::new(1);
static CURRENT: AtomicPtr<Handles> = AtomicPtr::new(std::ptr::null_mut());

/// The objects of this process.
///
/// A handle is a number, never an address: a closed, stale, forged or wrong one is an error and nothing
/// worse. A call holds its object for as long as it runs, so closing meanwhile is safe.
pub struct Handles {
    process: u32,
    objects: RwLock<HashMap<u64, Arc<dyn Any + Send + Sync>>>,
}

/// The objects of this process. A forked child starts with none: another thread of the parent may have held
/// the lock at that moment, and it does not exist in the child to release it.
pub fn handles() -> &'static Handles {
    let process = std::process::id();
    let mut known = CURRENT.load(Ordering::Acquire);
    loop {
        // SAFETY: the pointer is null or came from `Box::into_raw` below, and is never freed.
        if let Some(handles) = unsafe { known.as_ref() }
            && handles.process == process
        {
            return handles;
        }
        let fresh = Box::into_raw(Box::new(Handles { process, objects: RwLock::default() }));
        match CURRENT.compare_exchange(known, fresh, Ordering::AcqRel, Ordering::Acquire) {
            // SAFETY: as above.
            Ok(_) => return unsafe { &*fresh },
            Err(other) => {
                // SAFETY: nobody else has seen `fresh`.
                drop(unsafe { Box::from_raw(fresh) });
                known = other;
            }
        }
    }
}

impl Handles {
    /// Keeps `object` and returns its number, which is never 0.
    pub fn insert<T: Any + Send + Sync>(&self, object: T) -> u64 {
        let handle = NEXT.fetch_add(1, Ordering::Relaxed);
        self.objects.write().unwrap_or_else(PoisonError::into_inner).insert(handle, Arc::new(object));
        handle
    }

    /// The object behind `handle`, held until the result is dropped.
    ///
    /// # Errors
    /// `Closed` where there is none, or it is of another type.
    pub fn get<T: Any + Send + Sync>(&self, handle: u64) -> Result<Arc<T>> {
        let object = self.objects.read().unwrap_or_else(PoisonError::into_inner).get(&handle).cloned();
        object.and_then(|object| object.downcast().ok()).ok_or_else(|| closed::<T>())
    }

    /// Forgets the object; it is released when its last running call ends.
    ///
    /// # Errors
    /// `Closed` where there is none, or it is of another type.
    pub fn close<T: Any + Send + Sync>(&self, handle: u64) -> Result<()> {
        // Dropped after the lock is released: closing may take a while.
        let _object = {
            let mut objects = self.objects.write().unwrap_or_else(PoisonError::into_inner);
            match objects.get(&handle) {
                Some(object) if object.is::<T>() => objects.remove(&handle),
                _ => return Err(closed::<T>()),
            }
        };
        Ok(())
    }
}

fn closed<T>() -> Error {
    let name = std::any::type_name::<T>().rsplit("::").next().unwrap_or("object");
    Error::new(
        ErrorKind::Closed,
        format!(
            "This {name} is closed, was made before the process was forked, or is something else. Make a new one."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_open_object_of_the_right_type_is_found() {
        let handle = handles().insert("text".to_owned());
        assert_eq!(*handles().get::<String>(handle).unwrap(), "text");
        for (what, error) in [
            ("wrong type", handles().get::<u32>(handle).map(drop).unwrap_err()),
            ("wrong type", handles().close::<u32>(handle).unwrap_err()),
            ("none", handles().get::<String>(0).map(drop).unwrap_err()),
            ("forged", handles().get::<String>(u64::MAX).map(drop).unwrap_err()),
        ] {
            assert_eq!(error.kind(), ErrorKind::Closed, "{what}");
        }
        let held = handles().get::<String>(handle).unwrap();
        handles().close::<String>(handle).unwrap();
        assert_eq!(*held, "text");
        assert!(handles().close::<String>(handle).unwrap_err().message().contains("String"));
        assert!(handles().get::<String>(handle).is_err());
    }

    #[test]
    fn a_number_is_not_used_twice() {
        let first = handles().insert(1_u8);
        handles().close::<u8>(first).unwrap();
        assert_ne!(handles().insert(2_u8), first);
        assert!(handles().get::<u8>(first).is_err());
    }
}
