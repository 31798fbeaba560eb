//! Where a trace comes from, and what to say when it is no good.
//!
//! The one place of the tool that is `unsafe`: mapping the file.

#![allow(unsafe_code)]

use crate::output::complain;
use crate::progress::{Meter, Progress};
use crate::{Global, Status, Usage};
use anyhow::{Context, Result, anyhow};
use gotrace::analysis::Analysis;
use gotrace::error::Lookalike;
use gotrace::{Error, ErrorKind, Event, Mode, Options, Symbols, Trace, TraceFile, Warning};
use std::fmt::Display;
use std::io::{IsTerminal, Read};
use std::ops::ControlFlow;
use std::path::Path;

/// The most warnings that are printed one by one.
const MOST_WARNINGS: usize = 10;

/// Whether a TRACE names a server instead of a file.
pub(crate) fn is_url(path: &Path) -> bool {
    let text = path.to_string_lossy();
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https"))
}

/// Maps a file, or reads it if the user says so.
fn open_file(path: &Path, global: &Global) -> Result<TraceFile> {
    let file = if global.no_mmap {
        TraceFile::open(path)
    } else {
        // SAFETY: the file must not change while it is mapped. We do not
        // write to it (`-o` writes a new file), and that nobody else does
        // is the user's promise, as with any tool that maps its input;
        // `--no-mmap` is for when it cannot be given.
        unsafe { TraceFile::map(path) }
    };
    file.with_context(|| path.display().to_string())
}

/// The program of `--binary`.
struct Program {
    name: String,
    symbols: Symbols,
}

impl Program {
    fn open(path: &Path, global: &Global) -> Result<Program> {
        let name = path.display().to_string();
        let file = open_file(path, global)?;
        let symbols = Symbols::of_executable(file.bytes()).with_context(|| name.clone())?;
        Ok(Program { name, symbols })
    }
}

/// A trace file and what it is called.
pub(crate) struct Input {
    name: String,
    pub(crate) file: TraceFile,
    options: Options,
    /// The program that was traced, if the user has it.
    program: Option<Program>,
    /// The file of a trace that came over the network.
    #[cfg(feature = "http")]
    fetched: Option<crate::remote::Fetched>,
}

impl Input {
    /// Opens a file, or standard input for `-`; fetches what is at a URL.
    pub(crate) fn open(path: &Path, global: &Global) -> Result<Input> {
        if is_url(path) {
            return Input::fetch(path, global);
        }
        if path == Path::new("-") {
            let stdin = std::io::stdin();
            if stdin.is_terminal() {
                return Err(Usage(
                    "standard input is a terminal; expected a trace, as in `gotrace summary - < FILE`".into(),
                )
                .into());
            }
            return Input::read("standard input".into(), stdin.lock(), global);
        }
        Input::new(path.display().to_string(), open_file(path, global)?, global)
    }

    /// Reads a trace that comes through standard input, or another pipe.
    pub(crate) fn read(name: String, from: impl Read, global: &Global) -> Result<Input> {
        let file = TraceFile::read(from).with_context(|| name.clone())?;
        Input::new(name, file, global)
    }

    fn new(name: String, file: TraceFile, global: &Global) -> Result<Input> {
        let mode = if global.strict { Mode::Strict } else { Mode::Lenient };
        let options = Options::default().mode(mode).threads(global.threads());
        let program = global.binary.as_deref().map(|binary| Program::open(binary, global)).transpose()?;
        Ok(Input {
            name,
            file,
            options,
            program,
            #[cfg(feature = "http")]
            fetched: None,
        })
    }

    #[cfg(feature = "http")]
    fn fetch(url: &Path, global: &Global) -> Result<Input> {
        let fetched = crate::remote::fetch(url, &global.capture)?;
        let input = Input::open(fetched.path(), global)?;
        Ok(Input { name: fetched.url.clone(), fetched: Some(fetched), ..input })
    }

    #[cfg(not(feature = "http"))]
    fn fetch(url: &Path, _: &Global) -> Result<Input> {
        Err(Usage(format!("{}: this gotrace was built without the feature `http`", url.display())).into())
    }

