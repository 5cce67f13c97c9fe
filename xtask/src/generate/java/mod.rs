//! The bindings for Java: the classes of package `io.facebridge`, and the native functions that they call.

mod data;
mod javadoc;
mod layout;
mod methods;
mod names;
mod objects;
mod rust;
mod types;

use minijinja::{Environment, Value, context};
use serde::Serialize;

use super::docs;
use super::model::Api;
use super::output::{GeneratedFile, MARKER};
use super::rustfmt::rustfmt;
use super::templates;
use crate::failure::Result;

/// Where this language's files lie, relative to the repository.
pub(super) const FOLDERS: &[&str] = &["bindings-java"];

const CLASSES: &str = "bindings-java/java/io/facebridge";

const TEMPLATES: [(&str, &str); 8] = [
    ("java/enum.java.j2", include_str!("enum.java.j2")),
    ("java/record.java.j2", include_str!("record.java.j2")),
    ("java/methods.java.j2", include_str!("methods.java.j2")),
    ("java/object.java.j2", include_str!("object.java.j2")),
    ("java/futures.java.j2", include_str!("futures.java.j2")),
    ("java/functions.java.j2", include_str!("functions.java.j2")),
    ("java/native.java.j2", include_str!("native.java.j2")),
    ("java/generated.rs.j2", include_str!("generated.rs.j2")),
];

/// What a class of Java's own is imported from, by the name that a file uses.
const IMPORTS: [(&str, &str); 6] = [
    ("ByteBuffer", "java.nio.ByteBuffer"),
    ("CompletableFuture", "java.util.concurrent.CompletableFuture"),
    ("Executor", "java.util.concurrent.Executor"),
    ("List", "java.util.List"),
    ("Path", "java.nio.file.Path"),
    ("Reference", "java.lang.ref.Reference"),
];

/// Every generated file of this language.
pub(super) fn files(api: &Api) -> Result<Vec<GeneratedFile>> {
    let mut templates = templates::environment()?;
    for (name, source) in TEMPLATES {
        templates::add(&mut templates, name, source)?;
    }
    let api = docs::translate(api, &names::Javadoc { api });
    let directions = data::directions(&api);
    let mut files = Vec::new();
    let mut class = |name: &str, template: &str, view: Value| -> Result<()> {
        files.push(java_file(name, &templates::render(&templates, template, view)?));
        Ok(())
    };
    for item in &api.enums {
        class(&item.name, "java/enum.java.j2", templates::value(&data::enumeration(item, &directions)))?;
    }
    for item in &api.records {
        class(&item.name, "java/record.java.j2", templates::value(&data::record(item, &directions)))?;
    }
    for item in &api.objects {
        class(&item.name, "java/object.java.j2", templates::value(&objects::object(item, &api)?))?;
        if !names::is_job(item) {
            let name = format!("Async{}", item.name);
            class(&name, "java/futures.java.j2", templates::value(&objects::futures(item, &api)?))?;
        }
    }
    if !api.functions.is_empty() {
        class(names::FUNCTIONS, "java/functions.java.j2", templates::value(&objects::functions(&api)?))?;
    }
    let natives = templates::value(&objects::natives(&api));
    class("Native", "java/native.java.j2", context! { hash => &api.hash, natives })?;
    files.push(rust_file(&templates, &rust::view(&api, &directions, objects::takes_images(&api)))?);
    Ok(files)
}

/// A class with its header: the imports are those whose names it uses.
fn java_file(name: &str, body: &str) -> GeneratedFile {
    let uses = |class: &str| {
        body.split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_').any(|word| word == class)
    };
    let mut imports: Vec<&str> =
        IMPORTS.iter().filter(|(class, _)| uses(class)).map(|(_, from)| *from).collect();
    imports.sort_unstable();
    let mut contents = format!("// {MARKER}\n\npackage io.facebridge;\n\n");
    for import in &imports {
        contents.push_str(&format!("import {import};\n"));
    }
    if !imports.is_empty() {
        contents.push('\n');
    }
    contents.push_str(&tidy(body));
    GeneratedFile { path: format!("{CLASSES}/{name}.java"), contents }
}

