//! The operations on galleries.

use super::{Digest, Values, name, names, number};
use facebridge::api::{
    CandidateList, Client, EngineOptions, EnrollItem, EnrollOptions, EnrollSource, Enrollment, ExportOptions,
    GalleryOptions, IdentifyOptions, SelectedFace, SubjectAttributes, TransferJob, UpdateFaceOptions,
    Verification, restore_galleries, verify_audit_log,
};
use facebridge::{Error, Result};
use std::path::{Path, PathBuf};

/// The client of the store that was used last.
#[derive(Default)]
pub(super) struct Stores(Option<(String, Client)>);

impl Stores {
    fn client(&mut self, values: &Values<'_>, options: &EngineOptions) -> Result<Client> {
        let place = format!("{} {}", values.get("store"), values.get("key"));
        if let Some((open, client)) = &self.0
            && *open == place
        {
            return Ok(client.clone());
        }
        self.0 = None;
        let mut options = options.clone();
        options.gallery = Some(gallery_options(values));
        let client = Client::local(options)?;
        self.0 = Some((place, client.clone()));
        Ok(client)
    }
}

fn gallery_options(values: &Values<'_>) -> GalleryOptions {
    let mut gallery = GalleryOptions::default();
    gallery.store = PathBuf::from(values.get("store"));
    gallery.key = Some(values.get("key").into());
    gallery.audit_log = values.0.get("audit_log").map(PathBuf::from);
    gallery
}

fn whole(values: &Values<'_>, key: &str) -> Option<u64> {
    values.0.get(key).map(|text| text.parse().expect("a number"))
}

/// A value of an enum by its name.
fn value<T: serde::de::DeserializeOwned>(values: &Values<'_>, key: &str) -> Option<T> {
    values.0.get(key).map(|text| serde_json::from_value((*text).into()).expect("a name"))
}

fn attributes(values: &Values<'_>) -> Option<SubjectAttributes> {
    let text = |key: &str| values.0.get(key).map(|text| (*text).into());
    let person_type = value(values, "person_type");
    let attributes = SubjectAttributes {
        name: text("name"),
        id_number: text("id_number"),
        person_type: person_type.unwrap_or_default(),
        customer_id: text("customer_id"),
    };
    (person_type.is_some() || attributes != SubjectAttributes::default()).then_some(attributes)
}

fn direction(values: &Values<'_>) -> Option<facebridge::api::Direction> {
    use facebridge::api::Direction::{Down, Front, Left, Right, Up};
    let text = values.0.get("direction")?;
    [Front, Left, Right, Up, Down].into_iter().find(|direction| name(*direction) == *text)
}

fn enroll_options(values: &Values<'_>) -> EnrollOptions {
    EnrollOptions {
        attributes: attributes(values),
        direction: direction(values),
        face_id: whole(values, "face_id"),
        duplicates: value(values, "duplicates"),
        time_to_live: whole(values, "time_to_live"),
    }
}

fn identify_options(values: &Values<'_>) -> IdentifyOptions {
    let mut options = IdentifyOptions::default();
    if let Some(most) = whole(values, "max_candidates") {
        options.max_candidates = most.try_into().expect("a small number");
    }
    if let Some(rate) = values.0.get("max_fpir") {
        options.max_fpir = rate.parse().expect("a number");
    }
    options
}

