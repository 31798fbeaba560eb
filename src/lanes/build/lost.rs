//! State of lanes where reading starts over after a defect.

use super::{CollectLanes, Known, drawn};
use crate::analysis::Follower;
use crate::event::EventKind;
use crate::event::transition::StateTransition;
use crate::lanes::threads::Begun;
use crate::timeline::{Procs, SharedEvent};

impl CollectLanes {
    /// The status of a goroutine that is known: it changes nothing, unless what was known of
    /// the goroutine has been lost since.
    #[inline(never)]
    pub(super) fn restate(&mut self, event: &SharedEvent<'_, '_>, follower: &Follower) {
        let EventKind::StateTransition(StateTransition::Goroutine { id, to, .. }) = *event.kind() else { return };
        let Some(slot) = follower.slot(id) else { return };
        let known = self.known.at(slot);
        if known.starts == self.reading.starts {
            return;
        }
        *known = Known { thread: None, starts: self.reading.starts };
        let start = follower.synced();
        if !to.is_executing() {
            return;
        }
        let begun = Begun::Before { start: start.0, last: self.reading.last };
        let holder = event.thread().map(|thread| self.threads.at(thread, event.proc(), begun));
        if let Some(proc) = event.proc() {
            self.procs.restate(proc, (id, to), event.time(), start);
            self.look(proc, holder, (id, true, false));
        }
        if let (Some(place), Some(state)) = (holder, drawn(to, false)) {
            self.threads.turn(place, self.grid, Some((state, id.0)), begun);
            self.known.at(slot).thread = u32::try_from(place).ok();
        }
    }

    /// Ends all that is open if this is the first status without a state before it in a
    /// generation after the first: it tells that reading has started over, and what was
    /// open is lost.
    #[inline(always)]
    pub(super) fn start_over(&mut self, follower: &Follower) {
        if !self.reading.fresh {
            self.lose_all(follower);
        }
    }

    #[inline(never)]
    fn lose_all(&mut self, follower: &Follower) {
        self.reading.fresh = true;
        if self.reading.syncs == 0 {
            return;
        }
        let (end, synced) = (self.reading.before_sync, follower.synced());
        self.cut_goroutines(end, follower);
        self.cut_procs(end);
        self.threads.lose_all(self.grid, end, synced.0);
        self.ranges.lose_all(self.grid, end);
        self.reading.starts += 1;
        self.reading.since = synced.0;
        // What was in the lanes stays there.
        let lanes: Vec<_> =
            self.procs.iter_mut().filter_map(|p| Some((p.id()?, std::mem::take(&mut p.record.lane)))).collect();
        self.procs = Procs::default();
        if let Some(limit) = self.gomaxprocs {
            self.procs.set_gomaxprocs(limit, synced, synced);
        }
        for (id, lane) in lanes {
            self.procs.keep(id, synced, |record| record.lane = lane);
        }
    }
}
