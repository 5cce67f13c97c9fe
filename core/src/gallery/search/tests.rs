//! The answers beside brute force: near ties, duplicates, removals, every kernel and residence, several threads.

use super::kernels::Kernel;
use super::testing::{Faces, Nobody, RESIDENCES, Random};
use super::{Hit, Index, Residence, Row, Vectors};
use crate::{ErrorKind, Result};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// An index and what is in it.
struct Filled {
    index: Index,
    faces: Faces,
}

impl Filled {
    fn new(dimension: usize, residence: Residence, kernel: Kernel) -> Self {
        Self { index: Index::with_kernel(dimension, residence, kernel), faces: Faces::default() }
    }

    fn insert(&self, face: u64, subject: u64, values: Vec<f32>) {
        self.index.insert(face, subject, &values);
        self.faces.0.lock().unwrap().insert(face, (subject, values));
    }

    fn remove(&self, face: u64) {
        let known = self.faces.0.lock().unwrap().remove(&face).is_some();
        assert_eq!(self.index.remove(face), known);
    }

    /// Every question gives what brute force gives, bit for bit.
    fn check(&self, probes: &[Vec<f32>]) {
        assert_eq!(self.index.len(), self.faces.0.lock().unwrap().len());
        let views: Vec<&[f32]> = probes.iter().map(Vec::as_slice).collect();
        for count in [1, 2, 10, 37, 100_000] {
            let mut expected = Vec::new();
            for probe in &views {
                same(&self.index.faces(probe, count, &self.faces).unwrap(), &self.faces.best(probe, count));
                expected.push(self.faces.best_subjects(probe, count));
                same(&self.index.subjects(probe, count, &self.faces).unwrap(), expected.last().unwrap());
            }
            let found = self.index.subjects_of_many(&views, count, &self.faces).unwrap();
            assert_eq!(found.len(), expected.len());
            found.iter().zip(&expected).for_each(|(found, expected)| same(found, expected));
        }
        for probe in &views {
            let ranked = self.faces.ranked(probe, |_| true);
            for except in [None, ranked.first().map(|hit| hit.subject)] {
                let best = self.faces.ranked(probe, |hit| Some(hit.subject) != except).first().copied();
                let score = best.map_or(0.5, |best| best.score);
                for min_score in [-1.0, score, score.next_up(), 2.0] {
                    let expected = best.filter(|best| best.score >= min_score);
                    let found = self.index.best_of_others(probe, except, min_score, &self.faces).unwrap();
                    same(found.as_slice(), expected.as_slice());
                }
            }
        }
    }
}

#[track_caller]
fn same(found: &[Hit], expected: &[Hit]) {
    let bits = |hits: &[Hit]| -> Vec<_> {
        hits.iter().map(|hit| (hit.face, hit.subject, hit.score.to_bits())).collect()
    };
    assert_eq!(bits(found), bits(expected));
}

/// Faces in clusters, some of them so near each other that codes cannot tell them apart, some exact duplicates.
/// Ids do not follow the order of insertion.
fn clustered(filled: &Filled, random: &mut Random, dimension: usize, rows: u64) -> Vec<Vec<f32>> {
    let centres: Vec<_> = (0..8).map(|_| random.unit_vector(dimension)).collect();
    let mut all: Vec<Vec<f32>> = Vec::new();
    for row in 0..rows {
        let values = match random.below(10) {
            0 if !all.is_empty() => all[random.below(all.len())].clone(),
            1..4 if !all.is_empty() => {
                let from = random.below(all.len());
                random.near(&all[from].clone(), 1e-6)
            }
            _ => {
                let centre = random.below(centres.len());
                random.near(&centres[centre].clone(), 0.8)
            }
        };
        let face = (row * 7919 + 13) % 1_000_003 + 1;
        filled.insert(face, random.below(rows as usize / 3 + 1) as u64, values.clone());
        all.push(values);
    }
    let mut probes = vec![all[0].clone(), random.unit_vector(dimension)];
    for _ in 0..9 {
        let from = random.below(all.len());
        probes.push(random.near(&all[from].clone(), 0.3));
    }
    probes
}

