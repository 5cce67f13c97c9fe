//! Which part of the API a name in a text means.

use super::markup::{Piece, pieces};
use crate::generate::model::{Api, Doc, Method, Ty};

/// Where a text stands, which decides what a bare name in it means.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::generate) struct Scope<'a> {
    /// The enum, record or object that the text belongs to.
    pub(in crate::generate) owner: Option<&'a str>,
    /// The variant, field, method or function that the text describes.
    pub(in crate::generate) member: Option<&'a str>,
    /// The text lists errors: a bare name is first of all an `ErrorKind`.
    pub(in crate::generate) errors: bool,
}

/// A part of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item<'a> {
    Type(&'a str),
    Method { object: Option<&'a str>, name: &'a str },
    Field { record: Option<&'a str>, name: &'a str },
    Parameter(&'a str),
    Variant { enumeration: &'a str, name: &'a str },
}

/// What a name was found to mean.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning<'a> {
    Item(Item<'a>),
    /// It is no name of the API.
    Nothing,
    /// Several enums have this variant, and nothing says which is meant.
    Ambiguous(Vec<&'a str>),
}

/// What keeps a documentation from being carried to other languages: links that lead nowhere in the API, and
/// names that may mean two things.
pub(in crate::generate) fn questions(doc: &Doc, scope: Scope<'_>, api: &Api) -> Vec<String> {
    let texts = std::iter::once(&doc.summary).chain(&doc.details).map(|text| (text, scope));
    let mut questions = Vec::new();
    for (text, scope) in texts.chain([(&doc.errors, Scope { errors: true, ..scope })]) {
        for piece in pieces(text) {
            let (name, must_exist) = match piece {
                Piece::Item(path) => (path, true),
                Piece::Code(code) => (code, is_qualified(code)),
                Piece::Plain(_) | Piece::Web { .. } => continue,
            };
            match meaning(name, scope, api) {
                Meaning::Item(_) => {}
                Meaning::Nothing if must_exist => {
                    questions
                        .push(format!("the documentation names `{name}`, which the API does not export"));
                }
                Meaning::Nothing => {}
                Meaning::Ambiguous(enums) => questions.push(format!(
                    "the documentation names `{name}`, which may be of {}; write `{}::{name}`",
                    enums.join(" or "),
                    enums[0]
                )),
            }
        }
    }
    questions
}

/// Finds what a path, or a name in backticks, means.
pub(super) fn meaning<'a>(path: &str, scope: Scope<'a>, api: &'a Api) -> Meaning<'a> {
    let path = path.strip_suffix("()").unwrap_or(path);
    let mut parts: Vec<&str> = path.split("::").collect();
    // Modules are Rust's own; of the path to an item only a type and the item itself matter elsewhere.
    while parts.len() > 1 && parts[0].starts_with(|sign: char| sign.is_ascii_lowercase()) {
        parts.remove(0);
    }
    let found = match parts[..] {
        [name] => return bare(name, scope, api),
        ["Self", name] => scope.owner.and_then(|owner| member(owner, name, api)),
        [owner, name] => member(owner, name, api),
        _ => None,
    };
    found.map_or(Meaning::Nothing, Meaning::Item)
}

fn bare<'a>(name: &str, scope: Scope<'a>, api: &'a Api) -> Meaning<'a> {
    if name == "Self" {
        return scope.owner.map_or(Meaning::Nothing, |owner| Meaning::Item(Item::Type(owner)));
    }
    if name.starts_with(|sign: char| sign.is_ascii_lowercase()) {
        return lower(name, scope, api).map_or(Meaning::Nothing, Meaning::Item);
    }
    if let Some(found) = type_name(name, api) {
        return Meaning::Item(Item::Type(found));
    }
    variant(name, scope, api)
}

/// A type that the API exports. `Error` is one although it is not data: each language has its own.
fn type_name<'a>(name: &str, api: &'a Api) -> Option<&'a str> {
    let enums = api.enums.iter().map(|item| item.name.as_str());
    let records = api.records.iter().map(|item| item.name.as_str());
    let objects = api.objects.iter().map(|item| item.name.as_str());
    enums.chain(records).chain(objects).chain(["Error"]).find(|known| *known == name)
}

