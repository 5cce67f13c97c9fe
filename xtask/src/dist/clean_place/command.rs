//! The archive of the command: unpacked, and run where it lies.

use std::process::Command;

use serde_json::Value;

use super::{Place, word};
use crate::failure::{Failure, Result};

pub(super) fn compare(place: &Place) -> Result<String> {
    let name = place.platform.name();
    place.install("tar", &["-xzf", word(&place.artefact(&format!("-{name}.tar.gz")))?])?;
    let program = place.path(&format!("facebridge-{}-{name}/bin/facebridge", env!("CARGO_PKG_VERSION")));
    let [first, others @ ..] = place.photos();
    let mut lines = String::new();
    for other in others {
        let mut command = Command::new(&program);
        command.args(["compare", "--json"]).arg(&first).arg(other);
        // "No match" has an exit code of its own: 1.
        lines += &line(&place.run(command, &[0, 1])?)?;
    }
    Ok(lines)
}

fn line(json: &str) -> Result<String> {
    let found: Value = serde_json::from_str(json)
        .map_err(|error| Failure::new(format!("the command printed something else than JSON: {error}")))?;
    match (found["decision"].as_str(), found["score"].as_f64()) {
        (Some(decision), Some(score)) => Ok(format!("{decision} {score:.6}\n")),
        _ => Err(Failure::new("the command printed neither decision nor score")),
    }
}
