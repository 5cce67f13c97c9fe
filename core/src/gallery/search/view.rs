//! What one search sees: the rows that were there when it began.

use super::segment::Segment;
use arc_swap::ArcSwap;
use std::sync::Arc;

/// The segments of an index, in order.
pub(crate) type Segments = Vec<Arc<Segment>>;

/// Rows of one segment.
pub(crate) struct Portion {
    /// Published rows.
    pub(crate) len: usize,
    /// The removed ones as bits; empty where there are none.
    removed: Box<[u64]>,
}

impl Portion {
    pub(crate) fn is_removed(&self, row: usize) -> bool {
        self.removed.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
    }
}

/// The segments of an index at one moment.
pub(crate) struct View {
    segments: Arc<Segments>,
    portions: Vec<Portion>,
}

impl View {
    /// Removals are read before lengths, so that of a row that was replaced (appended anew, then removed) at least
    /// one is seen, whatever the writer does meanwhile.
    pub(crate) fn of(list: &ArcSwap<Segments>) -> Self {
        Self::with_interruption(list, || ())
    }

    /// `interruption` is what happens meanwhile, before removals are read and after.
    fn with_interruption(list: &ArcSwap<Segments>, mut interruption: impl FnMut()) -> Self {
        loop {
            let segments = list.load_full();
            interruption();
            let removed: Vec<_> = segments.iter().map(|segment| segment.copy_removed()).collect();
            interruption();
            if Arc::ptr_eq(&segments, &list.load()) {
                let portion =
                    |(segment, removed): (&Arc<Segment>, _)| Portion { len: segment.len(), removed };
                let portions = segments.iter().zip(removed).map(portion).collect();
                return Self { segments, portions };
            }
        }
    }

    /// Each segment with what is seen of it.
    pub(crate) fn parts(&self) -> impl ExactSizeIterator<Item = (&Segment, &Portion)> {
        self.segments.iter().map(|segment| &**segment).zip(&self.portions)
    }

    pub(crate) fn part(&self, place: usize) -> (&Segment, &Portion) {
        (&self.segments[place], &self.portions[place])
    }

    /// Rows, removed ones included.
    pub(crate) fn rows(&self) -> usize {
        self.portions.iter().map(|portion| portion.len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gallery::search::Residence;
    use crate::gallery::search::segment::Row;
    use crate::gallery::search::writer::Writer;

    /// The faces that a view sees when the first of `rows` is replaced at the `moment`th interruption.
    fn faces_seen(rows: u64, moment: u32) -> Vec<u64> {
        let (list, mut writer) = (ArcSwap::default(), Writer::new(1, Residence::Lean));
        let row = |face| Row { face, subject: 1, values: &[1.0] };
        (1..=rows).for_each(|face| writer.insert(&list, &[row(face)]));
        let mut interruptions = 0;
        let view = View::with_interruption(&list, || {
            if interruptions == moment {
                writer.insert(&list, &[row(1000)]);
                writer.remove_faces(&list, &[1]);
            }
            interruptions += 1;
        });
        let seen = view.parts().flat_map(|(segment, portion)| {
            (0..portion.len).filter(|&row| !portion.is_removed(row)).map(|row| segment.face(row))
        });
        seen.collect()
    }

    #[test]
    fn of_a_face_that_is_replaced_meanwhile_one_is_seen() {
        // The new one is in the same segment, or in a new one.
        for rows in [1, 6, 64] {
            for moment in 0..2 {
                let seen = faces_seen(rows, moment);
                assert!(seen.contains(&1) || seen.contains(&1000), "{rows}, {moment}: {seen:?}");
            }
        }
    }

    #[test]
    fn what_was_removed_before_is_not_seen() {
        let (list, mut writer) = (ArcSwap::default(), Writer::new(1, Residence::Lean));
        for face in 1..=40 {
            writer.insert(&list, &[Row { face, subject: 1, values: &[1.0] }]);
        }
        writer.remove_faces(&list, &[7]);
        let view = View::of(&list);
        let (_, portion) = view.part(0);
        assert_eq!((view.rows(), portion.is_removed(6), portion.is_removed(7)), (40, true, false));
    }
}
