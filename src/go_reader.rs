//! Prediction of Go's own reader: whether `internal/trace` of Go 1.27.3 accepts a trace,
//! and how many events it gives before it stops.
//!
//! [Strict](crate::Mode::Strict) reading orders events as Go's does, and stops at the same
//! defects; but Go's reader meets them earlier, since it reads ahead:
//!
//! ```text
//! v2   generation: frames, tables, samples ──> the Ms' first events ──> events
//!      whole, before its sync                  before its sync          and each M's next,
//!                                                                       before its last is out
//! v1   the whole file ──────────────────────────────────────> events, whose names
//!      before the first event                                 may be missing: a panic
//! ```

mod accepted;
mod ahead;
mod v1;

use crate::error::{Error, ErrorKind};
use crate::generation::{Draft, Generation};
use crate::order::{Block, Order};
use crate::spec::v2::EventType;
use crate::spec::version::{HEADER_LEN, Version};
use crate::trace::{Mode, Options, Trace};
use crate::wire::v2::batch::{self, Frame, Frames};
use crate::wire::v2::{samples, stacks, strings, sync};
use ahead::DefectsAhead;

/// Release of Go whose reader is meant.
pub const GO_RELEASE: &str = "1.27.3";

/// End of Go's reading.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum GoEnd {
    /// Reaches the end of the trace.
    Accepts,
    /// Takes a defect for the end of the trace, and reports no error.
    EndsEarly(Error),
    /// Returns an error because of a defect.
    Refuses(Error),
    /// Gives an event that names something missing, and panics when a program looks at it:
    /// `go tool trace` does.
    Panics(Error),
    /// Unpredicted: this crate does not read past the defect, and Go's reader may.
    Unknown(Error),
}

/// Result of Go's reader on a trace.
///
/// ```
/// use gotrace::Trace;
/// use gotrace::go_reader::{GoEnd, GoReading};
/// # let bytes = include_bytes!("../testdata/traces/go1.27/hello.trace");
/// let cut = &bytes[..bytes.len() - 1];
/// let reading = GoReading::of(&Trace::parse(cut)?, || ());
/// // A generation that has no end is of no use to it: all that comes is a sync.
/// assert!(matches!(reading.end, GoEnd::Refuses(_)));
/// assert_eq!(reading.events, Some(1));
/// # Ok::<(), gotrace::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GoReading {
    /// Number of events that it gives, syncs included: as many as `go tool trace -d=parsed`
    /// prints. None where that is not known.
    pub events: Option<u64>,
    /// End of its reading.
    pub end: GoEnd,
}

impl GoReading {
    /// Predicts the result of Go's reader on a trace, by reading all of it strictly,
    /// whatever the mode it was parsed in, on as many threads as the options allow.
    /// `generation` is called whenever one has been read, which may be twice.
    pub fn of(trace: &Trace<'_>, generation: impl FnMut() + Send) -> GoReading {
        if trace.options().mode == Mode::Strict {
            return strictly(trace, generation);
        }
        let options = Options { mode: Mode::Strict, ..trace.options() };
        match Trace::with_options(trace.bytes(), options) {
            Ok(trace) => strictly(&trace, generation),
            Err(e) => GoReading::of_no_trace(e),
        }
    }

    /// Returns the result on a file for which strict [`Trace::parse`] returned an error.
    pub fn of_no_trace(e: Error) -> GoReading {
        GoReading::refusing(0, e)
    }

    /// Returns the defect that ends it; none if it accepts the trace.
    pub fn defect(&self) -> Option<&Error> {
        match &self.end {
            GoEnd::Accepts => None,
            GoEnd::EndsEarly(e) | GoEnd::Refuses(e) | GoEnd::Panics(e) | GoEnd::Unknown(e) => Some(e),
        }
    }

    /// Returns the result if a defect keeps a generation from being read.
    fn ending(trace: &Trace<'_>, events: u64, e: Error) -> GoReading {
        if seems_the_end(trace.bytes(), &e) {
            return GoReading { events: Some(events), end: GoEnd::EndsEarly(e) };
        }
        GoReading::refusing(events, e)
    }

    fn refusing(events: u64, e: Error) -> GoReading {
        if is_ours(&e) {
            return GoReading { events: None, end: GoEnd::Unknown(e) };
        }
        GoReading { events: Some(events), end: GoEnd::Refuses(e) }
    }
}

/// Returns whether an error is about a limit that Go's reader does not have, or about data
/// that it does not look at.
fn is_ours(e: &Error) -> bool {
    use crate::error::V1Error;
    matches!(
        e.kind(),
        ErrorKind::AbsurdProc { .. } | ErrorKind::UnknownExperiment { .. } | ErrorKind::V1(V1Error::FileTooLarge)
    )
}

