//! The entry point: a trace, framed and indexed.

use crate::error::{Error, Result};
use crate::event::Event;
use crate::file::TraceFile;
use crate::generation::Generation;
use crate::generation::salvage::{Salvaged, find_beginning, salvage, salvage_v1};
use crate::generation::split::{Split, split, split_v1};
use crate::ids::{GoId, ProcId, ThreadId};
use crate::limits::{KEPT_BY_ONE_THREAD, Limits};
use crate::stream::{Events, Stream};
use crate::symbols::{Symbols, SymbolsError};
use crate::version::{HEADER_LEN, Version};
use crate::warning::Warning;

/// What to do about defects, and with how many threads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Options {
    /// What to do about defects.
    pub mode: Mode,
    /// How many threads the methods that can use several may use; at least 1.
    pub threads: usize,
    /// What lenient reading may cost.
    pub limits: Limits,
}

impl Default for Options {
    /// Strict, on one thread.
    fn default() -> Options {
        Options { mode: Mode::Strict, threads: 1, limits: Limits::default() }
    }
}

impl Options {
    /// These options with that mode.
    #[must_use]
    pub fn mode(self, mode: Mode) -> Options {
        Options { mode, ..self }
    }

    /// These options with that many threads.
    #[must_use]
    pub fn threads(self, threads: usize) -> Options {
        Options { threads: threads.max(1), ..self }
    }

    /// These options with those limits.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Options {
        Options { limits, ..self }
    }
}

/// What to do about a defect of a trace.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// It is an error, after the events before it.
    Strict,
    /// Keep what is good before and after it, and warn.
    Lenient,
}

/// A trace: its generations, framed, over bytes that it borrows.
///
/// Parsing reads the frames only; tables are indexed and events decoded when
/// they are asked for.
#[derive(Debug)]
pub struct Trace<'a> {
    bytes: &'a [u8],
    source: Option<&'a TraceFile>,
    /// The file, if its pages are to be released.
    lets_go: Option<&'a TraceFile>,
    version: Version,
    generations: Vec<Generation<'a>>,
    defect: Option<Error>,
    /// What lenient reading got past in its framing.
    warnings: Vec<Warning>,
    options: Options,
}

