//! Enums and records.

use heck::ToSnakeCase;
use syn::{Attribute, Expr, Fields, Generics, Item, ItemEnum, ItemStruct, Lit, Type, UnOp, Visibility};

use super::exports::Definition;
use super::problems::Place;
use super::source::SourceFile;
use super::types::{self, Found, Kind};
use super::{Reader, plain, prose};
use crate::generate::model::{Doc, Enum, Field, Record, Ty, Variant};

// Where something is refused, a stand-in goes on, so that everything wrong is found in one run.

/// Whether a struct is data or a thing with a life.
pub(super) fn shape(item: &ItemStruct) -> Found<Kind> {
    let all = item.fields.len();
    let public = item.fields.iter().filter(|field| matches!(field.vis, Visibility::Public(_))).count();
    match (&item.fields, public) {
        _ if all == 0 => Err("a record has at least one field".to_owned()),
        (_, 0) => Ok(Kind::Object),
        (Fields::Named(_), public) if public == all => Ok(Kind::Record),
        (Fields::Named(_), _) => {
            Err("either every field is public (a record) or none is (an object)".to_owned())
        }
        _ => Err("the fields of a record have names".to_owned()),
    }
}

impl Reader {
    pub(super) fn enumeration(&mut self, definition: &Definition, item: &ItemEnum) -> Enum {
        let name = &definition.name;
        self.plain_item(definition, &item.attrs, &item.vis, &item.generics);
        let numbered = item.variants.iter().any(|variant| variant.discriminant.is_some());
        let mut variants = Vec::new();
        for (position, variant) in item.variants.iter().enumerate() {
            let variant_name = plain(&variant.ident);
            let place = definition.file.place(variant.ident.span());
            let what = prose::name(Some(name), Some(&variant_name));
            if !matches!(variant.fields, Fields::Unit) {
                self.problems.add(place.clone(), &what, "a variant carries no data; make the enum a record");
            }
            self.unconditional(&place, &what, &variant.attrs);
            let value = match &variant.discriminant {
                Some((_, number)) => discriminant(number),
                None if numbered => Err("either every variant has a number or none has".to_owned()),
                None => i32::try_from(position).map_err(|_| "too many variants".to_owned()),
            };
            let value = value.unwrap_or_else(|reason| {
                self.problems.add(place.clone(), &what, reason);
                0
            });
            let doc = self.doc(&definition.file, place, &variant.attrs, (Some(name), Some(&variant_name)));
            variants.push(Variant { text: variant_name.to_snake_case(), name: variant_name, value, doc });
        }
        if variants.is_empty() {
            self.problems.add(definition.place(), name, "an enum has at least one variant");
        }
        let doc = self.doc(&definition.file, definition.place(), &item.attrs, (Some(name), None));
        Enum { name: name.clone(), doc, variants, numbered, open: has(&item.attrs, "non_exhaustive") }
    }

    pub(super) fn record(&mut self, definition: &Definition, item: &ItemStruct) -> Record {
        let name = &definition.name;
        self.plain_item(definition, &item.attrs, &item.vis, &item.generics);
        let mut fields = Vec::new();
        for field in &item.fields {
            let Some(identifier) = &field.ident else { continue };
            let field_name = plain(identifier);
            let place = definition.file.place(identifier.span());
            let what = prose::name(Some(name), Some(&field_name));
            self.unconditional(&place, &what, &field.attrs);
            let ty = types::field(&field.ty, &self.kinds).unwrap_or_else(|reason| {
                self.problems.add(place.clone(), &what, reason);
                Ty::Unit
            });
            let doc = self.doc(&definition.file, place, &field.attrs, (Some(name), Some(&field_name)));
            fields.push(Field { name: field_name, doc, ty, by_reference: false });
        }
        let doc = self.doc(&definition.file, definition.place(), &item.attrs, (Some(name), None));
        Record {
            name: name.clone(),
            doc,
            fields,
            input: false,
            output: false,
            default: derives_default(&item.attrs) || implements_default(&definition.file, name),
            open: has(&item.attrs, "non_exhaustive"),
        }
    }

    /// Reads the documentation of a part of the API.
    pub(super) fn doc(
        &mut self,
        file: &SourceFile,
        place: Place,
        attributes: &[Attribute],
        names: (Option<&str>, Option<&str>),
    ) -> Doc {
        self.prose.read(file, place, attributes, names, &mut self.problems)
    }

    /// Refuses what no exported item may be: private, generic, or there on some days only.
    pub(super) fn plain_item(
        &mut self,
        definition: &Definition,
        attributes: &[Attribute],
        visibility: &Visibility,
        generics: &Generics,
    ) {
        let place = definition.place();
        if !matches!(visibility, Visibility::Public(_)) {
            self.problems.add(place.clone(), &definition.name, "it is exported but not `pub`");
        }
        if !generics.params.is_empty() {
            self.problems.add(place.clone(), &definition.name, "it is generic or has a lifetime");
        }
        self.unconditional(&place, &definition.name, attributes);
    }

    /// Refuses `#[cfg]`: every build of the library has the same API.
    pub(super) fn unconditional(&mut self, place: &Place, what: &str, attributes: &[Attribute]) {
        if has(attributes, "cfg") {
            self.problems.add(place.clone(), what, "`#[cfg]`: the API is the same in every build");
        }
    }
}

fn has(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident(name))
}

fn derives_default(attributes: &[Attribute]) -> bool {
    let mut found = false;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("derive")) {
        // What is no list of paths does not compile.
        let _ = attribute.parse_nested_meta(|meta| {
            found |= meta.path.segments.last().is_some_and(|segment| segment.ident == "Default");
            Ok(())
        });
    }
    found
}

fn implements_default(file: &SourceFile, name: &str) -> bool {
    file.syntax.items.iter().any(|item| match item {
        Item::Impl(item) => {
            let of_default = item.trait_.as_ref().and_then(|(path, _)| path.segments.last());
            of_default.is_some_and(|segment| segment.ident == "Default") && is_type(&item.self_ty, name)
        }
        _ => false,
    })
}

/// Whether a type is the plain name of an item in the same file.
pub(super) fn is_type(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path) if path.path.get_ident().is_some_and(|found| plain(found) == name))
}

fn discriminant(number: &Expr) -> Found<i32> {
    let (digits, sign) = match number {
        Expr::Unary(negated) if matches!(negated.op, UnOp::Neg(_)) => (&*negated.expr, -1),
        plain => (plain, 1),
    };
    if let Expr::Lit(literal) = digits
        && let Lit::Int(digits) = &literal.lit
        && let Ok(value) = digits.base10_parse::<i32>()
    {
        return Ok(sign * value);
    }
    Err("its number is not a plain number of 32 bits".to_owned())
}
