//! Flaws of an input besides the defects of its trace: others write to the file, its
//! compression is damaged, it goes on with something else, the connection broke.

use crate::complain::Complaints;
use crate::human;
use crate::mapped::Opened;
use gotrace::TraceWatch;
use gotrace::compressed::CompressionError;
use std::fmt;
use std::fs::File;
use std::sync::Arc;

/// Something wrong with an input.
pub(crate) enum Flaw {
    /// The file was written to while it was read.
    Changed,
    /// The compressed data are damaged, and decompression stopped there.
    Damaged(CompressionError),
    /// The input goes on with something that is no trace: reading stopped after `read`
    /// bytes, the last `nothing_for` of which held nothing of a trace.
    Stopped { read: u64, nothing_for: u64 },
    /// The connection broke, for this reason, so that the trace may be longer.
    #[cfg(feature = "http")]
    Short(String),
}

impl Flaw {
    /// Returns the flaw of an input whose reading the watch stopped after `read` bytes.
    pub(crate) fn stopped(watch: &TraceWatch, read: u64) -> Flaw {
        Flaw::Stopped { read, nothing_for: watch.nothing_for() as u64 }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Flaw::Changed => f.write_str(
                "the file was written to while it was read: what is printed may mix the old and the new; \
                 run this again when nothing writes to it",
            ),
            Flaw::Damaged(damage) => write!(f, "{damage}; what came before is read"),
            Flaw::Stopped { read, nothing_for } => write!(
                f,
                "reading stopped at byte {read}, as the last {} had nothing of a trace; what came before is read",
                human::bytes(*nothing_for)
            ),
            #[cfg(feature = "http")]
            Flaw::Short(why) => f.write_str(why),
        }
    }
}

/// All flaws of an input that are known.
#[derive(Default)]
pub(crate) struct Flaws {
    /// The file, if others may write to it.
    opened: Option<Arc<Opened>>,
    /// The flaws that were met while it was read.
    met: Vec<Flaw>,
}

impl Flaws {
    /// Returns the flaws of a file, which is watched for changes from now on.
    pub(crate) fn of_file(opened: &Arc<Opened>) -> Flaws {
        Flaws { opened: Some(Arc::clone(opened)), met: Vec::new() }
    }

    /// Returns the file, if others may write to it.
    pub(crate) fn file(&self) -> Option<&File> {
        self.opened.as_deref().map(Opened::file)
    }

    pub(crate) fn add(&mut self, flaw: Flaw) {
        self.met.push(flaw);
    }

    /// Returns whether the file was written to since it was opened.
    pub(crate) fn has_changed(&self) -> bool {
        self.opened.as_ref().is_some_and(|opened| opened.changed())
    }

    /// Returns all flaws until now. A change of the file comes first, as it makes the others
    /// doubtful.
    fn now(&self) -> impl Iterator<Item = &Flaw> {
        self.has_changed().then_some(&Flaw::Changed).into_iter().chain(&self.met)
    }

    /// Returns each flaw in words.
    pub(crate) fn list(&self) -> Vec<String> {
        self.now().map(Flaw::to_string).collect()
    }

    /// Adds each flaw to complaints.
    pub(crate) fn complain(&self, name: &str, complaints: &mut Complaints) {
        for flaw in self.now() {
            let severity = if matches!(flaw, Flaw::Changed) { "error" } else { "warning" };
            complaints.add(severity, format!("{name}: {flaw}"));
        }
    }
}
