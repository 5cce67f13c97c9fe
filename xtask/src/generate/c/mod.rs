//! The bindings for C and C++.

mod cpp;
mod glue;
mod header;
mod layout;
mod misuse;
mod names;
#[cfg(test)]
mod tests;

use minijinja::context;

use super::model::Api;
use super::output::{GeneratedFile, MARKER};
use super::rustfmt::rustfmt;
use super::templates;
use crate::failure::Result;

/// Where this language's files lie, relative to the repository.
pub(super) const FOLDERS: &[&str] = &["bindings-c"];

/// Rust files of the shell, by their place and their template.
const GLUE: [(&str, &str, &str); 5] = [
    ("bindings-c/src/generated/mod.rs", "c/mod.rs.j2", include_str!("mod.rs.j2")),
    ("bindings-c/src/generated/wire.rs", "c/wire.rs.j2", include_str!("wire.rs.j2")),
    ("bindings-c/src/generated/enums.rs", "c/enums.rs.j2", include_str!("enums.rs.j2")),
    ("bindings-c/src/generated/records.rs", "c/records.rs.j2", include_str!("records.rs.j2")),
    ("bindings-c/src/generated/functions.rs", "c/functions.rs.j2", include_str!("functions.rs.j2")),
];

/// Every generated file of this language.
pub(super) fn files(api: &Api) -> Result<Vec<GeneratedFile>> {
    layout::check_names(api)?;
    let mut environment = templates::environment()?;
    let glue = templates::value(&glue::glue(&names::in_c(api))?);
    let mut files = Vec::new();
    for (path, name, source) in GLUE {
        templates::add(&mut environment, name, source)?;
        let text =
            templates::render(&environment, name, context! { marker => MARKER, glue => glue.clone() })?;
        files.push(GeneratedFile { path: path.to_owned(), contents: rustfmt(&text)? });
    }
    files.push(GeneratedFile {
        path: "bindings-c/include/facebridge/facebridge.h".to_owned(),
        contents: header::header(api, &files)?,
    });
    let name = "c/facebridge.hpp.j2";
    templates::add(&mut environment, name, include_str!("facebridge.hpp.j2"))?;
    let cpp = templates::value(&cpp::cpp(&names::in_cpp(api))?);
    files.push(GeneratedFile {
        path: "bindings-c/include/facebridge/facebridge.hpp".to_owned(),
        contents: templates::render(&environment, name, context! { marker => MARKER, cpp => cpp })?,
    });
    let name = "c/misuse.c.j2";
    templates::add(&mut environment, name, include_str!("misuse.c.j2"))?;
    let misuse = templates::value(&misuse::misuse(api)?);
    files.push(GeneratedFile {
        path: "bindings-c/tests/misuse.c".to_owned(),
        contents: templates::render(&environment, name, context! { marker => MARKER, misuse => misuse })?,
    });
    Ok(files)
}
