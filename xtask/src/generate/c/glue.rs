//! The Rust side of the C interface, as its templates need it.

use serde::Serialize;

use super::layout::{self, is_scalar, released_type};
use super::names::{c_function, c_type, c_variant, handle, lines, wrap};
use crate::failure::{Failure, Result};
use crate::generate::model::{Api, Field, Method, Ty};

/// Longest line of a comment.
const WIDTH: usize = 100;

/// Everything that the templates of the Rust side read.
#[derive(Serialize)]
pub(super) struct Glue {
    enums: Vec<EnumView>,
    records: Vec<RecordView>,
    wrappers: Vec<WrapperView>,
    objects: Vec<ObjectView>,
    fills: Vec<FillView>,
    functions: Vec<FunctionView>,
    frees: Vec<FreeView>,
    hash: String,
}

#[derive(Serialize)]
struct EnumView {
    core: String,
    c_type: String,
    parameter: String,
    doc: Vec<String>,
    variants: Vec<VariantView>,
    open: bool,
}

#[derive(Serialize)]
struct VariantView {
    core: String,
    c_name: String,
    text: String,
    value: i32,
    doc: Vec<String>,
}

#[derive(Serialize)]
struct RecordView {
    core: String,
    c_type: String,
    doc: Vec<String>,
    versioned: bool,
    filled: bool,
    read: bool,
    open: bool,
    members: Vec<MemberView>,
    /// Statements that make what does not fit into one expression.
    prepare: Vec<String>,
    /// `member: expression`, of the C structure.
    give: Vec<String>,
    /// Field and expression, of the core's record.
    take: Vec<(String, String)>,
    /// Reading it follows pointers.
    follows_pointers: bool,
    /// Reading it may refuse something.
    refuses: bool,
}

#[derive(Serialize)]
struct MemberView {
    name: String,
    ty: String,
    doc: Vec<String>,
}

/// A structure that holds what no record does: a list, bytes, a text.
#[derive(Serialize)]
struct WrapperView {
    c_type: String,
    doc: String,
    members: Vec<MemberView>,
}

#[derive(Serialize)]
struct ObjectView {
    core: String,
    c_type: String,
    handle: String,
    doc: Vec<String>,
}

#[derive(Serialize)]
struct FillView {
    c_type: String,
    parameter: String,
    versioned: bool,
}

#[derive(Serialize)]
struct FunctionView {
    c_name: String,
    doc: Vec<String>,
    params: Vec<(String, String)>,
    body: Vec<String>,
}

#[derive(Serialize)]
struct FreeView {
    c_type: String,
    parameter: String,
}

/// Makes the views. The documentation is already in the words of C.
pub(super) fn glue(api: &Api) -> Result<Glue> {
    Ok(Glue {
        enums: enums(api),
        records: records(api),
        wrappers: wrappers(api),
        objects: api
            .objects
            .iter()
            .map(|object| {
                let mut doc = lines(&object.doc, WIDTH);
                doc.extend([String::new(), format!("Close it with {}_close().", c_type(&object.name))]);
                ObjectView {
                    core: core(&object.name),
                    c_type: c_type(&object.name),
                    handle: handle(&object.name),
                    doc,
                }
            })
            .collect(),
        fills: api
            .records
            .iter()
            .filter(|record| layout::is_filled(record))
            .map(|record| FillView {
                c_type: c_type(&record.name),
                parameter: handle(&record.name),
                versioned: layout::is_versioned(api, record),
            })
            .collect(),
        functions: layout::methods(api)
            .map(|(object, method)| function(api, object, method))
            .collect::<Result<_>>()?,
        frees: layout::released(api)
            .iter()
            .map(|ty| {
                let c_type = released_type(ty);
                FreeView { parameter: c_type.trim_start_matches("fb_").to_owned(), c_type }
            })
            .collect(),
        hash: api.hash.clone(),
    })
}

/// Every enum as the header calls it: cbindgen leaves out what nothing refers to.
pub(super) fn enum_types(api: &Api) -> Vec<String> {
    api.enums.iter().map(|item| c_type(&item.name)).collect()
}

/// The core's own type.
fn core(name: &str) -> String {
    if name == "ErrorKind" { "facebridge::ErrorKind".to_owned() } else { format!("api::{name}") }
}

