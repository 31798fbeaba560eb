//! The `SCHED` line.

use super::cursor::{Cursor, Result, Unknown, own, show};
use super::extent::{Release, Show};
use smallvec::SmallVec;
use std::fmt;
use std::time::Duration;

/// A `SCHED` line: the scheduler at one moment, with `schedtrace=MS`.
///
/// The runtime reads the figures one after the other while the program runs on, so they
/// need not agree with each other.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sched<'a> {
    /// `SCHED 1002ms`: time since the *first* such line, in whole milliseconds. The program
    /// started somewhat before that.
    pub time: Duration,
    /// GOMAXPROCS: the number of Ps.
    pub gomaxprocs: u32,
    /// Number of Ps with nothing to do.
    pub idleprocs: u32,
    /// Number of threads (Ms) that exist: all that were made, less those that were freed.
    /// It is not the number that run; it rarely falls, as idle threads are kept.
    pub threads: u32,
    /// Number of threads that look for work, and have a P to do so.
    pub spinningthreads: u32,
    /// Flag that a thread should begin to look for work: 0 or 1. Since Go 1.20.
    pub needspinning: Option<u32>,
    /// Number of threads that wait to be given work. Those in system calls are not idle.
    pub idlethreads: u32,
    /// Number of runnable goroutines in the *global* queue. Not counted are those in the
    /// queues of the Ps, nor each P's next (`runnext`), which no field counts.
    pub runqueue: u32,
    /// Figures of the Ps, or the announcement of lines about each.
    pub detail: Detail,
    /// Fields that are not known.
    pub unknown: Vec<Unknown<'a>>,
}

/// Last part of a `SCHED` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Form without `scheddetail`: no further lines follow.
    Summary(Queues),
    /// Form with `scheddetail=1`, or after a fatal error while `schedtrace` is on: lines of
    /// each P, M and G follow.
    Block {
        /// True if a stop of the world is on, for the GC or another reason, despite the
        /// name.
        gcwaiting: bool,
        /// Number of threads that are locked to a goroutine and wait for it to become
        /// runnable. Can be -1 for a moment.
        nmidlelocked: i64,
        /// Number of Ps that a stop of the world still waits for.
        stopwait: i64,
        /// True if `sysmon`, the thread that prints this line, sleeps for as long as all Ps
        /// are idle; so false in nearly all lines.
        sysmonwait: bool,
    },
}

/// Figures of each P in a summary line, ordered by ID.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queues {
    /// Number of goroutines in each P's local queue, without `runnext`; 0 to 256. While the
    /// queue changes it may be about 2^32, which stands for less than 0.
    pub lengths: SmallVec<[u32; 16]>,
    /// Number of times that each P has picked a goroutine to run since the program began,
    /// wrapping at 2^32: a count, not a time. Since Go 1.25.
    pub schedticks: Option<SmallVec<[u32; 16]>>,
}

impl<'a> Sched<'a> {
    pub(super) const START: &'static str = "SCHED ";

