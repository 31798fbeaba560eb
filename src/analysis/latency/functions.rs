//! The functions that goroutines begin with, and the waits that have to do with
//! them.

use crate::analysis::durations::{Durations, Sorted};
use crate::analysis::names::{NameId, Names};

/// Who made a goroutine able to run: a place in [`Functions::woken`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct WakerId(u32);

impl WakerId {
    /// No goroutine did, but the scheduler.
    pub(super) const SCHEDULER: WakerId = WakerId(0);
    /// Nobody did: it stopped itself.
    pub(super) const NOBODY: WakerId = WakerId(u32::MAX);

    /// A goroutine that began with the function of that name, which is empty if
    /// none is known.
    #[inline(always)]
    pub(super) fn of(name: NameId) -> WakerId {
        // There are fewer names than 4 Gi less 2.
        WakerId((name.index() as u32).wrapping_add(1))
    }
}

/// The waits that have to do with the functions that goroutines begin with.
#[derive(Clone, Debug, Default)]
pub(super) struct Functions {
    /// Of goroutines that began with a function, by the place of its name.
    waits: Vec<Durations>,
    /// Of goroutines that such goroutines woke; those that the scheduler did first.
    woken: Vec<Durations>,
}

impl Functions {
    /// Adds a wait of a goroutine that began with the function of that name.
    #[inline(always)]
    pub(super) fn waited(&mut self, name: NameId, wait: Sorted) {
        match self.waits.get_mut(name.index()) {
            Some(waits) => waits.add_sorted(wait),
            None => first(&mut self.waits, name.index(), wait),
        }
    }

    /// Adds a wait of one that was woken.
    #[inline(always)]
    pub(super) fn woke(&mut self, waker: WakerId, wait: Sorted) {
        match self.woken.get_mut(waker.0 as usize) {
            Some(woken) => woken.add_sorted(wait),
            None if waker == WakerId::NOBODY => {}
            None => first(&mut self.woken, waker.0 as usize, wait),
        }
    }

    /// The waits of goroutines that began with each function, and its name.
    pub(super) fn waits(&self, names: &Names) -> impl Iterator<Item = (NameId, &Durations)> {
        names.ids().zip(&self.waits).filter(|(_, waits)| !waits.is_empty())
    }

    /// The waits that the scheduler ended.
    pub(super) fn woken_by_scheduler(&self) -> Option<&Durations> {
        self.woken.first().filter(|woken| !woken.is_empty())
    }

    /// The waits that goroutines of each function ended, and its name.
    pub(super) fn woken(&self, names: &Names) -> impl Iterator<Item = (NameId, &Durations)> {
        names.ids().zip(self.woken.iter().skip(1)).filter(|(_, woken)| !woken.is_empty())
    }
}

#[inline(never)]
fn first(list: &mut Vec<Durations>, at: usize, wait: Sorted) {
    list.resize_with(at + 1, Durations::default);
    list[at].add_sorted(wait);
}
