//! Objects of the core in the hands of Python objects.

use facebridge::Result;
use facebridge::boundary::handles;
use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

/// An object of the core, by its handle. It is released when it is closed, or when Python forgets it.
pub(crate) struct Held<T: Any + Send + Sync> {
    handle: u64,
    kind: PhantomData<fn() -> T>,
}

impl<T: Any + Send + Sync> Held<T> {
    pub(crate) fn new(object: T) -> Self {
        Self { handle: handles().insert(object), kind: PhantomData }
    }

    /// The object, which lives at least as long as what is returned.
    pub(crate) fn get(&self) -> Result<Arc<T>> {
        handles().get(self.handle)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.get().is_err()
    }

    pub(crate) fn close(&self) -> Result<()> {
        handles().close::<T>(self.handle)
    }
}

impl<T: Any + Send + Sync> Drop for Held<T> {
    fn drop(&mut self) {
        // Closed already, or made before a fork: then there is nothing to release here.
        let _nothing_to_release = self.close();
    }
}
