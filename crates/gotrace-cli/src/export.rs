//! `gotrace export`: a trace for other programs: viewers, and those that analyze tables.

#[cfg(feature = "columns")]
mod arrow;
#[cfg(feature = "columns")]
mod choice;
#[cfg(feature = "columns")]
pub(crate) mod parquet;
mod profiles;
#[cfg(feature = "columns")]
mod source;
mod tracks;

use crate::global::Global;
use crate::outcome::Status;
use anyhow::Result;
use clap::{Args, Subcommand};

/// Write traces for other programs: Perfetto, Chrome, speedscope, and as tables
#[derive(Args)]
#[command(after_help = "\
docs/exports.md says which viewer opens what. The tables are trace, states, goroutines,
proc_states, thread_states, wakeups, stacks, frames, ranges, tasks, regions, logs, metrics,
samples and events; of a log that GODEBUG made a program print, sched and gc. docs/tables.md
describes their columns.

Examples:
  gotrace export perfetto trace.out -o trace.pftrace
  gotrace export speedscope sched trace.out -o sched.speedscope.json
  gotrace export parquet trace.out -o tables
  gotrace export arrow trace.out --table states | python3 states.py")]
pub(crate) struct Options {
    #[command(subcommand)]
    form: Form,
}

#[derive(Subcommand)]
enum Form {
    Perfetto(tracks::Perfetto),
    Chrome(tracks::Chrome),
    Folded(profiles::Folded),
    Speedscope(profiles::Speedscope),
    #[cfg(feature = "columns")]
    Parquet(parquet::Options),
    #[cfg(feature = "columns")]
    Arrow(arrow::Options),
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    match &options.form {
        Form::Perfetto(options) => options.run(global),
        Form::Chrome(options) => options.run(global),
        Form::Folded(options) => options.run(global),
        Form::Speedscope(options) => options.run(global),
        #[cfg(feature = "columns")]
        Form::Parquet(options) => parquet::run(options, global),
        #[cfg(feature = "columns")]
        Form::Arrow(options) => arrow::run(options, global),
    }
}
