//! Rules of the order, as a reader of the output applies them to a trace of one generation:
//! the state that an event requires, and the state after it. Source:
//! `internal/trace/order.go` of Go 1.27. Stricter where Go lets an event orphan its M's
//! goroutine or P.

use super::model::{G, Gc, Model, NONE};
use crate::base::limits::MAX_PROC_ID;
use crate::spec::status::{GoStatus, ProcStatus};
use crate::spec::v2::EventType;

impl Model {
    /// Applies an event to an M, if the rules allow it. `args` are those behind the time
    /// difference, and get the sequence number that is due. Returns whether it was applied;
    /// if not, nothing has changed.
    pub(super) fn apply(&mut self, thread: u64, event: EventType, args: &mut [u64; 4]) -> bool {
        use EventType as E;
        let m = self.m(thread);
        let (has_g, has_p) = (m.g != NONE, m.p != NONE);
        let all = has_g && has_p;
        match event {
            E::ProcStatus => self.proc_status(thread, args),
            E::ProcStart => {
                let free = thread != NONE && !has_p;
                free && self.proc_moves(args[0], &mut args[1], ProcStatus::Running, thread, |p| p == ProcStatus::Idle)
            }
            E::ProcStop => {
                let held = matches!(self.own_proc_status(thread), Some(ProcStatus::Running | ProcStatus::Syscall));
                if held {
                    self.put_proc(m.p, ProcStatus::Idle, NONE);
                }
                held
            }
            E::ProcSteal => {
                let Some(p) = self.p(args[0]) else { return false };
                // Nobody holds an abandoned P, so the event's M does not matter then.
                let victim_is_right = p.status == ProcStatus::SyscallAbandoned || p.holder == args[2];
                let may = |p| matches!(p, ProcStatus::Syscall | ProcStatus::SyscallAbandoned);
                let ok = thread != NONE && victim_is_right;
                ok && self.proc_moves(args[0], &mut args[1], ProcStatus::Idle, NONE, may)
            }

            E::GoStatus | E::GoStatusStack => self.go_status_event(thread, args),
            E::GoCreate | E::GoCreateBlocked => {
                let status = if event == E::GoCreate { GoStatus::Runnable } else { GoStatus::Waiting };
                // The scheduler creates goroutines too, without one of its own.
                let may = has_p && (!has_g || self.own_status(thread) == Some(GoStatus::Running));
                may && self.new_goroutine(args[0], status, NONE)
            }
            E::GoCreateSyscall => thread != NONE && !has_g && self.new_goroutine(args[0], GoStatus::Syscall, thread),
            E::GoStart => {
                let free = has_p && !has_g;
                free && self.go_moves(args[0], &mut args[1], GoStatus::Runnable, GoStatus::Running, thread)
            }
            E::GoUnblock => self.go_moves(args[0], &mut args[1], GoStatus::Waiting, GoStatus::Runnable, NONE),
            E::GoStop => all && self.go_leaves(thread, GoStatus::Running, Some(GoStatus::Runnable)),
            E::GoBlock => all && self.go_leaves(thread, GoStatus::Running, Some(GoStatus::Waiting)),
            E::GoDestroy => all && self.go_leaves(thread, GoStatus::Running, None),
            E::GoSwitch | E::GoSwitchDestroy => {
                let running = all && self.own_status(thread) == Some(GoStatus::Running) && args[0] != m.g;
                if !running || self.go_status(args[0]) != Some(GoStatus::Waiting) {
                    return false;
                }
                let left = (event == E::GoSwitch).then_some(GoStatus::Waiting);
                self.go_leaves(thread, GoStatus::Running, left)
                    && self.go_moves(args[0], &mut args[1], GoStatus::Waiting, GoStatus::Running, thread)
            }

            E::GoSyscallBegin => {
                if !all || self.own_status(thread) != Some(GoStatus::Running) {
                    return false;
                }
                self.set_own(thread, GoStatus::Syscall);
                self.proc_moves(m.p, &mut args[0], ProcStatus::Syscall, thread, |_| true)
            }
            E::GoSyscallEnd => {
                let own = (self.own_status(thread), self.own_proc_status(thread));
                if own != (Some(GoStatus::Syscall), Some(ProcStatus::Syscall)) {
                    return false;
                }
                self.set_own(thread, GoStatus::Running);
                self.put_proc(m.p, ProcStatus::Running, thread);
                true
            }
            E::GoSyscallEndBlocked => {
                // A P that is still in the syscall means that it did not block.
                self.own_proc_status(thread) != Some(ProcStatus::Syscall)
                    && self.go_leaves(thread, GoStatus::Syscall, Some(GoStatus::Runnable))
            }
            E::GoDestroySyscall => {
                let proc = self.own_proc_status(thread);
                if proc.is_some_and(|p| p != ProcStatus::Syscall) || !self.go_leaves(thread, GoStatus::Syscall, None) {
                    return false;
                }
                // The C thread leaves its P behind, in the syscall, for others to steal.
                if has_p {
                    self.put_proc(m.p, ProcStatus::SyscallAbandoned, NONE);
                }
                true
            }

            E::STWBegin => all && self.range_begins(m.g, event, args[0]),
            E::GCMarkAssistBegin => all && self.range_begins(m.g, event, 0),
            E::GCMarkAssistActive => self.range_begins(args[0], E::GCMarkAssistBegin, 0),
            E::STWEnd => all && self.range_ends(m.g, E::STWBegin),
            E::GCMarkAssistEnd => all && self.range_ends(m.g, E::GCMarkAssistBegin),
            E::GCSweepBegin => self.sweeps(m.p, true),
            E::GCSweepActive => self.sweeps(args[0], true),
            E::GCSweepEnd => self.sweeps(m.p, false),

            E::GCActive => self.gc == Gc::Undetermined && self.gc_moves(args, Gc::Marking),
            E::GCBegin => {
                // Go checks neither goroutine nor P of the first event about a cycle.
                let may = self.gc == Gc::Undetermined || self.gc == Gc::Off && all;
                may && self.gc_moves(args, Gc::Marking)
            }
            E::GCEnd => self.gc == Gc::Marking && all && self.gc_moves(args, Gc::Off),

            E::HeapAlloc | E::HeapGoal => has_p,
            E::ProcsChange | E::GoLabel | E::UserLog => all,
            E::UserTaskBegin => all && self.tasks.insert(args[0]),
            E::UserTaskEnd => {
                // A task may have begun before the trace, so its end needs no beginning.
                if all {
                    self.tasks.remove(&args[0]);
                }
                all
            }
            E::UserRegionBegin => {
                let Some(g) = self.gs.get_mut(&m.g).filter(|_| all) else { return false };
                g.more().regions.push((args[0], args[1]));
                true
            }
            E::UserRegionEnd => {
                let Some(g) = self.gs.get_mut(&m.g).filter(|_| all) else { return false };
                // Without an open region, the end is of one from before the trace.
                let Some(&innermost) = g.regions().last() else { return true };
                let fits = innermost == (args[0], args[1]);
                if fits {
                    g.more().regions.pop();
                }
                fits
            }
            event => event.spec().experimental && thread != NONE,
        }
    }

