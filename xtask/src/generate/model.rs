//! The API as data: what `core/src/api/mod.rs` exports, and nothing else. Every template reads this.

use serde::Serialize;

/// Everything that crosses a language boundary, each list in the order of the definition.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Api {
    /// Closed sets of names; `ErrorKind` is one of them.
    pub(crate) enums: Vec<Enum>,
    /// Plain data. A record stands after the records that it contains.
    pub(crate) records: Vec<Record>,
    /// Things with a life: clients and jobs. They are closed.
    pub(crate) objects: Vec<Object>,
    /// Functions without an object.
    pub(crate) functions: Vec<Method>,
    /// The first 16 hexadecimal digits of the SHA-256 over everything above: library and wrapper compare it.
    pub(crate) hash: String,
}

/// A closed set of names.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Enum {
    /// In upper camel case, as in Rust.
    pub(crate) name: String,
    pub(crate) doc: Doc,
    /// In the order of the definition.
    pub(crate) variants: Vec<Variant>,
    /// Whether the numbers mean something to the user (a discriminant is written in the definition).
    pub(crate) numbered: bool,
    /// New names may be added (`#[non_exhaustive]`).
    pub(crate) open: bool,
}

/// One name of an enum.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Variant {
    /// In upper camel case, as in Rust.
    pub(crate) name: String,
    /// In snake case: what serialised data, the command line and configuration files say.
    pub(crate) text: String,
    /// The number in C and on the wire: the discriminant, or the position from 0.
    pub(crate) value: i32,
    pub(crate) doc: Doc,
}

/// Plain data with named public fields.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Record {
    /// In upper camel case.
    pub(crate) name: String,
    pub(crate) doc: Doc,
    pub(crate) fields: Vec<Field>,
    /// Users make it and pass it in (directly or within another record).
    pub(crate) input: bool,
    /// The library makes it and hands it out (directly or within another record).
    pub(crate) output: bool,
    /// It has a default value, so every field may be left out when it is made.
    pub(crate) default: bool,
    /// A language may add fields when it makes a new release (`#[non_exhaustive]` in Rust).
    pub(crate) open: bool,
}

/// A field of a record, or a parameter of a method.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Field {
    /// In snake case.
    pub(crate) name: String,
    /// Empty for parameters: they are described in the method's text.
    pub(crate) doc: Doc,
    pub(crate) ty: Ty,
    /// A parameter taken as `&T` rather than `T`. (`&str`, `&Path`, `&[u8]` are always so.)
    pub(crate) by_reference: bool,
}

/// A thing with a life.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Object {
    /// In upper camel case.
    pub(crate) name: String,
    pub(crate) doc: Doc,
    /// Functions without `self` that return the object.
    pub(crate) constructors: Vec<Method>,
    /// Methods on `&self`.
    pub(crate) methods: Vec<Method>,
}

/// A method, constructor or function.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Method {
    /// In snake case.
    pub(crate) name: String,
    pub(crate) doc: Doc,
    pub(crate) params: Vec<Field>,
    pub(crate) returns: Ty,
    /// It returns a `Result` in Rust.
    pub(crate) fallible: bool,
}

/// Documentation, in Markdown, as written: paragraphs are separated by empty lines. Links and names in
/// backticks are still those of Rust; `docs::translate` turns them into another language's.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Doc {
    /// The first paragraph, on one line.
    pub(crate) summary: String,
    /// The paragraphs between the first and `# Errors`, each on one line (list items keep their lines).
    pub(crate) details: Vec<String>,
    /// The text under `# Errors`, on one line; empty where there is none.
    pub(crate) errors: String,
}

/// Every type that may cross the boundary. Anything else is an error at generation time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "of", rename_all = "snake_case")]
pub(crate) enum Ty {
    /// Nothing; only returned.
    Unit,
    Bool,
    U32,
    U64,
    F32,
    F64,
    /// UTF-8 text: `&str` in, `String` out.
    Text,
    /// Text that no `repr`, `toString` or debug output shows: `&Sensitive` in, `Sensitive` in a record. Never in a
    /// list, nor returned by itself.
    Sensitive,
    /// A path: `&Path` in, `PathBuf` in a record or a list.
    Path,
    /// Bytes: `&[u8]` in, `Vec<u8>` out.
    Bytes,
    /// An image, in any of the ways to hand one over: `impl Into<ImageInput<'a>>`; only a parameter.
    Image,
    /// `Vec<f32>`, kept apart from other lists because each language has an array for it.
    Floats,
    /// The name of an enum.
    Enum(String),
    /// The name of a record.
    Record(String),
    /// The name of an object; only returned.
    Object(String),
    /// `Vec<T>` in records and results, `&[T]` as a parameter. Never of a list, an option, bytes or floats.
    List(Box<Ty>),
    /// `Option<T>`. Never of a list, an option or unit.
    Option(Box<Ty>),
}
