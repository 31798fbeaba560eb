//! Traces from files, pipes, standard input and URLs, and messages for those that cannot
//! be read.

mod read;
mod tell;

pub(crate) use read::given_up;

use crate::flaws::{Flaw, Flaws};
use crate::global::{Global, StillWanted};
use crate::human;
use crate::mapped::Opened;
use crate::outcome::Usage;
use crate::progress::Part;
use anyhow::{Context, Result, anyhow};
use gotrace::compressed::{Compression, Decompressed};
use gotrace::error::Lookalike;
use gotrace::go_reader::{GoEnd, GoReading};
use gotrace::{Error, ErrorKind, Limits, Mode, OpenError, Options, SharedTrace, Symbols, Trace, TraceFile, TraceWatch};
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;
use std::sync::Arc;

/// The message for a trace without an event.
pub(crate) const NO_EVENTS: &str = "no events: was trace.Stop called, did the program exit?";

/// Bytes of a stream that are looked at before the rest is read: more than what may stand
/// before the first batch of a trace that lacks its beginning.
const BEGINNING: usize = 1 << 20;

/// Returns whether a TRACE names a server instead of a file.
pub(crate) fn is_url(path: &Path) -> bool {
    let text = path.to_string_lossy();
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("http" | "https"))
}

/// The symbols of the program that `--binary` names.
struct Program {
    name: String,
    symbols: Arc<Symbols>,
}

impl Program {
    /// Reads the symbols of an executable file.
    ///
    /// # Errors
    /// If it cannot be read, or is no executable that is known.
    fn open(path: &Path, global: &Global) -> Result<Program> {
        let name = path.display().to_string();
        let opened = Opened::open(path)?;
        let file = if global.no_mmap { TraceFile::read(opened.file()) } else { opened.map(path) };
        let symbols =
            Symbols::of_executable(file.with_context(|| name.clone())?.bytes()).with_context(|| name.clone())?;
        Ok(Program { name, symbols: Arc::new(symbols) })
    }
}

/// The forms of a trace that a command reads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forms {
    /// The binary form, which Go programs write.
    Binary,
    /// The binary form or the text form.
    Any,
}

/// A trace file with its name, and with how it is to be read.
#[derive(Clone)]
pub(crate) struct Input {
    name: String,
    pub(crate) file: Arc<TraceFile>,
    options: Options,
    /// The program that was traced, if the user has it.
    program: Option<Arc<Program>>,
    flaws: Arc<Flaws>,
    /// True if nothing is printed on standard error: the work is done for
    /// somebody else.
    quiet: bool,
    /// Tells whether that somebody still waits.
    wanted: Option<StillWanted>,
    /// Part in the progress of several inputs that are read side by side.
    part: Option<Arc<Part>>,
}

impl Input {
    /// Opens a file, or standard input for `-`; fetches a trace from a URL.
    pub(crate) fn open(path: &Path, global: &Global) -> Result<Input> {
        if let Some(given) = &global.given
            && let Some(input) = given.input.downcast_ref::<Input>()
        {
            return Ok(input.wanted(&given.wanted));
        }
        Input::open_form(path, Forms::Binary, global)
    }

    /// Opens a trace in one of these forms, as [`open`](Input::open) does.
    pub(crate) fn open_form(path: &Path, forms: Forms, global: &Global) -> Result<Input> {
        if is_url(path) {
            return Input::fetch(path, forms, global);
        }
        if path == Path::new("-") {
            let stdin = std::io::stdin();
            if stdin.is_terminal() {
                return Err(Usage(
                    "standard input is a terminal; expected a trace, as in `gotrace summary - < FILE`".into(),
                )
                .into());
            }
            let name = "standard input".to_string();
            let from = Decompressed::new(stdin.lock()).with_context(|| name.clone())?;
            return Input::read_form(name, from, forms, Flaws::default(), global);
        }
        let name = path.display().to_string();
        let opened = Opened::open(path)?;
        if !opened.is_on_a_disk() {
            // A pipe is not watched for changes, and is closed at its end: its writer may wait for that.
            let from = Decompressed::new(opened.into_file()).with_context(|| name.clone())?;
            return Input::read_form(name, from, forms, Flaws::default(), global);
        }
        let opened = Arc::new(opened);
        let mut beginning = Vec::new();
        if opened.can_be_mapped() {
            let magic = opened.file().take(Compression::MAGIC_LEN as u64).read_to_end(&mut beginning);
            magic.with_context(|| name.clone())?;
            if Compression::of(&beginning).is_none() && !global.no_mmap {
                let file = opened.map(path).with_context(|| name.clone())?;
                return Input::new(name, file, Flaws::of_file(&opened), global);
            }
        }
        let stream = io::Cursor::new(beginning).chain(opened.file());
        let from = Decompressed::new(stream).with_context(|| name.clone())?;
        Input::read_form(name, from, forms, Flaws::of_file(&opened), global)
    }

