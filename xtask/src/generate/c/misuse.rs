//! A C program that hands every function everything that is wrong, one thing at a time.

use serde::Serialize;

use super::layout::{self, is_scalar, released_type};
use super::names::{c_function, c_type, handle};
use crate::failure::Result;
use crate::generate::model::{Api, Field, Method, Record, Ty};

/// Everything that the template reads.
#[derive(Serialize)]
pub(super) struct Misuse {
    enums: Vec<String>,
    records: Vec<FillView>,
    functions: Vec<FunctionView>,
    inits: Vec<String>,
    closes: Vec<(String, String)>,
    frees: Vec<String>,
}

/// How a record is filled so that nothing is wrong with it.
#[derive(Serialize)]
struct FillView {
    c_type: String,
    by_init: bool,
    statements: Vec<String>,
}

#[derive(Serialize)]
struct FunctionView {
    c_name: String,
    declarations: Vec<String>,
    cases: Vec<CaseView>,
}

/// One call and what is expected of it.
#[derive(Serialize)]
struct CaseView {
    before: Vec<String>,
    call: String,
    /// What the message must name; empty where the answer is `FB_ERROR_CLOSED`.
    place: String,
    after: Vec<String>,
}

/// Something wrong with one parameter.
struct Wrong {
    before: Vec<String>,
    /// What stands for the parameter, where it is not what always does.
    passed: Option<Vec<String>>,
    place: String,
    after: Vec<String>,
}

impl Wrong {
    fn passed(values: &[&str], place: &str) -> Self {
        let passed = Some(values.iter().map(|&value| value.to_owned()).collect());
        Self { before: Vec::new(), passed, place: place.to_owned(), after: Vec::new() }
    }

    fn changed(before: Vec<String>, place: &str, restore: &str) -> Self {
        Self { before, passed: None, place: place.to_owned(), after: vec![restore.to_owned()] }
    }
}

/// Makes the view.
pub(super) fn misuse(api: &Api) -> Result<Misuse> {
    Ok(Misuse {
        enums: api.enums.iter().map(|item| c_type(&item.name)).collect(),
        records: api.records.iter().filter(|record| record.input).map(|record| fill(api, record)).collect(),
        functions: layout::methods(api)
            .map(|(object, method)| function(api, object, method))
            .collect::<Result<_>>()?,
        inits: api
            .records
            .iter()
            .filter(|record| layout::is_filled(record))
            .map(|record| c_type(&record.name))
            .collect(),
        closes: api
            .objects
            .iter()
            .map(|object| (c_type(&object.name), other_object(&object.name).to_owned()))
            .collect(),
        frees: layout::released(api).iter().map(released_type).collect(),
    })
}

/// An open object of another type, as the hand-written part of the program calls it.
fn other_object(object: &str) -> &'static str {
    if object == "Client" { "open_job" } else { "open_client" }
}

fn fill(api: &Api, record: &Record) -> FillView {
    let by_init = layout::is_filled(record);
    let mut statements = Vec::new();
    if !by_init {
        if layout::is_versioned(api, record) {
            statements.push("record->size = sizeof *record;".to_owned());
        }
        for field in &record.fields {
            let name = &field.name;
            match &field.ty {
                Ty::Text | Ty::Path | Ty::Sensitive => statements.push(format!("record->{name} = \"x\";")),
                Ty::Enum(of) => statements.push(format!("record->{name} = {};", first_number(api, of))),
                Ty::Record(of) => statements.push(format!("fill_{}(&record->{name});", c_type(of))),
                _ => {}
            }
        }
    }
    FillView { c_type: c_type(&record.name), by_init, statements }
}

fn first_number(api: &Api, enumeration: &str) -> i32 {
    let found = api.enums.iter().find(|item| item.name == enumeration);
    found.and_then(|item| item.variants.first()).map_or(0, |variant| variant.value)
}

