//! Defects of an input as errors and warnings, with advice.

use super::{Input, NO_EVENTS};
use crate::complain::Complaints;
use crate::lookalike::{self, Wanted};
use crate::outcome::{BadTrace, Status};
use gotrace::error::V1Error;
use gotrace::go_reader::GO_RELEASE;
use gotrace::{Error, ErrorKind, Mode};
use std::fmt::Display;

/// The most warnings that are printed one by one.
const MOST_WARNINGS: usize = 10;

impl Input {
    /// Prints the defects of a trace that was read nevertheless as warnings. Commands call
    /// it when all output is out, so that the warnings stand last.
    pub(crate) fn warn(&self, warnings: &[impl Display]) -> Status {
        self.complaints(warnings).print()
    }

    /// Returns what [`warn`](Self::warn) prints, to be printed when the input is closed.
    pub(crate) fn complaints(&self, warnings: &[impl Display]) -> Complaints {
        let mut all = Complaints::default();
        if self.quiet {
            return all;
        }
        for warning in warnings.iter().take(MOST_WARNINGS) {
            all.add("warning", format!("{}: {warning}", self.name));
        }
        if let Some(more @ 1..) = warnings.len().checked_sub(MOST_WARNINGS) {
            all.add("warning", format!("{}: and {more} more defects", self.name));
        }
        self.flaws.complain(&self.name, &mut all);
        all
    }

    /// Returns what is wrong with the input besides its bytes, in words.
    pub(crate) fn flaws(&self) -> Vec<String> {
        self.flaws.list()
    }

    /// Returns the error for a defect, with the file's name and advice.
    pub(crate) fn error(&self, e: &Error) -> anyhow::Error {
        self.explained(e.to_string(), Some(e.offset()), || self.advice(e))
    }

    /// Returns the error that there is no event, with the defect that may be why.
    pub(super) fn no_events(&self, e: Option<&Error>) -> anyhow::Error {
        let why = e.map(|e| format!("\n  {e}")).unwrap_or_default();
        self.explained(format!("{NO_EVENTS}{why}"), e.map(Error::offset), || None)
    }

    /// Returns an error with the file's name and what else is wrong with the file, which
    /// explains the error; if there is nothing of the kind, with advice.
    fn explained(&self, what: String, offset: Option<u64>, advice: impl Fn() -> Option<String>) -> anyhow::Error {
        let mut lines = self.flaws.list();
        if lines.is_empty() {
            lines.extend(advice());
        }
        lines.insert(0, format!("{}: {what}", self.name));
        BadTrace { message: lines.join("\n  "), offset }.into()
    }

    /// Returns what to do about a defect, if something can be done.
    fn advice(&self, e: &Error) -> Option<String> {
        match e.kind() {
            ErrorKind::Empty => Some("the program may not have reached trace.Stop, or the download failed".into()),
            ErrorKind::NotATrace { found } => lookalike::advice(*found, &self.name, Wanted::Trace),
            ErrorKind::UnsupportedVersion { minor: 27.. } => Some("a newer gotrace may read it".into()),
            ErrorKind::GivenUp { .. } | ErrorKind::V1(V1Error::UnannouncedCallback { .. } | V1Error::FutileWakeup) => {
                Some(format!(
                    "Go {GO_RELEASE}'s reader refuses it, and so does --strict; without --strict, gotrace reads it"
                ))
            }
            _ if self.options.mode == Mode::Strict => Some("without --strict, the good part is read".into()),
            _ => None,
        }
    }
}
