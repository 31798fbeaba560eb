//! Changes of the Ps' activities, and their consequences for goroutines and Ms.

use super::collect::{CollectProcs, WITH_PROC};
use crate::analysis::{Follower, SharedEvent};
use crate::base::ids::{GoId, ProcId};
use crate::base::time::Time;
use crate::spec::state::{GoState, ProcState};
use crate::spec::v2::EventType;
use crate::timeline::{Since, TurnResult};

impl CollectProcs {
    /// Takes note that a P changes its activity: a goroutine may have lost it, and the
    /// number of Ms that have one may have changed.
    #[inline(never)]
    pub(super) fn turned(&mut self, event: &SharedEvent<'_, '_>, turned: TurnResult, follower: &Follower) {
        if let Some(loser) = turned.loser {
            self.lost_proc(event, loser, follower);
        }
        if self.ps.held() != self.held {
            self.held = self.ps.held();
            self.count_idle(event.time(), follower);
            self.count_threads(event.time(), follower);
        }
    }

    fn lost_proc(&mut self, event: &SharedEvent<'_, '_>, loser: GoId, follower: &Follower) {
        let calls = follower.find(loser).filter(|(_, goroutine)| goroutine.state == GoState::Syscall);
        let mark = calls.and_then(|(slot, _)| self.marks.get_mut(slot));
        let Some(mark) = mark.filter(|mark| **mark == WITH_PROC) else { return };
        *mark = event.time().0;
        self.without += 1;
        self.count_threads(event.time(), follower);
        self.syscalls.lost += 1;
        if !event.is_v1() {
            let takers = self.syscalls.takers.get_or_insert_default();
            let taker = match (event.wire_type(), event.proc()) {
                (EventType::ProcSteal, None) => &mut takers.sysmon,
                (EventType::ProcSteal, Some(_)) => &mut takers.others,
                _ => &mut takers.itself,
            };
            *taker += 1;
        }
    }

    /// Follows an M that takes a P, or lets go of it.
    pub(super) fn proc(
        &mut self,
        event: &SharedEvent<'_, '_>,
        (id, from, to): (ProcId, ProcState, ProcState),
        follower: &Follower,
    ) {
        let Some((since, turned)) = self.ps.proc(event, (id, from, to), follower.start()) else { return };
        self.turned(event, turned, follower);
        if since == Since::Before && to == ProcState::Running {
            self.used.add_before(event.time().since(follower.start()), 1);
        }
        let stolen = event.wire_type() == EventType::ProcSteal;
        if let Some(p) = self.ps.find(id) {
            p.record.stolen += u64::from(stolen);
            p.record.stops += u64::from(!stolen && to == ProcState::Idle && since == Since::Now);
        }
    }

    pub(super) fn count_idle(&mut self, time: Time, follower: &Follower) {
        self.watch.set_idle(time, self.ps.idle(), follower.start());
    }

    pub(super) fn count_threads(&mut self, time: Time, follower: &Follower) {
        let now = self.ps.held() + self.without;
        let by = now - self.used.get();
        if by != 0 {
            self.used.change(time, by, || follower.start());
            self.most = self.most.max(now.unsigned_abs());
        }
    }
}