fn enums(api: &Api) -> Vec<EnumView> {
    let view = |item: &crate::generate::model::Enum| {
        let variant = |variant: &crate::generate::model::Variant| VariantView {
            core: format!("{}::{}", core(&item.name), variant.name),
            c_name: c_variant(&item.name, &variant.name),
            text: variant.text.clone(),
            value: variant.value,
            doc: lines(&variant.doc, WIDTH),
        };
        let c_type = c_type(&item.name);
        EnumView {
            core: core(&item.name),
            parameter: c_type.trim_start_matches("fb_").to_owned(),
            c_type,
            doc: lines(&item.doc, WIDTH),
            variants: item.variants.iter().map(variant).collect(),
            open: item.open,
        }
    };
    api.enums.iter().map(view).collect()
}

fn records(api: &Api) -> Vec<RecordView> {
    let view = |record: &crate::generate::model::Record| {
        let versioned = layout::is_versioned(api, record);
        let filled = layout::is_filled(record);
        let c_type = c_type(&record.name);
        let mut doc = lines(&record.doc, WIDTH);
        if filled {
            doc.extend([
                String::new(),
                format!("Fill it with the defaults by {c_type}_init(), then change it."),
            ]);
        }
        let mut view = RecordView {
            core: core(&record.name),
            doc,
            versioned,
            filled,
            read: record.input,
            open: record.open,
            members: Vec::new(),
            prepare: Vec::new(),
            give: Vec::new(),
            take: Vec::new(),
            follows_pointers: false,
            refuses: false,
            c_type,
        };
        if versioned {
            let doc = vec![format!("`sizeof({})`.", view.c_type)];
            view.members.push(MemberView { name: "size".to_owned(), ty: "usize".to_owned(), doc });
            view.give.push("size: size_of::<Self::C>()".to_owned());
        }
        for field in &record.fields {
            field_of(api, field, &mut view);
        }
        view
    };
    api.records.iter().map(view).collect()
}

/// The Rust type of a number, or of an item of a list, as C holds it.
fn held(ty: &Ty) -> String {
    match ty {
        Ty::Bool => "wire::bool".to_owned(),
        Ty::U32 => "u32".to_owned(),
        Ty::U64 => "u64".to_owned(),
        Ty::F32 => "f32".to_owned(),
        Ty::F64 => "f64".to_owned(),
        Ty::Enum(name) => format!("wire::{}", c_type(name)),
        Ty::Record(name) => c_type(name),
        _ => "*const c_char".to_owned(),
    }
}

/// Adds the members of a field, and how they are given and taken.
fn field_of(api: &Api, field: &Field, view: &mut RecordView) {
    let name = &field.name;
    let place = format!("&place.field({name:?})");
    let doc = lines(&field.doc, WIDTH);
    let mut member =
        |name: String, ty: String, doc: Vec<String>| view.members.push(MemberView { name, ty, doc });
    let take = match &field.ty {
        ty if is_scalar(ty) => {
            member(name.clone(), held(ty), doc);
            view.give.push(format!("{name}: self.{name}.give(memory)?"));
            number(ty, &format!("self.{name}"), &place)
        }
        ty @ (Ty::Text | Ty::Path | Ty::Sensitive) => {
            member(name.clone(), held(ty), doc);
            view.give.push(format!("{name}: self.{name}.give(memory)?"));
            let found = characters(ty, &format!("self.{name}"), &place);
            if *ty == Ty::Sensitive {
                format!("api::Sensitive::from({found})")
            } else {
                format!("{found}.to_owned()")
            }
        }
        Ty::Record(_) => {
            member(name.clone(), held(&field.ty), doc);
            view.give.push(format!("{name}: self.{name}.give(memory)?"));
            format!("self.{name}.read({place})?")
        }
        Ty::Bytes | Ty::Floats => {
            let (item, reader, count, what) = if field.ty == Ty::Bytes {
                ("u8", "bytes", format!("{name}_length"), format!("How many bytes `{name}` has."))
            } else {
                ("f32", "floats", format!("{name}_count"), format!("How many `{name}` there are."))
            };
            member(name.clone(), format!("*const {item}"), doc);
            member(count.clone(), "usize".to_owned(), vec![what]);
            view.prepare.push(format!("let ({name}, {count}) = memory.keep(self.{name});"));
            view.give.extend([name.clone(), count.clone()]);
            format!("arguments::{reader}(self.{name}, self.{count}, {place})?.to_vec()")
        }
        Ty::List(item) => {
            let count = format!("{name}_count");
            member(name.clone(), format!("*const {}", held(item)), doc);
            member(count.clone(), "usize".to_owned(), vec![format!("How many `{name}` there are.")]);
            view.prepare.push(format!("let ({name}, {count}) = memory.list(self.{name})?;"));
            view.give.extend([name.clone(), count.clone()]);
            list(item, &format!("self.{name}"), &format!("self.{count}"), &place)
        }
        Ty::Option(inner) => match &**inner {
            ty if is_scalar(ty) => {
                let flag = format!("has_{name}");
                member(flag.clone(), "wire::bool".to_owned(), vec![format!("Whether `{name}` is there.")]);
                member(name.clone(), held(ty), doc);
                view.prepare.push(format!("let {flag} = self.{name}.is_some().into();"));
                view.give.extend([flag.clone(), format!("{name}: memory.number(self.{name})?")]);
                let flagged = format!("arguments::flagged(self.{flag}, self.{name})");
                optional_number(ty, &flagged, &place)
            }
            Ty::Record(record) => {
                member(name.clone(), format!("*const {}", held(inner)), doc);
                view.give.push(format!("{name}: memory.record(self.{name})?"));
                optional_record(api, record, &format!("self.{name}"), &place)
            }
            ty => {
                member(name.clone(), held(ty), doc);
                view.give.push(format!("{name}: memory.text(self.{name})?"));
                let keep = if *ty == Ty::Sensitive { "api::Sensitive::from" } else { "ToOwned::to_owned" };
                format!("{}.map({keep})", optional_characters(ty, &format!("self.{name}"), &place))
            }
        },
        // The model has no other field.
        _ => return,
    };
    let number = match &field.ty {
        Ty::Option(inner) => is_scalar(inner),
        ty => is_scalar(ty),
    };
    view.follows_pointers |= !number;
    view.refuses |= take.contains(&place);
    view.take.push((name.clone(), take));
}

