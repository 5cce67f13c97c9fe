//! A probe, coded.

use super::bound::{ProbeCoding, outward_length};
use super::codes::{code, code_chained, square};
use super::kernels::CODE_OFFSET;
use zeroize::Zeroizing;

/// A probe and its codes.
pub(crate) struct Probe<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) coding: ProbeCoding,
    codes: Zeroizing<Vec<i8>>,
}

impl<'a> Probe<'a> {
    /// `chained`: with codes that a kernel may add up in chains. Nothing where a value is not finite.
    pub(crate) fn new(values: &'a [f32], chained: bool) -> Option<Self> {
        let mut stored = Zeroizing::new(vec![0; values.len()]);
        let coded = if chained { code_chained(values, &mut stored) } else { code(values, &mut stored) }?;
        let codes = stored.iter().map(|&code| code.wrapping_sub(CODE_OFFSET) as i8).collect();
        let coding = ProbeCoding {
            dimension: values.len(),
            scale: coded.scale,
            error: coded.error,
            length: outward_length(square(values)),
        };
        Some(Self { values, coding, codes: Zeroizing::new(codes) })
    }

    /// One code a value, −127 to 127.
    pub(crate) fn codes(&self) -> &[i8] {
        &self.codes
    }
}
