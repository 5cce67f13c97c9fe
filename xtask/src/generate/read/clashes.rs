//! Names that another language could not take: its keywords, and names that fall together in its case.

use std::collections::BTreeMap;

use heck::{ToLowerCamelCase, ToSnakeCase};

use super::exports::Definition;
use super::problems::{Place, Problems};
use super::prose;
use crate::generate::model::{Api, Field, Method};

const PYTHON: &[&str] = &[
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else",
    "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not",
    "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

const JAVA: &[&str] = &[
    "abstract",
    "assert",
    "boolean",
    "break",
    "byte",
    "case",
    "catch",
    "char",
    "class",
    "const",
    "continue",
    "default",
    "do",
    "double",
    "else",
    "enum",
    "extends",
    "false",
    "final",
    "finally",
    "float",
    "for",
    "goto",
    "if",
    "implements",
    "import",
    "instanceof",
    "int",
    "interface",
    "long",
    "native",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "short",
    "static",
    "strictfp",
    "super",
    "switch",
    "synchronized",
    "this",
    "throw",
    "throws",
    "transient",
    "true",
    "try",
    "void",
    "volatile",
    "while",
];

const CPP: &[&str] = &[
    "alignas",
    "alignof",
    "and",
    "asm",
    "auto",
    "bitand",
    "bitor",
    "bool",
    "break",
    "case",
    "catch",
    "char",
    "class",
    "compl",
    "concept",
    "const",
    "consteval",
    "constexpr",
    "constinit",
    "continue",
    "decltype",
    "default",
    "delete",
    "do",
    "double",
    "else",
    "enum",
    "explicit",
    "export",
    "extern",
    "false",
    "float",
    "for",
    "friend",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "mutable",
    "namespace",
    "new",
    "noexcept",
    "not",
    "nullptr",
    "operator",
    "or",
    "private",
    "protected",
    "public",
    "register",
    "requires",
    "restrict",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "struct",
    "switch",
    "template",
    "this",
    "throw",
    "true",
    "try",
    "typedef",
    "typeid",
    "typename",
    "union",
    "unsigned",
    "using",
    "virtual",
    "void",
    "volatile",
    "while",
    "xor",
];

/// What generated code calls its own variables.
const OWN: &[&str] = &["self", "out", "error", "handle"];

/// Methods without parameters that every Java object has; a record component cannot be called so either.
const OF_EVERY_OBJECT: &[&str] =
    &["clone", "finalize", "getClass", "hashCode", "notify", "notifyAll", "toString", "wait"];

/// What every language gives an object besides its methods.
const OF_OUR_OBJECTS: &[&str] = &["close", "free"];

/// Refuses every name that cannot be written in each language.
pub(super) fn find(api: &Api, definitions: &[Definition], problems: &mut Problems) {
    let mut finder = Finder { definitions, problems };
    let functions = api.functions.iter().map(|function| (None, function.name.as_str()));
    let types = definitions.iter().filter(|item| !api.functions.iter().any(|known| known.name == item.name));
    finder.apart(types.map(|definition| (None, definition.name.as_str())).chain(functions));
    for item in &api.enums {
        finder.apart(item.variants.iter().map(|variant| (Some(item.name.as_str()), variant.name.as_str())));
    }
    for item in &api.records {
        finder.apart(item.fields.iter().map(|field| (Some(item.name.as_str()), field.name.as_str())));
        for field in &item.fields {
            finder.variable(Some(&item.name), Some(&field.name), &field.name, "");
            finder.listed(Some(&item.name), &field.name, OF_EVERY_OBJECT, "a method of every Java object");
        }
    }
    for item in &api.objects {
        for method in item.constructors.iter().chain(&item.methods) {
            finder.method(Some(&item.name), method);
            finder.listed(
                Some(&item.name),
                &method.name,
                OF_OUR_OBJECTS,
                "what every language calls its own",
            );
            if method.params.is_empty() {
                let owner = Some(item.name.as_str());
                finder.listed(owner, &method.name, OF_EVERY_OBJECT, "a method of every Java object");
            }
        }
    }
    for function in &api.functions {
        finder.method(None, function);
    }
    // C has one space of names: `Job::list_free` and `JobList::free` would meet there.
    let of_objects = api.objects.iter().flat_map(|object| {
        let methods = object.constructors.iter().chain(&object.methods);
        methods.map(|method| (Some(object.name.as_str()), method.name.as_str()))
    });
    finder.apart(of_objects.chain(api.functions.iter().map(|function| (None, function.name.as_str()))));
}

struct Finder<'a> {
    definitions: &'a [Definition],
    problems: &'a mut Problems,
}

impl Finder<'_> {
    fn method(&mut self, owner: Option<&str>, method: &Method) {
        if let Some(language) = keyword(&method.name) {
            self.add(owner, Some(&method.name), format!("`{}` is a keyword of {language}", method.name));
        }
        let mut known: BTreeMap<String, &Field> = BTreeMap::new();
        for param in &method.params {
            self.variable(owner, Some(&method.name), &param.name, "parameter ");
            if let Some(other) = known.insert(param.name.to_lower_camel_case(), param) {
                let reason =
                    format!("parameters `{}` and `{}` would have one name in Java", other.name, param.name);
                self.add(owner, Some(&method.name), reason);
            }
        }
    }

    /// A field or parameter: what generated code makes a variable of.
    fn variable(&mut self, owner: Option<&str>, member: Option<&str>, name: &str, what: &str) {
        if let Some(language) = keyword(name) {
            self.add(owner, member, format!("{what}`{name}` is a keyword of {language}"));
        } else if OWN.contains(&name) {
            self.add(owner, member, format!("{what}`{name}` is what generated code calls its own variable"));
        }
    }

    fn listed(&mut self, owner: Option<&str>, name: &str, list: &[&str], what: &str) {
        if list.contains(&name.to_lower_camel_case().as_str()) {
            self.add(owner, Some(name), format!("`{name}` is {what}"));
        }
    }

    /// Refuses names that are one in snake or camel case.
    fn apart<'n>(&mut self, names: impl Iterator<Item = (Option<&'n str>, &'n str)>) {
        let mut known: BTreeMap<String, String> = BTreeMap::new();
        for (owner, name) in names {
            let full = prose::name(owner, Some(name));
            let flat = full.replace("::", "_").to_snake_case().replace('_', "");
            if let Some(other) = known.insert(flat, full.clone()) {
                self.add(
                    owner,
                    Some(name),
                    format!("it would have the same name as `{other}` in another language"),
                );
            }
        }
    }

    fn add(&mut self, owner: Option<&str>, member: Option<&str>, reason: String) {
        let item = owner.or(member).and_then(|name| self.definitions.iter().find(|item| item.name == name));
        let place = match (item, member) {
            (Some(item), Some(member)) => item.member_place(member),
            (Some(item), None) => item.place(),
            (None, _) => Place { file: "core/src/api/mod.rs".to_owned(), line: 1 },
        };
        self.problems.add(place, &prose::name(owner, member), reason);
    }
}

/// The first language of which a name is a keyword, in snake or in camel case.
fn keyword(name: &str) -> Option<&'static str> {
    let camel = name.to_lower_camel_case();
    let is = |words: &[&str]| words.contains(&name) || words.contains(&camel.as_str());
    [("Python", PYTHON), ("Java", JAVA), ("C++", CPP)]
        .into_iter()
        .find(|(_, words)| is(words))
        .map(|(name, _)| name)
}
