//! facebridge.hpp, as its template needs it.

use serde::Serialize;

use super::layout::{self, is_scalar, released_type};
use super::names::{c_function, c_type, c_variant, handle, lines, wrap};
use crate::failure::{Failure, Result};
use crate::generate::model::{Api, Enum, Field, Method, Object, Record, Ty};

/// Longest line of a comment, without what stands before it.
const WIDTH: usize = 100;

/// Types that the template writes itself.
const BY_HAND: [&str; 3] = ["Error", "Image", "Result"];

/// Everything that the template reads.
#[derive(Serialize)]
pub(super) struct Cpp {
    enums: Vec<EnumView>,
    records: Vec<RecordView>,
    objects: Vec<ObjectView>,
    functions: Vec<FunctionView>,
    released: Vec<String>,
}

#[derive(Serialize)]
struct EnumView {
    name: String,
    c_type: String,
    doc: Vec<String>,
    /// A name as `to_string` says it.
    example: String,
    variants: Vec<(String, String, Vec<String>)>,
}

#[derive(Serialize)]
struct RecordView {
    name: String,
    c_type: String,
    doc: Vec<String>,
    fields: Vec<FieldView>,
    /// Its constructor asks the library for the defaults.
    filled: bool,
    versioned: bool,
    input: bool,
    read: Vec<String>,
    lend: Vec<String>,
}

#[derive(Serialize)]
struct FieldView {
    name: String,
    ty: String,
    initial: &'static str,
    doc: Vec<String>,
}

#[derive(Serialize)]
struct ObjectView {
    name: String,
    c_type: String,
    spoken: String,
    doc: Vec<String>,
    constructors: Vec<FunctionView>,
    methods: Vec<FunctionView>,
}

#[derive(Serialize)]
struct FunctionView {
    name: String,
    c_name: String,
    doc: Vec<String>,
    errors: Vec<String>,
    /// The parameters as they are declared, with their defaults.
    declared: String,
    /// The parameters as they are defined.
    defined: String,
    /// The parameters' names, to be passed on.
    passed: String,
    returns: String,
    /// Statements before the call.
    before: Vec<String>,
    /// What the C function is given, without `error`.
    arguments: String,
    /// Statements after the call, the last of which returns.
    after: Vec<String>,
}

/// Makes the view. The documentation is already in the words of C++.
pub(super) fn cpp(api: &Api) -> Result<Cpp> {
    let names = (api.enums.iter().map(|item| &item.name))
        .chain(api.records.iter().map(|item| &item.name))
        .chain(api.objects.iter().map(|item| &item.name));
    if let Some(taken) = names.into_iter().find(|name| BY_HAND.contains(&name.as_str())) {
        return Err(Failure::new(format!(
            "facebridge.hpp has a {taken} of its own; rename the one in the API"
        )));
    }
    Ok(Cpp {
        enums: api.enums.iter().map(enumeration).collect(),
        records: api.records.iter().map(|item| record(api, item)).collect(),
        objects: api.objects.iter().map(|item| object(api, item)).collect::<Result<_>>()?,
        functions: api.functions.iter().map(|item| function(api, None, item)).collect::<Result<_>>()?,
        released: layout::released(api).iter().map(released_type).collect(),
    })
}

fn enumeration(item: &Enum) -> EnumView {
    let variants = item.variants.iter();
    EnumView {
        name: item.name.clone(),
        c_type: c_type(&item.name),
        doc: lines(&item.doc, WIDTH),
        example: item.variants.first().map(|variant| variant.text.clone()).unwrap_or_default(),
        variants: variants
            .map(|variant| {
                (variant.name.clone(), c_variant(&item.name, &variant.name), lines(&variant.doc, WIDTH))
            })
            .collect(),
    }
}

fn record(api: &Api, item: &Record) -> RecordView {
    let fields = item.fields.iter().map(|field| FieldView {
        name: field.name.clone(),
        ty: held(&field.ty),
        initial: if is_scalar(&field.ty) { "{}" } else { "" },
        doc: lines(&field.doc, WIDTH),
    });
    RecordView {
        name: item.name.clone(),
        c_type: c_type(&item.name),
        doc: lines(&item.doc, WIDTH),
        fields: fields.collect(),
        filled: layout::is_filled(item),
        versioned: layout::is_versioned(api, item),
        input: item.input,
        read: item.fields.iter().flat_map(read).collect(),
        lend: item.fields.iter().flat_map(lend).collect(),
    }
}

