//! Waits by the functions that the waiting goroutines, and their wakers, began with.

use crate::analysis::durations::{Durations, Sorted};
use crate::analysis::names::{NameId, Names};
use crate::base::ids::GoId;
use rustc_hash::FxHashMap;

/// The waker of a goroutine: an index in [`Functions::woken`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct WakerId(u32);

impl WakerId {
    /// The scheduler, where no goroutine woke it.
    pub(super) const SCHEDULER: WakerId = WakerId(0);
    /// No waker: the goroutine stopped by itself.
    pub(super) const NOBODY: WakerId = WakerId(u32::MAX);

    /// A goroutine whose first function is not known yet.
    pub(super) const UNKNOWN: WakerId = WakerId(1);

    /// Returns the waker that stands for goroutines that began with a function;
    /// [`UNKNOWN`](Self::UNKNOWN) for the empty name.
    #[inline(always)]
    pub(super) fn of(name: NameId) -> WakerId {
        // There are fewer names than 4 Gi less 2, so this never wraps.
        WakerId((name.index() as u32).wrapping_add(1))
    }

    /// Returns the name of the function that the waker began with; empty if it is not
    /// known, or no goroutine.
    pub(super) fn name(self) -> NameId {
        match self {
            WakerId::SCHEDULER | WakerId::NOBODY => NameId::EMPTY,
            WakerId(at) => NameId::at(u64::from(at - 1)),
        }
    }
}

/// Waits by the functions that goroutines began with.
#[derive(Clone, Debug, Default)]
pub(super) struct Functions {
    /// Waits of goroutines that began with a function, by the index of its name.
    waits: Vec<Durations>,
    /// Waits of goroutines that such goroutines woke, by waker: those that the scheduler
    /// woke first.
    woken: Vec<Durations>,
    late: LateNames,
}

/// Waits and wakeups of goroutines before the trace named their first function, which it
/// does at their first stack.
#[derive(Clone, Debug, Default)]
struct LateNames(FxHashMap<GoId, LateName>);

#[derive(Clone, Debug, Default)]
struct LateName {
    root: NameId,
    /// Waits of the goroutine itself.
    waits: Durations,
    /// Waits of goroutines that it woke.
    woken: Durations,
}

impl LateNames {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[cold]
    #[inline(never)]
    fn waited(&mut self, id: GoId, wait: Sorted) {
        self.0.entry(id).or_default().waits.add_sorted(wait);
    }

    #[cold]
    #[inline(never)]
    fn woke(&mut self, by: Option<GoId>, wait: Sorted) {
        if let Some(by) = by {
            self.0.entry(by).or_default().woken.add_sorted(wait);
        }
    }

    #[inline(never)]
    fn name(&mut self, id: GoId, root: NameId) {
        if let Some(late) = self.0.get_mut(&id).filter(|late| late.root == NameId::EMPTY) {
            late.root = root;
        }
    }
}

impl Functions {
    /// Adds a wait of a goroutine that began with a function.
    #[inline(always)]
    pub(super) fn waited(&mut self, id: GoId, name: NameId, wait: Sorted) {
        // The function may become known at a later stack.
        if name == NameId::EMPTY {
            return self.late.waited(id, wait);
        }
        match self.waits.get_mut(name.index()) {
            Some(waits) => waits.add_sorted(wait),
            None => first(&mut self.waits, name.index(), wait),
        }
    }

    /// Adds a wait of a goroutine that was woken, by goroutine `by` if one did it.
    #[inline(always)]
    pub(super) fn woke(&mut self, waker: WakerId, by: Option<GoId>, wait: Sorted) {
        if waker == WakerId::UNKNOWN {
            return self.late.woke(by, wait);
        }
        match self.woken.get_mut(waker.0 as usize) {
            Some(woken) => woken.add_sorted(wait),
            // Waits without a waker are in no list.
            None if waker == WakerId::NOBODY => {}
            None => first(&mut self.woken, waker.0 as usize, wait),
        }
    }

    /// Takes note that the name of a goroutine is needed, once it is known.
    #[cold]
    #[inline(never)]
    pub(super) fn expect(&mut self, id: Option<GoId>) {
        id.map(|id| self.late.0.entry(id).or_default());
    }

    /// Takes note of a goroutine's end, with the function that it began with.
    #[inline(always)]
    pub(super) fn ends(&mut self, id: GoId, root: NameId) {
        if !self.late.is_empty() {
            self.late.name(id, root);
        }
    }

    /// Adds the waits whose functions were not known at the time, now that all functions
    /// are known that ever will be; `root` returns those of goroutines that still exist.
    pub(super) fn settle(&mut self, root: impl Fn(GoId) -> NameId) {
        for (id, late) in &mut self.late.0 {
            if late.root == NameId::EMPTY {
                late.root = root(*id);
            }
            let waker = WakerId::of(late.root).0 as usize;
            for (list, at, more) in
                [(&mut self.waits, late.root.index(), &late.waits), (&mut self.woken, waker, &late.woken)]
            {
                if !more.is_empty() {
                    list.resize_with(list.len().max(at + 1), Durations::default);
                    list[at].merge(more);
                }
            }
        }
    }

    /// Returns the function of a goroutine that was not known when it waited or woke
    /// another; empty if it is still unknown.
    pub(super) fn late_root(&self, id: GoId) -> NameId {
        self.late.0.get(&id).map_or(NameId::EMPTY, |late| late.root)
    }

    /// Returns the waits of goroutines by the function that they began with.
    pub(super) fn waits(&self, names: &Names) -> impl Iterator<Item = (NameId, &Durations)> {
        names.ids().zip(&self.waits).filter(|(_, waits)| !waits.is_empty())
    }

    /// Returns the waits that the scheduler ended.
    pub(super) fn woken_by_scheduler(&self) -> Option<&Durations> {
        self.woken.first().filter(|woken| !woken.is_empty())
    }

    /// Returns the waits that goroutines ended, by the function that those began with.
    pub(super) fn woken(&self, names: &Names) -> impl Iterator<Item = (NameId, &Durations)> {
        names.ids().zip(self.woken.iter().skip(1)).filter(|(_, woken)| !woken.is_empty())
    }
}

#[inline(never)]
fn first(list: &mut Vec<Durations>, at: usize, wait: Sorted) {
    list.resize_with(at + 1, Durations::default);
    list[at].add_sorted(wait);
}
