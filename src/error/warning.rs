//! Warnings of lenient reading: the defect, its repair, and the events that it cost.

use crate::base::limits::Limits;
use crate::error::Error;
use std::collections::BTreeSet;
use std::fmt;

/// A defect that lenient reading got past.
///
/// ```
/// use gotrace::{Mode, Options, Trace};
/// # let bytes = include_bytes!("../../testdata/traces/go1.27/hello.trace");
/// let cut = &bytes[..bytes.len() - 1000];
/// let trace = Trace::with_options(cut, Options::default().mode(Mode::Lenient))?;
/// let mut events = trace.events();
/// assert!(events.by_ref().all(|event| event.is_ok()));
/// for warning in events.warnings() {
///     println!("{warning}: lost {} events", warning.lost());
/// }
/// # Ok::<(), gotrace::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Warning {
    error: Error,
    repair: Repair,
    lost: u64,
}

/// The repair of a defect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Repair {
    /// The event was placed by its time. Where a state did not fit the event, the state was
    /// changed.
    Placed,
    /// The region that the event names was ended, with the regions inside it. The number is
    /// that of the regions ended: none if the named one is not open.
    RegionsEnded(u64),
    /// The event was left out.
    LeftOut,
    /// The rest of the batch was passed over; the number is its length in bytes.
    RestOfBatch(u64),
    /// Bytes that belong to no batch were passed over; the number counts them.
    Skipped(u64),
    /// All the rest of the file was passed over: the search for the point where the trace goes on
    /// found nothing within [`Limits::searched`].
    RestOfFile {
        /// The number of bytes passed over.
        bytes: u64,
        /// The number of them that were searched.
        searched: u64,
    },
    /// The batch was passed over.
    BatchLeftOut,
    /// Names or stacks that are in no table are shown as unknown.
    Unnamed,
    /// The generation was used as far as it can be read.
    UsedAsFarAsItGoes,
    /// The clock was taken to tick as in another generation.
    FrequencyOfAnother,
    /// The clock was taken to tick so many times a second, as on every system whose clock
    /// counts nanoseconds; times may be wrong by a factor.
    FrequencyAssumed(u64),
    /// Wall-clock times are not known.
    NoWallClock,
    /// Another trace begins here, and was read on from the beginning.
    AnotherTrace,
    /// Data of another version follow and were left out; the number is their length in bytes.
    OtherVersion(u64),
    /// Another trace begins here, and was left out, as always behind one of Go 1.5 to 1.21; the
    /// number is its length in bytes.
    TraceLeftOut(u64),
    /// The header was found behind other bytes; the number counts those.
    HeaderFound(u64),
    /// There is no header; the version was inferred from the batches.
    VersionGuessed,
    /// More defects were found than are listed; the number counts the others.
    AndMore(u64),
}

impl Warning {
    /// Returns warnings without those that say the same again, as passes over one part of a
    /// trace find the same defects.
    pub fn distinct(warnings: impl IntoIterator<Item = Warning>) -> Vec<Warning> {
        let mut told = BTreeSet::new();
        warnings.into_iter().filter(|warning| told.insert(warning.to_string())).collect()
    }

    /// Creates the warning of a defect, its repair, and the number of events that it cost.
    pub(crate) fn new(error: Error, repair: Repair, lost: u64) -> Warning {
        Warning { error, repair, lost }
    }

    /// Returns the defect.
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// Returns the repair.
    pub fn repair(&self) -> Repair {
        self.repair
    }