fn object(api: &Api, item: &Object) -> Result<ObjectView> {
    let functions = |methods: &[Method]| -> Result<Vec<FunctionView>> {
        methods.iter().map(|method| function(api, Some(&item.name), method)).collect()
    };
    Ok(ObjectView {
        name: item.name.clone(),
        c_type: c_type(&item.name),
        spoken: handle(&item.name).replace('_', " "),
        doc: lines(&item.doc, WIDTH),
        constructors: functions(&item.constructors)?,
        methods: functions(&item.methods)?,
    })
}

/// The C++ type of what is held by value.
fn held(ty: &Ty) -> String {
    match ty {
        Ty::Unit => "void".to_owned(),
        Ty::Bool => "bool".to_owned(),
        Ty::U32 => "std::uint32_t".to_owned(),
        Ty::U64 => "std::uint64_t".to_owned(),
        Ty::F32 => "float".to_owned(),
        Ty::F64 => "double".to_owned(),
        Ty::Text | Ty::Path | Ty::Sensitive => "std::string".to_owned(),
        Ty::Bytes => "std::vector<std::uint8_t>".to_owned(),
        Ty::Floats => "std::vector<float>".to_owned(),
        Ty::Image => "Image".to_owned(),
        Ty::Enum(name) | Ty::Record(name) | Ty::Object(name) => name.clone(),
        Ty::List(item) => format!("std::vector<{}>", held(item)),
        Ty::Option(inner) => format!("std::optional<{}>", held(inner)),
    }
}

/// A number, text or record of C as C++ holds it. Records are read by a function.
fn value(ty: &Ty, from: &str) -> String {
    match ty {
        Ty::Enum(name) => format!("static_cast<{name}>({from})"),
        _ => from.to_owned(),
    }
}

/// Statements that read a field from `from` into `to`.
fn read(field: &Field) -> Vec<String> {
    let name = &field.name;
    let (from, to) = (format!("from.{name}"), format!("to.{name}"));
    match &field.ty {
        Ty::Record(_) => vec![format!("read({from}, {to});")],
        Ty::Bytes => vec![format!("{to}.assign({from}, {from} + from.{name}_length);")],
        Ty::Floats => vec![format!("{to}.assign({from}, {from} + from.{name}_count);")],
        Ty::List(item) => vec![read_list(item, &from, &format!("from.{name}_count"), &to)],
        Ty::Option(inner) => vec![match &**inner {
            ty if is_scalar(ty) => format!("if (from.has_{name}) {to} = {};", value(ty, &from)),
            Ty::Record(_) => format!("if ({from}) read(*{from}, {to}.emplace());"),
            _ => format!("if ({from}) {to} = {from};"),
        }],
        ty => vec![format!("{to} = {};", value(ty, &from))],
    }
}

fn read_list(item: &Ty, from: &str, count: &str, to: &str) -> String {
    let one = match item {
        Ty::Record(_) => format!("read({from}[i_], {to}.emplace_back())"),
        item => format!("{to}.push_back({})", value(item, &format!("{from}[i_]"))),
    };
    format!("{to}.clear();\n    for (std::size_t i_ = 0; i_ < {count}; ++i_) {one};")
}

