//! ONNX Runtime: finding it, loading it once, running models on it.

mod exit;
mod library;
mod memory;
mod pool;
mod threads;

pub(crate) use exit::InFlight;
pub use library::{RuntimeLibrary, TELEMETRY_FREE_BELOW};
pub(crate) use pool::{FloatArray, ModelRunner};
pub use threads::available_cores;
