//! The lines of each P, M and G below a `SCHED` line, with `scheddetail=1`.

use super::cursor::{Cursor, Result, Unknown, own, show};
use super::extent::{Release, Show};
use super::status::{GoroutineStatus, ProcStatus};
use crate::base::ids::{GoId, ProcId};
use std::borrow::Cow;
use std::fmt;

/// An M, an operating system thread, by the runtime's own number: in order of creation,
/// from 0. *Not* the system's number, as the M of an execution trace is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MId(pub u64);

impl fmt::Display for MId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// `  P0: ..`: a P.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Proc<'a> {
    /// Number of the P.
    pub id: ProcId,
    /// `status` of the P.
    pub status: ProcStatus,
    /// `schedtick`: number of times that it has picked a goroutine to run, wrapping at
    /// 2^32: a count, not a time. If it stands still while the P runs, one goroutine has
    /// run all the time.
    pub schedtick: u32,
    /// `syscalltick`: number of system calls that have ended on it, or lost it.
    pub syscalltick: u32,
    /// `m`: the M that has it.
    pub thread: Option<MId>,
    /// `runqsize`: number of goroutines in its local queue, without `runnext`; 0 to 256.
    /// About 2^32, which stands for less than 0, if read while the queue changed.
    pub runqsize: u32,
    /// `gfreecnt`: number of ended goroutines that it keeps for the next `go` statement.
    pub gfreecnt: i64,
    /// `timerslen`: number of timers in its heap. Since Go 1.14.
    pub timerslen: Option<u64>,
    /// Fields that are not known.
    pub unknown: Vec<Unknown<'a>>,
}

/// `  M0: ..`: a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Thread<'a> {
    /// Number of the M.
    pub id: MId,
    /// `p`: the P that it has. An M in a system call may have none.
    pub proc: Option<ProcId>,
    /// `curg`: the goroutine that it runs, or in whose system call it is.
    pub curg: Option<GoId>,
    /// `mallocing`: depth in the memory allocator, which must not be entered twice.
    pub mallocing: i64,
    /// `throwing`: nonzero while it brings the program down; -1 up to Go 1.18 if without
    /// the runtime's own frames.
    pub throwing: i64,
    /// `preemptoff`: reason why its goroutine must not be preempted; empty if it may.
    pub preemptoff: Cow<'a, str>,
    /// `locks`: number of the runtime's locks, and other reasons not to be preempted, that
    /// it holds.
    pub locks: i64,
    /// `dying`: stage of dying of a fatal error.
    pub dying: i64,
    /// `helpgc`: number as a helper of the GC. Up to Go 1.11.
    pub helpgc: Option<i64>,
    /// `spinning`: set while it is out of work, and looks for some.
    pub spinning: bool,
    /// `blocked`: set while it sleeps in the runtime, which is not the same as in a system
    /// call. Up to Go 1.6 it is that of the M that prints, so always false.
    pub blocked: bool,
    /// `lockedg`: the goroutine that it is locked to, as by
    /// `runtime.LockOSThread`.
    pub lockedg: Option<GoId>,
    /// Fields that are not known.
    pub unknown: Vec<Unknown<'a>>,
}

/// `  G1: ..`: a goroutine.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Goroutine<'a> {
    /// ID of the G. An ended one shows the ID that it had last.
    pub id: GoId,
    /// `status` of the goroutine.
    pub status: GoroutineStatus,
    /// Reason of its wait, in parentheses. A goroutine that does not wait shows what it
    /// *last* waited for: `status=1(chan send)` is runnable. May have parentheses of its
    /// own.
    pub wait_reason: Cow<'a, str>,
    /// `m`: the M that it runs on, or is in a system call on.
    pub thread: Option<MId>,
    /// `lockedm`: the M that it is locked to.
    pub lockedm: Option<MId>,
    /// Fields that are not known.
    pub unknown: Vec<Unknown<'a>>,
}

