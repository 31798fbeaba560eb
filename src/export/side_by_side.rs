//! Events written on several threads, in order.
//!
//! Making text takes several times as long as ordering does, so a thread that only ordered would
//! mostly wait: each thread orders some events, and then makes text of them beside the others.

use crate::base::in_order::{Parts, in_order};
use crate::error::Result;
use crate::error::warning::Warning;
use crate::event::Event;
use crate::export::EventWriter;
use crate::generation::Generation;
use crate::order::Block;
use crate::trace::Trace;
use crate::trace::stream::Blocks;
use crate::wire::text::ConvertError;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The number of blocks of a load: a thousand events, which become some hundred kilobytes, and
/// some megabytes if their stacks are deep.
pub(super) const BLOCKS: usize = 2;

/// Decision about an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Choice {
    /// Writes it.
    Write,
    /// Leaves it out.
    Skip,
    /// Leaves it out, and everything behind it.
    End,
}

/// The sink of a writer that works beside others.
#[derive(Clone, Debug, Default)]
pub struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes out what has been written; goes on with the memory of `used`, which is empty.
    fn take(&self, used: Vec<u8>) -> Vec<u8> {
        std::mem::replace(&mut *self.lock(), used)
    }
}

impl Write for Buffer {
    #[inline]
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.lock().extend_from_slice(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes the events of a trace that are chosen, in order, with so many threads. `make` makes
/// the writer of each thread. What a writer writes of an event may depend on the one that it
/// wrote before, and on no others.
///
/// `out` gets the text piece by piece, each with the last event that is in it. Returns the
/// warnings of lenient mode.
///
/// # Errors
/// Returns the first defect, in strict mode, after the events before it have been written; or
/// the error of `out`.
pub fn write<'t, W: EventWriter<'t>>(
    trace: &'t Trace<'t>,
    threads: usize,
    make: impl Fn(Buffer) -> W + Sync,
    choose: impl Fn(&Event<'t>) -> Choice + Sync,
    out: impl FnMut(&[u8], &Event<'t>) -> io::Result<()>,
) -> std::result::Result<Vec<Warning>, ConvertError> {
    write_blocks(Blocks::new(trace), threads, make, choose, out)
}

/// Writes the events of blocks as [`write`] does.
pub(crate) fn write_blocks<'t, W: EventWriter<'t>>(
    blocks: Blocks<'t>,
    threads: usize,
    make: impl Fn(Buffer) -> W + Sync,
    choose: impl Fn(&Event<'t>) -> Choice + Sync,
    mut out: impl FnMut(&[u8], &Event<'t>) -> io::Result<()>,
) -> std::result::Result<Vec<Warning>, ConvertError> {
    let trace = blocks.trace;
    let texts = Texts { trace, make, choose, spare: Spare::default() };
    let mut joint = texts.desk();
    let source = Source { blocks: blocks.for_another_thread(), is_over: false };
    hand_out((trace, threads), (&texts, source), &texts.spare, |text, (first, last)| {
        let before = joint.joint(first, last)?;
        out(&before, first)?;
        out(text, last)
    })
}

/// Has pieces of text made with so many threads, and gives each that has an event to `out`, in
/// order; their memory goes to `spare`, and that of the trace is given back as they are written.
///
/// # Errors
/// Returns the first defect, in strict mode, after the events before it; or the error of `out`.
pub(super) fn hand_out<P: Parts<Piece = Piece<E>>, E: Send>(
    (trace, threads): (&Trace<'_>, usize),
    (texts, source): (&P, P::Source),
    spare: &Spare,
    mut out: impl FnMut(&[u8], &E) -> io::Result<()>,
) -> std::result::Result<Vec<Warning>, ConvertError> {
    let mut releases = Releases { trace, released: 0 };
    let ended = in_order(texts, source, threads, |piece| {
        if let Some(events) = &piece.events
            && let Err(e) = out(&piece.text, events)
        {
            return ControlFlow::Break(Err(e.into()));
        }
        releases.up_to(piece.generation);
        spare.keep(piece.text);
        match piece.end {
            None => ControlFlow::Continue(()),
            Some(end) => ControlFlow::Break(end.map_err(ConvertError::from)),
        }
    });
    releases.up_to(Some(usize::MAX));
    ended.unwrap_or(Ok(Vec::new()))
}

/// A piece of text.
pub(super) struct Piece<E> {
    pub(super) text: Vec<u8>,
    /// The events at its ends, as far as they matter; none if it has no event.
    pub(super) events: Option<E>,
    /// The index of the generation that the next piece begins in, or behind.
    pub(super) generation: Option<usize>,
    /// The result of the whole, if nothing follows.
    pub(super) end: Option<Result<Vec<Warning>>>,
}

/// Memory of text that has been written, for more text.
#[derive(Default)]
pub(super) struct Spare(Mutex<Vec<Vec<u8>>>);

impl Spare {
    fn lock(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns some memory, empty.
    pub(super) fn take(&self) -> Vec<u8> {
        self.lock().pop().unwrap_or_default()
    }

    /// Keeps the memory of text that has been written.
    fn keep(&self, mut text: Vec<u8>) {
        text.clear();
        self.lock().push(text);
    }
}

/// The generations of a trace that have been written.
struct Releases<'r, 't> {
    trace: &'r Trace<'t>,
    released: usize,
}

impl Releases<'_, '_> {
    /// Releases the generations up to the one of that index, which is still needed.
    fn up_to(&mut self, generation: Option<usize>) {
        let generations = self.trace.generations();
        let end = generation.unwrap_or(0).clamp(self.released, generations.len());
        let left = generations.get(self.released..end);
        left.into_iter().flatten().for_each(|generation| self.trace.release(generation));
        self.released = end;
    }
}

/// The making of text.
struct Texts<'t, M, C> {
    trace: &'t Trace<'t>,
    make: M,
    choose: C,
    spare: Spare,
}

/// The ordered events that no thread has fetched.
struct Source<'t> {
    blocks: Blocks<'t>,
    is_over: bool,
}

/// The first and the last event of a piece, whose text is that of all but the first.
type Bounds<'t> = (Event<'t>, Event<'t>);

/// Blocks with their generations, and with the number of warnings up to each.
type Load<'t> = Vec<(Block, Option<&'t Generation<'t>>, usize)>;

/// The writer of one thread, with its memory.
struct Desk<'t, W> {
    writer: W,
    buffer: Buffer,
    load: Load<'t>,
    /// The warnings up to the end of the load, if there are any.
    warnings: Vec<Warning>,
    /// The result of the whole, if this is the last load.
    end: Option<Result<Vec<Warning>>>,
    spare: Vec<u8>,
}

impl<'t, W, M, C> Parts for Texts<'t, M, C>
where
    W: EventWriter<'t>,
    M: Fn(Buffer) -> W + Sync,
    C: Fn(&Event<'t>) -> Choice + Sync,
{
    type Source = Source<'t>;
    type Desk = Desk<'t, W>;
    type Piece = Piece<Bounds<'t>>;

    fn desk(&self) -> Desk<'t, W> {
        let buffer = Buffer::default();
        let writer = (self.make)(buffer.clone());
        Desk { writer, buffer, load: Vec::new(), warnings: Vec::new(), end: None, spare: Vec::new() }
    }

    fn fetch(&self, Source { blocks, is_over }: &mut Source<'t>, desk: &mut Desk<'t, W>) -> bool {
        if *is_over {
            return false;
        }
        let mut used = std::mem::take(&mut desk.load);
        while desk.load.len() < BLOCKS {
            match blocks.next_block() {
                Ok(true) => {
                    let next = used.pop().map_or_else(Block::default, |(block, ..)| block);
                    let records = std::mem::replace(&mut blocks.records, next);
                    desk.load.push((records, blocks.generation, blocks.warnings.list().len()));
                }
                ended => {
                    *is_over = true;
                    desk.end = Some(ended.map(|_| blocks.warnings.list().to_vec()));
                    break;
                }
            }
        }
        // The list only grows.
        let known = desk.warnings.len();
        desk.warnings.extend_from_slice(blocks.warnings.list().get(known..).unwrap_or_default());
        true
    }

    fn make(&self, desk: &mut Desk<'t, W>) -> Piece<Bounds<'t>> {
        desk.spare = self.spare.take();
        desk.piece(self.trace, &self.choose)
    }
}

impl<'t, W: EventWriter<'t>> Desk<'t, W> {
    /// Makes text of the load.
    fn piece(&mut self, trace: &'t Trace<'t>, choose: &impl Fn(&Event<'t>) -> Choice) -> Piece<Bounds<'t>> {
        let mut bounds: Option<Bounds<'t>> = None;
        let events = self.load.iter().flat_map(|(block, generation, warnings)| {
            let events = block.records().iter().map(|&record| Event::new(trace.framed(), *generation, record));
            events.map(|event| (event, *warnings))
        });
        for (event, warnings) in events {
            match choose(&event) {
                Choice::Skip => continue,
                Choice::Write => {}
                Choice::End => {
                    self.end = Some(Ok(self.warnings.get(..warnings).unwrap_or_default().to_vec()));
                    break;
                }
            }
            // Writing to a buffer does not fail.
            let _ = self.writer.event(&event);
            match &mut bounds {
                Some((_, last)) => *last = event,
                none => {
                    *none = Some((event, event));
                    // The event that was written before is in another load: this one is written
                    // again where that is known.
                    let _ = self.writer.flush();
                    self.buffer.lock().clear();
                }
            }
        }
        let _ = self.writer.flush();
        let text = self.buffer.take(std::mem::take(&mut self.spare));
        let generation = self.load.last().and_then(|(_, generation, _)| Some(generation.as_ref()?.index()));
        Piece { text, events: bounds, generation, end: self.end.take() }
    }

    /// Returns the text of the first event of a piece, behind the last one of the piece before;
    /// `last` is that for the next piece.
    fn joint(&mut self, first: &Event<'t>, last: &Event<'t>) -> io::Result<Vec<u8>> {
        self.writer.event(first)?;
        self.writer.flush()?;
        let text = self.buffer.take(Vec::new());
        self.writer.event(last)?;
        self.writer.flush()?;
        self.buffer.lock().clear();
        Ok(text)
    }
}
