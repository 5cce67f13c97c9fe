//! The bindings for Python: the native module's Rust, the stub that describes it, and the modules in Python
//! itself (enums, exceptions, asyncio, `__init__`).

mod docstring;
mod names;
mod types;
mod view;

use super::docs::{self, Scope};
use super::model::{Api, Doc, Method};
use super::output::{GeneratedFile, MARKER};
use super::rustfmt::rustfmt;
use super::templates;
use crate::failure::Result;
use minijinja::context;
use names::PythonNames;

/// Where this language's files lie, relative to the repository.
pub(super) const FOLDERS: &[&str] = &["bindings-python/src", "bindings-python/python"];

/// The native module, by template: Rust.
const NATIVE: [(&str, &str); 5] = [
    ("mod.rs", include_str!("mod.rs.j2")),
    ("enums.rs", include_str!("enums.rs.j2")),
    ("functions.rs", include_str!("functions.rs.j2")),
    ("objects.rs", include_str!("objects.rs.j2")),
    ("records.rs", include_str!("records.rs.j2")),
];

/// The package, by template: Python.
const PACKAGE: [(&str, &str); 5] = [
    ("__init__.py", include_str!("__init__.py.j2")),
    ("_asyncio.py", include_str!("_asyncio.py.j2")),
    ("_enums.py", include_str!("_enums.py.j2")),
    ("_errors.py", include_str!("_errors.py.j2")),
    ("_facebridge.pyi", include_str!("_facebridge.pyi.j2")),
];

/// What templates include.
const PARTS: [(&str, &str); 2] =
    [("method.rs", include_str!("method.rs.j2")), ("macros.j2", include_str!("macros.j2"))];

/// Every generated file of this language.
pub(super) fn files(api: &Api) -> Result<Vec<GeneratedFile>> {
    let module = view::module(&translated(api))?;
    let mut environment = templates::environment()?;
    for (name, source) in NATIVE.into_iter().chain(PACKAGE).chain(PARTS) {
        templates::add(&mut environment, name, source)?;
    }
    let context = context! { module => templates::value(&module), marker => MARKER };
    let mut files = Vec::new();
    for (name, _) in NATIVE {
        let contents = rustfmt(&templates::render(&environment, name, context.clone())?)?;
        files.push(GeneratedFile { path: format!("bindings-python/src/generated/{name}"), contents });
    }
    for (name, _) in PACKAGE {
        let contents = templates::render(&environment, name, context.clone())?;
        files.push(GeneratedFile { path: format!("bindings-python/python/facebridge/{name}"), contents });
    }
    Ok(files)
}

/// The API with its documentation in Python's words.
fn translated(api: &Api) -> Api {
    let names = PythonNames::of(api);
    let mut translated = docs::translate(api, &names);
    let retold = |owner: Option<&str>, method: &mut Method, original: &Method| {
        let names = names.of_method(original, api);
        let scope = Scope { owner, member: Some(&original.name), errors: false };
        let doc = &original.doc;
        let said = |text: &String| docs::translate_text(text, scope, api, &names);
        method.doc = Doc {
            summary: said(&doc.summary),
            details: doc.details.iter().map(said).collect(),
            errors: docs::translate_text(&doc.errors, Scope { errors: true, ..scope }, api, &names),
        };
    };
    for (object, original) in translated.objects.iter_mut().zip(&api.objects) {
        let owner = Some(original.name.as_str());
        let originals = original.constructors.iter().chain(&original.methods);
        for (method, original) in object.constructors.iter_mut().chain(&mut object.methods).zip(originals) {
            retold(owner, method, original);
        }
    }
    for (function, original) in translated.functions.iter_mut().zip(&api.functions) {
        retold(None, function, original);
    }
    translated
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files as repository;
    use crate::generate::read;

    fn generated() -> Vec<GeneratedFile> {
        files(&read::read(&repository::root().unwrap()).unwrap()).unwrap()
    }

    fn file<'a>(files: &'a [GeneratedFile], name: &str) -> &'a str {
        &files.iter().find(|file| file.path.ends_with(&format!("/{name}"))).unwrap().contents
    }

    #[test]
    fn options_become_keyword_arguments_and_nothing_else() {
        let files = generated();
        let stub = file(&files, "_facebridge.pyi");
        assert!(stub.contains("def detect(self, image: ImageLike, *, max_faces: int = ...) -> Detection:"));
        assert!(stub.contains("class ImageLimits:"), "a record within options is an object");
        for name in ["DetectOptions", "EngineOptions"] {
            assert!(
                files.iter().all(|file| !file.path.ends_with(".pyi") || !file.contents.contains(name)),
                "{name}"
            );
            assert!(!file(&files, "__init__.py").contains(name), "{name}");
        }
        assert!(!stub.contains("`options`"), "Python has no such parameter");
    }

    #[test]
    fn every_enum_and_error_is_exported() {
        let files = generated();
        let (all, enums) = (file(&files, "__init__.py"), file(&files, "_enums.py"));
        for (name, class) in
            [("CheckCode", "NumberedEnum"), ("Decision", "StrEnum"), ("ErrorKind", "NumberedEnum")]
        {
            assert!(
                all.contains(&format!("    \"{name}\","))
                    && enums.contains(&format!("class {name}({class}):"))
            );
        }
        assert!(all.contains("    \"NoFaceError\","));
        assert!(file(&files, "_errors.py").contains("class IoError(FaceError, OSError):"));
    }

    #[test]
    fn asyncio_is_imported_where_it_is_needed() {
        let files = generated();
        let package = file(&files, "__init__.py");
        let (imported, deferred) = package.split_once("if _TYPE_CHECKING:").unwrap();
        assert!(!imported.contains("_asyncio") && deferred.contains("from ._asyncio import ("));
        assert!(package.contains("    \"AsyncClient\","));
    }

    #[test]
    fn what_a_dictionary_holds_is_taken() {
        let files = generated();
        let stub = file(&files, "_facebridge.pyi");
        assert!(stub.contains("def from_dict(fields: dict[str, Any], /) -> Embedding:"));
        assert!(stub.contains("kind: ErrorKind | int | Literal[\"invalid_argument\", "));
        assert!(stub.contains("values: FloatArray | Iterable[float],"), "bytes hold no such numbers");
    }

    #[test]
    fn a_job_is_waited_for_without_being_told() {
        let files = generated();
        let stub = file(&files, "_facebridge.pyi");
        assert!(stub.contains("def result(self, timeout_seconds: float | None = None) -> Evaluation:"));
        assert!(file(&files, "objects.rs").contains("wait(py, timeout_seconds, |timeout_seconds|"));
        assert!(
            file(&files, "_asyncio.py").contains("def __aiter__(self) -> AsyncIterator[EmbeddingOutcome]:")
        );
    }
}
