//! The reader on small definitions: what it makes of them, and what it says about those it refuses.

use std::fs;
use std::path::Path;

use super::*;
use crate::generate::model::{Doc, Field, Method, Ty};

const LIB: &str = "pub mod api;\nmod decision;\nmod error;\npub use error::{Error, ErrorKind, Result};\n";

const ERROR: &str = "
/// What went wrong.
#[repr(i32)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No face.
    NoFace = 5,
    /// A bug.
    Internal = 99,
}
/// A failure.
pub struct Error { kind: ErrorKind }
pub type Result<T> = std::result::Result<T, Error>;
";

const API: &str = "
//! The API.
mod client;
mod records;
pub use crate::decision::{Decision, policy::Mode};
pub use client::{Client, Job, optimize};
pub use crate::Error;
pub use records::{Face, ImageInput, Options, Point, Sensitive};
";

const DECISION: &str = "
pub mod policy;
mod inner;
pub(crate) use inner::Decision;
";

const POLICY: &str = "
/// How.
pub enum Mode {
    /// Small pictures first.
    SmallFirst,
    /// One pass.
    SinglePass,
}
";

const INNER: &str = "
/// What was decided.
pub enum Decision {
    /// Yes.
    Match = 1,
    /// No, see [`Decision::Match`].
    NoMatch = -1,
}
";

const RECORDS: &str = "
/// A face.
#[derive(Clone)]
pub struct Face {
    /// Where it is.
    pub centre: Point,
    /// Names it had.
    pub names: Vec<String>,
    /// The crop, where there is one.
    pub crop: Option<Point>,
}
/// A point.
pub struct Point {
    /// From the left.
    pub x: f32,
}
/// What may be chosen.
#[non_exhaustive]
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Most faces.
    pub max_faces: u32,
    /// Where models are.
    pub folder: Option<PathBuf>,
    /// How.
    pub mode: Mode,
    /// Raw bytes.
    pub bytes: Vec<u8>,
    /// A vector.
    pub vector: Vec<f32>,
    /// A key.
    pub key: Option<Sensitive>,
    /// Where to look.
    pub centre: Option<Point>,
}
/// By hand.
pub struct Sensitive(String);
/// By hand.
pub enum ImageInput<'a> { Path(&'a Path) }
";

const CLIENT: &str = "
/// Does everything.
pub struct Client { engine: Arc<Engine> }
/// Long work.
pub struct Job(Inner);
impl Client {
    /// Opens one.
    pub fn open(options: &Options, limits: Option<&Point>) -> Result<Self> { todo!() }
    /// Finds `max_faces` faces.
    ///
    /// # Errors
    /// `NoFace` where there is none.
    pub fn detect<'a>(&self, image: impl Into<ImageInput<'a>>, mode: Option<Mode>) -> Result<Vec<Face>> { todo!() }
    /// Starts a job.
    pub fn start(&self, paths: &[PathBuf], text: &str, folder: Option<&Path>, data: &[u8], floats: &[f32]) -> Result<Job> { todo!() }
    /// Whether it is open.
    pub fn is_open(&self) -> bool { true }
    pub(crate) fn hidden(&self, anything: HashMap<u8, u8>) {}
    fn private(self) {}
}
impl Debug for Client { fn fmt(&self) {} }
impl Job {
    /// Stops it.
    pub fn cancel(&self) -> Result<()> { todo!() }
    /// The decision, once there is one.
    pub fn decision(&self) -> Result<Option<Decision>> { todo!() }
}
/// Makes a model faster.
pub fn optimize(model: &[u8]) -> Result<Vec<u8>> { todo!() }
";

const FILES: [(&str, &str); 8] = [
    ("lib.rs", LIB),
    ("error.rs", ERROR),
    ("api/mod.rs", API),
    ("api/client.rs", CLIENT),
    ("api/records.rs", RECORDS),
    ("decision/mod.rs", DECISION),
    ("decision/policy.rs", POLICY),
    ("decision/inner.rs", INNER),
];

