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

use super::Defects;
use super::cursor::{Cursor, Head, Rule};
use super::frontier::{Entry, Frontier, Ties};
use super::gs::{Gs, NOBODY};
use super::item::Blocks;
use super::window::Window;
use crate::error::{Result, V1Error};
use crate::ids::{GoId, ProcId};
use crate::order::pdqsort;
use crate::wire::v1::event::{Shapes, wrong};
use crate::wire::v1::spec::EventType;
use crate::wire::v1::tables::{Index, NO_EXIT, NO_PROC};
use std::sync::Arc;

/// What merging comes to, as far as it has come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Merged {
    pub(crate) window: Window,
    pub(crate) gs: Gs,
    pub(crate) defects: Defects,
}

/// The events of a P, or the CPU samples.
#[derive(Clone, Debug)]
struct Stream {
    cursor: Cursor,
    /// The next event, once looked at.
    head: Option<Head>,
}

/// How many events are merged in a row.
const STRETCH: usize = 1024;

/// How taking the events of one stream ended.
enum Ran {
    /// There are no more.
    Over,
    /// The next one is not due.
    Waits,
    /// The last one may be what another stream waits for.
    Wakes,
    /// It need not, but there are enough for now.
    Enough,
    /// The next one, of that time, is not the earliest.
    GivesWay(i64),
}

/// A merge under way.
#[derive(Clone, Debug)]
pub(crate) struct Merge<'a> {
    file: &'a [u8],
    index: Arc<Index>,
    shapes: Shapes,
    streams: Vec<Stream>,
    /// CPU samples by time, latest first; theirs is the last stream.
    samples: Vec<(Head, u16)>,
    frontier: Frontier,
    /// The streams whose next event is not due, as far as is known.
    waiting: Vec<usize>,
    /// The stream that the last event was of, if its next one comes next
    /// unless the head of the frontier does.
    running: Option<usize>,
    ties: Ties,
    last: i64,
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

/// The CPU samples as events, in Go's order.
pub(crate) fn samples(index: &Index, gs: &mut Gs) -> Vec<(Head, u16)> {
    let mut samples: Vec<(Head, u16)> = Vec::with_capacity(index.samples.len());
    samples.extend(index.samples.iter().map(|sample| {
        let g = sample.goroutine.map_or(NOBODY, |g| gs.slot(g.0));
        let proc = sample.proc.map_or(NO_PROC, |p| u16::try_from(p.0).unwrap_or(NO_PROC));
        let (event, ticks) = (EventType::CPUSample, sample.time.0 as i64);
        (Head { ticks, at: sample.offset, g, other: NOBODY, exit: 0, rule: Rule::free(event), becomes: event }, proc)
    }));
    pdqsort::sort(&mut samples, &|a, b| a.0.ticks < b.0.ticks);
    samples
}

