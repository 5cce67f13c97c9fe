//! Hostile pictures: what a bank's upload form receives from people who mean harm, and from broken phones.
//!
//! A [`Plan`] makes input number N from a seed, always the same bytes: first the handmade ones of [`bombs`],
//! then prefixes and mutations of real pictures. [`supervise`] runs a plan in child processes, so that an abort
//! is counted instead of ending the count, and tells in a [`Report`] what it saw. The program `hostile` is the
//! command around both.

pub mod bombs;
mod corpus;
mod mutate;
mod report;
mod supervisor;
mod worker;

pub use bombs::Bomb;
pub use report::{Call, Extreme, Incident, InputRecord, Report};
pub use supervisor::{Run, supervise};
pub use worker::work;

use crate::random::Random;
use corpus::Specimen;

/// One input.
pub struct HostileInput {
    /// Says what it is; the same for the same number and seed.
    pub name: String,
    /// The bytes to hand to the engine.
    pub bytes: Vec<u8>,
}

/// A numbered sequence of inputs.
pub struct Plan {
    seed: u64,
    bombs: Vec<Bomb>,
    corpus: Vec<Specimen>,
}

impl Plan {
    /// The sequence of `seed`; without the bombs that take long to decode where `skip_heavy` is set.
    pub fn new(seed: u64, skip_heavy: bool) -> Self {
        let bombs = bombs::all().into_iter().filter(|bomb| !(skip_heavy && bomb.heavy)).collect();
        Self { seed, bombs, corpus: corpus::specimens() }
    }

    /// How many inputs at the beginning are handmade.
    pub fn handmade(&self) -> u64 {
        self.bombs.len() as u64
    }

    /// Input `number`; there is one for every number.
    pub fn input(&self, number: u64) -> HostileInput {
        if let Some(bomb) = usize::try_from(number).ok().and_then(|index| self.bombs.get(index)) {
            return HostileInput { name: bomb.name.to_owned(), bytes: (bomb.make)() };
        }
        let mut random = Random::stream(self.seed, number);
        let specimen = &self.corpus[random.below(self.corpus.len())];
        let (what, bytes) = if random.below(3) == 0 {
            let length = random.below(specimen.bytes.len());
            (format!("first {length} bytes"), specimen.bytes[..length].to_vec())
        } else {
            mutate::mutated(&specimen.bytes, &mut random)
        };
        HostileInput { name: format!("{number}: {} {what}", specimen.name), bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_number_always_gives_the_same_bytes() {
        let (first, second) = (Plan::new(5, true), Plan::new(5, true));
        for number in (0..first.handmade()).chain(900..940) {
            let (a, b) = (first.input(number), second.input(number));
            assert!(a.name == b.name && a.bytes == b.bytes, "{}", a.name);
        }
        let other = Plan::new(6, true);
        assert!((900..940).any(|number| first.input(number).bytes != other.input(number).bytes));
    }

    #[test]
    fn there_are_enough_handmade_inputs_and_each_has_its_name() {
        let bombs = bombs::all();
        let names: BTreeSet<&str> = bombs.iter().map(|bomb| bomb.name).collect();
        assert_eq!(names.len(), bombs.len());
        assert!(bombs.len() >= 40);
    }
}
