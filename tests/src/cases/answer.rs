//! The driver in Rust: answers the cases of a plan, one line each.

mod gallery;

use facebridge::api::{
    Capabilities, Client, CompareOptions, Comparison, DetectOptions, Detection, Embedding, EngineOptions,
    Face, ImageInput, LabelledPhotos, PixelFormat, PixelView, SelectedFace, optimize_model,
};
use facebridge::boundary::handles;
use facebridge::{Error, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Answers every case of the plan with `client`.
///
/// # Panics
/// Where the plan is malformed: it is made by [`super::plan`].
pub fn answer(plan: &Path, client: &Client, options: &EngineOptions) -> String {
    let plan = std::fs::read_to_string(plan).expect("the plan can be read");
    let mut lines = String::new();
    let mut stores = gallery::Stores::default();
    for line in plan.lines().filter(|line| !line.starts_with('#')) {
        let mut fields = line.split('\t');
        let number = fields.next().expect("a case has a number");
        let operation = fields.next().expect("a case has an operation");
        let values = fields.map(|field| field.split_once('=').expect("key=value")).collect();
        let answer = run(operation, &Values(values), client, options, &mut stores)
            .unwrap_or_else(|error| failure(&error));
        lines += &format!("{number}\t{answer}\n");
    }
    lines
}

struct Values<'a>(BTreeMap<&'a str, &'a str>);

impl Values<'_> {
    fn get(&self, key: &str) -> &str {
        self.0.get(key).unwrap_or_else(|| panic!("the case lacks `{key}`"))
    }

    fn picture(&self, key: &str) -> Picture {
        let (kind, rest) = self.get(key).split_once(':').expect("a picture has a kind");
        let read = |file: &str| std::fs::read(file).expect("the picture can be read");
        match kind {
            "encoded" => Picture::Encoded(read(rest)),
            "path" => Picture::Path(PathBuf::from(rest)),
            format => {
                let mut parts = rest.splitn(3, ':');
                let mut part = || parts.next().expect("WIDTHxHEIGHT:STRIDE:FILE");
                let (width, height) = part().split_once('x').expect("WIDTHxHEIGHT");
                Picture::Pixels {
                    width: width.parse().expect("a number"),
                    height: height.parse().expect("a number"),
                    stride: part().parse().expect("a number"),
                    format: match format {
                        "rgb" => PixelFormat::Rgb,
                        "bgr" => PixelFormat::Bgr,
                        "grey" => PixelFormat::Grey,
                        other => panic!("there is no pixel format {other}"),
                    },
                    data: read(part()),
                }
            }
        }
    }

    fn compare_options(&self) -> CompareOptions {
        CompareOptions { max_fmr: self.0.get("max_fmr").map(|text| text.parse().expect("a number")) }
    }
}

enum Picture {
    Encoded(Vec<u8>),
    Path(PathBuf),
    Pixels { data: Vec<u8>, width: u32, height: u32, stride: usize, format: PixelFormat },
}

impl Picture {
    fn input(&self) -> ImageInput<'_> {
        match self {
            Self::Encoded(bytes) => bytes.into(),
            Self::Path(path) => path.as_path().into(),
            &Self::Pixels { ref data, width, height, stride, format } => {
                PixelView { data, width, height, stride, format }.into()
            }
        }
    }
}

