//! What each type of the definition is in Java, and how its values travel.

use crate::generate::model::Ty;

/// The type of a record's component, or what stands in a list; `boxed` where Java wants an object.
pub(super) fn of(ty: &Ty, boxed: bool) -> String {
    let number = |plain: &str, object: &str| (if boxed { object } else { plain }).to_owned();
    match ty {
        Ty::Unit => number("void", "Void"),
        Ty::Bool => number("boolean", "Boolean"),
        Ty::U32 => number("int", "Integer"),
        Ty::U64 => number("long", "Long"),
        Ty::F32 => number("float", "Float"),
        Ty::F64 => number("double", "Double"),
        Ty::Text | Ty::Sensitive => "String".to_owned(),
        Ty::Path => "Path".to_owned(),
        Ty::Bytes => "ByteBuffer".to_owned(),
        Ty::Image => "ImageInput".to_owned(),
        Ty::Floats => "FloatVector".to_owned(),
        Ty::Enum(name) | Ty::Record(name) | Ty::Object(name) => name.clone(),
        Ty::List(inner) => format!("List<{}>", of(inner, true)),
        Ty::Option(inner) => of(inner, true),
    }
}

/// The type of a parameter or a result: bytes are an array there, which belongs to one call only.
pub(super) fn of_call(ty: &Ty, boxed: bool) -> String {
    match ty {
        Ty::Bytes => "byte[]".to_owned(),
        ty => of(ty, boxed),
    }
}

/// The name that `Reader` and `Writer` have for a type.
fn primitive(ty: &Ty) -> Option<&'static str> {
    Some(match ty {
        Ty::Unit => "nothing",
        Ty::Bool => "bool",
        Ty::U32 => "u32",
        Ty::U64 | Ty::Object(_) => "u64",
        Ty::F32 => "f32",
        Ty::F64 => "f64",
        Ty::Text | Ty::Sensitive => "text",
        Ty::Path => "path",
        Ty::Bytes => "bytes",
        Ty::Floats => "floats",
        Ty::Image | Ty::Enum(_) | Ty::Record(_) | Ty::List(_) | Ty::Option(_) => return None,
    })
}

/// A function from a `Reader` to a value: what reads the answer of a call.
pub(super) fn reader(ty: &Ty) -> String {
    match ty {
        Ty::Bytes => "Reader::array".to_owned(),
        Ty::List(inner) => format!("in -> in.list({})", reader(inner)),
        Ty::Option(inner) => format!("in -> in.option({})", reader(inner)),
        ty => match primitive(ty) {
            Some(name) => format!("Reader::{name}"),
            None => format!("{}::read", of(ty, true)),
        },
    }
}

/// The expression that reads a record's component from `in`.
pub(super) fn read(ty: &Ty) -> String {
    match ty {
        Ty::List(inner) => format!("in.list({})", reader(inner)),
        Ty::Option(inner) => format!("in.option({})", reader(inner)),
        ty => match primitive(ty) {
            Some(name) => format!("in.{name}()"),
            None => format!("{}.read(in)", of(ty, true)),
        },
    }
}

/// A function that takes a `Writer` and a value.
fn writer(ty: &Ty) -> String {
    match primitive(ty) {
        Some(name) => format!("Writer::{name}"),
        None => format!("{}::write", of(ty, true)),
    }
}

/// The statement that writes the value of an expression to `out`.
pub(super) fn write(ty: &Ty, value: &str) -> String {
    match ty {
        Ty::Image => format!("{value}.describe(out);"),
        Ty::List(inner) => format!("out.list({value}, {});", writer(inner)),
        Ty::Option(inner) => format!("out.option({value}, {});", writer(inner)),
        ty => match primitive(ty) {
            Some(name) => format!("out.{name}({value});"),
            None => format!("{}.write(out, {value});", of(ty, true)),
        },
    }
}

/// The expression for a parameter or component that refuses what cannot travel, naming it; the name itself where
/// every value can.
pub(super) fn checked(ty: &Ty, name: &str) -> String {
    let check = match ty {
        Ty::Unit | Ty::Bool | Ty::F32 | Ty::F64 => return name.to_owned(),
        Ty::U32 | Ty::U64 => "notNegative",
        Ty::Option(inner) if matches!(**inner, Ty::U32 | Ty::U64) => "notNegative",
        Ty::Option(_) => return name.to_owned(),
        Ty::List(_) => "list",
        _ => "present",
    };
    format!("Checks.{check}(\"{name}\", {name})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_has_its_java() {
        let paths = Ty::List(Box::new(Ty::Path));
        let rate = Ty::Option(Box::new(Ty::F64));
        let face = Ty::Record("Face".to_owned());
        let faces = Ty::List(Box::new(face.clone()));
        assert_eq!([of(&paths, false), of(&rate, false)], ["List<Path>", "Double"]);
        assert_eq!([of_call(&Ty::Bytes, false), of(&Ty::Bytes, false)], ["byte[]", "ByteBuffer"]);
        assert_eq!([reader(&faces), read(&faces)], ["in -> in.list(Face::read)", "in.list(Face::read)"]);
        assert_eq!([reader(&Ty::U64), read(&rate)], ["Reader::u64", "in.option(Reader::f64)"]);
        assert_eq!(write(&paths, "paths"), "out.list(paths, Writer::path);");
        assert_eq!(write(&face, "a"), "Face.write(out, a);");
        assert_eq!(write(&Ty::Image, "image"), "image.describe(out);");
        assert_eq!(checked(&Ty::U32, "maxFaces"), "Checks.notNegative(\"maxFaces\", maxFaces)");
        assert_eq!(checked(&paths, "paths"), "Checks.list(\"paths\", paths)");
        assert_eq!(checked(&rate, "maxFmr"), "maxFmr");
    }
}
