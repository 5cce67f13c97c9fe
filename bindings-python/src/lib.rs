//! The native module `facebridge._facebridge`. Users import `facebridge`.
//!
//! `generated` follows the API definition; the rest is what it stands on: arguments in, results and errors
//! out, calls without the interpreter's lock.

mod argument;
mod call;
mod command;
mod draw;
mod encoded;
mod enumeration;
mod errors;
mod fields;
mod float_array;
mod float_array_dlpack;
mod generated;
mod held;
mod image_input;
mod pixels;
mod record;
mod value;

/// The native part of facebridge; import `facebridge` instead.
#[pyo3::pymodule]
mod _facebridge {
    use pyo3::prelude::*;
    use std::path::PathBuf;

    #[pymodule_export]
    use crate::command::run_command;
    #[pymodule_export]
    use crate::draw::{Picture, draw};
    #[pymodule_export]
    use crate::float_array::FloatArray;
    #[pymodule_export]
    use crate::pixels::Pixels;

    #[pymodule_export]
    const API_HASH: &str = crate::generated::API_HASH;
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");

    /// Names the folder in which this package keeps models and runtime.
    #[pyfunction]
    fn set_package_folder(folder: PathBuf) {
        facebridge::boundary::set_package_folder(folder);
    }

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        // Beside what the module says it has.
        #[cfg(debug_assertions)]
        module.setattr("_panic", wrap_pyfunction!(crate::call::panic, module)?)?;
        crate::generated::register(module)
    }
}