impl<'a> Proc<'a> {
    pub(super) fn read(c: &mut Cursor<'a>) -> Result<Proc<'a>> {
        c.eat("  ");
        c.literal("P")?;
        let id = ProcId(c.uint()?);
        c.literal(": status=")?;
        let status = ProcStatus::of(c.uint()?);
        c.literal(" schedtick=")?;
        let schedtick = c.uint()?;
        c.literal(" syscalltick=")?;
        let syscalltick = c.uint()?;
        c.literal(" m=")?;
        let thread = c.id()?.map(MId);
        c.literal(" runqsize=")?;
        let runqsize = c.uint()?;
        c.literal(" gfreecnt=")?;
        let gfreecnt = c.int()?;
        let (mut timerslen, mut unknown) = (None, Vec::new());
        c.fields(&mut unknown, |key, c| {
            let known = key == b"timerslen";
            if known {
                timerslen = Some(c.uint()?);
            }
            Ok(known)
        })?;
        ended(c)?;
        Ok(Proc { id, status, schedtick, syscalltick, thread, runqsize, gfreecnt, timerslen, unknown })
    }

    /// Returns a copy that borrows nothing.
    pub fn into_owned(self) -> Proc<'static> {
        Proc { unknown: own(self.unknown), ..self }
    }
}

impl<'a> Thread<'a> {
    pub(super) fn read(c: &mut Cursor<'a>) -> Result<Thread<'a>> {
        c.eat("  ");
        c.literal("M")?;
        let id = MId(c.uint()?);
        c.literal(": p=")?;
        let proc = c.id()?.map(ProcId);
        c.literal(" curg=")?;
        let curg = c.id()?.map(GoId);
        c.literal(" mallocing=")?;
        let mallocing = c.int()?;
        c.literal(" throwing=")?;
        let throwing = c.int()?;
        c.literal(" preemptoff=")?;
        let preemptoff = c.until(" locks=")?;
        let locks = c.int()?;
        c.literal(" dying=")?;
        let dying = c.int()?;
        let helpgc = if c.eat(" helpgc=") { Some(c.int()?) } else { None };
        c.literal(" spinning=")?;
        let spinning = c.boolean()?;
        c.literal(" blocked=")?;
        let blocked = c.boolean()?;
        c.literal(" lockedg=")?;
        let lockedg = c.id()?.map(GoId);
        let mut unknown = Vec::new();
        c.fields(&mut unknown, |_, _| Ok(false))?;
        ended(c)?;
        Ok(Thread {
            id,
            proc,
            curg,
            mallocing,
            throwing,
            preemptoff,
            locks,
            dying,
            helpgc,
            spinning,
            blocked,
            lockedg,
            unknown,
        })
    }

    /// Returns a copy that borrows nothing.
    pub fn into_owned(self) -> Thread<'static> {
        Thread { preemptoff: own_text(self.preemptoff), unknown: own(self.unknown), ..self }
    }
}

impl<'a> Goroutine<'a> {
    pub(super) fn read(c: &mut Cursor<'a>) -> Result<Goroutine<'a>> {
        c.eat("  ");
        c.literal("G")?;
        let id = GoId(c.uint()?);
        c.literal(": status=")?;
        let status = GoroutineStatus::of(c.uint()?);
        c.literal("(")?;
        let wait_reason = c.until(") m=")?;
        let thread = c.id()?.map(MId);
        c.literal(" lockedm=")?;
        let lockedm = c.id()?.map(MId);
        let mut unknown = Vec::new();
        c.fields(&mut unknown, |_, _| Ok(false))?;
        ended(c)?;
        Ok(Goroutine { id, status, wait_reason, thread, lockedm, unknown })
    }

    /// Returns a copy that borrows nothing.
    pub fn into_owned(self) -> Goroutine<'static> {
        Goroutine { wait_reason: own_text(self.wait_reason), unknown: own(self.unknown), ..self }
    }
}

