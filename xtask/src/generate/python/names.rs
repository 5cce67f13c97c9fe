//! How Python's documentation writes the parts of the API.

use super::types::{self, exception};
use crate::generate::docs::Names;
use crate::generate::model::{Api, Method};
use heck::ToShoutySnakeCase;
use std::collections::{BTreeMap, BTreeSet};

/// Python's names.
#[derive(Clone)]
pub(super) struct PythonNames {
    /// Records that users never see, with the method whose keyword arguments they are.
    hidden: BTreeMap<String, String>,
    /// Records whose fields are keyword arguments somewhere.
    flattened: BTreeSet<String>,
    /// The parameter that keyword arguments stand for in the method that is described.
    replaced: Option<String>,
}

impl PythonNames {
    pub(super) fn of(api: &Api) -> Self {
        let visible: BTreeSet<String> = types::visible_records(api);
        let mut hidden = BTreeMap::new();
        let mut flattened = BTreeSet::new();
        for (owner, method) in types::methods(api) {
            let Some(record) = types::flattened(method, api) else { continue };
            flattened.insert(record.name.clone());
            if !visible.contains(&record.name) {
                let owner = owner.map(|owner| format!("{owner}.")).unwrap_or_default();
                hidden.entry(record.name.clone()).or_insert(format!("{owner}{}", method.name));
            }
        }
        Self { hidden, flattened, replaced: None }
    }

    /// Within the description of a method: keyword arguments have taken the place of a parameter.
    pub(super) fn of_method(&self, method: &Method, api: &Api) -> Self {
        let replaced = types::flattened(method, api).and(method.params.last());
        Self { replaced: replaced.map(|param| param.name.clone()), ..self.clone() }
    }
}

impl Names for PythonNames {
    fn type_name(&self, name: &str) -> String {
        match (name, self.hidden.get(name)) {
            ("Error", _) => "`FaceError`".to_owned(),
            (_, Some(method)) => format!("the keyword arguments of `{method}`"),
            (_, None) => format!("`{name}`"),
        }
    }

    fn method(&self, object: Option<&str>, name: &str) -> String {
        match object {
            Some(object) => format!("`{object}.{name}`"),
            None => format!("`{name}`"),
        }
    }

    fn field(&self, record: Option<&str>, name: &str) -> String {
        match record {
            Some(record) if !self.flattened.contains(record) => format!("`{record}.{name}`"),
            _ => format!("`{name}`"),
        }
    }

    fn parameter(&self, name: &str) -> String {
        if self.replaced.as_deref() == Some(name) {
            return "the call".to_owned();
        }
        format!("`{name}`")
    }

    fn variant(&self, enumeration: &str, name: &str) -> String {
        if enumeration == types::ERROR_KIND {
            return format!("`{}`", exception(name));
        }
        format!("`{enumeration}.{}`", name.to_shouty_snake_case())
    }

    fn null(&self) -> String {
        "`None`".to_owned()
    }

    fn boolean(&self, value: bool) -> String {
        if value { "`True`" } else { "`False`" }.to_owned()
    }
}
