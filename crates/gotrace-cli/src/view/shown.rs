//! Input of `gotrace view`: a trace, or a log.

use crate::global::Global;
use crate::input::{Input, is_url};
use crate::log::{KeptLog, Log};
use anyhow::{Context, Result};
use gotrace::compressed::Decompressed;
use gotrace::godebug::Moment;
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

/// The beginning of every execution trace.
const TRACE: &[u8] = b"go 1.";

/// Bytes at the beginning that are looked at: enough to tell kinds of files apart.
const PEEKED: usize = 4096;

/// A trace or a log, opened.
pub(super) enum Shown {
    Trace(Box<Input>),
    Log(ReadLog),
}

/// A log that has been read once.
pub(super) struct ReadLog {
    pub(super) name: String,
    pub(super) kept: KeptLog,
    /// The number of `SCHED` lines and GC cycles.
    pub(super) lines: u64,
    pub(super) warnings: Vec<String>,
}

impl Shown {
    /// Opens a trace; a log is read to its end.
    ///
    /// # Errors
    /// If it cannot be read, or is neither.
    pub(super) fn open(path: &Path, global: &Global) -> Result<Shown> {
        let trace = || Ok(Shown::Trace(Box::new(Input::open(path, global)?)));
        if is_url(path) || (path == Path::new("-") && io::stdin().is_terminal()) {
            return trace();
        }
        if path == Path::new("-") {
            return Shown::stream("standard input", io::stdin().lock(), global);
        }
        let name = path.display().to_string();
        let file = File::open(path).with_context(|| name.clone())?;
        let found = file.metadata().with_context(|| name.clone())?;
        if found.is_dir() {
            return trace();
        }
        if !found.is_file() {
            return Shown::stream(&name, file, global);
        }
        let mut beginning = Decompressed::new(file).with_context(|| name.clone())?;
        if beginning.peek(PEEKED).with_context(|| name.clone())?.starts_with(TRACE) {
            return trace();
        }
        match Shown::log(KeptLog::of_file(path, found.len()), global)? {
            Ok(log) => Ok(Shown::Log(log)),
            // What is wrong with it as a trace; or the beginning of a trace is missing.
            Err(_) => trace(),
        }
    }

    /// Opens what comes through a pipe.
    fn stream(name: &str, from: impl Read, global: &Global) -> Result<Shown> {
        let mut from = Decompressed::new(from).with_context(|| name.to_string())?;
        let beginning = from.peek(PEEKED).with_context(|| name.to_string())?;
        if !may_be_log(beginning) {
            return Ok(Shown::Trace(Box::new(Input::read(name.to_string(), from, global)?)));
        }
        let kept = KeptLog::of_stream(name, from).with_context(|| name.to_string())?;
        Ok(Shown::Log(Shown::log(kept, global)??))
    }

    /// Reads a log; returns the error that there is no line of the runtime in it apart.
    fn log(kept: KeptLog, global: &Global) -> Result<Result<ReadLog>> {
        let log = kept.clone().log(global.strict);
        let mut lines = 0;
        let ended = log.read(false, |entry| {
            lines += u64::from(matches!(entry.moment, Moment::Sched(_) | Moment::Gc(_)));
            Ok(())
        })?;
        if lines == 0 {
            return Ok(Err(none(&log, &ended)));
        }
        let warnings = log.defects(&ended).iter().map(|defect| defect.trim_start_matches([':', ' ']).into()).collect();
        Ok(Ok(ReadLog { name: log.name().to_string(), kept, lines, warnings }))
    }
}

/// Returns the error that something is neither a trace nor a log.
fn none(log: &Log, ended: &crate::log::Ended) -> anyhow::Error {
    log.nothing("execution trace, and no SCHED or gc line", "schedtrace=1000,gctrace=1", ended)
}

/// Returns whether bytes that begin so can be a log, which is text: others may never end.
fn may_be_log(beginning: &[u8]) -> bool {
    let is_utf16 = beginning.starts_with(b"\xff\xfe") || beginning.starts_with(b"\xfe\xff");
    !beginning.starts_with(TRACE) && (is_utf16 || !beginning.contains(&0))
}
