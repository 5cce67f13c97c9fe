//! The API as the templates of Python need it.

use super::docstring::{self, Argument};
use super::types;
use crate::failure::{Failure, Result};
use crate::generate::model::{Api, Doc, Enum, Field, Method, Object, Record, Ty};
use heck::ToShoutySnakeCase;
use serde::Serialize;
use std::collections::BTreeSet;

/// Everything that is generated.
#[derive(Serialize)]
pub(super) struct Module {
    hash: String,
    enums: Vec<EnumView>,
    errors: Vec<ErrorView>,
    records: Vec<RecordView>,
    objects: Vec<ObjectView>,
    functions: Vec<Callable>,
    /// What `_facebridge` exports for users, sorted.
    native_names: Vec<String>,
    enum_names: Vec<String>,
    error_names: Vec<String>,
    async_names: Vec<String>,
    /// `__all__`, sorted.
    all: Vec<String>,
}

#[derive(Serialize)]
struct EnumView {
    name: String,
    path: String,
    numbered: bool,
    doc: Vec<String>,
    variants: Vec<VariantView>,
}

#[derive(Serialize)]
struct VariantView {
    rust: String,
    member: String,
    text: String,
    value: i32,
    doc: Vec<String>,
}

#[derive(Serialize)]
struct ErrorView {
    name: String,
    member: String,
    /// Classes of Python that the exception also is.
    bases: &'static [&'static str],
    doc: Vec<String>,
}

#[derive(Serialize)]
struct RecordView {
    name: String,
    path: String,
    visible: bool,
    /// Every field may be left out.
    default: bool,
    doc: Vec<String>,
    fields: Vec<FieldView>,
}

#[derive(Serialize)]
struct FieldView {
    name: String,
    doc: Vec<String>,
    given: String,
    taken: String,
    /// What the stub shows as the default; empty where the field must be given.
    stub_default: &'static str,
}

#[derive(Serialize)]
struct ObjectView {
    name: String,
    path: String,
    doc: Vec<String>,
    constructors: Vec<Callable>,
    methods: Vec<Callable>,
    /// Whether it is long work that can be waited for.
    job: bool,
    /// The name of its result's type, where it has one.
    result: String,
    /// The type of one outcome, where they are handed out bit by bit.
    feed: Option<String>,
}

/// How a method is called.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Manner {
    Plain,
    /// It waits, in steps between which signals are answered.
    Wait,
    /// It needs the end of a job, and waits for that first.
    AfterWait,
}

#[derive(Serialize)]
struct Callable {
    name: String,
    /// In Rust: `api::Client::local` or `api::optimize_model`.
    path: String,
    doc: Vec<String>,
    manner: Manner,
    fallible: bool,
    params: Vec<ParamView>,
    /// The parameters as Python writes them, keyword-only ones after `*`.
    python_params: Vec<PythonParam>,
    returns: String,
    returns_unit: bool,
    /// The class that Rust returns, of a record or an object; otherwise empty.
    returns_class: String,
    /// The object that is returned, or empty.
    returns_object: String,
}

/// A parameter of the core's function.
#[derive(Serialize)]
struct ParamView {
    name: String,
    rust: String,
    /// How it is handed to the core.
    passed: String,
    /// It is read, then lent: images and bytes.
    lent: bool,
    /// It may be left out.
    optional: bool,
    /// The keyword arguments that make it, where it is flattened.
    fields: Option<Vec<String>>,
}

/// A parameter of the Python function.
#[derive(Serialize)]
struct PythonParam {
    name: String,
    taken: String,
    /// As in the stub; empty where it must be given.
    stub_default: &'static str,
    keyword_only: bool,
}

/// Absent: a field's own default, which is written in the core alone.
const OWN_DEFAULT: &str = "...";