/// Reads the definition above after replacing `old` by `new` in one of its files.
fn changed(file: &str, old: &str, new: &str) -> Result<Api> {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in FILES {
        let mut text = text.to_owned();
        if path == file {
            assert!(text.contains(old), "{old} is not in {file}");
            text = text.replace(old, new);
        }
        let path = root.path().join("core/src").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    read(root.path())
}

fn api() -> Api {
    changed("lib.rs", "", "").unwrap()
}

/// The lines of the refusal, less its heading.
fn refused(file: &str, old: &str, new: &str) -> Vec<String> {
    let message = match changed(file, old, new) {
        Ok(_) => panic!("{new} was read"),
        Err(failure) => failure.to_string(),
    };
    let lines: Vec<String> = message.lines().map(|line| line.trim().to_owned()).collect();
    assert_eq!(lines[0], "the API definition cannot be carried to the other languages:", "{message}");
    lines[1..].to_vec()
}

fn names<T>(items: &[T], name: impl Fn(&T) -> &str) -> String {
    items.iter().map(name).collect::<Vec<_>>().join(" ")
}

fn list(ty: Ty) -> Ty {
    Ty::List(Box::new(ty))
}

fn option(ty: Ty) -> Ty {
    Ty::Option(Box::new(ty))
}

fn types(fields: &[Field]) -> Vec<(&str, Ty, bool)> {
    fields.iter().map(|field| (field.name.as_str(), field.ty.clone(), field.by_reference)).collect()
}

#[test]
fn finds_what_is_exported_in_the_order_of_its_definition() {
    let api = api();
    assert_eq!(names(&api.enums, |item| &item.name), "ErrorKind Decision Mode");
    assert_eq!(names(&api.records, |item| &item.name), "Point Face Options");
    assert_eq!(names(&api.objects, |item| &item.name), "Client Job");
    assert_eq!(names(&api.functions, |item| &item.name), "optimize");
    assert_eq!(names(&api.objects[0].constructors, |item| &item.name), "open");
    assert_eq!(names(&api.objects[0].methods, |item| &item.name), "detect start is_open");
}

#[test]
fn reads_enums() {
    let api = api();
    let [kind, decision, mode] = &api.enums[..] else { panic!("three enums") };
    assert!(kind.open && kind.numbered && !mode.open && !mode.numbered);
    let values = |item: &super::super::model::Enum| {
        item.variants.iter().map(|variant| (variant.text.clone(), variant.value)).collect::<Vec<_>>()
    };
    assert_eq!(values(decision), [("match".to_owned(), 1), ("no_match".to_owned(), -1)]);
    assert_eq!(values(mode), [("small_first".to_owned(), 0), ("single_pass".to_owned(), 1)]);
}

#[test]
fn reads_records() {
    let api = api();
    let [point, face, options] = &api.records[..] else { panic!("three records") };
    assert_eq!((point.input, point.output), (true, true));
    assert_eq!((face.input, face.output, face.default, face.open), (false, true, false, false));
    assert_eq!((options.input, options.output, options.default, options.open), (true, false, true, true));
    assert_eq!(
        types(&face.fields),
        [
            ("centre", Ty::Record("Point".to_owned()), false),
            ("names", list(Ty::Text), false),
            ("crop", option(Ty::Record("Point".to_owned())), false)
        ]
    );
    assert_eq!(
        types(&options.fields),
        [
            ("max_faces", Ty::U32, false),
            ("folder", option(Ty::Path), false),
            ("mode", Ty::Enum("Mode".to_owned()), false),
            ("bytes", Ty::Bytes, false),
            ("vector", Ty::Floats, false),
            ("key", option(Ty::Sensitive), false),
            ("centre", option(Ty::Record("Point".to_owned())), false)
        ]
    );
}

#[test]
fn reads_methods() {
    let api = api();
    let open = &api.objects[0].constructors[0];
    let point = option(Ty::Record("Point".to_owned()));
    assert_eq!(
        types(&open.params),
        [("options", Ty::Record("Options".to_owned()), true), ("limits", point, true)]
    );
    assert_eq!((&open.returns, open.fallible), (&Ty::Object("Client".to_owned()), true));
    let [detect, start, is_open] = &api.objects[0].methods[..] else { panic!("three methods") };
    assert_eq!(
        types(&detect.params),
        [("image", Ty::Image, false), ("mode", option(Ty::Enum("Mode".to_owned())), false)]
    );
    assert_eq!(detect.returns, list(Ty::Record("Face".to_owned())));
    assert_eq!(
        detect.doc,
        Doc {
            summary: "Finds `max_faces` faces.".to_owned(),
            details: Vec::new(),
            errors: "`NoFace` where there is none.".to_owned()
        }
    );
    assert_eq!(
        types(&start.params),
        [
            ("paths", list(Ty::Path), true),
            ("text", Ty::Text, true),
            ("folder", option(Ty::Path), true),
            ("data", Ty::Bytes, true),
            ("floats", Ty::Floats, true)
        ]
    );
    assert_eq!(start.returns, Ty::Object("Job".to_owned()));
    assert_eq!((&is_open.returns, is_open.fallible), (&Ty::Bool, false));
    let returns = |method: &Method| method.returns.clone();
    assert_eq!(
        api.objects[1].methods.iter().map(returns).collect::<Vec<_>>(),
        [Ty::Unit, option(Ty::Enum("Decision".to_owned()))]
    );
    assert_eq!(api.functions[0].returns, Ty::Bytes);
}

#[test]
fn reads_hidden_texts() {
    let new = "text: &Sensitive, note: Option<&Sensitive>";
    let api = changed("api/client.rs", "text: &str", new).unwrap();
    let start = &api.objects[0].methods[1];
    assert_eq!(
        types(&start.params)[1..3],
        [("text", Ty::Sensitive, true), ("note", option(Ty::Sensitive), true)]
    );
}

#[test]
fn a_default_may_be_written_out() {
    let point = "/// A point.\npub struct Point";
    let api = changed("api/records.rs", point, &format!("impl Default for Point {{ }}\n{point}")).unwrap();
    assert!(api.records[0].default);
}

#[test]
fn the_hash_sees_the_interface_and_not_its_texts() {
    let before = api().hash;
    assert_eq!(before.len(), 16);
    let better = changed("api/records.rs", "/// A point.", "/// A point in the picture.").unwrap();
    assert_eq!(better.hash, before);
    let wider = changed("api/records.rs", "pub x: f32", "pub x: f64").unwrap();
    assert_ne!(wider.hash, before);
}

#[test]
fn a_refusal_names_place_item_and_reason() {
    assert_eq!(
        refused("api/records.rs", "pub x: f32", "pub x: (f32, f32)"),
        ["core/src/api/records.rs:15: Point::x: `(f32, f32)` is a tuple; make it a record with named fields"]
    );
    assert_eq!(
        refused("api/client.rs", "text: &str", "text: String"),
        ["core/src/api/client.rs:15: Client::start: parameter `text`: a text is taken as `&str`"]
    );
}

#[test]
fn everything_wrong_is_said_at_once_and_in_order() {
    let lines = refused("api/records.rs", "x: f32", "x: usize,\n    /// To the top.\n    pub y: i32");
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("records.rs:15: Point::x: ") && lines[1].contains("records.rs:17: Point::y: "));
}