    /// Reads a trace from a stream, up to its end or to where it goes on with something
    /// else than a trace.
    pub(crate) fn read(name: String, from: Decompressed<impl Read>, global: &Global) -> Result<Input> {
        Input::read_form(name, from, Forms::Binary, Flaws::default(), global)
    }

    /// Reads a trace in one of these forms from a stream, as [`read`](Input::read) does.
    /// `flaws` are what is wrong with the file by itself.
    fn read_form(
        name: String,
        mut from: Decompressed<impl Read>,
        forms: Forms,
        mut flaws: Flaws,
        global: &Global,
    ) -> Result<Input> {
        let beginning = from.peek(BEGINNING).with_context(|| name.clone())?;
        let is_text = forms == Forms::Any && begins_text(beginning);
        // A stream that does not begin as a trace may never end (a device), so the rest is
        // not read.
        if beginning.len() == BEGINNING
            && !is_text
            && let Err(e) = Trace::with_options(beginning, Options::default().mode(Mode::Lenient))
            && matches!(e.kind(), ErrorKind::NotATrace { .. })
        {
            let begun = Input::new(name, TraceFile::from(beginning.to_vec()), flaws, global)?;
            return Err(begun.error(&e));
        }
        // Nor is the rest of one that goes on with something else.
        let (mut watch, mut goes_on) = (TraceWatch::new(Limits::default()), true);
        let read = from.read_while(|more| {
            goes_on = is_text || watch.goes_on(more);
            goes_on
        });
        let (bytes, damage) = read.with_context(|| name.clone())?;
        if let Some(damage) = damage {
            if global.strict {
                return Err(anyhow!("{name}: {damage}\n  without --strict, the good part is read"));
            }
            flaws.add(Flaw::Damaged(damage));
        } else if !goes_on {
            flaws.add(Flaw::stopped(&watch, bytes.len() as u64));
        }
        Input::new(name, TraceFile::from(bytes), flaws, global)
    }

    /// Takes the bytes of a trace, compressed or not, in place of a file.
    pub(crate) fn of_bytes(name: String, bytes: TraceFile, global: &Global) -> Result<Input> {
        match Compression::of(bytes.bytes()) {
            None => Input::new(name, bytes, Flaws::default(), global),
            Some(_) => {
                let from = Decompressed::new(bytes.bytes()).with_context(|| name.clone())?;
                Input::read(name, from, global)
            }
        }
    }

    /// Puts together an input of its parts, and opens the program of `--binary`.
    fn new(name: String, file: TraceFile, flaws: Flaws, global: &Global) -> Result<Input> {
        let name = human::name(name.as_bytes()).into_owned();
        let mode = if global.strict { Mode::Strict } else { Mode::Lenient };
        let options = Options::default().mode(mode).threads(global.threads());
        let program = global.binary.as_deref().map(|binary| Program::open(binary, global)).transpose()?;
        let (file, program, flaws) = (Arc::new(file), program.map(Arc::new), Arc::new(flaws));
        Ok(Input { name, file, options, program, flaws, quiet: false, wanted: None, part: None })
    }

    /// Fetches a trace from a URL.
    #[cfg(feature = "http")]
    fn fetch(url: &Path, forms: Forms, global: &Global) -> Result<Input> {
        let crate::remote::Fetched { url, file, shortfall } = crate::remote::fetch(url, &global.capture)?;
        let bytes = crate::mapped::of_our_own(&file).with_context(|| url.clone())?;
        let mut input = match Compression::of(bytes.bytes()) {
            None => Input::new(url, bytes, Flaws::default(), global)?,
            Some(_) => {
                let from = Decompressed::new(bytes.bytes()).with_context(|| url.clone())?;
                Input::read_form(url, from, forms, Flaws::default(), global)?
            }
        };
        if let Some(flaws) = Arc::get_mut(&mut input.flaws) {
            shortfall.into_iter().for_each(|why| flaws.add(Flaw::Short(why)));
        }
        Ok(input)
    }

    /// Refuses a URL.
    #[cfg(not(feature = "http"))]
    fn fetch(url: &Path, _: Forms, _: &Global) -> Result<Input> {
        Err(Usage(format!("{}: this gotrace was built without the feature `http`", url.display())).into())
    }

    /// Returns the file's name as messages and reports show it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the file's name as it can stand in a command that a message advises.
    pub(crate) fn file_name(&self) -> &str {
        if self.name == "standard input" { "FILE" } else { &self.name }
    }

