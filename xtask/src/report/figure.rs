//! One measured figure and its goal.

use std::fmt;

use serde::{Serialize, Serializer};

/// What a figure must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Goal {
    /// The value is no larger.
    AtMost(f64),
    /// The value is no smaller.
    AtLeast(f64),
    /// The value is no larger than this many times the peer's.
    RatioAtMost(f64),
    /// The value is no smaller than this many times the peer's.
    RatioAtLeast(f64),
}

impl fmt::Display for Goal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(limit) => write!(formatter, "≤ {}", number(*limit)),
            Self::AtLeast(limit) => write!(formatter, "≥ {}", number(*limit)),
            Self::RatioAtMost(limit) => write!(formatter, "ratio ≤ {}", number(*limit)),
            Self::RatioAtLeast(limit) => write!(formatter, "ratio ≥ {}", number(*limit)),
        }
    }
}

impl Serialize for Goal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One line of a report.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figure {
    pub(crate) name: String,
    /// Ours; absent where it could not be measured.
    pub(crate) value: Option<f64>,
    pub(crate) unit: String,
    /// The peer's, in the same unit.
    pub(crate) peer: Option<f64>,
    /// Ours by the peer's. A median of ratios where rounds were measured, so not exactly `value / peer`.
    pub(crate) ratio: Option<f64>,
    pub(crate) goal: Option<Goal>,
    /// Whether the goal is met; absent where there is none.
    pub(crate) ok: Option<bool>,
    /// Whatever else belongs to this figure.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) note: String,
}

impl Figure {
    pub(crate) fn new(
        name: impl Into<String>,
        value: impl Into<Option<f64>>,
        unit: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            value: value.into().filter(|value| value.is_finite()),
            unit: unit.into(),
            peer: None,
            ratio: None,
            goal: None,
            ok: None,
            note: String::new(),
        }
    }

    pub(crate) fn against(mut self, peer: f64, ratio: f64) -> Self {
        self.peer = Some(peer).filter(|peer| peer.is_finite());
        self.ratio = Some(ratio).filter(|ratio| ratio.is_finite());
        self.judged()
    }

    pub(crate) fn goal(mut self, goal: impl Into<Option<Goal>>) -> Self {
        self.goal = goal.into();
        self.judged()
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// A figure that is not there does not meet its goal.
    fn judged(mut self) -> Self {
        self.ok = self.goal.map(|goal| match goal {
            Goal::AtMost(limit) => self.value.is_some_and(|value| value <= limit),
            Goal::AtLeast(limit) => self.value.is_some_and(|value| value >= limit),
            Goal::RatioAtMost(limit) => self.ratio.is_some_and(|ratio| ratio <= limit),
            Goal::RatioAtLeast(limit) => self.ratio.is_some_and(|ratio| ratio >= limit),
        });
        self
    }
}

/// A number as people read it: four significant digits, small rates by their power of ten.
pub(crate) fn number(value: f64) -> String {
    let size = value.abs();
    if value == value.trunc() && size < 1e9 {
        return format!("{value}");
    }
    match size {
        _ if size < 1e-3 => format!("{value:.1e}"),
        _ if size < 10.0 => trimmed(format!("{value:.4}")),
        _ if size < 1000.0 => trimmed(format!("{value:.2}")),
        _ => format!("{value:.0}"),
    }
}

fn trimmed(text: String) -> String {
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(value: f64, goal: Goal) -> Option<bool> {
        Figure::new("f", value, "").against(10.0, value / 10.0).goal(goal).ok
    }

    #[test]
    fn a_missed_goal_is_not_ok() {
        assert_eq!(judge(5.0, Goal::AtMost(5.0)), Some(true));
        assert_eq!(judge(5.1, Goal::AtMost(5.0)), Some(false));
        assert_eq!(judge(0.99, Goal::AtLeast(0.99)), Some(true));
        assert_eq!(judge(0.98, Goal::AtLeast(0.99)), Some(false));
        assert_eq!(judge(4.8, Goal::RatioAtMost(0.48)), Some(true));
        assert_eq!(judge(4.9, Goal::RatioAtMost(0.48)), Some(false));
    }

    #[test]
    fn a_figure_that_is_missing_misses_its_goal() {
        for goal in [Goal::AtMost(1.0), Goal::AtLeast(0.0), Goal::RatioAtMost(1.0)] {
            assert_eq!(Figure::new("f", None, "").goal(goal).ok, Some(false));
            assert_eq!(Figure::new("f", f64::NAN, "").goal(goal).ok, Some(false));
        }
        assert_eq!(Figure::new("f", 1.0, "").goal(Goal::RatioAtMost(9.0)).ok, Some(false));
    }

    #[test]
    fn without_a_goal_nothing_is_judged() {
        assert_eq!(Figure::new("f", 1.0, "").against(2.0, 0.5).ok, None);
    }

    #[test]
    fn a_peer_given_after_the_goal_is_judged_too() {
        assert_eq!(Figure::new("f", 1.0, "").goal(Goal::RatioAtMost(0.4)).against(2.0, 0.5).ok, Some(false));
    }

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (0.0, "0"),
            (10_000.0, "10000"),
            (0.48, "0.48"),
            (0.000_066, "6.6e-5"),
            (12.345, "12.35"),
            (0.986_61, "0.9866"),
        ] {
            assert_eq!(number(value), text);
        }
        assert_eq!(Goal::RatioAtMost(0.5).to_string(), "ratio ≤ 0.5");
    }
}
