//! The events in their final order, as they become ready.

use super::frontier::Ties;
use super::futile::Futile;
use super::item::Item;
use super::merge::{Merge, Merged};
use super::{Defects, sequence};
use crate::error::{Error, Result};
use crate::version::Version;
use crate::wire::v1::tables::Index;
use std::sync::Arc;

/// All events in their final order, handed out once.
#[derive(Clone, Debug)]
pub(crate) struct Settled<'a> {
    pub(crate) merged: Merged,
    /// Until it has merged everything.
    merge: Option<Merge<'a>>,
    /// If there are wakeups in vain.
    futile: Option<Box<Futile>>,
    /// Events that are ready; those before `next` have been handed out.
    ready: Vec<Item>,
    next: usize,
    /// What ended the merge, in strict mode. It comes after what was merged.
    failed: Option<Error>,
}

impl<'a> Settled<'a> {
    /// Begins to read the events.
    pub(crate) fn new(file: &'a [u8], index: &Arc<Index>, defects: Defects, ties: Ties) -> Result<Settled<'a>> {
        let mut merged = Merged { defects, ..Merged::default() };
        for &id in &index.timers {
            merged.gs.slot(id);
        }
        let merge = if index.version < Version::Go107 {
            sequence::by_number(file, index, &mut merged)?;
            None
        } else {
            Some(Merge::new(file, index, &mut merged.gs, ties))
        };
        let futile = index.futile.then(Box::default);
        let mut settled = Settled { merged, merge, futile, ready: Vec::new(), next: 0, failed: None };
        settled.refill()?;
        Ok(settled)
    }

    /// The time of the next event that is ready, in ticks.
    pub(crate) fn next_ticks(&self) -> Option<i64> {
        self.ready.get(self.next).map(|item| item.ticks)
    }

    /// The next event that is ready.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> Option<Item> {
        let item = self.ready.get(self.next).copied();
        self.next += 1;
        item
    }

    /// Gets more events ready, when there are none left; returns whether there
    /// are any.
    ///
    /// # Errors
    /// After the last that was merged, what ended that.
    #[inline(never)]
    pub(crate) fn refill(&mut self) -> Result<bool> {
        self.ready.clear();
        self.next = 0;
        loop {
            self.merged.window.hand_out(&mut self.ready);
            if let Some(futile) = &mut self.futile {
                futile.sift(&mut self.ready, self.merge.is_none());
            }
            if !self.ready.is_empty() {
                return Ok(true);
            }
            if !self.merge_on() {
                return self.failed.take().map_or(Ok(false), Err);
            }
        }
    }

    /// Merges on; returns whether there was anything left to merge.
    fn merge_on(&mut self) -> bool {
        let Some(merge) = &mut self.merge else { return false };
        match merge.advance(&mut self.merged) {
            Ok(false) => {}
            ended => {
                self.failed = ended.err();
                self.merge = None;
                self.merged.window.end();
            }
        }
        true
    }
}
