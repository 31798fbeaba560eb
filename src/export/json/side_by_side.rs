//! Events as JSON from several threads.
//!
//! What a line says that earlier events tell is found out where events are ordered, by one thread
//! at a time; the text is made beside that.

use super::JsonStacks;
use super::known::{Facts, Known};
use super::line::Lines;
use crate::analysis::names::NameId;
use crate::base::in_order::Parts;
use crate::error::Result;
use crate::error::warning::Warning;
use crate::event::Event;
use crate::export::side_by_side::{BLOCKS, Choice, Piece, Spare, hand_out};
use crate::trace::Trace;
use crate::trace::stream::Blocks;
use crate::wire::text::ConvertError;
use rustc_hash::FxHashMap;
use std::io;
use std::marker::PhantomData;
use std::ops::Range;

/// Writes the events of a trace that are chosen as JSON, in order, with so many threads: the
/// text is that of a [`JsonWriter`](super::JsonWriter) which passes over the others. `choose` is
/// called in order.
///
/// `out` gets the text piece by piece, each with the last event that is in it. Returns the
/// warnings of lenient mode.
///
/// ```
/// # let bytes = include_bytes!("../../../testdata/traces/go1.27/hello.trace");
/// use gotrace::export::json::{self, JsonStacks};
/// use gotrace::export::side_by_side::Choice;
///
/// let trace = gotrace::Trace::parse(bytes)?;
/// let mut lines = Vec::new();
/// json::write(&trace, 2, JsonStacks::Ids, |_| Choice::Write, |text, _| {
///     lines.extend_from_slice(text);
///     Ok(())
/// })?;
/// assert!(lines.starts_with(b"{\"time\":") && lines.ends_with(b"}\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Returns the first defect, in strict mode, after the events before it have been written; or
/// the error of `out`.
pub fn write<'t>(
    trace: &'t Trace<'t>,
    threads: usize,
    stacks: JsonStacks,
    choose: impl FnMut(&Event<'t>) -> Choice + Send,
    out: impl FnMut(&[u8], &Event<'t>) -> io::Result<()>,
) -> std::result::Result<Vec<Warning>, ConvertError> {
    write_blocks(Blocks::new(trace), threads, stacks, choose, out)
}

/// Writes the events of blocks as [`write`] does.
pub(crate) fn write_blocks<'t>(
    blocks: Blocks<'t>,
    threads: usize,
    stacks: JsonStacks,
    choose: impl FnMut(&Event<'t>) -> Choice + Send,
    out: impl FnMut(&[u8], &Event<'t>) -> io::Result<()>,
) -> std::result::Result<Vec<Warning>, ConvertError> {
    let trace = blocks.trace;
    let texts = Texts { stacks, spare: Spare::default(), source: PhantomData };
    let source = Source { blocks: blocks.for_another_thread(), known: Known::default(), choose, is_over: false };
    hand_out((trace, threads), (&texts, source), &texts.spare, out)
}

/// The making of text.
struct Texts<S> {
    stacks: JsonStacks,
    spare: Spare,
    source: PhantomData<fn(S)>,
}

/// The ordered events that no thread has fetched, and what is known from those before.
struct Source<'t, C> {
    blocks: Blocks<'t>,
    known: Known,
    choose: C,
    is_over: bool,
}

/// The events that one thread makes text of.
struct Desk<'t> {
    lines: Lines,
    events: Vec<(Event<'t>, Facts)>,
    names: Names,
    /// The index of the generation that the next events are of, or one behind.
    generation: Option<usize>,
    /// The result of the whole, if nothing follows.
    end: Option<Result<Vec<Warning>>>,
}

impl<'t, C: FnMut(&Event<'t>) -> Choice + Send> Parts for Texts<Source<'t, C>> {
    type Source = Source<'t, C>;
    type Desk = Desk<'t>;
    /// A piece with its last event.
    type Piece = Piece<Event<'t>>;

    fn desk(&self) -> Desk<'t> {
        let lines = Lines::new(self.stacks);
        Desk { lines, events: Vec::new(), names: Names::default(), generation: None, end: None }
    }

    fn fetch(&self, source: &mut Source<'t, C>, desk: &mut Desk<'t>) -> bool {
        if source.is_over {
            return false;
        }
        desk.events.clear();
        desk.names.clear();
        for _ in 0..BLOCKS {
            let ended = source.blocks.next_block().map(|there_is| there_is && source.learn(self.stacks, desk));
            if !matches!(ended, Ok(true)) {
                source.is_over = true;
                desk.end = Some(ended.map(|_| source.blocks.warnings.list().to_vec()));
                break;
            }
        }
        desk.generation = source.blocks.generation.map(|generation| generation.index());
        true
    }

    fn make(&self, desk: &mut Desk<'t>) -> Piece<Event<'t>> {
        let mut text = self.spare.take();
        for (event, facts) in &desk.events {
            desk.lines.append(&mut text, event, facts, facts.functions.map(|id| desk.names.get(id)));
        }
        let last = desk.events.last().map(|(event, _)| *event);
        Piece { text, events: last, generation: desk.generation, end: desk.end.take() }
    }
}

impl<'t, C: FnMut(&Event<'t>) -> Choice> Source<'t, C> {
    /// Takes note of the events of a block, and hands on those that are chosen; returns false if
    /// none behind them is.
    fn learn(&mut self, stacks: JsonStacks, desk: &mut Desk<'t>) -> bool {
        let Source { blocks, known, choose, .. } = self;
        for &record in blocks.records.records() {
            let event = Event::new(blocks.trace.framed(), blocks.generation, record);
            match choose(&event) {
                Choice::End => return false,
                Choice::Skip => known.pass_over(&event),
                Choice::Write => {
                    let facts = known.facts(&event, stacks);
                    facts.functions.iter().for_each(|&id| desk.names.keep(id, known));
                    desk.events.push((event, facts));
                }
            }
        }
        true
    }
}

/// Copies of names, for a thread that makes text while more are learned.
#[derive(Default)]
struct Names {
    text: Vec<u8>,
    places: FxHashMap<NameId, Range<usize>>,
}

impl Names {
    fn clear(&mut self) {
        self.text.clear();
        self.places.clear();
    }

    /// Copies a name, if that has not been done.
    fn keep(&mut self, id: NameId, known: &Known) {
        if let Some(name) = known.name(id) {
            self.places.entry(id).or_insert_with(|| {
                let start = self.text.len();
                self.text.extend_from_slice(name);
                start..self.text.len()
            });
        }
    }

    fn get(&self, id: NameId) -> Option<&[u8]> {
        self.text.get(self.places.get(&id)?.clone())
    }
}
