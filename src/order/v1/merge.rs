//! The order of Go 1.7 to 1.21: by time, as far as goroutines allow.
//!
//! Events of one P are in order. The next event of each P is read: if
//! its goroutine is ready for it, it enters the *frontier*, a heap by time; the
//! earliest of the frontier happens, and its P's next event is read.
//!
//! ```text
//! waiting: Ps whose next event is not due      frontier: Ps whose next event is
//!   P2 GoStart g7 seq 3  ──── once g7 is ────>   P0 ─┬─ P3
//!                             runnable, seq 3        └─ P1
//! ```
//!
//! That is Go's algorithm (`internal/trace/internal/tracev1/parser.go`), even in
//! the way that it breaks ties: by the structure of the heap. Only the order in which the
//! Ps are first read is that of a map there, random; here it is ascending,
//! the CPU samples last.

use super::cursor::{Cursor, Until};
use super::frontier::{Entry, Frontier, Ties};
use super::gs::{Gs, NO_G};
use super::head::Head;
use super::replay::Replay;
use crate::base::ids::{GoId, ProcId};
use crate::base::pdqsort;
use crate::error::{Result, V1Error};
use crate::generation::v1::index::{Index, NO_EXIT, NO_PROC};
use crate::spec::v1::EventType;
use crate::wire::v1::event::{Shapes, wrong};
use crate::wire::v2::samples::RawSample;
use std::sync::Arc;

/// The events of a P, or the CPU samples.
#[derive(Clone, Debug)]
struct Stream {
    cursor: Cursor,
    /// The next event, if it has been read.
    head: Head,
    is_read: bool,
    /// CPU samples by time, latest first; a P has none.
    samples: Vec<RawSample>,
}

/// The number of events that are merged in a row.
pub(crate) const STRETCH: usize = 1024;

/// The state of a merge.
#[derive(Clone, Debug)]
pub(crate) struct Merge<'a> {
    file: &'a [u8],
    index: Arc<Index>,
    shapes: Shapes,
    streams: Vec<Stream>,
    frontier: Frontier,
    /// The streams whose next event could not happen when it was last tried.
    waiting: Vec<usize>,
    /// The stream whose next event, which has been read, is the earliest.
    next: Option<usize>,
    /// The number of tries of waiting streams.
    tries: u64,
    ties: Ties,
}

