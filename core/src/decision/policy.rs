//! What a caller accepts: a false match rate, per comparison or per search.

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Result};

/// The highest false match rate that a caller accepts for one comparison.
///
/// The default is 1e-4 (score 80 on the calibrated scale).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Policy {
    max_fmr: f64,
}

impl Policy {
    /// A policy for one comparison; `max_fmr` lies strictly between 0 and 1.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] for any other value.
    pub fn new(max_fmr: f64) -> Result<Self> {
        if max_fmr > 0.0 && max_fmr < 1.0 {
            Ok(Self { max_fmr })
        } else {
            Err(Error::new(
                ErrorKind::InvalidArgument,
                "max_fmr must lie strictly between 0 and 1; 0.0001 is the usual choice",
            ))
        }
    }

    /// A policy for a search: at most `max_fpir` of the searches for people who are not enrolled may return
    /// anyone, in a gallery of `gallery_size` faces.
    ///
    /// The rate per comparison f solves 1 − (1 − f)^N = `max_fpir`: the comparisons of one search taken as
    /// independent, which errs towards safety where they are positively correlated. `max_fpir` lies strictly
    /// between 0 and 1; an empty gallery counts as one face.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] where `max_fpir` is out of range, or so small for this gallery that no
    /// positive rate is left.
    pub fn for_search(max_fpir: f64, gallery_size: u64) -> Result<Self> {
        if !(max_fpir > 0.0 && max_fpir < 1.0) {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "max_fpir must lie strictly between 0 and 1; 0.01 is a usual choice",
            ));
        }
        // 1 − (1 − p)^(1/N), written so that it keeps its digits for a tiny p and a huge N.
        Self::new(-((-max_fpir).ln_1p() / gallery_size.max(1) as f64).exp_m1())
    }

    /// The highest accepted false match rate of one comparison, strictly between 0 and 1.
    pub fn max_fmr(&self) -> f64 {
        self.max_fmr
    }

    /// The highest false positive identification rate of a search that applies this policy to each of
    /// `gallery_size` comparisons: 1 − (1 − f)^N, in 0–1.
    pub fn fpir(&self, gallery_size: u64) -> f64 {
        -((-self.max_fmr).ln_1p() * gallery_size as f64).exp_m1()
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self { max_fmr: 1e-4 }
    }
}

impl TryFrom<f64> for Policy {
    type Error = Error;

    fn try_from(max_fmr: f64) -> Result<Self> {
        Self::new(max_fmr)
    }
}

impl From<Policy> for f64 {
    fn from(policy: Policy) -> f64 {
        policy.max_fmr
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_rates_that_are_none() {
        for rate in [0.0, 1.0, -1.0, 2.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Policy::new(rate).unwrap_err().kind(), ErrorKind::InvalidArgument);
            assert_eq!(Policy::for_search(rate, 10).unwrap_err().kind(), ErrorKind::InvalidArgument);
        }
    }

    #[test]
    fn a_thousand_faces_at_one_in_a_thousand_are_sixty_three_per_cent() {
        let fpir = Policy::new(1e-3).unwrap().fpir(1000);
        assert!((fpir - 0.6323).abs() < 1e-4, "{fpir}");
    }

    #[test]
    fn search_rate_and_back() {
        for size in [1, 2, 1000, 1_000_000, u64::from(u32::MAX)] {
            for fpir in [1e-6, 1e-3, 0.01, 0.5, 0.99] {
                let policy = Policy::for_search(fpir, size).unwrap();
                assert!((policy.fpir(size) / fpir - 1.0).abs() < 1e-9);
                assert!(policy.max_fmr() <= fpir * (1.0 + 1e-12));
            }
        }
        assert_eq!(Policy::for_search(0.01, 0).unwrap(), Policy::for_search(0.01, 1).unwrap());
    }
}