fn strictly(trace: &Trace<'_>, mut generation: impl FnMut() + Send) -> GoReading {
    let version = trace.version();
    if version < Version::Go111 {
        return GoReading::refusing(0, Error::at(3, ErrorKind::GivenUp { minor: version.minor() }));
    }
    if version.is_v1() {
        return v1::read(trace);
    }
    if let Some(e) = seeming_end(trace) {
        return GoReading { events: None, end: GoEnd::Unknown(e) };
    }

    if trace.options().threads > 1
        && let Some(events) = accepted::count(trace, &mut generation)
    {
        return GoReading { events: Some(events), end: GoEnd::Accepts };
    }

    let mut order = Order::new(trace.bytes(), None);
    let (mut block, mut events) = (Block::default(), 0);
    for piece in trace.generations() {
        trace.prefetch(piece);
        // Go reads a generation as a whole first: if that fails, only its sync comes out.
        if let Some(e) = structure_defect(piece) {
            return GoReading::ending(trace, events + 1, e);
        }
        let ahead = match DefectsAhead::of(piece) {
            Ok(ahead) => ahead,
            Err(e) => return GoReading::refusing(events, e),
        };
        block.clear();
        if let Err(e) = order.enter(piece, &mut block) {
            return GoReading::refusing(events, e);
        }
        loop {
            let ended = order.advance(&mut block);
            let (given, stop) = ahead.pass(block.records());
            events += given;
            match (stop, ended) {
                (Some(e), _) => return GoReading::refusing(events, e.clone()),
                (None, Err(e)) => return GoReading::refusing(events, e),
                (None, Ok(true)) => break,
                (None, Ok(false)) => block.clear(),
            }
        }
        trace.release(piece);
        generation();
    }
    // A sync ends the trace, even if more data should follow.
    events += 1;
    match trace.defect() {
        Some(e) => GoReading::ending(trace, events, earlier_defect(trace, e).unwrap_or(e.clone())),
        None => GoReading { events: Some(events), end: GoEnd::Accepts },
    }
}

/// Returns the first defect in the tables or samples of a generation.
fn structure_defect(generation: &Generation<'_>) -> Option<Error> {
    let tables = generation.tables();
    let samples = generation.good_samples().1;
    // Go checks frames against the strings only when it has read all strings.
    let late = |e: &Error| (matches!(e.kind(), ErrorKind::FrameString { .. }), e.offset());
    tables.defect().cloned().into_iter().chain(samples).min_by_key(late)
}

/// Returns the first defect in the tables or samples of a generation that a framing defect
/// cuts short, before that: Go reads tables as they come.
fn earlier_defect(trace: &Trace<'_>, defect: &Error) -> Option<Error> {
    let start = trace.generations().last().map_or(HEADER_LEN, |last| last.byte_range().end);
    let end = usize::try_from(defect.offset()).ok()?.clamp(start, trace.bytes().len());
    let draft = Draft::new(defect.generation().unwrap_or_default(), start);
    let piece = draft.finish(trace.bytes(), trace.version(), trace.generations().len(), end, false);
    structure_defect(&piece).filter(|e| !matches!(e.kind(), ErrorKind::FrameString { .. }))
}

/// Returns the defect of a batch that is not the mark that ends a generation, but begins
/// like it: Go's reader takes it for the mark.
fn seeming_end(trace: &Trace<'_>) -> Option<Error> {
    let mark = EventType::EndOfGeneration;
    let seems = |frame| match frame {
        Ok(Frame::Batch(batch)) if batch.experiment == 0 && batch.data.first() == Some(&(mark as u8)) => {
            Some(Error::at(batch.data_offset, ErrorKind::UnexpectedEvent { event: mark }))
        }
        _ => None,
    };
    Frames::new(trace.bytes(), HEADER_LEN).find_map(seems)
}

/// Returns whether Go's reader takes a defect for the end of the file: the data end exactly
/// where a number should begin.
fn seems_the_end(bytes: &[u8], e: &Error) -> bool {
    let ErrorKind::Truncated { inside } = e.kind() else { return false };
    let behind_number = || {
        let last = usize::try_from(e.offset()).ok().and_then(|offset| bytes.get(offset.checked_sub(1)?));
        last.is_some_and(|&byte| byte < 0x80)
    };
    match *inside {
        batch::EXPERIMENT_NUMBER => true,
        sync::ENTRY | strings::ENTRY | stacks::ENTRY | samples::ENTRY => behind_number(),
        _ => false,
    }
}