/// Returns a cursor for each P, ascending, behind that of events on no P.
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
        let stream = |(cursor, samples)| Stream { cursor, head: Head::NONE, is_read: false, samples };
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
            tries: 0,
            ties,
        }
    }

    /// Merges a stretch of events; returns whether there are others left.
    pub(crate) fn advance(&mut self, out: &mut Replay<'_>) -> Result<bool> {
        // The stretch grows with the streams, for all of them are asked behind it.
        let enough = out.window.held() + STRETCH.max(self.streams.len());
        while out.window.held() < enough {
            match self.next.take() {
                Some(stream) => self.run(stream, enough, out)?,
                None if self.try_waiting(out)? => {}
                None => return Ok(false),
            }
        }
        let exits = self.streams.iter().map(|stream| {
            let is_read = stream.is_read.then_some(&stream.head);
            stream.cursor.next_exit(&self.index, is_read)
        });
        out.window.settle(exits.min().unwrap_or(NO_EXIT));
        Ok(true)
    }

    /// Has the earliest event happen, which is the next of the stream `at`, and those
    /// that follow, until a stream has to wait or may stop waiting.
    ///
    /// A stream goes on for as long as its events come before those of
    /// the frontier, which they would enter only to leave it at once.
    fn run(&mut self, mut at: usize, enough: usize, out: &mut Replay<'_>) -> Result<()> {
        let mut until = Until { ticks: self.frontier.until(), held: enough };
        while let Some(stream) = self.streams.get_mut(at) {
            stream.is_read = false;
            let mut due = true;
            loop {
                let Stream { head, cursor, .. } = stream;
                if !out.handle_plain::<true>(head, cursor.proc) {
                    match apply(head, cursor.proc, due, out)? {
                        Applied::Alone => {}
                        Applied::Awaited => {
                            self.waiting.push(at);
                            return Ok(());
                        }
                        Applied::NotYet => {
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
                if !stream.head.can_happen(&mut out.gs) {
                    self.wait(at, out);
                    return Ok(());
                }
                stream.is_read = true;
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

    /// Has a stream wait until its next event can happen.
    fn wait(&mut self, at: usize, out: &mut Replay<'_>) {
        if let Some(stream) = self.streams.get_mut(at) {
            stream.is_read = true;
            stream.head.await_change(&mut out.gs);
            self.waiting.push(at);
        }
    }

    /// Tries the next event of each waiting stream, and finds the earliest
    /// of those that can happen; returns whether there is any event left.
    fn try_waiting(&mut self, out: &mut Replay<'_>) -> Result<bool> {
        if self.ties == Ties::Go121 {
            // Go 1.21 tries the Ps in ascending order each time.
            self.waiting.sort_unstable();
        }
        // Once lenient reading has tried too often in vain, no stream waits any more:
        // events that cannot happen are placed by their times.
        self.tries += self.waiting.len() as u64;
        let places_all = self.tries > out.order_defects.patience(out.window.place());
        let mut i = 0;
        while let Some(&stream) = self.waiting.get(i) {
            match self.head_of(stream, out)? {
                None => self.remove_waiting(i),
                Some(head) if places_all || head.can_happen(&mut out.gs) => {
                    let ticks = head.ticks;
                    self.remove_waiting(i);
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

    fn remove_waiting(&mut self, i: usize) {
        match self.ties {
            Ties::Go127 => self.waiting.swap_remove(i),
            Ties::Go121 => self.waiting.remove(i),
        };
    }

    /// Returns the next event of a stream, which is read unless it has been.
    fn head_of(&mut self, stream: usize, out: &mut Replay<'_>) -> Result<Option<&Head>> {
        let Some(stream) = self.streams.get_mut(stream) else { return Ok(None) };
        if !stream.is_read {
            stream.is_read = stream.read(self.file, &self.index, &self.shapes, Until::NOW, out)?;
        }
        Ok(stream.is_read.then_some(&stream.head))
    }

    /// Has the earliest event happen in lenient mode, for none can; errs in strict mode.
    #[cold]
    #[inline(never)]
    fn force(&mut self, out: &mut Replay<'_>) -> Result<()> {
        let heads = self.waiting.iter().enumerate();
        let heads = heads.filter_map(|(i, &at)| Some((i, at, self.streams.get(at).filter(|stream| stream.is_read)?)));
        let Some((i, at, &Stream { head, ref cursor, .. })) = heads.min_by_key(|(.., stream)| stream.head.ticks) else {
            return Ok(());
        };
        let proc = cursor.proc;
        let g = *out.gs.get(head.subject);
        out.order_defects.report(wrong(
            head.at,
            V1Error::Stuck {
                proc: ProcId(u64::from(proc)),
                event: head.event,
                goroutine: GoId(out.gs.id(head.subject)),
                found: g.state.merge_phase(),
                seq: g.seq,
            },
        ))?;
        self.waiting.swap_remove(i);
        if let Some(stream) = self.streams.get_mut(at) {
            stream.is_read = false;
        }
        // The event may be earlier than the last one, but time does not go back.
        let ticks = head.ticks.max(out.last);
        head.force(&mut out.gs);
        put(&Head { ticks, ..head }, proc, out)?;
        self.waiting.push(at);
        Ok(())
    }
}

impl Stream {
    /// Reads the next event; returns false if there is none.
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
                    out.order_defects.report_unreadable(e, rest)?;
                }
            }
        }
    }

    #[inline(never)]
    fn next_sample(&mut self, gs: &mut Gs) -> bool {
        let Some(sample) = self.samples.pop() else { return false };
        let g = sample.goroutine.map_or(NO_G, |g| gs.slot(g.0));
        let ticks = sample.time.0 as i64;
        self.head = Head { ticks, at: sample.offset, g, event: EventType::CPUSample, ..Head::NONE };
        self.cursor.proc = sample.proc.and_then(|p| u16::try_from(p.0).ok()).unwrap_or(NO_PROC);
        true
    }
}

/// The outcome of applying an event.
enum Applied {
    Alone,
    /// The event happened, and a stream may wait for that.
    Awaited,
    NotYet,
}

/// Applies an event by all rules, if its goroutine is ready for it. If the event is `due`, the
/// goroutine was ready, so it is a defect if it no longer is.
#[inline(never)]
fn apply(head: &Head, proc: u16, due: bool, out: &mut Replay<'_>) -> Result<Applied> {
    let awaited = match head.try_apply(&mut out.gs) {
        Some(awaited) => awaited,
        None if !due => return Ok(Applied::NotYet),
        None => {
            report_impossible(head, out)?;
            true
        }
    };
    put(head, proc, out)?;
    Ok(if awaited { Applied::Awaited } else { Applied::Alone })
}

/// Passes an event on at its time, or at the last event's if that is later.
fn put(head: &Head, proc: u16, out: &mut Replay<'_>) -> Result<()> {
    let mut ticks = head.ticks;
    if ticks < out.last {
        let what = V1Error::TimeOrder { event: head.event, ticks: out.last.wrapping_sub(ticks) as u64 };
        out.order_defects.report(wrong(head.at, what))?;
        ticks = out.last;
    }
    out.last = ticks;
    out.handle_fully(head.item(ticks, proc))
}

/// Reports an event whose goroutine was ready for it and no longer is, for another one has
/// happened first that excludes it. In lenient mode it happens all the same.
#[cold]
#[inline(never)]
fn report_impossible(head: &Head, out: &mut Replay<'_>) -> Result<()> {
    let goroutine = GoId(out.gs.id(head.subject));
    let found = out.gs.get(head.subject).state.merge_phase();
    let what = V1Error::ImpossibleTransition { event: head.event, goroutine, found };
    out.order_defects.report(wrong(head.at, what))?;
    head.force(&mut out.gs);
    Ok(())
}