impl<'a> Trace<'a> {
    /// Frames a trace, strictly, for one thread.
    ///
    /// # Errors
    /// If the header is not that of a supported trace. Other defects come
    /// out of [`events`](Self::events), after the events before them.
    pub fn parse(bytes: &'a [u8]) -> Result<Trace<'a>> {
        Trace::with_options(bytes, Options::default())
    }

    /// Frames a trace.
    ///
    /// # Errors
    /// As [`parse`](Self::parse); in lenient mode also if there is nothing in
    /// the trace that could be kept.
    pub fn with_options(bytes: &'a [u8], options: Options) -> Result<Trace<'a>> {
        Trace::frame(bytes, None, options)
    }

    /// Frames the trace of a file. Of a mapped file, pages are released behind
    /// framing and behind event streams as they move on.
    ///
    /// # Errors
    /// As [`with_options`](Self::with_options).
    pub fn of_file(file: &'a TraceFile, options: Options) -> Result<Trace<'a>> {
        Trace::frame(file.bytes(), Some(file), options)
    }

    fn frame(bytes: &'a [u8], source: Option<&'a TraceFile>, options: Options) -> Result<Trace<'a>> {
        let lets_go = source.filter(|file| options.threads > 1 || file.bytes().len() > KEPT_BY_ONE_THREAD);
        let release = |generation: &Generation<'a>| {
            if let Some(file) = lets_go {
                file.release(generation.byte_range());
            }
        };
        let (version, start, misplaced) = match Version::parse_header(bytes) {
            Ok(version) => (version, HEADER_LEN, None),
            Err(e) if options.mode == Mode::Lenient => find_beginning(bytes, e)?,
            Err(e) => return Err(e),
        };
        let Split { generations, defect } = match &misplaced {
            None if version.is_v1() => split_v1(bytes, version, &release),
            None => split(bytes, version, &release),
            Some(warning) => Split { generations: Vec::new(), defect: Some(warning.error().clone()) },
        };
        let warnings = Vec::new();
        let mut trace = Trace { bytes, source, lets_go, version, generations, defect, warnings, options };
        if let (Mode::Lenient, Some(defect)) = (options.mode, &trace.defect) {
            let salvage = if version.is_v1() { salvage_v1 } else { salvage };
            let Salvaged { generations, warnings } = salvage(bytes, version, start, options.limits);
            if generations.is_empty() {
                return Err(defect.clone());
            }
            trace.generations = generations;
            trace.warnings = misplaced.into_iter().chain(warnings).collect();
        }
        Ok(trace)
    }

    /// The trace with names for its program counters: frames of stacks of Go 1.5
    /// and 1.6, which wrote nothing else, have a function, file and line then.
    /// Other traces have names, and stay as they are.
    ///
    /// # Errors
    /// If most goroutines do not begin at a function of that program: it is not
    /// the one that was traced. That is also so for a position-independent one,
    /// as the trace does not tell where in memory it was.
    pub fn with_symbols(mut self, symbols: &'a Symbols) -> std::result::Result<Trace<'a>, SymbolsError> {
        if self.version < Version::Go107 {
            symbols.check(&self)?;
            self.generations.iter_mut().for_each(|generation| generation.symbols = Some(symbols));
        }
        Ok(self)
    }

    /// The version of the format.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The bytes it was parsed from.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// What it was parsed with.
    pub fn options(&self) -> Options {
        self.options
    }

    /// Its generations, in order.
    pub fn generations(&self) -> &[Generation<'a>] {
        &self.generations
    }

    /// The defect of its framing that ends it early, if there is one. In
    /// strict mode the event stream ends with it.
    pub fn defect(&self) -> Option<&Error> {
        self.defect.as_ref()
    }

    /// What lenient reading got past in the framing of the file. The warnings of
    /// an event stream begin with these.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// All events in one causal order.
    pub fn events<'t>(&'t self) -> Events<'t> {
        Events::new(self)
    }

    /// The events that happened to a goroutine or while it ran.
    pub fn goroutine<'t>(&'t self, id: GoId) -> Stream<'t> {
        Stream::new(self.events(), move |event: &Event<'_>| event.involves_goroutine(id))
    }

    /// The events that happened to a P or on it.
    pub fn proc<'t>(&'t self, id: ProcId) -> Stream<'t> {
        Stream::new(self.events(), move |event: &Event<'_>| event.involves_proc(id))
    }

    /// The events that happened on an M.
    pub fn thread<'t>(&'t self, id: ThreadId) -> Stream<'t> {
        Stream::new(self.events(), move |event: &Event<'_>| event.thread() == Some(id))
    }

    pub(crate) fn is_lenient(&self) -> bool {
        self.options.mode == Mode::Lenient
    }

    /// What lenient reading may cost; none in strict mode.
    pub(crate) fn leniency(&self) -> Option<Limits> {
        self.is_lenient().then_some(self.options.limits)
    }

    /// The generation that a byte of the file belongs to.
    pub(crate) fn generation_at(&self, offset: usize) -> Option<&Generation<'a>> {
        let after = self.generations.partition_point(|g| g.byte_range().start <= offset);
        self.generations.get(after.checked_sub(1)?)
    }

    /// Announces that a generation is about to be read.
    pub(crate) fn approach(&self, generation: &Generation<'_>) {
        if let Some(file) = self.source {
            file.prefetch(generation.byte_range());
        }
    }

    /// Gives back what reading a generation took.
    pub(crate) fn leave(&self, generation: &Generation<'_>) {
        generation.forget_tables();
        if let Some(file) = self.lets_go {
            file.release(generation.byte_range());
        }
    }
}
