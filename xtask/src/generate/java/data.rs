//! Enums and records as their templates see them.

use std::collections::BTreeSet;

use serde::Serialize;

use super::javadoc::{self, Comment};
use super::{layout, names, types};
use crate::generate::model::{Api, Enum, Record, Ty};

/// What stands for what must not be printed.
const HIDDEN: &str = "<hidden>";

/// Which way each record and enum travels.
pub(super) struct Directions {
    /// To the native library.
    pub(super) taken: BTreeSet<String>,
    /// To Java: results, and the defaults of options.
    pub(super) given: BTreeSet<String>,
}

/// Whether a record is a set of options: only taken, and every field has a default.
pub(super) fn is_options(record: &Record) -> bool {
    record.default && record.input && !record.output
}

pub(super) fn directions(api: &Api) -> Directions {
    let objects = api.objects.iter().flat_map(|object| object.constructors.iter().chain(&object.methods));
    let methods: Vec<_> = objects.chain(&api.functions).collect();
    let mut taken = BTreeSet::new();
    let mut given = BTreeSet::from(["ErrorKind".to_owned()]);
    for method in methods {
        for param in &method.params {
            follow(&param.ty, api, &mut taken);
        }
        follow(&method.returns, api, &mut given);
    }
    for record in api.records.iter().filter(|record| is_options(record)) {
        follow(&Ty::Record(record.name.clone()), api, &mut given);
    }
    Directions { taken, given }
}

fn follow(ty: &Ty, api: &Api, reached: &mut BTreeSet<String>) {
    match ty {
        Ty::List(inner) | Ty::Option(inner) => follow(inner, api, reached),
        // Raw pixels say how they are laid out.
        Ty::Image => follow(&Ty::Enum("PixelFormat".to_owned()), api, reached),
        Ty::Enum(name) => {
            reached.insert(name.clone());
        }
        Ty::Record(name) => {
            if reached.insert(name.clone())
                && let Some(record) = api.records.iter().find(|record| record.name == *name)
            {
                record.fields.iter().for_each(|field| follow(&field.ty, api, reached));
            }
        }
        _ => {}
    }
}

#[derive(Serialize)]
pub(super) struct EnumView {
    name: String,
    comment: String,
    variants: Vec<VariantView>,
    taken: bool,
    given: bool,
}

#[derive(Serialize)]
struct VariantView {
    name: String,
    comment: String,
    text: String,
    value: i32,
}

pub(super) fn enumeration(item: &Enum, directions: &Directions) -> EnumView {
    let variants = item.variants.iter().map(|variant| VariantView {
        name: names::constant(&variant.name),
        comment: Comment::of(&variant.doc).render(4),
        text: variant.text.clone(),
        value: variant.value,
    });
    let mut comment = Comment::of(&item.doc);
    if item.open {
        comment = comment.and("Later releases may add to these: give a {@code switch} a {@code default}.");
    }
    EnumView {
        name: item.name.clone(),
        comment: comment.render(0),
        variants: variants.collect(),
        taken: directions.taken.contains(&item.name),
        given: directions.given.contains(&item.name),
    }
}

#[derive(Serialize)]
pub(super) struct RecordView {
    name: String,
    comment: String,
    /// `record Name(…) {`
    head: String,
    components: Vec<ComponentView>,
    /// The comment of the constructor.
    checks_comment: String,
    /// The statements of the constructor.
    checks: Vec<String>,
    /// `return new Name(…);`
    read: String,
    /// The statement that returns the text form, where it is not that of every record: something in it is hidden.
    shown: Option<String>,
    native_default: String,
    options: bool,
    taken: bool,
    given: bool,
}

#[derive(Serialize)]
struct ComponentView {
    name: String,
    ty: String,
    /// The statement that writes it.
    write: String,
    /// A buffer, of which each reader gets a position of its own.
    buffer: bool,
    /// The comment of the method that changes it.
    with_comment: String,
    /// `return new Name(…);`, with the component replaced.
    with: String,
}

