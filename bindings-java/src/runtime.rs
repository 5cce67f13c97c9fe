//! The one door through which every call from Java passes.

use crate::wire::{Output, Write, malformed};
use facebridge::boundary::guard;
use facebridge::{Error, ErrorKind, Result};
use jni::errors::ErrorPolicy;
use jni::objects::JByteArray;
use jni::{Env, EnvUnowned};
use std::any::Any;

/// Runs `work`, and answers with a document: 1 and the answer, or 0 and the error, which Java throws.
///
/// Errors travel as data, so nothing here looks a Java class up, and no exception can be half thrown.
pub(crate) fn answer<'local, T: Write>(
    mut env: EnvUnowned<'local>,
    work: impl FnOnce(&mut Env<'local>) -> Result<T>,
) -> JByteArray<'local> {
    env.with_env(|env| {
        let document = guard(|| {
            let answer = work(env)?;
            let mut out = Output::default();
            true.write(&mut out)?;
            answer.write(&mut out)?;
            Ok(out)
        })
        .or_else(|error| failure(&error));
        // An error that cannot be written leaves an empty document, which Java reports as malformed.
        let document = document.map(Output::into_bytes).unwrap_or_default();
        env.byte_array_from_slice(&document)
    })
    .resolve::<NullForFailure>()
}

fn failure(error: &Error) -> Result<Output> {
    let mut out = Output::default();
    false.write(&mut out)?;
    error.kind().write(&mut out)?;
    error.message().write(&mut out)?;
    error.vendor_code().map(str::to_owned).write(&mut out)?;
    error.check_code().write(&mut out)?;
    error.trace_id().map(str::to_owned).write(&mut out)?;
    error.retryable().write(&mut out)?;
    Ok(out)
}

/// Java makes an exception of null; one that is already pending stays. The virtual machine is never ended.
struct NullForFailure;

impl<'answer> ErrorPolicy<JByteArray<'answer>, jni::errors::Error> for NullForFailure {
    type Captures<'local: 'native, 'native> = ();

    fn on_error<'local: 'native, 'native>(
        _env: &mut Env<'local>,
        _captures: &mut (),
        _error: jni::errors::Error,
    ) -> jni::errors::Result<JByteArray<'answer>> {
        Ok(JByteArray::default())
    }

    fn on_panic<'local: 'native, 'native>(
        _env: &mut Env<'local>,
        _captures: &mut (),
        payload: Box<dyn Any + Send>,
    ) -> jni::errors::Result<JByteArray<'answer>> {
        // Dropping a payload may itself panic.
        std::mem::forget(payload);
        Ok(JByteArray::default())
    }
}

/// The bytes of a Java array.
pub(crate) fn bytes(env: &Env<'_>, array: &JByteArray<'_>) -> Result<Vec<u8>> {
    if array.is_null() {
        return Err(malformed());
    }
    env.convert_byte_array(array).map_err(|error| jni_failed(&error))
}

/// An error of the Java interface itself.
pub(crate) fn jni_failed(error: &jni::errors::Error) -> Error {
    Error::new(
        ErrorKind::Internal,
        format!("The Java virtual machine refused a call: {error}. Please report it."),
    )
}
