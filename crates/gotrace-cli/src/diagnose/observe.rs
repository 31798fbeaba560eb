//! Observations of an input, which is a trace or a log.

use super::Seen;
use crate::global::Global;
use crate::input::{Input, PEEKED, begins_trace, is_url};
use crate::log::{KeptLog, Log};
use crate::outcome::{Status, Usage};
use crate::programs::ByProgram;
use crate::within::Within;
use anyhow::{Context, Result};
use gotrace::compressed::Decompressed;
use gotrace::diagnose::{CollectObservation, Observation, ObserveLog, Source};
use gotrace::godebug::{Entry, Mixed, Moment};
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

/// A function that prints the input's defects, to be called when all output is out.
pub(super) type Warn = Box<dyn FnOnce() -> Status>;

/// A function that takes the observation of each run in an input.
type Each<'a> = dyn FnMut(Seen) -> Result<()> + 'a;

/// The part of an input that is looked at.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    /// One of several programs in a log; none for all.
    pub(super) program: Option<&'a str>,
    /// A stretch of time in a trace.
    pub(super) within: Within,
}

/// Observes an input, whether it is a trace or a log.
pub(super) fn observe(path: &Path, asked: Asked<'_>, global: &Global, each: &mut Each<'_>) -> Result<Warn> {
    let Asked { program, within } = asked;
    let kept = KeptLog::given(global);
    let is_one = || Usage("--program picks one of the programs in a log; a trace is of one program".into());
    if kept.is_none() && (is_url(path) || global.given.is_some()) {
        return if program.is_some() { Err(is_one().into()) } else { trace(Input::open(path, global)?, within, each) };
    }
    let name = path.display().to_string();
    let mut again = false;
    let input: Box<dyn Read + '_> = if let Some(kept) = &kept {
        kept.open()?
    } else if path == Path::new("-") {
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
            return trace(Input::open(path, global)?, within, each);
        }
        again = found.is_file();
        Box::new(file)
    };
    let mut input = Decompressed::new(input).with_context(|| name.clone())?;
    let is_trace = begins_trace(input.peek(PEEKED).with_context(|| name.clone())?);
    if is_trace && program.is_some() {
        return Err(is_one().into());
    }
    match (is_trace, again) {
        (true, true) => return trace(Input::open(path, global)?, within, each),
        (true, false) => {
            let name = if path == Path::new("-") { "standard input".into() } else { name };
            return trace(Input::read(name, input, global)?, within, each);
        }
        (false, _) => {}
    }
    if within.is_asked() {
        return Err(Usage("--from and --to are for traces; this is a log".into()).into());
    }
    let log = Log::new(path, "diagnose", global)?.only(program);
    let mut programs = ByProgram::<Runs>::default();
    let mut ended = log.read_from(Box::new(&mut input), |entry| {
        let Some(runs) = programs.of(entry) else { return Ok(()) };
        runs.push(entry)
            .into_iter()
            .try_for_each(|over| each(Seen::in_log(log.name(), entry.program.as_deref(), over, true)))
    })?;
    ended.damage = input.defect().cloned();
    let ended = log.checked(ended)?;
    let mut found = false;
    for program in programs {
        let name = program.name.as_deref();
        if let Some(mixed) = program.mixed {
            found = true;
            each(Seen::mixed(log.name(), name, mixed))?;
            continue;
        }
        for (run, followed) in program.value.finish() {
            found = true;
            each(Seen::in_log(log.name(), name, run, followed))?;
        }
    }
    if !found {
        // The beginning of a trace may be missing.
        match again.then(|| Input::open(path, global).and_then(|input| trace(input, within, each)).ok()).flatten() {
            Some(warn) => return Ok(warn),
            None => {
                let what = "execution trace, and no SCHED or gc line";
                return Err(log.nothing(what, "schedtrace=1000,gctrace=1", &ended));
            }
        }
    }
    Ok(Box::new(move || log.warn(&ended)))
}

/// Lines that a run must have before the run in front of it is handed over: by then it
/// shows if the lines are those of several programs instead.
const SURE: u32 = 8;

/// The most runs that are held back.
const MOST_RUNS: usize = 64;

/// The runs of a program in a log.
#[derive(Default)]
pub(crate) struct Runs {
    observed: ObserveLog,
    /// Runs that are over, and are held back.
    over: Vec<(u32, Observation)>,
    /// The number of lines of the run after them.
    lines: u32,
}

impl Runs {
    /// Takes an entry; returns the runs that are surely over.
    pub(crate) fn push(&mut self, entry: &Entry) -> Vec<(u32, Observation)> {
        if let Some(over) = self.observed.push(entry) {
            self.over.push(over);
            self.lines = 0;
        }
        self.lines += u32::from(matches!(entry.moment, Moment::Sched(_) | Moment::Gc(_)));
        if self.lines >= SURE || self.over.len() >= MOST_RUNS { std::mem::take(&mut self.over) } else { Vec::new() }
    }

    /// Returns the runs that are left, each with whether another one followed.
    pub(crate) fn finish(self) -> Vec<((u32, Observation), bool)> {
        let over = self.over.into_iter().map(|run| (run, true));
        over.chain(self.observed.finish().map(|last| (last, false))).collect()
    }
}

impl Seen {
    /// Returns the observation of a run of a program in a log; `followed` is true if there
    /// is another run after it.
    pub(crate) fn in_log(
        name: &str,
        program: Option<&str>,
        (run, observation): (u32, Observation),
        followed: bool,
    ) -> Seen {
        let run = (run > 0 || followed).then_some(run);
        Seen { name: name.to_string(), program: program.map(str::to_string), run, mixed: None, observation, offset: 0 }
    }

    /// Returns the observation of a program whose lines cannot be judged.
    pub(crate) fn mixed(name: &str, program: Option<&str>, mixed: Mixed) -> Seen {
        let observation = Observation::new(Source::Log { detailed: false });
        Seen {
            name: name.to_string(),
            program: program.map(str::to_string),
            run: None,
            mixed: Some(mixed),
            observation,
            offset: 0,
        }
    }
}

/// Observes a trace.
fn trace(input: Input, within: Within, each: &mut Each<'_>) -> Result<Warn> {
    let (mut observation, offset, warnings) = {
        let trace = input.trace()?;
        let (observation, warnings) = within.analyze(&input, &trace, CollectObservation::default())?;
        (observation, within.offset(&trace), warnings)
    };
    observation.damaged(&warnings);
    each(Seen { name: input.name().to_string(), program: None, run: None, mixed: None, observation, offset })?;
    Ok(Box::new(move || input.warn(&warnings)))
}