fn function(api: &Api, object: Option<&str>, method: &Method) -> Result<FunctionView> {
    let c_name = c_function(object, &method.name);
    let mut declarations = Vec::new();
    // What stands for each parameter where nothing is wrong with it.
    let mut right: Vec<Vec<String>> = Vec::new();
    let mut wrong: Vec<(usize, Wrong)> = Vec::new();
    let handle_of = object.filter(|_| !layout::is_constructor(api, object, method));
    if let Some(object) = handle_of {
        right.push(vec![format!("({} *)forged", c_type(object))]);
    }
    for param in &method.params {
        let position = right.len();
        right.push(stand_in(api, param, &mut declarations)?);
        wrong.extend(wrongs(api, param)?.into_iter().map(|wrong| (position, wrong)));
    }
    let outs = outs(&method.returns);
    for (name, ty, _) in &outs {
        let position = right.len();
        declarations.push(format!("{ty} {name};"));
        // Where nothing is looked at before a refusal, it is used by that alone.
        declarations.push(format!("(void)&{name};"));
        right.push(vec![format!("&{name}")]);
        wrong.push((position, Wrong::passed(&["NULL"], name)));
    }
    let before: Vec<String> = outs.iter().map(|(name, _, poison)| format!("{name} = {poison};")).collect();
    let emptied = |except: Option<usize>| -> Vec<String> {
        let first_out = right.len() - outs.len();
        outs.iter()
            .enumerate()
            // Places after one that is refused are not looked at.
            .filter(|(position, _)| except.is_none_or(|except| first_out + position < except))
            .map(|(_, (name, _, _))| format!("CHECK({name} == 0);"))
            .collect()
    };
    let call = |changed: Option<(usize, &[String])>| {
        let arguments = right.iter().enumerate().flat_map(|(position, right)| match changed {
            Some((at, passed)) if at == position => passed.to_vec(),
            _ => right.clone(),
        });
        let mut arguments: Vec<String> = arguments.collect();
        arguments.push("error".to_owned());
        format!("{c_name}({})", arguments.join(", "))
    };

    let mut cases = Vec::new();
    for (position, wrong) in &wrong {
        let is_out = *position >= right.len() - outs.len();
        let changed = wrong.passed.as_deref().map(|passed| (*position, passed));
        let checks = emptied(is_out.then_some(*position));
        cases.push(CaseView {
            before: [before.clone(), wrong.before.clone()].concat(),
            call: call(changed),
            place: format!("`{}`", wrong.place),
            after: [checks, wrong.after.clone()].concat(),
        });
    }
    if let Some(object) = handle_of {
        let c_type = c_type(object);
        let null = ["NULL".to_owned()];
        cases.push(CaseView {
            before: before.clone(),
            call: call(Some((0, &null))),
            place: format!("`{}`", handle(object)),
            after: emptied(None),
        });
        for handle in ["forged", other_object(object), "closed_client", "closed_job", "(&error)"] {
            let passed = [format!("({c_type} *){handle}")];
            cases.push(CaseView {
                before: before.clone(),
                call: call(Some((0, &passed))),
                place: String::new(),
                after: emptied(None),
            });
        }
    }
    Ok(FunctionView { c_name, declarations, cases })
}

/// What a parameter is where nothing is wrong with it.
fn stand_in(api: &Api, param: &Field, declarations: &mut Vec<String>) -> Result<Vec<String>> {
    let name = &param.name;
    let one = |value: &str| vec![value.to_owned()];
    Ok(match &param.ty {
        Ty::Bool => one("false"),
        Ty::Enum(of) => vec![format!("({}){}", c_type(of), first_number(api, of))],
        ty if is_scalar(ty) => one("1"),
        Ty::Text | Ty::Path | Ty::Sensitive => one("\"x\""),
        Ty::Image => {
            declarations.push(format!("fb_image {name} = fb_image_file(\"x\");"));
            vec![format!("&{name}")]
        }
        Ty::Record(record) => {
            let c_type = c_type(record);
            layout::record(api, record)?;
            declarations.push(format!("{c_type} {name};"));
            declarations.push(format!("fill_{c_type}(&{name});"));
            vec![format!("&{name}")]
        }
        Ty::Bytes | Ty::Floats | Ty::List(_) => vec!["NULL".to_owned(), "0".to_owned()],
        _ => one("NULL"),
    })
}

