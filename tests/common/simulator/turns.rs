//! The things that an M may do in a turn.

use super::{Change, Hold, M, STRINGS, Simulator, WATCHER};
use GoState::{NotExist, Runnable, Running, Syscall, Waiting};
use gotrace::spec::v2::EventType::*;
use gotrace::{GoState, ProcState, Version};

impl Simulator {
    pub(super) fn turn(&mut self) {
        let m = self.dice.roll(self.ms.len());
        let M { p, g, .. } = self.ms[m];
        match (p, g.map(|g| (g, self.gs[g].state))) {
            (Some(p), Some((g, Running))) => self.user(m, p, g),
            (_, Some((g, Syscall))) => self.in_syscall(m, p, g),
            (Some(p), _) => self.scheduler(m, p),
            (None, _) => self.bare(m),
        }
    }

    /// Returns one of the goroutines in that state, if there are any.
    fn any_g(&mut self, state: GoState, on: usize) -> Option<usize> {
        let fits = |g: &super::G| g.state == state && g.pinned.is_none_or(|m| m == on || state != Runnable);
        let found: Vec<usize> = (0..self.gs.len()).filter(|&g| fits(&self.gs[g])).collect();
        (!found.is_empty()).then(|| found[self.dice.roll(found.len())])
    }

    fn any_p(&mut self, holds: &[Hold], not_of: usize) -> Option<usize> {
        let fits = |p: &super::P| holds.contains(&p.hold) && p.m != Some(not_of);
        let found: Vec<usize> = (0..self.ps.len()).filter(|&p| fits(&self.ps[p])).collect();
        (!found.is_empty()).then(|| found[self.dice.roll(found.len())])
    }

    /// Changes a goroutine's state, and takes it off its M unless it stays bound.
    fn set_g(&mut self, g: usize, to: GoState, m: Option<usize>) -> Change {
        let from = std::mem::replace(&mut self.gs[g].state, to);
        if let Some(m) = self.gs[g].m {
            self.ms[m].g = None;
        }
        self.gs[g].m = m;
        if let Some(m) = m {
            self.ms[m].g = Some(g);
        }
        Change::G(self.gs[g].id, from, to)
    }

    /// Takes a turn of an M that runs code of the program.
    fn user(&mut self, m: usize, p: usize, g: usize) {
        self.mention(m);
        let string = self.string(self.gs[g].regions.len() % STRINGS);
        let stack = self.stack();
        let id = self.gs[g].id;
        if self.mention_gc {
            self.mention_gc = false;
            self.gc_seq += 1;
            return self.emit(m, GCActive, &[self.gc_seq], &[]);
        }
        if self.gs[g].stopping {
            self.gs[g].stopping = false;
            return self.emit(m, STWEnd, &[], &[]);
        }
        let coroutines = self.version >= Version::Go123;
        match self.dice.roll(26) {
            0 | 1 => self.create(m, Runnable),
            2 if coroutines => self.create(m, Waiting),
            3 | 4 => self.leave(m, g, Waiting, string, stack),
            5 => self.leave(m, g, Runnable, string, stack),
            6 => {
                let context = self.context(m);
                let change = self.set_g(g, NotExist, None);
                self.emit_as(m, context, GoDestroy, &[], &[change]);
            }
            7 | 8 => self.unblock(m),
            9..=12 if !self.ps[p].sweeping => {
                self.ps[p].seq += 1;
                let (seq, context) = (self.ps[p].seq, self.context(m));
                self.ps[p].hold = Hold::Syscall;
                let change = self.set_g(g, Syscall, Some(m));
                self.emit_as(m, context, GoSyscallBegin, &[seq, stack], &[change]);
            }
            13 if coroutines => self.switch(m, g),
            14 => self.range(m, g, string, stack),
            15 | 16 => self.sweep(m, p),
            17 => self.collect(m, stack),
            18 => {
                let task = self.next_task;
                self.next_task += 1;
                self.tasks.push(task);
                self.emit(m, UserTaskBegin, &[task, task / 2, string, stack], &[]);
            }
            19 if !self.tasks.is_empty() => {
                let at = self.dice.roll(self.tasks.len());
                let task = self.tasks.swap_remove(at);
                self.emit(m, UserTaskEnd, &[task, stack], &[]);
            }
            20 => {
                let (task, name) = (self.dice.roll(3) as u64, self.dice.roll(STRINGS));
                self.gs[g].regions.push((task, name));
                self.emit(m, UserRegionBegin, &[task, self.string(name), stack], &[]);
            }
            21 => {
                let (task, name) = self.gs[g].regions.pop().unwrap_or((0, 2));
                self.emit(m, UserRegionEnd, &[task, self.string(name), stack], &[]);
            }
            22 => self.emit(m, UserLog, &[1, self.string(3), string, stack], &[]),
            23 => self.emit(m, GoLabel, &[string], &[]),
            24 => {
                self.grow(1);
                self.emit(m, ProcsChange, &[self.ps.len() as u64, stack], &[]);
            }
            25 => self.steal_any(m),
            _ if coroutines => self.emit(m, HeapObjectAlloc, &[id, 3], &[]),
            _ => self.emit(m, HeapGoal, &[id], &[]),
        }
    }

