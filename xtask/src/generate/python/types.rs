//! Types of the API in Rust and in Python, and which records become keyword arguments.

use super::docstring;
use crate::generate::model::{Api, Enum, Method, Record, Ty};
use std::collections::BTreeSet;

/// The enum of errors, which lies beside the API rather than in it.
pub(super) const ERROR_KIND: &str = "ErrorKind";

/// The exception class of an `ErrorKind`.
pub(super) fn exception(kind: &str) -> String {
    format!("{kind}Error")
}

/// Every method with its object, and every function.
pub(super) fn methods(api: &Api) -> impl Iterator<Item = (Option<&str>, &Method)> {
    let of_objects = api.objects.iter().flat_map(|object| {
        let methods = object.constructors.iter().chain(&object.methods);
        methods.map(|method| (Some(object.name.as_str()), method))
    });
    of_objects.chain(api.functions.iter().map(|function| (None, function)))
}

/// The record that becomes keyword arguments: a last parameter that may be left out entirely.
pub(super) fn flattened<'a>(method: &Method, api: &'a Api) -> Option<&'a Record> {
    match &method.params.last()?.ty {
        Ty::Record(name) => api.records.iter().find(|record| record.name == *name && record.default),
        _ => None,
    }
}

/// The records that users make or are given; the others are keyword arguments and nothing else.
pub(super) fn visible_records(api: &Api) -> BTreeSet<String> {
    let mut visible = BTreeSet::new();
    for (_, method) in methods(api) {
        mark(&method.returns, api, &mut visible);
        let flattened = flattened(method, api);
        let objects = method.params.len() - usize::from(flattened.is_some());
        method.params[..objects].iter().for_each(|param| mark(&param.ty, api, &mut visible));
        flattened.into_iter().flat_map(|record| &record.fields).for_each(|field| {
            mark(&field.ty, api, &mut visible);
        });
    }
    visible
}

fn mark(ty: &Ty, api: &Api, visible: &mut BTreeSet<String>) {
    match ty {
        Ty::Record(name) => {
            if visible.insert(name.clone())
                && let Some(record) = api.records.iter().find(|record| record.name == *name)
            {
                record.fields.iter().for_each(|field| mark(&field.ty, api, visible));
            }
        }
        Ty::List(inner) | Ty::Option(inner) => mark(inner, api, visible),
        _ => {}
    }
}

/// Where Rust finds an enum, record or object.
pub(super) fn path(name: &str) -> String {
    if name == ERROR_KIND { format!("facebridge::{name}") } else { format!("api::{name}") }
}

/// The Rust type that an argument is read into.
pub(super) fn rust(ty: &Ty) -> String {
    match ty {
        Ty::Unit => "()".to_owned(),
        Ty::Bool => "bool".to_owned(),
        Ty::U32 => "u32".to_owned(),
        Ty::U64 => "u64".to_owned(),
        Ty::F32 => "f32".to_owned(),
        Ty::F64 => "f64".to_owned(),
        Ty::Text => "String".to_owned(),
        Ty::Sensitive => path("Sensitive"),
        Ty::Path => "std::path::PathBuf".to_owned(),
        Ty::Bytes => "Encoded".to_owned(),
        Ty::Image => "Image".to_owned(),
        Ty::Floats => "Vec<f32>".to_owned(),
        Ty::Enum(name) | Ty::Record(name) | Ty::Object(name) => path(name),
        Ty::List(inner) => format!("Vec<{}>", rust(inner)),
        Ty::Option(inner) => format!("Option<{}>", rust(inner)),
    }
}

/// How a variable of type [`rust`] is handed to the core.
pub(super) fn passed(name: &str, ty: &Ty, by_reference: bool) -> String {
    match ty {
        // What is read is lent before the call.
        Ty::Image | Ty::Bytes => name.to_owned(),
        Ty::Option(inner) if by_reference => match **inner {
            Ty::Text | Ty::Path => format!("{name}.as_deref()"),
            _ => format!("{name}.as_ref()"),
        },
        _ if by_reference => format!("&{name}"),
        _ => name.to_owned(),
    }
}

