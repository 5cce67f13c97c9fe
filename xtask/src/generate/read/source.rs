//! The source files of the core crate, each parsed once, found by the path of their module.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use proc_macro2::Span;

use super::problems::Place;
use crate::failure::{Failure, Result};

/// Where the core crate's modules lie, relative to the repository.
pub(super) const CRATE: &str = "core/src";

/// One module of the core crate that has a file of its own.
pub(super) struct SourceFile {
    /// Relative to the repository.
    pub(super) path: String,
    /// The modules from the crate's root down to this one.
    pub(super) module: Vec<String>,
    pub(super) syntax: syn::File,
}

impl SourceFile {
    /// The line on which something stands.
    pub(super) fn place(&self, span: Span) -> Place {
        Place { file: self.path.clone(), line: span.start().line }
    }
}

/// The core crate's files.
pub(super) struct Sources {
    root: PathBuf,
    parsed: BTreeMap<String, Rc<SourceFile>>,
}

impl Sources {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), parsed: BTreeMap::new() }
    }

    /// The file of a module, or nothing where it has none.
    pub(super) fn module(&mut self, module: &[String]) -> Result<Option<Rc<SourceFile>>> {
        let paths = if module.is_empty() {
            vec![format!("{CRATE}/lib.rs")]
        } else {
            let path = module.join("/");
            vec![format!("{CRATE}/{path}.rs"), format!("{CRATE}/{path}/mod.rs")]
        };
        for path in paths {
            if let Some(file) = self.parsed.get(&path) {
                return Ok(Some(file.clone()));
            }
            let full = self.root.join(&path);
            if !full.is_file() {
                continue;
            }
            let text = fs::read_to_string(&full).map_err(|error| Failure::io("read", &full, &error))?;
            let syntax = syn::parse_file(&text).map_err(|error| {
                Failure::new(format!("{path}:{}: this is not Rust: {error}", error.span().start().line))
            })?;
            let file = Rc::new(SourceFile { path: path.clone(), module: module.to_vec(), syntax });
            self.parsed.insert(path, file.clone());
            return Ok(Some(file));
        }
        Ok(None)
    }
}