fn rust_file(templates: &Environment<'_>, view: &impl Serialize) -> Result<GeneratedFile> {
    let body = templates::render(templates, "java/generated.rs.j2", templates::value(view))?;
    let contents = rustfmt(&format!("// {MARKER}\n\n{body}"))?;
    Ok(GeneratedFile { path: "bindings-java/src/generated.rs".to_owned(), contents })
}

/// No empty line after an opening brace or another empty line, and none before a closing brace.
fn tidy(body: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in body.lines() {
        let line = line.trim_end();
        let before = lines.last().copied().unwrap_or("{");
        if line.is_empty() && (before.is_empty() || before.ends_with('{')) {
            continue;
        }
        if line.trim() == "}" && before.is_empty() {
            lines.pop();
        }
        lines.push(line);
    }
    let text = lines.join("\n");
    format!("{}\n", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::model::{Doc, Enum, Field, Method, Object, Record, Ty, Variant};

    #[test]
    fn imports_what_is_used_and_leaves_no_gaps() {
        let file = java_file("Face", "record Face(List<Path> a) {\n\n\n    void b() {\n    }\n\n}\n\n");
        assert!(file.contents.starts_with(&format!("// {MARKER}\n")));
        assert!(file.contents.contains("import java.nio.file.Path;\nimport java.util.List;\n\nrecord"));
        assert!(
            file.contents.ends_with("record Face(List<Path> a) {\n    void b() {\n    }\n}\n"),
            "{}",
            file.contents
        );
        assert!(!java_file("A", "class A {}").contents.contains("import"));
    }

    fn doc(summary: &str) -> Doc {
        Doc { summary: summary.to_owned(), ..Doc::default() }
    }

    fn field(name: &str, ty: Ty) -> Field {
        Field { name: name.to_owned(), doc: doc("Some part."), ty, by_reference: false }
    }

    fn method(name: &str, params: Vec<Field>, returns: Ty) -> Method {
        Method { name: name.to_owned(), doc: doc("Does it."), params, returns, fallible: true }
    }

    fn record(name: &str, fields: Vec<Field>, options: bool) -> Record {
        Record {
            name: name.to_owned(),
            doc: doc("Some data."),
            fields,
            input: true,
            output: !options,
            default: options,
            open: false,
        }
    }

    fn named(name: &str) -> Ty {
        Ty::Record(name.to_owned())
    }

    /// What the real definition does not have yet, but may have.
    fn api() -> Api {
        let variant =
            Variant { name: "NotFound".to_owned(), text: "not_found".to_owned(), value: 7, doc: doc("Not.") };
        Api {
            enums: vec![Enum {
                name: "ErrorKind".to_owned(),
                doc: doc("What went wrong."),
                variants: vec![variant],
                numbered: true,
                open: true,
            }],
            records: vec![
                record(
                    "Blob",
                    vec![field("content", Ty::Bytes), field("paths", Ty::List(Box::new(Ty::Path)))],
                    false,
                ),
                record(
                    "Person",
                    vec![
                        field("number", Ty::Sensitive),
                        field("full_name", Ty::Option(Box::new(Ty::Sensitive))),
                        field("rank", Ty::U32),
                    ],
                    true,
                ),
                record(
                    "SeekOptions",
                    vec![
                        field("most", Ty::Option(Box::new(Ty::U32))),
                        field("person", Ty::Option(Box::new(named("Person")))),
                    ],
                    true,
                ),
            ],
            objects: vec![Object {
                name: "Store".to_owned(),
                doc: doc("Keeps `Blob`."),
                constructors: vec![method("open", Vec::new(), Ty::Object("Store".to_owned()))],
                methods: vec![
                    method(
                        "seek",
                        vec![
                            field("image", Ty::Image),
                            field("note", Ty::Option(Box::new(Ty::Text))),
                            field("options", named("SeekOptions")),
                        ],
                        Ty::Option(Box::new(named("Blob"))),
                    ),
                    method(
                        "unlock",
                        vec![Field { by_reference: true, ..field("key", Ty::Sensitive) }],
                        Ty::Unit,
                    ),
                    method("keep", vec![field("blob", named("Blob")), field("raw", Ty::Bytes)], Ty::Unit),
                ],
            }],
            functions: Vec::new(),
            hash: "0123456789abcdef".to_owned(),
        }
    }

    fn contents(files: &[GeneratedFile], name: &str) -> String {
        files.iter().find(|file| file.path.ends_with(name)).expect(name).contents.clone()
    }

    #[test]
    fn every_shape_of_an_api_is_written() {
        let files = files(&api()).unwrap();
        let blob = contents(&files, "/Blob.java");
        assert!(blob.contains("public record Blob(ByteBuffer content, List<Path> paths) {"), "{blob}");
        assert!(blob.contains("content = Checks.copy(\"content\", content);"), "{blob}");
        assert!(blob.contains("return content.duplicate();"), "{blob}");
        let options = contents(&files, "/SeekOptions.java");
        assert!(options.contains("public SeekOptions withMost(Integer most) {"), "{options}");
        assert!(options.contains("public SeekOptions withPerson(Person person) {"), "{options}");
        assert!(options.contains("in.option(Reader::u32), in.option(Person::read)"), "{options}");
        assert!(options.contains("out.option(value.person(), Person::write);"), "{options}");
        let person = contents(&files, "/Person.java");
        assert!(
            person.contains("public record Person(String number, String fullName, int rank) {"),
            "{person}"
        );
        let shown = [
            r#"return "Person[number=<hidden>, fullName=""#,
            r#"(fullName == null ? null : "<hidden>")"#,
            r#"", rank=""#,
            "rank",
            r#""]";"#,
        ];
        assert!(person.contains(&shown.join(" + ")), "{person}");
        assert!(!blob.contains("toString"), "{blob}");
        let store = contents(&files, "/Store.java");
        assert!(store.contains("Keeps {@link Blob}."), "{store}");
        assert!(store.contains("public Blob seek(Path image) {"), "{store}");
        assert!(store.contains("in -> in.option(Blob::read)"), "{store}");
        assert!(
            store.contains("Native.storeKeep(handle(), out.document(), Checks.present(\"raw\", raw))"),
            "{store}"
        );
        let futures = contents(&files, "/AsyncStore.java");
        assert!(
            futures.contains("Executors.call(() -> { client.keep(blob, raw); return null; }, calls, stages)"),
            "{futures}"
        );
        let native = contents(&files, "/Native.java");
        assert!(native.contains("static final long API_HASH = 0x0123456789abcdefL;"), "{native}");
        let rust = contents(&files, "/generated.rs");
        assert!(rust.contains("let key = <api::Sensitive>::read(&mut input)?;"), "{rust}");
        assert!(rust.contains("object.unlock(&key)"), "{rust}");
        assert!(rust.contains("fn Java_io_facebridge_Native_storeSeek<'local>("), "{rust}");
        assert!(rust.contains("_ => return Err(unknown(\"ErrorKind\")),"), "{rust}");
    }

    #[test]
    fn what_java_cannot_have_is_refused() {
        let mut taken = api();
        taken.objects[0].methods[1].name = "notify".to_owned();
        assert!(files(&taken).unwrap_err().to_string().contains("a method of every Java object"));

        let mut job = api();
        let nothing = ["progress", "wait", "cancel"].map(|name| method(name, Vec::new(), Ty::Unit));
        job.objects[0].methods = nothing.to_vec();
        assert!(files(&job).unwrap_err().to_string().contains("Store is a job for Java"));
    }
}