/// # Panics
/// Where there is no such operation.
pub(super) fn run(
    operation: &str,
    values: &Values<'_>,
    without: &Client,
    options: &EngineOptions,
    stores: &mut Stores,
) -> Result<String> {
    let flag = |name: &str, flag: bool| format!("{name}={}", u8::from(flag));
    match operation {
        "restore_galleries" => {
            let to = Path::new(values.get("to"));
            restore_galleries(Path::new(values.get("from")), to, &gallery_options(values))?;
            return Ok(flag("done", true));
        }
        "verify_audit_log" => {
            let report = verify_audit_log(Path::new(values.get("audit_log")), &gallery_options(values))?;
            return Ok(format!(
                "records={}\tunsealed={}\tunfinished_bytes={}",
                report.records,
                u8::from(report.unsealed),
                report.unfinished_bytes
            ));
        }
        _ => {}
    }
    let client =
        if values.0.contains_key("store") { stores.client(values, options)? } else { without.clone() };
    let gallery = values.0.get("gallery").copied().unwrap_or_default();
    let subject = || values.get("subject");
    let face = || whole(values, "face").expect("the case lacks `face`");
    Ok(match operation {
        "create_gallery" => flag("made", client.create_gallery(gallery)?),
        "drop_gallery" => flag("dropped", client.drop_gallery(gallery)?),
        "list_galleries" => {
            let each: Vec<String> = client
                .list_galleries()?
                .iter()
                .map(|one| format!("{}:{}:{}", one.name, one.subjects, one.faces))
                .collect();
            format!("galleries={}", each.join(","))
        }
        "describe_gallery" => {
            let found = client.describe_gallery(gallery)?;
            format!(
                "name={}\tsubjects={}\tenrolled={}\tfiling={}",
                found.name,
                found.subjects,
                found.faces,
                u8::from(found.filing_advised)
            )
        }
        "enroll" => enrollment(&client.enroll(
            gallery,
            subject(),
            values.picture("image").input(),
            &enroll_options(values),
        )?),
        "enroll_embedding" => {
            let embedding = client.embed(values.picture("image").input())?;
            enrollment(&client.enroll_embedding(gallery, subject(), &embedding, &enroll_options(values))?)
        }
        "enroll_many" => enroll_many(&client, gallery, values)?,
        "update_face" => {
            let options = UpdateFaceOptions {
                direction: direction(values),
                new_face_id: whole(values, "new_face_id"),
                duplicates: value(values, "duplicates"),
                time_to_live: whole(values, "time_to_live"),
            };
            enrollment(&client.update_face(gallery, face(), values.picture("image").input(), &options)?)
        }
        "delete_face" => flag("deleted", client.delete_face(gallery, face())?),
        "delete_subject" => format!("deleted={}", client.delete_subject(gallery, subject())?),
        "delete_expired" => format!("deleted={}", client.delete_expired()?),
        "list_faces" => {
            let each: Vec<String> = client
                .list_faces(gallery, subject())?
                .iter()
                .map(|face| {
                    let side = face.direction.map_or_else(|| "-".to_owned(), name);
                    format!("{}:{side}:{}", face.face_id, u8::from(face.expires_at.is_some()))
                })
                .collect();
            format!("list={}", each.join(","))
        }
        "describe_subject" => {
            let found = client.describe_subject(gallery, subject())?;
            let text = |text: &Option<facebridge::api::Sensitive>| {
                text.as_ref().map_or_else(|| "-".to_owned(), |text| text.expose().to_owned())
            };
            let known = &found.attributes;
            format!(
                "id={}\tname={}\tid_number={}\tperson_type={}\tcustomer_id={}\tenrolled={}",
                found.id.expose(),
                text(&known.name),
                text(&known.id_number),
                name(known.person_type),
                text(&known.customer_id),
                found.faces
            )
        }
        "update_subject" => {
            client.update_subject(gallery, subject(), &attributes(values).unwrap_or_default())?;
            flag("done", true)
        }
        "list_subjects" => {
            let most = whole(values, "max_subjects").expect("the case lacks `max_subjects`");
            let after = whole(values, "after");
            let page = client.list_subjects(gallery, most.try_into().expect("a small number"), after)?;
            let each: Vec<String> =
                page.subjects.iter().map(|one| format!("{}:{}", one.id.expose(), one.faces)).collect();
            let next = page.next.map_or_else(|| "-".to_owned(), |next| next.to_string());
            format!("list={}\tnext={next}", each.join(","))
        }
        "verify" => verification(&client.verify(
            gallery,
            subject(),
            values.picture("image").input(),
            &values.compare_options(),
        )?),
        "identify" => candidates(&client.identify(
            gallery,
            values.picture("image").input(),
            &identify_options(values),
        )?),
        "identify_embeddings" => {
            let probes =
                [client.embed(values.picture("a").input())?, client.embed(values.picture("b").input())?];
            let lists = client.identify_embeddings(gallery, &probes, &identify_options(values))?;
            let each: Vec<String> =
                lists.iter().map(|list| format!("{}/{}", name(list.decision), found(list))).collect();
            format!("lists={}", each.join("|"))
        }
        "export_gallery" => {
            let to = Path::new(values.get("to"));
            transferred(&client.export_gallery(gallery, to, &export_options(values))?)?
        }
        "import_gallery" => {
            let file = Path::new(values.get("from"));
            transferred(&client.import_gallery(gallery, file, &export_options(values))?)?
        }
        "check_galleries" => done(client.check_galleries())?,
        "backup_galleries" => done(client.backup_galleries(Path::new(values.get("to"))))?,
        "change_gallery_key" => done(client.change_gallery_key(&values.get("new_key").into()))?,
        "reseal_gallery" => done(client.reseal_gallery(gallery))?,
        other => panic!("there is no operation {other}"),
    })
}

fn done(result: Result<()>) -> Result<String> {
    result.map(|()| "done=1".to_owned())
}

fn export_options(values: &Values<'_>) -> ExportOptions {
    let key = values.0.get("export_key").map(|key| (*key).into());
    ExportOptions { key, ..ExportOptions::default() }
}

