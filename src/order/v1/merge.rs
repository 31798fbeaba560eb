//! The order of Go 1.7 to 1.21: by time, as far as goroutines allow.
//!
//! Events of one P are in order. Of each P the next event is looked at: one
//! that its goroutine is ready for enters the *frontier*, a heap by time; the
//! earliest of the frontier happens, and its P's next event is looked at.
//!
//! ```text
//! waiting: Ps whose next event is not due      frontier: Ps whose next event is
//!   P2 GoStart g7 seq 3  ──── once g7 is ────>   P0 ─┬─ P3
//!                             runnable, seq 3        └─ P1
//! ```
//!
//! That is Go's algorithm (`internal/trace/internal/tracev1/parser.go`), down
//! to how it breaks ties: by the structure of the heap. Only the order that the
//! Ps are first looked at in is a map's there, random; here it is ascending,
//! the CPU samples last.

use super::cursor::{Cursor, Until};
use super::frontier::{Entry, Frontier, Ties};
use super::gs::{Gs, NOBODY};
use super::head::Head;
use super::replay::Replay;
use crate::error::{Result, V1Error};
use crate::ids::{GoId, ProcId};
use crate::order::pdqsort;
use crate::wire::v1::event::{Shapes, wrong};
use crate::wire::v1::spec::EventType;
use crate::wire::v1::tables::{Index, NO_EXIT, NO_PROC};
use crate::wire::v2::samples::RawSample;
use std::sync::Arc;

/// The events of a P, or the CPU samples.
#[derive(Clone, Debug)]
struct Stream {
    cursor: Cursor,
    /// The next event, if it has been looked at.
    head: Head,
    looked_at: bool,
    /// CPU samples by time, latest first; a P has none.
    samples: Vec<RawSample>,
}

/// How many events are merged in a row.
pub(crate) const STRETCH: usize = 1024;

/// A merge under way.
#[derive(Clone, Debug)]
pub(crate) struct Merge<'a> {
    file: &'a [u8],
    index: Arc<Index>,
    shapes: Shapes,
    streams: Vec<Stream>,
    frontier: Frontier,
    /// The streams whose next event is not due, as far as is known.
    waiting: Vec<usize>,
    /// The stream whose next event, which has been looked at, is the earliest.
    next: Option<usize>,
    /// How often streams that wait were looked at.
    looked: u64,
    ties: Ties,
}

/// The cursors of each P, ascending, without one first.
pub(crate) fn cursors(index: &Index) -> Vec<Cursor> {
    let mut places = vec![];
    let mut cursors: Vec<Cursor> = Vec::new();
    for (i, batch) in (0u32..).zip(&index.batches) {
        let p = usize::from(batch.proc);
        if p >= places.len() {
            places.resize(p + 1, usize::MAX);
        }
        let Some(place) = places.get_mut(p) else { continue };
        if *place == usize::MAX {
            *place = cursors.len();
            cursors.push(Cursor::new(batch.proc));
        }
        if let Some(cursor) = cursors.get_mut(*place) {
            cursor.add(i);
        }
    }
    cursors.sort_by_key(|cursor| cursor.proc.wrapping_add(1));
    cursors
}

