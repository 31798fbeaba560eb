//! The entry point: a trace cut into generations, and the ways to read its events.

mod ahead;
pub(crate) mod file;
pub(crate) mod fold;
#[cfg(feature = "shared")]
pub(crate) mod shared;
pub(crate) mod stream;
#[cfg(test)]
pub(crate) mod testdata;
pub(crate) mod watch;

use crate::base::ids::{GoId, ProcId, ThreadId};
use crate::base::limits::{KEPT_BY_ONE_THREAD, Limits};
use crate::base::time::Time;
use crate::error::warning::Warning;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::generation::Generation;
use crate::generation::framed::Framed;
use crate::generation::salvage::{Salvaged, find_beginning, salvage, salvage_v1};
use crate::generation::split::{Split, split, split_v1};
use crate::spec::version::{HEADER_LEN, Version};
use crate::symbols::{Symbols, SymbolsError};
use file::TraceFile;
use stream::{Blocks, Events, Stream};

/// Options of reading: the treatment of defects, the number of threads, and limits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The treatment of defects.
    pub mode: Mode,
    /// The most threads that the methods may use which can use several; at least 1.
    pub threads: usize,
    /// The bounds on the work of lenient reading.
    pub limits: Limits,
}

impl Default for Options {
    /// Returns strict reading on one thread.
    fn default() -> Options {
        Options { mode: Mode::Strict, threads: 1, limits: Limits::default() }
    }
}

impl Options {
    /// Returns these options with that mode.
    #[must_use]
    pub fn mode(self, mode: Mode) -> Options {
        Options { mode, ..self }
    }

    /// Returns these options with that many threads, at least 1.
    #[must_use]
    pub fn threads(self, threads: usize) -> Options {
        Options { threads: threads.max(1), ..self }
    }

    /// Returns these options with those limits.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Options {
        Options { limits, ..self }
    }
}

/// The treatment of a defect of a trace.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// A defect is an error, after the events before it. Go's reader reads ahead, so it may
    /// err earlier: [`go_reader`](crate::go_reader) predicts its result.
    Strict,
    /// The good parts before and after a defect are kept, with a warning.
    Lenient,
}

/// A trace: its generations, over bytes that it borrows.
///
/// Parsing reads the frames only; tables are indexed and events decoded on
/// demand.
#[derive(Debug)]
pub struct Trace<'a> {
    framed: Framed<'a>,
    source: Option<&'a TraceFile>,
    /// The file, if its pages are released once they are read.
    released: Option<&'a TraceFile>,
    defect: Option<Error>,
    /// The warnings of lenient reading about the framing.
    warnings: Vec<Warning>,
    options: Options,
}

