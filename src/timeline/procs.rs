//! The state machine of Ps: the activity of each over time.

use super::follower::Follower;
use super::proc::{Activity, Proc, ProcRecord, Since, Turn};
use super::transition::{OutlinedTransition, SharedEvent, Transition};
use crate::base::ids::{GoId, ProcId};
use crate::base::time::Time;
use crate::spec::state::{GoState, ProcState};
use rustc_hash::FxHashMap;

/// IDs below this are looked up in a list, others in a map. Nearly all are below.
const SMALL: usize = 4096;

/// Most Ps taken to exist where GOMAXPROCS is absurd, as damage makes it.
const MOST: u64 = 1024;

/// All Ps. With a GOMAXPROCS of n, those numbered below n exist; one beyond that is gone
/// when its M lets go of it.
///
/// ```text
/// GOMAXPROCS   4                   2                    3
/// P2           idle ──── looking ──┼── gone ────────────┼── idle ────
/// P3           running ─ looking ──┼─────────── gone ───┼────────────
///                                  └ still held, by who makes them fewer
/// ```
///
/// Where runs on Ps matter, it is [shown](Self::follow) the transitions of goroutines;
/// without them a P that an M has is always [`Activity::Looking`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Procs<R> {
    /// Ps by number, with gaps.
    small: Vec<Proc<R>>,
    others: FxHashMap<ProcId, Proc<R>>,
    exist: i64,
    held: i64,
    /// Number of Ps that events have mentioned.
    mentioned: usize,
    /// GOMAXPROCS, once the trace has stated it.
    limit: Option<u64>,
}

/// Result of following a transition of a goroutine, or of a P.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TurnResult {
    /// True if the change was not one of the common ones: the observer has to look closer.
    pub(crate) oddly: bool,
    /// Goroutine in a system call that lost its P, if any did.
    pub(crate) loser: Option<GoId>,
}

impl<R: ProcRecord> Procs<R> {
    /// Follows a goroutine on to a P, or off it.
    #[inline(always)]
    pub(crate) fn follow(&mut self, transition: &Transition<'_, '_>, follower: &Follower) -> TurnResult {
        let (time, id, start) = (transition.time(), transition.id(), || follower.start());
        let (was, now) = (transition.was.proc_index(), transition.now.proc_index());
        let done = match (transition.left, transition.to()) {
            // A call on another P than the run's is none of the common changes.
            (GoState::Running, GoState::Syscall) => was == now && self.at(was).is_some_and(|p| p.call(id, time, start)),
            (GoState::Running, to) if to != GoState::Running => self.at(was).is_some_and(|p| p.stop(time, start)),
            (GoState::Runnable, GoState::Running) => self.at(now).is_some_and(|p| p.run(time, start)),
            (GoState::Syscall, GoState::Running) => self.at(now).is_some_and(|p| p.come_back(id, time, start)),
            // Changes between other states concern no P.
            (left, to) => !left.is_executing() && !to.is_executing(),
        };
        match done {
            true => TurnResult::default(),
            false => self.follow_oddly(transition.outlined(), follower.start()),
        }
    }

    /// Follows any transition of a goroutine.
    #[inline(never)]
    fn follow_oddly(&mut self, transition: OutlinedTransition<'_, '_>, start: Time) -> TurnResult {
        let transition = transition.inlined();
        let (time, to, go) = (transition.time(), transition.to(), transition.id());
        let looks = |id: ProcId| Turn { id, to: Activity::Looking, go: None, since: Since::Now };
        let mut loser = None;
        match (transition.left, transition.was.proc()) {
            // The P of a call stays with the goroutine: see below.
            (GoState::Running, Some(id)) if to != GoState::Syscall => loser = self.turn(looks(id), time, start),
            // The goroutine comes back without its P, or ends, and nobody took the P: that is free.
            (GoState::Syscall, Some(id))
                if to != GoState::Running && self.find(id).is_some_and(|p| p.caller() == Some(go)) =>
            {
                self.turn(looks(id), time, start);
            }
            _ => {}
        }
        let to = match to {
            GoState::Running => Activity::Running,
            GoState::Syscall => Activity::Syscall,
            _ => return TurnResult { oddly: true, loser },
        };
        if let Some(id) = proc_of(&transition) {
            let since = if is_before(&transition) { Since::Before } else { Since::Now };
            loser = self.turn(Turn { id, to, go: Some(go), since }, time, start).or(loser);
        }
        TurnResult { oddly: true, loser }
    }