#[test]
fn refuses_types_without_counterpart() {
    for (ty, reason) in [
        ("u8", "numbers are `u32`, `u64`, `f32` or `f64`"),
        ("i32", "numbers are"),
        ("usize", "numbers are"),
        ("HashMap<String, u32>", "is a map or a set"),
        ("BTreeMap<String, u32>", "is a map or a set"),
        ("Box<Point>", "leave `Box` out"),
        ("Arc<Point>", "leave `Arc` out"),
        ("&'static str", "is a reference; only parameters borrow"),
        ("[f32; 5]", "is an array"),
        ("Vec<Vec<f32>>", "a list of lists"),
        ("Vec<Vec<String>>", "a list of lists"),
        ("Vec<Vec<u8>>", "a list of lists"),
        ("Vec<Option<u32>>", "a list of options"),
        ("Option<Vec<String>>", "an option of a list"),
        ("Option<Vec<u8>>", "an option of a list"),
        ("Option<Option<u32>>", "an option of an option"),
        ("Option<()>", "an option of nothing"),
        ("Vec<()>", "a list of nothing"),
        ("Vec<Sensitive>", "a list of hidden texts"),
        ("&Sensitive", "is a reference; only parameters borrow"),
        ("()", "an empty field"),
        ("Client", "is an object; records hold data only"),
        ("Vec<Client>", "objects come one by one"),
        ("Option<Client>", "return an error instead"),
        ("Strange", "`Strange` is not exported by core/src/api/mod.rs"),
        ("Face<u32>", "is generic"),
        ("fn(u32)", "has no counterpart"),
        ("Result<u32>", "only returned"),
        ("ImageInput<'static>", "an image is taken as"),
    ] {
        let lines = refused("api/records.rs", "names: Vec<String>", &format!("names: {ty}"));
        let first = lines.iter().find(|line| line.contains("Face::names: ")).unwrap();
        assert!(first.contains(reason), "{ty}: {first}");
    }
}

