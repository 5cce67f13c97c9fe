//! Runs one model from any thread, on a few sessions that share its largest weights.

use super::exit::{InFlight, wait_at_exit};
use super::library::RuntimeLibrary;
use super::memory::return_freed_memory;
use crate::engine::models::graph::DetachedWeight;
use crate::{Error, ErrorKind, Result};
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use ort::value::TensorRef;
use std::sync::{Condvar, Mutex, Once, PoisonError};

/// A dense array of 32-bit floats, row-major.
#[derive(Clone, Debug, Default)]
pub(crate) struct FloatArray {
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Vec<f32>,
}

/// One model, ready to run.
///
/// ONNX Runtime's sessions are not safe to run concurrently through `ort`, so each inference borrows one;
/// further sessions are made when all are busy, up to the number of cores. More than that would only queue
/// inside the machine.
pub(crate) struct ModelRunner {
    sessions: Mutex<Sessions>,
    library: RuntimeLibrary,
    /// Empty once no further session can be needed.
    model: Vec<u8>,
    /// Fed at each call, so that all sessions read them from one place.
    weights: Vec<(String, FloatArray)>,
    threads_per_inference: usize,
    most_sessions: usize,
    returned: Condvar,
    /// Done when the model has run for the first time.
    first_run: Once,
    /// Held while a session is made.
    making: Mutex<()>,
}

impl FloatArray {
    fn view(&self) -> Result<TensorRef<'_, f32>> {
        TensorRef::from_array_view((self.shape.clone(), self.values.as_slice())).map_err(failed)
    }
}

struct Sessions {
    idle: Vec<Session>,
    made: usize,
}

impl ModelRunner {
    /// Makes the first session at once, so that an unusable model is found now.
    ///
    /// # Errors
    /// `InvalidModel` where ONNX Runtime rejects the model.
    pub(crate) fn new(
        library: &RuntimeLibrary,
        model: Vec<u8>,
        weights: Vec<DetachedWeight>,
        most_sessions: usize,
        threads_per_inference: usize,
    ) -> Result<Self> {
        let weights = weights.into_iter();
        let mut runner = Self {
            library: library.clone(),
            model,
            weights: weights
                .map(|DetachedWeight { name, shape, values }| (name, FloatArray { shape, values }))
                .collect(),
            threads_per_inference: threads_per_inference.max(1),
            most_sessions: most_sessions.max(1),
            sessions: Mutex::new(Sessions { idle: Vec::new(), made: 0 }),
            returned: Condvar::new(),
            first_run: Once::new(),
            making: Mutex::new(()),
        };
        let first = runner.make_session()?;
        runner.lock().made = 1;
        if runner.most_sessions == 1 {
            runner.model = Vec::new();
        }
        runner.give_back(first);
        Ok(runner)
    }

    /// Runs the model on one input and returns its outputs in the order of `outputs`.
    ///
    /// # Errors
    /// `InvalidModel` where the model fails on this input or lacks an output.
    pub(crate) fn run(
        &self,
        input: &str,
        tensor: &FloatArray,
        outputs: &[String],
    ) -> Result<Vec<FloatArray>> {
        let _in_flight = InFlight::enter()?;
        let mut borrowed = Borrowed { runner: self, session: Some(self.borrow()?) };
        let session = borrowed.session.as_mut().expect("held until dropped");
        let mut fed = ort::inputs![input => tensor.view()?];
        for (name, weight) in &self.weights {
            fed.push((name.as_str().into(), weight.view()?.into()));
        }
        let results = session.run(fed).map_err(failed)?;
        self.first_run.call_once(wait_at_exit);
        outputs
            .iter()
            .map(|name| {
                let value = results.get(name).ok_or_else(|| {
                    Error::new(
                        ErrorKind::InvalidModel,
                        format!("The model has no output named `{name}`. Check its manifest."),
                    )
                })?;
                let (shape, values) = value.try_extract_tensor::<f32>().map_err(failed)?;
                let shape = shape.iter().map(|&size| usize::try_from(size).unwrap_or(0)).collect();
                Ok(FloatArray { shape, values: values.to_vec() })
            })
            .collect()
    }

    /// Runs the model on nothing in particular. The runtime prepares for the end of the process when a model
    /// first runs; a process that ends during that run would otherwise tear it down under the run.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub(crate) fn warm_up(&self, input: &str, shape: &[usize], outputs: &[String]) -> Result<()> {
        let tensor = FloatArray { shape: shape.to_vec(), values: vec![0.0; shape.iter().product()] };
        self.run(input, &tensor, outputs).map(drop)
    }

    /// A session beyond the first.
    ///
    /// Parsing a model takes several times its size for a moment. One at a time, each on a thread of its own
    /// whose memory the allocator hands to the next one, sessions leave far less behind.
    fn make_further_session(&self) -> Result<Session> {
        let _one_at_a_time = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        std::thread::scope(|scope| scope.spawn(|| self.make_session()).join()).map_err(|_| {
            Error::new(ErrorKind::Internal, "Loading a model failed unexpectedly. Please report this.")
        })?
    }

    fn make_session(&self) -> Result<Session> {
        let _in_flight = InFlight::enter()?;
        let session = self.build_session().map_err(failed)?;
        return_freed_memory();
        Ok(session)
    }

    fn build_session(&self) -> Result<Session, ort::Error> {
        Session::builder(self.library.environment())?
            .with_optimization_level(GraphOptimizationLevel::All)?
            .with_intra_threads(self.threads_per_inference)?
            .with_inter_threads(1)?
            // A spinning pool burns a core after each run and slows every neighbour.
            .with_intra_op_spinning(false)?
            .with_inter_op_spinning(false)?
            .commit_from_memory(&self.model)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn borrow(&self) -> Result<Session> {
        let mut sessions = self.lock();
        loop {
            if let Some(session) = sessions.idle.pop() {
                return Ok(session);
            }
            if sessions.made < self.most_sessions {
                sessions.made += 1;
                drop(sessions);
                return self.make_further_session().inspect_err(|_| {
                    self.lock().made -= 1;
                    self.returned.notify_one();
                });
            }
            sessions = self.returned.wait(sessions).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn give_back(&self, session: Session) {
        self.lock().idle.push(session);
        self.returned.notify_one();
    }
}

struct Borrowed<'a> {
    runner: &'a ModelRunner,
    session: Option<Session>,
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            self.runner.give_back(session);
        }
    }
}

fn failed(error: ort::Error) -> Error {
    // ONNX Runtime's messages speak of nodes and shapes, never of values.
    Error::new(ErrorKind::InvalidModel, format!("ONNX Runtime cannot run the model: {}", error.message()))
}