fn run(
    operation: &str,
    values: &Values<'_>,
    client: &Client,
    options: &EngineOptions,
    stores: &mut gallery::Stores,
) -> Result<String> {
    Ok(match operation {
        "detect" => {
            let mut options = DetectOptions::default();
            if let Some(max_faces) = values.0.get("max_faces") {
                options.max_faces = max_faces.parse().expect("a number");
            }
            detection(&client.detect(values.picture("image").input(), &options)?)
        }
        "embed" => embedding(&client.embed(values.picture("image").input())?),
        "compare" => comparison(&client.compare(
            values.picture("a").input(),
            values.picture("b").input(),
            &values.compare_options(),
        )?),
        "compare_embeddings" => {
            let a = client.embed(values.picture("a").input())?;
            let b = client.embed(values.picture("b").input())?;
            comparison(&client.compare_embeddings(&a, &b, &values.compare_options())?)
        }
        "embed_many" => {
            let paths: Vec<PathBuf> = values.get("paths").split('|').map(PathBuf::from).collect();
            let job = client.embed_many(&paths)?;
            job.wait(None)?;
            let mut outcomes = job.take_outcomes(u32::MAX)?;
            outcomes.sort_by_key(|outcome| outcome.index);
            let each: Vec<String> = outcomes
                .iter()
                .map(|outcome| match (&outcome.embedding, &outcome.failure) {
                    (Some(embedding), None) => format!("{}:{}", outcome.index, embedding_digest(embedding)),
                    (None, Some(failure)) => format!("{}:{:?}", outcome.index, failure.kind),
                    _ => panic!("an outcome is an embedding or a failure"),
                })
                .collect();
            format!("outcomes={}\ti={}", outcomes.len(), each.join(","))
        }
        "capabilities" => capabilities(&client.capabilities()?),
        "from_config" => capabilities(&Client::from_config(Path::new(values.get("config")))?.capabilities()?),
        "optimize_model" => {
            let model = std::fs::read(values.get("model")).expect("the model can be read");
            let optimized = optimize_model(&model)?;
            let mut digest = Digest::default();
            digest.bytes(&optimized);
            format!("length={}\tdigest={}", optimized.len(), digest.text())
        }
        "evaluate" => evaluation(client, Path::new(values.get("folder")))?,
        "closed" => {
            let handle = handles().insert(Client::local(options.clone())?);
            handles().close::<Client>(handle)?;
            embedding(&handles().get::<Client>(handle)?.embed(values.picture("image").input())?)
        }
        other => gallery::run(other, values, client, options, stores)?,
    })
}

fn failure(error: &Error) -> String {
    let mut text = format!("error={:?}", error.kind());
    if let Some(code) = error.check_code() {
        text += &format!("\terror_check_code={code}");
    }
    text + "\tmessage=" + &error.message().replace(['\t', '\n', '\r'], " ")
}

/// The name that serialised data gives to an enum's value.
fn name(value: impl serde::Serialize) -> String {
    match serde_json::to_value(value).expect("an enum is plain data") {
        serde_json::Value::String(name) => name,
        other => panic!("{other} is no name"),
    }
}

fn names<T: serde::Serialize>(values: &[T]) -> String {
    values.iter().map(name).collect::<Vec<_>>().join(",")
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{:016x}", value.to_bits()))
}

fn detection(detection: &Detection) -> String {
    let mut digest = Digest::default();
    detection.faces.iter().for_each(|face| digest.face(face));
    format!(
        "faces={}\tcheck_code={}\tsize={}x{}\trotation={}\twarnings={}\tdigest={}",
        detection.faces.len(),
        u32::from(detection.check_code),
        detection.image_width,
        detection.image_height,
        detection.rotation,
        names(&detection.warnings),
        digest.text()
    )
}

fn embedding(embedding: &Embedding) -> String {
    format!(
        "model_id={}\tpipeline={}\twarnings={}\tdigest={}",
        embedding.model_id,
        embedding.pipeline,
        names(&embedding.source.warnings),
        embedding_digest(embedding)
    )
}

fn embedding_digest(embedding: &Embedding) -> String {
    let mut digest = Digest::default();
    embedding.values.iter().for_each(|value| digest.bytes(&value.to_le_bytes()));
    digest.selected(&embedding.source);
    digest.text()
}

