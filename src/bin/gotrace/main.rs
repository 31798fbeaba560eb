//! The command line of gotrace: options in, text out.

#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

#[cfg(feature = "http")]
mod capture;
mod check;
mod convert;
mod count;
mod diagnose;
mod dump;
mod events;
mod gc;
mod gctrace;
mod goroutines;
mod human;
mod input;
mod json;
mod latency;
mod log;
mod metrics;
mod mmu;
mod moment;
mod only;
mod output;
mod pprof;
mod procs;
mod progress;
mod regions;
#[cfg(feature = "http")]
mod remote;
mod repair;
mod run;
mod schedtrace;
mod spark;
mod stw;
mod summary;
mod table;
mod tasks;

use clap::{Args, ColorChoice, Parser, Subcommand};
use gotrace::analysis::Compat;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

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
  gotrace summary trace.out                      what is in it, on one page
  gotrace diagnose trace.out                     what is wrong with the scheduler, if anything
  gotrace events trace.out -g 7 --stacks         what happened to goroutine 7
  gotrace latency trace.out                      how long goroutines waited for a P, and why
  gotrace procs trace.out                        how busy the Ps were, and why not
  gotrace pprof sched trace.out -o sched.pb.gz   where goroutines wait for a P
  gotrace dump --mode parsed trace.out           what `go tool trace -d=parsed` prints
  gotrace schedtrace stderr.log                  what GODEBUG=schedtrace=1000 printed
  gotrace run ./server                           the same, of a program that it runs for you
  gotrace summary http://localhost:6060          what a program does in the next five seconds

Exit status: 0 done; 1 the trace is bad or cannot be read (what could be read
was printed, with a warning on standard error); 2 wrong usage; 3 what `diagnose
--fail-on` asks for was found. `run` ends as the program does that it runs.";

#[derive(Subcommand)]
enum Command {
    Summary(summary::Options),
    Goroutines(goroutines::Options),
    Tasks(tasks::Options),
    Regions(regions::Options),
    Gc(gc::Options),
    Stw(stw::Options),
    Mmu(mmu::Options),
    Latency(latency::Options),
    Procs(procs::Options),
    Metrics(metrics::Options),
    Pprof(pprof::Options),
    Events(events::Options),
    Count(count::Options),
    Dump(dump::Options),
    Convert(convert::Options),
    Diagnose(diagnose::Options),
    Schedtrace(schedtrace::Options),
    Gctrace(gctrace::Options),
    Run(run::Options),
    Check(check::Options),
    Repair(repair::Options),
    #[cfg(feature = "http")]
    Capture(capture::Options),
}

/// Options that every command has.
#[derive(Args)]
struct Global {
    /// Write to FILE instead of standard output; it appears when it is complete
    #[arg(short, long, value_name = "FILE", global = true, help_heading = "Global options")]
    output: Option<PathBuf>,

    /// Use N threads where that helps [default: all cores]
    #[arg(long, value_name = "N", global = true, help_heading = "Global options")]
    threads: Option<NonZeroUsize>,

    /// Stop at the first defect of the trace, instead of keeping what is good
    #[arg(long, global = true, help_heading = "Global options")]
    strict: bool,

    /// Read the file into memory instead of mapping it (for a file that changes)
    #[arg(long, global = true, help_heading = "Global options")]
    no_mmap: bool,

    /// Take the names of functions, files and lines from PROG, the program that was
    /// traced, for a trace of Go 1.5 or 1.6; newer ones have them
    #[arg(long, value_name = "PROG", global = true, help_heading = "Global options")]
    binary: Option<PathBuf>,

    /// Give the figures of this release's own tools where those are known to be
    /// wrong, instead of the right ones
    #[arg(long, value_name = "RELEASE", global = true, help_heading = "Global options")]
    compat: Option<Release>,

    /// Color the output
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true, help_heading = "Global options")]
    color: ColorChoice,

    #[cfg(feature = "http")]
    #[command(flatten)]
    capture: remote::CaptureOptions,
}

impl Global {
    /// Whose figures to give.
    fn compat(&self) -> Compat {
        match self.compat {
            None => Compat::Right,
            Some(Release::Go127) => Compat::Go127,
        }
    }

    fn threads(&self) -> usize {
        self.threads.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get)
    }
}

/// A release of Go whose figures can be had.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Release {
    #[value(name = "go1.27")]
    Go127,
}

/// How a command ended that could do its work.
enum Status {
    Done,
    /// The trace has defects, of which the user has been told.
    Flawed,
    /// What the user wants to fail on was found.
    Found,
    /// As the program that was run ended.
    Program(u8),
}

/// The command line asks for something that cannot be.
#[derive(Debug)]
struct Usage(String);

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let global = &cli.global;
    global.color_everything();
    let result = match &cli.command {
        Command::Summary(options) => summary::run(options, global),
        Command::Goroutines(options) => goroutines::run(options, global),
        Command::Tasks(options) => tasks::run(options, global),
        Command::Regions(options) => regions::run(options, global),
        Command::Gc(options) => gc::run(options, global),
        Command::Stw(options) => stw::run(options, global),
        Command::Mmu(options) => mmu::run(options, global),
        Command::Latency(options) => latency::run(options, global),
        Command::Procs(options) => procs::run(options, global),
        Command::Metrics(options) => metrics::run(options, global),
        Command::Pprof(options) => pprof::run(options, global),
        Command::Events(options) => events::run(options, global),
        Command::Count(options) => count::run(options, global),
        Command::Dump(options) => dump::run(options, global),
        Command::Convert(options) => convert::run(options, global),
        Command::Diagnose(options) => diagnose::run(options, global),
        Command::Schedtrace(options) => schedtrace::run(options, global),
        Command::Gctrace(options) => gctrace::run(options, global),
        Command::Run(options) => run::run(options, global),
        Command::Check(options) => check::run(options, global),
        Command::Repair(options) => repair::run(options, global),
        #[cfg(feature = "http")]
        Command::Capture(options) => capture::run(options, global),
    };
    match result {
        Ok(Status::Done) => ExitCode::SUCCESS,
        Ok(Status::Flawed) => ExitCode::from(1),
        Ok(Status::Found) => ExitCode::from(3),
        Ok(Status::Program(status)) => ExitCode::from(status),
        // Whoever reads our output has had enough of it.
        Err(e) if is_closed_pipe(&e) => ExitCode::SUCCESS,
        Err(e) => {
            output::complain("error", &format!("{e:#}"));
            ExitCode::from(if e.is::<Usage>() { 2 } else { 1 })
        }
    }
}

impl Global {
    /// Applies `--color` to both streams; `NO_COLOR` is for `auto`.
    fn color_everything(&self) {
        match self.color {
            ColorChoice::Auto => {}
            ColorChoice::Always => anstream::ColorChoice::AlwaysAnsi.write_global(),
            ColorChoice::Never => anstream::ColorChoice::Never.write_global(),
        }
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
}
