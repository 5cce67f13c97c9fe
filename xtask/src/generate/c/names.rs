//! What the parts of the API are called in C and in C++.

use heck::{ToShoutySnakeCase, ToSnakeCase};

use crate::generate::docs::{self, Names};
use crate::generate::model::{Api, Doc, Ty};

/// The C type of an enum, record or object.
pub(super) fn c_type(name: &str) -> String {
    match name {
        "ErrorKind" => "fb_status".to_owned(),
        name => format!("fb_{}", name.to_snake_case()),
    }
}

/// The C constant of a variant.
pub(super) fn c_variant(enumeration: &str, name: &str) -> String {
    match enumeration {
        "ErrorKind" => format!("FB_ERROR_{}", name.to_shouty_snake_case()),
        other => format!("FB_{}_{}", other.to_shouty_snake_case(), name.to_shouty_snake_case()),
    }
}

/// The C function of a constructor, method or function.
pub(super) fn c_function(object: Option<&str>, name: &str) -> String {
    match object {
        Some(object) => format!("fb_{}_{name}", object.to_snake_case()),
        None => format!("fb_{name}"),
    }
}

/// The parameter by which a method takes its object.
pub(super) fn handle(object: &str) -> String {
    object.to_snake_case()
}

/// The C structure of a returned list, named after what it holds.
pub(super) fn c_list(item: &Ty) -> String {
    match item {
        Ty::Enum(name) | Ty::Record(name) => format!("{}_list", c_type(name)),
        Ty::Bool => "fb_bool_list".to_owned(),
        Ty::U32 => "fb_u32_list".to_owned(),
        Ty::U64 => "fb_u64_list".to_owned(),
        Ty::F32 => "fb_f32_list".to_owned(),
        Ty::F64 => "fb_f64_list".to_owned(),
        Ty::Path => "fb_path_list".to_owned(),
        _ => "fb_text_list".to_owned(),
    }
}

/// Writes names as the header does.
struct InC<'a> {
    /// The record that is described, whose own members need no prefix.
    owner: Option<&'a str>,
}

impl Names for InC<'_> {
    fn type_name(&self, name: &str) -> String {
        self.code(&c_type(name))
    }

    fn method(&self, object: Option<&str>, name: &str) -> String {
        format!("{}()", c_function(object, name))
    }

    fn field(&self, record: Option<&str>, name: &str) -> String {
        match record.filter(|record| self.owner != Some(record)) {
            Some(record) => self.code(&format!("{}.{name}", c_type(record))),
            None => self.code(name),
        }
    }

    fn parameter(&self, name: &str) -> String {
        self.code(name)
    }

    fn variant(&self, enumeration: &str, name: &str) -> String {
        self.code(&c_variant(enumeration, name))
    }

    fn null(&self) -> String {
        self.code("NULL")
    }
}

/// Writes names as facebridge.hpp does.
struct InCpp<'a> {
    owner: Option<&'a str>,
}

impl Names for InCpp<'_> {
    fn type_name(&self, name: &str) -> String {
        self.code(name)
    }

    fn method(&self, object: Option<&str>, name: &str) -> String {
        match object.filter(|object| self.owner != Some(object)) {
            Some(object) => format!("{object}::{name}()"),
            None => format!("{name}()"),
        }
    }

    fn field(&self, record: Option<&str>, name: &str) -> String {
        match record.filter(|record| self.owner != Some(record)) {
            Some(record) => self.code(&format!("{record}::{name}")),
            None => self.code(name),
        }
    }

    fn parameter(&self, name: &str) -> String {
        self.code(name)
    }

    fn variant(&self, enumeration: &str, name: &str) -> String {
        self.code(&format!("{enumeration}::{name}"))
    }

    fn null(&self) -> String {
        self.code("nullptr")
    }
}

/// The API with its documentation in the words of C.
pub(super) fn in_c(api: &Api) -> Api {
    translated(api, |api, owner| docs::translate(api, &InC { owner }))
}

/// The API with its documentation in the words of C++.
pub(super) fn in_cpp(api: &Api) -> Api {
    translated(api, |api, owner| docs::translate(api, &InCpp { owner }))
}

/// A record's or object's own members are named without it, so each is translated for itself.
fn translated(api: &Api, translate: impl Fn(&Api, Option<&str>) -> Api) -> Api {
    let mut result = translate(api, None);
    for (position, record) in api.records.iter().enumerate() {
        result.records[position] = translate(api, Some(&record.name)).records[position].clone();
    }
    for (position, object) in api.objects.iter().enumerate() {
        result.objects[position] = translate(api, Some(&object.name)).objects[position].clone();
    }
    result
}

/// A documentation as lines of at most `width` characters; paragraphs are parted by empty lines.
pub(super) fn lines(doc: &Doc, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in std::iter::once(&doc.summary).chain(&doc.details) {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(wrap(paragraph, width));
    }
    lines
}

/// Words in lines of at most `width` characters. Lines that are there already stay apart.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_one_rule() {
        assert_eq!(c_type("EmbeddingJob"), "fb_embedding_job");
        assert_eq!(c_type("ErrorKind"), "fb_status");
        assert_eq!(c_variant("ErrorKind", "NoFace"), "FB_ERROR_NO_FACE");
        assert_eq!(c_variant("CheckCode", "NoFace"), "FB_CHECK_CODE_NO_FACE");
        assert_eq!(c_function(Some("EmbeddingJob"), "take_outcomes"), "fb_embedding_job_take_outcomes");
        assert_eq!(c_function(None, "optimize_model"), "fb_optimize_model");
        assert_eq!(c_list(&Ty::Record("EmbeddingOutcome".to_owned())), "fb_embedding_outcome_list");
    }

    #[test]
    fn texts_are_wrapped_at_words() {
        let doc = Doc {
            summary: "one two three".to_owned(),
            details: vec!["four\n- five six".to_owned()],
            errors: String::new(),
        };
        assert_eq!(lines(&doc, 8), ["one two", "three", "", "four", "- five", "six"]);
        assert_eq!(wrap("incomprehensible it is", 5), ["incomprehensible", "it is"]);
    }
}