/// Reads a number that is there.
fn number(ty: &Ty, value: &str, place: &str) -> String {
    match ty {
        Ty::Bool => format!("{value} != 0"),
        Ty::Enum(name) => format!("{}::read({value}, {place})?", core(name)),
        _ => value.to_owned(),
    }
}

/// Reads a number that may be there.
fn optional_number(ty: &Ty, value: &str, place: &str) -> String {
    match ty {
        Ty::Bool => format!("{value}.map(|found| found != 0)"),
        Ty::Enum(name) => {
            format!("{value}.map(|found| {}::read(found, {place})).transpose()?", core(name))
        }
        _ => value.to_owned(),
    }
}

/// Reads characters that are there.
fn characters(ty: &Ty, pointer: &str, place: &str) -> String {
    let reader = if *ty == Ty::Path { "path" } else { "text" };
    format!("arguments::{reader}({pointer}, {place})?")
}

/// Reads characters that may be there.
fn optional_characters(ty: &Ty, pointer: &str, place: &str) -> String {
    let reader = if *ty == Ty::Path { "optional_path" } else { "optional_text" };
    format!("arguments::{reader}({pointer}, {place})?")
}

/// Reads a record behind a pointer that may be NULL.
fn optional_record(api: &Api, record: &str, pointer: &str, place: &str) -> String {
    let mut found = api.records.iter().filter(|known| known.name == record);
    let read = if found.any(|known| layout::is_versioned(api, known)) {
        format!("versioned::read(found, {place})?.read({place})")
    } else {
        format!("found.read({place})")
    };
    format!("arguments::optional({pointer}, {place})?.map(|found| {read}).transpose()?")
}

/// Reads a list of anything but bytes and floats into a vector.
fn list(item: &Ty, pointer: &str, count: &str, place: &str) -> String {
    let call = |reader: &str| format!("arguments::{reader}({pointer}, {count}, {place})?");
    match item {
        Ty::Bool => format!("{}.iter().map(|&found| found != 0).collect::<Vec<_>>()", call("list")),
        Ty::Enum(_) => call("numbers"),
        Ty::Record(_) => call("read_list"),
        Ty::Text => call("texts"),
        Ty::Path => call("paths"),
        _ => format!("{}.to_vec()", call("list")),
    }
}

fn wrappers(api: &Api) -> Vec<WrapperView> {
    let member = |name: &str, ty: &str, doc: &str| MemberView {
        name: name.to_owned(),
        ty: ty.to_owned(),
        doc: vec![doc.to_owned()],
    };
    let items = |ty: &str| {
        vec![
            member("items", &format!("*const {ty}"), "The first; NULL where there are none."),
            member("count", "usize", "How many there are."),
        ]
    };
    let view = |ty: &Ty| {
        let (doc, members) = match ty {
            Ty::List(item) => ("A list that a function handed out.", items(&held(item))),
            Ty::Floats => ("Numbers that a function handed out.", items("f32")),
            Ty::Bytes => (
                "Bytes that a function handed out.",
                vec![
                    member("data", "*const u8", "The first; NULL where there are none."),
                    member("length", "usize", "How many there are."),
                ],
            ),
            Ty::Text => (
                "A text that a function handed out.",
                vec![
                    member("text", "*const c_char", "The characters in UTF-8, ended by NUL."),
                    member("length", "usize", "How many bytes there are before the NUL."),
                ],
            ),
            _ => return None,
        };
        Some(WrapperView { c_type: released_type(ty), doc: doc.to_owned(), members })
    };
    layout::released(api).iter().filter_map(view).collect()
}

