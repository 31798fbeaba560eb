//! What an input shows: a trace, or a log.

use super::Seen;
use crate::input::{Input, is_url};
use crate::log::Log;
use crate::{Global, Status, Usage};
use anyhow::{Context, Result};
use gotrace::diagnose::{Observation, Observe, ObserveLog};
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

/// What every execution trace begins with.
const TRACE: &[u8] = b"go 1.";

/// What is to be called when all output is out, to tell of the input's defects.
pub(super) type Warn = Box<dyn FnOnce() -> Status>;

/// What takes each run of a program that an input shows.
type Each<'a> = dyn FnMut(Seen) -> Result<()> + 'a;

/// Looks at an input, whichever it is.
pub(super) fn observe(path: &Path, global: &Global, each: &mut Each<'_>) -> Result<Warn> {
    if is_url(path) {
        return trace(Input::open(path, global)?, each);
    }
    let name = path.display().to_string();
    let mut again = false;
    let mut input: Box<dyn Read> = if path == Path::new("-") {
        let stdin = io::stdin();
        if stdin.is_terminal() {
            return Err(Usage(
                "standard input is a terminal; expected a trace or a log, as in `gotrace diagnose - < FILE`".into(),
            )
            .into());
        }
        Box::new(stdin.lock())
    } else {
        let file = File::open(path).with_context(|| name.clone())?;
        let found = file.metadata().with_context(|| name.clone())?;
        if found.is_dir() {
            return trace(Input::open(path, global)?, each);
        }
        again = found.is_file();
        Box::new(file)
    };
    let mut start = Vec::new();
    input.by_ref().take(TRACE.len() as u64).read_to_end(&mut start).with_context(|| name.clone())?;
    let is_trace = start == TRACE;
    let whole = io::Cursor::new(start).chain(input);
    match (is_trace, again) {
        (true, true) => return trace(Input::open(path, global)?, each),
        (true, false) => {
            let name = if path == Path::new("-") { "standard input".into() } else { name };
            return trace(Input::read(name, whole, global)?, each);
        }
        (false, _) => {}
    }
    let log = Log::new(path, "diagnose", global)?;
    let mut runs = ObserveLog::default();
    let ended = log.read_from(Box::new(whole), |entry| match runs.push(entry) {
        Some(over) => each(Seen::in_log(log.name(), over, true)),
        None => Ok(()),
    })?;
    match runs.finish() {
        Some(last) => each(Seen::in_log(log.name(), last, false))?,
        // The beginning of a trace may be missing.
        None => match again.then(|| Input::open(path, global).and_then(|input| trace(input, each)).ok()).flatten() {
            Some(warn) => return Ok(warn),
            None => {
                let what = "execution trace, and no SCHED or gc line";
                return Err(log.nothing(what, "schedtrace=1000,gctrace=1", &ended));
            }
        },
    }
    Ok(Box::new(move || log.warn(&ended)))
}

impl Seen {
    /// A run of a program in a log; `followed` by another one.
    pub(crate) fn in_log(name: &str, (run, observation): (u32, Observation), followed: bool) -> Seen {
        Seen { name: name.to_string(), run: (run > 0 || followed).then_some(run), observation }
    }
}

fn trace(input: Input, each: &mut Each<'_>) -> Result<Warn> {
    let (mut observation, warnings) = {
        let trace = input.trace()?;
        input.analyze(&trace, Observe::default())?
    };
    observation.cut = !warnings.is_empty();
    each(Seen { name: input.name().to_string(), run: None, observation })?;
    Ok(Box::new(move || input.warn(&warnings)))
}
