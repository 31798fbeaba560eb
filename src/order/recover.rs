//! Recovery from defects, in lenient mode.
//!
//! An event that cannot be read ends its
//! batch; one that does not fit is [placed](super::place) by its time. If
//! every M waits for another, the earliest event is placed.

use crate::base::bytes::{BEYOND, WINDOW, uvarint};
use crate::base::ids::optional;
use crate::error::warning::{Repair, Warning};
use crate::error::{Error, ErrorKind, Result};
use crate::order::Order;
use crate::order::frontier::Entry;
use crate::order::place::{end_regions, place};
use crate::order::state::cursor::Cursor;
use crate::order::state::record::{Block, CachedArgs, Record};
use crate::order::state::step::Step;
use crate::order::state::{Slot, Thread};
use crate::spec::v2::{EventType, Layout};

impl Order<'_> {
    /// Returns the warnings since the last call.
    pub(crate) fn take_warnings(&mut self) -> Vec<Warning> {
        let missing = self.state.first_missing.take().map(|e| e.in_generation(self.generation));
        self.warnings.extend(missing.map(|e| Warning::new(e, Repair::Unnamed, 0)));
        let v1 = self.v1.as_mut().map_or_else(Vec::new, |v1| v1.take_defects());
        self.warnings.extend(v1);
        self.warnings.take()
    }

    /// Places the earliest event, for every M waits for another.
    pub(super) fn place_earliest(&mut self, out: &mut Block) -> Result<()> {
        let head = self.frontier.get(0).and_then(|head| self.state.ms.get(head.m));
        let start = head.map_or(0, |m| m.cursor.start);
        let number = head.and_then(|_| self.file.get(start)).copied().unwrap_or_default();
        let Some(event) = EventType::from_wire(number) else {
            return self.recover(0, Error::at(start, ErrorKind::UnknownEventType { found: number }), out);
        };
        self.recover(0, Error::at(start, ErrorKind::NeverReady { event }), out)
    }

    /// Gets past the event of the frontier's entry at `at`, which has the defect `e`.
    ///
    /// # Errors
    /// With `e`, in strict mode and while a generation is read ahead, whose
    /// guess has then failed, unless it is trusted.
    #[cold]
    #[inline(never)]
    pub(super) fn recover(&mut self, at: usize, e: Error, out: &mut Block) -> Result<()> {
        if !self.state.lenient || self.state.guess.as_ref().is_some_and(|guess| !guess.is_trusted) {
            return Err(e);
        }
        let Some(entry) = self.frontier.get(at) else { return Err(e) };
        let Some(&Thread { id: thread, cx, cursor, .. }) = self.state.ms.get(entry.m) else { return Err(e) };
        let e = e.in_generation(self.generation).on_thread(optional(thread));
        self.state.made.clear();

        let Some((event, args, end)) = read(self.file, &cursor) else {
            // Behind the last event, the defect is in the next batch, which gets a warning of its own.
            if let Some(rest @ 1..) = cursor.end.checked_sub(cursor.start) {
                self.warnings.push(Warning::new(e, Repair::RestOfBatch(rest as u64), 1));
            }
            self.next_batch(at, entry.m);
            return Ok(());
        };
        let draft = &Record::new(event, thread, cx, cursor.start, cursor.time);
        let (data, window) = (self.file, &[BEYOND; WINDOW]);
        let mut step = Step { event, draft, data, window, pos: 0, cx, cached: CachedArgs::NONE };
        let ended = (event == EventType::UserRegionEnd).then(|| end_regions(&mut self.state, &step, args));
        let (repair, lost) = match (place(&mut self.state, &mut step, args), ended, e.kind()) {
            (true, Some(ended), ErrorKind::RegionMismatch { .. }) => (Repair::RegionsEnded(ended), 0),
            (true, ..) => (Repair::Placed, 0),
            (false, ..) => (Repair::LeftOut, 1),
        };
        self.warnings.push(Warning::new(e, repair, lost));
        out.push_all(&mut self.last_time, &mut self.state.made);
        self.state.ms.set_context(entry.m, step.cx);
        self.step_over(at, entry.m, end);
        Ok(())
    }

    /// Moves an M, whose entry in the frontier is at `at`, to the event at offset `start`.
    pub(super) fn step_over(&mut self, at: usize, m: Slot, start: usize) {
        let Some(mut cursor) = self.state.ms.get(m).map(|m| m.cursor) else { return };
        let data = self.file.get(..cursor.end).unwrap_or_default();
        if start >= data.len() {
            return self.next_batch(at, m);
        }
        let mut args = start + 1;
        // A time that cannot be read becomes an error when the event's turn comes.
        if let Ok(ticks) = uvarint(data, &mut args) {
            cursor.time = cursor.time.wrapping_add(self.frequency.nanos(ticks));
        } else {
            args = cursor.end;
        }
        (cursor.start, cursor.args) = (start, (args - start) as u32);
        self.put(at, m, cursor);
    }

    /// Moves an M to its next batch.
    fn next_batch(&mut self, at: usize, m: Slot) {
        let Some(&Thread { id, cursor, .. }) = self.state.ms.get(m) else { return };
        match self.open(id, self.spans.after(cursor.span)) {
            Some(next) => self.put(at, m, next),
            None => self.frontier.remove(at),
        }
    }

    /// Returns the first event of a batch or of a later one of its M; passes over batches whose
    /// first event cannot be read.
    pub(super) fn open(&mut self, thread: u64, mut span: u32) -> Option<Cursor> {
        loop {
            match self.spans.open(self.file, self.frequency, &mut span) {
                Ok(opened) => return opened,
                Err(e) => {
                    let e = e.in_generation(self.generation).on_thread(optional(thread));
                    self.warnings.push(Warning::new(e, Repair::RestOfBatch(self.spans.size(span)), 1));
                    span = self.spans.after(span);
                }
            }
        }
    }

    fn put(&mut self, at: usize, m: Slot, cursor: Cursor) {
        if let Some(thread) = self.state.ms.get_mut(m) {
            thread.cursor = cursor;
        }
        self.frontier.update(at, Entry { time: cursor.time, m });
    }
}

/// Reads an event; returns its type, its arguments and the offset of its end. `None` if it
/// cannot be read, or cannot be in an M's stream.
fn read(file: &[u8], cursor: &Cursor) -> Option<(EventType, [u64; 5], usize)> {
    let data = file.get(..cursor.end)?;
    let event = EventType::from_wire(*data.get(cursor.start)?).filter(|e| matches!(e.spec().layout, Layout::Timed))?;
    let mut args = [0; 5];
    let mut pos = cursor.start + 1;
    for arg in args.iter_mut().take(event.spec().args.len()) {
        *arg = uvarint(data, &mut pos).ok()?;
    }
    Some((event, args, pos))
}