pub(super) fn module(api: &Api) -> Result<Module> {
    let visible = types::visible_records(api);
    let records: Vec<_> =
        api.records.iter().map(|record| record_view(record, visible.contains(&record.name), api)).collect();
    let objects = api.objects.iter().map(|object| object_view(object, api)).collect::<Result<Vec<_>>>()?;
    let functions =
        api.functions.iter().map(|function| callable(function, None, api)).collect::<Result<Vec<_>>>()?;
    let errors: Vec<_> =
        api.enums.iter().filter(|item| item.name == types::ERROR_KIND).flat_map(error_views).collect();

    let by_hand = ["FloatArray", "Picture", "Pixels", "draw"].map(str::to_owned);
    let visible_names = records.iter().filter(|record| record.visible).map(|record| record.name.clone());
    let native_names = sorted(
        by_hand
            .into_iter()
            .chain(visible_names)
            .chain(objects.iter().map(|object| object.name.clone()))
            .chain(functions.iter().map(|function| function.name.clone())),
    );
    let enum_names = sorted(api.enums.iter().map(|item| item.name.clone()));
    let error_names = sorted(errors.iter().map(|error| error.name.clone()).chain(["FaceError".to_owned()]));
    let async_names = sorted(objects.iter().map(|object| format!("Async{}", object.name)));
    let others = ["ImageLike", "__version__"].map(str::to_owned);
    let names = [&native_names[..], &enum_names, &error_names, &async_names, &others];
    let all = sorted(names.iter().flat_map(|names| names.iter().cloned()));
    if let Some(twice) = all.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(Failure::new(format!("Python would have two things called {}", twice[0])));
    }
    Ok(Module {
        hash: api.hash.clone(),
        enums: api.enums.iter().map(enum_view).collect(),
        errors,
        records,
        objects,
        functions,
        native_names,
        enum_names,
        error_names,
        async_names,
        all,
    })
}

fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

fn enum_view(item: &Enum) -> EnumView {
    let variants = item.variants.iter().map(|variant| VariantView {
        rust: variant.name.clone(),
        member: variant.name.to_shouty_snake_case(),
        text: variant.text.clone(),
        value: variant.value,
        doc: docstring::plain(&variant.doc, 4),
    });
    EnumView {
        name: item.name.clone(),
        path: types::path(&item.name),
        numbered: item.numbered,
        doc: docstring::plain(&item.doc, 4),
        variants: variants.collect(),
    }
}

fn error_views(kinds: &Enum) -> impl Iterator<Item = ErrorView> {
    kinds.variants.iter().map(|kind| ErrorView {
        name: types::exception(&kind.name),
        member: kind.name.to_shouty_snake_case(),
        // What Python's own functions would raise, so that usual handlers catch it.
        bases: match kind.name.as_str() {
            "InvalidArgument" => &["ValueError", "TypeError"],
            "Io" => &["OSError"],
            "Unsupported" => &["NotImplementedError"],
            _ => &[],
        },
        doc: docstring::plain(&kind.doc, 4),
    })
}

fn record_view(record: &Record, visible: bool, api: &Api) -> RecordView {
    let fields = record.fields.iter().map(|field| FieldView {
        name: field.name.clone(),
        doc: docstring::plain(&field.doc, 8),
        given: types::given(&field.ty),
        taken: types::taken(&field.ty, api),
        stub_default: stub_default(&field.ty, record.default),
    });
    RecordView {
        name: record.name.clone(),
        path: types::path(&record.name),
        visible,
        default: record.default,
        doc: docstring::plain(&record.doc, 4),
        fields: fields.collect(),
    }
}

fn stub_default(ty: &Ty, may_be_absent: bool) -> &'static str {
    match ty {
        Ty::Option(_) => "None",
        _ if may_be_absent => OWN_DEFAULT,
        _ => "",
    }
}

fn object_view(object: &Object, api: &Api) -> Result<ObjectView> {
    let constructors = object.constructors.iter().map(|method| callable(method, Some(object), api));
    let methods = object.methods.iter().map(|method| callable(method, Some(object), api));
    let result = object.methods.iter().find(|method| manner(method, Some(object)) == Manner::AfterWait);
    let feed = object.methods.iter().find_map(|method| match (&method.params[..], &method.returns) {
        ([Field { ty: Ty::U32, .. }], Ty::List(item)) if method.name == "take_outcomes" => {
            Some(types::given(item))
        }
        _ => None,
    });
    Ok(ObjectView {
        name: object.name.clone(),
        path: types::path(&object.name),
        doc: docstring::plain(&object.doc, 4),
        constructors: constructors.collect::<Result<_>>()?,
        methods: methods.collect::<Result<_>>()?,
        job: is_job(object),
        result: result.map(|method| types::given(&method.returns)).unwrap_or_default(),
        feed,
    })
}

fn is_wait(method: &Method) -> bool {
    let seconds = Ty::Option(Box::new(Ty::F64));
    method.returns == Ty::Bool
        && matches!(&method.params[..], [param] if param.name == "timeout_seconds" && param.ty == seconds)
}

fn is_job(object: &Object) -> bool {
    object.methods.iter().any(|method| method.name == "wait" && is_wait(method))
}

fn manner(method: &Method, owner: Option<&Object>) -> Manner {
    if is_wait(method) {
        Manner::Wait
    } else if method.name == "result" && method.params.is_empty() && owner.is_some_and(is_job) {
        Manner::AfterWait
    } else {
        Manner::Plain
    }
}

