//! What a call costs in Rust, for `cargo xtask report bindings-ffi`, which asks the same of every language.
//!
//! `bindings_ffi A B FRAME PATHS`: two photos, raw BGR pixels of 1920 x 1080, and ten photos separated by `|`.
//! Each line of input is `"OPERATION TIMES"`; the answer is the nanoseconds of each time, as a JSON list.

#![allow(clippy::print_stdout)] // Its answers are its output.

use facebridge::ErrorKind;
use facebridge::api::{Client, CompareOptions, DetectOptions, EngineOptions, PixelFormat, PixelView};
use std::hint::black_box;
use std::io::BufRead;
use std::path::PathBuf;
use std::time::Instant;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Calls within one time of the empty operation.
const EMPTY_CALLS: u32 = 1000;

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [a, b, frame, paths] = words.as_slice() else {
        println!("bindings_ffi is measured by `cargo xtask report bindings-ffi`");
        return Ok(());
    };
    let inputs = Inputs {
        client: Client::local(EngineOptions::default())?,
        a: std::fs::read(a)?,
        b: std::fs::read(b)?,
        frame: std::fs::read(frame)?,
        paths: paths.split('|').map(PathBuf::from).collect(),
    };
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (operation, times) = line.trim_matches('"').split_once(' ').ok_or("expected OPERATION TIMES")?;
        let nanoseconds =
            (0..times.parse::<u32>()?).map(|_| inputs.time(operation)).collect::<Outcome<Vec<_>>>()?;
        println!("{nanoseconds:?}");
    }
    Ok(())
}

struct Inputs {
    client: Client,
    a: Vec<u8>,
    b: Vec<u8>,
    frame: Vec<u8>,
    paths: Vec<PathBuf>,
}

impl Inputs {
    fn time(&self, operation: &str) -> Outcome<u128> {
        match operation {
            "empty" => {
                let job = self.client.embed_many(&[])?;
                job.wait(None)?;
                let begin = Instant::now();
                for _ in 0..EMPTY_CALLS {
                    black_box(job.progress()?);
                }
                Ok(begin.elapsed().as_nanos() / u128::from(EMPTY_CALLS))
            }
            "compare" => {
                let begin = Instant::now();
                let result = self.client.compare(&self.a, &self.b, &CompareOptions::default())?;
                black_box(result.score);
                Ok(begin.elapsed().as_nanos())
            }
            "compare_refused" => {
                let options = CompareOptions { max_fmr: Some(2.0) };
                let begin = Instant::now();
                refused(self.client.compare(&self.a, &self.b, &options))?;
                Ok(begin.elapsed().as_nanos())
            }
            "frame_refused" => {
                let view = PixelView {
                    data: &self.frame,
                    width: 1920,
                    height: 1080,
                    stride: 1920 * 3,
                    format: PixelFormat::Bgr,
                };
                let begin = Instant::now();
                refused(self.client.detect(view, &DetectOptions { max_faces: 0 }))?;
                Ok(begin.elapsed().as_nanos())
            }
            "outcomes" => {
                let job = self.client.embed_many(&self.paths)?;
                job.wait(None)?;
                let begin = Instant::now();
                let outcomes = job.take_outcomes(100)?;
                let mut sum = 0.0;
                for outcome in &outcomes {
                    let embedding = outcome.embedding.as_ref().ok_or("a photo without a face")?;
                    sum += embedding.values[127] + embedding.source.face.bounding_box.x;
                }
                black_box(sum);
                Ok(begin.elapsed().as_nanos())
            }
            other => Err(format!("there is no operation {other}").into()),
        }
    }
}

/// The call must have been refused for its argument, not for its picture.
fn refused<T>(result: facebridge::Result<T>) -> Outcome<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::InvalidArgument => Ok(()),
        _ => Err("the call was to be refused".into()),
    }
}
