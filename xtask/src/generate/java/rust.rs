//! The native side: how data travels, and one function for each native method, as the template sees them.

use serde::Serialize;

use super::data::{Directions, is_options};
use super::names;
use crate::generate::model::{Api, Enum, Field, Method, Record, Ty};

#[derive(Serialize)]
pub(super) struct RustView {
    hash: String,
    enums: Vec<EnumView>,
    records: Vec<RecordView>,
    natives: Vec<NativeView>,
    images: bool,
}

#[derive(Serialize)]
struct EnumView {
    path: String,
    name: String,
    variants: Vec<(String, i32)>,
    open: bool,
    taken: bool,
    given: bool,
}

#[derive(Serialize)]
struct RecordView {
    path: String,
    fields: Vec<String>,
    open: bool,
    taken: bool,
    given: bool,
}

#[derive(Serialize)]
struct NativeView {
    /// As the virtual machine looks it up.
    symbol: String,
    /// What follows the environment and the class.
    params: Vec<String>,
    statements: Vec<String>,
    /// The `Result` at the end.
    outcome: String,
}

pub(super) fn view(api: &Api, directions: &Directions, images: bool) -> RustView {
    let mut natives = Vec::new();
    for object in &api.objects {
        let path = path(&object.name);
        natives.extend(object.constructors.iter().map(|one| native(Some(&object.name), one, false)));
        natives.extend(object.methods.iter().map(|one| native(Some(&object.name), one, true)));
        natives.push(NativeView {
            symbol: symbol(&names::native(Some(&object.name), "close")),
            params: vec!["handle: jlong".to_owned()],
            statements: Vec::new(),
            outcome: format!("handles().close::<{path}>(handle.cast_unsigned())"),
        });
    }
    natives.extend(api.functions.iter().map(|one| native(None, one, false)));
    natives.extend(api.records.iter().filter(|one| is_options(one)).map(|one| NativeView {
        symbol: symbol(&names::native(Some(&one.name), "defaults")),
        params: Vec::new(),
        statements: Vec::new(),
        outcome: format!("Ok({}::default())", path(&one.name)),
    }));
    RustView {
        hash: api.hash.clone(),
        enums: api.enums.iter().map(|item| enumeration(item, directions)).collect(),
        records: api.records.iter().map(|item| record(item, directions)).collect(),
        natives,
        images,
    }
}

fn path(name: &str) -> String {
    if name == "ErrorKind" { name.to_owned() } else { format!("api::{name}") }
}

/// Method names hold letters and digits only, so nothing needs to be escaped.
fn symbol(native: &str) -> String {
    format!("Java_io_facebridge_Native_{native}")
}

fn enumeration(item: &Enum, directions: &Directions) -> EnumView {
    EnumView {
        path: path(&item.name),
        name: item.name.clone(),
        variants: item.variants.iter().map(|variant| (variant.name.clone(), variant.value)).collect(),
        open: item.open,
        taken: directions.taken.contains(&item.name),
        given: directions.given.contains(&item.name),
    }
}

fn record(item: &Record, directions: &Directions) -> RecordView {
    RecordView {
        path: path(&item.name),
        fields: item.fields.iter().map(|field| field.name.clone()).collect(),
        open: item.open,
        taken: directions.taken.contains(&item.name),
        given: directions.given.contains(&item.name),
    }
}

