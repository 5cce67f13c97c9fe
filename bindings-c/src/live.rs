//! The results in the hands of callers, by address, so that releasing one twice is an error and not a crash.
//!
//! A released result is emptied at once, but its own few bytes are given back only after [`KEPT`] more releases:
//! until then its address is nobody else's, and a caller who releases it again cannot hit a newer result.

use crate::arena::Arena;
use facebridge::{Error, ErrorKind, Result};
use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::mem::{self, MaybeUninit};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many released results keep their addresses.
const KEPT: usize = 4096;

/// A result with what it points to. The result stands first: callers hold its address.
///
/// It is there until the result is released; then only the place is.
#[repr(C)]
struct Owned<C> {
    result: MaybeUninit<C>,
    memory: Arena,
}

/// The one owner of an [`Owned`], of whatever result.
struct Owner(NonNull<dyn Any>);

// SAFETY: a result is plain data that nobody changes; another thread than the one that made it may release it.
unsafe impl Send for Owner {}

impl Drop for Owner {
    fn drop(&mut self) {
        // SAFETY: it came from a Box, and this is its one owner.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

#[derive(Default)]
struct Results {
    held: HashMap<usize, Owner>,
    /// Emptied, the oldest first.
    released: VecDeque<Owner>,
}

/// The results of one process.
struct Process {
    number: u32,
    results: Mutex<Results>,
}

static CURRENT: AtomicPtr<Process> = AtomicPtr::new(ptr::null_mut());

/// Hands a result out. It stays where it is until it is released.
pub(crate) fn publish<C: 'static>(result: C, memory: Arena) -> *mut C {
    let owned = NonNull::from(Box::leak(Box::new(Owned { result: MaybeUninit::new(result), memory })));
    let address = owned.cast::<C>().as_ptr();
    results().held.insert(address.addr(), Owner(owned));
    address
}

/// Reads a result that is not released. Nobody can release it meanwhile.
pub(crate) fn peek<C: 'static, T>(address: *const C, read: impl FnOnce(&C) -> T) -> Option<T> {
    let results = results();
    let owner = results.held.get(&address.addr())?;
    // SAFETY: it is in the list, so it was not released; nobody changes it.
    let owned = unsafe { owner.0.as_ref() }.downcast_ref::<Owned<C>>()?;
    // SAFETY: as above.
    Some(read(unsafe { owned.result.assume_init_ref() }))
}

/// Releases a result. NULL is none and is fine.
///
/// # Errors
/// `Closed` where it was released before, is of another type, or never came from here.
pub(crate) fn release<C: 'static>(address: *mut C) -> Result<()> {
    if address.is_null() {
        return Ok(());
    }
    let mut owner = take::<C>(address.addr()).ok_or_else(|| {
        Error::new(
            ErrorKind::Closed,
            "This result was released before, was made before the process was forked, or is something else.",
        )
    })?;
    // Without the lock: it may be much.
    // SAFETY: it is no longer in the list, so nobody else has it.
    if let Some(owned) = unsafe { owner.0.as_mut() }.downcast_mut::<Owned<C>>() {
        // What is read from here on finds NULL and zero, and no memory that is gone.
        let result = mem::replace(&mut owned.result, MaybeUninit::zeroed());
        // SAFETY: it was in the list, so it was there.
        drop(unsafe { result.assume_init() });
        drop(mem::take(&mut owned.memory));
    }
    let oldest = {
        let mut results = results();
        results.released.push_back(owner);
        if results.released.len() > KEPT { results.released.pop_front() } else { None }
    };
    drop(oldest);
    Ok(())
}

/// Takes a result out of the list.
fn take<C: 'static>(address: usize) -> Option<Owner> {
    let mut results = results();
    // SAFETY: it is in the list, so it was not released.
    let found = unsafe { results.held.get(&address)?.0.as_ref() }.is::<Owned<C>>();
    if found { results.held.remove(&address) } else { None }
}