fn function(api: &Api, object: Option<&str>, method: &Method) -> Result<FunctionView> {
    let mut params = Vec::new();
    let mut body = Vec::new();
    let mut notes = Vec::new();
    let receiver = match object {
        Some(object) if !layout::is_constructor(api, Some(object), method) => {
            let handle = handle(object);
            params.push((handle.clone(), format!("*mut {}", c_type(object))));
            format!("{handle}.")
        }
        Some(object) => format!("{}::", core(object)),
        None => "api::".to_owned(),
    };
    let mut arguments = Vec::new();
    for param in &method.params {
        arguments.push(argument(api, param, &mut params, &mut body, &mut notes)?);
    }
    if let Some(object) = object.filter(|_| receiver.ends_with('.')) {
        let handle = handle(object);
        body.push(format!("let {handle} = objects::find::<{}>({handle}, {handle:?})?;", core(object)));
    }
    let question = if method.fallible { "?" } else { "" };
    let call = format!("{receiver}{}({}){question}", method.name, arguments.join(", "));
    answer(method, &call, &mut params, &mut body, &mut notes);

    let mut doc = lines(&method.doc, WIDTH);
    doc.push(String::new());
    for note in notes {
        doc.extend(wrap(&note, WIDTH));
    }
    let errors = method.doc.errors.trim_end_matches('.');
    let returns = if errors.is_empty() {
        "@return `FB_OK`, or what went wrong.".to_owned()
    } else {
        format!("@return `FB_OK`, or what went wrong: {errors}.")
    };
    doc.extend(wrap(&returns, WIDTH));
    Ok(FunctionView { c_name: c_function(object, &method.name), doc, params, body })
}

/// Adds what C hands over for a parameter and how it is read; returns what the core is given.
fn argument(
    api: &Api,
    param: &Field,
    params: &mut Vec<(String, String)>,
    body: &mut Vec<String>,
    notes: &mut Vec<String>,
) -> Result<String> {
    let name = &param.name;
    let place = format!("&Place::of({name:?})");
    let count = format!("{name}_{}", if param.ty == Ty::Bytes { "length" } else { "count" });
    let mut by_reference = param.by_reference;
    let read = match &param.ty {
        ty if is_scalar(ty) => {
            params.push((name.clone(), held(ty)));
            number(ty, name, &place)
        }
        ty @ (Ty::Text | Ty::Path) => {
            params.push((name.clone(), "*const c_char".to_owned()));
            by_reference = false;
            characters(ty, name, &place)
        }
        ty @ Ty::Sensitive => {
            params.push((name.clone(), "*const c_char".to_owned()));
            format!("api::Sensitive::from({})", characters(ty, name, &place))
        }
        Ty::Image => {
            params.push((name.clone(), "*const fb_image".to_owned()));
            format!("image::read({name}, {name:?})?")
        }
        Ty::Bytes | Ty::Floats => {
            let (item, reader) = if param.ty == Ty::Bytes { ("u8", "bytes") } else { ("f32", "floats") };
            params.push((name.clone(), format!("*const {item}")));
            params.push((count.clone(), "usize".to_owned()));
            by_reference = false;
            format!("arguments::{reader}({name}, {count}, {place})?")
        }
        Ty::List(item) => {
            params.push((name.clone(), format!("*const {}", held(item))));
            params.push((count.clone(), "usize".to_owned()));
            by_reference = true;
            list(item, name, &count, &place)
        }
        Ty::Record(record) => {
            params.push((name.clone(), format!("*const {}", c_type(record))));
            record_argument(api, record, name, &place, notes)?
        }
        Ty::Option(inner) => {
            params.push((
                name.clone(),
                match &**inner {
                    Ty::Text | Ty::Path | Ty::Sensitive => "*const c_char".to_owned(),
                    other => format!("*const {}", held(other)),
                },
            ));
            notes.push(format!("@param {name} NULL for none."));
            match &**inner {
                ty if is_scalar(ty) => {
                    let found = format!("arguments::optional({name}, {place})?.copied()");
                    optional_number(ty, &found, &place)
                }
                ty @ (Ty::Text | Ty::Path) => {
                    by_reference = false;
                    optional_characters(ty, name, &place)
                }
                ty @ Ty::Sensitive => {
                    format!("{}.map(api::Sensitive::from)", optional_characters(ty, name, &place))
                }
                Ty::Record(record) => optional_record(api, record, name, &place),
                _ => return Err(no_parameter(name)),
            }
        }
        _ => return Err(no_parameter(name)),
    };
    if read != *name {
        body.push(format!("let {name} = {read};"));
    }
    Ok(match &param.ty {
        Ty::Option(_) if by_reference => format!("{name}.as_ref()"),
        _ if by_reference => format!("&{name}"),
        _ => name.clone(),
    })
}

