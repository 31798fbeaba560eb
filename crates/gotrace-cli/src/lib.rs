//! The command line of gotrace: options in, text out.
//!
//! The command itself is [`main`]. Programs that have its reports made in their own process,
//! such as the Python package, open a trace or a log ([`OpenTrace`], [`OpenLog`]), and run
//! command lines on it:
//!
//! ```
//! # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/traces/go1.27/mixed.trace");
//! use gotrace_cli::{OpenTrace, Reading, report};
//! use std::sync::Arc;
//!
//! let trace = OpenTrace::open(path.as_ref(), &Reading::default()).expect("it is a trace");
//! let command = ["latency", "--json", "--worst=3"].map(String::from);
//! let json = report(&trace, &command, Arc::new(|| true)).expect("it has events");
//! assert!(json.starts_with(b"{"));
//! ```
//!
//! What they print is part of the interface as far as `docs/json.md` says so.

// Parts that only commands use which are left out there.
#![cfg_attr(not(feature = "full"), allow(dead_code, unused_imports))]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod anonymize;
#[cfg(feature = "http")]
mod capture;
mod check;
mod complain;
#[cfg(feature = "full")]
mod convert;
mod count;
mod diagnose;
#[cfg(feature = "full")]
mod diff;
mod dump;
mod embed;
#[cfg(not(feature = "full"))]
mod erased;
#[cfg(feature = "full")]
mod events;
#[cfg(feature = "full")]
mod export;
mod flaws;
mod gc;
mod gctrace;
mod global;
mod goroutines;
mod human;
mod input;
mod json;
mod latency;
mod log;
mod lookalike;
mod mapped;
mod metrics;
mod mmu;
mod moment;
mod outcome;
mod output;
mod path;
mod plain;
mod pprof;
mod procs;
mod programs;
mod progress;
mod regions;
#[cfg(feature = "http")]
mod remote;
#[cfg(feature = "full")]
mod repair;
#[cfg(feature = "full")]
mod run;
mod save;
mod schedtrace;
mod select;
mod several;
mod slice;
mod spark;
#[cfg(feature = "columns")]
mod sql;
mod stw;
mod summary;
mod table;
mod tasks;
#[cfg(feature = "view")]
mod view;
mod whole;
mod within;
mod written;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use global::{Given, Global};
use gotrace::analysis::Compat;
use outcome::{Status, Usage};
use std::path::Path;
use std::process::ExitCode;

pub use embed::{Failure, OpenLog, OpenTrace, Reading};
pub use global::StillWanted;

/// Reads Go execution traces: what `runtime/trace`, `/debug/pprof/trace` and
/// the flight recorder of a Go program write.
#[derive(Parser)]
#[command(name = "gotrace", version, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: Global,
}

const EXAMPLES: &str = "\
Examples:
  gotrace view trace.out                         look at it in the browser
  gotrace summary trace.out                      what is in it, on one page
  gotrace diagnose trace.out                     what is wrong with the scheduler, if anything
  gotrace events trace.out -g 7 --stacks         what happened to goroutine 7
  gotrace diff old*.trace --vs new*.trace        what changed between two releases
  gotrace latency trace.out                      how long goroutines waited for a P, and why
  gotrace procs trace.out                        how busy the Ps were, and why not
  gotrace pprof sched trace.out -o sched.pb.gz   where goroutines wait for a P
  gotrace path trace.out --task request          what slow requests waited for
  gotrace export perfetto trace.out -o t.pftrace for ui.perfetto.dev
  gotrace export parquet trace.out -o tables     its tables, for pandas, DuckDB, Spark ...
  gotrace dump --mode parsed trace.out           what `go tool trace -d=parsed` prints
  gotrace schedtrace stderr.log                  what GODEBUG=schedtrace=1000 printed
  gotrace run ./server                           how the scheduler of a program fares that it runs
  gotrace summary http://localhost:6060          what a program does in the next five seconds

Exit status: 0 done; 1 the trace is bad or cannot be read (what could be read
was printed, with a warning on standard error); 2 wrong usage; 3 what `--fail-on`
of `diagnose` or `diff` asks for was found. `run` ends with the status of the program that it runs.";

#[derive(Subcommand)]
enum Command {
    #[cfg(feature = "view")]
    View(view::Options),
    Summary(summary::Options),
    Goroutines(goroutines::Options),
    Tasks(tasks::Options),
    Regions(regions::Options),
    Gc(gc::Options),
    Stw(stw::Options),
    Mmu(mmu::Options),
    Latency(latency::Options),
    Procs(procs::Options),
    Path(path::Options),
    Metrics(metrics::Options),
    Pprof(pprof::Options),
    #[cfg(feature = "full")]
    Events(events::Options),
    Count(count::Options),
    Dump(dump::Options),
    #[cfg(feature = "full")]
    Convert(convert::Options),
    #[cfg(feature = "full")]
    Export(export::Options),
    #[cfg(feature = "columns")]
    Sql(sql::Options),
    Diagnose(diagnose::Options),
    #[cfg(feature = "full")]
    Diff(diff::Options),
    Schedtrace(schedtrace::Options),
    Gctrace(gctrace::Options),
    #[cfg(feature = "full")]
    Run(run::Options),
    Check(check::Options),
    #[cfg(feature = "full")]
    Repair(repair::Options),
    Slice(slice::Options),
    Anonymize(anonymize::Options),
    #[cfg(feature = "http")]
    Capture(capture::Options),
}