#[test]
fn refuses_parameters_without_counterpart() {
    for (ty, reason) in [
        ("String", "a text is taken as `&str`"),
        ("&String", "a text is taken as `&str`"),
        ("PathBuf", "a path is taken as `&Path`"),
        ("Sensitive", "a hidden text is taken as `&Sensitive`"),
        ("Option<Sensitive>", "a hidden text is taken as `&Sensitive`"),
        ("&[Sensitive]", "a list of hidden texts"),
        ("Vec<u8>", "bytes are taken as `&[u8]`"),
        ("Vec<String>", "a list is taken as `&[T]`"),
        ("&Vec<String>", "a list is taken as `&[T]`"),
        ("&[&str]", "is a reference"),
        ("&mut Point", "a parameter is never changed"),
        ("&'a str", "a named lifetime is for images alone"),
        ("&u32", "is taken by value"),
        ("&Mode", "is taken by value"),
        ("&Option<u32>", "an option is taken as `Option<&T>`"),
        ("Option<&[u8]>", "an option of a list"),
        ("Client", "is an object, which is never a parameter"),
        ("&Client", "is an object, which is never a parameter"),
        ("impl Fn(u32)", "of `impl` only"),
        ("impl Into<String>", "of `impl` only"),
        ("Option<impl Into<ImageInput<'a>>>", "an option of an image"),
        ("()", "an empty parameter"),
        ("(u32, u32)", "is a tuple"),
    ] {
        let lines = refused("api/client.rs", "mode: Option<Mode>", &format!("mode: {ty}"));
        let first = lines.iter().find(|line| line.contains("Client::detect: parameter `mode`: ")).unwrap();
        assert!(first.contains(reason), "{ty}: {first}");
    }
}

#[test]
fn refuses_signatures_without_counterpart() {
    for (old, new, reason) in [
        ("fn is_open(&self)", "fn is_open(&mut self)", "Client::is_open: a method takes `&self`"),
        ("fn is_open(&self)", "fn is_open(self)", "Client::is_open: a method takes `&self`"),
        ("fn is_open(&self)", "fn is_open(self: Arc<Self>)", "Client::is_open: a method takes `&self`"),
        ("fn is_open(&self)", "async fn is_open(&self)", "Client::is_open: it is `async`"),
        ("fn is_open(&self)", "unsafe fn is_open(&self)", "Client::is_open: it is `unsafe`"),
        ("fn is_open(&self)", "fn is_open<T>(&self)", "Client::is_open: it is generic"),
        ("fn is_open(&self)", "fn is_open<'a>(&self)", "Client::is_open: it is generic"),
        (
            "fn is_open(&self)",
            "fn is_open(&self, (a, b): Point)",
            "Client::is_open: a parameter has one name",
        ),
        ("-> bool", "-> (bool, u32)", "Client::is_open: what it returns: `(bool, u32)` is a tuple"),
        (
            "-> bool",
            "-> Sensitive",
            "Client::is_open: what it returns: a hidden text returned by itself is a plain text",
        ),
        (
            "-> bool",
            "-> Result<Option<Sensitive>>",
            "Client::is_open: what it returns: a hidden text returned by itself is a plain text",
        ),
        ("-> bool", "-> &str", "Client::is_open: what it returns: `&str` is a reference"),
        ("-> bool", "-> Result<bool, String>", "Client::is_open: what it returns: `Result` takes one type"),
        ("-> Result<Self>", "-> Result<Job>", "Client::open: a function without `self` makes the object"),
        ("-> Result<Self>", "-> u32", "Client::open: a function without `self` makes the object"),
    ] {
        let lines = refused("api/client.rs", old, new);
        assert!(lines.iter().any(|line| line.contains(reason)), "{new}: {lines:?}");
    }
}

