//! Lines of the scavenger, about memory returned to the operating system.

use super::cursor::{Cursor, Malformed, Result};
use super::extent::{Release, Show};
use std::fmt;

/// `scav ..`: about one a GC cycle, with `scavtrace=1`. Since Go 1.14.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scavenge {
    /// Number of its cycle. Go 1.15 to 1.18.
    pub generation: Option<u64>,
    /// Memory that it returned since the last line.
    pub work: ScavengeWork,
    /// `KiB now`, up to Go 1.20 `KiB total`: address space that the operating system has at
    /// present. Despite the word, not a sum over time.
    pub released: u64,
    /// `% util`: percentage of the memory *not* returned that is in use.
    pub util_percent: u64,
    /// `(forced)`: set when `debug.FreeOSMemory` caused it.
    pub forced: bool,
    /// `[controller reset]`: set when it was late, and its controller started over. Since
    /// Go 1.18.
    pub controller_reset: bool,
}

/// Memory that the scavenger returned, in KiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScavengeWork {
    /// `KiB work`: the sum. Up to Go 1.20.
    All(u64),
    /// Parts of the sum. Since Go 1.21.
    Split {
        /// `KiB work (bg)`: beside the program.
        background: u64,
        /// `KiB work (eager)`: on the way of an allocation, or by `debug.FreeOSMemory`.
        eager: u64,
    },
}

impl ScavengeWork {
    /// Returns the sum, in KiB.
    pub fn total(self) -> u64 {
        match self {
            ScavengeWork::All(work) => work,
            ScavengeWork::Split { background, eager } => background.saturating_add(eager),
        }
    }
}

impl Scavenge {
    pub(super) fn read(c: &mut Cursor<'_>) -> Result<Scavenge> {
        c.literal("scav ")?;
        let first = c.uint()?;
        // Up to Go 1.18 a number of the cycle comes first.
        let (generation, amount) = if c.eat(" KiB work") {
            (None, first)
        } else {
            c.literal(" ")?;
            let amount = c.uint()?;
            c.literal(" KiB work")?;
            (Some(first), amount)
        };
        let work = if c.eat(" (bg), ") {
            let eager = c.uint()?;
            c.literal(" KiB work (eager), ")?;
            ScavengeWork::Split { background: amount, eager }
        } else {
            c.literal(", ")?;
            ScavengeWork::All(amount)
        };
        let released = c.uint()?;
        // Go 1.21 renamed the figure.
        if !c.eat(" KiB total, ") {
            c.literal(" KiB now, ")?;
        }
        let util_percent = c.uint()?;
        c.literal("% util")?;
        let forced = c.eat(" (forced)");
        let controller_reset = !forced && c.eat(" [controller reset]");
        Ok(Scavenge { generation, work, released, util_percent, forced, controller_reset })
    }
}

impl Show for Scavenge {
    fn show(&self, release: Release, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("scav ")?;
        // The cycle is printed in Go 1.15 to 1.18.
        if release.since(15) && !release.since(19) {
            write!(f, "{} ", self.generation.unwrap_or(0))?;
        }
        match self.work {
            ScavengeWork::Split { background, eager } if release.since(21) => {
                write!(f, "{background} KiB work (bg), {eager} KiB work (eager), {} KiB now, ", self.released)?;
            }
            work => write!(f, "{} KiB work, {} KiB total, ", work.total(), self.released)?,
        }
        write!(f, "{}% util", self.util_percent)?;
        if self.forced {
            f.write_str(" (forced)")?;
        } else if self.controller_reset {
            f.write_str(" [controller reset]")?;
        }
        Ok(())
    }
}

/// `scvg0: 2 MB released`: memory that was returned, with `gctrace=1`. Up to Go 1.13.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Released {
    /// Number of the cycle; -1 if by `debug.FreeOSMemory`. None in Go 1.13.
    pub number: Option<i64>,
    /// Amount, in `unit`.
    pub amount: u64,
    /// Unit of `amount`.
    pub unit: Unit,
}

/// A unit of memory, a power of two whatever its name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// KiB: in Go 1.13.
    Kilo,
    /// MiB.
    Mega,
}

/// `scvg0: inuse: 3, idle: 1, sys: 5, released: 1, consumed: 4 (MB)`: the state
/// of the heap, with `gctrace=1`. Up to Go 1.13. In MiB, rounded down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeapUse {
    /// Number of the cycle; -1 if by `debug.FreeOSMemory`. None in Go 1.13.
    pub number: Option<i64>,
    /// Spans in use.
    pub inuse: u64,
    /// Spans not in use, those returned included.
    pub idle: u64,
    /// Memory obtained from the operating system: in use and idle.
    pub sys: u64,
    /// Part of `sys` that was returned.
    pub released: u64,
    /// `sys` less `released`.
    pub consumed: u64,
}

/// Either of the two lines that begin with `scvg`.
pub(super) enum Scvg {
    Released(Released),
    Use(HeapUse),
}

impl Scvg {
    pub(super) fn read(c: &mut Cursor<'_>) -> Result<Scvg> {
        c.literal("scvg")?;
        let number = if c.peek() == Some(b':') { None } else { Some(c.int()?) };
        c.literal(": ")?;
        if !c.eat("inuse: ") {
            let Ok(amount) = c.uint() else {
                return Err(Malformed { at: c.at(), expected: "inuse: or a number" });
            };
            let unit = if c.eat(" KB released") {
                Unit::Kilo
            } else {
                c.literal(" MB released")?;
                Unit::Mega
            };
            return Ok(Scvg::Released(Released { number, amount, unit }));
        }
        let inuse = c.uint()?;
        c.literal(", idle: ")?;
        let idle = c.uint()?;
        c.literal(", sys: ")?;
        let sys = c.uint()?;
        c.literal(", released: ")?;
        let released = c.uint()?;
        c.literal(", consumed: ")?;
        let consumed = c.uint()?;
        c.literal(" (MB)")?;
        Ok(Scvg::Use(HeapUse { number, inuse, idle, sys, released, consumed }))
    }
}

/// Writes `scvg`, and the number where the release has one.
fn scvg(number: Option<i64>, release: Release, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match number {
        Some(number) if !release.since(13) => write!(f, "scvg{number}: "),
        None if !release.since(13) => f.write_str("scvg0: "),
        _ => f.write_str("scvg: "),
    }
}

impl Show for Released {
    fn show(&self, release: Release, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        scvg(self.number, release, f)?;
        let unit = if self.unit == Unit::Kilo { "KB" } else { "MB" };
        write!(f, "{} {unit} released", self.amount)
    }
}

impl Show for HeapUse {
    fn show(&self, release: Release, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        scvg(self.number, release, f)?;
        let HeapUse { inuse, idle, sys, released, consumed, .. } = self;
        write!(f, "inuse: {inuse}, idle: {idle}, sys: {sys}, released: {released}, consumed: {consumed} (MB)")
    }
}
