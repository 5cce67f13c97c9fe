//! Two sides measured by turns, and what their times say.
//!
//! On a shared machine the clock of one side's turn is not that of the other's, so sides are compared within a
//! round, and rounds are summed up by their median; the fastest calls of each side are a second witness.

/// Times of both sides in one round, in nanoseconds: for each photo, every call.
#[derive(Clone, Debug, Default)]
pub(super) struct Round {
    pub(super) ours: Vec<Vec<i64>>,
    pub(super) theirs: Vec<Vec<i64>>,
}

/// What rounds say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Summary {
    /// Milliseconds for one photo: the median over rounds of the mean over photos.
    pub(super) ours: f64,
    pub(super) theirs: f64,
    /// The median over rounds of ours by theirs.
    pub(super) ratio: f64,
    /// The middle half of the rounds' ratios.
    pub(super) spread: (f64, f64),
    /// The fastest call of each photo, ours by theirs.
    pub(super) fastest: f64,
}

pub(super) fn summarise(rounds: &[Round]) -> Summary {
    let side = |times: &[Vec<i64>]| -> f64 {
        let medians = times.iter().map(|calls| quantile(&milliseconds(calls), 0.5));
        medians.sum::<f64>() / times.len() as f64
    };
    let ours: Vec<f64> = rounds.iter().map(|round| side(&round.ours)).collect();
    let theirs: Vec<f64> = rounds.iter().map(|round| side(&round.theirs)).collect();
    let ratios: Vec<f64> = ours.iter().zip(&theirs).map(|(ours, theirs)| ours / theirs).collect();
    Summary {
        ours: quantile(&ours, 0.5),
        theirs: quantile(&theirs, 0.5),
        ratio: quantile(&ratios, 0.5),
        spread: (quantile(&ratios, 0.25), quantile(&ratios, 0.75)),
        fastest: fastest(rounds, |round| &round.ours) / fastest(rounds, |round| &round.theirs),
    }
}

fn fastest(rounds: &[Round], side: impl Fn(&Round) -> &Vec<Vec<i64>>) -> f64 {
    let photos = rounds.first().map_or(0, |round| side(round).len());
    let best = |photo: usize| rounds.iter().flat_map(|round| &side(round)[photo]).min().copied();
    (0..photos).filter_map(best).map(|time| time as f64).sum()
}

fn milliseconds(calls: &[i64]) -> Vec<f64> {
    calls.iter().map(|&time| time as f64 / 1e6).collect()
}

/// The value below which a share of the values lies, linear between neighbours; NaN without values.
pub(super) fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = share * last as f64;
    let (low, high) = (place.floor() as usize, place.ceil() as usize);
    sorted[low] + (sorted[high] - sorted[low]) * (place - low as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_by_hand() {
        assert_eq!(quantile(&[3.0, 1.0, 2.0], 0.5), 2.0);
        assert_eq!(quantile(&[4.0, 1.0, 2.0, 3.0], 0.5), 2.5);
        assert_eq!(quantile(&[5.0, 1.0], 0.25), 2.0);
        assert!(quantile(&[], 0.5).is_nan());
    }

    #[test]
    fn one_disturbed_round_does_not_move_the_ratio() {
        let quiet =
            Round { ours: vec![vec![1_000_000, 1_100_000, 9_000_000]], theirs: vec![vec![2_200_000; 3]] };
        let disturbed = Round { ours: vec![vec![50_000_000; 3]], theirs: vec![vec![2_200_000; 3]] };
        let summary = summarise(&[quiet.clone(), disturbed, quiet]);
        assert_eq!(summary.ratio, 0.5);
        assert_eq!((summary.ours, summary.theirs), (1.1, 2.2));
        assert!((summary.fastest - 1.0 / 2.2).abs() < 1e-12);
    }

    #[test]
    fn photos_weigh_by_their_time() {
        let round = Round { ours: vec![vec![1_000_000], vec![3_000_000]], theirs: vec![vec![4_000_000]; 2] };
        assert_eq!(summarise(&[round]).ratio, 0.5);
    }
}