    /// Takes a turn of an M that has a P and looks for work.
    fn scheduler(&mut self, m: usize, p: usize) {
        self.mention(m);
        match self.dice.roll(12) {
            0..=5 => {
                let Some(g) = self.any_g(Runnable, m) else { return };
                self.mention_g(m, g);
                self.gs[g].seq += 1;
                let (args, context) = ([self.gs[g].id, self.gs[g].seq], self.context(m));
                let change = self.set_g(g, Running, Some(m));
                self.emit_as(m, context, GoStart, &args, &[change]);
            }
            6 => self.unblock(m),
            7 => {
                let g = self.new_g(Runnable, None);
                self.emit(m, GoCreate, &[self.gs[g].id, 0, 0], &[Change::G(self.gs[g].id, NotExist, Runnable)]);
            }
            8 => self.steal_any(m),
            9 => self.emit(m, HeapAlloc, &[1 << 20], &[]),
            10 => self.sweep(m, p),
            _ if !self.ps[p].sweeping => self.stop_p(m, p),
            _ => {}
        }
    }

    /// Takes a turn of an M without a P.
    fn bare(&mut self, m: usize) {
        match self.dice.roll(8) {
            0..=3 if m != WATCHER => self.start_p(m),
            4 if m != WATCHER => {
                let g = self.new_g(Syscall, None);
                let (id, context) = (self.gs[g].id, self.context(m));
                self.gs[g].state = NotExist;
                let change = self.set_g(g, Syscall, Some(m));
                self.emit_as(m, context, GoCreateSyscall, &[id], &[change]);
            }
            5 => self.unblock(m),
            _ => self.steal_any(m),
        }
    }

    /// Takes a turn of an M in a syscall, with or without its P.
    fn in_syscall(&mut self, m: usize, p: Option<usize>, g: usize) {
        let in_syscall = p.filter(|&p| self.ps[p].hold == Hold::Syscall);
        match (in_syscall, self.dice.roll(8)) {
            (_, 0) => self.mention(m),
            (Some(p), 1) if self.gs[g].from_c => {
                self.mention(m);
                let context = self.context(m);
                (self.ps[p].hold, self.ps[p].m, self.ms[m].p) = (Hold::Lost, None, None);
                self.ps[p].last_m = context.0;
                self.out.lost.insert(p as u64);
                let stolen = Change::P(p as u64, ProcState::Running, ProcState::Idle);
                let change = self.set_g(g, NotExist, None);
                self.emit_as(m, context, GoDestroySyscall, &[], &[stolen, change]);
            }
            (Some(p), 2) => {
                self.mention(m);
                self.stop_p(m, p);
            }
            (Some(p), 3) => {
                self.mention(m);
                self.steal(m, p);
            }
            (Some(p), _) => {
                self.mention(m);
                let context = self.context(m);
                self.ps[p].hold = Hold::Running;
                let change = self.set_g(g, Running, Some(m));
                self.emit_as(m, context, GoSyscallEnd, &[], &[change]);
            }
            (None, 1 | 2) if p.is_none() => self.start_p(m),
            (None, 3) if p.is_none() && self.gs[g].from_c => {
                self.mention(m);
                self.out.lost.extend(self.ms[m].stolen.map(|p| p as u64));
                let context = self.context(m);
                let change = self.set_g(g, NotExist, None);
                self.emit_as(m, context, GoDestroySyscall, &[], &[change]);
            }
            (None, _) => {
                self.mention(m);
                let context = self.context(m);
                let change = self.set_g(g, Runnable, None);
                self.emit_as(m, context, GoSyscallEndBlocked, &[], &[change]);
            }
        }
    }

    fn create(&mut self, m: usize, state: GoState) {
        let g = self.new_g(state, None);
        let event = if state == Waiting { GoCreateBlocked } else { GoCreate };
        let args = [self.gs[g].id, self.stack(), self.stack()];
        self.emit(m, event, &args, &[Change::G(args[0], NotExist, state)]);
    }

    fn leave(&mut self, m: usize, g: usize, to: GoState, reason: u64, stack: u64) {
        let context = self.context(m);
        let change = self.set_g(g, to, None);
        self.emit_as(m, context, if to == Waiting { GoBlock } else { GoStop }, &[reason, stack], &[change]);
    }

