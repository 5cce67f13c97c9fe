//! The rows that may be among the best.

use super::floor::Floor;

/// A row that may be among the best.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contender {
    /// What its score does not exceed.
    pub(crate) high: f64,
    /// Where it is: the place of its segment in the view, and of the row in it.
    pub(crate) segment: u32,
    pub(crate) row: u32,
}

/// Rows that come in, of which those below the floor are dropped now and then.
pub(crate) struct Contenders {
    floor: Floor,
    rows: Vec<Contender>,
    /// Rows at which the next are dropped.
    full: usize,
}

/// Rows beyond what was asked for that come in before the first are dropped.
const SLACK: usize = 64;

impl Contenders {
    /// For `count` answers, at least 1. `floor`: what an answer's score must reach anyway.
    pub(crate) fn new(count: usize, floor: f64) -> Self {
        Self { floor: Floor::new(count, floor), rows: Vec::new(), full: count.saturating_add(SLACK) }
    }

    /// What a score must reach to be among the best, as far as is known.
    pub(crate) fn floor(&self) -> f64 {
        self.floor.height()
    }

    /// Takes a row that reaches the floor. `key`: what is one answer; `low`: what the row's score reaches at least.
    pub(crate) fn push(&mut self, row: Contender, key: u64, low: f64) {
        self.rows.push(row);
        self.floor.raise(key, low);
        if self.rows.len() >= self.full {
            self.drop_hopeless();
            // In proportion to what stays, so that the work stays in proportion to what came.
            self.full = self.rows.len().saturating_add(self.rows.len().max(SLACK));
        }
    }

    /// Takes those of another part of the rows.
    pub(crate) fn merge(&mut self, other: Self) {
        self.floor.merge(&other.floor);
        self.rows.extend(other.rows);
    }

    /// All that may be among the best, the most promising first.
    pub(crate) fn finish(mut self) -> Vec<Contender> {
        self.drop_hopeless();
        self.rows.sort_unstable_by(|a, b| b.high.total_cmp(&a.high));
        self.rows
    }

    fn drop_hopeless(&mut self) {
        self.floor.settle();
        let floor = self.floor();
        self.rows.retain(|row| row.high >= floor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::search::testing::Random;

    #[test]
    fn nobody_who_may_win_is_dropped_in_any_order() {
        let mut random = Random::new(6);
        for count in [1, 2, 5, 40] {
            for parts in 1..3 {
                // Three rows a key.
                let rows: Vec<(f64, Contender)> = (0..500)
                    .map(|row| {
                        let low = random.unit();
                        (low, Contender { high: low + 0.1 * random.unit(), segment: 0, row })
                    })
                    .collect();
                let key = |row: &Contender| u64::from(row.row / 3);
                let mut best = [-1.0_f64; 167];
                rows.iter()
                    .for_each(|(low, row)| best[key(row) as usize] = best[key(row) as usize].max(*low));
                best.sort_unstable_by(|a, b| b.total_cmp(a));
                let mut all = Contenders::new(count, -1.0);
                for part in rows.chunks(500 / parts) {
                    let mut contenders = Contenders::new(count, -1.0);
                    for &(low, row) in part {
                        if row.high >= contenders.floor() {
                            contenders.push(row, key(&row), low);
                        }
                    }
                    all.merge(contenders);
                }
                let mut kept: Vec<u32> = all.finish().iter().map(|row| row.row).collect();
                kept.sort_unstable();
                let expected = rows.iter().filter(|(_, row)| row.high >= best[count - 1]);
                assert_eq!(kept, expected.map(|(_, row)| row.row).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn a_given_floor_holds_from_the_start() {
        let mut contenders = Contenders::new(3, 0.5);
        assert_eq!(contenders.floor(), 0.5);
        contenders.push(Contender { high: 0.4, segment: 0, row: 0 }, 1, 0.3);
        contenders.push(Contender { high: 0.6, segment: 0, row: 1 }, 2, 0.4);
        assert_eq!(contenders.finish().iter().map(|row| row.row).collect::<Vec<_>>(), [1]);
    }
}