impl<'a> Merge<'a> {
    pub(crate) fn new(file: &'a [u8], index: &Arc<Index>, ties: Ties) -> Merge<'a> {
        let mut samples = index.samples.clone();
        pdqsort::sort(&mut samples, &|a, b| (a.time.0 as i64) < b.time.0 as i64);
        samples.reverse();
        let stream = |(cursor, samples)| Stream { cursor, head: Head::NONE, looked_at: false, samples };
        let cursors = cursors(index).into_iter().map(|cursor| (cursor, Vec::new()));
        let streams: Vec<Stream> = cursors.chain([(Cursor::new(NO_PROC), samples)]).map(stream).collect();
        Merge {
            file,
            index: Arc::clone(index),
            shapes: Shapes::of(index.version),
            waiting: (0..streams.len()).collect(),
            streams,
            frontier: Frontier::new(ties),
            next: None,
            looked: 0,
            ties,
        }
    }

    /// Merges some more events; returns whether there are others left.
    pub(crate) fn advance(&mut self, out: &mut Replay<'_>) -> Result<bool> {
        // Looking at all streams afterwards has to pay.
        let enough = out.window.held() + STRETCH.max(self.streams.len());
        while out.window.held() < enough {
            match self.next.take() {
                Some(stream) => self.run(stream, enough, out)?,
                None if self.look_at_all(out)? => {}
                None => return Ok(false),
            }
        }
        let exits = self.streams.iter().map(|stream| {
            let looked_at = stream.looked_at.then_some(&stream.head);
            stream.cursor.next_exit(&self.index, looked_at)
        });
        out.window.settle(exits.min().unwrap_or(NO_EXIT));
        Ok(true)
    }

    /// Takes the earliest event, which is the next of that stream, and those
    /// that follow, until a stream waits that did not, or may wait no longer.
    ///
    /// A stream keeps its turn for as long as its events come before those of
    /// the frontier, which they would enter only to leave it at once.
    fn run(&mut self, mut at: usize, enough: usize, out: &mut Replay<'_>) -> Result<()> {
        let mut until = Until { ticks: self.frontier.until(), held: enough };
        while let Some(stream) = self.streams.get_mut(at) {
            stream.looked_at = false;
            let mut due = true;
            loop {
                let Stream { head, cursor, .. } = stream;
                if !out.plainly::<true>(head, cursor.proc) {
                    match happen(head, cursor.proc, due, out)? {
                        Happened::Alone => {}
                        Happened::Awaited => {
                            self.waiting.push(at);
                            return Ok(());
                        }
                        Happened::NotYet => {
                            self.wait(at, out);
                            return Ok(());
                        }
                    }
                }
                if !stream.read(self.file, &self.index, &self.shapes, until, out)? {
                    return Ok(());
                }
                let ticks = stream.head.ticks;
                if ticks < until.ticks && out.window.held() < enough {
                    due = false;
                    continue;
                }
                if !stream.head.holds(&mut out.gs) {
                    self.wait(at, out);
                    return Ok(());
                }
                stream.looked_at = true;
                if ticks < until.ticks {
                    self.next = Some(at);
                    return Ok(());
                }
                at = self.frontier.exchange(Entry { ticks, stream: at }, &mut until.ticks).stream;
                break;
            }
        }
        Ok(())
    }

    /// A stream waits for its next event to be due.
    fn wait(&mut self, at: usize, out: &mut Replay<'_>) {
        if let Some(stream) = self.streams.get_mut(at) {
            stream.looked_at = true;
            stream.head.await_change(&mut out.gs);
            self.waiting.push(at);
        }
    }

    /// Looks at the next event of each stream that waits, and finds the earliest
    /// of those that are due; returns whether there is any event left.
    fn look_at_all(&mut self, out: &mut Replay<'_>) -> Result<bool> {
        if self.ties == Ties::Go121 {
            // There the Ps are looked at in one order, always.
            self.waiting.sort_unstable();
        }
        // In a lenient reading that has looked at so many in vain, nobody waits any
        // more: what is not due is placed by its time.
        self.looked += self.waiting.len() as u64;
        let gives_way = self.looked > out.order_defects.patience(out.window.place());
        let mut i = 0;
        while let Some(&stream) = self.waiting.get(i) {
            match self.look(stream, out)? {
                None => self.strike(i),
                Some(head) if gives_way || head.holds(&mut out.gs) => {
                    let ticks = head.ticks;
                    self.strike(i);
                    self.frontier.push(Entry { ticks, stream });
                }
                Some(head) => {
                    head.await_change(&mut out.gs);
                    i += 1;
                }
            }
        }
        match self.frontier.pop() {
            Some(Entry { stream, .. }) => self.next = Some(stream),
            None if self.waiting.is_empty() => return Ok(false),
            None => self.force(out)?,
        }
        Ok(true)
    }

    fn strike(&mut self, i: usize) {
        match self.ties {
            Ties::Go127 => self.waiting.swap_remove(i),
            Ties::Go121 => self.waiting.remove(i),
        };
    }

    /// The next event of a stream, looked at already or not.
    fn look(&mut self, stream: usize, out: &mut Replay<'_>) -> Result<Option<&Head>> {
        let Some(stream) = self.streams.get_mut(stream) else { return Ok(None) };
        if !stream.looked_at {
            stream.looked_at = stream.read(self.file, &self.index, &self.shapes, Until::NOW, out)?;
        }
        Ok(stream.looked_at.then_some(&stream.head))
    }

    /// No event is due: in lenient mode the earliest happens all the same.
    #[cold]
    #[inline(never)]
    fn force(&mut self, out: &mut Replay<'_>) -> Result<()> {
        let heads = self.waiting.iter().enumerate();
        let heads = heads.filter_map(|(i, &at)| Some((i, at, self.streams.get(at).filter(|stream| stream.looked_at)?)));
        let Some((i, at, &Stream { head, ref cursor, .. })) = heads.min_by_key(|(.., stream)| stream.head.ticks) else {
            return Ok(());
        };
        let proc = cursor.proc;
        let g = *out.gs.get(head.subject);
        out.order_defects.meet(wrong(
            head.at,
            V1Error::Stuck {
                proc: ProcId(u64::from(proc)),
                event: head.event,
                goroutine: GoId(out.gs.id(head.subject)),
                found: g.state.turn(),
                seq: g.seq,
            },
        ))?;
        self.waiting.swap_remove(i);
        if let Some(stream) = self.streams.get_mut(at) {
            stream.looked_at = false;
        }
        // Time does not go back for it.
        let ticks = head.ticks.max(out.last);
        head.force(&mut out.gs);
        put(&Head { ticks, ..head }, proc, out)?;
        self.waiting.push(at);
        Ok(())
    }
}

impl Stream {
    /// Reads the next event, if there is one.
    #[inline(always)]
    fn read(
        &mut self,
        file: &[u8],
        index: &Index,
        shapes: &Shapes,
        until: Until,
        out: &mut Replay<'_>,
    ) -> Result<bool> {
        loop {
            match self.cursor.read::<true>(file, index, shapes, until, out, &mut self.head) {
                Ok(true) => return Ok(true),
                Ok(false) => return Ok(self.next_sample(&mut out.gs)),
                Err(e) => {
                    let rest = self.cursor.skip_batch();
                    out.order_defects.give_up(e, rest)?;
                }
            }
        }
    }