    /// Follows the status of a goroutine that has been on a P since before.
    pub(crate) fn restate(&mut self, id: ProcId, (go, state): (GoId, GoState), time: Time, start: Time) {
        let to = if state == GoState::Syscall { Activity::Syscall } else { Activity::Running };
        self.turn(Turn { id, to, go: Some(go), since: Since::Before }, time, start);
    }

    /// Follows an M that takes a P or lets go of it. Returns the time since which that
    /// holds, and its result; none for a status in a later generation, which says nothing
    /// new.
    pub(crate) fn proc(
        &mut self,
        event: &SharedEvent<'_, '_>,
        (id, from, to): (ProcId, ProcState, ProcState),
        start: Time,
    ) -> Option<(Since, TurnResult)> {
        // A P that GOMAXPROCS only assumes to exist has its first status still to come.
        let is_known = self.find(id).is_some_and(|p| !p.is_assumed());
        if is_known && from == to {
            return None;
        }
        // Traces up to Go 1.21 begin with a stopped world: but for the P that stops it, a P
        // that starts for the first time has idled until then.
        let starts = event.is_v1() && to == ProcState::Running && self.mentioned > 0;
        let since = if is_known || from == ProcState::NotExist || starts { Since::Now } else { Since::Before };
        if starts && self.find(id).is_none() {
            self.turn(Turn { id, to: Activity::Idle, go: None, since: Since::Before }, event.time(), start);
        }
        let to = match to {
            ProcState::Running => Activity::Looking,
            ProcState::Idle => Activity::Idle,
            ProcState::NotExist | ProcState::Undetermined => Activity::NotExist,
        };
        let loser = self.turn(Turn { id, to, go: None, since }, event.time(), start);
        Some((since, TurnResult { oddly: true, loser }))
    }

    /// Changes the activity of a P. Returns the goroutine in a system call that loses it.
    #[inline(never)]
    fn turn(&mut self, turn: Turn, time: Time, start: Time) -> Option<GoId> {
        // GOMAXPROCS was lowered while an M had the P: it goes when the M lets go of it.
        let gone = turn.to == Activity::Idle && self.limit.is_some_and(|limit| turn.id.0 >= limit);
        let turn = if gone { Turn { to: Activity::NotExist, ..turn } } else { turn };
        let Turn { id, to, go, .. } = turn;
        self.held += i64::from(to.is_held());
        self.exist += i64::from(to.exists());
        let Some(p) = self.find(id) else {
            self.mentioned += 1;
            self.add(id, Proc::new(turn, time, start));
            return None;
        };
        let (was, loser, assumed) = (p.activity(), p.caller(), p.is_assumed());
        p.turn(turn, time, start);
        self.mentioned += usize::from(assumed);
        self.held -= i64::from(was.is_held());
        self.exist -= i64::from(was.exists());
        // The goroutine that comes back with its own P, or calls again, loses nothing.
        loser.filter(|_| !(go == loser && matches!(to, Activity::Syscall | Activity::Running)))
    }

