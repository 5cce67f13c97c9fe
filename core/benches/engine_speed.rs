//! Our side of `cargo xtask report engine-speed`: does what it is asked, and says how much processor time it took.
//!
//! - `engine_speed serve` answers one JSON request a line, in the protocol of the peer beside it
//!   (xtask/src/report/opencv/peer.py).
//! - `engine_speed cold IMAGE` loads the engine, embeds one photo, and says what that took since the program began.
//! - `engine_speed export FOLDER` writes the models as the peer can read them: the same weights, PRelu kept.

#![allow(clippy::print_stdout)] // Its answers are its output.

use facebridge::api::{Client, CompareOptions, DetectOptions, EngineOptions};
use facebridge::engine::models::graph::{GraphOptions, optimize};
use facebridge::engine::models::{Manifest, model_folder, read_verified};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::{BufRead, Write};
use std::path::Path;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve"] => serve(),
        ["cold", image] => cold(Path::new(image)),
        ["export", folder] => export(Path::new(folder)),
        _ => {
            println!("engine_speed is measured by `cargo xtask report engine-speed`");
            Ok(())
        }
    }
}

/// Processor time of this process since it began, all threads together, in nanoseconds.
fn cpu_ns() -> i64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// The most memory this process has held so far, in KiB; 0 where the system does not say.
fn peak_rss_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

/// The engine that a request asks for by the long side of its single detection pass; 0 is the shipped search.
fn client(side: u64) -> Outcome<Client> {
    let mut options = EngineOptions::default();
    options.concurrency = 1;
    if side > 0 {
        options.single_pass_side = Some(u32::try_from(side)?);
    }
    Ok(Client::local(options)?)
}

fn serve() -> Outcome<()> {
    let mut clients: BTreeMap<u64, Client> = BTreeMap::new();
    for line in std::io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let side = request["side"].as_u64().unwrap_or(0);
        if let Entry::Vacant(vacant) = clients.entry(side) {
            vacant.insert(client(side)?);
        }
        let answer = answer(&clients[&side], &request)?;
        println!("{answer}");
        std::io::stdout().flush()?;
    }
    Ok(())
}

fn answer(client: &Client, request: &Value) -> Outcome<Value> {
    let mut files = Vec::new();
    for path in request["images"].as_array().into_iter().flatten() {
        files.push(std::fs::read(path.as_str().ok_or("an image's path is no text")?)?);
    }
    let photos: Vec<&Vec<u8>> = files.iter().collect();
    let operation: Box<dyn Fn() -> Outcome<()>> = match (request["do"].as_str(), photos.as_slice()) {
        (Some("about"), _) => return about(client),
        (Some("peak"), _) => return Ok(json!({ "peak_rss_kib": peak_rss_kib() })),
        (Some("vector"), &[a]) => return Ok(json!({ "vector": client.embed(a)?.values })),
        (Some("detect"), &[a]) => {
            Box::new(move || match client.detect(a, &DetectOptions::default())?.faces.len() {
                0 => Err("a test photo without a face".into()),
                _ => Ok(()),
            })
        }
        (Some("embed"), &[a]) => Box::new(move || Ok(client.embed(a).map(drop)?)),
        (Some("compare"), &[a, b]) => {
            Box::new(move || Ok(client.compare(a, b, &CompareOptions::default()).map(drop)?))
        }
        _ => return Err(format!("not understood: {request}").into()),
    };
    let mut times = Vec::new();
    for _ in 0..request["times"].as_u64().unwrap_or(1) {
        let before = cpu_ns();
        operation()?;
        times.push(cpu_ns() - before);
    }
    Ok(json!({ "cpu_ns": times }))
}

fn about(client: &Client) -> Outcome<Value> {
    let capabilities = client.capabilities()?;
    Ok(json!({
        "pipeline": capabilities.pipeline,
        "onnxruntime": capabilities.runtime_version,
        "jpeg_decoder": capabilities.jpeg_decoder,
    }))
}

fn cold(image: &Path) -> Outcome<()> {
    client(0)?.embed(image)?;
    println!("{}", json!({ "cpu_ns": cpu_ns(), "peak_rss_kib": peak_rss_kib() }));
    Ok(())
}

fn export(folder: &Path) -> Outcome<()> {
    let models = model_folder(None)?;
    for model in &Manifest::built_in()?.models {
        let bytes = read_verified(&models.join(&model.file), &model.sha256)?;
        // OpenCV gains nothing from the rewrite; it gets the graph as its authors drew it.
        let plain = optimize(&bytes, &GraphOptions { rewrite_prelu: false, ..GraphOptions::default() })?;
        let kind = format!("{:?}.onnx", model.kind).to_lowercase();
        std::fs::write(folder.join(kind), plain)?;
    }
    Ok(())
}
