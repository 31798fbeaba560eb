//! Successors: a program that is started anew has another process ID, but so has another
//! program that runs beside it.
//!
//! The lines that follow show which of both it is: with `schedtrace` a program that still
//! runs prints one as often as its successor does.

use super::order::BEGINNING;
use crate::godebug::found::Found;
use crate::godebug::line::Record;

/// Number of `SCHED` lines of the successor after which the one before it has ended.
const SILENCE: u32 = 3;
/// Most records that are held back.
const MOST_HELD: usize = 1 << 16;

/// A process of which it is not known yet whether it is another one's successor.
#[derive(Debug)]
pub(super) struct Successor {
    /// Names of the process, and of the one before it.
    pub(super) name: String,
    pub(super) before: String,
    pub(super) held: Vec<Found<'static>>,
    lines: u32,
}

/// Decision about such a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Undecided.
    Open,
    /// A new run of the program.
    Anew,
    /// Another program.
    Other,
}

impl Successor {
    /// Returns a successor if a record may begin a program that was started anew.
    pub(super) fn new(name: &str, before: &str, found: &Found<'_>) -> Option<Successor> {
        let begins = matches!(&found.record, Record::Sched(sched) if sched.time < BEGINNING);
        let held = Vec::new();
        begins.then(|| Successor { name: name.to_string(), before: before.to_string(), held, lines: 0 })
    }

    /// Adds a record of the process; returns the decision.
    pub(super) fn push(&mut self, found: Found<'_>) -> Fate {
        self.lines += u32::from(matches!(found.record, Record::Sched(_)));
        let Found { line, offset, record, .. } = found;
        self.held.push(Found { line, offset, prefix: b"", program: None, record: record.into_owned() });
        match self.lines > SILENCE {
            true => Fate::Anew,
            false if self.held.len() >= MOST_HELD => Fate::Other,
            false => Fate::Open,
        }
    }
}

/// Returns a name without the process ID at its end, if it has one.
pub(super) fn without_pid(name: &str) -> Option<&str> {
    let (base, pid) = name.strip_suffix(']')?.rsplit_once('[')?;
    (!pid.is_empty() && pid.bytes().all(|c| c.is_ascii_digit())).then_some(base)
}