    pub(super) fn read(c: &mut Cursor<'a>) -> Result<Sched<'a>> {
        c.literal(Self::START)?;
        let time = Duration::from_millis(c.uint()?);
        c.literal("ms:")?;
        let mut sched = Sched {
            time,
            gomaxprocs: 0,
            idleprocs: 0,
            threads: 0,
            spinningthreads: 0,
            needspinning: None,
            idlethreads: 0,
            runqueue: 0,
            detail: Detail::Summary(Queues::default()),
            unknown: Vec::new(),
        };
        // Fields are due in the runtime's order, with new fields allowed between them.
        let mut due: &[&'static str] =
            &["gomaxprocs", "idleprocs", "threads", "spinningthreads", "idlethreads", "runqueue"];
        let (mut waiting, mut locked, mut stopwait, mut sysmon) = (None, None, None, None);
        let mut unknown = Vec::new();
        c.fields(&mut unknown, |key, c| {
            let field = match key {
                b"gomaxprocs" => &mut sched.gomaxprocs,
                b"idleprocs" => &mut sched.idleprocs,
                b"threads" => &mut sched.threads,
                b"spinningthreads" => &mut sched.spinningthreads,
                b"needspinning" => sched.needspinning.insert(0),
                b"idlethreads" => &mut sched.idlethreads,
                b"runqueue" => &mut sched.runqueue,
                // These four fields come with `scheddetail`, and only together.
                b"gcwaiting" => return c.boolean().map(|v| waiting.replace(v)).map(|_| true),
                b"nmidlelocked" => return c.int().map(|v| locked.replace(v)).map(|_| true),
                b"stopwait" => return c.int().map(|v| stopwait.replace(v)).map(|_| true),
                b"sysmonwait" => return c.boolean().map(|v| sysmon.replace(v)).map(|_| true),
                // The key is known, but belongs behind the queues.
                b"schedticks" => return c.expected("[, and the lengths of queues"),
                _ => return Ok(false),
            };
            *field = c.uint()?;
            if let Some((first, rest)) = due.split_first()
                && first.as_bytes() == key
            {
                due = rest;
            }
            Ok(true)
        })?;
        // The first field that is missing is named as expected.
        if let Some(missing) = due.first() {
            return c.expected(missing);
        }
        sched.detail = match (waiting, locked, stopwait, sysmon) {
            (Some(gcwaiting), Some(nmidlelocked), Some(stopwait), Some(sysmonwait)) => {
                Detail::Block { gcwaiting, nmidlelocked, stopwait, sysmonwait }
            }
            (None, None, None, None) => Detail::Summary(Queues::read(c, &mut unknown)?),
            (_, None, ..) => return c.expected(" nmidlelocked="),
            (_, _, None, _) => return c.expected(" stopwait="),
            _ => return c.expected(" sysmonwait="),
        };
        sched.unknown = unknown;
        Ok(sched)
    }

    /// Returns whether lines of each P, M and G follow.
    pub fn is_detailed(&self) -> bool {
        matches!(self.detail, Detail::Block { .. })
    }

    /// Returns the queues of the Ps, if the line has them.
    pub fn queues(&self) -> Option<&Queues> {
        match &self.detail {
            Detail::Summary(queues) => Some(queues),
            Detail::Block { .. } => None,
        }
    }

    /// Returns a copy that borrows nothing.
    pub fn into_owned(self) -> Sched<'static> {
        Sched { unknown: own(self.unknown), ..self }
    }
}

impl Queues {
    fn read<'a>(c: &mut Cursor<'a>, unknown: &mut Vec<Unknown<'a>>) -> Result<Queues> {
        c.literal(" ")?;
        let (lengths, padded) = c.list()?;
        let mut schedticks = None;
        c.fields(unknown, |key, c| {
            if key != b"schedticks" {
                return Ok(false);
            }
            schedticks = Some(c.list()?.0);
            Ok(true)
        })?;
        // A list with spaces is of Go 1.25 or later, which always prints schedticks.
        if padded && schedticks.is_none() {
            return c.expected(" schedticks=");
        }
        Ok(Queues { lengths, schedticks })
    }

    /// Returns the number of goroutines in all Ps' queues; a length of less than 0 counts
    /// as 0.
    pub fn total(&self) -> u64 {
        self.lengths.iter().map(|&length| u64::from(settled(length))).sum()
    }
}

/// Returns a queue's length; 0 if it was read while the queue changed.
pub(super) fn settled(length: u32) -> u32 {
    if length > i32::MAX as u32 { 0 } else { length }
}

impl Show for Sched<'_> {
    fn show(&self, release: Release, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sched { gomaxprocs, idleprocs, threads, spinningthreads, idlethreads, runqueue, .. } = self;
        write!(
            f,
            "SCHED {}ms: gomaxprocs={gomaxprocs} idleprocs={idleprocs} threads={threads}",
            self.time.as_millis()
        )?;
        write!(f, " spinningthreads={spinningthreads}")?;
        if release.since(20) {
            write!(f, " needspinning={}", self.needspinning.unwrap_or(0))?;
        }
        write!(f, " idlethreads={idlethreads} runqueue={runqueue}")?;
        match &self.detail {
            Detail::Block { gcwaiting, nmidlelocked, stopwait, sysmonwait } => {
                let (gcwaiting, sysmonwait) = (release.flag(*gcwaiting), release.flag(*sysmonwait));
                write!(
                    f,
                    " gcwaiting={gcwaiting} nmidlelocked={nmidlelocked} stopwait={stopwait} sysmonwait={sysmonwait}"
                )?;
            }
            Detail::Summary(Queues { lengths, schedticks }) if release.since(25) => {
                let list = |f: &mut fmt::Formatter<'_>, list: &[u32]| {
                    f.write_str("[")?;
                    list.iter().try_for_each(|value| write!(f, " {value}"))?;
                    f.write_str(" ]")
                };
                f.write_str(" ")?;
                list(f, lengths)?;
                f.write_str(" schedticks=")?;
                list(f, schedticks.as_deref().unwrap_or_default())?;
            }
            Detail::Summary(Queues { lengths, .. }) => {
                f.write_str(" [")?;
                for (i, length) in lengths.iter().enumerate() {
                    write!(f, "{}{length}", if i == 0 { "" } else { " " })?;
                }
                f.write_str("]")?;
            }
        }
        show(&self.unknown, f)
    }
}
