//! The v2 format, which Go 1.22 and later write.
//!
//! After the [header](crate::Version) a file is a sequence of *batches*, each
//! of one generation and at most 64 KB. A batch holds either the events of one
//! M, in order, or a part of one of the generation's tables:
//!
//! ```text
//! EventBatch gen m time size ┬ timed events of M m   event.rs
//!                            ├ Strings  String..     strings.rs
//!                            ├ Stacks   Stack..      stacks.rs
//!                            ├ CPUSamples CPUSample. samples.rs
//!                            └ Frequency, or Sync .. sync.rs
//! ExperimentalBatch exp gen m time size data         experiment.rs
//! EndOfGeneration                                    Go 1.26+
//! ```

pub mod batch;
pub mod event;
pub mod experiment;
pub mod samples;
pub mod stacks;
pub mod strings;
pub mod sync;