fn callable(method: &Method, owner: Option<&Object>, api: &Api) -> Result<Callable> {
    let flattened = types::flattened(method, api);
    let manner = manner(method, owner);
    let mut params = Vec::new();
    let mut python_params = Vec::new();
    let mut arguments = Vec::new();
    for (position, param) in method.params.iter().enumerate() {
        let optional = matches!(param.ty, Ty::Option(_));
        let record = flattened.filter(|_| position + 1 == method.params.len());
        params.push(ParamView {
            name: param.name.clone(),
            rust: types::rust(&param.ty),
            passed: types::passed(&param.name, &param.ty, param.by_reference),
            lent: matches!(param.ty, Ty::Image | Ty::Bytes),
            optional,
            fields: record.map(|record| record.fields.iter().map(|field| field.name.clone()).collect()),
        });
        match record {
            Some(record) => {
                for field in &record.fields {
                    let text = std::iter::once(&field.doc.summary).chain(&field.doc.details);
                    let text = text.cloned().collect::<Vec<_>>().join(" ");
                    arguments.push(Argument { name: field.name.clone(), text });
                    python_params.push(PythonParam {
                        name: field.name.clone(),
                        taken: types::taken(&field.ty, api),
                        stub_default: stub_default(&field.ty, true),
                        keyword_only: true,
                    });
                }
            }
            None => {
                let text = if mentions(&method.doc, &param.name) {
                    "See above.".to_owned()
                } else {
                    types::phrase(&param.ty, api)
                };
                arguments.push(Argument { name: param.name.clone(), text });
                python_params.push(PythonParam {
                    name: param.name.clone(),
                    taken: types::taken(&param.ty, api),
                    stub_default: stub_default(&param.ty, false),
                    keyword_only: false,
                });
            }
        }
    }
    let mut doc = method.doc.clone();
    if manner == Manner::AfterWait {
        doc.details.insert(0, "Waits for that first; Ctrl-C ends the wait.".to_owned());
        arguments.push(Argument {
            name: "timeout_seconds".to_owned(),
            text: "The longest wait; `None` for no limit.".to_owned(),
        });
        python_params.push(PythonParam {
            name: "timeout_seconds".to_owned(),
            taken: "float | None".to_owned(),
            stub_default: "None",
            keyword_only: false,
        });
    }
    one_name_each(method, &params, &python_params)?;
    let of = |name: &str| {
        owner.map_or_else(|| types::path(name), |owner| format!("{}::{name}", types::path(&owner.name)))
    };
    Ok(Callable {
        name: method.name.clone(),
        path: of(&method.name),
        doc: docstring::callable(
            &doc,
            &arguments,
            &returns_text(&method.returns, api),
            if owner.is_some() { 8 } else { 4 },
        ),
        manner,
        fallible: method.fallible,
        params,
        python_params,
        returns: types::given(&method.returns),
        returns_unit: method.returns == Ty::Unit,
        returns_class: match &method.returns {
            Ty::Record(name) => format!("records::{name}"),
            Ty::Object(name) if owner.is_none() => format!("objects::{name}"),
            Ty::Object(name) => name.clone(),
            _ => String::new(),
        },
        returns_object: match &method.returns {
            Ty::Object(name) => name.clone(),
            _ => String::new(),
        },
    })
}

/// Whether a text says what a parameter is for.
fn mentions(doc: &Doc, name: &str) -> bool {
    let quoted = format!("`{name}`");
    std::iter::once(&doc.summary).chain(&doc.details).any(|text| text.contains(&quoted))
}

/// Keyword arguments stand beside the other parameters, and beside the variable that they are put into.
fn one_name_each(method: &Method, params: &[ParamView], python_params: &[PythonParam]) -> Result<()> {
    let mut known = BTreeSet::new();
    let records = params.iter().filter(|param| param.fields.is_some()).map(|param| &param.name);
    match python_params.iter().map(|param| &param.name).chain(records).find(|name| !known.insert(*name)) {
        Some(name) => {
            Err(Failure::new(format!("in Python, {} would have two parameters `{name}`", method.name)))
        }
        None => Ok(()),
    }
}

fn returns_text(ty: &Ty, api: &Api) -> String {
    let doc = match ty {
        Ty::Record(name) => api.records.iter().find(|item| item.name == *name).map(|item| &item.doc),
        Ty::Object(name) => api.objects.iter().find(|item| item.name == *name).map(|item| &item.doc),
        _ => None,
    };
    doc.map(docstring::first_sentence).unwrap_or_default()
}
