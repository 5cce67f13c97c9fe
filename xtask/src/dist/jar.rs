//! The jar for Java, with the native parts for every platform, and what Maven and editors want beside it.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Artefact, empty};
use crate::failure::{Failure, Result};
use crate::package::{Workshop, java};

/// Makes the jar from what was built for each platform; `natives` is a folder to gather that in.
pub(super) fn artefacts(workshops: &[Workshop], natives: &Path) -> Result<Vec<Artefact>> {
    empty(natives)?;
    for workshop in workshops {
        java::stage(workshop, natives)?;
    }
    let workshop = workshops.first().ok_or_else(|| Failure::new("there is no platform to make a jar for"))?;
    workshop.empty_folder()?;
    java::assemble(workshop, natives)?;

    let version = env!("CARGO_PKG_VERSION");
    let jar = |kind: &str| (workshop.folder.join(jar_name(kind)), jar_name(kind));
    let description = (workshop.root.join("bindings-java/pom.xml"), format!("facebridge-{version}.pom"));
    [jar(""), jar("-javadoc"), jar("-sources"), description].into_iter().map(artefact).collect()
}

fn jar_name(kind: &str) -> String {
    format!("facebridge-{}{kind}.jar", env!("CARGO_PKG_VERSION"))
}

fn artefact((path, file): (PathBuf, String)) -> Result<Artefact> {
    let bytes = fs::read(&path).map_err(|error| Failure::io("read", &path, &error))?;
    Ok(Artefact { file, bytes })
}
