//! Objects, their futures, and the natives behind them, as their templates see them.

use serde::Serialize;

use super::javadoc::Comment;
use super::methods::{self, Form, MethodView, NativeView, TwinView};
use super::{data, names};
use crate::failure::Result;
use crate::generate::model::{Api, Object, Ty};

#[derive(Serialize)]
pub(super) struct ObjectView {
    name: String,
    comment: String,
    /// `NativeObject`, or `Job<…>`.
    base: String,
    close: String,
    constructors: Vec<MethodView>,
    methods: Vec<MethodView>,
    /// Whether it has futures.
    futures: bool,
    job: Option<JobView>,
}

/// What a job adds for the class `Job`.
#[derive(Serialize)]
struct JobView {
    answer: String,
    native_wait: String,
    /// The method that hands the answer over in parts, where there is no `result`.
    parts: Option<String>,
}

#[derive(Serialize)]
pub(super) struct FuturesView {
    name: String,
    comment: String,
    object: String,
    methods: Vec<TwinView>,
}

#[derive(Serialize)]
pub(super) struct FunctionsView {
    name: String,
    comment: String,
    methods: Vec<MethodView>,
}

pub(super) fn object(item: &Object, api: &Api) -> Result<ObjectView> {
    let constructor = Form { api, object: Some(&item.name), instance: false };
    let method = Form { api, object: Some(&item.name), instance: true };
    let job = names::is_job(item);
    // `Job` has the public waits.
    let methods = item.methods.iter().filter(|one| !(job && one.name == "wait"));
    Ok(ObjectView {
        name: item.name.clone(),
        comment: Comment::of(&item.doc).render(0),
        base: if job { format!("Job<{}>", methods::job_answer(item)?) } else { "NativeObject".to_owned() },
        close: names::native(Some(&item.name), "close"),
        constructors: item.constructors.iter().map(|one| constructor.method(one)).collect::<Result<_>>()?,
        methods: methods.map(|one| method.method(one)).collect::<Result<_>>()?,
        futures: !job,
        job: if job { Some(job_view(item)?) } else { None },
    })
}

fn job_view(item: &Object) -> Result<JobView> {
    let result = item.methods.iter().any(|method| method.name == "result" && method.params.is_empty());
    Ok(JobView {
        answer: methods::job_answer(item)?,
        native_wait: names::native(Some(&item.name), "wait"),
        parts: methods::parts(item).filter(|_| !result).map(|method| names::word(&method.name)),
    })
}

pub(super) fn futures(item: &Object, api: &Api) -> Result<FuturesView> {
    let form = Form { api, object: Some(&item.name), instance: true };
    let jobs: Vec<&Object> = api.objects.iter().filter(|object| names::is_job(object)).collect();
    let words = format!(
        "The operations of a {{@link {0}}} as futures; {{@link {0}#async()}} makes it. It needs no closing of its own: \
         close the {0} after its last call.",
        item.name
    );
    Ok(FuturesView {
        name: format!("Async{}", item.name),
        comment: Comment::text(words)
            .and(
                "A future that fails holds a {@link FaceException}. Cancelling one whose call has begun lets the call \
                 run to its end.",
            )
            .and(
                "A stage that hangs on a future may block, and may wait for another call. With an executor of your \
                 own it runs there, and blocks one of its threads.",
            )
            .render(0),
        object: item.name.clone(),
        methods: item.methods.iter().map(|one| form.twin(one, &jobs)).collect::<Result<_>>()?,
    })
}

pub(super) fn functions(api: &Api) -> Result<FunctionsView> {
    let form = Form { api, object: None, instance: false };
    Ok(FunctionsView {
        name: names::FUNCTIONS.to_owned(),
        comment: Comment::text("What needs no client.").render(0),
        methods: api.functions.iter().map(|one| form.method(one)).collect::<Result<_>>()?,
    })
}

/// Every native method, in the order of the definition.
pub(super) fn natives(api: &Api) -> Vec<NativeView> {
    let mut natives = Vec::new();
    for item in &api.objects {
        let name = Some(item.name.as_str());
        natives.extend(item.constructors.iter().map(|one| methods::native(name, one, false)));
        natives.extend(item.methods.iter().map(|one| methods::native(name, one, true)));
        natives.push(methods::closing(&item.name));
    }
    natives.extend(api.functions.iter().map(|one| methods::native(None, one, false)));
    natives.extend(
        api.records.iter().filter(|one| data::is_options(one)).map(|one| methods::defaults(&one.name)),
    );
    natives
}

/// Whether the API takes images at all.
pub(super) fn takes_images(api: &Api) -> bool {
    let objects = api.objects.iter().flat_map(|object| object.constructors.iter().chain(&object.methods));
    objects.chain(&api.functions).any(|method| method.params.iter().any(|param| param.ty == Ty::Image))
}
