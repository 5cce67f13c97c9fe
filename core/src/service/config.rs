//! The configuration file: which backend, and how it is set up. The same keys in every language.

use crate::api::EngineOptions;
use crate::{Error, ErrorKind, Result};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// What a configuration file says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    backend: Backend,
    #[serde(default)]
    local: EngineOptions,
}

/// Who answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Backend {
    /// The engine on this machine.
    #[default]
    Local,
}

/// Reads the options of the local engine from a file. `${NAME}` in a text stands for an environment variable;
/// relative paths are relative to the file.
///
/// # Errors
/// `Io` where the file cannot be read; `InvalidArgument` where it is malformed, has an unknown key, or names a
/// variable that is not set. No value is quoted: it may be a secret.
pub(crate) fn read(path: &Path) -> Result<EngineOptions> {
    let text = crate::engine::models::read_text(path)?;
    let place = path.display().to_string();
    let mut table: Table = toml::from_str(&text).map_err(|error| malformed(&place, &text, &error))?;
    for (_, value) in &mut table {
        expand(value, &|name| std::env::var(name).ok())
            .map_err(|problem| Error::new(ErrorKind::InvalidArgument, format!("{place}: {problem}")))?;
    }
    let file: File = table.try_into().map_err(|error| malformed(&place, &text, &error))?;
    match file.backend {
        Backend::Local => Ok(below(path.parent().unwrap_or(Path::new("")), file.local)),
    }
}

/// Says what is wrong and on which line, without the line itself.
fn malformed(place: &str, text: &str, error: &toml::de::Error) -> Error {
    let line = error
        .span()
        .and_then(|span| text.get(..span.start))
        .map_or(String::new(), |before| format!(", line {}", before.matches('\n').count() + 1));
    // The parser's words may quote a value; only the names of keys are safe.
    let reason = match error.message() {
        words if words.starts_with("unknown field") || words.starts_with("missing field") => words,
        _ => "a key is given twice, or a value is malformed or of the wrong type",
    };
    Error::new(ErrorKind::InvalidArgument, format!("{place}{line}: {reason}."))
}

fn expand(value: &mut Value, variable: &dyn Fn(&str) -> Option<String>) -> Result<(), String> {
    match value {
        Value::String(text) => *text = expand_text(text, variable)?,
        Value::Array(values) => values.iter_mut().try_for_each(|value| expand(value, variable))?,
        Value::Table(table) => {
            table.iter_mut().try_for_each(|(_, value)| expand(value, variable))?;
        }
        _ => {}
    }
    Ok(())
}

fn expand_text(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) =
            after.split_once('}').ok_or("a text has `${` without `}`; write ${NAME} for a variable")?;
        expanded += before;
        expanded += &variable(name)
            .ok_or_else(|| format!("the environment variable {name} is not set; set it or remove it here"))?;
        rest = after;
    }
    Ok(expanded + rest)
}

fn below(folder: &Path, mut options: EngineOptions) -> EngineOptions {
    for path in [
        &mut options.model_dir,
        &mut options.runtime_library,
        &mut options.manifest,
        &mut options.calibration,
    ] {
        *path = path.take().map(|path: PathBuf| folder.join(path));
    }
    if let Some(gallery) = &mut options.gallery {
        gallery.store = folder.join(&gallery.store);
        for path in [&mut gallery.key_file, &mut gallery.audit_log] {
            *path = path.take().map(|path: PathBuf| folder.join(path));
        }
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<EngineOptions> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("facebridge.toml");
        std::fs::write(&path, text).unwrap();
        let mut options = read(&path)?;
        options.model_dir =
            options.model_dir.map(|path| path.strip_prefix(folder.path()).unwrap().to_owned());
        Ok(options)
    }

    #[test]
    fn options_are_read_and_paths_are_relative_to_the_file() {
        let options = read_text(
            "backend = 'local'\n[local]\nmodel_dir = 'models'\nconcurrency = 3\n[local.limits]\nmax_side = 99\n[local.quality]\nmin_face_size = 80.0\n",
        )
        .unwrap();
        assert_eq!(options.model_dir.unwrap(), Path::new("models"));
        assert_eq!((options.concurrency, options.limits.max_side), (3, 99));
        assert_eq!((options.quality.min_face_size, options.quality.max_burnt), (80.0, 0.3));
        assert_eq!(read_text("").unwrap(), EngineOptions::default());
    }

    #[test]
    fn mistakes_are_told_without_the_values() {
        for (text, part) in [
            ("[local]\nmodel_directory = 'Secret'", "unknown field `model_directory`"),
            ("[local]\nconcurrency = 'Secret'", "wrong type"),
            (
                "[local]\nmodel_dir = '${FACEBRIDGE_NOT_SET_ANYWHERE}'",
                "FACEBRIDGE_NOT_SET_ANYWHERE is not set",
            ),
            ("[local]\nmodel_dir = 'Secret${'", "without `}`"),
            ("backend = 'Secret'", "wrong type"),
            ("[local\nSecret", "line"),
        ] {
            let error = read_text(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{text}");
            assert!(error.message().contains(part), "{text}: {}", error.message());
            assert!(!error.message().contains("Secret"), "{text}: {}", error.message());
        }
        assert_eq!(read(Path::new("/nowhere.toml")).unwrap_err().kind(), ErrorKind::Io);
    }

    /// The documented file is read, and no key is left out of it.
    #[test]
    fn the_documentation_names_every_key_with_its_default() {
        let page = include_str!("../../../docs/configuration.md");
        let mut examples = page.split("```toml").skip(1).map(|rest| rest.split_once("```").unwrap().0);
        let (example, section) = (examples.next().unwrap(), examples.next().unwrap());
        let mut options = read_text(example).unwrap();
        for (name, path) in [
            ("runtime_library", &mut options.runtime_library),
            ("model_dir", &mut options.model_dir),
            ("manifest", &mut options.manifest),
            ("calibration", &mut options.calibration),
        ] {
            assert!(path.take().is_some(), "{name}");
        }
        assert!(options.single_pass_side.take().is_some());
        assert_eq!(options, EngineOptions::default());
        let of_gallery = crate::api::GalleryOptions::default();
        for (options, example) in [(format!("{options:#?}"), page), (format!("{of_gallery:#?}"), section)] {
            for line in options.lines().filter_map(|line| line.split_once(':')) {
                assert!(example.contains(line.0.trim()), "{} is not documented", line.0.trim());
            }
        }
    }

    #[test]
    fn variables_are_expanded_anywhere_in_a_text() {
        let known = |name: &str| (name == "A").then(|| "x".to_owned());
        assert_eq!(expand_text("${A}/b${A}", &known).unwrap(), "x/bx");
        assert_eq!(expand_text("$A {A}", &known).unwrap(), "$A {A}");
        assert!(expand_text("${B}", &known).unwrap_err().contains('B'));
    }
}
