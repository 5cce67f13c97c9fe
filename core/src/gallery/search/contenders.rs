//! The rows that may be among the best, and the floor that all others are below.

/// A row that may be among the best.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contender {
    /// Bounds of its score.
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// Rows of one key are one answer: the face, or the subject.
    pub(crate) key: u64,
    /// Where it is: the place of its segment in the view, and of the row in it.
    pub(crate) segment: u32,
    pub(crate) row: u32,
}

/// Rows that come in, of which those below the floor are dropped now and then.
pub(crate) struct Contenders {
    /// Answers asked for.
    count: usize,
    floor: f64,
    rows: Vec<Contender>,
    /// Rows at which the next are dropped.
    full: usize,
}

/// Rows beyond what was asked for that come in before the first are dropped.
const SLACK: usize = 16;

impl Contenders {
    /// `floor`: what an answer's score must reach anyway.
    pub(crate) fn new(count: usize, floor: f64) -> Self {
        Self { count, floor, rows: Vec::new(), full: count.saturating_add(SLACK) }
    }

    /// What a score must reach to be among the best, as far as is known.
    pub(crate) fn floor(&self) -> f64 {
        self.floor
    }

    /// Takes a row that reaches the floor.
    pub(crate) fn push(&mut self, row: Contender) {
        self.rows.push(row);
        if self.count == 1 {
            self.floor = self.floor.max(row.low);
        }
        if self.rows.len() >= self.full {
            self.drop_hopeless();
            // In proportion to what stays, so that the work stays in proportion to what came.
            self.full = self.rows.len().saturating_add(self.rows.len().max(SLACK));
        }
    }

    /// Takes those of another part of the rows.
    pub(crate) fn merge(&mut self, other: Self) {
        self.floor = self.floor.max(other.floor);
        self.rows.extend(other.rows);
    }

    /// All that may be among the best, the most promising first.
    pub(crate) fn finish(mut self) -> Vec<Contender> {
        self.drop_hopeless();
        self.rows.sort_unstable_by(|a, b| b.high.total_cmp(&a.high));
        self.rows
    }

    fn drop_hopeless(&mut self) {
        let scores = self.rows.iter().map(|row| (row.key, row.low)).collect();
        self.floor = self.floor.max(floor_of(scores, self.count));
        let floor = self.floor;
        self.rows.retain(|row| row.high >= floor);
    }
}

/// What the best `count` keys all reach, given numbers that each key reaches; −1, which every score reaches, where
/// there are fewer keys.
pub(crate) fn floor_of(mut reached: Vec<(u64, f64)>, count: usize) -> f64 {
    if count == 0 || reached.len() < count {
        return -1.0;
    }
    if count == 1 {
        return reached.iter().map(|&(_, low)| low).fold(-1.0, f64::max);
    }
    reached.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
    reached.dedup_by_key(|&mut (key, _)| key);
    if reached.len() < count {
        return -1.0;
    }
    reached.select_nth_unstable_by(count - 1, |a, b| b.1.total_cmp(&a.1)).1.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::search::testing::Random;

    #[test]
    fn the_floor_is_that_of_the_last_distinct_key() {
        let reached = || vec![(1, 0.9), (1, 0.8), (2, 0.7), (3, 0.6), (2, 0.75)];
        assert_eq!(floor_of(reached(), 1), 0.9);
        assert_eq!(floor_of(reached(), 2), 0.75);
        assert_eq!(floor_of(reached(), 3), 0.6);
        assert_eq!(floor_of(reached(), 4), -1.0);
        assert_eq!(floor_of(Vec::new(), 1), -1.0);
    }

    #[test]
    fn nobody_who_may_win_is_dropped_in_any_order() {
        let mut random = Random::new(6);
        for count in [1, 2, 5, 40] {
            for parts in 1..3 {
                let rows: Vec<Contender> = (0..500)
                    .map(|row| {
                        let low = random.unit();
                        Contender {
                            low,
                            high: low + 0.1 * random.unit(),
                            key: row / 3,
                            segment: 0,
                            row: row as u32,
                        }
                    })
                    .collect();
                let floor = floor_of(rows.iter().map(|row| (row.key, row.low)).collect(), count);
                let mut all = Contenders::new(count, -1.0);
                for part in rows.chunks(500 / parts) {
                    let mut contenders = Contenders::new(count, -1.0);
                    for &row in part {
                        if row.high >= contenders.floor() {
                            contenders.push(row);
                        }
                    }
                    all.merge(contenders);
                }
                let mut kept: Vec<u32> = all.finish().iter().map(|row| row.row).collect();
                kept.sort_unstable();
                let expected = rows.iter().filter(|row| row.high >= floor).map(|row| row.row);
                assert_eq!(kept, expected.collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn a_given_floor_holds_from_the_start() {
        let mut contenders = Contenders::new(3, 0.5);
        assert_eq!(contenders.floor(), 0.5);
        contenders.push(Contender { low: 0.3, high: 0.4, key: 1, segment: 0, row: 0 });
        contenders.push(Contender { low: 0.4, high: 0.6, key: 2, segment: 0, row: 1 });
        assert_eq!(contenders.finish().iter().map(|row| row.key).collect::<Vec<_>>(), [2]);
    }
}
