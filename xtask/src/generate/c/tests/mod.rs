//! Every type that may cross, in every place where it may stand: what is generated for C and C++ compiles.

mod stub;

use std::path::Path;
use std::process::Command;

use super::files;
use crate::files::{listing, root, write_atomically};
use crate::generate::model::{Api, Doc, Enum, Field, Method, Object, Record, Ty, Variant};

fn doc() -> Doc {
    let details = vec!["See `NoFace`.".to_owned()];
    Doc { summary: "Something.".to_owned(), details, errors: "`NoFace` at times.".to_owned() }
}

fn enumeration(name: &str, variants: &[(&str, i32)]) -> Enum {
    let variants = variants.iter().map(|(name, value)| Variant {
        name: (*name).to_owned(),
        text: name.to_lowercase(),
        value: *value,
        doc: doc(),
    });
    Enum { name: name.to_owned(), doc: doc(), variants: variants.collect(), numbered: true, open: true }
}

fn field(name: &str, ty: Ty) -> Field {
    Field { name: name.to_owned(), doc: doc(), ty, by_reference: false }
}

fn list(item: Ty) -> Ty {
    Ty::List(Box::new(item))
}

fn option(inner: Ty) -> Ty {
    Ty::Option(Box::new(inner))
}

fn scalars() -> Vec<Ty> {
    vec![Ty::Bool, Ty::U32, Ty::U64, Ty::F32, Ty::F64, Ty::Enum("Colour".to_owned())]
}

/// Everything that a record may hold, given a record to hold.
fn holdable(record: &str) -> Vec<Ty> {
    let record = Ty::Record(record.to_owned());
    let mut types = scalars();
    types.extend([Ty::Text, Ty::Path, Ty::Sensitive, record.clone()]);
    let single = types.clone();
    types.extend([Ty::Bytes, Ty::Floats]);
    types.extend(single.iter().cloned().map(option));
    types.extend(single.into_iter().filter(|item| ![Ty::F32, Ty::Sensitive].contains(item)).map(list));
    types
}

fn fields(types: Vec<Ty>) -> Vec<Field> {
    types.into_iter().enumerate().map(|(position, ty)| field(&format!("field_{position}"), ty)).collect()
}

fn record(name: &str, types: Vec<Ty>, (input, output, default): (bool, bool, bool)) -> Record {
    let open = input && default;
    Record { name: name.to_owned(), doc: doc(), fields: fields(types), input, output, default, open }
}

fn method(name: &str, params: Vec<Field>, returns: Ty) -> Method {
    Method { name: name.to_owned(), doc: doc(), params, returns, fallible: true }
}

/// Methods that take and return everything, named after what they are for.
fn methods() -> Vec<Method> {
    let held = Ty::Record("Held".to_owned());
    let mut taken = holdable("Held");
    let mut returned = taken.clone();
    returned.retain(|ty| ![Ty::Sensitive, option(Ty::Sensitive)].contains(ty));
    taken.push(Ty::Image);
    taken.extend([Ty::Record("Listed".to_owned()), list(Ty::Record("Listed".to_owned()))]);
    taken.extend(["Choices", "Needed"].map(|name| Ty::Record(name.to_owned())));
    taken.extend(["Choices", "Needed"].map(|name| option(Ty::Record(name.to_owned()))));
    returned.extend([Ty::Unit, held, Ty::Object("EmbeddingJob".to_owned())]);
    let takes = taken.into_iter().enumerate().map(|(position, ty)| {
        let by_reference = !super::layout::is_scalar(&ty) && ty != Ty::Image;
        let param = Field { by_reference, ..field("given", ty) };
        method(&format!("takes_{position}"), vec![param], Ty::Unit)
    });
    let gives = returned.into_iter().enumerate();
    let gives = gives.map(|(position, ty)| method(&format!("gives_{position}"), Vec::new(), ty));
    takes.chain(gives).collect()
}

