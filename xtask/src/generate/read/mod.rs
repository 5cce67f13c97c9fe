//! From the Rust API definition to the model: what core/src/api/mod.rs exports, and nothing else.

mod clashes;
mod data;
mod exports;
mod flow;
mod methods;
mod problems;
mod prose;
mod source;
mod types;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use syn::ext::IdentExt;

use super::model::Api;
use crate::failure::{Failure, Result};
use crate::files;
use exports::Definition;
use problems::Problems;
use prose::Prose;
use source::Sources;
use types::Kind;

/// Reads the definition in the repository at `root`. The failure names everything that cannot be carried to
/// the other languages, each on one line with its place.
pub(super) fn read(root: &Path) -> Result<Api> {
    let mut sources = Sources::new(root);
    let mut problems = Problems::default();
    let definitions = exports::definitions(&mut sources, &mut problems)?;
    let mut reader = Reader { kinds: kinds(&definitions), problems, prose: Prose::default() };
    let mut api = reader.api(&definitions);
    flow::follow(&mut api, &definitions, &mut reader.problems);
    clashes::find(&api, &definitions, &mut reader.problems);
    reader.prose.question(&api, &mut reader.problems);
    reader.problems.into_result()?;
    api.hash = hash(&api)?;
    Ok(api)
}

/// What the steps of reading share.
struct Reader {
    /// Every exported type.
    kinds: BTreeMap<String, Kind>,
    problems: Problems,
    prose: Prose,
}

impl Reader {
    fn api(&mut self, definitions: &[Definition]) -> Api {
        let mut api = Api::default();
        for definition in definitions {
            match &definition.item {
                syn::Item::Enum(item) => api.enums.push(self.enumeration(definition, item)),
                syn::Item::Fn(item) => api.functions.push(self.function(definition, item)),
                syn::Item::Struct(item) => match data::shape(item) {
                    Ok(Kind::Record) => api.records.push(self.record(definition, item)),
                    Ok(_) => api.objects.push(self.object(definition, item)),
                    Err(reason) => self.problems.add(definition.place(), &definition.name, reason),
                },
                _ => {
                    let reason = "only structs, enums and functions can be exported";
                    self.problems.add(definition.place(), &definition.name, reason);
                }
            }
        }
        api
    }
}

fn kinds(definitions: &[Definition]) -> BTreeMap<String, Kind> {
    let kind = |definition: &Definition| match &definition.item {
        syn::Item::Enum(_) => Some(Kind::Enum),
        // What is neither record nor object is refused where it stands, not once more at each use.
        syn::Item::Struct(item) => Some(data::shape(item).unwrap_or(Kind::Record)),
        _ => None,
    };
    definitions.iter().filter_map(|item| Some((item.name.clone(), kind(item)?))).collect()
}

/// An identifier without the `r#` that Rust needs before its own keywords.
fn plain(identifier: &syn::Ident) -> String {
    identifier.unraw().to_string()
}

/// Texts are left out: a better sentence must not part a library from its wrappers.
fn hash(api: &Api) -> Result<String> {
    let mut bare = api.clone();
    bare.hash.clear();
    for item in &mut bare.enums {
        item.doc = Default::default();
        item.variants.iter_mut().for_each(|variant| variant.doc = Default::default());
    }
    for item in &mut bare.records {
        item.doc = Default::default();
        item.fields.iter_mut().for_each(|field| field.doc = Default::default());
    }
    for item in &mut bare.objects {
        item.doc = Default::default();
        item.constructors
            .iter_mut()
            .chain(&mut item.methods)
            .for_each(|method| method.doc = Default::default());
    }
    bare.functions.iter_mut().for_each(|function| function.doc = Default::default());
    let json = serde_json::to_vec(&bare)
        .map_err(|error| Failure::new(format!("the API cannot be written as JSON: {error}")))?;
    let mut hash = files::sha256(&json);
    hash.truncate(16);
    Ok(hash)
}
