//! Methods, constructors and functions as their templates see them.

use heck::ToSnakeCase;
use serde::Serialize;

use super::data::{described, is_options};
use super::javadoc::{self, Comment};
use super::{layout, names, types};
use crate::failure::Result;
use crate::generate::model::{Api, Field, Method, Object, Ty};

/// A method of the native library.
#[derive(Serialize)]
pub(super) struct NativeView {
    name: String,
    /// `static native byte[] name(…);`
    declaration: String,
}

#[derive(Serialize)]
pub(super) struct MethodView {
    comment: String,
    /// `public Comparison compare(…) {`
    head: String,
    statements: Vec<String>,
    /// The call and what is made of its answer.
    answer: String,
    /// Whether it belongs to an object, which must live until the call returns.
    instance: bool,
    /// Whether the class `Job` declares it.
    overrides: bool,
    shortcuts: Vec<ShortcutView>,
}

/// The same method with fewer or other parameters.
#[derive(Serialize)]
struct ShortcutView {
    comment: String,
    head: String,
    body: String,
}

/// The same method as a future.
#[derive(Serialize)]
pub(super) struct TwinView {
    comment: String,
    head: String,
    body: String,
    shortcuts: Vec<ShortcutView>,
}

/// What stands where an image is taken.
#[derive(Clone, Copy, PartialEq)]
enum ImageForm {
    Any,
    Bytes,
    Path,
}

impl ImageForm {
    fn ty(self) -> &'static str {
        match self {
            Self::Any => "ImageInput",
            Self::Bytes => "byte[]",
            Self::Path => "Path",
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Self::Any => "encoded bytes, a file, or raw pixels",
            Self::Bytes => "the bytes of a JPEG, PNG, BMP or WebP file",
            Self::Path => "the path of a JPEG, PNG, BMP or WebP file",
        }
    }
}

/// The native behind a method: the handle first where there is an object, then the document of arguments where
/// there are any, then the bytes that travel by themselves.
pub(super) fn native(object: Option<&str>, method: &Method, instance: bool) -> NativeView {
    let mut params = Vec::new();
    if instance {
        params.push("long handle".to_owned());
    }
    if has_document(method) {
        params.push("byte[] arguments".to_owned());
    }
    for param in &method.params {
        let name = names::word(&param.name);
        match param.ty {
            Ty::Image => params.extend([format!("byte[] {name}Array"), format!("ByteBuffer {name}Buffer")]),
            Ty::Bytes => params.push(format!("byte[] {name}")),
            _ => {}
        }
    }
    let name = names::native(object, &method.name);
    NativeView { declaration: layout::call(&format!("static native byte[] {name}("), &params, ");", 4), name }
}

/// The native that closes an object.
pub(super) fn closing(object: &str) -> NativeView {
    let name = names::native(Some(object), "close");
    NativeView { declaration: format!("static native byte[] {name}(long handle);"), name }
}

/// The native that gives the defaults of options.
pub(super) fn defaults(record: &str) -> NativeView {
    let name = names::native(Some(record), "defaults");
    NativeView { declaration: format!("static native byte[] {name}();"), name }
}

fn has_document(method: &Method) -> bool {
    method.params.iter().any(|param| param.ty != Ty::Bytes)
}

/// How a method looks in one language form: on an object, or static.
pub(super) struct Form<'a> {
    pub(super) api: &'a Api,
    pub(super) object: Option<&'a str>,
    pub(super) instance: bool,
}