#[test]
fn answers_are_those_of_brute_force() {
    let mut random = Random::new(10);
    for kernel in Kernel::available() {
        for residence in RESIDENCES {
            for (dimension, rows) in [(1, 50), (2, 200), (3, 70), (127, 300), (128, 700), (512, 90)] {
                let filled = Filled::new(dimension, residence, kernel);
                let probes = clustered(&filled, &mut random, dimension, rows);
                filled.check(&probes);
                let faces: Vec<u64> = filled.faces.0.lock().unwrap().keys().copied().collect();
                for face in faces.iter().filter(|_| random.below(5) == 0) {
                    filled.remove(*face);
                }
                filled.check(&probes[..4]);
            }
        }
    }
}

#[test]
fn many_segments_give_the_answers_of_brute_force() {
    let mut random = Random::new(11);
    for residence in RESIDENCES {
        let (dimension, rows) = (8, 40_000);
        let index = Index::new(dimension, residence);
        let vectors: Vec<_> = (0..rows).map(|_| random.unit_vector(dimension)).collect();
        let faces: Vec<Row<'_>> = (0..)
            .zip(&vectors)
            .map(|(row, values): (u64, _)| Row { face: row * 2 + 1, subject: row / 4, values })
            .collect();
        index.insert_many(&faces[..9000]);
        index.insert_many(&faces[9000..]);
        assert_eq!(index.len(), rows);
        let stored = Faces(Mutex::new(
            faces.iter().map(|row| (row.face, (row.subject, row.values.to_vec()))).collect(),
        ));
        let probes: Vec<_> = (0..3).map(|_| random.unit_vector(dimension)).collect();
        let views: Vec<&[f32]> = probes.iter().map(Vec::as_slice).collect();
        let many = index.subjects_of_many(&views, 5, &stored).unwrap();
        for (probe, found) in views.iter().zip(many) {
            same(&index.faces(probe, 7, &stored).unwrap(), &stored.best(probe, 7));
            same(&found, &stored.best_subjects(probe, 5));
            same(&index.subjects(probe, 5, &stored).unwrap(), &found);
        }
    }
}

#[test]
fn a_batch_of_any_size_gives_the_single_answers() {
    let mut random = Random::new(12);
    for kernel in Kernel::available() {
        let filled = Filled::new(128, Residence::Full, kernel);
        clustered(&filled, &mut random, 128, 333);
        for size in [0, 1, 7, 8, 9, 17, 64] {
            let probes: Vec<_> = (0..size).map(|_| random.unit_vector(128)).collect();
            let views: Vec<&[f32]> = probes.iter().map(Vec::as_slice).collect();
            let found = filled.index.subjects_of_many(&views, 3, &Nobody).unwrap();
            assert_eq!(found.len(), size);
            for (probe, found) in views.iter().zip(&found) {
                same(found, &filled.index.subjects(probe, 3, &Nobody).unwrap());
            }
        }
    }
}

#[test]
fn of_equal_scores_the_smallest_id_wins_wherever_it_is() {
    let mut random = Random::new(13);
    for residence in RESIDENCES {
        let filled = Filled::new(16, residence, Kernel::best());
        let twin = random.unit_vector(16);
        for face in (1..=500).rev() {
            filled.insert(face, face, twin.clone());
        }
        let faces = |count| -> Vec<u64> {
            let hits = filled.index.faces(&twin, count, &filled.faces).unwrap();
            hits.iter().map(|hit| hit.face).collect()
        };
        assert_eq!(faces(3), [1, 2, 3]);
        filled.remove(2);
        assert_eq!(faces(3), [1, 3, 4]);
        filled.check(&[twin.clone(), twin.iter().map(|value| -value).collect()]);
    }
}