fn member<'a>(owner: &str, name: &str, api: &'a Api) -> Option<Item<'a>> {
    if let Some(item) = api.enums.iter().find(|item| item.name == owner) {
        let variant = item.variants.iter().find(|variant| variant.name == name)?;
        return Some(Item::Variant { enumeration: &item.name, name: &variant.name });
    }
    if let Some(item) = api.records.iter().find(|item| item.name == owner) {
        let field = item.fields.iter().find(|field| field.name == name)?;
        return Some(Item::Field { record: Some(&item.name), name: &field.name });
    }
    let item = api.objects.iter().find(|item| item.name == owner)?;
    let method = item.constructors.iter().chain(&item.methods).find(|method| method.name == name)?;
    Some(Item::Method { object: Some(&item.name), name: &method.name })
}

/// A snake-case word: the nearest thing of that name. A bare word never means a constructor: theirs are plain
/// words, such as `local`, which also stand for themselves.
fn lower<'a>(name: &str, scope: Scope<'a>, api: &'a Api) -> Option<Item<'a>> {
    let parameter = |method: &'a Method| method.params.iter().find(|param| param.name == name);
    if let Some(parameter) = described_method(scope, api).and_then(parameter) {
        return Some(Item::Parameter(&parameter.name));
    }
    if let Some(own) =
        scope.owner.and_then(|owner| member(owner, name, api)).filter(|own| !is_constructor(own, api))
    {
        return Some(own);
    }
    let mut fields = api.records.iter().filter_map(|record| member(&record.name, name, api));
    if let Some(field) = fields.next() {
        return Some(match (field, fields.next()) {
            (Item::Field { name, .. }, Some(_)) => Item::Field { record: None, name },
            (field, _) => field,
        });
    }
    let methods = api.objects.iter().filter_map(|object| member(&object.name, name, api));
    if let Some(method) = methods.into_iter().find(|method| !is_constructor(method, api)) {
        return Some(method);
    }
    if let Some(function) = api.functions.iter().find(|function| function.name == name) {
        return Some(Item::Method { object: None, name: &function.name });
    }
    let all = api.objects.iter().flat_map(|object| object.constructors.iter().chain(&object.methods));
    all.chain(&api.functions).find_map(parameter).map(|parameter| Item::Parameter(&parameter.name))
}

fn is_constructor(item: &Item<'_>, api: &Api) -> bool {
    matches!(item, Item::Method { object: Some(object), name } if api.objects.iter().any(|known| {
        known.name == *object && known.constructors.iter().any(|constructor| constructor.name == *name)
    }))
}

fn described_method<'a>(scope: Scope<'a>, api: &'a Api) -> Option<&'a Method> {
    let name = scope.member?;
    match scope.owner {
        None => api.functions.iter().find(|function| function.name == name),
        Some(owner) => {
            let object = api.objects.iter().find(|object| object.name == owner)?;
            object.constructors.iter().chain(&object.methods).find(|method| method.name == name)
        }
    }
}

fn variant<'a>(name: &str, scope: Scope<'a>, api: &'a Api) -> Meaning<'a> {
    let nearest = if scope.errors { Some("ErrorKind") } else { scope.owner };
    for owner in [nearest, field_enum(scope, api)].into_iter().flatten() {
        if let Some(item @ Item::Variant { .. }) = member(owner, name, api) {
            return Meaning::Item(item);
        }
    }
    let mut found: Vec<_> = api.enums.iter().filter_map(|item| member(&item.name, name, api)).collect();
    match found.len() {
        0 => Meaning::Nothing,
        1 => Meaning::Item(found.remove(0)),
        _ => Meaning::Ambiguous(
            found
                .iter()
                .filter_map(|item| match item {
                    Item::Variant { enumeration, .. } => Some(*enumeration),
                    _ => None,
                })
                .collect(),
        ),
    }
}

/// The enum that the described field holds, however it is wrapped.
fn field_enum<'a>(scope: Scope<'_>, api: &'a Api) -> Option<&'a str> {
    let (owner, name) = (scope.owner?, scope.member?);
    let record = api.records.iter().find(|record| record.name == owner)?;
    let mut ty = &record.fields.iter().find(|field| field.name == name)?.ty;
    while let Ty::Option(inner) | Ty::List(inner) = ty {
        ty = inner;
    }
    match ty {
        Ty::Enum(name) => Some(name),
        _ => None,
    }
}

/// Whether code has the form of a path to a member, such as `Decision::Match`.
fn is_qualified(code: &str) -> bool {
    let mut parts = code.split("::");
    let owner = parts.next().is_some_and(|owner| owner.starts_with(|sign: char| sign.is_ascii_uppercase()));
    let path = |sign: char| sign.is_ascii_alphanumeric() || "_:".contains(sign);
    owner && parts.next().is_some() && code.chars().all(path)
}
