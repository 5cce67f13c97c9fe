//! The floor of a search: what the best `count` different keys are known to reach.

use std::collections::HashSet;

/// Counts up to which the best keys are kept in order.
pub(crate) const FEW: usize = 32;
/// Keys beyond twice the count that come in before the others are dropped, where they are not kept in order.
const SLACK: usize = 64;

/// The keys that set the floor. Keys are what is one answer: faces, or subjects.
pub(crate) struct Floor {
    count: usize,
    height: f64,
    /// Keys with a number that each reaches. In order, highest first, and each key once, for `FEW` or less.
    reached: Vec<(u64, f64)>,
}

impl Floor {
    /// For `count` answers, at least 1. `height`: what an answer's score must reach anyway.
    pub(crate) fn new(count: usize, height: f64) -> Self {
        Self { count, height, reached: Vec::new() }
    }

    /// What a score must reach to be among the best, as far as is known; at least −1, which every score reaches.
    pub(crate) fn height(&self) -> f64 {
        self.height
    }

    /// Takes note that the score of a key is at least `low`.
    pub(crate) fn raise(&mut self, key: u64, low: f64) {
        if low <= self.height {
            return;
        }
        if self.count <= FEW {
            self.put_in_order(key, low);
        } else {
            self.reached.push((key, low));
            if self.reached.len() >= self.count.saturating_mul(2).saturating_add(SLACK) {
                self.settle();
            }
        }
    }

    /// Takes what another floor knows.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.height = self.height.max(other.height);
        other.reached.iter().for_each(|&(key, low)| self.raise(key, low));
    }

    /// Raises it as far as what it was told allows, which is otherwise left until enough has come.
    pub(crate) fn settle(&mut self) {
        if self.count <= FEW || self.reached.len() < self.count {
            return;
        }
        self.reached.sort_unstable_by(|a, b| b.1.total_cmp(&a.1));
        let mut keys = HashSet::with_capacity(self.count);
        self.reached.retain(|&(key, _)| keys.len() < self.count && keys.insert(key));
        self.found_last();
    }

    fn put_in_order(&mut self, key: u64, low: f64) {
        let known = self.reached.iter().position(|&(known, _)| known == key);
        let mut place = match known {
            Some(place) if self.reached[place].1 >= low => return,
            Some(place) => place,
            None if self.reached.len() < self.count => {
                self.reached.push((key, low));
                self.reached.len() - 1
            }
            None => self.count - 1,
        };
        while place > 0 && self.reached[place - 1].1 < low {
            self.reached[place] = self.reached[place - 1];
            place -= 1;
        }
        self.reached[place] = (key, low);
        self.found_last();
    }

    /// Raises it to the last of the best, once there are enough.
    fn found_last(&mut self) {
        if let Some(&(_, low)) = self.reached.get(self.count - 1) {
            self.height = self.height.max(low);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::search::testing::Random;

    fn height(count: usize, reached: &[(u64, f64)]) -> f64 {
        let mut floor = Floor::new(count, -1.0);
        reached.iter().for_each(|&(key, low)| floor.raise(key, low));
        floor.settle();
        floor.height()
    }

    #[test]
    fn it_is_that_of_the_last_distinct_key() {
        let reached = [(1, 0.9), (1, 0.8), (2, 0.7), (3, 0.6), (2, 0.75)];
        assert_eq!([1, 2, 3, 4].map(|count| height(count, &reached)), [0.9, 0.75, 0.6, -1.0]);
        assert_eq!(height(1, &[]), -1.0);
    }

    #[test]
    fn it_is_the_same_in_any_order_and_in_parts() {
        let mut random = Random::new(21);
        for count in [1, 2, 10, FEW, FEW + 1, 200] {
            let mut reached: Vec<_> = (0..3000).map(|_| (random.below(700) as u64, random.unit())).collect();
            let found = height(count, &reached);
            let mut parts = Floor::new(count, -1.0);
            for part in reached.chunks(1100) {
                let mut floor = Floor::new(count, -1.0);
                part.iter().for_each(|&(key, low)| floor.raise(key, low));
                floor.settle();
                parts.merge(&floor);
            }
            parts.settle();
            let mut best = vec![-1.0_f64; 700];
            reached.iter().for_each(|&(key, low)| best[key as usize] = best[key as usize].max(low));
            best.sort_unstable_by(|a, b| b.total_cmp(a));
            reached.reverse();
            assert_eq!([found, parts.height(), height(count, &reached)], [best[count - 1]; 3], "{count}");
        }
    }

    #[test]
    fn a_given_height_holds_from_the_start() {
        let mut floor = Floor::new(2, 0.5);
        [(1, 0.4), (2, 0.6), (3, 0.5)].iter().for_each(|&(key, low)| floor.raise(key, low));
        assert_eq!(floor.height(), 0.5);
        floor.raise(1, 0.7);
        assert_eq!(floor.height(), 0.6);
    }
}