fn native(object: Option<&str>, method: &Method, instance: bool) -> NativeView {
    let mut params = Vec::new();
    let mut statements = Vec::new();
    if instance {
        params.push("handle: jlong".to_owned());
    }
    let documented = method.params.iter().any(|param| param.ty != Ty::Bytes);
    if documented {
        params.push("arguments: JByteArray<'local>".to_owned());
        statements.push("let arguments = bytes(env, &arguments)?;".to_owned());
        statements.push("let mut input = Input::new(&arguments);".to_owned());
    }
    for param in &method.params {
        let name = &param.name;
        match &param.ty {
            Ty::Image => {
                params.push(format!("{name}_array: JByteArray<'local>"));
                params.push(format!("{name}_buffer: JByteBuffer<'local>"));
                statements.push(format!(
                    "let {name} = Image::read(&mut input, env, &{name}_array, &{name}_buffer)?;"
                ));
            }
            Ty::Bytes => {
                params.push(format!("{name}: JByteArray<'local>"));
                statements.push(format!("let {name} = bytes(env, &{name})?;"));
            }
            ty => statements.push(format!("let {name} = <{}>::read(&mut input)?;", owned(ty))),
        }
    }
    if documented {
        statements.push("input.end()?;".to_owned());
    }
    let receiver = match object {
        Some(object) if instance => {
            statements
                .push(format!("let object = handles().get::<{}>(handle.cast_unsigned())?;", path(object)));
            "object.".to_owned()
        }
        Some(object) => format!("{}::", path(object)),
        None => "api::".to_owned(),
    };
    let arguments: Vec<String> = method.params.iter().map(argument).collect();
    let call = format!("{receiver}{}({})", method.name, arguments.join(", "));
    let outcome = match (&method.returns, method.fallible) {
        (Ty::Object(_), true) => format!("{call}.map(|object| handles().insert(object))"),
        (Ty::Object(_), false) => format!("Ok(handles().insert({call}))"),
        (_, true) => call,
        (_, false) => format!("Ok({call})"),
    };
    NativeView { symbol: symbol(&names::native(object, &method.name)), params, statements, outcome }
}

/// The type of a value on its own.
fn owned(ty: &Ty) -> String {
    match ty {
        Ty::Unit => "()".to_owned(),
        Ty::Bool => "bool".to_owned(),
        Ty::U32 => "u32".to_owned(),
        Ty::U64 => "u64".to_owned(),
        Ty::F32 => "f32".to_owned(),
        Ty::F64 => "f64".to_owned(),
        Ty::Text => "String".to_owned(),
        Ty::Sensitive => path("Sensitive"),
        Ty::Path => "PathBuf".to_owned(),
        Ty::Bytes | Ty::Image => "Vec<u8>".to_owned(),
        Ty::Floats => "Vec<f32>".to_owned(),
        Ty::Enum(name) | Ty::Record(name) | Ty::Object(name) => path(name),
        Ty::List(inner) => format!("Vec<{}>", owned(inner)),
        Ty::Option(inner) => format!("Option<{}>", owned(inner)),
    }
}

/// A value as the method takes it.
fn argument(param: &Field) -> String {
    let name = &param.name;
    match &param.ty {
        Ty::Image => format!("{name}.input()"),
        Ty::Option(inner) if param.by_reference => match **inner {
            Ty::Text | Ty::Path => format!("{name}.as_deref()"),
            _ => format!("{name}.as_ref()"),
        },
        _ if param.by_reference => format!("&{name}"),
        _ => name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::model::Doc;

    #[test]
    fn a_method_becomes_a_native() {
        let param = |name: &str, ty: Ty, by_reference: bool| Field {
            name: name.to_owned(),
            doc: Doc::default(),
            ty,
            by_reference,
        };
        let method = Method {
            name: "compare".to_owned(),
            doc: Doc::default(),
            params: vec![
                param("image_a", Ty::Image, false),
                param("note", Ty::Option(Box::new(Ty::Text)), true),
                param("options", Ty::Record("CompareOptions".to_owned()), true),
            ],
            returns: Ty::Record("Comparison".to_owned()),
            fallible: true,
        };
        let native = native(Some("Client"), &method, true);
        assert_eq!(native.symbol, "Java_io_facebridge_Native_clientCompare");
        assert_eq!(native.outcome, "object.compare(image_a.input(), note.as_deref(), &options)");
        assert!(native.params.iter().any(|param| param == "image_a_buffer: JByteBuffer<'local>"));
        assert!(
            native
                .statements
                .iter()
                .any(|line| line == "let options = <api::CompareOptions>::read(&mut input)?;")
        );
    }
}
