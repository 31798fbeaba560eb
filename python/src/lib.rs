//! The native part of the Python package `gotrace`: traces, logs and tables.
//!
//! ```text
//! gotrace (Python) ──> _native ──┬──> gotrace_cli:   reports, as the command prints them
//! names, types,        this      └──> gotrace_arrow: tables, as Arrow's C streams
//! reports as objects   crate
//! ```
//!
//! Whatever takes long runs without Python's lock, and Ctrl-C ends it.

#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod failure;
mod interrupt;

mod rows;
mod stream;

mod log;
mod table;
mod trace;

use pyo3::prelude::*;

#[pymodule]
mod _native {
    #[pymodule_export]
    use crate::log::NativeLog;
    #[pymodule_export]
    use crate::rows::NativeRows;
    #[pymodule_export]
    use crate::table::NativeTable;
    #[pymodule_export]
    use crate::table::log_table_names;
    #[pymodule_export]
    use crate::table::table_columns;
    #[pymodule_export]
    use crate::table::table_names;
    #[pymodule_export]
    use crate::trace::NativeTrace;

    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("VERSION", env!("CARGO_PKG_VERSION"))
    }
}
