//! The lines of a log put together: blocks into snapshots, and all on one clock.

use super::companion::{Finalizers, Scan};
use super::found::Found;
use super::gctrace::Gc;
use super::line::Record;
use super::scavenge::{HeapUse, Released, Scavenge};
use super::scheddetail::{Goroutine, Proc, Thread};
use super::schedtrace::{Sched, settled};
use super::status::GoroutineState;
use std::collections::VecDeque;
use std::time::Duration;

/// What happened at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// Which run of a program, from 0: a log may hold several, one after the
    /// other. A clock or a count that goes back begins a new one.
    pub run: u32,
    /// Which line of the log, from 1.
    pub line: u64,
    /// Where that line begins, in bytes.
    pub offset: u64,
    /// When, on the clock of the `SCHED` lines; if there were none yet, since the
    /// runtime was initialised. Of a GC cycle it is when it began.
    pub time: Duration,
    /// What.
    pub moment: Moment,
}

/// What an [`Entry`] tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant)]
pub enum Moment {
    /// A `SCHED` line with what belongs to it.
    Sched(Snapshot),
    /// A GC cycle.
    Gc(Gc<'static>),
    /// The scavenger's work.
    Scavenge(Scavenge),
    /// The scavenger's work, up to Go 1.13.
    Released(Released),
    /// The heap, up to Go 1.13.
    HeapUse(HeapUse),
    /// What the GC scanned.
    Scan(Scan),
    /// The next GC cycle comes because none did for two minutes.
    GcForced,
    /// What waits to be run after a GC cycle.
    Finalizers(Finalizers),
}

/// A `SCHED` line, and the lines of Ps, Ms and Gs below it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The line.
    pub sched: Sched<'static>,
    /// Every P; empty without `scheddetail`.
    pub procs: Vec<Proc<'static>>,
    /// Every M, the youngest first; empty without `scheddetail`.
    pub threads: Vec<Thread<'static>>,
    /// Every G, dead ones included; empty without `scheddetail`.
    pub goroutines: Vec<Goroutine<'static>>,
}

impl Snapshot {
    /// The lengths of the Ps' own queues, in the order of their IDs, from either
    /// form. A length that is less than 0 counts as 0.
    pub fn queues(&self) -> impl Iterator<Item = u32> + '_ {
        let summary = self.sched.queues().map(|queues| queues.lengths.as_slice()).unwrap_or_default();
        let detail = self.procs.iter().map(|p| p.runqsize);
        summary.iter().copied().chain(detail).map(settled)
    }

    /// How many times each P has picked a goroutine to run, from either form;
    /// empty for a summary line of Go 1.24 or older.
    pub fn schedticks(&self) -> impl Iterator<Item = u32> + '_ {
        let ticks = self.sched.queues().and_then(|queues| queues.schedticks.as_deref());
        ticks.unwrap_or_default().iter().copied().chain(self.procs.iter().map(|p| p.schedtick))
    }

    /// Goroutines in the global queue and in those of all Ps.
    pub fn runnable(&self) -> u64 {
        u64::from(self.sched.runqueue) + self.queues().map(u64::from).sum::<u64>()
    }

    /// Whether every P has its line where it should, and some M and G have: blocks
    /// at the end of a log are often cut. How many Ms and Gs there should be, no
    /// line says: `threads` counts Ms that are just being made, which have none yet.
    pub fn is_complete(&self) -> bool {
        let procs = self.procs.len() as u64 == u64::from(self.sched.gomaxprocs);
        !self.sched.is_detailed() || (procs && !self.threads.is_empty() && !self.goroutines.is_empty())
    }

    /// Goroutines in that state; none without `scheddetail`.
    pub fn count(&self, state: GoroutineState) -> Option<u64> {
        let count = || self.goroutines.iter().filter(|g| g.status.state == state).count() as u64;
        self.sched.is_detailed().then(count)
    }

    /// Goroutines that exist: those that are not dead; none without `scheddetail`.
    pub fn alive(&self) -> Option<u64> {
        let dead = self.count(GoroutineState::Dead)? + self.count(GoroutineState::DeadExtra)?;
        Some(self.goroutines.len() as u64 - dead)
    }
}

/// So many entries may stand amid a block and behind it; more end it.
const MOST_HELD: usize = 256;

