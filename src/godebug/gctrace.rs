//! The line of each collection, with `gctrace=1`.

use super::cursor::{Cursor, Result, Unknown, own, show};
use super::extent::{Release, Show};
use crate::event::metric::heap_goal;
use std::fmt;
use std::time::Duration;

/// `gc 5 @0.123s 2%: ..`: one cycle of the garbage collector, printed at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gc<'a> {
    /// `gc 5`: number of the cycle, from 1.
    pub number: u64,
    /// `@0.123s`: time at which it began, since the runtime was initialised, to the
    /// millisecond. The line was printed later, and the clock of the `SCHED` lines begins
    /// somewhat later.
    pub start: Duration,
    /// `2%`: the share of all Ps' time that the GC has taken *since the program started*,
    /// rounded down; not that of this cycle.
    pub cpu_percent: u64,
    /// `(checking for goroutine leaks)`: set when it also looked for goroutines that
    /// nothing can wake. Since Go 1.26.
    pub leak_check: bool,
    /// Length of each phase, by the wall clock.
    pub clock: Clock,
    /// Processor time of each phase.
    pub cpu: CpuTime,
    /// Sizes of the heap.
    pub heap: HeapSizes,
    /// `4 MB goal`: the heap size at which the runtime meant *this* cycle to end, in MiB.
    /// The next cycle's goal is about twice the live heap, or as GOGC says.
    pub goal: Goal,
    /// `0 MB stacks`: goroutine stacks that were scanned, in MiB. Since Go 1.18.
    pub stacks: Option<u64>,
    /// `0 MB globals`: global variables to be scanned, in MiB. Since Go 1.18.
    pub globals: Option<u64>,
    /// `4 P`: GOMAXPROCS.
    pub procs: u32,
    /// `(forced)`: set when the program asked for it with `runtime.GC`, or
    /// `debug.FreeOSMemory`. Up to Go 1.8 the world was stopped for all of it. A cycle that
    /// comes because none did for two minutes has no such note, but a line `GC forced`
    /// before it.
    pub forced: bool,
    /// Unknown text behind the number of Ps, as fields.
    pub unknown: Vec<Unknown<'a>>,
}

/// `4 MB goal`, as a line has it. With GOGC=off there is no goal, and the line has a number
/// that is no size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goal(u64);

impl Goal {
    /// Returns the goal in MiB, rounded down; none if there was none.
    pub fn mib(self) -> Option<u64> {
        heap_goal(self.0.saturating_mul(1 << 20)).map(|_| self.0)
    }
}

/// Writes the number that the line has.
impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// `A+B+C ms clock`: wall clock time, to three decimals of a millisecond or two digits,
/// whichever is less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Phases since Go 1.6.
    Three {
        /// Time to finish sweeping and prepare marking, with the world stopped.
        sweep_termination: Duration,
        /// Time of marking, *beside* the program: not a pause.
        mark: Duration,
        /// Time to finish marking, with the world stopped.
        mark_termination: Duration,
    },
    /// Phases of Go 1.5.
    Five {
        /// Time to finish sweeping, with the world stopped.
        sweep_termination: Duration,
        /// Time of scanning stacks and globals, beside the program.
        scan: Duration,
        /// Time to switch on write barriers, with the world stopped.
        install_write_barrier: Duration,
        /// Time of marking, beside the program.
        mark: Duration,
        /// Time to finish marking, with the world stopped.
        mark_termination: Duration,
    },
}

/// `a+b/c/d+e ms cpu`: processor time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CpuTime {
    /// Length of the pause times the Ps that were stopped; not measured.
    pub sweep_termination: Duration,
    /// Times of scanning, and of installing write barriers; Go 1.5 only.
    pub scan: Option<(Duration, Duration)>,
    /// Time of goroutines of the program that had to assist because they allocated. This
    /// slows down requests, more than pauses do.
    pub assist: Duration,
    /// Time of the GC's own workers, on a quarter of the Ps.
    pub background: Duration,
    /// Time of workers on Ps that had nothing else to do, which cost next to nothing.
    pub idle: Duration,
    /// Length of the pause times the Ps that were stopped; not measured.
    pub mark_termination: Duration,
}

/// `4->5->1 MB`: sizes of the heap, in MiB rounded down, though it says MB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeapSizes {
    /// Size when the cycle began.
    pub start: u64,
    /// Size when marking ended, including allocations of the program meanwhile.
    pub end: u64,
    /// Part of `end` that the GC found to be in use: the live heap.
    pub live: u64,
}