fn api() -> Api {
    let object = |name: &str, methods: Vec<Method>| {
        let made = Ty::Object(name.to_owned());
        let options = field("options", Ty::Record("Choices".to_owned()));
        let constructors = vec![method("make", vec![options], made)];
        Object { name: name.to_owned(), doc: doc(), constructors, methods }
    };
    let mut choices = holdable("Inner");
    // A record that functions take too, and one that they do not.
    choices.extend(["Needed", "Extras"].map(|name| option(Ty::Record(name.to_owned()))));
    let functions = methods().into_iter().map(|one| Method { name: format!("plain_{}", one.name), ..one });
    Api {
        enums: vec![
            enumeration(
                "ErrorKind",
                &[
                    ("InvalidArgument", 1),
                    ("NoFace", 5),
                    ("Unsupported", 15),
                    ("Closed", 17),
                    ("Internal", 99),
                ],
            ),
            enumeration("PixelFormat", &[("Rgb", 0), ("Bgr", 1)]),
            enumeration("Colour", &[("Red", -1), ("Green", 7)]),
        ],
        records: vec![
            record("Inner", vec![Ty::Bool, Ty::Text], (true, true, false)),
            record("Held", holdable("Inner"), (true, true, false)),
            record("Listed", holdable("Inner"), (true, false, false)),
            record("Extras", holdable("Inner"), (true, false, true)),
            record("Needed", holdable("Held"), (true, false, false)),
            record("Choices", choices, (true, false, true)),
        ],
        objects: vec![object("Client", Vec::new()), object("EmbeddingJob", methods())],
        functions: functions.collect(),
        hash: "0123456789abcdef".to_owned(),
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn compiles(compiler: &str, arguments: &[&str], folder: &Path, source: &Path) {
    let include = format!("-I{}", folder.join("bindings-c/include").display());
    let helpers = format!("-I{}", root().unwrap().join("bindings-c/tests").display());
    run(Command::new(compiler)
        .args(["-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror", &include, &helpers])
        .args(arguments)
        .arg(source));
}

/// Compiles the shell, with the generated files of `folder`, against a core that has the API and does nothing.
fn glue_compiles(api: &Api, folder: &Path) {
    let shell = folder.join("bindings-c/src");
    for path in listing(&root().unwrap().join("bindings-c/src")).unwrap() {
        if path.is_file() {
            write_atomically(&shell.join(path.file_name().unwrap()), &std::fs::read(&path).unwrap()).unwrap();
        }
    }
    let rustc = |name: &str, source: &Path| {
        let mut rustc = Command::new("rustc");
        rustc.args(["--edition=2024", "--crate-type=lib", "--emit=metadata", "--crate-name", name]);
        rustc
            .env("CARGO_PKG_VERSION", "0.0.0")
            .arg("--out-dir")
            .arg(folder)
            .arg("-L")
            .arg(folder)
            .arg(source);
        rustc
    };
    for (name, text) in [("facebridge", stub::core(api)), ("libc", stub::LIBC.to_owned())] {
        let source = folder.join(format!("{name}.rs"));
        write_atomically(&source, text.as_bytes()).unwrap();
        run(rustc(name, &source).arg("--cap-lints=allow"));
    }
    let mut rustc = rustc("facebridge_c", &shell.join("lib.rs"));
    for name in ["facebridge", "libc"] {
        rustc.arg("--extern").arg(format!("{name}={}", folder.join(format!("lib{name}.rmeta")).display()));
    }
    run(rustc.args(["-Dwarnings", "-Dunsafe_op_in_unsafe_fn"]));
}

#[test]
fn every_type_in_every_place_compiles() {
    let folder = tempfile::tempdir().unwrap();
    let api = api();
    for file in files(&api).unwrap() {
        write_atomically(&folder.path().join(&file.path), file.contents.as_bytes()).unwrap();
    }
    glue_compiles(&api, folder.path());
    let misuse = folder.path().join("bindings-c/tests/misuse.c");
    compiles("cc", &["-std=c99"], folder.path(), &misuse);
    let header = folder.path().join("bindings-c/include/facebridge/facebridge.hpp");
    compiles("c++", &["-std=c++17", "-x", "c++"], folder.path(), &header);
    compiles("c++", &["-std=c++17", "-x", "c++", "-fno-exceptions"], folder.path(), &header);
}

#[test]
fn two_things_of_one_name_are_refused() {
    let mut api = api();
    api.functions.push(method("embedding_job_make", Vec::new(), Ty::Unit));
    assert!(files(&api).unwrap_err().to_string().contains("fb_embedding_job_make"));

    let mut api = self::api();
    api.objects[1].methods[0].params = vec![field("embedding_job", Ty::U32)];
    assert!(files(&api).unwrap_err().to_string().contains("the name of the object"));
}
