//! What an input shows: a trace, or a log.

use super::Seen;
use crate::input::{Input, is_url};
use crate::log::{Ended, Log};
use crate::{Global, Status, Usage};
use anyhow::{Context, Result};
use gotrace::diagnose::{Observation, Observe, ObserveLog};
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

/// What every execution trace begins with.
const TRACE: &[u8] = b"go 1.";

/// What was seen; and what is to be called when all output is out, to tell of the
/// input's defects.
type Observed = (Vec<Seen>, Box<dyn FnOnce() -> Status>);

/// Looks at an input, whichever it is.
pub(super) fn observe(path: &Path, global: &Global) -> Result<Observed> {
    if is_url(path) {
        return trace(Input::open(path, global)?);
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
            return trace(Input::open(path, global)?);
        }
        again = found.is_file();
        Box::new(file)
    };
    let mut start = Vec::new();
    input.by_ref().take(TRACE.len() as u64).read_to_end(&mut start).with_context(|| name.clone())?;
    let is_trace = start == TRACE;
    let whole = io::Cursor::new(start).chain(input);
    match (is_trace, again) {
        (true, true) => return trace(Input::open(path, global)?),
        (true, false) => {
            return trace(Input::read(
                if path == Path::new("-") { "standard input".into() } else { name },
                whole,
                global,
            )?);
        }
        (false, _) => {}
    }
    let log = Log::new(path, "diagnose", global)?;
    let mut runs = ObserveLog::default();
    let ended = log.read_from(Box::new(whole), |entry| {
        runs.push(entry);
        Ok(())
    })?;
    let runs = runs.finish();
    if runs.is_empty() {
        // The beginning of a trace may be missing.
        if let Some(seen) = again.then(|| Input::open(path, global).and_then(trace).ok()).flatten() {
            return Ok(seen);
        }
        return Err(log.nothing("execution trace, and no SCHED or gc line", "schedtrace=1000,gctrace=1", &ended));
    }
    Ok((seen_in(runs, &log, &ended), Box::new(move || log.warn(&ended))))
}

/// The runs of a program that a log holds.
pub(crate) fn seen_in(runs: Vec<(u32, Observation)>, log: &Log, ended: &Ended) -> Vec<Seen> {
    let several = runs.len() > 1;
    let seen = runs.into_iter().map(|(run, mut observation)| {
        observation.cut = ended.is_malformed();
        Seen { name: log.name().to_string(), run: several.then_some(run), observation }
    });
    seen.collect()
}

fn trace(input: Input) -> Result<Observed> {
    let (mut observation, warnings) = {
        let trace = input.trace()?;
        input.analyze(&trace, Observe::default())?
    };
    observation.cut = !warnings.is_empty();
    let seen = Seen { name: input.name().to_string(), run: None, observation };
    Ok((vec![seen], Box::new(move || input.warn(&warnings))))
}
