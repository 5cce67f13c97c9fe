//! Texts of the definition in the words of another language.

use super::markup::{Piece, pieces};
use super::resolve::{Item, Meaning, Scope, meaning};
use crate::generate::model::{Api, Doc, Method};

/// How a language writes the parts of the API in its documentation, markup included: Markdown wants backticks,
/// Javadoc `{@link …}`. Names come as in Rust.
pub(in crate::generate) trait Names {
    /// An enum, record or object, or `Error`: what the language throws, raises or returns.
    fn type_name(&self, name: &str) -> String;

    /// A constructor or method of an object, or a function.
    fn method(&self, object: Option<&str>, name: &str) -> String;

    /// A field; the record is given where it is known.
    fn field(&self, record: Option<&str>, name: &str) -> String;

    /// A parameter.
    fn parameter(&self, name: &str) -> String;

    /// A variant of an enum; one of `ErrorKind` may be an exception.
    fn variant(&self, enumeration: &str, name: &str) -> String;

    /// The absent value; the definition writes `null`.
    fn null(&self) -> String {
        self.code("null")
    }

    /// A truth value; the definition writes `true` or `false`.
    fn boolean(&self, value: bool) -> String {
        self.code(if value { "true" } else { "false" })
    }

    /// Code that is no name of the API: a file, a command, an environment variable.
    fn code(&self, code: &str) -> String {
        format!("`{code}`")
    }

    /// A link to a page.
    fn web(&self, text: &str, address: &str) -> String {
        format!("[{text}]({address})")
    }

    /// Words. A language whose documentation is HTML escapes them here.
    fn plain(&self, text: &str) -> String {
        text.to_owned()
    }
}

/// The API with every documentation in the words of a language. Nothing else is changed.
pub(in crate::generate) fn translate(api: &Api, names: &dyn Names) -> Api {
    let doc = |doc: &mut Doc, owner: Option<&str>, member: Option<&str>| {
        let scope = Scope { owner, member, errors: false };
        doc.summary = translate_text(&doc.summary, scope, api, names);
        for paragraph in &mut doc.details {
            *paragraph = translate_text(paragraph, scope, api, names);
        }
        doc.errors = translate_text(&doc.errors, Scope { errors: true, ..scope }, api, names);
    };
    let method = |method: &mut Method, owner: Option<&str>| doc(&mut method.doc, owner, Some(&method.name));
    let mut translated = api.clone();
    for item in &mut translated.enums {
        doc(&mut item.doc, Some(&item.name), None);
        for variant in &mut item.variants {
            doc(&mut variant.doc, Some(&item.name), Some(&variant.name));
        }
    }
    for item in &mut translated.records {
        doc(&mut item.doc, Some(&item.name), None);
        for field in &mut item.fields {
            doc(&mut field.doc, Some(&item.name), Some(&field.name));
        }
    }
    for item in &mut translated.objects {
        doc(&mut item.doc, Some(&item.name), None);
        for one in item.constructors.iter_mut().chain(&mut item.methods) {
            method(one, Some(&item.name));
        }
    }
    for function in &mut translated.functions {
        method(function, None);
    }
    translated
}