impl Clock {
    /// Returns the length of each stop of the world, the wait for it to stop included.
    pub fn pauses(&self) -> impl Iterator<Item = Duration> {
        let pauses = match *self {
            Clock::Three { sweep_termination, mark_termination, .. } => {
                [Some(sweep_termination), None, Some(mark_termination)]
            }
            Clock::Five { sweep_termination, install_write_barrier, mark_termination, .. } => {
                [Some(sweep_termination), Some(install_write_barrier), Some(mark_termination)]
            }
        };
        pauses.into_iter().flatten()
    }

    /// Returns the length of the cycle, from its first phase to its last.
    pub fn total(&self) -> Duration {
        match *self {
            Clock::Three { sweep_termination, mark, mark_termination } => {
                sum(&[sweep_termination, mark, mark_termination])
            }
            Clock::Five { sweep_termination, scan, install_write_barrier, mark, mark_termination } => {
                sum(&[sweep_termination, scan, install_write_barrier, mark, mark_termination])
            }
        }
    }

    /// Returns the time of marking and scanning beside the program.
    pub fn concurrent(&self) -> Duration {
        match *self {
            Clock::Three { mark, .. } => mark,
            Clock::Five { scan, mark, .. } => sum(&[scan, mark]),
        }
    }
}

impl CpuTime {
    /// Returns the time of all phases, `idle` included.
    pub fn total(&self) -> Duration {
        let (scan, install) = self.scan.unwrap_or_default();
        sum(&[self.sweep_termination, scan, install, self.assist, self.background, self.idle, self.mark_termination])
    }
}

fn sum(times: &[Duration]) -> Duration {
    times.iter().fold(Duration::ZERO, |sum, time| sum.saturating_add(*time))
}

impl<'a> Gc<'a> {
    pub(super) fn read(c: &mut Cursor<'a>) -> Result<Gc<'a>> {
        c.literal("gc ")?;
        let number = c.uint()?;
        c.literal(" @")?;
        let start = decimal(c, 1_000_000_000)?;
        c.literal("s ")?;
        let cpu_percent = c.uint()?;
        c.literal("%")?;
        let leak_check = c.eat(" (checking for goroutine leaks)");
        c.literal(": ")?;
        let mut first = [Duration::ZERO; 5];
        let mut phases = 1;
        first[0] = millis(c)?;
        for (i, time) in first.iter_mut().enumerate().skip(1) {
            // Three phases are followed by a space, five by a `+`.
            if i == 3 && c.peek() == Some(b' ') {
                break;
            }
            c.literal("+")?;
            *time = millis(c)?;
            phases = i + 1;
        }
        c.literal(" ms clock, ")?;
        let [a, b, third, d, e] = first;
        let clock = if phases == 3 {
            Clock::Three { sweep_termination: a, mark: b, mark_termination: third }
        } else {
            Clock::Five { sweep_termination: a, scan: b, install_write_barrier: third, mark: d, mark_termination: e }
        };
        let sweep_termination = millis(c)?;
        let scan = if phases == 5 { Some((plus(c)?, plus(c)?)) } else { None };
        let assist = plus(c)?;
        c.literal("/")?;
        let background = millis(c)?;
        c.literal("/")?;
        let idle = millis(c)?;
        let mark_termination = plus(c)?;
        c.literal(" ms cpu, ")?;
        let cpu = CpuTime { sweep_termination, scan, assist, background, idle, mark_termination };
        let start_size = c.uint()?;
        c.literal("->")?;
        let end = c.uint()?;
        c.literal("->")?;
        let heap = HeapSizes { start: start_size, end, live: c.uint()? };
        c.literal(" MB, ")?;
        let goal = Goal(c.uint()?);
        c.literal(" MB goal, ")?;
        let mut last: u64 = c.uint()?;
        let (mut stacks, mut globals) = (None, None);
        // Since Go 1.18 two more sizes precede the number of Ps.
        if c.eat(" MB stacks, ") {
            stacks = Some(last);
            globals = Some(c.uint()?);
            c.literal(" MB globals, ")?;
            last = c.uint()?;
        }
        let procs = u32::try_from(last);
        let Ok(procs) = procs else { return c.expected("a smaller number") };
        c.literal(" P")?;
        let forced = c.eat(" (forced)");
        let mut unknown = Vec::new();
        c.fields(&mut unknown, |_, _| Ok(false))?;
        Ok(Gc {
            number,
            start,
            cpu_percent,
            leak_check,
            clock,
            cpu,
            heap,
            goal,
            stacks,
            globals,
            procs,
            forced,
            unknown,
        })
    }

    /// Returns a copy that borrows nothing.
    pub fn into_owned(self) -> Gc<'static> {
        Gc { unknown: own(self.unknown), ..self }
    }

