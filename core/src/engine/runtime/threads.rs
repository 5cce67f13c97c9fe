//! How many cores this process may use.

/// The cores this process may use: the affinity mask and the cgroup's CPU quota, whichever is smaller.
pub fn available_cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