pub(super) fn record(item: &Record, directions: &Directions) -> RecordView {
    let all: Vec<String> = item.fields.iter().map(|field| names::word(&field.name)).collect();
    let mut comment = Comment::of(&item.doc);
    let mut components = Vec::new();
    let mut checks = Vec::new();
    for (field, name) in item.fields.iter().zip(&all) {
        let text = described(&javadoc::inline(&field.doc), &field.ty);
        comment = comment.tag(&format!("@param {name}"), &text);
        let check = types::checked(&field.ty, name);
        match &field.ty {
            Ty::Bytes => checks.push(format!("{name} = Checks.copy(\"{name}\", {name});")),
            Ty::List(_) => checks.push(format!("{name} = {check};")),
            _ if check != *name => checks.push(format!("{check};")),
            _ => {}
        }
        components.push(ComponentView {
            name: name.clone(),
            ty: types::of(&field.ty, false),
            write: types::write(&field.ty, &format!("value.{name}()")),
            buffer: field.ty == Ty::Bytes,
            with_comment: Comment::text(format!("The same with another {{@code {name}}}."))
                .tag(&format!("@param {name}"), &text)
                .tag("@return", "the changed copy")
                .render(4),
            with: layout::call(&format!("return new {}(", item.name), &all, ");", 8),
        });
    }
    let declared: Vec<String> = components.iter().map(|one| format!("{} {}", one.ty, one.name)).collect();
    let read: Vec<String> = item.fields.iter().map(|field| types::read(&field.ty)).collect();
    RecordView {
        name: item.name.clone(),
        comment: comment.render(0),
        head: layout::call(&format!("public record {}(", item.name), &declared, ") {", 0),
        checks_comment: all
            .iter()
            .fold(
                Comment::text("Refuses what cannot be, with {@link ErrorKind#INVALID_ARGUMENT}."),
                |comment, name| comment.tag(&format!("@param {name}"), "as above"),
            )
            .render(4),
        checks,
        read: layout::call(&format!("return new {}(", item.name), &read, ");", 8),
        shown: shown(item),
        native_default: names::native(Some(&item.name), "defaults"),
        options: is_options(item),
        taken: directions.taken.contains(&item.name),
        given: directions.given.contains(&item.name),
        components,
    }
}

/// The text form of a record with something hidden; nothing for any other record.
fn shown(item: &Record) -> Option<String> {
    let hidden = |ty: &Ty| match ty {
        Ty::Option(inner) => **inner == Ty::Sensitive,
        ty => *ty == Ty::Sensitive,
    };
    if !item.fields.iter().any(|field| hidden(&field.ty)) {
        return None;
    }
    let mut parts = Vec::new();
    let mut words = format!("{}[", item.name);
    for (position, field) in item.fields.iter().enumerate() {
        let name = names::word(&field.name);
        words += if position == 0 { "" } else { ", " };
        words += &format!("{name}=");
        let value = match &field.ty {
            Ty::Sensitive => {
                words += HIDDEN;
                continue;
            }
            ty if hidden(ty) => format!("({name} == null ? null : \"{HIDDEN}\")"),
            _ => name,
        };
        parts.extend([format!("\"{}\"", std::mem::take(&mut words)), value]);
    }
    parts.push(format!("\"{words}]\""));
    Some(layout::sum("return ", &parts, ";", 8))
}

/// What stands after `@param`; says of what may be absent that it is null.
pub(super) fn described(text: &str, ty: &Ty) -> String {
    let phrase = javadoc::phrase(text);
    match ty {
        Ty::Option(_) if !phrase.contains("{@code null}") => {
            let stop = if phrase.ends_with('.') { "" } else { "." };
            format!("{phrase}{stop} {{@code null}} where absent.")
        }
        _ => phrase,
    }
}