/// Statements that lend a field of `from` to the C structure `to`.
fn lend(field: &Field) -> Vec<String> {
    let name = &field.name;
    let (from, to) = (format!("from.{name}"), format!("to.{name}"));
    match &field.ty {
        ty if is_scalar(ty) => vec![format!("{to} = {};", number(ty, &from))],
        Ty::Text | Ty::Path | Ty::Sensitive => vec![format!("{to} = lender_.text({from}, {name:?});")],
        Ty::Record(_) => vec![format!("{to} = lend({from}, lender_);")],
        Ty::Bytes => vec![format!("{to} = {from}.data();"), format!("to.{name}_length = {from}.size();")],
        Ty::Floats => vec![format!("{to} = {from}.data();"), format!("to.{name}_count = {from}.size();")],
        Ty::List(item) => vec![
            format!("{to} = {};", lend_list(item, &from, name)),
            format!("to.{name}_count = {from}.size();"),
        ],
        Ty::Option(inner) => match &**inner {
            ty if is_scalar(ty) => vec![
                format!("to.has_{name} = {from}.has_value();"),
                format!("if ({from}) {to} = {};", number(ty, &format!("*{from}"))),
            ],
            Ty::Record(_) => vec![format!("if ({from}) {to} = lender_.keep(lend(*{from}, lender_));")],
            _ => vec![format!("if ({from}) {to} = lender_.text(*{from}, {name:?});")],
        },
        // The model has no other field.
        _ => Vec::new(),
    }
}

/// A number of C++ as C takes it.
fn number(ty: &Ty, from: &str) -> String {
    match ty {
        Ty::Enum(name) => format!("static_cast<{}>({from})", c_type(name)),
        _ => from.to_owned(),
    }
}

/// An array of C with what a vector holds.
fn lend_list(item: &Ty, from: &str, name: &str) -> String {
    match item {
        Ty::Bool | Ty::Enum(_) => {
            let c_item = if let Ty::Enum(name) = item { c_type(name) } else { "bool".to_owned() };
            format!("lender_.numbers<{c_item}>({from})")
        }
        Ty::Record(record) => format!("lender_.records<{}>({from})", c_type(record)),
        Ty::Text | Ty::Path => format!("lender_.texts({from}, {name:?})"),
        _ => format!("{from}.data()"),
    }
}

fn function(api: &Api, object: Option<&str>, method: &Method) -> Result<FunctionView> {
    let constructor = layout::is_constructor(api, object, method);
    let mut arguments = Vec::new();
    let mut before = Vec::new();
    if object.is_some() && !constructor {
        arguments.push("handle_.get()".to_owned());
    }
    let (mut declared, mut defined) = (Vec::new(), Vec::new());
    for (position, param) in method.params.iter().enumerate() {
        let ty = match &param.ty {
            ty if is_scalar(ty) => held(ty),
            Ty::Option(inner) if is_scalar(inner) => held(&param.ty),
            other => format!("const {} &", held(other)),
        };
        let together = format!("{ty}{}{}", if ty.ends_with('&') { "" } else { " " }, param.name);
        let rest_has_defaults = method.params[position..].iter().all(|param| default(api, param).is_some());
        declared.push(match default(api, param).filter(|_| rest_has_defaults) {
            Some(default) => format!("{together} = {default}"),
            None => together.clone(),
        });
        defined.push(together);
        argument(api, param, &mut before, &mut arguments)?;
    }
    let mut after = Vec::new();
    answer(method, &mut before, &mut arguments, &mut after);
    let errors = method.doc.errors.trim_end_matches('.');
    Ok(FunctionView {
        name: method.name.clone(),
        c_name: c_function(object, &method.name),
        doc: lines(&method.doc, WIDTH),
        errors: if errors.is_empty() { Vec::new() } else { wrap(&format!("@throws Error {errors}."), WIDTH) },
        declared: declared.join(", "),
        defined: defined.join(", "),
        passed: method.params.iter().map(|param| param.name.clone()).collect::<Vec<_>>().join(", "),
        returns: held(&method.returns),
        before,
        arguments: arguments.join(", "),
        after,
    })
}

/// What stands for a parameter that is left out.
fn default(api: &Api, param: &Field) -> Option<&'static str> {
    match &param.ty {
        Ty::Option(_) => Some("std::nullopt"),
        Ty::Record(name) if layout::record(api, name).is_ok_and(layout::is_filled) => Some("{}"),
        _ => None,
    }
}