/// Makes [`Entry`]s of what a [`Scanner`](super::Scanner) finds: [`push`](Self::push)
/// what it finds, then [`pop`](Self::pop) until there is none.
///
/// A block with `scheddetail` is complete when the next `SCHED` line comes, or
/// the log ends; until then what comes behind it is held back, so that entries
/// are in the order of their lines.
#[derive(Debug, Default)]
pub struct History {
    run: u32,
    ready: VecDeque<Entry>,
    /// What stands behind the beginning of the block.
    held: Vec<Entry>,
    /// The block whose lines are still coming.
    block: Option<Block>,
    last_sched: Option<(Duration, u64)>,
    last_gc: Option<u64>,
    /// The end of the last GC cycle after the last `SCHED` line.
    gc_end: Option<Duration>,
    clocks: Clocks,
}

/// A snapshot that is not complete yet, and what its entry will say.
#[derive(Debug)]
struct Block {
    run: u32,
    line: u64,
    offset: u64,
    time: Duration,
    snapshot: Snapshot,
}

impl History {
    /// Takes a record.
    pub fn push(&mut self, found: Found<'_>) {
        let Found { line, offset, record, .. } = found;
        let moment = match record {
            Record::Sched(sched) => return self.sched(sched.into_owned(), line, offset),
            Record::Gc(gc) => return self.gc(gc.into_owned(), line, offset),
            Record::Proc(p) => return self.block(|block| block.procs.push(p.into_owned())),
            Record::Thread(m) => return self.block(|block| block.threads.push(m.into_owned())),
            Record::Goroutine(g) => return self.block(|block| block.goroutines.push(g.into_owned())),
            Record::Scavenge(r) => Moment::Scavenge(r),
            Record::Released(r) => Moment::Released(r),
            Record::HeapUse(r) => Moment::HeapUse(r),
            Record::Scan(r) => Moment::Scan(r),
            Record::GcForced => Moment::GcForced,
            Record::Finalizers(r) => Moment::Finalizers(r),
        };
        let sched = self.last_sched.map(|(time, _)| time);
        let gc = self.gc_end.map(|end| self.clocks.sched(end));
        let time = sched.max(gc).unwrap_or_default();
        self.add(Entry { run: self.run, line, offset, time, moment });
    }

    /// The next entry that is complete.
    pub fn pop(&mut self) -> Option<Entry> {
        self.ready.pop_front()
    }

    /// The log has ended: all that is left can be had.
    pub fn finish(&mut self) {
        self.end_block();
    }

    fn add(&mut self, entry: Entry) {
        if self.block.is_none() {
            self.ready.push_back(entry);
            return;
        }
        self.held.push(entry);
        if self.held.len() >= MOST_HELD {
            self.end_block();
        }
    }

    fn block(&mut self, add: impl FnOnce(&mut Snapshot)) {
        if let Some(block) = &mut self.block {
            add(&mut block.snapshot);
        }
    }

    /// By how much the clock of the `SCHED` lines is behind that of the GC, which
    /// begins with the program: the least that fits the order of the lines.
    pub fn clock_offset(&self) -> Duration {
        self.clocks.offset()
    }

    fn sched(&mut self, sched: Sched<'static>, line: u64, offset: u64) {
        self.end_block();
        // A line that was cut is known only when its end comes.
        if self.last_sched.is_some_and(|(time, last)| sched.time < time && line > last) {
            self.restart();
        }
        if let Some(end) = self.gc_end.take() {
            self.clocks.gc_before(end, sched.time);
        }
        self.last_sched = Some((sched.time, line));
        let (run, time, detailed) = (self.run, sched.time, sched.is_detailed());
        let snapshot = Snapshot { sched, procs: Vec::new(), threads: Vec::new(), goroutines: Vec::new() };
        if detailed {
            self.block = Some(Block { run, line, offset, time, snapshot });
        } else {
            self.add(Entry { run, line, offset, time, moment: Moment::Sched(snapshot) });
        }
    }

    fn gc(&mut self, gc: Gc<'static>, line: u64, offset: u64) {
        if self.last_gc.is_some_and(|last| gc.number <= last) {
            self.end_block();
            self.restart();
        }
        self.last_gc = Some(gc.number);
        if let Some((time, _)) = self.last_sched {
            self.clocks.gc_after(gc.end(), time);
        }
        self.gc_end = Some(gc.end());
        let time = if self.last_sched.is_some() { self.clocks.sched(gc.start) } else { gc.start };
        self.add(Entry { run: self.run, line, offset, time, moment: Moment::Gc(gc) });
    }

    fn restart(&mut self) {
        let ready = std::mem::take(&mut self.ready);
        *self = History { run: self.run.saturating_add(1), ready, ..History::default() };
    }

    fn end_block(&mut self) {
        let Some(Block { run, line, offset, time, snapshot }) = self.block.take() else { return };
        self.ready.push_back(Entry { run, line, offset, time, moment: Moment::Sched(snapshot) });
        self.ready.extend(self.held.drain(..));
    }
}