/// The results of this process. A forked child starts with none: another thread of the parent may have held
/// the lock at that moment, and it does not exist in the child to release it.
fn results() -> MutexGuard<'static, Results> {
    let number = std::process::id();
    let mut known = CURRENT.load(Ordering::Acquire);
    let process = loop {
        // SAFETY: the pointer is null or came from `Box::into_raw` below, and is never freed.
        if let Some(process) = unsafe { known.as_ref() }
            && process.number == number
        {
            break process;
        }
        let fresh = Box::into_raw(Box::new(Process { number, results: Mutex::default() }));
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
    process.results.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use std::sync::{Arc, Barrier};
    use std::thread;

    /// The tests count addresses of one list that all of them fill.
    static ALONE: Mutex<()> = Mutex::new(());

    fn alone() -> MutexGuard<'static, ()> {
        ALONE.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kind(outcome: Result<()>) -> Option<ErrorKind> {
        outcome.err().map(|error| error.kind())
    }

    #[test]
    fn a_result_is_read_and_released_once() {
        let _alone = alone();
        let mut memory = Arena::default();
        let (items, count) = memory.keep(vec![7_u64, 8]);
        let result = publish((items, count), memory);
        // SAFETY: it was just handed out, and two items stand there.
        assert_eq!(peek(result, |&(items, count)| unsafe { *items.add(count - 1) }), Some(8));
        assert_eq!(peek(result.cast::<u32>(), |&number| number), None);
        assert_eq!(kind(release(result.cast::<u32>())), Some(ErrorKind::Closed));
        assert_eq!(kind(release(result)), None);
        assert_eq!(kind(release(result)), Some(ErrorKind::Closed));
        assert!(peek(result, |_| ()).is_none());
        assert_eq!(kind(release(ptr::null_mut::<u32>())), None);
        assert_eq!(kind(release(ptr::without_provenance_mut::<u32>(64))), Some(ErrorKind::Closed));
    }

    #[test]
    fn what_is_released_is_emptied_at_once() {
        struct Counted(Arc<()>);
        let _alone = alone();
        let counted = Arc::new(());
        let mut memory = Arena::default();
        memory.keep(vec![Counted(Arc::clone(&counted))]);
        let result = publish(Counted(Arc::clone(&counted)), memory);
        assert_eq!(Arc::strong_count(&counted), 3);
        assert!(peek(result, |result| Arc::ptr_eq(&result.0, &counted)).unwrap());
        release(result).unwrap();
        assert_eq!(Arc::strong_count(&counted), 1);
    }

    #[test]
    fn an_address_is_not_used_again_soon() {
        let _alone = alone();
        let first = publish(1_u64, Arena::default());
        release(first).unwrap();
        // One more would push it out.
        for _ in 1..KEPT {
            let next = publish(2_u64, Arena::default());
            assert_ne!(next, first);
            assert_eq!(kind(release(first)), Some(ErrorKind::Closed));
            release(next).unwrap();
        }
    }

    #[test]
    fn what_is_kept_of_released_results_is_bounded() {
        let _alone = alone();
        for _ in 0..KEPT + 10 {
            release(publish(3_u64, Arena::default())).unwrap();
        }
        assert_eq!(results().released.len(), KEPT);
    }

    #[test]
    fn of_many_threads_one_releases() {
        let _alone = alone();
        for _ in 0..100 {
            let address = publish(String::from("read and released at once"), Arena::default()).addr();
            let (start, released) = (Barrier::new(8), AtomicUsize::new(0));
            thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| {
                        let result = ptr::without_provenance_mut::<String>(address);
                        start.wait();
                        let length = peek(result, String::len);
                        assert!(length.is_none_or(|length| length == 25));
                        released.fetch_add(usize::from(release(result).is_ok()), Ordering::Relaxed);
                    });
                }
            });
            assert_eq!(released.into_inner(), 1);
        }
    }
}