    /// Returns the bytes of the file.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.file.bytes()
    }

    /// Returns the file on a disk whose bytes, from the first on, are those of the trace; none
    /// if it was read into memory.
    pub(crate) fn mapped(&self) -> Option<&File> {
        self.flaws.file().filter(|_| self.file.is_mapped())
    }

    /// Returns whether a defect is an error or a warning.
    pub(crate) fn mode(&self) -> Mode {
        self.options.mode
    }

    /// Frames the trace for a report about its events.
    ///
    /// # Errors
    /// If there is no event in it; and with `--strict`, as
    /// [`strict_as_go`](Self::strict_as_go).
    pub(crate) fn trace(&self) -> Result<Trace<'_>> {
        let trace = Trace::of_file(&self.file, self.options).map_err(|e| self.unframed(&e))?;
        self.check(&trace)?;
        self.named(trace)
    }

    /// Frames the trace for those who keep it, as [`trace`](Self::trace) does.
    pub(crate) fn shared(&self) -> Result<SharedTrace> {
        let file = Arc::clone(&self.file);
        let shared = match self.program.as_deref() {
            Some(program) => SharedTrace::with_symbols(file, Arc::clone(&program.symbols), self.options),
            None => SharedTrace::new(file, self.options).map_err(OpenError::from),
        };
        let shared = shared.map_err(|e| match (e, self.program.as_deref()) {
            (OpenError::Trace(e), _) => self.unframed(&e),
            (e, Some(program)) => anyhow!(e).context(program.name.clone()),
            (e, None) => e.into(),
        })?;
        self.check(shared.trace())?;
        Ok(shared)
    }

    /// Returns the error of a file of which no trace could be made.
    fn unframed(&self, e: &Error) -> anyhow::Error {
        if is_no_trace(e) {
            return self.error(e);
        }
        // The header is there, and nothing behind it could be read.
        self.no_events(Some(e))
    }

    /// Refuses a trace without an event, and with `--strict` one that Go's reader refuses.
    fn check(&self, trace: &Trace<'_>) -> Result<()> {
        self.strict_as_go(trace)?;
        let ends_strictly = self.mode() == Mode::Strict && trace.defect().is_some();
        if trace.has_events() || ends_strictly { Ok(()) } else { Err(self.no_events(None)) }
    }

    /// Frames the trace, even if there is no event in it.
    pub(crate) fn framed(&self) -> Result<Trace<'_>> {
        let trace = Trace::of_file(&self.file, self.options).map_err(|e| self.error(&e))?;
        self.named(trace)
    }

    /// Refuses, with `--strict`, a trace of Go 1.21 or older that Go's reader refuses.
    /// Go's reader validates all of such a trace before it gives an event. Newer traces
    /// need no check here: strict reading meets the same defects as Go's reader.
    pub(crate) fn strict_as_go(&self, trace: &Trace<'_>) -> Result<()> {
        if self.mode() != Mode::Strict || !trace.version().is_v1() {
            return Ok(());
        }
        match GoReading::of(trace, || ()).end {
            GoEnd::Refuses(e) | GoEnd::Panics(e) => Err(self.error(&e)),
            _ => Ok(()),
        }
    }

    /// Adds the names that `--binary` gives to a trace.
    fn named<'t>(&'t self, trace: Trace<'t>) -> Result<Trace<'t>> {
        match self.program.as_deref() {
            Some(Program { name, symbols }) => trace.with_symbols(symbols).with_context(|| name.clone()),
            None => Ok(trace),
        }
    }

    /// Returns the input for work whose defects somebody else is told of.
    pub(crate) fn quiet(&self) -> Input {
        Input { quiet: true, ..self.clone() }
    }

    /// Returns the input for work that ends when nobody waits for it any more.
    pub(crate) fn wanted(&self, wanted: &StillWanted) -> Input {
        Input { wanted: Some(Arc::clone(wanted)), ..self.clone() }
    }

    /// Returns the input, to be read with at most so many threads.
    pub(crate) fn with_threads(self, threads: usize) -> Input {
        Input { options: self.options.threads(threads), ..self }
    }

    /// Returns the input, to be read beside others with which it shares a progress bar.
    pub(crate) fn beside(self, part: Part) -> Input {
        part.is_of(self.bytes().len() as u64);
        Input { part: Some(Arc::new(part)), ..self }
    }

    /// Returns whether the file was written to since it was opened.
    #[cfg(feature = "view")]
    pub(crate) fn has_changed(&self) -> bool {
        self.flaws.has_changed()
    }
}

/// Bytes at the beginning of an input that are looked at: enough to tell kinds of files apart.
pub(crate) const PEEKED: usize = 4096;

/// Returns whether a file begins as every execution trace does.
pub(crate) fn begins_trace(beginning: &[u8]) -> bool {
    beginning.starts_with(b"go 1.")
}

/// Returns whether a file begins as the text form of a trace does, perhaps with a comment.
pub(crate) fn begins_text(beginning: &[u8]) -> bool {
    Lookalike::of(beginning) == Lookalike::TraceText || beginning.trim_ascii_start().starts_with(b"#")
}

/// Returns whether an error says that a file is no trace, or a trace of an unknown version.
pub(crate) fn is_no_trace(e: &Error) -> bool {
    matches!(e.kind(), ErrorKind::Empty | ErrorKind::NotATrace { .. } | ErrorKind::UnsupportedVersion { .. })
}