#[test]
fn refuses_items_without_counterpart() {
    for (file, old, new, reason) in [
        (
            "decision/policy.rs",
            "SmallFirst,",
            "SmallFirst(u32),",
            "Mode::SmallFirst: a variant carries no data",
        ),
        ("decision/inner.rs", "Match = 1", "Match", "Decision::Match: either every variant has a number"),
        (
            "decision/inner.rs",
            "Match = 1",
            "Match = 1 << 3",
            "Decision::Match: its number is not a plain number",
        ),
        ("api/records.rs", "pub x: f32", "pub x: f32, y: f32", "Point: either every field is public"),
        (
            "api/records.rs",
            "{\n    /// From the left.\n    pub x: f32,\n}",
            "(pub f32);",
            "Point: the fields of a record have names",
        ),
        (
            "api/records.rs",
            "{\n    /// From the left.\n    pub x: f32,\n}",
            ";",
            "Point: a record has at least one field",
        ),
        (
            "api/records.rs",
            "pub struct Point",
            "pub struct Point<'a>",
            "Point: it is generic or has a lifetime",
        ),
        (
            "api/records.rs",
            "pub struct Point",
            "pub(crate) struct Point",
            "Point: it is exported but not `pub`",
        ),
        ("api/records.rs", "    pub x", "    #[cfg(unix)]\n    pub x", "Point::x: `#[cfg]`"),
        ("api/client.rs", "/// Makes", "#[cfg(unix)]\n/// Makes", "optimize: `#[cfg]`"),
        (
            "api/client.rs",
            "/// Makes a model faster.\npub fn optimize",
            "pub const optimize: u32 = 1; fn other",
            "optimize: only structs, enums and functions",
        ),
        (
            "api/records.rs",
            "pub x: f32",
            "pub x: f32,\n    /// Its face.\n    pub face: Vec<Face>",
            "Face: it contains itself: Face → Point → Face",
        ),
        ("api/client.rs", "-> Result<Vec<Face>>", "-> Result<()>", "Face: no method takes it or returns it"),
        (
            "api/client.rs",
            "-> Result<Job>",
            "-> Result<()>",
            "Job: no constructor, method or function returns it",
        ),
        ("api/records.rs", "Debug, Default", "Debug", "Options: it is `#[non_exhaustive]` without a default"),
    ] {
        let lines = refused(file, old, new);
        assert!(lines.iter().any(|line| line.contains(reason)), "{new}: {lines:?}");
    }
}

#[test]
fn refuses_exports_that_cannot_be_listed() {
    for (old, new, reason) in [
        (
            "{Face, ImageInput, Options, Point, Sensitive}",
            "*",
            "core/src/api/mod.rs:8: records::*: an export names each item",
        ),
        ("Sensitive}", "Point as Dot}", "core/src/api/mod.rs:8: Dot: an export keeps its name"),
        (
            "Sensitive}",
            "Sensitive, Ghost}",
            "core/src/api/mod.rs:8: Ghost: no struct, enum or function of this name",
        ),
    ] {
        let lines = refused("api/mod.rs", old, new);
        assert!(lines.iter().any(|line| line.starts_with(reason)), "{new}: {lines:?}");
    }
}

