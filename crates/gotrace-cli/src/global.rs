//! The options that every command has.

use crate::complain;
use crate::outcome::Status;
#[cfg(feature = "http")]
use crate::remote::CaptureOptions;
use anyhow::Result;
use clap::{Args, ColorChoice};
use gotrace::analysis::Compat;
use std::any::Any;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// Options that every command has.
#[derive(Args)]
pub(crate) struct Global {
    /// Write to FILE instead of standard output; it appears when it is complete
    #[arg(short, long, value_name = "FILE", global = true, help_heading = "Global options")]
    pub(crate) output: Option<PathBuf>,

    /// Use N threads where that helps [default: all cores]
    #[arg(long, value_name = "N", global = true, help_heading = "Global options")]
    threads: Option<NonZeroUsize>,

    /// Stop at the first defect of the trace, instead of keeping what is good, and refuse
    /// every trace that the reader of Go 1.27.3 refuses
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) strict: bool,

    /// Read the file into memory instead of mapping it (for a file that changes)
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) no_mmap: bool,

    /// Take the names of functions, files and lines from PROG, the program that was
    /// traced, for a trace of Go 1.5 or 1.6; newer traces hold these names
    #[arg(long, value_name = "PROG", global = true, help_heading = "Global options")]
    pub(crate) binary: Option<PathBuf>,

    /// Print the figures that Go's own tools of this release give, even where they
    /// are known to be wrong
    #[arg(long, value_name = "RELEASE", global = true, help_heading = "Global options")]
    compat: Option<Release>,

    /// Color the output
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true, help_heading = "Global options")]
    color: ColorChoice,

    #[cfg(feature = "http")]
    #[command(flatten)]
    pub(crate) capture: CaptureOptions,

    /// An input in place of the files that a command opens, when another command has it run.
    #[arg(skip)]
    pub(crate) given: Option<Given>,
}

/// The input in place of the files that the command opens.
#[derive(Clone)]
pub(crate) struct Given {
    /// For TRACE: an `Input`, which this layer cannot name.
    pub(crate) input: Arc<dyn Any + Send + Sync>,
    /// For standard output.
    pub(crate) output: Arc<Mutex<Vec<u8>>>,
    /// Tells whether the output is still wanted.
    pub(crate) wanted: StillWanted,
}

/// Runs a command line on what stands in for its files.
pub(crate) type RunFor = fn(&[String], Given, Compat) -> Result<Status>;

/// Returns whether somebody still waits for what is worked for.
pub type StillWanted = Arc<dyn Fn() -> bool + Send + Sync>;

impl Global {
    /// Returns whether figures are to be right or those of a release of Go (`--compat`).
    pub(crate) fn compat(&self) -> Compat {
        match self.compat {
            None => Compat::Right,
            Some(Release::Go127) => Compat::Go127,
        }
    }

    /// Takes what stands in for files, and whose figures to give, from another command.
    pub(crate) fn take(&mut self, given: Given, compat: Compat) {
        self.given = Some(given);
        self.compat = (compat == Compat::Go127).then_some(Release::Go127);
    }

    /// Returns the number of threads to use: that of `--threads`, or one for each core.
    pub(crate) fn threads(&self) -> usize {
        self.threads.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get)
    }

    /// Prints what was done on standard error, as [`complain::tell`] does; nothing if another
    /// command or program has this one run, whose standard error it is.
    pub(crate) fn tell(&self, text: &str) {
        if self.given.is_none() {
            complain::tell(text);
        }
    }

    /// Prints a note on standard error, as [`tell`](Self::tell) does.
    pub(crate) fn note(&self, text: &str) {
        if self.given.is_none() {
            complain::complain("note", text);
        }
    }

    /// Applies `--color` to standard output and standard error. With `auto`, the
    /// environment decides (`NO_COLOR`, the terminal).
    pub(crate) fn color_everything(&self) {
        match self.color {
            ColorChoice::Auto => {}
            ColorChoice::Always => anstream::ColorChoice::AlwaysAnsi.write_global(),
            ColorChoice::Never => anstream::ColorChoice::Never.write_global(),
        }
    }
}

/// A release of Go whose figures can be asked for.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Release {
    #[value(name = "go1.27")]
    Go127,
}