/// One text in the words of a language.
pub(in crate::generate) fn translate_text(
    text: &str,
    scope: Scope<'_>,
    api: &Api,
    names: &dyn Names,
) -> String {
    pieces(text)
        .into_iter()
        .map(|piece| match piece {
            Piece::Plain(text) => names.plain(text),
            Piece::Web { text, address } => names.web(text, address),
            Piece::Code("null") => names.null(),
            Piece::Code("true") => names.boolean(true),
            Piece::Code("false") => names.boolean(false),
            Piece::Code(name) | Piece::Item(name) => match meaning(name, scope, api) {
                Meaning::Item(Item::Type(name)) => names.type_name(name),
                Meaning::Item(Item::Method { object, name }) => names.method(object, name),
                Meaning::Item(Item::Field { record, name }) => names.field(record, name),
                Meaning::Item(Item::Parameter(name)) => names.parameter(name),
                Meaning::Item(Item::Variant { enumeration, name }) => names.variant(enumeration, name),
                // The reader has refused links to nothing and names of two things.
                Meaning::Nothing | Meaning::Ambiguous(_) => names.code(name),
            },
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use heck::{ToLowerCamelCase, ToShoutySnakeCase};

    use super::super::questions;
    use super::*;
    use crate::generate::model::{Enum, Field, Object, Record, Ty, Variant};

    struct Java;

    impl Names for Java {
        fn type_name(&self, name: &str) -> String {
            format!("{{{name}}}")
        }
        fn method(&self, object: Option<&str>, name: &str) -> String {
            format!("{{{}#{}}}", object.unwrap_or_default(), name.to_lower_camel_case())
        }
        fn field(&self, record: Option<&str>, name: &str) -> String {
            format!("{{{}.{}}}", record.unwrap_or_default(), name.to_lower_camel_case())
        }
        fn parameter(&self, name: &str) -> String {
            format!("{{{}}}", name.to_lower_camel_case())
        }
        fn variant(&self, enumeration: &str, name: &str) -> String {
            format!("{{{enumeration}.{}}}", name.to_shouty_snake_case())
        }
        fn plain(&self, text: &str) -> String {
            text.replace('<', "&lt;")
        }
    }

    fn field(name: &str, ty: Ty) -> Field {
        Field { name: name.to_owned(), doc: Doc::default(), ty, by_reference: false }
    }

    fn record(name: &str, fields: Vec<Field>) -> Record {
        let (name, doc) = (name.to_owned(), Doc::default());
        Record { name, doc, fields, input: true, output: true, default: false, open: false }
    }

    fn enumeration(name: &str, variants: &[&str]) -> Enum {
        let variants = variants.iter().map(|variant| Variant {
            name: (*variant).to_owned(),
            text: variant.to_lowercase(),
            value: 0,
            doc: Doc::default(),
        });
        let (name, doc) = (name.to_owned(), Doc::default());
        Enum { name, doc, variants: variants.collect(), numbered: false, open: false }
    }

    fn method(name: &str, params: Vec<Field>) -> Method {
        Method { name: name.to_owned(), doc: Doc::default(), params, returns: Ty::Unit, fallible: true }
    }

    fn api() -> Api {
        Api {
            enums: vec![
                enumeration("ErrorKind", &["NoFace", "Unsupported"]),
                enumeration("CheckCode", &["Ok", "NoFace"]),
                enumeration("Decision", &["Match"]),
            ],
            records: vec![
                record("DetectOptions", vec![field("max_faces", Ty::U32)]),
                record(
                    "Detection",
                    vec![field("check_code", Ty::Enum("CheckCode".to_owned())), field("rotation", Ty::U32)],
                ),
                record("SelectedFace", vec![field("rotation", Ty::U32)]),
            ],
            objects: vec![Object {
                name: "Client".to_owned(),
                doc: Doc::default(),
                constructors: vec![method("local", Vec::new())],
                methods: vec![
                    method("detect", vec![field("the_image", Ty::Image)]),
                    method("compare_embeddings", Vec::new()),
                ],
            }],
            functions: vec![method("optimize_model", Vec::new())],
            hash: String::new(),
        }
    }

    fn said(text: &str, scope: Scope<'_>) -> String {
        translate_text(text, scope, &api(), &Java)
    }

    #[test]
    fn links_become_names() {
        for (text, translated) in [
            ("[`Client::detect`]", "{Client#detect}"),
            ("[`crate::api::CheckCode`]", "{CheckCode}"),
            ("[`Decision::Match`]", "{Decision.MATCH}"),
            ("[the count](crate::api::DetectOptions::max_faces)", "{DetectOptions.maxFaces}"),
            ("[`NoFace`](crate::ErrorKind::NoFace)", "{ErrorKind.NO_FACE}"),
            ("[`Client::local`]", "{Client#local}"),
            ("[`crate::api::optimize_model`]", "{#optimizeModel}"),
            ("[`crate::Error`]", "{Error}"),
            ("[page](https://a.b)", "[page](https://a.b)"),
        ] {
            assert_eq!(said(text, Scope::default()), translated, "{text}");
        }
        let own = Scope { owner: Some("Client"), ..Scope::default() };
        assert_eq!(
            said("[`compare_embeddings`](Self::compare_embeddings)", own),
            "{Client#compareEmbeddings}"
        );
    }

    #[test]
    fn names_in_backticks_become_the_languages_own() {
        for (text, translated) in [
            ("`max_faces` and `detect`", "{DetectOptions.maxFaces} and {Client#detect}"),
            ("`rotation` of two", "{.rotation} of two"),
            ("`the_image`", "{theImage}"),
            ("`Unsupported` and `Decision::Match`", "{ErrorKind.UNSUPPORTED} and {Decision.MATCH}"),
            ("`SelectedFace`", "{SelectedFace}"),
            ("`true`, `null`", "`true`, `null`"),
            (
                "the backend `local`, `Unicode`, `FACEBRIDGE_MODEL_DIR`",
                "the backend `local`, `Unicode`, `FACEBRIDGE_MODEL_DIR`",
            ),
            ("a < b, max_faces", "a &lt; b, max_faces"),
        ] {
            assert_eq!(said(text, Scope::default()), translated, "{text}");
        }
    }

    #[test]
    fn the_place_decides_what_a_bare_variant_means() {
        let errors = Scope { errors: true, ..Scope::default() };
        assert_eq!(said("`NoFace`", errors), "{ErrorKind.NO_FACE}");
        let field = Scope { owner: Some("Detection"), member: Some("check_code"), errors: false };
        assert_eq!(said("`NoFace`", field), "{CheckCode.NO_FACE}");
        let owner = Scope { owner: Some("CheckCode"), ..Scope::default() };
        assert_eq!(said("`NoFace`", owner), "{CheckCode.NO_FACE}");
    }

    #[test]
    fn what_cannot_be_resolved_is_questioned() {
        let asked = |text: &str, errors: &str| {
            let doc = Doc { summary: text.to_owned(), details: Vec::new(), errors: errors.to_owned() };
            questions(&doc, Scope::default(), &api())
        };
        assert_eq!(
            asked("`NoFace`", "")[0],
            "the documentation names `NoFace`, which may be of ErrorKind or CheckCode; write `ErrorKind::NoFace`"
        );
        assert!(
            asked("[`Calibration::load`]", "")[0]
                .contains("`Calibration::load`, which the API does not export")
        );
        assert!(asked("`Decision::Maybe`", "")[0].contains("does not export"));
        assert!(asked("`Unicode`, `std::env`, `max_faces`, `a::b c`", "`NoFace`").is_empty());
    }

    #[test]
    fn a_whole_api_changes_in_its_texts_only() {
        let mut before = api();
        before.objects[0].methods[0].doc.errors = "`NoFace`".to_owned();
        before.records[1].fields[0].doc.details = vec!["`Ok` else".to_owned()];
        let mut after = translate(&before, &Java);
        assert_eq!(after.objects[0].methods[0].doc.errors, "{ErrorKind.NO_FACE}");
        assert_eq!(after.records[1].fields[0].doc.details, ["{CheckCode.OK} else"]);
        after.objects[0].methods[0].doc = before.objects[0].methods[0].doc.clone();
        after.records[1].fields[0].doc = before.records[1].fields[0].doc.clone();
        assert_eq!(after, before);
    }
}
