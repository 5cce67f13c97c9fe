//! Gives memory that was needed for a moment back to the system.

/// Returns what the allocator keeps of freed memory.
///
/// Making a session takes several times the model's size for a moment. The C library of Linux keeps most of that
/// for later allocations, tens of megabytes that no later call needs.
pub(super) fn return_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it takes a number, may be called from any thread, and touches no memory that is in use.
    unsafe {
        libc::malloc_trim(0);
    }
}
