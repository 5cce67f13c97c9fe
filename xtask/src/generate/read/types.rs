//! The closed set of types that may cross a language boundary.

use std::collections::BTreeMap;

use syn::spanned::Spanned;
use syn::{GenericArgument, PathArguments, ReturnType, Type, TypeParamBound, TypePath, TypeReference};

use super::plain;
use crate::generate::model::Ty;

/// What an exported type is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Enum,
    Record,
    Object,
}

/// Every exported type by its name.
pub(super) type Kinds = BTreeMap<String, Kind>;

/// A type, or the reason why it cannot be carried.
pub(super) type Found<T> = Result<T, String>;

/// The type of a record's field.
pub(super) fn field(ty: &Type, kinds: &Kinds) -> Found<Ty> {
    match owned(ty, kinds)? {
        Ty::Object(name) => Err(format!("`{name}` is an object; records hold data only")),
        Ty::Unit => Err("an empty field says nothing".to_owned()),
        carried => Ok(carried),
    }
}

/// The type of a parameter, and whether it is taken by reference.
pub(super) fn parameter(ty: &Type, kinds: &Kinds) -> Found<(Ty, bool)> {
    match ty {
        Type::Reference(reference) => Ok((borrowed(reference, kinds)?, true)),
        Type::ImplTrait(_) if is_image(ty) => Ok((Ty::Image, false)),
        Type::ImplTrait(_) => {
            Err(format!("`{}`: of `impl` only `impl Into<ImageInput<'a>>` is read", text(ty)))
        }
        Type::Path(path) if last(path).0 == "Option" => {
            let (inner, by_reference) = parameter(only_argument(path)?, kinds)?;
            Ok((optional(inner)?, by_reference))
        }
        _ => match owned(ty, kinds)? {
            Ty::Text => Err("a text is taken as `&str`".to_owned()),
            Ty::Sensitive => Err("a hidden text is taken as `&Sensitive`".to_owned()),
            Ty::Path => Err("a path is taken as `&Path`".to_owned()),
            Ty::Bytes => Err("bytes are taken as `&[u8]`".to_owned()),
            Ty::Floats | Ty::List(_) => Err("a list is taken as `&[T]`".to_owned()),
            Ty::Object(name) => Err(format!("`{name}` is an object, which is never a parameter")),
            Ty::Unit => Err("an empty parameter says nothing".to_owned()),
            carried => Ok((carried, false)),
        },
    }
}

/// The type that a method returns, and whether it may fail. `owner` is what `Self` means.
pub(super) fn returned(output: &ReturnType, owner: Option<&str>, kinds: &Kinds) -> Found<(Ty, bool)> {
    let ReturnType::Type(_, ty) = output else { return Ok((Ty::Unit, false)) };
    let (ty, fallible) = match &**ty {
        Type::Path(path) if last(path).0 == "Result" => (only_argument(path)?, true),
        plain => (plain, false),
    };
    if let (Type::Path(path), Some(owner)) = (ty, owner)
        && path.path.is_ident("Self")
    {
        return Ok((Ty::Object(owner.to_owned()), fallible));
    }
    let ty = owned(ty, kinds)?;
    let hidden = match &ty {
        Ty::Option(inner) => **inner == Ty::Sensitive,
        ty => *ty == Ty::Sensitive,
    };
    if hidden {
        return Err("a hidden text returned by itself is a plain text to its caller; use a record".to_owned());
    }
    Ok((ty, fallible))
}

/// Whether a type is the one way to take an image.
pub(super) fn is_image(ty: &Type) -> bool {
    let Type::ImplTrait(ty) = ty else { return false };
    let mut bounds = ty.bounds.iter();
    let (Some(TypeParamBound::Trait(bound)), None) = (bounds.next(), bounds.next()) else { return false };
    let into = bound.path.segments.last().filter(|segment| segment.ident == "Into");
    let Some(PathArguments::AngleBracketed(arguments)) = into.map(|segment| &segment.arguments) else {
        return false;
    };
    match arguments.args.first() {
        Some(GenericArgument::Type(Type::Path(path))) => last(path).0 == "ImageInput",
        _ => false,
    }
}

/// A type without a reference in it.
fn owned(ty: &Type, kinds: &Kinds) -> Found<Ty> {
    let path = match ty {
        Type::Path(path) if path.qself.is_none() => path,
        Type::Tuple(tuple) if tuple.elems.is_empty() => return Ok(Ty::Unit),
        Type::Tuple(_) => {
            return Err(format!("`{}` is a tuple; make it a record with named fields", text(ty)));
        }
        Type::Reference(_) => return Err(format!("`{}` is a reference; only parameters borrow", text(ty))),
        Type::Array(_) => return Err(format!("`{}` is an array; use `Vec` or a record", text(ty))),
        _ => return Err(format!("`{}` has no counterpart in other languages", text(ty))),
    };
    let (name, arguments) = last(path);
    if name == "Vec" {
        return list(only_argument(path)?, kinds);
    }
    if name == "Option" {
        return optional(owned(only_argument(path)?, kinds)?);
    }
    let found = match name.as_str() {
        "bool" => Ty::Bool,
        "u32" => Ty::U32,
        "u64" => Ty::U64,
        "f32" => Ty::F32,
        "f64" => Ty::F64,
        "String" => Ty::Text,
        "PathBuf" => Ty::Path,
        "Sensitive" => Ty::Sensitive,
        _ => match kinds.get(&name) {
            Some(Kind::Enum) => Ty::Enum(name.clone()),
            Some(Kind::Record) => Ty::Record(name.clone()),
            Some(Kind::Object) => Ty::Object(name.clone()),
            None => return Err(unknown(&name, ty)),
        },
    };
    if arguments.is_none() { Ok(found) } else { Err(format!("`{}` is generic", text(ty))) }
}