/// Everything that can be wrong with a parameter and is noticed before the object is looked for.
fn wrongs(api: &Api, param: &Field) -> Result<Vec<Wrong>> {
    let name = param.name.as_str();
    let misaligned = |c_type: &str| format!("(const {c_type} *)((const char *)&{name} + 1)");
    Ok(match &param.ty {
        Ty::Enum(of) => {
            let number = |number: &str| format!("({}){number}", c_type(of));
            vec![Wrong::passed(&[&number("INT32_MAX")], name), Wrong::passed(&[&number("-1")], name)]
        }
        Ty::Text | Ty::Sensitive => {
            vec![Wrong::passed(&["NULL"], name), Wrong::passed(&["not_utf8"], name)]
        }
        Ty::Path => vec![Wrong::passed(&["NULL"], name)],
        Ty::Bytes | Ty::Floats => {
            let some = format!("{}some", items(&param.ty));
            let mut wrongs = vec![Wrong::passed(&["NULL", "1"], name)];
            wrongs.extend(LENGTHS.map(|length| Wrong::passed(&[&some, length], name)));
            wrongs
        }
        Ty::List(item) => list_wrongs(item, name),
        Ty::Image => {
            let mut wrongs =
                vec![Wrong::passed(&["NULL"], name), Wrong::passed(&[&misaligned("fb_image")], name)];
            let changed = |statements: &[&str], member: &str| {
                let before = statements.iter().map(|statement| format!("{name}.{statement}")).collect();
                let restore = format!("{name} = fb_image_file(\"x\");");
                Wrong::changed(before, &format!("{name}.{member}"), &restore)
            };
            wrongs.push(changed(&["size = 0;"], "size"));
            wrongs.push(changed(&["size = SIZE_MAX;"], "size"));
            wrongs.push(changed(&["path = NULL;"], "path"));
            wrongs.push(changed(&["kind = (fb_image_kind)0;"], "kind"));
            wrongs.push(changed(&["kind = (fb_image_kind)INT32_MAX;"], "kind"));
            for kind in ["FB_IMAGE_ENCODED", "FB_IMAGE_PIXELS"] {
                let kind = format!("kind = {kind};");
                wrongs.push(changed(&[&kind, "length = 1;"], "data"));
                wrongs.push(changed(&[&kind, "data = (const uint8_t *)some;", "length = SIZE_MAX;"], "data"));
            }
            wrongs.push(changed(&["kind = FB_IMAGE_PIXELS;", "format = (fb_pixel_format)77;"], "format"));
            wrongs
        }
        Ty::Record(record) => {
            let found = layout::record(api, record)?;
            let c_type = c_type(record);
            let versioned = layout::is_versioned(api, found);
            let mut wrongs = vec![Wrong::passed(&[&misaligned(&c_type)], name)];
            if !versioned || !found.default {
                wrongs.push(Wrong::passed(&["NULL"], name));
            }
            let restore = format!("fill_{c_type}(&{name});");
            if versioned {
                for size in ["0", "sizeof(size_t) - 1", "4097", "SIZE_MAX"] {
                    let before = vec![format!("{name}.size = {size};")];
                    wrongs.push(Wrong::changed(before, &format!("{name}.size"), &restore));
                }
            }
            field_wrongs(api, found, name, name, &mut |before, place| {
                wrongs.push(Wrong::changed(before, place, &restore));
            })?;
            wrongs
        }
        Ty::Option(inner) => match &**inner {
            Ty::Text | Ty::Sensitive => vec![Wrong::passed(&["not_utf8"], name)],
            Ty::Enum(of) => vec![Wrong::passed(&[&format!("(const {} *)&no_number", c_type(of))], name)],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    })
}

/// Lengths that nobody has: beyond memory, beyond what an object may have, and one that memory could hold.
const LENGTHS: [&str; 3] = ["SIZE_MAX", "SIZE_MAX / 2", "huge"];

/// A cast to a pointer to the items of a list, or to what bytes and vectors consist of.
fn items(of: &Ty) -> String {
    match of {
        Ty::Enum(of) | Ty::Record(of) => format!("(const {} *)", c_type(of)),
        Ty::Text | Ty::Path => "(const char *const *)".to_owned(),
        Ty::Bytes => "(const uint8_t *)".to_owned(),
        Ty::Floats => "(const float *)".to_owned(),
        Ty::Bool => "(const bool *)".to_owned(),
        Ty::U32 => "(const uint32_t *)".to_owned(),
        Ty::U64 => "(const uint64_t *)".to_owned(),
        _ => "(const double *)".to_owned(),
    }
}

fn list_wrongs(item: &Ty, name: &str) -> Vec<Wrong> {
    let cast = items(item);
    let some = format!("{cast}some");
    let mut wrongs = vec![Wrong::passed(&["NULL", "1"], name)];
    wrongs.extend(LENGTHS.map(|length| Wrong::passed(&[&some, length], name)));
    let first = format!("{name}[0]");
    match item {
        Ty::Text | Ty::Path => wrongs.push(Wrong::passed(&[&format!("{cast}&no_text"), "1"], &first)),
        Ty::Enum(_) => wrongs.push(Wrong::passed(&[&format!("{cast}&no_number"), "1"], &first)),
        _ => {}
    }
    wrongs
}

/// Everything that can be wrong with a field of the record at `path`, handed to `add` with its place.
fn field_wrongs(
    api: &Api,
    record: &Record,
    path: &str,
    place: &str,
    add: &mut dyn FnMut(Vec<String>, &str),
) -> Result<()> {
    for field in &record.fields {
        let at = format!("{path}.{}", field.name);
        let place = format!("{place}.{}", field.name);
        let (ty, optional) = match &field.ty {
            Ty::Option(inner) => (&**inner, true),
            ty => (ty, false),
        };
        match ty {
            Ty::Text | Ty::Path | Ty::Sensitive => {
                if !optional {
                    add(vec![format!("{at} = NULL;")], &place);
                }
                if *ty != Ty::Path {
                    add(vec![format!("{at} = not_utf8;")], &place);
                }
            }
            Ty::Enum(of) => {
                let mut statements = vec![format!("{at} = ({})INT32_MAX;", c_type(of))];
                if optional {
                    statements.push(format!("{path}.has_{} = true;", field.name));
                }
                add(statements, &place);
            }
            Ty::Bytes | Ty::Floats | Ty::List(_) => {
                let count = format!("{at}_{}", if *ty == Ty::Bytes { "length" } else { "count" });
                add(vec![format!("{at} = NULL;"), format!("{count} = 1;")], &place);
                let item = if let Ty::List(item) = ty { item } else { ty };
                for length in LENGTHS {
                    let some = format!("{at} = {}some;", items(item));
                    add(vec![some, format!("{count} = {length};")], &place);
                }
                if let Ty::List(item) = ty {
                    item_wrongs(api, item, &at, &count, &format!("{place}[0]"), add)?;
                }
            }
            Ty::Record(of) if optional => item_wrongs(api, ty, &at, "", &place, &mut |statements, place| {
                add(statements, place);
            })
            .and_then(|()| layout::record(api, of).map(drop))?,
            Ty::Record(of) => field_wrongs(api, layout::record(api, of)?, &at, &place, add)?,
            _ => {}
        }
    }
    Ok(())
}

/// Everything that can be wrong with the only item of a list, or with a record behind a pointer.
fn item_wrongs(
    api: &Api,
    item: &Ty,
    at: &str,
    count: &str,
    place: &str,
    add: &mut dyn FnMut(Vec<String>, &str),
) -> Result<()> {
    let point = |to: String| {
        let mut statements = vec![format!("{at} = {to};")];
        if !count.is_empty() {
            statements.push(format!("{count} = 1;"));
        }
        statements
    };
    match item {
        Ty::Text | Ty::Path => add(point("&no_text".to_owned()), place),
        Ty::Enum(of) => add(point(format!("(const {} *)&no_number", c_type(of))), place),
        Ty::Record(of) => {
            let c_type = c_type(of);
            let variable = format!("item_{c_type}");
            let mut found = Vec::new();
            field_wrongs(api, layout::record(api, of)?, &variable, place, &mut |statements, place| {
                found.push((statements, place.to_owned()));
            })?;
            for (statements, place) in found {
                let mut before =
                    vec![format!("{c_type} {variable};"), format!("fill_{c_type}(&{variable});")];
                before.extend(statements);
                before.extend(point(format!("&{variable}")));
                add(before, &place);
            }
        }
        _ => {}
    }
    Ok(())
}

/// The places for the answer: their names, their types, and what stands there before.
fn outs(returns: &Ty) -> Vec<(String, String, String)> {
    let pointer =
        |c_type: String| vec![("out".to_owned(), format!("{c_type} *"), format!("({c_type} *)some"))];
    let number = |ty: &Ty| {
        let c_type = match ty {
            Ty::Bool => "bool".to_owned(),
            Ty::U32 => "uint32_t".to_owned(),
            Ty::U64 => "uint64_t".to_owned(),
            Ty::F32 => "float".to_owned(),
            Ty::Enum(name) => super::names::c_type(name),
            _ => "double".to_owned(),
        };
        let poison = if *ty == Ty::Bool { "true".to_owned() } else { format!("({c_type})7") };
        ("out".to_owned(), c_type, poison)
    };
    match returns {
        Ty::Unit | Ty::Image => Vec::new(),
        Ty::Object(name) => pointer(c_type(name)),
        ty if is_scalar(ty) => vec![number(ty)],
        Ty::Option(inner) if is_scalar(inner) => {
            vec![("has_out".to_owned(), "bool".to_owned(), "true".to_owned()), number(inner)]
        }
        Ty::Option(inner) => pointer(released_type(inner)),
        ty => pointer(released_type(ty)),
    }
}
