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
    /// The time of the first, in ticks, if there are any.
    pub(crate) start: Option<i64>,
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
        let mut settled = Settled { merged, merge, futile, start: None, failed: None };
        loop {
            settled.start = settled.next_ticks();
            if settled.start.is_some() {
                return Ok(settled);
            }
            if !settled.provide() {
                return settled.failed.take().map_or(Ok(settled), Err);
            }
        }
    }

    /// The next event.
    ///
    /// # Errors
    /// After the last that was merged, what ended that.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> Result<Option<Item>> {
        loop {
            let next = match &mut self.futile {
                None => self.merged.window.next(),
                Some(futile) => futile.next(),
            };
            if next.is_some() {
                return Ok(next);
            }
            if !self.provide() {
                return self.failed.take().map_or(Ok(None), Err);
            }
        }
    }

    /// The time of the next event, if it is ready.
    fn next_ticks(&mut self) -> Option<i64> {
        match &mut self.futile {
            None => self.merged.window.next_ticks(),
            Some(futile) => futile.next_ticks(),
        }
    }

    /// Does what has to be done for more events to be ready; returns whether
    /// there was anything left to do.
    #[inline(never)]
    fn provide(&mut self) -> bool {
        if let Some(futile) = &mut self.futile {
            if let Some(item) = self.merged.window.next() {
                futile.push(item);
                return true;
            }
            if self.merge.is_none() {
                return futile.end();
            }
        }
        self.merge_on()
    }

    /// Merges on; returns whether there was anything left to merge.
    fn merge_on(&mut self) -> bool {
        let Some(merge) = &mut self.merge else { return false };
        self.merged.window.forget();
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