    fn unblock(&mut self, m: usize) {
        let Some(g) = self.any_g(Waiting, m) else { return };
        self.mention(m);
        self.mention_g(m, g);
        self.gs[g].seq += 1;
        let args = [self.gs[g].id, self.gs[g].seq, self.stack()];
        let change = self.set_g(g, Runnable, None);
        self.emit(m, GoUnblock, &args, &[change]);
    }

    fn switch(&mut self, m: usize, g: usize) {
        let Some(next) = self.any_g(Waiting, m).filter(|&next| self.gs[next].pinned.is_none_or(|pin| pin == m)) else {
            return;
        };
        self.mention_g(m, next);
        self.gs[next].seq += 1;
        let (args, context) = ([self.gs[next].id, self.gs[next].seq], self.context(m));
        let ends = self.dice.roll(3) == 0;
        let unblocked = self.set_g(next, Runnable, None);
        let left = self.set_g(g, if ends { NotExist } else { Waiting }, None);
        let started = self.set_g(next, Running, Some(m));
        let event = if ends { GoSwitchDestroy } else { GoSwitch };
        self.emit_as(m, context, event, &args, &[unblocked, left, started]);
    }

    fn range(&mut self, m: usize, g: usize, string: u64, stack: u64) {
        if self.gs[g].assisting {
            self.gs[g].assisting = false;
            self.emit(m, GCMarkAssistEnd, &[], &[]);
        } else if self.dice.roll(2) == 0 {
            self.gs[g].assisting = true;
            self.emit(m, GCMarkAssistBegin, &[stack], &[]);
        } else {
            self.gs[g].stopping = true;
            self.emit(m, STWBegin, &[string, stack], &[]);
        }
    }

    fn sweep(&mut self, m: usize, p: usize) {
        let stack = self.stack();
        self.ps[p].sweeping ^= true;
        if !self.ps[p].sweeping {
            self.emit(m, GCSweepEnd, &[4096, 512], &[]);
        } else {
            self.emit(m, GCSweepBegin, &[stack], &[]);
        }
    }

    fn collect(&mut self, m: usize, stack: u64) {
        let (home, generation) = *self.gc_home.get_or_insert((m, self.generation));
        if home != m && generation == self.generation {
            return;
        }
        self.gc_seq += 1;
        self.marking ^= true;
        if !self.marking {
            self.emit(m, GCEnd, &[self.gc_seq], &[]);
        } else {
            self.emit(m, GCBegin, &[self.gc_seq, stack], &[]);
        }
    }

    fn stop_p(&mut self, m: usize, p: usize) {
        let context = self.context(m);
        (self.ps[p].hold, self.ps[p].m, self.ms[m].p) = (Hold::Idle, None, None);
        self.emit_as(m, context, ProcStop, &[], &[Change::P(p as u64, ProcState::Running, ProcState::Idle)]);
    }

    fn start_p(&mut self, m: usize) {
        let Some(p) = self.any_p(&[Hold::Idle], m) else { return };
        self.mention(m);
        self.mention_p(m, p);
        self.ps[p].seq += 1;
        let (seq, context) = (self.ps[p].seq, self.context(m));
        (self.ps[p].hold, self.ps[p].m, self.ms[m].p) = (Hold::Running, Some(m), Some(p));
        let change = Change::P(p as u64, ProcState::Idle, ProcState::Running);
        self.emit_as(m, context, ProcStart, &[p as u64, seq], &[change]);
    }

    fn steal_any(&mut self, m: usize) {
        if let Some(p) = self.any_p(&[Hold::Syscall, Hold::Lost], m) {
            self.mention(m);
            self.steal(m, p);
        }
    }

    /// Takes a P from an M that is in a syscall, or gone.
    pub(super) fn steal(&mut self, m: usize, p: usize) {
        self.mention_p(m, p);
        self.ps[p].seq += 1;
        let (seq, context, from) = (self.ps[p].seq, self.context(m), self.ps[p].m);
        let lost = self.ps[p].hold == Hold::Lost;
        (self.ps[p].hold, self.ps[p].m) = (Hold::Idle, None);
        if let Some(from) = from {
            (self.ms[from].p, self.ms[from].stolen) = (None, Some(p));
        }
        let before = if lost { ProcState::Idle } else { ProcState::Running };
        let args = [p as u64, seq, from.map_or(self.ps[p].last_m, |from| self.ms[from].id)];
        self.emit_as(m, context, ProcSteal, &args, &[Change::P(p as u64, before, ProcState::Idle)]);
    }
}
