//! The random numbers of the bootstrap: the same for a seed on every machine and in every later version.

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
///
/// Written out because published intervals must be reproducible: general-purpose generators may change their
/// stream with a major version.
#[derive(Clone, Debug)]
pub(crate) struct SplitMix64(u64);

impl SplitMix64 {
    #[cfg(test)]
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// An independent stream for each replicate, so that threads may share the work in any order.
    pub(crate) fn stream(seed: u64, index: u64) -> Self {
        let mut mixer = Self(seed ^ index.wrapping_mul(0xd6e8_feb8_6659_fd93));
        Self(mixer.next_u64())
    }

    pub(crate) fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in 0 ≤ x < 1.
    pub(crate) fn next_unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// An index below `length`, which must not be 0. The bias, below length / 2^64, does not matter here.
    pub(crate) fn next_index(&mut self, length: usize) -> usize {
        ((u128::from(self.next_u64()) * length as u128) >> 64) as usize
    }

    /// How often each of `length` items is drawn in `length` draws with replacement.
    pub(crate) fn multiplicities(&mut self, length: usize) -> Vec<u32> {
        let mut counts = vec![0; length];
        for _ in 0..length {
            counts[self.next_index(length)] += 1;
        }
        counts
    }

    /// A Poisson variate of mean 1 (Knuth's product method).
    pub(crate) fn next_poisson(&mut self) -> u32 {
        let limit = (-1.0_f64).exp();
        let (mut count, mut product) = (0, self.next_unit());
        while product > limit {
            count += 1;
            product *= self.next_unit();
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_the_published_stream() {
        // First values for seed 1234567, as in the reference implementation's test vector.
        let mut random = SplitMix64::new(1_234_567);
        assert_eq!(random.next_u64(), 6_457_827_717_110_365_317);
        assert_eq!(random.next_u64(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn moments_are_right() {
        let mut random = SplitMix64::new(3);
        let n = 100_000;
        let unit: f64 = (0..n).map(|_| random.next_unit()).sum::<f64>() / f64::from(n);
        let poisson: f64 = (0..n).map(|_| f64::from(random.next_poisson())).sum::<f64>() / f64::from(n);
        assert!((unit - 0.5).abs() < 0.005 && (poisson - 1.0).abs() < 0.02);
        assert_eq!(random.multiplicities(50).iter().sum::<u32>(), 50);
    }
}