fn argument(api: &Api, param: &Field, before: &mut Vec<String>, arguments: &mut Vec<String>) -> Result<()> {
    let name = &param.name;
    let c_name = format!("c_{name}");
    match &param.ty {
        ty if is_scalar(ty) => arguments.push(number(ty, name)),
        Ty::Text | Ty::Path | Ty::Sensitive => {
            before.push(format!("const char *const {c_name} = lender_.text({name}, {name:?});"));
            arguments.push(c_name);
        }
        Ty::Image => {
            before.push(format!("const fb_image {c_name} = lender_.image({name});"));
            arguments.push(format!("&{c_name}"));
        }
        Ty::Bytes | Ty::Floats => {
            arguments.push(format!("{name}.data()"));
            arguments.push(format!("{name}.size()"));
        }
        Ty::List(item) => {
            before.push(format!("const auto *const {c_name} = {};", lend_list(item, name, name)));
            arguments.push(c_name);
            arguments.push(format!("{name}.size()"));
        }
        Ty::Record(record) => {
            layout::record(api, record)?;
            before.push(format!("const {} {c_name} = detail::lend({name}, lender_);", c_type(record)));
            arguments.push(format!("&{c_name}"));
        }
        Ty::Option(inner) => {
            let read = match &**inner {
                Ty::Record(_) => format!("detail::lend(*{name}, lender_)"),
                Ty::Text | Ty::Path | Ty::Sensitive => {
                    before.push(format!(
                        "const char *const {c_name} = {name} ? lender_.text(*{name}, {name:?}) : nullptr;"
                    ));
                    arguments.push(c_name);
                    return Ok(());
                }
                ty => number(ty, &format!("*{name}")),
            };
            before.push(format!("const auto *const {c_name} = {name} ? lender_.keep({read}) : nullptr;"));
            arguments.push(c_name);
        }
        Ty::Unit | Ty::Object(_) | Ty::Bool | Ty::U32 | Ty::U64 | Ty::F32 | Ty::F64 | Ty::Enum(_) => {
            return Err(Failure::new(format!(
                "the parameter {name} has a type that no function of C++ takes"
            )));
        }
    }
    Ok(())
}

/// Adds the places for the answer and how it is read.
fn answer(method: &Method, before: &mut Vec<String>, arguments: &mut Vec<String>, after: &mut Vec<String>) {
    let (ty, optional) = match &method.returns {
        Ty::Option(inner) => (&**inner, true),
        ty => (ty, false),
    };
    if *ty == Ty::Unit {
        after.push("return {};".to_owned());
        return;
    }
    arguments.push("&out".to_owned());
    if let Ty::Object(name) = ty {
        before.push(format!("{} *out = nullptr;", c_type(name)));
        after.push(format!("return {name}(out);"));
        return;
    }
    if is_scalar(ty) {
        let c_item = if let Ty::Enum(name) = ty { c_type(name) } else { held(ty) };
        before.push(format!("{c_item} out{{}};"));
        if optional {
            before.push("bool has_out = false;".to_owned());
            arguments.insert(arguments.len() - 1, "&has_out".to_owned());
            after.push(format!("if (!has_out) return {}();", held(&method.returns)));
        }
        after.push(wrapped(method, optional, &value(ty, "out")));
        return;
    }
    before.push(format!("{} *out = nullptr;", released_type(ty)));
    after.push("const auto released_ = detail::released(out);".to_owned());
    if optional {
        after.push(format!("if (!out) return {}();", held(&method.returns)));
    }
    after.push(format!("{} value_;", held(ty)));
    after.push(match ty {
        Ty::Record(_) => "detail::read(*out, value_);".to_owned(),
        Ty::Bytes => "value_.assign(out->data, out->data + out->length);".to_owned(),
        Ty::Floats => "value_.assign(out->items, out->items + out->count);".to_owned(),
        Ty::List(item) => match &**item {
            Ty::Record(_) => "for (std::size_t i_ = 0; i_ < out->count; ++i_) detail::read(out->items[i_], value_.emplace_back());".to_owned(),
            item => format!("for (std::size_t i_ = 0; i_ < out->count; ++i_) value_.push_back({});", value(item, "out->items[i_]")),
        },
        _ => "value_.assign(out->text, out->length);".to_owned(),
    });
    after.push(wrapped(method, optional, "value_"));
}

/// Returns a value that is there.
fn wrapped(method: &Method, optional: bool, value: &str) -> String {
    if optional { format!("return {}({value});", held(&method.returns)) } else { format!("return {value};") }
}