fn transferred(job: &TransferJob) -> Result<String> {
    job.wait(None)?;
    let report = job.result()?;
    let refused: Vec<String> =
        report.refused.iter().map(|refused| format!("{}:{}", name(refused.reason), refused.faces)).collect();
    Ok(format!(
        "subjects={}\tenrolled={}\tstored={}\tthere={}\trefused={}",
        report.subjects,
        report.faces,
        report.stored,
        report.already_there,
        refused.join(",")
    ))
}

fn enroll_many(client: &Client, gallery: &str, values: &Values<'_>) -> Result<String, Error> {
    let subjects = values.get("subjects").split('|');
    let items = subjects.zip(values.get("paths").split('|')).map(|(subject, path)| EnrollItem {
        subject: subject.into(),
        path: PathBuf::from(path),
        direction: None,
        attributes: None,
    });
    let source = EnrollSource { items: items.collect(), ..EnrollSource::default() };
    let job = client.enroll_many(gallery, &source, &enroll_options(values))?;
    job.wait(None)?;
    let mut outcomes = job.take_outcomes(u32::MAX)?;
    outcomes.sort_by_key(|outcome| outcome.index);
    let each: Vec<String> = outcomes
        .iter()
        .map(|outcome| match (&outcome.enrollment, &outcome.failure) {
            (Some(enrollment), None) => name(enrollment.status),
            (None, Some(failure)) => format!("{:?}", failure.kind),
            _ => panic!("an outcome is an answer or a failure"),
        })
        .collect();
    Ok(format!("many={}", each.join(",")))
}

fn digest(face: Option<&SelectedFace>) -> String {
    let mut digest = Digest::default();
    if let Some(face) = face {
        digest.selected(face);
    }
    digest.text()
}

fn enrollment(answer: &Enrollment) -> String {
    let duplicate = answer.duplicate.as_ref().map_or_else(
        || "-\tduplicate_score=-".to_owned(),
        |found| {
            format!("{}:{}\tduplicate_score={}", found.face_id, found.subject.expose(), number(found.score))
        },
    );
    format!(
        "status={}\tface_id={}\tcheck_code={}\trefusal={}\tduplicate={duplicate}\tdigest={}",
        name(answer.status),
        answer.face_id.map_or_else(|| "-".to_owned(), |face| face.to_string()),
        u32::from(answer.check_code),
        answer.refusal.map_or_else(|| "-".to_owned(), name),
        digest(answer.source.as_ref())
    )
}

fn verification(answer: &Verification) -> String {
    let fmr = answer.estimated_fmr;
    let warnings = answer.probe.as_ref().map_or_else(String::new, |face| names(&face.warnings));
    [
        format!("decision={}", name(answer.decision)),
        format!("reason={}", answer.indeterminate_reason.map_or_else(|| "-".to_owned(), name)),
        format!("face_id={}", answer.face_id),
        format!("score={}", number(answer.score)),
        format!("raw_score={}", number(Some(answer.raw_score))),
        format!("threshold={}", number(answer.threshold)),
        format!("fmr={}", number(fmr.map(|fmr| fmr.rate))),
        format!("at_most={}", u8::from(fmr.is_some_and(|fmr| fmr.at_most))),
        format!("scale={}", number(Some(answer.scale))),
        format!("answered_by={}", answer.answered_by),
        format!("model_id={}", answer.model_id),
        format!("warnings={warnings}"),
        format!("digest={}", digest(answer.probe.as_ref())),
    ]
    .join("\t")
}

/// The candidates with everything that is known of them.
fn found(list: &CandidateList) -> String {
    let each = list.candidates.iter().map(|one| {
        let fmr = one.estimated_fmr;
        [
            one.subject.expose().to_owned(),
            one.face_id.to_string(),
            name(one.decision),
            number(one.score),
            number(Some(one.raw_score)),
            number(fmr.map(|fmr| fmr.rate)),
            u8::from(fmr.is_some_and(|fmr| fmr.at_most)).to_string(),
        ]
        .join(":")
    });
    each.collect::<Vec<_>>().join(",")
}

fn candidates(list: &CandidateList) -> String {
    let first = list.candidates.first();
    let warnings = list.probe.as_ref().map_or_else(String::new, |face| names(&face.warnings));
    [
        format!("decision={}", name(list.decision)),
        format!("reason={}", list.indeterminate_reason.map_or_else(|| "-".to_owned(), name)),
        format!("first={}", first.map_or("-", |one| one.subject.expose())),
        format!("score={}", number(first.and_then(|one| one.score))),
        format!("count={}", list.candidates.len()),
        format!("candidates={}", found(list)),
        format!("margin={}", number(list.margin)),
        format!("threshold={}", number(list.threshold)),
        format!("scale={}", number(Some(list.scale))),
        format!("gallery_faces={}", list.gallery_faces),
        format!("answered_by={}", list.answered_by),
        format!("model_id={}", list.model_id),
        format!("warnings={warnings}"),
        format!("digest={}", digest(list.probe.as_ref())),
    ]
    .join("\t")
}