impl Form<'_> {
    pub(super) fn method(&self, method: &Method) -> Result<MethodView> {
        let name = names::method(&method.name)?;
        let modifier = if self.instance { "public " } else { "public static " };
        let returns = types::of_call(&method.returns, false);
        let head =
            |params: &[String]| layout::call(&format!("{modifier}{returns} {name}("), params, ") {", 4);
        let comment = self.comment(method, ImageForm::Any, &method.params);
        let shortcuts = self.shortcuts(method, &name, &comment, |params, arguments| {
            let result = if method.returns == Ty::Unit { "" } else { "return " };
            (head(params), layout::call(&format!("{result}{name}("), arguments, ");", 8))
        });
        Ok(MethodView {
            comment: comment.render(4),
            head: head(&declared(&method.params, ImageForm::Any)),
            statements: self.statements(method),
            answer: self.answer(method),
            instance: self.instance,
            overrides: self.overrides(&method.name),
            shortcuts,
        })
    }

    /// The future of a method; one that begins a job has the job's answer.
    pub(super) fn twin(&self, method: &Method, jobs: &[&Object]) -> Result<TwinView> {
        let name = names::method(&method.name)?;
        let job = jobs.iter().find(|job| method.returns == Ty::Object(job.name.clone()));
        let answer = match job {
            Some(job) => job_answer(job)?,
            None => types::of_call(&method.returns, true),
        };
        let head = |params: &[String]| {
            layout::call(&format!("public CompletableFuture<{answer}> {name}("), params, ") {", 4)
        };
        let arguments: Vec<String> = method.params.iter().map(|param| names::word(&param.name)).collect();
        let call = format!("client.{name}({})", arguments.join(", "));
        let body = match (job, &method.returns) {
            (Some(_), _) => format!("return Job.run(() -> {call}, waiting);"),
            (None, Ty::Unit) => {
                format!("return Executors.call(() -> {{ {call}; return null; }}, calls, stages);")
            }
            (None, _) => format!("return Executors.call(() -> {call}, calls, stages);"),
        };
        let owner = self.object.unwrap_or(names::FUNCTIONS);
        let link = format!("{{@link {owner}#{}}}", signature(&name, &method.params, ImageForm::Any));
        let words = match job {
            Some(_) => format!("As {link}, waited for. Cancelling the future cancels the job."),
            None => format!("As {link}."),
        };
        let mut comment = Comment::text(words);
        for param in &method.params {
            comment = comment.tag(
                &format!("@param {}", names::word(&param.name)),
                &self.param_text(param, ImageForm::Any),
            );
        }
        let result = match job {
            Some(_) => "the future of what the job answers".to_owned(),
            None => format!("the future of {}", self.result_text(&method.returns)),
        };
        comment = comment.tag("@return", &result);
        let shortcuts = self.shortcuts(method, &name, &comment, |params, arguments| {
            (head(params), layout::call(&format!("return {name}("), arguments, ");", 8))
        });
        Ok(TwinView {
            comment: comment.render(4),
            head: head(&declared(&method.params, ImageForm::Any)),
            body,
            shortcuts,
        })
    }

    fn overrides(&self, name: &str) -> bool {
        let job = self
            .api
            .objects
            .iter()
            .any(|known| self.object == Some(known.name.as_str()) && names::is_job(known));
        job && ["progress", "cancel"].contains(&name)
    }

    fn statements(&self, method: &Method) -> Vec<String> {
        let mut statements = Vec::new();
        if !self.instance {
            statements.push("NativeLibrary.load();".to_owned());
        }
        if has_document(method) {
            statements.push("Writer out = new Writer();".to_owned());
        }
        for param in method.params.iter().filter(|param| param.ty != Ty::Bytes) {
            let name = names::word(&param.name);
            statements.push(types::write(&param.ty, &types::checked(&param.ty, &name)));
        }
        statements
    }

    fn answer(&self, method: &Method) -> String {
        let mut arguments = Vec::new();
        if self.instance {
            arguments.push("handle()".to_owned());
        }
        if has_document(method) {
            arguments.push("out.document()".to_owned());
        }
        for param in &method.params {
            let name = names::word(&param.name);
            match param.ty {
                Ty::Image => arguments.extend([format!("{name}.array()"), format!("{name}.direct()")]),
                Ty::Bytes => arguments.push(types::checked(&param.ty, &name)),
                _ => {}
            }
        }
        let indent = if self.instance { 12 } else { 8 };
        let native = names::native(self.object, &method.name);
        let call = layout::call(&format!("Native.{native}("), &arguments, ")", indent + 8);
        let items = [call, types::reader(&method.returns)];
        match &method.returns {
            Ty::Unit => layout::call("Reader.answer(", &items, ");", indent),
            Ty::Object(name) => {
                let object = layout::call("Reader.answer(", &items, ")", indent + 12);
                format!("return new {name}({object});")
            }
            _ => layout::call("return Reader.answer(", &items, ");", indent),
        }
    }

    fn comment(&self, method: &Method, image: ImageForm, params: &[Field]) -> Comment {
        let mut comment = Comment::of(&method.doc);
        for param in params {
            comment =
                comment.tag(&format!("@param {}", names::word(&param.name)), &self.param_text(param, image));
        }
        if method.returns != Ty::Unit {
            comment = comment.tag("@return", &self.result_text(&method.returns));
        }
        let closed = "{@link ErrorKind#CLOSED} where this is closed";
        let errors = javadoc::phrase(&method.doc.errors);
        let errors = match (self.instance, errors.is_empty()) {
            (true, true) => closed.to_owned(),
            (true, false) => format!("{}; {closed}", errors.trim_end_matches('.')),
            (false, _) => errors,
        };
        comment.tag("@throws FaceException", &errors)
    }

    /// The same with trailing options left out, with the bytes or paths of images, and with both.
    fn shortcuts(
        &self,
        method: &Method,
        name: &str,
        full: &Comment,
        write: impl Fn(&[String], &[String]) -> (String, String),
    ) -> Vec<ShortcutView> {
        let kept = method
            .params
            .iter()
            .rposition(|param| self.default_of(&param.ty).is_none())
            .map_or(0, |at| at + 1);
        let takes_image = method.params.iter().any(|param| param.ty == Ty::Image);
        let forms: &[ImageForm] = if takes_image {
            &[ImageForm::Any, ImageForm::Bytes, ImageForm::Path]
        } else {
            &[ImageForm::Any]
        };
        let all = method.params.len();
        let counts: &[usize] = if kept < all { &[all, kept] } else { &[all] };
        let mut shortcuts = Vec::new();
        for &form in forms {
            for &count in counts {
                if form == ImageForm::Any && count == all {
                    continue;
                }
                let params = &method.params[..count];
                let arguments: Vec<String> = method
                    .params
                    .iter()
                    .enumerate()
                    .map(|(at, param)| self.argument(param, form, at < count))
                    .collect();
                let (head, body) = write(&declared(params, form), &arguments);
                let link = format!("{{@link #{}}}", signature(name, &method.params, ImageForm::Any));
                let what = if count < all { ", by the defaults" } else { "" };
                let mut comment = Comment::text(format!("As {link}{what}."));
                for param in params {
                    comment = comment
                        .tag(&format!("@param {}", names::word(&param.name)), &self.param_text(param, form));
                }
                comment = comment.same_return(full);
                shortcuts.push(ShortcutView { comment: comment.render(4), head, body });
            }
        }
        shortcuts
    }

    fn argument(&self, param: &Field, form: ImageForm, given: bool) -> String {
        let name = names::word(&param.name);
        if !given {
            return self.default_of(&param.ty).unwrap_or_default();
        }
        if param.ty == Ty::Image && form != ImageForm::Any {
            return format!("ImageInput.of(Checks.present(\"{name}\", {name}))");
        }
        name
    }

    /// What is passed where a parameter is left out, if it can be.
    fn default_of(&self, ty: &Ty) -> Option<String> {
        match ty {
            Ty::Option(_) => Some("null".to_owned()),
            Ty::Record(name) => {
                let record = self.api.records.iter().find(|record| record.name == *name)?;
                // Data without which there is nothing to do is no option, even where each part has a default.
                (is_options(record) && name.ends_with("Options")).then(|| format!("{name}.defaults()"))
            }
            _ => None,
        }
    }

    fn param_text(&self, param: &Field, image: ImageForm) -> String {
        let text = match &param.ty {
            Ty::Image => image.describe().to_owned(),
            Ty::Record(name) => self.summary(name),
            _ => "as described above".to_owned(),
        };
        described(&text, &param.ty)
    }

    fn result_text(&self, ty: &Ty) -> String {
        match ty {
            Ty::Record(name) | Ty::Enum(name) => javadoc::phrase(&self.summary(name)),
            Ty::Object(name) => format!("the {}", name.to_snake_case().replace('_', " ")),
            Ty::Option(inner) => format!("{}, or {{@code null}}", self.result_text(inner)),
            Ty::Unit => "nothing".to_owned(),
            _ => "what is described above".to_owned(),
        }
    }

    /// The first paragraph on a type, in Java's words.
    fn summary(&self, name: &str) -> String {
        let enums = self.api.enums.iter().map(|item| (&item.name, &item.doc));
        let records = self.api.records.iter().map(|item| (&item.name, &item.doc));
        let found = enums.chain(records).find(|(known, _)| *known == name);
        found.map(|(_, doc)| first_sentence(&doc.summary)).unwrap_or_default()
    }
}

