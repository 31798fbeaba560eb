//! Assembly of one program's lines: blocks into snapshots, and all on one clock.

use super::order::{Mixed, Order, Step};
use super::{Entry, Moment, Snapshot};
use crate::godebug::found::Found;
use crate::godebug::gctrace::Gc;
use crate::godebug::line::Record;
use crate::godebug::schedtrace::Sched;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// Number of entries inside and behind a block that end it.
const MOST_HELD: usize = 256;

/// Makes entries of the records of one program.
#[derive(Debug, Default)]
pub(super) struct Lane {
    name: Option<Arc<str>>,
    /// Present name of its process, if it was started anew.
    process: Option<String>,
    run: u32,
    ready: VecDeque<Entry>,
    /// Entries behind the beginning of the block.
    held: Vec<Entry>,
    /// Block whose lines are still coming.
    block: Option<Block>,
    last_sched: Option<Duration>,
    /// End of the last GC cycle after the last `SCHED` line.
    gc_end: Option<Duration>,
    clocks: Clocks,
    order: Order,
    /// True if its lines have been reported as mixed.
    reported: bool,
}

/// A snapshot that is not complete yet, with the fields of its entry.
#[derive(Debug)]
struct Block {
    run: u32,
    line: u64,
    offset: u64,
    time: Duration,
    snapshot: Snapshot,
}

impl Lane {
    /// Returns the lane of the program with a name.
    pub(super) fn new(name: Option<&str>) -> Lane {
        Lane { name: name.map(Arc::from), ..Lane::default() }
    }

    /// Returns the name of the program; none if nothing names it.
    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns whether a record under a name belongs to the lane.
    pub(super) fn is(&self, name: Option<&str>) -> bool {
        self.process() == name
    }

    /// Returns the present name of its process.
    pub(super) fn process(&self) -> Option<&str> {
        self.process.as_deref().or(self.name())
    }

    /// Returns whether it prints `SCHED` lines, whose silence shows its end.
    pub(super) fn is_regular(&self) -> bool {
        self.last_sched.is_some()
    }

    /// Goes on with another process.
    pub(super) fn goes_on_as(&mut self, process: &str) {
        self.order.start_over();
        self.restart();
        self.process = Some(process.to_string());
    }

    /// Returns why its lines cannot be judged, if they cannot.
    pub(super) fn mixed(&self) -> Option<Mixed> {
        self.order.mixed()
    }

    /// Adds a record.
    pub(super) fn push(&mut self, found: Found<'_>) {
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
        // These lines have no time of their own: that of the last one before has to do.
        let sched = self.last_sched;
        let gc = self.gc_end.map(|end| self.clocks.sched(end));
        let time = sched.max(gc).unwrap_or_default();
        self.add(self.entry(line, offset, time, moment));
    }

    /// Returns the number of the line of the next entry.
    pub(super) fn line(&self) -> Option<u64> {
        self.ready.front().map(|entry| entry.line)
    }

    /// Returns the next entry that is complete.
    pub(super) fn pop(&mut self) -> Option<Entry> {
        self.ready.pop_front()
    }

    /// Ends the log, which completes all entries that are left.
    pub(super) fn finish(&mut self) {
        self.end_block();
    }

    fn entry(&self, line: u64, offset: u64, time: Duration, moment: Moment) -> Entry {
        Entry { program: self.name.clone(), run: self.run, line, offset, time, moment }
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
        // Lines of a block whose beginning is lost belong to no snapshot.
        if let Some(block) = &mut self.block {
            add(&mut block.snapshot);
        }
    }

    /// Returns the time by which the clock of the `SCHED` lines is behind that of the GC,
    /// which begins with the program: the least that fits the order of the lines.
    pub(super) fn clock_offset(&self) -> Duration {
        self.clocks.offset()
    }

    fn sched(&mut self, sched: Sched<'static>, line: u64, offset: u64) {
        // A further `SCHED` line means that the block before has all its lines.
        self.end_block();
        let step = self.order.sched(&sched, line);
        self.step(step, line, offset, sched.time);
        if let Some(end) = self.gc_end.take() {
            self.clocks.gc_before(end, sched.time);
        }
        self.last_sched = Some(sched.time);
        let (run, time, detailed) = (self.run, sched.time, sched.is_detailed());
        let snapshot = Snapshot { sched, procs: Vec::new(), threads: Vec::new(), goroutines: Vec::new() };
        if detailed {
            self.block = Some(Block { run, line, offset, time, snapshot });
        } else {
            self.add(self.entry(line, offset, time, Moment::Sched(snapshot)));
        }
    }

    fn gc(&mut self, gc: Gc<'static>, line: u64, offset: u64) {
        let step = self.order.gc(&gc, line);
        self.step(step, line, offset, gc.start);
        if let Some(time) = self.last_sched {
            self.clocks.gc_after(gc.end(), time);
        }
        self.gc_end = Some(gc.end());
        // Before the first `SCHED` line there is no other clock to convert to.
        let time = if self.last_sched.is_some() { self.clocks.sched(gc.start) } else { gc.start };
        self.add(self.entry(line, offset, time, Moment::Gc(gc)));
    }

    /// Begins a run, if the program began anew; adds one notice if the lines cannot be one
    /// program's.
    fn step(&mut self, step: Step, line: u64, offset: u64, time: Duration) {
        let mixed = self.order.mixed();
        // Mixed lines would begin a run with nearly each line.
        if step == Step::Anew && mixed.is_none() {
            self.restart();
        }
        if let Some(mixed) = mixed.filter(|_| !self.reported) {
            self.reported = true;
            self.end_block();
            self.add(self.entry(line, offset, time, Moment::Mixed(mixed)));
        }
    }

    fn restart(&mut self) {
        // Entries that are ready, and the checks of the order, outlive the run.
        self.end_block();
        let (name, process, reported) = (self.name.take(), self.process.take(), self.reported);
        let (ready, order) = (std::mem::take(&mut self.ready), std::mem::take(&mut self.order));
        *self = Lane { name, process, reported, run: self.run.saturating_add(1), ready, order, ..Lane::default() };
    }

    fn end_block(&mut self) {
        let Some(Block { run, line, offset, time, snapshot }) = self.block.take() else { return };
        let program = self.name.clone();
        self.ready.push_back(Entry { program, run, line, offset, time, moment: Moment::Sched(snapshot) });
        self.ready.extend(self.held.drain(..));
    }
}

/// Bounds on the difference of two clocks, from the order of lines: that of GC cycles
/// begins with the runtime, that of `SCHED` lines with the first of these.
#[derive(Debug, Default)]
struct Clocks {
    /// Least time by which the GC's clock is ahead.
    least: Duration,
    /// Most time by which it is ahead, if there is a bound.
    most: Option<Duration>,
}

/// Precision of both clocks as they are printed.
const ROUNDING: Duration = Duration::from_millis(1);

impl Clocks {
    /// Takes note that the line of a cycle that ended at `gc` stood before a `SCHED` line
    /// of `sched`.
    fn gc_before(&mut self, gc: Duration, sched: Duration) {
        self.least = self.least.max(gc.saturating_sub(sched + ROUNDING));
    }

    /// Takes note that the line of a cycle that ended at `gc` stood behind a `SCHED` line
    /// of `sched`.
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