#[test]
fn scores_beyond_one_and_zeros_of_both_signs_tie() {
    let filled = Filled::new(2, Residence::Full, Kernel::best());
    // Slightly longer than 1, so that the cosine is clamped; the shorter one has the smaller id.
    filled.insert(9, 1, vec![1.000_000_2, 0.0]);
    filled.insert(4, 2, vec![1.0, 0.0]);
    filled.insert(8, 3, vec![0.0, 1.0]);
    filled.insert(7, 4, vec![-0.0, -1.0]);
    filled.insert(6, 5, vec![-1.0, 0.0]);
    filled.insert(5, 6, vec![-1.000_000_2, 0.0]);
    let ids = |probe: &[f32], count| -> Vec<u64> {
        filled.index.faces(probe, count, &Nobody).unwrap().iter().map(|hit| hit.face).collect()
    };
    assert_eq!(ids(&[1.0, 0.0], 6), [4, 9, 7, 8, 5, 6]);
    assert_eq!(ids(&[1.0, 0.0], 1), [4]);
    assert_eq!(ids(&[1.0, 0.0], 3), [4, 9, 7]);
    assert_eq!(ids(&[-1.0, 0.0], 1), [5]);
}

#[test]
fn an_empty_index_and_a_count_of_zero_have_no_answers() {
    for residence in RESIDENCES {
        let index = Index::new(4, residence);
        let probe = [1.0, 0.0, 0.0, 0.0];
        assert_eq!((index.len(), index.faces(&probe, 5, &Nobody).unwrap()), (0, vec![]));
        assert_eq!(index.best_of_others(&probe, None, -1.0, &Nobody).unwrap(), None);
        index.insert(1, 1, &probe);
        assert_eq!(index.subjects(&probe, 0, &Nobody).unwrap(), []);
        assert!(index.remove(1) && !index.remove(1));
        assert_eq!(index.faces(&probe, 5, &Nobody).unwrap(), []);
    }
}

#[test]
fn what_is_no_vector_of_the_index_is_refused() {
    let index = Index::new(2, Residence::Full);
    for values in [&[f32::NAN, 1.0][..], &[1.0], &[f32::INFINITY, 0.0], &[1.0, 0.0, 0.0]] {
        assert_eq!(index.faces(values, 1, &Nobody).unwrap_err().kind(), ErrorKind::InvalidArgument);
        index.insert(1, 1, values);
    }
    assert_eq!(index.len(), 0);
}

#[test]
fn removing_many_removes_them_and_no_others() {
    let mut random = Random::new(14);
    let filled = Filled::new(8, Residence::Full, Kernel::best());
    for face in 1..=1000 {
        filled.insert(face, face % 10, random.unit_vector(8));
    }
    assert_eq!(filled.index.remove_many(&[3]), 1);
    assert_eq!(filled.index.remove_many(&[1, 2, 3, 4, 4, 5000]), 3);
    filled.faces.0.lock().unwrap().retain(|face, _| *face > 4);
    filled.check(&[random.unit_vector(8)]);
}

#[test]
fn memory_follows_the_faces() {
    let mut random = Random::new(15);
    let rows: Vec<_> = (0..30_000).map(|_| random.unit_vector(128)).collect();
    for (residence, limit) in [(Residence::Full, 670), (Residence::Lean, 200)] {
        let index = Index::new(128, residence);
        index.insert(1, 1, &rows[0]);
        assert!(index.memory_bytes() < 64 * 700 + 2000);
        assert!(index.remove(1));
        let faces: Vec<Row<'_>> =
            (1..).zip(&rows).map(|(face, values)| Row { face, subject: face, values }).collect();
        for faces in faces.chunks(1000) {
            index.insert_many(faces);
        }
        let full = index.memory_bytes();
        assert!(full < 30_000 * 5 / 4 * limit, "{full}");
        // All but every tenth: what they held is given back, but for room in the newest segment.
        let most: Vec<u64> = (1..=30_000).filter(|face| face % 10 > 0).collect();
        assert_eq!(index.remove_many(&most), 27_000);
        let left = index.memory_bytes();
        assert!(left < full / 3, "{left} of {full}");
        assert_eq!(index.len(), 3000);
        for face in (10..=30_000).step_by(10) {
            assert!(index.remove(face));
        }
        assert_eq!(index.len(), 0);
        assert!(index.memory_bytes() < 2000);
    }
}

/// A store in which faces vanish while they are asked for.
struct Vanishing<'a> {
    faces: &'a Faces,
    vanish: Mutex<Vec<u64>>,
    fetches: AtomicU64,
}

impl Vectors for Vanishing<'_> {
    fn fetch(&self, faces: &[u64], take: &mut dyn FnMut(u64, &[f32])) -> Result<()> {
        self.fetches.fetch_add(1, Ordering::Relaxed);
        if let Some(face) = self.vanish.lock().unwrap().pop() {
            self.faces.0.lock().unwrap().remove(&face);
        }
        self.faces.fetch(faces, take)
    }
}

