//! Preparations for each event: the states that it needs.

use super::make::{Plan, Wanted};
use super::model::{Gc, NONE};
use crate::spec::status::{GoStatus, ProcStatus};
use crate::spec::v2::EventType;

/// Most stop-the-worlds that may be open on a goroutine. Real traces have one at most; a
/// file may be made to have more.
const MOST_STOPS: usize = 16;

/// Most open regions above one that ends; with more above it, it is taken for one that has
/// not begun.
const DEEPEST: usize = 256;

impl Plan {
    /// Plans the events that have to come before an event, and sets those of its arguments
    /// that the model decides.
    pub(super) fn prepare(&mut self, thread: u64, event: EventType, args: &mut [u64; 4], wanted: Wanted) {
        use EventType as E;
        let [first, second, ..] = *args;
        match event {
            E::ProcStatus => {
                if matches!(ProcStatus::from_wire(second), Some(ProcStatus::Running | ProcStatus::Syscall)) {
                    self.drop_proc(thread);
                }
            }
            E::ProcStart => {
                self.idle_proc(first, thread);
                self.drop_proc(thread);
                if self.model.p(first).is_none() {
                    self.emit(thread, E::ProcStatus, &[first, ProcStatus::Idle as u64]);
                }
            }
            E::ProcStop if wanted.p != NONE => self.take_proc(thread, wanted.p),
            E::ProcSteal => self.prepare_steal(thread, args),

            E::GoStatus | E::GoStatusStack => match GoStatus::from_wire(args[2]) {
                Some(GoStatus::Running) => self.vacate(thread),
                Some(GoStatus::Syscall) => {
                    self.vacate(thread);
                    // A status may come from any M; for a syscall it is written on the
                    // goroutine's.
                    args[1] = thread;
                }
                _ => {}
            },
            E::GoCreate | E::GoCreateBlocked => {
                self.need_proc(thread, wanted.p);
                if wanted.g != NONE {
                    self.run_on(thread, wanted.g);
                } else if self.model.own_status(thread) == Some(GoStatus::Syscall) {
                    self.vacate(thread);
                }
            }
            E::GoCreateSyscall => {
                // A C thread's goroutine keeps its number from call to call.
                if self.model.go_status(first).is_some() {
                    self.end_in_syscall(thread, first);
                }
                self.vacate(thread);
            }
            E::GoStart => {
                // A goroutine may be started on an M that has another: that one blocks
                // first.
                self.vacate(thread);
                self.make_runnable(first, thread);
                self.need_proc(thread, wanted.p);
            }
            E::GoUnblock => self.make_waiting(first, thread),
            E::GoStop | E::GoBlock | E::GoDestroy | E::GoSyscallBegin => self.run_own(thread, wanted),
            E::GoSwitch | E::GoSwitchDestroy => {
                if first != wanted.g {
                    self.make_waiting(first, thread);
                }
                self.run_own(thread, wanted);
            }
            E::GoSyscallEnd => self.prepare_syscall_end(thread, wanted),
            E::GoSyscallEndBlocked => {
                self.in_syscall(thread, wanted);
                if self.model.own_proc_status(thread) == Some(ProcStatus::Syscall) {
                    self.drop_proc(thread);
                }
            }
            E::GoDestroySyscall => {
                self.in_syscall(thread, wanted);
                if self.model.own_proc_status(thread).is_some_and(|p| p != ProcStatus::Syscall) {
                    self.drop_proc(thread);
                }
            }

            E::GCBegin => {
                self.need_all(thread, wanted);
                if self.model.gc == Gc::Marking {
                    self.emit(thread, E::GCEnd, &[]);
                }
            }
            E::GCEnd => {
                self.need_all(thread, wanted);
                match self.model.gc {
                    Gc::Undetermined => _ = self.emit(thread, E::GCActive, &[]),
                    Gc::Off => _ = self.emit(thread, E::GCBegin, &[]),
                    Gc::Marking => {}
                }
            }
            E::GCSweepBegin | E::GCSweepEnd => {
                self.need_proc(thread, wanted.p);
                let p = self.model.m(thread).p;
                match (event, self.model.p(p).is_some_and(|p| p.sweeping)) {
                    (E::GCSweepBegin, true) => _ = self.emit(thread, E::GCSweepEnd, &[]),
                    (E::GCSweepEnd, false) => _ = self.emit(thread, E::GCSweepActive, &[p]),
                    _ => {}
                }
            }
            E::HeapAlloc | E::HeapGoal => self.need_proc(thread, wanted.p),
            E::STWBegin | E::STWEnd | E::GCMarkAssistBegin | E::GCMarkAssistEnd => {
                self.need_all(thread, wanted);
                self.prepare_range(thread, event, if event == E::STWBegin { first } else { 0 });
            }
            E::UserTaskBegin => {
                self.need_all(thread, wanted);
                if self.model.tasks.contains(&first) {
                    self.emit(thread, E::UserTaskEnd, &[first, 0]);
                }
            }
            E::UserRegionEnd => {
                self.need_all(thread, wanted);
                self.prepare_region_end(thread, (first, second));
            }
            E::ProcsChange | E::GoLabel | E::UserLog | E::UserTaskEnd | E::UserRegionBegin => {
                self.need_all(thread, wanted);
            }
            _ => {}
        }
    }