fn no_parameter(name: &str) -> Failure {
    Failure::new(format!("the parameter {name} has a type that no function of C takes"))
}

fn record_argument(
    api: &Api,
    record: &str,
    name: &str,
    place: &str,
    notes: &mut Vec<String>,
) -> Result<String> {
    let found = layout::record(api, record)?;
    if !layout::is_versioned(api, found) {
        return Ok(format!("arguments::required({name}, {place})?.read({place})?"));
    }
    if !found.default {
        return Ok(format!("versioned::read({name}, {place})?.read({place})?"));
    }
    notes.push(format!("@param {name} NULL for the defaults."));
    Ok(format!("versioned::read_or_blank({name}, {place})?.read({place})?"))
}

/// Adds the places for the answer and how it is written.
fn answer(
    method: &Method,
    call: &str,
    params: &mut Vec<(String, String)>,
    body: &mut Vec<String>,
    notes: &mut Vec<String>,
) {
    let mut place = |name: &str, ty: &str, nothing: &str| {
        params.push((name.to_owned(), format!("*mut {ty}")));
        // Before anything can fail, so that no caller finds an older value there.
        let at = body.iter().take_while(|line| line.contains("Out::at(")).count();
        body.insert(at, format!("let {name} = Out::at({name}, {nothing}, {name:?})?;"));
    };
    let zero = |ty: &Ty| if matches!(ty, Ty::F32 | Ty::F64) { "0.0" } else { "0" };
    let mut released = |ty: &Ty| {
        let c_type = released_type(ty);
        place("out", &format!("*mut {c_type}"), "ptr::null_mut()");
        notes.push(format!("@param out Receives the `{c_type}`. Release it with {c_type}_free()."));
        c_type
    };
    match &method.returns {
        Ty::Unit => {
            body.push(format!("{call};"));
            body.push("Ok(())".to_owned());
        }
        Ty::Object(name) => {
            let c_type = c_type(name);
            place("out", &format!("*mut {c_type}"), "ptr::null_mut()");
            notes.push(format!("@param out Receives the `{c_type}`. Close it with {c_type}_close()."));
            body.push(format!("out.write(objects::publish({call})?);"));
            body.push("Ok(())".to_owned());
        }
        ty if is_scalar(ty) => {
            place("out", &held(ty), zero(ty));
            body.push(format!("out.number({call})"));
        }
        ty @ Ty::Record(_) => {
            released(ty);
            body.push(format!("out.give({call})"));
        }
        ty @ (Ty::Bytes | Ty::Floats) => {
            let c_type = released(ty);
            let (items, count) = if *ty == Ty::Bytes { ("data", "length") } else { ("items", "count") };
            body.push(format!("out.values({call}, |{items}, {count}| {c_type} {{ {items}, {count} }})"));
        }
        ty @ Ty::List(_) => {
            let c_type = released(ty);
            body.push(format!("out.list({call}, |items, count| {c_type} {{ items, count }})"));
        }
        ty @ (Ty::Text | Ty::Path) => {
            released(ty);
            body.push(format!("out.text({call}, |text, length| fb_text {{ text, length }})"));
        }
        Ty::Option(inner) if is_scalar(inner) => {
            place("has_out", "wire::bool", "0");
            place("out", &held(inner), zero(inner));
            notes.push("@param has_out Receives whether there is an answer.".to_owned());
            body.push(format!("let found = {call};"));
            body.push("has_out.number(found.is_some())?;".to_owned());
            body.push("found.map_or(Ok(()), |found| out.number(found))".to_owned());
        }
        Ty::Option(inner) => {
            released(inner);
            notes.push("NULL where there is none.".to_owned());
            body.push(format!("let Some(found) = {call} else {{ return Ok(()) }};"));
            body.push(match &**inner {
                Ty::Record(_) => "out.give(found)".to_owned(),
                _ => "out.text(found, |text, length| fb_text { text, length })".to_owned(),
            });
        }
        // The model has no other answer.
        _ => {}
    }
}
