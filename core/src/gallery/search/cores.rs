//! Work shared among cores by plain threads.
//!
//! Not by a pool: a caller may hold a lock for which the other tasks of its pool wait, and a forked child has none.

use std::sync::OnceLock;
use std::thread::{available_parallelism, scope};

/// The cores that this process may use, as it was when first asked.
pub(super) fn count() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| available_parallelism().map_or(1, usize::from))
}

/// What `work` makes of each item, in their order, on as many threads as there are cores.
pub(super) fn map<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let share = items.len().div_ceil(count()).max(1);
    let mut items = items.into_iter();
    let mut shares = Vec::new();
    loop {
        let next: Vec<T> = items.by_ref().take(share).collect();
        if next.is_empty() {
            break;
        }
        shares.push(next);
    }
    let work = &work;
    scope(|scope| {
        // The first is this thread's own.
        let mut shares = shares.into_iter();
        let own = shares.next().unwrap_or_default();
        let others: Vec<_> = shares
            .map(|share| scope.spawn(move || share.into_iter().map(work).collect::<Vec<R>>()))
            .collect();
        let mut made: Vec<R> = own.into_iter().map(work).collect();
        for other in others {
            made.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        made
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_keeps_its_order() {
        for length in [0, 1, 2, 7, 100] {
            let items: Vec<usize> = (0..length).collect();
            assert_eq!(
                map(items.clone(), |item| item + 1),
                items.iter().map(|item| item + 1).collect::<Vec<_>>()
            );
        }
    }
}
