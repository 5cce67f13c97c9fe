//! Names of the definition as Java writes them.

use heck::{ToLowerCamelCase, ToShoutySnakeCase};

use crate::failure::{Failure, Result};
use crate::generate::docs;
use crate::generate::model::{Api, Object};

/// The class that holds functions without an object.
pub(super) const FUNCTIONS: &str = "Facebridge";

/// A field, parameter or plain word.
pub(super) fn word(name: &str) -> String {
    name.to_lower_camel_case()
}

/// A method. `wait` belongs to every object of Java and means something else there, so ours is `await`; another
/// name of theirs is refused.
pub(super) fn method(name: &str) -> Result<String> {
    const OF_EVERY_OBJECT: [&str; 8] =
        ["clone", "equals", "finalize", "getClass", "hashCode", "notify", "notifyAll", "toString"];
    let name = word(name);
    if OF_EVERY_OBJECT.contains(&name.as_str()) {
        return Err(Failure::new(format!("{name} is a method of every Java object; give it another name")));
    }
    Ok(if name == "wait" { "await".to_owned() } else { name })
}

/// A variant of an enum.
pub(super) fn constant(name: &str) -> String {
    name.to_shouty_snake_case()
}

/// The native method behind a method of an object, a constructor or a function.
pub(super) fn native(object: Option<&str>, name: &str) -> String {
    object.map_or_else(|| word(name), |object| word(&format!("{object}_{name}")))
}

/// Whether an object is long work, which the class `Job` knows how to wait for.
pub(super) fn is_job(object: &Object) -> bool {
    ["progress", "wait", "cancel"].iter().all(|name| object.methods.iter().any(|method| method.name == *name))
}

/// The names in Javadoc.
pub(super) struct Javadoc<'a> {
    pub(super) api: &'a Api,
}

impl docs::Names for Javadoc<'_> {
    fn type_name(&self, name: &str) -> String {
        format!("{{@link {}}}", if name == "Error" { "FaceException" } else { name })
    }

    fn method(&self, object: Option<&str>, name: &str) -> String {
        let job = self.api.objects.iter().any(|known| object == Some(known.name.as_str()) && is_job(known));
        let owner = match object {
            Some(_) if job && name == "wait" => "Job",
            Some(object) => object,
            None => FUNCTIONS,
        };
        let name = method(name).unwrap_or_else(|_| word(name));
        format!("{{@link {owner}#{name}}}")
    }

    fn field(&self, record: Option<&str>, name: &str) -> String {
        let name = word(name);
        match record {
            Some(record) => format!("{{@link {record}#{name}() {name}}}"),
            None => format!("{{@code {name}}}"),
        }
    }

    fn parameter(&self, name: &str) -> String {
        format!("{{@code {}}}", word(name))
    }

    fn variant(&self, enumeration: &str, name: &str) -> String {
        format!("{{@link {enumeration}#{}}}", constant(name))
    }

    fn null(&self) -> String {
        "{@code null}".to_owned()
    }

    fn boolean(&self, value: bool) -> String {
        format!("{{@code {value}}}")
    }

    fn code(&self, code: &str) -> String {
        // Braces that do not come in pairs would end the tag.
        if code.contains(['{', '}']) {
            return format!("<code>{}</code>", escaped(code));
        }
        format!("{{@code {code}}}")
    }

    fn web(&self, text: &str, address: &str) -> String {
        format!("<a href=\"{address}\">{}</a>", escaped(text))
    }

    fn plain(&self, text: &str) -> String {
        escaped(text)
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('@', "&#64;")
        .replace("*/", "*&#47;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::docs::Names;

    #[test]
    fn names_in_each_place() {
        assert_eq!(word("max_faces"), "maxFaces");
        assert_eq!(constant("TooBright"), "TOO_BRIGHT");
        assert_eq!(native(Some("EmbeddingJob"), "take_outcomes"), "embeddingJobTakeOutcomes");
        assert_eq!(native(None, "optimize_model"), "optimizeModel");
        assert_eq!(method("wait").unwrap(), "await");
        assert!(method("hash_code").unwrap_err().to_string().contains("give it another name"));
    }

    #[test]
    fn names_in_javadoc() {
        let api = Api::default();
        let names = Javadoc { api: &api };
        assert_eq!(names.type_name("Error"), "{@link FaceException}");
        assert_eq!(names.method(None, "optimize_model"), "{@link Facebridge#optimizeModel}");
        assert_eq!(names.field(Some("Detection"), "check_code"), "{@link Detection#checkCode() checkCode}");
        assert_eq!(names.code("${NAME}"), "<code>${NAME}</code>");
        assert_eq!(names.plain("a < b & c > d @e"), "a &lt; b &amp; c &gt; d &#64;e");
    }
}