    /// The file's name, for people.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The bytes of the file.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.file.bytes()
    }

    /// What to do about defects.
    pub(crate) fn mode(&self) -> Mode {
        self.options.mode
    }

    /// Frames the trace, and gives it the names of `--binary`.
    pub(crate) fn trace(&self) -> Result<Trace<'_>> {
        let trace = Trace::of_file(&self.file, self.options).map_err(|e| self.error(&e))?;
        match &self.program {
            Some(Program { name, symbols }) => trace.with_symbols(symbols).with_context(|| name.clone()),
            None => Ok(trace),
        }
    }

    /// Hands every event to `each`, in order, until that breaks off. Returns
    /// the defects that were passed over.
    pub(crate) fn stream<'t>(
        &self,
        trace: &'t Trace<'t>,
        progress: Progress,
        mut each: impl FnMut(&Event<'t>) -> Result<ControlFlow<()>>,
    ) -> Result<Vec<Warning>> {
        let mut events = trace.events();
        let mut meter = Meter::default();
        let mut ended = Ok(());
        for event in events.by_ref() {
            match event {
                Ok(event) => {
                    meter.tick(&progress, &event);
                    if each(&event)?.is_break() {
                        break;
                    }
                }
                Err(e) => ended = Err(self.error(&e)),
            }
        }
        drop(progress);
        ended?;
        Ok(events.warnings().to_vec())
    }

    /// Shows every event to an analysis, or to a tuple of them; returns the
    /// answer and the defects that were passed over.
    pub(crate) fn analyze<A: Analysis>(&self, trace: &Trace<'_>, analysis: A) -> Result<(A::Output, Vec<Warning>)> {
        let progress = Progress::new(trace, false);
        let analyzed = trace.analyze_watched(analysis, |event| progress.at(event));
        drop(progress);
        let analyzed = analyzed.map_err(|e| self.error(&e))?;
        Ok((analyzed.output, analyzed.warnings))
    }

    /// Tells of the defects of a trace that was read nevertheless; to be called
    /// when all output is out, so that nobody overlooks it.
    pub(crate) fn warn(&self, warnings: &[impl Display]) -> Status {
        for warning in warnings.iter().take(MOST_WARNINGS) {
            complain("warning", &format!("{}: {warning}", self.name));
        }
        if let Some(more @ 1..) = warnings.len().checked_sub(MOST_WARNINGS) {
            complain("warning", &format!("{}: and {more} more defects", self.name));
        }
        #[cfg(feature = "http")]
        if let Some(why) = self.fetched.as_ref().and_then(|fetched| fetched.shortfall.as_ref()) {
            complain("warning", &format!("{}: {why}", self.name));
            return Status::Flawed;
        }
        if warnings.is_empty() { Status::Done } else { Status::Flawed }
    }

    /// A defect with the file's name and what to do about it.
    pub(crate) fn error(&self, e: &Error) -> anyhow::Error {
        match self.advice(e) {
            Some(advice) => anyhow!("{}: {e}\n  {advice}", self.name),
            None => anyhow!("{}: {e}", self.name),
        }
    }

    fn advice(&self, e: &Error) -> Option<String> {
        let name = if self.name == "standard input" { "FILE" } else { &self.name };
        match e.kind() {
            ErrorKind::Empty => Some("the program may not have reached trace.Stop, or the download failed".into()),
            ErrorKind::NotATrace { found: Lookalike::Gzip } => {
                Some(format!("try: gunzip -c {name} | gotrace summary -"))
            }
            ErrorKind::NotATrace { found: Lookalike::Zstd } => {
                Some(format!("try: zstd -dc {name} | gotrace summary -"))
            }
            ErrorKind::NotATrace { found: Lookalike::TraceText } => {
                Some(format!("try: gotrace convert {name} -o {name}.trace"))
            }
            ErrorKind::NotATrace { found: Lookalike::Html | Lookalike::Text } => {
                Some("look at what it says; a trace comes from /debug/pprof/trace?seconds=5".into())
            }
            ErrorKind::UnsupportedVersion { minor: 27.. } => Some("a newer gotrace may read it".into()),
            _ if self.options.mode == Mode::Strict => Some("without --strict what is good is kept".into()),
            _ => None,
        }
    }
}
