//! A loaded engine with its calibration.

use super::calibration;
use crate::api::EngineOptions;
use crate::decision::Calibration;
use crate::engine::Engine;
use crate::engine::runtime::InFlight;
use crate::service::gallery::Galleries;
use crate::{Error, ErrorKind, Result};
use std::mem::ManuallyDrop;

/// The engine on this machine, ready to answer in the process that loaded it.
pub(crate) struct LocalBackend {
    engine: ManuallyDrop<Engine>,
    pub(crate) calibration: Option<Calibration>,
    pub(crate) galleries: Option<Galleries>,
    process: u32,
}

impl LocalBackend {
    pub(crate) fn open(options: EngineOptions) -> Result<Self> {
        let _in_flight = InFlight::enter()?;
        let gallery = options.gallery.clone();
        let engine = Engine::open(options)?;
        let calibration = calibration(&engine)?;
        let galleries = gallery.as_ref().map(Galleries::open).transpose()?;
        Ok(Self { engine: ManuallyDrop::new(engine), calibration, galleries, process: std::process::id() })
    }

    /// The engine.
    ///
    /// # Errors
    /// `ForkedProcess` in a child of the process that loaded it: a lock that another thread of the parent held
    /// at the fork is never released there.
    pub(crate) fn engine(&self) -> Result<&Engine> {
        if std::process::id() == self.process {
            return Ok(&self.engine);
        }
        Err(forked("client"))
    }

    /// The engine, for what was fixed when it was loaded.
    pub(crate) fn facts(&self) -> &Engine {
        &self.engine
    }
}

impl Drop for LocalBackend {
    fn drop(&mut self) {
        // Once the process has begun to end, the runtime releases itself: the engine is left as it is.
        if std::process::id() == self.process
            && let Ok(_in_flight) = InFlight::enter()
        {
            // SAFETY: this is the only place that drops the engine, and nothing uses it afterwards.
            unsafe { ManuallyDrop::drop(&mut self.engine) }
        }
    }
}

pub(crate) fn forked(what: &str) -> Error {
    Error::new(
        ErrorKind::ForkedProcess,
        format!(
            "This {what} was made before the process was forked and does not work in the child. Make a new one here, after the fork."
        ),
    )
}