/// What Python is given.
pub(super) fn given(ty: &Ty) -> String {
    match ty {
        Ty::Unit => "None".to_owned(),
        Ty::Bool => "bool".to_owned(),
        Ty::U32 | Ty::U64 => "int".to_owned(),
        Ty::F32 | Ty::F64 => "float".to_owned(),
        Ty::Text | Ty::Sensitive => "str".to_owned(),
        Ty::Path => "Path".to_owned(),
        Ty::Bytes => "bytes".to_owned(),
        Ty::Image => "ImageLike".to_owned(),
        Ty::Floats => "FloatArray".to_owned(),
        Ty::Enum(name) | Ty::Record(name) | Ty::Object(name) => name.clone(),
        Ty::List(inner) => format!("tuple[{}, ...]", given(inner)),
        Ty::Option(inner) => format!("{} | None", given(inner)),
    }
}

/// What Python may pass.
pub(super) fn taken(ty: &Ty, api: &Api) -> String {
    match ty {
        Ty::Path => "StrPath".to_owned(),
        Ty::Bytes => "Buffer".to_owned(),
        Ty::Floats => "FloatArray | Iterable[float]".to_owned(),
        Ty::Enum(name) => match api.enums.iter().find(|item| item.name == *name) {
            Some(item) if item.numbered => format!("{name} | int | Literal[{}]", texts(item)),
            Some(item) => format!("{name} | Literal[{}]", texts(item)),
            None => name.clone(),
        },
        Ty::List(inner) => format!("Iterable[{}]", taken(inner, api)),
        Ty::Option(inner) => format!("{} | None", taken(inner, api)),
        plain => given(plain),
    }
}

fn texts(item: &Enum) -> String {
    item.variants.iter().map(|variant| format!("\"{}\"", variant.text)).collect::<Vec<_>>().join(", ")
}

/// What to say about an argument whose method's text describes it.
pub(super) fn phrase(ty: &Ty, api: &Api) -> String {
    let summary = |name: &str| {
        let record = api.records.iter().find(|record| record.name == name);
        record.map(|record| docstring::first_sentence(&record.doc)).unwrap_or_default()
    };
    match ty {
        Ty::Image => "Encoded bytes (JPEG, PNG, BMP, WebP), a path, a binary file, a Pillow image, a numpy \
                      array of grey pixels, or `Pixels` for an array of colour pixels."
            .to_owned(),
        Ty::Bool => "Whether or not.".to_owned(),
        Ty::U32 | Ty::U64 => "A whole number.".to_owned(),
        Ty::F32 | Ty::F64 => "A number.".to_owned(),
        Ty::Text => "A text.".to_owned(),
        Ty::Sensitive => "A text; no output shows it.".to_owned(),
        Ty::Path => "A path (`str` or `os.PathLike`).".to_owned(),
        Ty::Bytes => "Bytes, or any object that holds some.".to_owned(),
        Ty::Floats => "Numbers.".to_owned(),
        Ty::Enum(name) | Ty::Object(name) => format!("A `{name}`."),
        Ty::Record(name) => summary(name),
        Ty::List(inner) => match &**inner {
            Ty::Path => "Paths (`str` or `os.PathLike`).".to_owned(),
            Ty::Text => "Texts.".to_owned(),
            Ty::Enum(name) | Ty::Record(name) => format!("Any number of `{name}`."),
            _ => "Any number of them.".to_owned(),
        },
        Ty::Option(inner) => format!("{} `None` leaves it out.", phrase(inner, api)),
        Ty::Unit => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_text_is_a_text_to_python_and_never_one_to_rust() {
        let key = Ty::Option(Box::new(Ty::Sensitive));
        assert_eq!([given(&key), taken(&key, &Api::default())], ["str | None", "str | None"]);
        assert_eq!([rust(&Ty::Sensitive), rust(&key)], ["api::Sensitive", "Option<api::Sensitive>"]);
        assert_eq!(
            [passed("key", &Ty::Sensitive, true), passed("key", &key, true)],
            ["&key", "key.as_ref()"]
        );
    }
}