    /// Applies the first mention of a P.
    fn proc_status(&mut self, thread: u64, args: &[u64; 4]) -> bool {
        let Some(status) = ProcStatus::from_wire(args[1]).filter(|&s| s != ProcStatus::Bad) else { return false };
        let held = matches!(status, ProcStatus::Running | ProcStatus::Syscall);
        let refused = held && (thread == NONE || self.m(thread).p != NONE);
        if refused || args[0] > MAX_PROC_ID || self.p(args[0]).is_some() {
            return false;
        }
        self.put_proc(args[0], status, if held { thread } else { NONE });
        true
    }

    /// Changes the state of a P by an event that has a sequence number.
    fn proc_moves(
        &mut self,
        id: u64,
        seq: &mut u64,
        to: ProcStatus,
        holder: u64,
        may: impl Fn(ProcStatus) -> bool,
    ) -> bool {
        let Some(p) = self.p_mut(id).filter(|p| may(p.status)) else { return false };
        p.seq += 1;
        *seq = p.seq;
        self.put_proc(id, to, holder);
        true
    }

    /// Applies the first mention of a goroutine.
    fn go_status_event(&mut self, thread: u64, args: &[u64; 4]) -> bool {
        let Some(status) = GoStatus::from_wire(args[2]).filter(|&s| s != GoStatus::Bad) else { return false };
        let held = matches!(status, GoStatus::Running | GoStatus::Syscall);
        let refused = held && (thread == NONE || self.m(thread).g != NONE);
        if refused || status == GoStatus::Syscall && args[1] != thread {
            return false;
        }
        self.new_goroutine(args[0], status, if held { thread } else { NONE })
    }

    fn new_goroutine(&mut self, id: u64, status: GoStatus, holder: u64) -> bool {
        if id == NONE || self.gs.contains_key(&id) {
            return false;
        }
        self.gs.insert(id, G::new(status, holder));
        if holder != NONE {
            self.set_g(holder, id);
        }
        true
    }

    /// Changes the state of a goroutine that no M has.
    fn go_moves(&mut self, id: u64, seq: &mut u64, from: GoStatus, to: GoStatus, holder: u64) -> bool {
        let Some(g) = self.gs.get_mut(&id).filter(|g| g.status == from) else { return false };
        g.seq += 1;
        (*seq, g.status, g.holder) = (g.seq, to, holder);
        if holder != NONE {
            self.set_g(holder, id);
        }
        true
    }

    /// Takes the M's own goroutine off it, or ends it.
    fn go_leaves(&mut self, thread: u64, from: GoStatus, to: Option<GoStatus>) -> bool {
        let own = self.m(thread).g;
        let Some(g) = self.gs.get_mut(&own).filter(|g| g.status == from) else { return false };
        match to {
            Some(to) => (g.status, g.holder) = (to, NONE),
            None => _ = self.gs.remove(&own),
        }
        self.set_g(thread, NONE);
        true
    }

    fn set_own(&mut self, thread: u64, status: GoStatus) {
        let own = self.m(thread).g;
        if let Some(g) = self.gs.get_mut(&own) {
            g.status = status;
        }
    }

    fn range_begins(&mut self, g: u64, begin: EventType, kind: u64) -> bool {
        let Some(g) = self.gs.get_mut(&g) else { return false };
        let new = !g.ranges().contains(&(begin, kind));
        if new {
            g.more().ranges.push((begin, kind));
        }
        new
    }

    fn range_ends(&mut self, g: u64, begin: EventType) -> bool {
        let Some(g) = self.gs.get_mut(&g) else { return false };
        let Some(open) = g.ranges().iter().position(|range| range.0 == begin) else { return false };
        // Go's list decides which of several stops ends: it fills the gap with the last.
        g.more().ranges.swap_remove(open);
        true
    }

    fn sweeps(&mut self, p: u64, to: bool) -> bool {
        self.p_mut(p).is_some_and(|p| std::mem::replace(&mut p.sweeping, to) != to)
    }

    fn gc_moves(&mut self, args: &mut [u64; 4], to: Gc) -> bool {
        self.gc_seq = self.gc_seq.wrapping_add(1);
        (args[0], self.gc) = (self.gc_seq, to);
        true
    }
}
