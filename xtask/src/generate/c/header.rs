//! facebridge.h, made by cbindgen from the Rust side.

use cbindgen::{
    Braces, Builder, Config, DocumentationStyle, ExportConfig, Language, Layout, LineEndingStyle, Style,
};

use super::super::output::{GeneratedFile, MARKER};
use super::glue;
use crate::failure::{Failure, Result};
use crate::files;
use crate::generate::model::Api;

/// What stands before the declarations: the rules that hold for all of them.
const INTRODUCTION: &str = include_str!("introduction.h");

/// What stands after them.
const HELPERS: &str = include_str!("helpers.h");

/// The sources with declarations, in the order of the header.
const SOURCES: [&str; 5] = [
    "bindings-c/src/generated/enums.rs",
    "bindings-c/src/errors.rs",
    "bindings-c/src/image.rs",
    "bindings-c/src/generated/records.rs",
    "bindings-c/src/generated/functions.rs",
];

/// The header. `generated` are the Rust files as they will be, which the disk may not have yet.
pub(super) fn header(api: &Api, generated: &[GeneratedFile]) -> Result<String> {
    let failed = |what: &str, reason: String| Failure::new(format!("facebridge.h: {what}: {reason}"));
    let root = files::root()?;
    let folder = tempfile::tempdir().map_err(|error| failed("no temporary folder", error.to_string()))?;
    let mut builder = Builder::new().with_config(config(api));
    for (position, source) in SOURCES.into_iter().enumerate() {
        let path = match generated.iter().find(|file| file.path == source) {
            Some(file) => {
                let path = folder.path().join(format!("{position}.rs"));
                files::write_atomically(&path, file.contents.as_bytes())?;
                path
            }
            None => root.join(source),
        };
        builder = builder.with_src(path);
    }
    let bindings = builder.generate().map_err(|error| failed("cbindgen", error.to_string()))?;
    let mut header = Vec::new();
    bindings.write(&mut header);
    String::from_utf8(header).map_err(|error| failed("not UTF-8", error.to_string()))
}

fn config(api: &Api) -> Config {
    let version = env!("CARGO_PKG_VERSION");
    let mut numbers = version.split('.');
    let mut number = || numbers.next().unwrap_or("0");
    let introduction = INTRODUCTION
        .replace("@MARKER@", MARKER)
        .replace("@MAJOR@", number())
        .replace("@MINOR@", number())
        .replace("@PATCH@", number())
        .replace("@VERSION@", version)
        .replace("@HASH@", &api.hash);
    let mut config = Config {
        language: Language::C,
        cpp_compat: true,
        header: Some(introduction),
        trailer: Some(HELPERS.to_owned()),
        no_includes: true,
        usize_is_size_t: true,
        style: Style::Both,
        braces: Braces::SameLine,
        line_length: 100,
        tab_width: 4,
        line_endings: LineEndingStyle::LF,
        documentation: true,
        documentation_style: DocumentationStyle::Doxy,
        export: ExportConfig { include: glue::enum_types(api), ..ExportConfig::default() },
        ..Config::default()
    };
    config.function.args = Layout::Auto;
    config
}