/// Errs if the text goes on as a part of the last value.
fn ended(c: &Cursor<'_>) -> Result<()> {
    match c.peek() {
        None | Some(b' ' | b'\t' | b'"' | b'\'' | b'\\' | b',' | b'}' | b']' | b')' | b'<' | b'#' | b'|' | b';') => {
            Ok(())
        }
        Some(_) => c.expected("the end of the line"),
    }
}

/// Reasons for which goroutines wait, in Go 1.5 to 1.27.
pub(super) const WAIT_REASONS: [&str; 54] = [
    "",
    "GC assist marking",
    "IO wait",
    "chan receive (nil chan)",
    "chan send (nil chan)",
    "dumping heap",
    "garbage collection",
    "garbage collection scan",
    "panicwait",
    "select",
    "select (no cases)",
    "GC assist wait",
    "GC sweep wait",
    "GC scavenge wait",
    "chan receive",
    "chan send",
    "finalizer wait",
    "force gc (idle)",
    "GOMAXPROCS updater (idle)",
    "semacquire",
    "sleep",
    "sync.Cond.Wait",
    "sync.Mutex.Lock",
    "sync.RWMutex.RLock",
    "sync.RWMutex.Lock",
    "sync.WaitGroup.Wait",
    "trace reader (blocked)",
    "wait for GC cycle",
    "GC worker (idle)",
    "GC worker (active)",
    "preempted",
    "debug call",
    "GC mark termination",
    "stopping the world",
    "flushing proc caches",
    "trace goroutine status",
    "trace proc status",
    "page trace flush",
    "coroutine",
    "GC weak to strong wait",
    "synctest.Run",
    "synctest.Wait",
    "chan receive (durable)",
    "chan send (durable)",
    "select (durable)",
    "sync.WaitGroup.Wait (durable)",
    "cleanup wait",
    "semarelease",
    "GC worker init",
    "timer goroutine (idle)",
    "GC background sweeper (idle)",
    "mark wait (idle)",
    "stack growth",
    "concurrent sweep wait",
];

/// Returns an owned text without a copy if it is a known one, as there may be a million
/// goroutines.
fn own_text(text: Cow<'_, str>) -> Cow<'static, str> {
    match WAIT_REASONS.iter().find(|known| **known == text) {
        Some(known) => Cow::Borrowed(known),
        None => Cow::Owned(text.into_owned()),
    }
}

impl Show for Proc<'_> {
    fn show(&self, release: Release, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let m = release.id(self.thread.map(|m| m.0));
        write!(f, "  P{}: status={} schedtick={}", self.id.0, self.status.number(), self.schedtick)?;
        write!(f, " syscalltick={} m={m} runqsize={}", self.syscalltick, self.runqsize)?;
        write!(f, " gfreecnt={}", self.gfreecnt)?;
        if release.since(14) {
            write!(f, " timerslen={}", self.timerslen.unwrap_or(0))?;
        }
        show(&self.unknown, f)
    }
}

impl Show for Thread<'_> {
    fn show(&self, release: Release, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (p, curg) = (release.id(self.proc.map(|p| p.0)), release.id(self.curg.map(|g| g.0)));
        write!(f, "  M{}: p={p} curg={curg} mallocing={}", self.id.0, self.mallocing)?;
        write!(f, " throwing={} preemptoff={} locks={}", self.throwing, self.preemptoff, self.locks)?;
        write!(f, " dying={}", self.dying)?;
        if !release.since(12) {
            write!(f, " helpgc={}", self.helpgc.unwrap_or(0))?;
        }
        let lockedg = release.id(self.lockedg.map(|g| g.0));
        write!(f, " spinning={} blocked={} lockedg={lockedg}", self.spinning, self.blocked)?;
        show(&self.unknown, f)
    }
}

impl Show for Goroutine<'_> {
    fn show(&self, release: Release, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (m, lockedm) = (release.id(self.thread.map(|m| m.0)), release.id(self.lockedm.map(|m| m.0)));
        write!(f, "  G{}: status={}({}) m={m}", self.id.0, self.status.number(), self.wait_reason)?;
        write!(f, " lockedm={lockedm}")?;
        show(&self.unknown, f)
    }
}