    /// Ends a goroutine as that of a C thread ends, on the M that has it, or else on
    /// `thread`.
    fn end_in_syscall(&mut self, thread: u64, g: u64) {
        let holder = self.model.go_holder(g);
        let thread = if holder != NONE { holder } else { thread };
        if holder == NONE {
            self.run_on(thread, g);
        }
        self.in_syscall(thread, Wanted { g, p: NONE });
        self.drop_proc(thread);
        self.emit(thread, EventType::GoDestroySyscall, &[]);
    }

    /// Prepares a steal: puts the P into a syscall.
    fn prepare_steal(&mut self, thread: u64, args: &mut [u64; 4]) {
        let p = args[0];
        match self.model.p(p).map(|p| (p.status, p.holder)) {
            None => _ = self.emit(thread, EventType::ProcStatus, &[p, ProcStatus::SyscallAbandoned as u64]),
            Some((ProcStatus::Running, holder)) => {
                // Its syscall has been lost. Without a goroutine there can be none, and the
                // M lets go of the P.
                if !self.emit(holder, EventType::GoSyscallBegin, &[]) {
                    self.drop_proc(holder);
                }
                args[2] = holder;
            }
            Some((ProcStatus::Syscall, holder)) => args[2] = holder,
            Some(_) => {}
        }
    }

    /// Prepares the end of a syscall: brings the goroutine and its P into the same one.
    fn prepare_syscall_end(&mut self, thread: u64, wanted: Wanted) {
        let unknown = wanted.g != NONE && self.model.go_status(wanted.g).is_none();
        if unknown && wanted.p != NONE && self.model.p(wanted.p).is_none() {
            self.drop_proc(thread);
            self.emit(thread, EventType::ProcStatus, &[wanted.p, ProcStatus::Syscall as u64]);
            return self.in_syscall(thread, wanted);
        }
        let has = self.model.m(thread);
        let fits = |has, wanted| wanted == NONE || has == wanted;
        let own = (self.model.own_status(thread), self.model.own_proc_status(thread));
        let both = own == (Some(GoStatus::Syscall), Some(ProcStatus::Syscall));
        if !(both && fits(has.g, wanted.g) && fits(has.p, wanted.p)) {
            self.run_own(thread, wanted);
            self.emit(thread, EventType::GoSyscallBegin, &[]);
        }
    }

    /// Prepares a range: closes one that begins twice, and opens one that ends without a
    /// beginning.
    fn prepare_range(&mut self, thread: u64, event: EventType, kind: u64) {
        use EventType as E;
        let own = self.model.m(thread).g;
        let Some(g) = self.model.gs.get(&own) else { return };
        let begin = event.spec().begin.unwrap_or(event);
        let open = g.ranges().iter().filter(|range| range.0 == begin).count();
        let same = g.ranges().contains(&(begin, kind));
        match event {
            E::GCMarkAssistBegin if same => _ = self.emit(thread, E::GCMarkAssistEnd, &[]),
            // The end of a stop does not state its kind: with several open, all end.
            E::STWBegin if same || open >= MOST_STOPS => (0..open).for_each(|_| _ = self.emit(thread, E::STWEnd, &[])),
            E::GCMarkAssistEnd if open == 0 => _ = self.emit(thread, E::GCMarkAssistActive, &[own]),
            E::STWEnd if open == 0 => _ = self.emit(thread, E::STWBegin, &[]),
            _ => {}
        }
    }

    /// Prepares the end of a region: ends those inside it first.
    fn prepare_region_end(&mut self, thread: u64, region: (u64, u64)) {
        let own = self.model.m(thread).g;
        let Some(g) = self.model.gs.get(&own) else { return };
        let regions = g.regions();
        if regions.is_empty() {
            return;
        }
        match regions.iter().rev().take(DEEPEST).position(|&open| open == region) {
            None => _ = self.emit(thread, EventType::UserRegionBegin, &[region.0, region.1]),
            Some(depth) => {
                let inner: Vec<_> = regions.iter().rev().take(depth).copied().collect();
                for (task, name) in inner {
                    self.emit(thread, EventType::UserRegionEnd, &[task, name]);
                }
            }
        }
    }

    /// Brings a known goroutine into the state that a status states.
    pub(super) fn follow_go_status(&mut self, thread: u64, args: &[u64; 4], p: u64) {
        let wanted = Wanted { g: args[0], p };
        match GoStatus::from_wire(args[2]) {
            Some(GoStatus::Waiting) => self.make_waiting(args[0], thread),
            Some(GoStatus::Runnable) => self.make_runnable(args[0], thread),
            Some(GoStatus::Running) => self.run_own(thread, wanted),
            Some(GoStatus::Syscall) => self.in_syscall(thread, wanted),
            Some(GoStatus::Bad) | None => {}
        }
    }

    /// Brings a known P into the state that a status states.
    pub(super) fn follow_proc_status(&mut self, thread: u64, args: &[u64; 4]) {
        match ProcStatus::from_wire(args[1]) {
            Some(ProcStatus::Running | ProcStatus::Syscall) if thread != NONE => self.take_proc(thread, args[0]),
            Some(ProcStatus::Idle) => self.idle_proc(args[0], thread),
            _ => {}
        }
    }
}
