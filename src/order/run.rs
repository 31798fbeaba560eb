//! The loop that tries event after event.

use crate::base::bytes::{BEYOND, WINDOW, Window, short_uvarint, window};
use crate::base::ids::{WIRE_NONE, optional};
use crate::error::Result;
use crate::order::Order;
use crate::order::dispatch::{Tried, dispatch, dispatch_rare};
use crate::order::frontier::Entry;
use crate::order::state::context::Context;
use crate::order::state::cursor::Cursor;
use crate::order::state::record::Record;
use crate::order::state::record::{Block, CachedArgs};
use crate::order::state::step::{Advance, Step, long_uvarint};
use crate::order::state::{Slot, Thread};
use crate::spec::v2::EventType;

/// The most bytes that an event's type and time difference take.
const MOST_TIME: u32 = 1 + crate::base::limits::MAX_VARINT_BYTES as u32;

/// Returns the end of the time difference of an event, relative to the event's first byte.
#[cold]
#[inline(never)]
fn end_of_time(bytes: &Window) -> u32 {
    bytes.iter().skip(1).take_while(|byte| **byte >= 0x80).count() as u32 + 2
}

/// The result of trying the events of one M.
pub(super) enum Ran {
    /// At least one happened.
    Advanced,
    /// The first one cannot happen yet.
    NotYet,
}