fn comparison(comparison: &Comparison) -> String {
    let mut digest = Digest::default();
    for face in [&comparison.face_a, &comparison.face_b].into_iter().flatten() {
        digest.selected(face);
    }
    let warnings =
        |face: &Option<SelectedFace>| face.as_ref().map_or(String::new(), |face| names(&face.warnings));
    let fmr = comparison.estimated_fmr;
    [
        format!("decision={}", name(comparison.decision)),
        format!("reason={}", comparison.indeterminate_reason.map_or_else(|| "-".to_owned(), name)),
        format!("score={}", number(comparison.score)),
        format!("raw_score={}", number(comparison.raw_score)),
        format!("threshold={}", number(comparison.threshold)),
        format!("fmr={}", number(fmr.map(|fmr| fmr.rate))),
        format!("at_most={}", u8::from(fmr.is_some_and(|fmr| fmr.at_most))),
        format!("answered_by={}", comparison.answered_by),
        format!("model_id={}", comparison.model_id),
        format!("warnings_a={}", warnings(&comparison.face_a)),
        format!("warnings_b={}", warnings(&comparison.face_b)),
        format!("digest={}", digest.text()),
    ]
    .join("\t")
}

fn capabilities(capabilities: &Capabilities) -> String {
    let models: Vec<String> = capabilities
        .models
        .iter()
        .map(|model| format!("{}:{}:{}", model.id, model.kind, model.sha256))
        .collect();
    [
        format!("backend={}", capabilities.backend),
        format!("operations={}", names(&capabilities.operations)),
        format!("models={}", models.join(",")),
        format!("pipeline={}", capabilities.pipeline),
        format!("embedding_length={}", capabilities.embedding_length),
        format!("calibrated={}", u8::from(capabilities.calibrated)),
        format!("lowest_fmr={}", number(capabilities.lowest_supported_fmr)),
        format!("concurrency={}", capabilities.concurrency),
        format!("formats={}", capabilities.image_formats.join(",")),
        format!("jpeg={}", capabilities.jpeg_decoder),
    ]
    .join("\t")
}

fn evaluation(client: &Client, folder: &Path) -> Result<String> {
    let job =
        client.evaluate(&LabelledPhotos { folder: Some(folder.to_owned()), ..LabelledPhotos::default() })?;
    job.wait(None)?;
    let evaluation = job.result()?;
    let report = evaluation.all_pairs.as_ref().expect("a folder was given");
    let mut digest = Digest::default();
    digest.bytes(&report.all.counts.mated.to_le_bytes());
    digest.bytes(&report.all.counts.non_mated.to_le_bytes());
    for point in &report.det {
        digest.bytes(&point.threshold.to_le_bytes());
        digest.bytes(&point.fmr.to_le_bytes());
        digest.bytes(&point.fnmr.to_le_bytes());
    }
    Ok(format!(
        "images={}\tundetected={}\tunreadable={}\tdigest={}",
        evaluation.images,
        evaluation.undetected,
        evaluation.unreadable,
        digest.text()
    ))
}

/// FNV-1a of 64 bits (Fowler, Noll, Vo): tells whether two languages saw the same bits without showing them.
struct Digest(u64);

impl Default for Digest {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Digest {
    fn bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn face(&mut self, face: &Face) {
        let (area, marks, pose) = (&face.bounding_box, &face.landmarks, &face.pose);
        let mut numbers = vec![area.x, area.y, area.width, area.height, face.probability];
        for point in [
            marks.right_eye,
            marks.left_eye,
            marks.nose_tip,
            marks.right_mouth_corner,
            marks.left_mouth_corner,
        ] {
            numbers.extend([point.x, point.y]);
        }
        numbers.extend([pose.yaw, pose.pitch, pose.roll]);
        numbers.iter().for_each(|number| self.bytes(&number.to_le_bytes()));
        self.bytes(&(face.direction as u32).to_le_bytes());
        self.bytes(&u32::from(face.quality.check_code).to_le_bytes());
        let quality = &face.quality;
        for number in [quality.sharpness, quality.brightness, quality.burnt, quality.face_size] {
            self.bytes(&number.to_le_bytes());
        }
        self.bytes(&[u8::from(quality.too_small)]);
    }

    fn selected(&mut self, face: &SelectedFace) {
        self.face(&face.face);
        self.bytes(&face.rotation.to_le_bytes());
    }

    fn text(&self) -> String {
        format!("{:016x}", self.0)
    }
}