    /// Sets GOMAXPROCS. The first value that the trace states has held since the beginning.
    pub(crate) fn set_gomaxprocs(&mut self, limit: u64, time: Time, start: Time) {
        let (before, begin, since) = match self.limit.replace(limit) {
            Some(before) => (before, time, Since::Now),
            None => (0, start, Since::Before),
        };
        for id in before..limit.min(MOST) {
            let (id, to) = (ProcId(id), Activity::Idle);
            // A P that events have mentioned already keeps its state; an M may still have
            // it.
            match self.find(id).map(|p| p.activity()) {
                Some(Activity::NotExist) => {
                    self.turn(Turn { id, to, go: None, since: Since::Now }, time, start);
                }
                Some(_) => {}
                None => {
                    self.exist += 1;
                    self.add(id, Proc::assumed(id, begin));
                }
            }
        }
        let (small, others) = (self.small.iter_mut(), self.others.values_mut());
        let beyond = usize::try_from(limit).unwrap_or(usize::MAX);
        for p in small.skip(beyond).chain(others.filter(|p| p.is_beyond(limit))) {
            self.exist -= i64::from(p.go_if_idle(since, time, start));
        }
    }

    /// Sets what is kept of a P; of one that is not known, nothing is known but that it
    /// is idle since then.
    pub(crate) fn keep(&mut self, id: ProcId, since: Time, set: impl FnOnce(&mut R)) {
        if self.find(id).is_none() {
            self.exist += 1;
            self.add(id, Proc::assumed(id, since));
        }
        if let Some(p) = self.find(id) {
            set(&mut p.record);
        }
    }

    fn add(&mut self, id: ProcId, p: Proc<R>) {
        let at = place(id);
        if at >= SMALL {
            self.others.insert(id, p);
            return;
        }
        if self.small.len() <= at {
            self.small.resize_with(at + 1, Proc::default);
        }
        if let Some(place) = self.small.get_mut(at) {
            *place = p;
        }
    }

    /// Returns the P at a place of the list; a default one where nothing is known.
    #[inline(always)]
    pub(crate) fn at(&mut self, index: usize) -> Option<&mut Proc<R>> {
        self.small.get_mut(index)
    }

    /// Returns a P of which something is known.
    pub(crate) fn find(&mut self, id: ProcId) -> Option<&mut Proc<R>> {
        let at = place(id);
        let p = if at < SMALL { self.small.get_mut(at) } else { self.others.get_mut(&id) };
        p.filter(|p| p.id().is_some())
    }

    /// Returns GOMAXPROCS, once the trace has stated it.
    pub(crate) fn gomaxprocs(&self) -> Option<u64> {
        self.limit
    }

    /// Returns the number of Ps that events have mentioned.
    pub(crate) fn mentioned(&self) -> usize {
        self.mentioned
    }

    /// Returns the number of Ps that an M has.
    pub(crate) fn held(&self) -> i64 {
        self.held
    }

    /// Returns the number of Ps that exist and that no M has.
    pub(crate) fn idle(&self) -> i64 {
        self.exist - self.held
    }

    /// Returns all Ps of which something is known, in no order.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Proc<R>> {
        self.small.iter_mut().chain(self.others.values_mut()).filter(|p| p.id().is_some())
    }

    /// Returns all Ps, in no order, and places without one.
    pub(crate) fn into_all(self) -> impl Iterator<Item = Proc<R>> {
        self.small.into_iter().chain(self.others.into_values())
    }
}

/// Returns whether a goroutine has been in its new state since before its first mention.
pub(crate) fn is_before(transition: &Transition<'_, '_>) -> bool {
    transition.new && transition.from != GoState::NotExist
}

/// Returns the P of a goroutine that comes to run, or into a system call. A trace up to Go
/// 1.21 does not name the P of a goroutine that is in a call when it is first mentioned.
pub(crate) fn proc_of(transition: &Transition<'_, '_>) -> Option<ProcId> {
    let untold =
        transition.to() == GoState::Syscall && transition.from() == GoState::Undetermined && transition.is_v1();
    transition.now.proc().filter(|_| !untold)
}

fn place(id: ProcId) -> usize {
    usize::try_from(id.0).unwrap_or(usize::MAX)
}