impl Order<'_> {
    /// Tries the event of the frontier's entry at `at`.
    #[inline(never)]
    pub(super) fn run_one(&mut self, at: usize, out: &mut Block) -> Result<Ran> {
        self.run_events::<true>(at, out)
    }

    /// Tries the event at the head of the frontier and further ones: of the same M while that
    /// stays the head, then of its rival.
    #[inline(always)]
    pub(super) fn run(&mut self, out: &mut Block) -> Result<Ran> {
        self.run_events::<false>(0, out)
    }

    /// Tries a single event of the entry at `at` with `ONE`; else `at` is the head.
    #[inline(always)]
    fn run_events<const ONE: bool>(&mut self, at: usize, out: &mut Block) -> Result<Ran> {
        let Some(Entry { mut m, .. }) = self.frontier.get(at) else { return Ok(Ran::NotYet) };
        let Some(&Thread { id: mut thread, mut cx, cursor, .. }) = self.state.ms.get(m) else {
            return Ok(Ran::NotYet);
        };
        // Events without an M share no context, so each of them is tried alone.
        if !ONE && thread == WIRE_NONE {
            return self.run_one(at, out);
        }
        let Cursor { mut start, mut args, mut time, end, .. } = cursor;
        // The event's time could not be read, so the loop below cannot skip it.
        if args > MOST_TIME {
            return self.run_timeless(at, out);
        }

        // Everything that changes with each event is kept in locals, for registers.
        let frequency = self.frequency;
        let mut tail = [BEYOND; WINDOW];
        let (Some(mut data), Some(rest)) = (self.file.get(..end), self.file.get(start..end)) else {
            return Ok(Ran::NotYet);
        };
        let mut bytes = window(rest, &mut tail);
        let mut last_time = self.last_time;
        let before = out.len();

        // The rival is read early: its time takes long to load, and is needed after the event.
        let mut rival = self.frontier.rival();
        let mut limit = rival.time.min(self.sample_time);

        let failed = loop {
            let record = out.next();
            record.draft(thread, cx, start, time);
            let pos = args as usize % 16;
            let mut step =
                Step { event: EventType::Sync, draft: record, data, window: bytes, pos, cx, cached: CachedArgs::NONE };
            let tried = dispatch(bytes[0], &mut self.state, &mut step);
            let (event, pos, cached) = (step.event, step.pos, step.cached);
            debug_assert!(matches!(tried, Tried::Yes | Tried::Made) || step.cx == cx);
            (start, time, cx) = (record.offset, record.time, step.cx);
            match tried {
                Tried::Yes => {
                    record.settle(&mut last_time, event, cached);
                    out.add_next();
                }
                Tried::Made => out.push_all(&mut last_time, &mut self.state.made),
                Tried::NotYet => {
                    args = end_of_time(bytes);
                    break None;
                }
                Tried::Failed(e) => {
                    args = end_of_time(bytes);
                    break Some(e);
                }
            }

            // Move on to the M's next event.
            start += pos;
            if let Some(rest @ [_, ..]) = data.get(start..) {
                bytes = window(rest, &mut tail);
                let mut pos = 1;
                let ticks = match short_uvarint(bytes, &mut pos) {
                    Some(ticks) => ticks,
                    None => match long_uvarint(data, start + 1, "an event's time") {
                        Ok((ticks, len)) => {
                            pos += len;
                            ticks
                        }
                        Err(e) => break Some(e),
                    },
                };
                args = pos as u32;
                time = time.wrapping_add(frequency.nanos(ticks));
            } else {
                match self.next_batch_of(m) {
                    Ok(Some(next)) => {
                        Cursor { start, args, time, .. } = next;
                        data = self.file.get(..next.end).unwrap_or_default();
                        bytes = window(data.get(start..).unwrap_or_default(), &mut tail);
                    }
                    Ok(None) => {
                        self.state.ms.set_context(m, cx);
                        self.last_time = last_time;
                        self.frontier.remove(at);
                        return Ok(Ran::Advanced);
                    }
                    Err(e) => break Some(e),
                }
            }
            if ONE || time > limit || !out.has_room() {
                if ONE || limit != rival.time || !out.has_room() {
                    break None;
                }
                // The rival's event is earlier: go on with the rival's M.
                self.save_cursor(m, start, args, time, cx);
                let next_rival = self.frontier.replace_root(Entry { time, m });
                m = rival.m;
                rival = next_rival;
                let Some(next) = self.state.ms.get(m) else { break None };
                (thread, cx) = (next.id, next.cx);
                Cursor { start, args, time, .. } = next.cursor;
                let end = next.cursor.end;
                let (Some(batch), Some(rest)) = (self.file.get(..end), self.file.get(start..end)) else { break None };
                data = batch;
                bytes = window(rest, &mut tail);
                if args > MOST_TIME || thread == WIRE_NONE {
                    break None;
                }
                limit = rival.time.min(self.sample_time);
            }
        };

        self.save_cursor(m, start, args, time, cx);
        self.last_time = last_time;
        if let Some(e) = failed {
            return Err(e.in_generation(self.generation).on_thread(optional(thread)));
        }
        if out.len() == before {
            return Ok(Ran::NotYet);
        }
        let entry = Entry { time, m };
        if at == 0 {
            self.frontier.update_root(entry)
        } else {
            self.frontier.update(at, entry)
        }
        Ok(Ran::Advanced)
    }

    /// Tries the event of the frontier's entry at `at`, whose time could
    /// not be read.
    #[cold]
    #[inline(never)]
    fn run_timeless(&mut self, at: usize, out: &mut Block) -> Result<Ran> {
        let Some(Entry { m, .. }) = self.frontier.get(at) else { return Ok(Ran::NotYet) };
        let Some(&Thread { id: thread, cx, cursor, .. }) = self.state.ms.get(m) else { return Ok(Ran::NotYet) };
        let Cursor { start, args, time, end, .. } = cursor;
        let data = self.file.get(..end).unwrap_or_default();
        let number = data.get(start).copied().unwrap_or_default();
        let draft = &Record::new(EventType::Sync, thread, cx, start, time);
        let window = &[BEYOND; WINDOW];
        let mut step =
            Step { event: EventType::Sync, draft, data, window, pos: args as usize, cx, cached: CachedArgs::NONE };
        let tried = dispatch_rare(number, &mut self.state, &mut step);
        self.state.ms.set_context(m, if tried.is_ok() { step.cx } else { cx });
        match tried {
            Ok(Advance::Yes) => out.push(&mut self.last_time, Record { event: step.event, ..*draft }),
            Ok(Advance::Made) => out.push_all(&mut self.last_time, &mut self.state.made),
            Ok(Advance::NotYet) => return Ok(Ran::NotYet),
            Err(e) => return Err(e.in_generation(self.generation).on_thread(optional(thread))),
        }
        self.step_over(at, m, start + step.pos);
        Ok(Ran::Advanced)
    }

    /// Opens an M's next batch and returns its first event, which becomes the M's cursor.
    #[inline(never)]
    fn next_batch_of(&mut self, m: Slot) -> Result<Option<Cursor>> {
        let Some(thread) = self.state.ms.get_mut(m) else { return Ok(None) };
        let next = self.spans.open(self.file, self.frequency, &mut self.spans.after(thread.cursor.span))?;
        thread.cursor = next.unwrap_or(thread.cursor);
        Ok(next)
    }

    /// Saves the cursor and the context to which an M's events have led.
    #[inline(always)]
    fn save_cursor(&mut self, m: Slot, start: usize, args: u32, time: i64, cx: Context) {
        if let Some(thread) = self.state.ms.get_mut(m) {
            (thread.cursor.start, thread.cursor.args, thread.cursor.time) = (start, args, time);
            thread.set_context(cx);
        }
    }
}
