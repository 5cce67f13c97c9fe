//! What the templates of every language share: strict lookup, clean blocks, and words in each case.

use heck::{ToLowerCamelCase, ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use serde::Serialize;

use crate::failure::{Failure, Result};

/// An environment without templates. Unknown names are errors; a line that holds only a block leaves no trace;
/// nothing is escaped; the filters `snake`, `camel`, `upper_camel` and `shouty` change a word's case.
pub(super) fn environment() -> Result<Environment<'static>> {
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()
        .map_err(|error| failed("the template syntax", &error))?;
    let mut environment = Environment::new();
    environment.set_syntax(syntax);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.add_filter("snake", |word: String| word.to_snake_case());
    environment.add_filter("camel", |word: String| word.to_lower_camel_case());
    environment.add_filter("upper_camel", |word: String| word.to_upper_camel_case());
    environment.add_filter("shouty", |word: String| word.to_shouty_snake_case());
    Ok(environment)
}

/// Adds a template under a name that errors will quote, such as `python/records.rs.j2`.
pub(super) fn add(
    environment: &mut Environment<'static>,
    name: &'static str,
    source: &'static str,
) -> Result<()> {
    environment.add_template(name, source).map_err(|error| failed(name, &error))
}

/// Renders one template. `context` is made by `minijinja::context!` or [`value`].
pub(super) fn render(environment: &Environment<'_>, name: &str, context: Value) -> Result<String> {
    environment
        .get_template(name)
        .and_then(|template| template.render(context))
        .map_err(|error| failed(name, &error))
}

/// Anything serialisable as templates see it.
pub(super) fn value(data: &impl Serialize) -> Value {
    Value::from(Serde(data))
}

fn failed(what: &str, error: &minijinja::Error) -> Failure {
    let line = error.line().map(|line| format!(":{line}")).unwrap_or_default();
    Failure::new(format!("{what}{line}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::context;

    fn rendered(source: &'static str, context: Value) -> Result<String> {
        let mut environment = environment()?;
        add(&mut environment, "test.html", source)?;
        render(&environment, "test.html", context)
    }

    #[test]
    fn blocks_leave_no_trace_and_nothing_is_escaped() {
        let source = "{% for word in words %}\n    {% if word %}\n<{{ word | camel }}>\n    {% endif %}\n{% endfor %}\n";
        let words = context! { words => value(&["max_faces", "image"]) };
        assert_eq!(rendered(source, words).unwrap(), "<maxFaces>\n<image>\n");
    }

    #[test]
    fn words_in_every_case() {
        let source = "{{ 'MaxFaces' | snake }} {{ 'max_faces' | upper_camel }} {{ 'MaxFaces' | shouty }}";
        assert_eq!(rendered(source, context! {}).unwrap(), "max_faces MaxFaces MAX_FACES");
    }

    #[test]
    fn an_unknown_name_is_an_error_with_its_place() {
        let message = rendered("\n{{ absent }}", context! {}).unwrap_err().to_string();
        assert!(message.starts_with("test.html:2: "), "{message}");
    }

    #[test]
    fn data_keeps_its_types() {
        #[derive(Serialize)]
        struct Data {
            count: u32,
            rate: f64,
            absent: Option<u32>,
            open: bool,
        }
        let data = value(&Data { count: 3, rate: 0.5, absent: None, open: true });
        let source = "{{ count + 1 }} {{ rate }} {{ absent is none }} {{ 'yes' if open }}";
        assert_eq!(rendered(source, data).unwrap(), "4 0.5 True yes");
    }
}
