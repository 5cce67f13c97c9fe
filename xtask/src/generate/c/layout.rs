//! How the API lies in C: which structures state their size, what must be released, which names are taken.

use std::collections::BTreeSet;

use super::names;
use crate::failure::{Failure, Result};
use crate::generate::model::{Api, Method, Record, Ty};

/// Names of the C interface that are written by hand.
const BY_HAND: [&str; 15] = [
    "fb_api_hash",
    "fb_error",
    "fb_error_check_code",
    "fb_error_free",
    "fb_error_kind",
    "fb_error_message",
    "fb_error_retryable",
    "fb_error_trace_id",
    "fb_error_vendor_code",
    "fb_image",
    "fb_image_encoded",
    "fb_image_file",
    "fb_image_kind",
    "fb_image_pixels",
    "fb_version",
];

/// Every constructor, method and function, with its object.
pub(super) fn methods(api: &Api) -> impl Iterator<Item = (Option<&str>, &Method)> {
    let of_objects = api.objects.iter().flat_map(|object| {
        object.constructors.iter().chain(&object.methods).map(|method| (Some(object.name.as_str()), method))
    });
    of_objects.chain(api.functions.iter().map(|function| (None, function)))
}

/// Whether a method needs an object to be called on.
pub(super) fn is_constructor(api: &Api, object: Option<&str>, method: &Method) -> bool {
    let object = api.objects.iter().find(|known| Some(known.name.as_str()) == object);
    object.is_some_and(|object| object.constructors.iter().any(|known| known.name == method.name))
}

/// A record by its name.
pub(super) fn record<'a>(api: &'a Api, name: &str) -> Result<&'a Record> {
    let found = api.records.iter().find(|record| record.name == name);
    found.ok_or_else(|| Failure::new(format!("{name} is not a record of the API")))
}

/// Whether the structure of a record begins with its size: callers make it and functions take a pointer to it, so
/// that it may grow. Records within others or in lists, and those that the library hands out too, stay as they are.
pub(super) fn is_versioned(api: &Api, record: &Record) -> bool {
    let is_it = |ty: &Ty| *ty == Ty::Record(record.name.clone());
    let params = || methods(api).flat_map(|(_, method)| &method.params);
    let fields = || api.records.iter().flat_map(|record| &record.fields);
    let taken = params().any(|param| match &param.ty {
        Ty::Option(inner) => is_it(inner),
        ty => is_it(ty),
    });
    let within = fields().any(|field| is_it(&field.ty));
    let listed = params().chain(fields()).any(|field| matches!(&field.ty, Ty::List(item) if is_it(item)));
    taken && !within && !listed && record.input && !record.output
}

/// Whether a function fills the structure with the defaults.
pub(super) fn is_filled(record: &Record) -> bool {
    record.input && !record.output && record.default
}

/// What functions hand out with memory of its own: records, lists, floats, bytes and text, each once.
pub(super) fn released(api: &Api) -> Vec<Ty> {
    let mut found = Vec::new();
    for (_, method) in methods(api) {
        let ty = match &method.returns {
            Ty::Option(inner) => inner,
            other => other,
        };
        let ty = match ty {
            Ty::Record(_) | Ty::List(_) | Ty::Floats | Ty::Bytes => ty.clone(),
            Ty::Text | Ty::Path => Ty::Text,
            _ => continue,
        };
        if !found.contains(&ty) {
            found.push(ty);
        }
    }
    found
}

/// The C structure of what [`released`] lists.
pub(super) fn released_type(ty: &Ty) -> String {
    match ty {
        Ty::Record(name) => names::c_type(name),
        Ty::List(item) => names::c_list(item),
        Ty::Floats => names::c_list(&Ty::F32),
        Ty::Bytes => "fb_bytes".to_owned(),
        _ => "fb_text".to_owned(),
    }
}

/// Whether a type is one number in C.
pub(super) fn is_scalar(ty: &Ty) -> bool {
    matches!(ty, Ty::Bool | Ty::U32 | Ty::U64 | Ty::F32 | Ty::F64 | Ty::Enum(_))
}

/// Refuses an API in which two things would bear one name in C.
pub(super) fn check_names(api: &Api) -> Result<()> {
    let types = (api.enums.iter().map(|item| &item.name))
        .chain(api.records.iter().map(|item| &item.name))
        .chain(api.objects.iter().map(|item| &item.name))
        .map(|name| names::c_type(name));
    let functions = methods(api).map(|(object, method)| names::c_function(object, &method.name));
    let released = released(api);
    let wrappers = released.iter().filter(|ty| !matches!(ty, Ty::Record(_))).map(released_type);
    let frees = released.iter().map(|ty| format!("{}_free", released_type(ty)));
    let closes = api.objects.iter().map(|object| format!("{}_close", names::c_type(&object.name)));
    let fills = api.records.iter().filter(|record| is_filled(record));
    let fills = fills.map(|record| format!("{}_init", names::c_type(&record.name)));
    let texts = api.enums.iter().map(|item| format!("{}_name", names::c_type(&item.name)));
    let mut known: BTreeSet<String> = BY_HAND.iter().map(|&name| name.to_owned()).collect();
    for name in types.chain(functions).chain(wrappers).chain(frees).chain(closes).chain(fills).chain(texts) {
        if !known.insert(name.clone()) {
            return Err(Failure::new(format!("two things would be called {name} in C; rename one of them")));
        }
    }
    for (object, method) in methods(api) {
        let handle = object.map(names::handle);
        if method.params.iter().any(|param| Some(&param.name) == handle.as_ref()) {
            return Err(Failure::new(format!(
                "a parameter of {} has the name of the object itself; rename it",
                names::c_function(object, &method.name)
            )));
        }
    }
    Ok(())
}