/// What the order of lines tells of two clocks: that of GC cycles begins when
/// the runtime does, that of `SCHED` lines with the first of these.
#[derive(Debug, Default)]
struct Clocks {
    /// The GC's clock is ahead by at least so much.
    least: Duration,
    /// And by at most so much.
    most: Option<Duration>,
}

/// Both clocks are printed to the millisecond.
const ROUNDING: Duration = Duration::from_millis(1);

impl Clocks {
    /// The line of a cycle that ended at `gc` stood before a `SCHED` line of `sched`.
    fn gc_before(&mut self, gc: Duration, sched: Duration) {
        self.least = self.least.max(gc.saturating_sub(sched + ROUNDING));
    }

    /// It stood behind it.
    fn gc_after(&mut self, gc: Duration, sched: Duration) {
        let most = (gc + ROUNDING).saturating_sub(sched);
        self.most = Some(self.most.map_or(most, |known| known.min(most)));
    }

    fn offset(&self) -> Duration {
        self.most.map_or(self.least, |most| self.least.min(most))
    }

    fn sched(&self, gc: Duration) -> Duration {
        gc.saturating_sub(self.offset())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::godebug::{Item, Scanner};

    fn entries(log: &str) -> Vec<Entry> {
        let (mut history, mut entries) = (History::default(), Vec::new());
        let mut scanner = Scanner::default();
        let mut each = |item: Item<'_>| {
            match item {
                Item::Found(found) => {
                    history.push(found);
                    entries.extend(std::iter::from_fn(|| history.pop()));
                }
                Item::Warning(warning) => panic!("{warning}"),
            }
            Ok::<(), std::convert::Infallible>(())
        };
        scanner.feed(log.as_bytes(), &mut each).unwrap();
        scanner.finish(&mut each).unwrap();
        history.finish();
        entries.extend(std::iter::from_fn(|| history.pop()));
        entries
    }

    fn sched(ms: u64) -> String {
        format!("SCHED {ms}ms: gomaxprocs=1 idleprocs=0 threads=1 spinningthreads=0 idlethreads=0 runqueue=0 [0]\n")
    }

    fn gc(number: u64, start_ms: u64) -> String {
        let start = format!("{}.{:03}", start_ms / 1000, start_ms % 1000);
        format!("gc {number} @{start}s 1%: 0+2.0+0 ms clock, 0+0/0/0+0 ms cpu, 1->1->1 MB, 4 MB goal, 1 P\n")
    }

    #[test]
    fn clocks_are_aligned_by_the_order_of_lines() {
        // The GC's clock is 20 ms ahead: gc 1 ended at 128 there, before 110 here.
        let log = [sched(0), gc(1, 126), sched(107), gc(2, 326)].concat();
        let times: Vec<_> = entries(&log).iter().map(|entry| entry.time.as_millis()).collect();
        assert_eq!(times, [0, 126, 107, 306]);
    }

    #[test]
    fn a_clock_that_goes_back_is_another_run() {
        let log = [sched(0), gc(1, 5), sched(10), gc(1, 5), sched(0), sched(10), sched(3), gc(1, 9)].concat();
        let runs: Vec<_> = entries(&log).iter().map(|entry| entry.run).collect();
        assert_eq!(runs, [0, 0, 0, 1, 1, 1, 2, 2]);
    }

    #[test]
    fn a_block_is_one_snapshot() {
        let log = "SCHED 0ms: gomaxprocs=1 idleprocs=0 threads=1 spinningthreads=0 idlethreads=0 runqueue=2 \
                   gcwaiting=0 nmidlelocked=-1 stopwait=0 sysmonwait=0\n  \
                   P0: status=1 schedtick=7 syscalltick=0 m=0 runqsize=3 gfreecnt=0\n\
                   GC forced\n  \
                   M0: p=0 curg=1 mallocing=0 throwing=0 preemptoff= locks=1 dying=0 helpgc=0 spinning=false \
                   blocked=false lockedg=-1\n  \
                   G1: status=4(chan receive (nil chan)) m=-1 lockedm=-1\n  \
                   G2: status=6() m=-1 lockedm=-1\n";
        let entries = entries(log);
        let [Entry { moment: Moment::Sched(snapshot), line: 1, .. }, forced] = entries.as_slice() else {
            panic!("{entries:?}")
        };
        assert_eq!(forced.moment, Moment::GcForced);
        assert!(snapshot.is_complete());
        assert_eq!((snapshot.runnable(), snapshot.alive()), (5, Some(1)));
        assert_eq!(snapshot.schedticks().collect::<Vec<_>>(), [7]);
        assert_eq!(snapshot.goroutines[0].wait_reason, "chan receive (nil chan)");
    }
}