fn first_sentence(text: &str) -> String {
    text.split_once(". ").map_or_else(|| text.to_owned(), |(first, _)| format!("{first}."))
}

fn declared(params: &[Field], form: ImageForm) -> Vec<String> {
    params
        .iter()
        .map(|param| format!("{} {}", param_type(&param.ty, form), names::word(&param.name)))
        .collect()
}

fn param_type(ty: &Ty, form: ImageForm) -> String {
    if *ty == Ty::Image { form.ty().to_owned() } else { types::of_call(ty, false) }
}

/// As a link in Javadoc writes it; type arguments are left out there.
fn signature(name: &str, params: &[Field], form: ImageForm) -> String {
    let types = params.iter().map(|param| match &param.ty {
        Ty::List(_) => "List".to_owned(),
        ty => param_type(ty, form),
    });
    format!("{name}({})", types.collect::<Vec<_>>().join(", "))
}

/// What a job answers in the end: the type of its `result`, or of a list that it hands over in parts.
pub(super) fn job_answer(job: &Object) -> Result<String> {
    if let Some(result) =
        job.methods.iter().find(|method| method.name == "result" && method.params.is_empty())
    {
        return Ok(types::of_call(&result.returns, true));
    }
    parts(job).map(|method| types::of_call(&method.returns, true)).ok_or_else(|| {
        crate::failure::Failure::new(format!(
            "{} is a job for Java (progress, wait, cancel) and has neither `result()` nor `take_…(count)`",
            job.name
        ))
    })
}

/// The method by which a job hands its answer over in parts: `take_outcomes(max_outcomes)`.
pub(super) fn parts(job: &Object) -> Option<&Method> {
    job.methods.iter().find(|method| {
        method.name.starts_with("take_")
            && matches!(method.returns, Ty::List(_))
            && matches!(method.params.as_slice(), [Field { ty: Ty::U32, .. }])
    })
}
