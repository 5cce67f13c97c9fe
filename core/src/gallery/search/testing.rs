//! Seeded random vectors, brute force, and a store of vectors for the tests of the search.

use super::{Hit, Residence, Vectors};
use crate::engine::cosine;
use crate::{Error, ErrorKind, Result};
use std::collections::{BTreeMap, HashSet};
use std::sync::Mutex;

/// SplitMix64: the same numbers on every machine.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// 0 to below 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// 0 to below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    pub(crate) fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.unit()).ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }

    pub(crate) fn unit_vector(&mut self, dimension: usize) -> Vec<f32> {
        self.near(&vec![0.0; dimension], 1.0)
    }

    /// A unit vector that differs from `centre` by noise of about this length.
    pub(crate) fn near(&mut self, centre: &[f32], noise: f64) -> Vec<f32> {
        let share = noise / (centre.len() as f64).sqrt();
        let moved: Vec<f64> = centre.iter().map(|&value| f64::from(value) + share * self.normal()).collect();
        let length = moved.iter().map(|value| value * value).sum::<f64>().sqrt();
        moved.iter().map(|value| (value / length) as f32).collect()
    }
}

/// Faces with their subject and vector.
#[derive(Default)]
pub(crate) struct Faces(pub(crate) Mutex<BTreeMap<u64, (u64, Vec<f32>)>>);

impl Faces {
    /// All that satisfy `keep`, in the order of answers.
    pub(crate) fn ranked(&self, probe: &[f32], keep: impl Fn(&Hit) -> bool) -> Vec<Hit> {
        let faces = self.0.lock().unwrap();
        let hits = faces.iter().map(|(&face, (subject, values))| Hit {
            face,
            subject: *subject,
            score: cosine(probe, values),
        });
        let mut hits: Vec<Hit> = hits.filter(keep).collect();
        // Stable, and faces come by id: equal scores stay in that order.
        hits.sort_by(|a, b| b.score.partial_cmp(&a.score).unwrap());
        hits
    }

    /// The best faces by brute force.
    pub(crate) fn best(&self, probe: &[f32], count: usize) -> Vec<Hit> {
        let mut hits = self.ranked(probe, |_| true);
        hits.truncate(count);
        hits
    }

    /// The best subjects by brute force.
    pub(crate) fn best_subjects(&self, probe: &[f32], count: usize) -> Vec<Hit> {
        let mut hits = self.ranked(probe, |_| true);
        let mut seen = HashSet::new();
        hits.retain(|hit| seen.insert(hit.subject));
        hits.truncate(count);
        hits
    }
}

impl Vectors for Faces {
    fn fetch(&self, faces: &[u64], take: &mut dyn FnMut(u64, &[f32])) -> Result<()> {
        assert!(faces.is_sorted_by(|a, b| a < b));
        let known = self.0.lock().unwrap();
        for face in faces {
            if let Some((_, values)) = known.get(face) {
                take(*face, values);
            }
        }
        Ok(())
    }
}

/// Must not be asked.
pub(crate) struct Nobody;

impl Vectors for Nobody {
    fn fetch(&self, _: &[u64], _: &mut dyn FnMut(u64, &[f32])) -> Result<()> {
        Err(Error::new(ErrorKind::Internal, "Vectors that are in memory were fetched."))
    }
}

pub(crate) const RESIDENCES: [Residence; 2] = [Residence::Full, Residence::Lean];