    /// Returns the number of events lost, as far as they can be told apart.
    pub fn lost(&self) -> u64 {
        self.lost
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.error, self.repair)
    }
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Repair::Placed => f.write_str("placed by its time"),
            Repair::RegionsEnded(0) => f.write_str("the one named is not open, so nothing ends"),
            Repair::RegionsEnded(1) => f.write_str("the one named ends"),
            Repair::RegionsEnded(2) => f.write_str("the one named ends, and with it the region inside it"),
            Repair::RegionsEnded(all) => write!(f, "the one named ends, and with it the {} regions inside it", all - 1),
            Repair::LeftOut => f.write_str("the event is left out"),
            Repair::RestOfBatch(bytes) => write!(f, "the last {bytes} bytes of the batch are left out"),
            Repair::Skipped(bytes) => write!(f, "{bytes} bytes are passed over"),
            Repair::RestOfFile { bytes, searched } => {
                write!(
                    f,
                    "no trace goes on in the {searched} bytes behind it, so the last {bytes} bytes are passed over"
                )
            }
            Repair::BatchLeftOut => f.write_str("the batch is left out"),
            Repair::Unnamed => f.write_str("names that are lost are shown as (lost), stacks are left out"),
            Repair::UsedAsFarAsItGoes => f.write_str("the generation is used as far as it goes"),
            Repair::FrequencyOfAnother => f.write_str("its clock is taken to tick as in another generation"),
            Repair::FrequencyAssumed(hz) => write!(f, "its clock is taken to tick at {hz} Hz, as nearly all do"),
            Repair::NoWallClock => f.write_str("wall-clock times are not known"),
            Repair::AnotherTrace => f.write_str("another trace begins there and is read on"),
            Repair::OtherVersion(bytes) => write!(f, "the last {bytes} bytes, of another version, are left out"),
            Repair::TraceLeftOut(bytes) => write!(f, "another trace begins there; its {bytes} bytes are left out"),
            Repair::HeaderFound(bytes) => write!(f, "the header was found {bytes} bytes in"),
            Repair::VersionGuessed => f.write_str("the version is told from the batches"),
            Repair::AndMore(more) => write!(f, "and {more} more defects"),
        }
    }
}

/// The warnings so far; those past a limit are only counted, in a last entry `AndMore`.
#[derive(Clone, Debug)]
pub(crate) struct Warnings {
    list: Vec<Warning>,
    /// The most entries of the list.
    most: usize,
}

impl Warnings {
    pub(crate) fn new(limits: Limits) -> Warnings {
        Warnings { list: Vec::new(), most: limits.warnings.max(1) }
    }

    /// Creates a list that begins with `first`.
    pub(crate) fn beginning(first: &[Warning], limits: Limits) -> Warnings {
        Warnings { list: first.to_vec(), ..Warnings::new(limits) }
    }

    pub(crate) fn push(&mut self, warning: Warning) {
        if self.list.len() < self.most {
            return self.list.push(warning);
        }
        let Some(last) = self.list.last_mut() else { return };
        let more = match (last.repair, warning.repair) {
            (Repair::AndMore(some), Repair::AndMore(more)) => some + more,
            (Repair::AndMore(some), _) => some + 1,
            (_, Repair::AndMore(more)) => more + 1,
            _ => 2,
        };
        (last.repair, last.lost) = (Repair::AndMore(more), last.lost + warning.lost);
    }

    pub(crate) fn extend(&mut self, more: impl IntoIterator<Item = Warning>) {
        more.into_iter().for_each(|warning| self.push(warning));
    }

    /// Removes and returns all warnings.
    pub(crate) fn take(&mut self) -> Vec<Warning> {
        std::mem::take(&mut self.list)
    }

    pub(crate) fn list(&self) -> &[Warning] {
        &self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn too_many_are_counted() {
        let most = Limits::default().warnings;
        let mut warnings = Warnings::new(Limits::default());
        let one = || Warning::new(Error::at(7, ErrorKind::Empty), Repair::LeftOut, 1);
        for _ in 0..most + 5 {
            warnings.push(one());
        }
        warnings.push(Warning::new(Error::at(9, ErrorKind::Empty), Repair::AndMore(10), 12));
        let list = warnings.take();
        assert_eq!(list.len(), most);
        assert_eq!(list.iter().map(Warning::lost).sum::<u64>(), most as u64 + 17);
        assert_eq!(list.last().unwrap().repair(), Repair::AndMore(16));
    }
}