    /// Returns the time at which it ended: its start plus its phases.
    pub fn end(&self) -> Duration {
        self.start.saturating_add(self.clock.total())
    }

    /// Returns the share of all Ps' time that this cycle took while it lasted, from 0 to 1,
    /// work on otherwise idle Ps included. The line's own percentage is of the whole run.
    /// None if the cycle took no time.
    pub fn cpu_share(&self) -> Option<f64> {
        let available = self.clock.total().as_secs_f64() * f64::from(self.procs);
        (available > 0.0).then(|| (self.cpu.total().as_secs_f64() / available).min(1.0))
    }
}

fn plus(c: &mut Cursor<'_>) -> Result<Duration> {
    c.literal("+")?;
    millis(c)
}

fn millis(c: &mut Cursor<'_>) -> Result<Duration> {
    decimal(c, 1_000_000)
}

/// Reads a number with at most three decimals, in units of `nanos` nanoseconds.
fn decimal(c: &mut Cursor<'_>, nanos: u64) -> Result<Duration> {
    let whole: u32 = c.uint()?;
    let mut time = Duration::from_nanos(nanos).saturating_mul(whole);
    if c.eat(".") {
        let mut unit = nanos / 10;
        let before = c.at();
        while let Some(digit @ b'0'..=b'9') = c.peek() {
            c.eat(DIGITS.get(usize::from(digit - b'0')).copied().unwrap_or_default());
            time += Duration::from_nanos(unit * u64::from(digit - b'0'));
            unit /= 10;
        }
        if c.at() == before {
            return c.expected("a decimal");
        }
    }
    Ok(time)
}

const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// A time as `fmtNSAsMS` prints it: whole milliseconds from 10 ms on; else two digits, of
/// which at most three are decimals.
struct Millis(Duration);

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut value = self.0.as_micros();
        // From 10 ms on there are no decimals.
        if value >= 10_000 {
            return write!(f, "{}", value / 1000);
        }
        if value == 0 {
            return f.write_str("0");
        }
        let (mut scale, mut decimals) = (1000, 3);
        while value >= 100 {
            value /= 10;
            scale /= 10;
            decimals -= 1;
        }
        write!(f, "{}.{:0decimals$}", value / scale, value % scale)
    }
}

impl Show for Gc<'_> {
    fn show(&self, release: Release, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = Millis;
        let start = self.start.as_millis();
        write!(f, "gc {} @{}.{:03}s {}%", self.number, start / 1000, start % 1000, self.cpu_percent)?;
        if self.leak_check && release.since(26) {
            f.write_str(" (checking for goroutine leaks)")?;
        }
        match self.clock {
            Clock::Three { sweep_termination, mark, mark_termination } => {
                write!(f, ": {}+{}+{}", ms(sweep_termination), ms(mark), ms(mark_termination))?;
            }
            Clock::Five { sweep_termination: a, scan: b, install_write_barrier: c, mark: d, mark_termination: e } => {
                write!(f, ": {}+{}+{}+{}+{}", ms(a), ms(b), ms(c), ms(d), ms(e))?;
            }
        }
        write!(f, " ms clock, {}", ms(self.cpu.sweep_termination))?;
        if let Some((scan, install)) = self.cpu.scan {
            write!(f, "+{}+{}", ms(scan), ms(install))?;
        }
        let CpuTime { assist, background, idle, mark_termination, .. } = self.cpu;
        write!(f, "+{}/{}/{}+{} ms cpu, ", ms(assist), ms(background), ms(idle), ms(mark_termination))?;
        write!(f, "{}->{}->{} MB, {} MB goal, ", self.heap.start, self.heap.end, self.heap.live, self.goal)?;
        if release.since(18) {
            write!(f, "{} MB stacks, {} MB globals, ", self.stacks.unwrap_or(0), self.globals.unwrap_or(0))?;
        }
        write!(f, "{} P{}", self.procs, if self.forced { " (forced)" } else { "" })?;
        show(&self.unknown, f)
    }
}