    #[inline(never)]
    fn next_sample(&mut self, gs: &mut Gs) -> bool {
        let Some(sample) = self.samples.pop() else { return false };
        let g = sample.goroutine.map_or(NOBODY, |g| gs.slot(g.0));
        let ticks = sample.time.0 as i64;
        self.head = Head { ticks, at: sample.offset, g, event: EventType::CPUSample, ..Head::NONE };
        self.cursor.proc = sample.proc.and_then(|p| u16::try_from(p.0).ok()).unwrap_or(NO_PROC);
        true
    }
}

/// What has become of an event.
enum Happened {
    Alone,
    /// A stream may wait for it.
    Awaited,
    NotYet,
}

/// Has an event happen, by all rules, if its goroutine is ready for it, which it
/// was if the event is `due`.
#[inline(never)]
fn happen(head: &Head, proc: u16, due: bool, out: &mut Replay<'_>) -> Result<Happened> {
    let awaited = match head.try_apply(&mut out.gs) {
        Some(awaited) => awaited,
        None if !due => return Ok(Happened::NotYet),
        None => {
            impossible(head, out)?;
            true
        }
    };
    put(head, proc, out)?;
    Ok(if awaited { Happened::Awaited } else { Happened::Alone })
}

/// Puts an event in its place, not before that of the last one.
fn put(head: &Head, proc: u16, out: &mut Replay<'_>) -> Result<()> {
    let mut ticks = head.ticks;
    if ticks < out.last {
        let what = V1Error::TimeOrder { event: head.event, ticks: out.last.wrapping_sub(ticks) as u64 };
        out.order_defects.meet(wrong(head.at, what))?;
        ticks = out.last;
    }
    out.last = ticks;
    out.in_full(head.item(ticks, proc))
}

/// An event is the earliest that its goroutine was ready for, and it no longer
/// is: two that exclude each other were due. In lenient mode it happens.
#[cold]
#[inline(never)]
fn impossible(head: &Head, out: &mut Replay<'_>) -> Result<()> {
    let goroutine = GoId(out.gs.id(head.subject));
    let found = out.gs.get(head.subject).state.turn();
    let what = V1Error::ImpossibleTransition { event: head.event, goroutine, found };
    out.order_defects.meet(wrong(head.at, what))?;
    head.force(&mut out.gs);
    Ok(())
}
