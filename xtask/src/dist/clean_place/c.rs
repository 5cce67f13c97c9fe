//! The archive for C and C++: installed into a prefix of its own, found by an empty CMake project.

use std::process::Command;

use super::{Place, word};
use crate::failure::Result;

/// The empty project, by file.
const PROJECT: [(&str, &str); 3] = [
    ("CMakeLists.txt", include_str!("c/CMakeLists.txt")),
    ("compare.c", include_str!("c/compare.c")),
    ("compare.cpp", include_str!("c/compare.cpp")),
];

pub(super) fn compare(place: &Place) -> Result<String> {
    build(place)?;
    run(place, "build/compare_c")
}

pub(super) fn compare_cpp(place: &Place) -> Result<String> {
    build(place)?;
    run(place, "build/compare_cpp")
}

pub(super) fn compare_static(place: &Place) -> Result<String> {
    build(place)?;
    let prefix = place.path("prefix");
    place.install("cmake", &["--install", "build", "--prefix", word(&prefix)?])?;
    run(place, "prefix/bin/compare_static")
}

fn build(place: &Place) -> Result<()> {
    let folder = format!("facebridge-c-{}-{}", env!("CARGO_PKG_VERSION"), place.platform.name());
    place.install("tar", &["-xzf", word(&place.dist.join(format!("{folder}.tar.gz")))?])?;
    place.install(&format!("./{folder}/install.sh"), &[word(&place.path("prefix"))?])?;
    // Nothing but the prefix may serve.
    std::fs::remove_dir_all(place.path(&folder))
        .map_err(|error| crate::failure::Failure::io("delete", &place.path(&folder), &error))?;
    for (name, text) in PROJECT {
        place.write(name, text)?;
    }
    let prefix = format!("-DCMAKE_PREFIX_PATH={}", word(&place.path("prefix"))?);
    place.install("cmake", &["-S", ".", "-B", "build", &prefix])?;
    place.install("cmake", &["--build", "build"])
}

fn run(place: &Place, program: &str) -> Result<String> {
    let mut command = Command::new(place.path(program));
    command.args(place.photos());
    place.run(command, &[0])
}
