//! Power cuts.

use super::history::{Op, State, agrees, difference};
use super::observe::observe;
use super::report::Survival;
use super::store::{open, perform};
use crate::power_cut::{Files, PowerCut};
use crate::random::Random;
use std::path::Path;
use std::time::Instant;

/// The store's name on the disk.
pub(super) const PATH: &str = "/gallery.db";
/// Power cuts that one disk goes through, so that some are on new stores and some on old ones.
const AGE: u64 = 25;
/// Disk changes between two cuts at most; an enrolment has about 25, a deletion 40.
const CHANGES: usize = 600;
/// Disk changes before which nothing much is acknowledged on a new disk.
const BEGINNING: u64 = 400;

/// A store on a disk, and what it should hold.
pub(super) struct Life {
    pub(super) disk: PowerCut,
    pub(super) known: State,
    pub(super) under_way: Option<Op>,
    next_stamp: u64,
}

impl Life {
    pub(super) fn new() -> Self {
        Self { disk: PowerCut::new(Files::new()), known: State::new(), under_way: None, next_stamp: 0 }
    }

    /// Opens the store and changes it until that fails; the error, and how many changes were acknowledged.
    pub(super) fn work(&mut self, random: &mut Random) -> (facebridge::Error, u64) {
        let mut acknowledged = 0;
        let gallery = match open(Path::new(PATH), Some(self.disk.vfs())) {
            Ok(gallery) => gallery,
            Err(error) => return (error, acknowledged),
        };
        loop {
            match self.change(&*gallery, random) {
                Ok(()) => acknowledged += 1,
                Err(error) => return (error, acknowledged),
            }
        }
    }

    /// Makes one change, which stays under way where it fails.
    pub(super) fn change(
        &mut self,
        gallery: &dyn facebridge::gallery::Gallery,
        random: &mut Random,
    ) -> facebridge::Result<()> {
        let op = Op::choose(&self.known, &mut self.next_stamp, random);
        self.under_way = Some(op.clone());
        let ids = perform(gallery, &op)?;
        op.apply(&mut self.known, Some(&ids));
        self.under_way = None;
        Ok(())
    }

    /// Opens the store after something happened and compares all that it holds; a fault in words.
    pub(super) fn examine(&mut self, random: &mut Random, survival: &mut Survival) -> Result<(), String> {
        let begun = Instant::now();
        let gallery = open(Path::new(PATH), Some(self.disk.vfs()))
            .map_err(|error| format!("opening: {:?}: {error}", error.kind()))?;
        let seconds = begun.elapsed().as_secs_f64();
        survival.slowest_opening_seconds = survival.slowest_opening_seconds.max(seconds);
        let found = observe(&*gallery, random)?;
        self.compare(found, survival)
    }

    fn compare(&mut self, found: State, survival: &mut Survival) -> Result<(), String> {
        let mut done = self.known.clone();
        let under_way = self.under_way.take();
        if let Some(op) = &under_way {
            op.apply(&mut done, None);
            survival.under_way += 1;
        }
        if under_way.is_some() && agrees(&done, &found) {
            survival.under_way_done += 1;
        } else if !agrees(&self.known, &found) {
            return Err(format!("{}; under way {under_way:?}", difference(&self.known, &found)));
        }
        // From here on every id is known.
        self.known = found;
        Ok(())
    }
}

/// Cuts the power `count` times while a store is opened or changed, and now and then again while it recovers.
pub fn cuts(count: u64, seed: u64) -> Survival {
    let mut survival = Survival::default();
    let mut life = Life::new();
    for number in 0..count {
        let mut random = Random::stream(seed, number);
        life.disk.cut_at(1 + random.below(CHANGES) as u64, random.next());
        let (error, acknowledged) = life.work(&mut random);
        survival.events += 1;
        survival.acknowledged += acknowledged;
        if life.disk.left().is_none() {
            survival.fault(format!("cut {number}: failed with the power on: {:?}: {error}", error.kind()));
            life = Life::new();
            continue;
        }
        life.disk.restart();
        if random.below(4) == 0 {
            life.disk.cut_at(1 + random.below(30) as u64, random.next());
            drop(open(Path::new(PATH), Some(life.disk.vfs())));
            life.disk.restart();
        }
        let outcome = life.examine(&mut random, &mut survival);
        if let Err(what) = &outcome {
            survival.fault(format!("cut {number}: {what}"));
        }
        if outcome.is_err() || (number + 1) % AGE == 0 {
            life = Life::new();
        }
    }
    survival
}

/// The negative control: the same on disks that ignore syncs, each new; nearly every cut must lose something.
pub fn cuts_without_syncs(count: u64, seed: u64) -> Survival {
    let mut survival = Survival::default();
    for number in 0..count {
        let mut random = Random::stream(seed, number);
        let mut life = Life::new();
        life.disk.ignore_syncs(true);
        life.disk.cut_at(BEGINNING + random.below(CHANGES) as u64, random.next());
        let (_, acknowledged) = life.work(&mut random);
        survival.events += 1;
        survival.acknowledged += acknowledged;
        life.disk.restart();
        if let Err(what) = life.examine(&mut random, &mut survival) {
            survival.fault(format!("cut {number}: {what}"));
        }
    }
    survival
}