/// Runs the command line of this process, and returns its exit status.
pub fn main() -> ExitCode {
    let cli = Cli::try_parse().unwrap_or_else(|e| misunderstood(&e));
    cli.global.color_everything();
    match run(&cli.command, &cli.global) {
        Ok(Status::Done) => ExitCode::SUCCESS,
        Ok(Status::Flawed) => ExitCode::from(1),
        Ok(Status::Found) => ExitCode::from(3),
        Ok(Status::Program(status)) => ExitCode::from(status),
        // Whoever reads our output has had enough of it.
        Err(e) if is_closed_pipe(&e) => ExitCode::SUCCESS,
        Err(e) => {
            complain::complain("error", &format!("{e:#}"));
            ExitCode::from(if e.is::<Usage>() { 2 } else { 1 })
        }
    }
}

/// Ends with what is wrong with the command line, or with the help that it asks for. A
/// file alone is a trace that somebody wants to look at.
fn misunderstood(error: &clap::Error) -> ! {
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    if let (ErrorKind::InvalidSubcommand, [file]) = (error.kind(), args.as_slice())
        && Path::new(file).is_file()
    {
        let file = Path::new(file).display().to_string();
        let file = human::name(file.as_bytes());
        let look = if cfg!(feature = "view") { "view" } else { "summary" };
        let try_this = format!("expected a command in front of the file; try: gotrace {look} {file}");
        complain::complain("error", &try_this);
        std::process::exit(2);
    }
    error.exit()
}

/// Runs a command, such as `latency --json`, on an open trace; returns what it prints.
/// `wanted` is asked now and then whether somebody still waits.
///
/// # Errors
/// If the command line is wrong, or as the command ends.
pub fn report(trace: &OpenTrace, command: &[String], wanted: StillWanted) -> Result<Vec<u8>, Failure> {
    trace.run(run_for, command, wanted)
}

/// Runs a command, such as `gctrace --json`, on an open log, as [`report`] does.
///
/// # Errors
/// As [`report`].
pub fn report_on_log(log: &OpenLog, command: &[String], wanted: StillWanted) -> Result<Vec<u8>, Failure> {
    log.run(run_for, command, wanted)
}

/// Runs a command line for another command, which has what stands in for its files.
fn run_for(line: &[String], given: Given, compat: Compat) -> anyhow::Result<Status> {
    let cli = Cli::try_parse_from(line)?;
    let mut global = cli.global;
    global.take(given, compat);
    run(&cli.command, &global)
}

fn run(command: &Command, global: &Global) -> anyhow::Result<Status> {
    match command {
        #[cfg(feature = "view")]
        Command::View(options) => view::run(options, global, run_for),
        Command::Summary(options) => summary::run(options, global),
        Command::Goroutines(options) => goroutines::run(options, global),
        Command::Tasks(options) => tasks::run(options, global),
        Command::Regions(options) => regions::run(options, global),
        Command::Gc(options) => gc::run(options, global),
        Command::Stw(options) => stw::run(options, global),
        Command::Path(options) => path::run(options, global),
        Command::Mmu(options) => mmu::run(options, global),
        Command::Latency(options) => latency::run(options, global),
        Command::Procs(options) => procs::run(options, global),
        Command::Metrics(options) => metrics::run(options, global),
        Command::Pprof(options) => pprof::run(options, global),
        #[cfg(feature = "full")]
        Command::Events(options) => events::run(options, global),
        Command::Count(options) => count::run(options, global),
        Command::Dump(options) => dump::run(options, global),
        #[cfg(feature = "full")]
        Command::Convert(options) => convert::run(options, global),
        #[cfg(feature = "full")]
        Command::Export(options) => export::run(options, global),
        #[cfg(feature = "columns")]
        Command::Sql(options) => sql::run(options, global),
        Command::Diagnose(options) => diagnose::run(options, global),
        #[cfg(feature = "full")]
        Command::Diff(options) => diff::run(options, global),
        Command::Schedtrace(options) => schedtrace::run(options, global),
        Command::Gctrace(options) => gctrace::run(options, global),
        #[cfg(feature = "full")]
        Command::Run(options) => run::run(options, global),
        Command::Check(options) => check::run(options, global),
        #[cfg(feature = "full")]
        Command::Repair(options) => repair::run(options, global),
        Command::Slice(options) => slice::run(options, global),
        Command::Anonymize(options) => anonymize::run(options, global),
        #[cfg(feature = "http")]
        Command::Capture(options) => capture::run(options, global),
    }
}

/// Returns whether an error comes of a pipe whose reader is gone.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
}
