//! Failing syncs and writes, and a full disk.

use super::cuts::{Life, PATH};
use super::history::agrees;
use super::observe::observe;
use super::report::Survival;
use super::store::open;
use crate::power_cut::Failure;
use crate::random::Random;
use facebridge::ErrorKind;
use std::path::Path;

/// Changes between a failure and the next.
const MOST_CHANGES: usize = 12;
/// Syncs or writes that succeed before the one that fails, at most.
const MOST_BEFORE: usize = 40;
/// Failures that one disk goes through.
const AGE: u64 = 10;

/// Lets something fail `count` times. After a full disk the store must go on with everything there; after a failed
/// sync or write it must either have said so and refuse every later change, or have changed nothing. Then the power
/// is cut, and all that was acknowledged must be there.
pub fn failures(count: u64, seed: u64) -> Survival {
    let mut survival = Survival::default();
    let mut life = Life::new();
    for number in 0..count {
        let mut random = Random::stream(seed, number);
        let outcome = one(&mut life, &mut random, &mut survival);
        survival.events += 1;
        if let Err(what) = &outcome {
            survival.fault(format!("failure {number}: {what}"));
        }
        if outcome.is_err() || (number + 1) % AGE == 0 {
            life = Life::new();
        }
    }
    survival
}

fn one(life: &mut Life, random: &mut Random, survival: &mut Survival) -> Result<(), String> {
    let told =
        |what: &'static str| move |error: facebridge::Error| format!("{what}: {:?}: {error}", error.kind());
    let failure = [Failure::Sync, Failure::Write, Failure::Full][random.below(3)];
    let gallery = open(Path::new(PATH), Some(life.disk.vfs())).map_err(told("opening"))?;
    for _ in 0..MOST_CHANGES {
        life.change(&*gallery, random).map_err(told("before the failure"))?;
        survival.acknowledged += 1;
    }
    life.disk.fail(failure, random.below(MOST_BEFORE) as u64);
    let error = loop {
        match life.change(&*gallery, random) {
            Ok(()) => survival.acknowledged += 1,
            Err(error) => break error,
        }
    };
    life.disk.heal();
    match (failure, error.kind()) {
        (Failure::Full, ErrorKind::StoreFull) => {
            // Nothing was changed.
            let op = life.under_way.take();
            let found = observe(&*gallery, random)?;
            if !agrees(&life.known, &found) {
                return Err(format!("{op:?} gave StoreFull and changed something"));
            }
            // There is space again.
            life.change(&*gallery, random).map_err(told("after the disk was full"))?;
            survival.acknowledged += 1;
        }
        // The change stands; only its bytes could not be overwritten for want of space.
        (Failure::Full, ErrorKind::ErasurePending) => {}
        (_, ErrorKind::StoreFailed) => {
            let (known, under_way) = (life.known.clone(), life.under_way.clone());
            let refused = life.change(&*gallery, random).err().map(|error| error.kind());
            (life.known, life.under_way) = (known, under_way);
            if refused != Some(ErrorKind::StoreFailed) {
                return Err(format!("after {failure:?} the next change gave {refused:?}"));
            }
        }
        (_, kind) => return Err(format!("{failure:?} gave {kind:?}: {error}")),
    }
    if random.below(2) == 0 {
        drop(gallery);
        life.disk.cut(random.next());
    } else {
        life.disk.cut(random.next());
        drop(gallery);
    }
    life.disk.restart();
    life.examine(random, survival)
}