/// `&T` and `&[T]`.
fn borrowed(reference: &TypeReference, kinds: &Kinds) -> Found<Ty> {
    if reference.mutability.is_some() {
        return Err("a parameter is never changed; return what is new instead of `&mut`".to_owned());
    }
    if reference.lifetime.is_some() {
        return Err("a named lifetime is for images alone".to_owned());
    }
    match &*reference.elem {
        Type::Slice(slice) => list(&slice.elem, kinds),
        Type::Path(path) if path.path.is_ident("str") => Ok(Ty::Text),
        Type::Path(path) if last(path).0 == "Path" => Ok(Ty::Path),
        inner => match owned(inner, kinds)? {
            lent @ (Ty::Record(_) | Ty::Sensitive) => Ok(lent),
            Ty::Text => Err("a text is taken as `&str`".to_owned()),
            Ty::Path => Err("a path is taken as `&Path`".to_owned()),
            Ty::Bytes => Err("bytes are taken as `&[u8]`".to_owned()),
            Ty::Floats | Ty::List(_) => Err("a list is taken as `&[T]`".to_owned()),
            Ty::Object(name) => Err(format!("`{name}` is an object, which is never a parameter")),
            Ty::Option(_) => Err("an option is taken as `Option<&T>`".to_owned()),
            _ => Err(format!("`{}` is taken by value", text(inner))),
        },
    }
}

fn list(element: &Type, kinds: &Kinds) -> Found<Ty> {
    if let Type::Path(path) = element
        && path.path.is_ident("u8")
    {
        return Ok(Ty::Bytes);
    }
    match owned(element, kinds)? {
        Ty::F32 => Ok(Ty::Floats),
        Ty::List(_) | Ty::Bytes | Ty::Floats => {
            Err("a list of lists; make the inner one a record".to_owned())
        }
        Ty::Option(_) => Err("a list of options; leave the absent ones out, or use a record".to_owned()),
        Ty::Object(name) => Err(format!("a list of `{name}`, which is an object; objects come one by one")),
        Ty::Sensitive => Err("a list of hidden texts; use a list of records".to_owned()),
        Ty::Unit => Err("a list of nothing".to_owned()),
        carried => Ok(Ty::List(Box::new(carried))),
    }
}

fn optional(inner: Ty) -> Found<Ty> {
    match inner {
        Ty::List(_) | Ty::Bytes | Ty::Floats => {
            Err("an option of a list; an empty list says the same, or use a record".to_owned())
        }
        Ty::Option(_) => Err("an option of an option".to_owned()),
        Ty::Object(name) => {
            Err(format!("an option of `{name}`, which is an object; return an error instead"))
        }
        Ty::Image => Err("an option of an image".to_owned()),
        Ty::Unit => Err("an option of nothing; use `bool`".to_owned()),
        carried => Ok(Ty::Option(Box::new(carried))),
    }
}

fn unknown(name: &str, ty: &Type) -> String {
    match name {
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" | "u8" | "u16" | "u128" | "usize" => {
            format!("`{name}`: numbers are `u32`, `u64`, `f32` or `f64`")
        }
        "HashMap" | "BTreeMap" | "IndexMap" | "HashSet" | "BTreeSet" => {
            format!("`{}` is a map or a set; use a list of records", text(ty))
        }
        "Box" | "Arc" | "Rc" | "Cow" => format!("`{}`: leave `{name}` out; data is owned", text(ty)),
        "Path" | "str" => format!("`{name}` is taken as `&{name}`"),
        "ImageInput" => "an image is taken as `impl Into<ImageInput<'a>>`".to_owned(),
        "Result" => "a `Result` is only returned, and only as the whole".to_owned(),
        "Self" => "`Self` is only returned, by an object".to_owned(),
        _ => format!("`{}` is not exported by core/src/api/mod.rs", text(ty)),
    }
}

/// The last part of a path, with what stands in its angle brackets.
fn last(path: &TypePath) -> (String, Option<&PathArguments>) {
    let Some(segment) = path.path.segments.last() else { return (String::new(), None) };
    let arguments = Some(&segment.arguments).filter(|arguments| !arguments.is_none());
    (plain(&segment.ident), arguments)
}

fn only_argument(path: &TypePath) -> Found<&Type> {
    let (name, arguments) = last(path);
    if let Some(PathArguments::AngleBracketed(arguments)) = arguments
        && arguments.args.len() == 1
        && let Some(GenericArgument::Type(ty)) = arguments.args.first()
    {
        return Ok(ty);
    }
    Err(format!("`{name}` takes one type here"))
}

/// A type as it is written.
fn text(ty: &Type) -> String {
    ty.span().source_text().unwrap_or_else(|| "this type".to_owned())
}
