//! The results in the hands of callers, by address, so that releasing one twice is an error and not a crash.

use crate::arena::Arena;
use facebridge::{Error, ErrorKind, Result};
use std::any::Any;
use std::collections::HashMap;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A result with what it points to. The result stands first: callers hold its address.
#[repr(C)]
struct Owned<C> {
    result: C,
    _memory: Arena,
}

/// The one owner of an [`Owned`], of whatever result.
struct Owner(NonNull<dyn Any>);

// SAFETY: a result is plain data that nobody changes; another thread than the one that made it may release it.
unsafe impl Send for Owner {}

struct Results {
    process: u32,
    by_address: Mutex<HashMap<usize, Owner>>,
}

static CURRENT: AtomicPtr<Results> = AtomicPtr::new(ptr::null_mut());

/// Hands a result out. It stays where it is until it is released.
pub(crate) fn publish<C: 'static>(result: C, memory: Arena) -> *mut C {
    let owned = NonNull::from(Box::leak(Box::new(Owned { result, _memory: memory })));
    let address = owned.cast::<C>().as_ptr();
    results().insert(address.addr(), Owner(owned));
    address
}

/// What a result says, as long as it is not released.
pub(crate) fn peek<'a, C: 'static>(address: *const C) -> Option<&'a C> {
    let results = results();
    let owner = results.get(&address.addr())?;
    // SAFETY: it is in the list, so it was not released; nobody changes it.
    let owned = unsafe { owner.0.as_ref() }.downcast_ref::<Owned<C>>()?;
    Some(&owned.result)
}

/// Releases a result. NULL is none and is fine.
///
/// # Errors
/// `Closed` where it was released before, is of another type, or never came from here.
pub(crate) fn release<C: 'static>(address: *mut C) -> Result<()> {
    if address.is_null() {
        return Ok(());
    }
    let mut results = results();
    // SAFETY: it is in the list, so it was not released.
    let found =
        results.get(&address.addr()).is_some_and(|owner| unsafe { owner.0.as_ref() }.is::<Owned<C>>());
    let owner = if found { results.remove(&address.addr()) } else { None };
    drop(results);
    let Some(owner) = owner else {
        return Err(Error::new(
            ErrorKind::Closed,
            "This result was released before, was made before the process was forked, or is something else.",
        ));
    };
    // SAFETY: it came from a Box, and only whoever takes it out of the list gets here.
    drop(unsafe { Box::from_raw(owner.0.as_ptr()) });
    Ok(())
}

/// The results of this process. A forked child starts with none: another thread of the parent may have held
/// the lock at that moment, and it does not exist in the child to release it.
fn results() -> MutexGuard<'static, HashMap<usize, Owner>> {
    let process = std::process::id();
    let mut known = CURRENT.load(Ordering::Acquire);
    let results = loop {
        // SAFETY: the pointer is null or came from `Box::into_raw` below, and is never freed.
        if let Some(results) = unsafe { known.as_ref() }
            && results.process == process
        {
            break results;
        }
        let fresh = Box::into_raw(Box::new(Results { process, by_address: Mutex::default() }));
        match CURRENT.compare_exchange(known, fresh, Ordering::AcqRel, Ordering::Acquire) {
            // SAFETY: as above.
            Ok(_) => break unsafe { &*fresh },
            Err(other) => {
                // SAFETY: nobody else has seen `fresh`.
                drop(unsafe { Box::from_raw(fresh) });
                known = other;
            }
        }
    };
    results.by_address.lock().unwrap_or_else(PoisonError::into_inner)
}
