//! Defects found while a v1 trace is brought into order.

use crate::base::limits::Limits;
use crate::error::warning::{Repair, Warning, Warnings};
use crate::error::{Error, Result};
use crate::order::patience;

/// The treatment of defects, and those found.
#[derive(Clone, Debug)]
pub(crate) struct Defects {
    leniency: Option<Limits>,
    found: Warnings,
}

impl Defects {
    /// Creates an empty list. Without limits the first defect is an error.
    pub(crate) fn new(leniency: Option<Limits>) -> Defects {
        Defects { leniency, found: Warnings::new(leniency.unwrap_or_default()) }
    }

    /// Returns the most Ps that may be tried in vain before that many events have happened.
    pub(crate) fn patience(&self, events: usize) -> u64 {
        let patience = |limits: Limits| limits.patience.saturating_mul(events as u64).saturating_add(patience::MOST);
        self.leniency.map_or(u64::MAX, patience)
    }

    /// Reports a defect of an event: an error in strict mode; in lenient mode the event is
    /// placed by its time.
    #[cold]
    #[inline(never)]
    pub(crate) fn report(&mut self, e: Error) -> Result<()> {
        self.report_warning(Warning::new(e, Repair::Placed, 0))
    }

    /// Reports a defect that makes `rest` bytes unreadable: an error in strict mode; in lenient
    /// mode they are passed over.
    #[cold]
    #[inline(never)]
    pub(crate) fn report_unreadable(&mut self, e: Error, rest: usize) -> Result<()> {
        self.report_warning(Warning::new(e, Repair::RestOfBatch(rest as u64), 1))
    }

    /// Reports a defect with a warning of its own: an error in strict mode.
    pub(crate) fn report_warning(&mut self, warning: Warning) -> Result<()> {
        if self.leniency.is_none() {
            return Err(warning.error().clone());
        }
        self.found.push(warning);
        Ok(())
    }

    pub(crate) fn take(&mut self) -> Vec<Warning> {
        self.found.take()
    }
}
