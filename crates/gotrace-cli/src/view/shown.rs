//! Input of `gotrace view`: a trace, or a log.

use crate::global::Global;
use crate::input::{Input, PEEKED, begins_trace, is_url};
use crate::log::{Ended, KeptLog, Log};
use anyhow::{Context, Result};
use gotrace::compressed::Decompressed;
use gotrace::godebug::Moment;
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

/// A trace or a log, opened.
pub(super) enum Shown {
    Trace(Box<Input>),
    Log(Box<ReadLog>),
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
        if begins_trace(beginning.peek(PEEKED).with_context(|| name.clone())?) {
            return trace();
        }
        let log = ReadLog::of(KeptLog::of_file(path, found.len()), global)?;
        // Without a line of the runtime, it is told what is wrong with it as a trace; or it is
        // one whose beginning is missing.
        if log.lines == 0 { trace() } else { Ok(Shown::Log(Box::new(log))) }
    }

    /// Opens what comes through a pipe.
    fn stream(name: &str, from: impl Read, global: &Global) -> Result<Shown> {
        let mut from = Decompressed::new(from).with_context(|| name.to_string())?;
        if !may_be_log(from.peek(PEEKED).with_context(|| name.to_string())?) {
            return Ok(Shown::Trace(Box::new(Input::read(name.to_string(), from, global)?)));
        }
        let kept = KeptLog::of_stream(name, &mut from).with_context(|| name.to_string())?;
        let mut log = ReadLog::of(kept, global)?;
        // What is kept is not compressed any more.
        log.ended.damage = from.defect().cloned();
        log.ended = log.log.checked(log.ended)?;
        if log.lines == 0 {
            return Err(log.log.nothing(NEITHER, "schedtrace=1000,gctrace=1", &log.ended));
        }
        Ok(Shown::Log(Box::new(log)))
    }
}

/// A log that has been read once.
pub(super) struct ReadLog {
    pub(super) kept: KeptLog,
    /// The number of `SCHED` lines and GC cycles.
    pub(super) lines: u64,
    log: Log,
    ended: Ended,
}

impl ReadLog {
    /// Reads a log.
    fn of(kept: KeptLog, global: &Global) -> Result<ReadLog> {
        let log = kept.clone().log(global.strict);
        let mut lines = 0;
        let ended = log.read(false, |entry| {
            lines += u64::from(matches!(entry.moment, Moment::Sched(_) | Moment::Gc(_)));
            Ok(())
        })?;
        Ok(ReadLog { kept, lines, log, ended })
    }

    /// Returns the log's name.
    pub(super) fn name(&self) -> String {
        self.log.name().to_string()
    }

    /// Returns what is wrong with it, in words.
    pub(super) fn warnings(&self) -> Vec<String> {
        self.log.defects(&self.ended).iter().map(|defect| defect.trim_start_matches([':', ' ']).into()).collect()
    }
}

/// The words for what is neither a trace nor a log.
const NEITHER: &str = "execution trace, and no SCHED or gc line";

/// Returns whether bytes that begin so can be a log, which is text: others may never end.
fn may_be_log(beginning: &[u8]) -> bool {
    let is_utf16 = beginning.starts_with(b"\xff\xfe") || beginning.starts_with(b"\xfe\xff");
    !begins_trace(beginning) && (is_utf16 || !beginning.contains(&0))
}