impl<'a> Merge<'a> {
    pub(crate) fn new(file: &'a [u8], index: &Arc<Index>, gs: &mut Gs, ties: Ties) -> Merge<'a> {
        let mut samples = samples(index, gs);
        samples.reverse();
        let cursors = cursors(index).into_iter().chain([Cursor::new(NO_PROC)]);
        let streams: Vec<Stream> = cursors.map(|cursor| Stream { cursor, head: None }).collect();
        Merge {
            file,
            index: Arc::clone(index),
            shapes: Shapes::of(index.version),
            waiting: (0..streams.len()).collect(),
            streams,
            samples,
            frontier: Frontier::new(ties),
            running: None,
            ties,
            last: i64::MIN,
        }
    }

    /// Merges some more events; returns whether that was all.
    pub(crate) fn advance(&mut self, out: &mut Merged) -> Result<bool> {
        // Looking at all streams afterwards has to pay.
        let enough = out.window.place() + STRETCH.max(self.streams.len());
        while out.window.place() < enough {
            let Some(stream) = self.running.take() else {
                if !self.look_at_all(out)? {
                    return Ok(true);
                }
                continue;
            };
            match self.run_on(stream, enough, out)? {
                Ran::Over => {}
                Ran::Waits | Ran::Wakes => self.waiting.push(stream),
                Ran::GivesWay(ticks) => {
                    let Entry { stream, .. } = self.frontier.exchange(Entry { ticks, stream });
                    self.take(stream, out)?;
                }
                Ran::Enough => self.running = Some(stream),
            }
        }
        let exits = self.streams.iter().map(|Stream { cursor, head }| cursor.next_exit(&self.index, head.as_ref()));
        out.window.settle(exits.min().unwrap_or(NO_EXIT));
        Ok(false)
    }

    /// Looks at the next event of each stream that waits, and takes the earliest
    /// of those that are due; returns whether there is any event left.
    fn look_at_all(&mut self, out: &mut Merged) -> Result<bool> {
        if self.ties == Ties::Go121 {
            // There the Ps are looked at in one order, always.
            self.waiting.sort_unstable();
        }
        let mut i = 0;
        while let Some(&stream) = self.waiting.get(i) {
            match self.look(stream, out)? {
                None => self.strike(i),
                Some(head) if head.rule.holds(&out.gs) => {
                    self.strike(i);
                    self.frontier.push(Entry { ticks: head.ticks, stream });
                }
                Some(head) => {
                    head.rule.await_change(&mut out.gs);
                    i += 1;
                }
            }
        }
        match self.frontier.pop() {
            Some(Entry { stream, .. }) => self.take(stream, out)?,
            None if self.waiting.is_empty() => return Ok(false),
            None => self.force(out)?,
        }
        Ok(true)
    }

    /// Takes the events of a stream for as long as they come before those of
    /// the frontier, which they would enter only to leave it at once.
    #[inline(always)]
    fn run_on(&mut self, stream: usize, enough: usize, out: &mut Merged) -> Result<Ran> {
        let limit = self.frontier.limit();
        loop {
            let Some(head) = self.read(stream, out)? else { return Ok(Ran::Over) };
            let ran = if !head.rule.holds(&out.gs) {
                head.rule.await_change(&mut out.gs);
                Ran::Waits
            } else if head.ticks >= limit {
                Ran::GivesWay(head.ticks)
            } else {
                let proc = self.streams.get(stream).map_or(NO_PROC, |stream| stream.cursor.proc);
                if self.put(&head, proc, out)? {
                    return Ok(Ran::Wakes);
                }
                if out.window.place() >= enough {
                    return Ok(Ran::Enough);
                }
                continue;
            };
            if let Some(stream) = self.streams.get_mut(stream) {
                stream.head = Some(head);
            }
            return Ok(ran);
        }
    }

    fn strike(&mut self, i: usize) {
        match self.ties {
            Ties::Go127 => self.waiting.swap_remove(i),
            Ties::Go121 => self.waiting.remove(i),
        };
    }

    /// The next event of a stream, looked at already or not.
    fn look(&mut self, stream: usize, out: &mut Merged) -> Result<Option<Head>> {
        if let Some(head) = self.streams.get(stream).and_then(|stream| stream.head) {
            return Ok(Some(head));
        }
        let head = self.read(stream, out)?;
        if let Some(stream) = self.streams.get_mut(stream) {
            stream.head = head;
        }
        Ok(head)
    }

    /// Reads the next event of a stream.
    #[inline(always)]
    fn read(&mut self, stream: usize, out: &mut Merged) -> Result<Option<Head>> {
        if stream + 1 == self.streams.len() {
            return Ok(self.next_sample(stream));
        }
        let Some(Stream { cursor, .. }) = self.streams.get_mut(stream) else { return Ok(None) };
        loop {
            match cursor.read(self.file, &self.index, &self.shapes, &mut out.gs) {
                Ok(next) => return Ok(next),
                Err(e) => {
                    out.defects.meet(e)?;
                    cursor.skip_batch();
                }
            }
        }
    }

    #[inline(never)]
    fn next_sample(&mut self, stream: usize) -> Option<Head> {
        let next = self.samples.pop();
        if let Some(Stream { cursor, .. }) = self.streams.get_mut(stream) {
            cursor.proc = next.map_or(NO_PROC, |(_, proc)| proc);
        }
        next.map(|(head, _)| head)
    }

    /// Puts the next event of a stream, which has been looked at, in its place.
    #[inline(always)]
    fn take(&mut self, stream: usize, out: &mut Merged) -> Result<()> {
        let Some(Stream { cursor, head }) = self.streams.get_mut(stream) else { return Ok(()) };
        let Some(head) = head.take() else { return Ok(()) };
        let proc = cursor.proc;
        if !head.rule.holds(&out.gs) {
            let turn = out.gs.turn(head.rule.g);
            let goroutine = GoId(out.gs.id(head.rule.g));
            let what = V1Error::ImpossibleTransition { event: head.rule.event, goroutine, found: turn.phase };
            out.defects.meet(wrong(head.at, what))?;
        }
        match self.put(&head, proc, out)? {
            true => self.waiting.push(stream),
            false => self.running = Some(stream),
        }
        Ok(())
    }

    /// Puts an event in its place; returns whether its goroutine is one that a
    /// stream waits for.
    #[inline(always)]
    fn put(&mut self, head: &Head, proc: u16, out: &mut Merged) -> Result<bool> {
        let awaited = head.rule.apply(&mut out.gs);
        let mut ticks = head.ticks;
        if ticks < self.last {
            let what = V1Error::TimeOrder { event: head.rule.event, ticks: self.last.wrapping_sub(ticks) as u64 };
            out.defects.meet(wrong(head.at, what))?;
            ticks = self.last;
        }
        self.last = ticks;
        let mut item = head.item(ticks, proc);
        let Some(turn) = out.gs.turns.get_mut(head.g as usize) else { return Ok(awaited) };
        if turn.syscall != 0 {
            let place = std::mem::take(&mut turn.syscall) - 1;
            out.window.close(place, head.rule.event == EventType::GoSysBlock);
        }
        match head.rule.event {
            EventType::GoSysCall => {
                turn.syscall = out.window.place() + 1;
                item.blocks = Blocks::Open;
            }
            EventType::GoSysBlock => turn.blocked = ticks,
            EventType::GoInSyscall => (turn.blocked, turn.in_c) = (ticks, true),
            EventType::GoSysExit => {
                if moves(head, out)? {
                    item.ticks = head.exit;
                    out.window.push_exit(item);
                    return Ok(awaited);
                }
            }
            _ => {}
        }
        out.window.push(item);
        Ok(awaited)
    }

    /// No event is due: in lenient mode the earliest happens all the same.
    #[cold]
    #[inline(never)]
    fn force(&mut self, out: &mut Merged) -> Result<()> {
        let heads = self.waiting.iter().enumerate();
        let heads = heads.filter_map(|(i, &stream)| Some((i, stream, self.streams.get(stream)?.head?)));
        let Some((i, stream, head)) = heads.min_by_key(|(_, _, head)| head.ticks) else { return Ok(()) };
        let turn = out.gs.turn(head.rule.g);
        let proc = self.streams.get(stream).map_or(NO_PROC, |stream| stream.cursor.proc);
        out.defects.meet(wrong(
            head.at,
            V1Error::Stuck {
                proc: ProcId(u64::from(proc)),
                event: head.rule.event,
                goroutine: GoId(out.gs.id(head.rule.g)),
                found: turn.phase,
                seq: turn.seq,
            },
        ))?;
        self.waiting.swap_remove(i);
        if let Some(stream) = self.streams.get_mut(stream) {
            stream.head = None;
        }
        // Time does not go back for it.
        let ticks = head.ticks.max(self.last);
        self.put(&Head { ticks, ..head }, proc, out)?;
        self.waiting.push(stream);
        Ok(())
    }
}

/// Whether the end of a system call goes where its time says.
#[inline(never)]
fn moves(head: &Head, out: &mut Merged) -> Result<bool> {
    let Some(turn) = out.gs.turns.get_mut(head.g as usize) else { return Ok(false) };
    let stale = std::mem::take(&mut turn.stale);
    let blocked = turn.blocked;
    let early = head.exit < blocked;
    if head.exit == 0 || stale && early {
        return Ok(false);
    }
    let what = if blocked == 0 {
        V1Error::StraySyscallExit { goroutine: GoId(out.gs.id(head.g)) }
    } else if early {
        V1Error::TimeOrder { event: head.rule.event, ticks: blocked.wrapping_sub(head.exit) as u64 }
    } else {
        return Ok(true);
    };
    out.defects.meet(wrong(head.at, what))?;
    Ok(false)
}
