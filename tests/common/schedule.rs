//! The result of a simulation, and the trace of it.

use super::builder::TraceBuilder;
use super::simulator::{Dice, STACKS, STRINGS};
use gotrace::spec::v2::EventType;
use gotrace::{GoState, ProcState, Version};
use std::collections::HashSet;

/// A change of a goroutine's or P's state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    G(u64, GoState, GoState),
    P(u64, ProcState, ProcState),
}

/// An event as it was emitted.
#[derive(Clone, Debug)]
pub struct Emitted {
    pub generation: usize,
    /// The M that wrote it.
    pub thread: u64,
    /// The time by that M's clock.
    pub time: u64,
    pub event: EventType,
    pub args: Vec<u64>,
    /// The M, P and G that it has to be reported with.
    pub context: (u64, Option<u64>, Option<u64>),
    pub changes: Vec<Change>,
}

/// The events in the true order.
#[derive(Clone, Debug)]
pub struct Schedule {
    pub version: Version,
    pub emitted: Vec<Emitted>,
    /// The Ps whose M was forgotten while they were in a syscall. The clocks decide
    /// whether their theft is seen before or after that.
    pub lost: HashSet<u64>,
}

impl Schedule {
    pub fn new(version: Version) -> Schedule {
        Schedule { version, emitted: Vec::new(), lost: HashSet::new() }
    }

    /// Returns the ID, in a generation, of the string or stack at an index of its list.
    pub fn id(place: usize, of: usize, generation: usize) -> u64 {
        ((place + generation) % of) as u64 + 1
    }

    /// Returns the trace, each M's events cut into batches, and these shuffled among
    /// Ms. The mark of an event is its index in `emitted`.
    pub fn trace(&self, dice: &mut Dice, hz: u64, samples: usize) -> TraceBuilder {
        let mut trace = TraceBuilder::new(self.version);
        let generations = self.emitted.last().map_or(0, |e| e.generation + 1);
        for generation in 0..generations {
            let events: Vec<(usize, &Emitted)> =
                self.emitted.iter().enumerate().filter(|(_, e)| e.generation == generation).collect();
            let out = trace.generation(generation as u64 + 1);
            out.frequencies = vec![hz];
            let first = events.iter().map(|(_, e)| e.time).min().unwrap_or(1);
            for _ in 0..samples {
                let time = first + dice.roll(500) as u64;
                out.samples.push([time, 1000, 0, 1, dice.roll(STACKS + 1) as u64]);
            }
            for id in 1..=STRINGS as u64 {
                let place = (id as usize + STRINGS * 4 - 1 - generation % STRINGS) % STRINGS;
                out.strings.push((id, format!("string {place}").into_bytes()));
            }
            for id in 1..=STACKS as u64 {
                out.stacks.push((id, (0..id).map(|frame| [0x100 * id + frame, 1 + frame % 3, 2, frame]).collect()));
            }
            let mut threads: Vec<u64> = events.iter().map(|(_, e)| e.thread).collect();
            threads.sort_unstable();
            threads.dedup();
            let mut queues: Vec<Vec<(usize, &Emitted)>> = threads
                .iter()
                .map(|&m| events.iter().filter(|(_, e)| e.thread == m).rev().copied().collect())
                .collect();
            while !queues.is_empty() {
                let at = dice.roll(queues.len());
                let queue = &mut queues[at];
                let start = queue.last().map_or(1, |(_, e)| e.time - dice.roll(2) as u64);
                let thread = queue.last().map_or(1, |(_, e)| e.thread);
                let batch = out.batch(thread, start);
                let mut last = start;
                for _ in 0..1 + dice.roll(40) {
                    let Some((mark, e)) = queue.pop() else { break };
                    batch.mark(mark).event(e.time - last, e.event, &e.args);
                    last = e.time;
                }
                if queue.is_empty() {
                    queues.swap_remove(at);
                }
            }
        }
        trace
    }
}
