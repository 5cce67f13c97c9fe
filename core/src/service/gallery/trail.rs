//! Who did what: every operation goes through here, and is recorded before it is answered.

use super::Galleries;
use crate::Result;
use crate::gallery::MasterKey;
use crate::gallery::audit::{AuditLog, Event, Operation, Outcome};
use std::path::Path;

/// The audit log with who acts.
pub(super) struct Trail {
    log: AuditLog,
    actor: String,
}

/// What an answer says to the log.
pub(super) struct Told {
    pub(super) outcome: Outcome,
    /// The subject that was found, where none was named.
    pub(super) subject: Option<String>,
    pub(super) model: Option<String>,
    pub(super) score: Option<f64>,
}

impl Told {
    pub(super) fn of(outcome: Outcome) -> Self {
        Self { outcome, subject: None, model: None, score: None }
    }
}

impl Trail {
    pub(super) fn open(path: &Path, key: &MasterKey, actor: &str) -> Result<Self> {
        let actor = if actor.is_empty() { "unnamed" } else { actor };
        Ok(Self { log: AuditLog::open(path, key.bytes())?, actor: actor.to_owned() })
    }

    fn write(&self, operation: Operation, gallery: &str, subject: Option<&str>, told: &Told) -> Result<()> {
        self.log.append(&Event {
            actor: &self.actor,
            operation,
            gallery: Some(gallery).filter(|name| !name.is_empty()),
            subject: subject.or(told.subject.as_deref()),
            outcome: told.outcome,
            model: told.model.as_deref(),
            score: told.score,
        })?;
        Ok(())
    }
}

impl Galleries {
    /// Does `work` and records what came of it, also where it failed. Where it cannot be recorded, that is the
    /// answer: what was done stands, and doing it again changes nothing.
    pub(super) fn recorded<T>(
        &self,
        operation: Operation,
        gallery: &str,
        subject: Option<&str>,
        work: impl FnOnce() -> Result<T>,
        tell: impl FnOnce(&T) -> Told,
    ) -> Result<T> {
        let answer = work();
        if let Some(trail) = &self.trail {
            let told = match &answer {
                Ok(answer) => tell(answer),
                // A picture that was looked at and refused.
                Err(error) => Told::of(match error.check_code() {
                    Some(code) => Outcome::Refused(code),
                    None => Outcome::Failed(error.kind()),
                }),
            };
            trail.write(operation, gallery, subject, &told)?;
        }
        answer
    }
}
