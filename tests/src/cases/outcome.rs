//! The answer to a case as its driver printed it, and what it lacks.

use super::table::Expectation;
use std::collections::{BTreeMap, BTreeSet};

/// One line of a driver: the fields by their names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    fields: BTreeMap<String, String>,
}

impl Outcome {
    /// Reads the fields after the case's number.
    ///
    /// # Panics
    /// Where a field is no `key=value`.
    pub fn parse(fields: &str) -> Self {
        let pair = |field: &str| {
            let (key, value) = field.split_once('=').unwrap_or_else(|| panic!("`{field}` is no field"));
            (key.to_owned(), value.to_owned())
        };
        Self { fields: fields.split('\t').filter(|field| !field.is_empty()).map(pair).collect() }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    fn names(&self, name: &str) -> Option<BTreeSet<String>> {
        let text = self.get(name)?;
        Some(text.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect())
    }

    fn number(&self, name: &str) -> Option<f64> {
        u64::from_str_radix(self.get(name)?, 16).ok().map(f64::from_bits)
    }
}

/// In what an outcome differs from what is expected.
pub fn differences(expected: &Expectation, outcome: &Outcome) -> Vec<String> {
    let mut found = Vec::new();
    let mut check = |holds: bool, what: String| {
        if !holds {
            found.push(what);
        }
    };
    let error = outcome.get("error");
    let message = outcome.get("message").unwrap_or_default();
    check(
        error == expected.error.as_deref(),
        format!("error {error:?} ({message}), expected {:?}", expected.error),
    );
    if let Some(part) = &expected.message_contains {
        check(message.contains(part), format!("message {message:?} lacks {part:?}"));
    }
    let reason =
        expected.indeterminate_reason.as_ref().map(|reason| reason.as_str().unwrap_or("-").to_owned());
    for (name, wanted) in [
        ("error_check_code", expected.error_check_code.map(|code| code.to_string())),
        ("decision", expected.decision.clone()),
        ("reason", reason),
        ("faces", expected.faces.map(|faces| faces.to_string())),
        ("check_code", expected.check_code.map(|code| code.to_string())),
    ] {
        let got = outcome.get(name);
        check(wanted.is_none() || got == wanted.as_deref(), format!("{name} {got:?}, expected {wanted:?}"));
    }
    let score = outcome.number("score");
    if let Some(least) = expected.score_at_least {
        check(score.is_some_and(|score| score >= least), format!("score {score:?}, expected ≥ {least}"));
    }
    if let Some(limit) = expected.score_below {
        check(score.is_some_and(|score| score < limit), format!("score {score:?}, expected < {limit}"));
    }
    for (name, wanted) in [
        ("warnings", &expected.warnings),
        ("warnings_a", &expected.face_a_warnings),
        ("warnings_b", &expected.face_b_warnings),
    ] {
        let got = outcome.names(name);
        check(wanted.is_none() || &got == wanted, format!("{name} {got:?}, expected {wanted:?}"));
    }
    if let Some(wanted) = &expected.outcomes {
        let got: Vec<String> = outcome
            .get("i")
            .unwrap_or_default()
            .split(',')
            .filter_map(|part| part.split_once(':'))
            .map(|(_, what)| if u64::from_str_radix(what, 16).is_ok() { "ok" } else { what }.to_owned())
            .collect();
        check(&got == wanted, format!("outcomes {got:?}, expected {wanted:?}"));
    }
    for (name, wanted) in expected.fields.iter().flatten() {
        let got = outcome.get(name);
        check(got == Some(wanted), format!("{name} {got:?}, expected {wanted:?}"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_expectation_is_told() {
        let outcome = Outcome::parse(&format!(
            "faces=1\tscore={:016x}\ti=0:00000000000000ff,1:NoFace",
            75f64.to_bits()
        ));
        for wrong in [
            Expectation { error: Some("NoFace".to_owned()), ..Expectation::default() },
            Expectation { score_at_least: Some(80.0), ..Expectation::default() },
            Expectation { score_below: Some(75.0), ..Expectation::default() },
            Expectation { faces: Some(2), ..Expectation::default() },
            Expectation { decision: Some("match".into()), ..Expectation::default() },
            Expectation { warnings: Some(BTreeSet::new()), ..Expectation::default() },
            Expectation { message_contains: Some("x".to_owned()), ..Expectation::default() },
            Expectation { outcomes: Some(vec!["ok".to_owned()]), ..Expectation::default() },
            Expectation {
                fields: Some([("backend".to_owned(), "x".to_owned())].into()),
                ..Expectation::default()
            },
        ] {
            assert_eq!(differences(&wrong, &outcome).len(), 1);
        }
        let right = Expectation {
            faces: Some(1),
            score_at_least: Some(75.0),
            outcomes: Some(vec!["ok".to_owned(), "NoFace".to_owned()]),
            ..Expectation::default()
        };
        assert!(differences(&right, &outcome).is_empty());
    }
}