#[test]
fn refuses_names_that_another_language_cannot_take() {
    for (file, old, new, reason) in [
        ("api/records.rs", "pub x:", "pub lambda:", "Point::lambda: `lambda` is a keyword of Python"),
        ("api/records.rs", "pub x:", "pub package:", "Point::package: `package` is a keyword of Java"),
        ("api/records.rs", "pub x:", "pub r#struct:", "Point::struct: `struct` is a keyword of C++"),
        (
            "api/records.rs",
            "pub x:",
            "pub hash_code:",
            "Point::hash_code: `hash_code` is a method of every Java object",
        ),
        ("api/records.rs", "pub x:", "pub error:", "Point::error: `error` is what generated code calls"),
        (
            "api/client.rs",
            "text: &str",
            "out: &str",
            "Client::start: parameter `out` is what generated code calls",
        ),
        ("api/client.rs", "text: &str", "handle: &str", "Client::start: parameter `handle` is what"),
        (
            "api/client.rs",
            "text: &str",
            "instance_of: &str, new: bool",
            "Client::start: parameter `new` is a keyword of Java",
        ),
        ("api/client.rs", "fn cancel", "fn delete", "Job::delete: `delete` is a keyword of C++"),
        (
            "api/client.rs",
            "fn cancel",
            "fn close",
            "Job::close: `close` is what every language calls its own",
        ),
        ("api/client.rs", "fn cancel", "fn notify", "Job::notify: `notify` is a method of every Java object"),
        (
            "api/records.rs",
            "pub x: f32",
            "pub x_1: f32,\n    /// Twice.\n    pub x1: f32",
            "Point::x1: it would have the same name as `Point::x_1`",
        ),
        (
            "decision/inner.rs",
            "NoMatch",
            "MATCH",
            "Decision::MATCH: it would have the same name as `Decision::Match`",
        ),
        (
            "api/client.rs",
            "text: &str",
            "a_1: &str, a1: &str",
            "Client::start: parameters `a_1` and `a1` would have one name",
        ),
    ] {
        let lines = refused(file, old, new);
        assert!(lines.iter().any(|line| line.contains(reason)), "{new}: {lines:?}");
    }
}

#[test]
fn refuses_documentation_that_cannot_be_carried() {
    for (file, old, new, reason) in [
        ("api/records.rs", "/// From the left.", "", "records.rs:15: Point::x: it has no documentation"),
        ("api/records.rs", "/// A point.", "", "records.rs:13: Point: it has no documentation"),
        ("api/client.rs", "/// Stops it.", "///", "Job::cancel: it has no documentation"),
        ("decision/inner.rs", "/// Yes.", "", "Decision::Match: it has no documentation"),
        (
            "api/client.rs",
            "/// Stops it.",
            "/// Stops it,\n    /// or `None`.",
            "client.rs:24: Job::cancel: the documentation says `None`",
        ),
        (
            "api/client.rs",
            "/// Stops it.",
            "/// # Examples",
            "Job::cancel: the documentation: only one `# Errors`",
        ),
        (
            "api/client.rs",
            "/// Stops it.",
            "/// As [`Policy::new`].",
            "Job::cancel: the documentation names `Policy::new`, which the API does not export",
        ),
        ("decision/policy.rs", "SinglePass,", "NoMatch,\n    /// As `NoFace`, `NoMatch`.\n    Other,\n", ""),
    ] {
        if reason.is_empty() {
            // A bare name is that of the enum it stands in.
            changed(file, old, new).unwrap();
            continue;
        }
        let lines = refused(file, old, new);
        assert!(lines.iter().any(|line| line.contains(reason)), "{new}: {lines:?}");
    }
}

#[test]
fn says_where_a_file_is_not_rust() {
    let failure =
        changed("api/client.rs", "pub struct Client {", "pub struct Client }").unwrap_err().to_string();
    assert!(failure.starts_with("core/src/api/client.rs:3: this is not Rust: "), "{failure}");
}

#[test]
fn the_definition_itself_can_be_carried() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let api = read(root).unwrap();
    let client = api.objects.iter().find(|object| object.name == "Client").unwrap();
    assert!(client.methods.iter().any(|method| method.name == "detect"));
    assert_eq!(read(root).unwrap(), api);
}
