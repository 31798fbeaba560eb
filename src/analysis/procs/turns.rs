//! Ps that come to do something else, and what follows from that.

use super::collect::{CollectProcs, WITH_PROC};
use super::held::{Does, Since, Turn};
use crate::analysis::{Known, Seen};
use crate::event::transition::{GoState, ProcState};
use crate::ids::{GoId, ProcId};
use crate::time::Time;
use crate::wire::v2::spec::EventType;

impl CollectProcs {
    /// A P does something else; a goroutine may lose it.
    #[inline(never)]
    pub(super) fn turn(&mut self, event: &Seen<'_, '_>, turn: Turn, known: &Known) {
        let (time, held) = (event.time(), self.ps.held());
        if let Some(loser) = self.ps.turn(turn, time, known.start()) {
            self.lost_proc(event, loser, known);
        }
        if self.ps.held() != held {
            self.count_idle(time, known);
            self.count_threads(time, known);
        }
    }

    fn lost_proc(&mut self, event: &Seen<'_, '_>, loser: GoId, known: &Known) {
        let calls = known.find(loser).filter(|(_, life)| life.state == GoState::Syscall);
        let mark = calls.and_then(|(slot, _)| self.marks.get_mut(slot));
        let Some(mark) = mark.filter(|mark| **mark == WITH_PROC) else { return };
        *mark = event.time().0;
        self.without += 1;
        self.count_threads(event.time(), known);
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

    pub(super) fn proc(&mut self, event: &Seen<'_, '_>, id: ProcId, from: ProcState, to: ProcState, known: &Known) {
        let is_known = self.ps.find(id).is_some();
        if is_known && from == to {
            return; // The status in a later generation.
        }
        let since = if is_known || from == ProcState::NotExist { Since::Now } else { Since::Before };
        let stolen = event.wire_type() == EventType::ProcSteal;
        let does = match to {
            ProcState::Running => Does::Looks,
            ProcState::Idle => Does::Idles,
            ProcState::NotExist | ProcState::Undetermined => Does::Nothing,
        };
        self.turn(event, Turn { id, to: does, go: None, since }, known);
        if since == Since::Before && does == Does::Looks {
            self.used.add_before(event.time().since(known.start()), 1);
        }
        if let Some(p) = self.ps.find(id) {
            p.stolen += u64::from(stolen);
            p.stops += u64::from(!stolen && does == Does::Idles && since == Since::Now);
        }
    }

    pub(super) fn count_idle(&mut self, time: Time, known: &Known) {
        // Traces up to Go 1.21 need not tell; then it is at least the Ps that appear.
        let procs = self.gomaxprocs.unwrap_or(self.ps.count());
        self.watch.set_idle(time, (procs - self.ps.held()).max(0), known.start());
    }

    pub(super) fn count_threads(&mut self, time: Time, known: &Known) {
        let now = self.ps.held() + self.without;
        let by = now - self.used.get();
        if by != 0 {
            self.used.change(time, by, || known.start());
            self.most = self.most.max(now.unsigned_abs());
        }
    }
}