#[test]
fn a_face_that_vanished_from_the_store_does_not_hide_the_next_best() {
    let mut random = Random::new(16);
    let filled = Filled::new(64, Residence::Lean, Kernel::best());
    let probe = random.unit_vector(64);
    for face in 1..=400 {
        // The smaller the id, the nearer.
        let values = random.near(&probe, 0.002 * face as f64);
        filled.insert(face, face, values);
    }
    let order: Vec<u64> = filled.faces.best(&probe, 400).iter().map(|hit| hit.face).collect();
    let store = Vanishing {
        faces: &filled.faces,
        vanish: Mutex::new(vec![order[1], order[0]]),
        fetches: AtomicU64::new(0),
    };
    let found = filled.index.faces(&probe, 1, &store).unwrap();
    same(&found, &filled.faces.best(&probe, 1));
    assert_eq!(found[0].face, order[2]);
    assert_eq!(store.fetches.load(Ordering::Relaxed), 3);
}

#[test]
fn a_lean_batch_asks_the_store_once() {
    let mut random = Random::new(17);
    let filled = Filled::new(32, Residence::Lean, Kernel::best());
    let probes = clustered(&filled, &mut random, 32, 500);
    let store = Vanishing { faces: &filled.faces, vanish: Mutex::default(), fetches: AtomicU64::new(0) };
    let views: Vec<&[f32]> = probes.iter().map(Vec::as_slice).collect();
    filled.index.subjects_of_many(&views, 5, &store).unwrap();
    assert_eq!(store.fetches.load(Ordering::Relaxed), 1);
}

/// Readers beside a writer that replaces faces one by one: a face is appended under a new id, then the old one goes.
#[test]
fn readers_see_what_was_there_when_they_began() {
    const PEOPLE: u64 = 40;
    const REPLACEMENTS: u64 = 3000;
    let mut random = Random::new(18);
    let people: Vec<_> = (0..PEOPLE).map(|_| random.unit_vector(16)).collect();
    for residence in RESIDENCES {
        let filled = Filled::new(16, residence, Kernel::best());
        for (subject, values) in (0..).zip(&people) {
            filled.insert(subject + 1, subject, values.clone());
        }
        // Ids are given in order: all up to `gone[subject]` are removed, that at `there[subject]` was inserted.
        let there: Vec<_> = (0..PEOPLE).map(|subject| AtomicU64::new(subject + 1)).collect();
        let gone: Vec<_> = (0..PEOPLE).map(|_| AtomicU64::new(0)).collect();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for reader in 0..3 {
                let (filled, people, there, gone, done) = (&filled, &people, &there, &gone, &done);
                scope.spawn(move || {
                    let mut random = Random::new(reader);
                    while !done.load(Ordering::Acquire) {
                        let subject = random.below(people.len());
                        let gone = gone[subject].load(Ordering::Acquire);
                        let seen = there[subject].load(Ordering::Acquire);
                        let hits = filled.index.subjects(&people[subject], 1, &filled.faces).unwrap();
                        let hit = hits.first().expect("every subject always has a face");
                        assert_eq!(hit.subject, subject as u64, "the subject was always there");
                        assert!(hit.face > gone, "a face that was removed before is not found");
                        let faces = filled.index.faces(&people[subject], 500, &filled.faces).unwrap();
                        let newest = faces
                            .iter()
                            .filter(|hit| hit.subject == subject as u64)
                            .map(|hit| hit.face)
                            .max();
                        assert!(newest >= Some(seen), "a face that was inserted before is found");
                    }
                });
            }
            let mut random = Random::new(19);
            for face in PEOPLE + 1..=PEOPLE + REPLACEMENTS {
                let subject = random.below(people.len());
                filled.insert(face, subject as u64, people[subject].clone());
                let old = there[subject].swap(face, Ordering::AcqRel);
                filled.remove(old);
                gone[subject].store(old, Ordering::Release);
            }
            done.store(true, Ordering::Release);
        });
        filled.check(&people[..2]);
    }
}
