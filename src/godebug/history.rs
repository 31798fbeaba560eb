//! Assembly of a log's lines: blocks into snapshots, each program's on one clock.

mod entry;
mod lane;
mod names;
mod order;
mod successor;

pub use entry::{Entry, Moment, Snapshot};
pub use order::Mixed;

use super::found::Found;
use lane::Lane;
use names::{Named, Names, is_called};
use std::time::Duration;
use successor::{Fate, Successor, without_pid};

/// Most programs of a log; lines of further ones are left out, and counted.
pub const MOST_PROGRAMS: usize = 100;

/// Makes [`Entry`]s of the items that a [`Scanner`](super::Scanner) finds:
/// [`push`](Self::push) each, then [`pop`](Self::pop) until it returns none.
///
/// Each program in the log is followed by itself, told from others by the fields that a
/// logger put about its lines, or by their prefix. Where programs have neither, and their
/// clocks contradict each other, there is a [`Moment::Mixed`].
///
/// A block with `scheddetail` is complete when the next `SCHED` line of its program comes,
/// or the log ends; until then the following records are held back, so that the entries of
/// a program are in the order of their lines. So is a first line whose prefix may be a
/// program's name, until the next line, and a process with another ID until it shows
/// whether it runs beside the one before it or has replaced it.
#[derive(Debug, Default)]
pub struct History {
    lanes: Vec<Lane>,
    /// Index of the last record's lane.
    last: usize,
    names: Names,
    /// Records whose program is not known yet.
    waiting: Vec<Waiting>,
    /// Process that may be another's successor.
    successor: Option<Successor>,
    only: Option<String>,
    /// Names of programs that were left out, as far as they are kept.
    others: Vec<String>,
    left_out: u64,
}

#[derive(Debug)]
struct Waiting {
    prefix: Vec<u8>,
    found: Found<'static>,
}

/// A program of a log, as far as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Program {
    /// Name of the program; none if nothing names it.
    pub name: Option<String>,
    /// Time by which the clock of its `SCHED` lines is behind that of its GC, which begins
    /// with the program: the least that fits the order of the lines.
    pub clock_offset: Duration,
    /// Reason why its lines cannot be judged, if they cannot.
    pub mixed: Option<Mixed>,
}

impl History {
    /// Returns a history of those programs only that have a name: as a whole, or as a part,
    /// like `api-a` in `pod/api-a/app`.
    pub fn only(name: &str) -> History {
        History { only: Some(name.to_string()), ..History::default() }
    }

    /// Adds a record.
    pub fn push(&mut self, found: Found<'_>) {
        match self.names.name(found.program, found.prefix) {
            Named::Wait => {
                let prefix = found.prefix.to_vec();
                let Found { line, offset, record, .. } = found;
                let record = record.into_owned();
                let found = Found { line, offset, prefix: b"", program: None, record };
                self.waiting.push(Waiting { prefix, found });
            }
            Named::As(name) => {
                self.stop_waiting();
                self.take(name.as_deref(), found);
            }
        }
    }

    /// Returns the next entry that is complete.
    pub fn pop(&mut self) -> Option<Entry> {
        // The only program's entries need no merging.
        if let [lane] = self.lanes.as_mut_slice() {
            return lane.pop();
        }
        let ready = self.lanes.iter_mut().filter_map(|lane| lane.line().map(|line| (line, lane)));
        ready.min_by_key(|(line, _)| *line).and_then(|(_, lane)| lane.pop())
    }

    /// Ends the log, which completes all entries that are left.
    pub fn finish(&mut self) {
        self.names.decide();
        self.stop_waiting();
        // A process that began last and is not contradicted has replaced the one before.
        self.succeed(Fate::Anew);
        self.lanes.iter_mut().for_each(Lane::finish);
    }

    /// Returns the programs that were found so far.
    pub fn programs(&self) -> impl Iterator<Item = Program> + '_ {
        self.lanes.iter().map(|lane| Program {
            name: lane.name().map(str::to_string),
            clock_offset: lane.clock_offset(),
            mixed: lane.mixed(),
        })
    }

    /// Returns the names of programs that were left out, the first [`MOST_PROGRAMS`] of
    /// them.
    pub fn others(&self) -> &[String] {
        &self.others
    }

    /// Returns the number of lines that were left out, as there are more than
    /// [`MOST_PROGRAMS`] programs.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Names the records that wait for a decision about their prefixes.
    fn stop_waiting(&mut self) {
        for Waiting { prefix, found } in std::mem::take(&mut self.waiting) {
            if let Named::As(name) = self.names.name(None, &prefix) {
                self.take(name.as_deref(), found);
            }
        }
    }

    fn take(&mut self, name: Option<&str>, found: Found<'_>) {
        if let Some(successor) = &mut self.successor {
            if name == Some(successor.name.as_str()) {
                let fate = successor.push(found);
                return self.succeed(fate);
            }
            // The process before still prints, so the new one runs beside it.
            if name == Some(successor.before.as_str()) {
                self.succeed(Fate::Other);
            }
        }
        let is = |lane: &Lane| lane.is(name);
        // Lines of one program most often follow each other.
        if !self.lanes.get(self.last).is_some_and(is) {
            let at = match self.lanes.iter().position(is) {
                Some(at) => at,
                None => {
                    let fits = self.only.as_ref().is_none_or(|only| name.is_some_and(|name| is_called(name, only)));
                    if fits && let Some(mut successor) = self.may_succeed(name, &found) {
                        // Only one process is watched at a time: the one before is another
                        // program.
                        self.succeed(Fate::Other);
                        let fate = successor.push(found);
                        self.successor = Some(successor);
                        return self.succeed(fate);
                    }
                    if !fits || self.lanes.len() >= MOST_PROGRAMS {
                        self.left_out += u64::from(fits);
                        self.leave_out(name);
                        return;
                    }
                    self.lanes.push(Lane::new(name));
                    self.lanes.len() - 1
                }
            };
            self.last = at;
        }
        if let Some(lane) = self.lanes.get_mut(self.last) {
            lane.push(found);
        }
    }

    /// Returns the successor that a record may begin: a new process in place of another
    /// one.
    fn may_succeed(&self, name: Option<&str>, found: &Found<'_>) -> Option<Successor> {
        let base = without_pid(name?)?;
        let mut alike = self.lanes.iter().filter(|lane| lane.process().and_then(without_pid) == Some(base));
        let lane = alike.next().filter(|lane| lane.is_regular())?;
        // With several such processes, any of them may have ended.
        if alike.next().is_some() { None } else { Successor::new(name?, lane.process()?, found) }
    }

    /// Applies the decision about a process that may be a successor.
    fn succeed(&mut self, fate: Fate) {
        if fate == Fate::Open {
            return;
        }
        let Some(Successor { name, before, held, .. }) = self.successor.take() else { return };
        let before = self.lanes.iter().position(|lane| fate == Fate::Anew && lane.is(Some(&before)));
        self.last = before.unwrap_or(self.lanes.len());
        if before.is_none() {
            self.lanes.push(Lane::new(Some(&name)));
        }
        let Some(lane) = self.lanes.get_mut(self.last) else { return };
        if before.is_some() {
            lane.goes_on_as(&name);
        }
        held.into_iter().for_each(|found| lane.push(found));
    }

    fn leave_out(&mut self, name: Option<&str>) {
        if let Some(name) = name
            && self.others.len() < MOST_PROGRAMS
            && !self.others.iter().any(|other| other == name)
        {
            self.others.push(name.to_string());
        }
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
