//! A table as an Arrow IPC stream, which pyarrow, polars, DuckDB and others read.

pub use arrow_ipc::writer::StreamWriter;
