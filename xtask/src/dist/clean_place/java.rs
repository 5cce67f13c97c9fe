//! The jar: installed into an empty local Maven repository, a dependency of an empty project.

use std::process::Command;

use super::{Place, word};
use crate::dist::empty;
use crate::failure::Result;

/// Maven's own plugins are kept between runs; the artefact is not.
const REPOSITORY: &str = "dist-maven-repository";

pub(super) fn compare(place: &Place) -> Result<String> {
    let version = env!("CARGO_PKG_VERSION");
    let repository = place.target.join(REPOSITORY);
    empty(&repository.join("io/facebridge"))?;
    let local = format!("-Dmaven.repo.local={}", word(&repository)?);
    let file = format!("-Dfile={}", word(&place.artefact(".jar"))?);
    let description = format!("-DpomFile={}", word(&place.artefact(".pom"))?);
    let quiet = ["--batch-mode", "--quiet", "--no-transfer-progress", &local];
    place.install("mvn", &[&quiet[..], &["install:install-file", &file, &description]].concat())?;

    place.write("pom.xml", include_str!("java/pom.xml"))?;
    place.write("src/main/java/Compare.java", include_str!("java/Compare.java"))?;
    let wanted = format!("-Dfacebridge.version={version}");
    place.install("mvn", &[&quiet[..], &["compile", &wanted]].concat())?;

    let installed = repository.join(format!("io/facebridge/facebridge/{version}/facebridge-{version}.jar"));
    let mut command = Command::new("java");
    command.arg(format!("-Djava.io.tmpdir={}", word(place.folder.path())?));
    command.args(["-cp", &format!("target/classes:{}", word(&installed)?), "Compare"]).args(place.photos());
    place.run(command, &[0])
}