impl<'a> Trace<'a> {
    /// Parses the framing of a trace, in strict mode, for one thread.
    ///
    /// # Errors
    /// If the header is not that of a supported trace. Other defects come
    /// out of [`events`](Self::events), after the events before them.
    pub fn parse(bytes: &'a [u8]) -> Result<Trace<'a>> {
        Trace::with_options(bytes, Options::default())
    }

    /// Parses the framing of a trace.
    ///
    /// # Errors
    /// Those of [`parse`](Self::parse); in lenient mode also if nothing of
    /// the trace can be kept.
    pub fn with_options(bytes: &'a [u8], options: Options) -> Result<Trace<'a>> {
        Trace::frame(bytes, None, options)
    }

    /// Parses the framing of a file's trace. Pages of a mapped file are released behind
    /// framing and behind event streams as they move on.
    ///
    /// # Errors
    /// Those of [`with_options`](Self::with_options).
    pub fn of_file(file: &'a TraceFile, options: Options) -> Result<Trace<'a>> {
        Trace::frame(file.bytes(), Some(file), options)
    }

    fn frame(bytes: &'a [u8], source: Option<&'a TraceFile>, options: Options) -> Result<Trace<'a>> {
        let released = source.filter(|file| options.threads > 1 || file.bytes().len() > KEPT_BY_ONE_THREAD);
        let release = |generation: &Generation<'a>| {
            if let Some(file) = released {
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
        let framed = Framed { bytes, version, generations };
        let mut trace = Trace { framed, source, released, defect, warnings, options };
        if let (Mode::Lenient, Some(defect)) = (options.mode, &trace.defect) {
            let salvage = if version.is_v1() { salvage_v1 } else { salvage };
            let Salvaged { generations, warnings } = salvage(bytes, version, start, options.limits);
            if generations.is_empty() {
                return Err(defect.clone());
            }
            trace.framed.generations = generations;
            trace.warnings = misplaced.into_iter().chain(warnings).collect();
        }
        Ok(trace)
    }

    /// Returns the trace with names for its program counters. Frames of stacks of Go 1.5
    /// and 1.6, which have nothing else, get a function, file and line.
    /// Newer traces have names and stay as they are.
    ///
    /// # Errors
    /// If most goroutines do not begin at a function of that program, which then is not
    /// the one that was traced, or is a position-independent one: the
    /// trace does not say where in memory it was.
    pub fn with_symbols(mut self, symbols: &'a Symbols) -> std::result::Result<Trace<'a>, SymbolsError> {
        if self.version() < Version::Go107 {
            symbols.check(self.bytes(), self.version())?;
            self.framed.generations.iter_mut().for_each(|generation| generation.symbols = Some(symbols));
        }
        Ok(self)
    }

    /// Returns the version of the format.
    pub fn version(&self) -> Version {
        self.framed.version
    }

    /// Returns the bytes of the trace.
    pub fn bytes(&self) -> &'a [u8] {
        self.framed.bytes
    }

    /// Returns the options that the trace was parsed with.
    pub fn options(&self) -> Options {
        self.options
    }

    /// Returns the generations, in order.
    pub fn generations(&self) -> &[Generation<'a>] {
        &self.framed.generations
    }

    /// Returns the defect of the framing that ends the trace early, if there is one. In
    /// strict mode the event stream ends with it.
    pub fn defect(&self) -> Option<&Error> {
        self.defect.as_ref()
    }

    /// Returns whether there is any event, syncs apart: a program that never came to
    /// `trace.Stop` may have written a header and nothing else. Reads no further than
    /// the first event.
    pub fn has_events(&self) -> bool {
        self.generations().iter().any(Generation::has_events)
    }

    /// Returns the warnings of lenient reading about the framing of the file. The warnings of
    /// an event stream begin with them.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Returns the time of the first event; none if there is none.
    pub fn start(&self) -> Option<Time> {
        let mut events = Events::of_blocks(Blocks::new(self).for_a_look());
        events.find_map(Result::ok).map(|event| event.time())
    }

    /// Iterates over all events in one causal order.
    pub fn events<'t>(&'t self) -> Events<'t> {
        Events::new(self)
    }

    /// Iterates over the events that happened to a goroutine or while it ran.
    pub fn events_of_goroutine<'t>(&'t self, id: GoId) -> Stream<'t> {
        Stream::new(self.events(), move |event: &Event<'_>| event.involves_goroutine(id))
    }

    /// Iterates over the events that happened to a P or on it.
    pub fn events_of_proc<'t>(&'t self, id: ProcId) -> Stream<'t> {
        Stream::new(self.events(), move |event: &Event<'_>| event.involves_proc(id))
    }

    /// Iterates over the events that happened on an M.
    pub fn events_of_thread<'t>(&'t self, id: ThreadId) -> Stream<'t> {
        Stream::new(self.events(), move |event: &Event<'_>| event.thread() == Some(id))
    }

    pub(crate) fn is_lenient(&self) -> bool {
        self.options.mode == Mode::Lenient
    }

    /// Returns the limits of lenient reading; none in strict mode.
    pub(crate) fn leniency(&self) -> Option<Limits> {
        self.is_lenient().then_some(self.options.limits)
    }

    /// Returns the bytes and generations, from which events are decoded.
    pub(crate) fn framed(&self) -> &Framed<'a> {
        &self.framed
    }

    /// Prefetches the pages of a generation that is about to be read.
    pub(crate) fn prefetch(&self, generation: &Generation<'_>) {
        if let Some(file) = self.source {
            file.prefetch(generation.byte_range());
        }
    }

    /// Releases the tables and the pages of a generation that has been read.
    pub(crate) fn release(&self, generation: &Generation<'_>) {
        generation.forget_tables();
        if let Some(file) = self.released {
            file.release(generation.byte_range());
        }
    }
}
