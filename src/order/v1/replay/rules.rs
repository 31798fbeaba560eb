//! The rules that events are checked against, and the effects of rare events.

use super::{NO_G, P, Replay};
use crate::base::ids::{GoId, ProcId, StringId, TaskId, WIRE_NONE};
use crate::error::warning::{Repair, Warning};
use crate::error::{GoPhase, NamedRegion, Result, V1Error};
use crate::generation::v1::index::NO_PROC;
use crate::generation::v1::map::Decoded;
use crate::order::state::Slot;
use crate::order::user::unwind;
use crate::order::v1::gs::State;
use crate::order::v1::item::Item;
use crate::spec::v1::EventType;
use crate::spec::version::Version;
use crate::wire::v1::event::wrong;

impl Replay<'_> {
    #[cold]
    #[inline(never)]
    pub(super) fn report(&mut self, item: Item, what: V1Error) -> Result<()> {
        self.rule_defects.report(wrong(item.at, what))
    }

    pub(super) fn go_id(&self, slot: Slot) -> GoId {
        GoId(self.gs.id(slot))
    }

    /// Reports the end of a region that is not the innermost, and that ends `regions` of them.
    #[cold]
    #[inline(never)]
    fn report_region(&mut self, item: Item, ended: (u64, u64), innermost: (u64, u64), regions: u64) -> Result<()> {
        let goroutine = self.go_id(item.g);
        let named = |(task, name): (u64, u64)| {
            NamedRegion::new(self.tables.string(self.file, StringId(name)).unwrap_or_default(), task)
        };
        let what = V1Error::RegionMismatch { goroutine, ended: named(ended), innermost: named(innermost) };
        self.rule_defects.report_warning(Warning::new(wrong(item.at, what), Repair::RegionsEnded(regions), 0))
    }

    #[cold]
    #[inline(never)]
    fn not_in_phase(&mut self, at: usize, event: EventType, slot: Slot, expected: GoPhase) -> Result<()> {
        let (found, goroutine) = (self.g(slot).phase(), self.go_id(slot));
        self.rule_defects.report(wrong(at, V1Error::Goroutine { event, goroutine, found, expected }))
    }

    #[inline(always)]
    pub(super) fn needs_phase(&mut self, item: Item, slot: Slot, expected: GoPhase) -> Result<()> {
        if self.g(slot).phase() == expected { Ok(()) } else { self.not_in_phase(item.at, item.event, slot, expected) }
    }

    /// Demands that the event's P run that goroutine, or none.
    #[inline(always)]
    pub(super) fn needs_on_proc(&mut self, item: Item, expected: Slot) -> Result<()> {
        let has = self.p(item.proc).g;
        if has == expected { Ok(()) } else { self.wrong_on_proc(item.at, item.event, item.proc, expected) }
    }

    #[cold]
    #[inline(never)]
    fn wrong_on_proc(&mut self, at: usize, event: EventType, proc: u16, expected: Slot) -> Result<()> {
        let has = self.p(proc).g;
        let (has, expected, proc) = (self.go_id(has), self.go_id(expected), proc_id(proc));
        self.rule_defects.report(wrong(at, V1Error::ProcHas { event, proc, has, expected }))
    }

    #[cold]
    #[inline(never)]
    fn on_no_goroutine(&mut self, at: usize, event: EventType) -> Result<()> {
        self.rule_defects.report(wrong(at, V1Error::NoGoroutine { event }))
    }

    /// Demands that the event's goroutine run on its P.
    #[inline(always)]
    pub(super) fn needs_running(&mut self, item: Item) -> Result<()> {
        self.needs_phase(item, item.g, GoPhase::Running)?;
        self.needs_on_proc(item, item.g)?;
        if item.g == NO_G {
            self.on_no_goroutine(item.at, item.event)?;
        }
        Ok(())
    }

    /// Returns whether the end of a system call is to be put at the time that it states.
    #[inline(never)]
    pub(super) fn exit_moves(&mut self, item: Item) -> Result<bool> {
        let g = self.gs.get(item.g);
        let stale = g.state.take(State::STALE);
        let blocked = g.blocked;
        let early = item.exit < blocked;
        if item.exit == 0 || stale && early {
            // A stale time before the system call is that of an earlier exit, which was not written.
            return Ok(false);
        }
        if blocked != 0 && !early {
            if item.exit > item.ticks {
                self.g(item.g).set(State::LATE, true);
                self.late.insert(item.g, item.exit);
            }
            return Ok(true);
        }
        let what = if blocked == 0 {
            V1Error::StraySyscallExit { goroutine: self.go_id(item.g) }
        } else {
            V1Error::TimeOrder { event: item.event, ticks: blocked.wrapping_sub(item.exit) as u64 }
        };
        self.order_defects.report(wrong(item.at, what))?;
        Ok(false)
    }

    /// Demands that the goroutine's last system call have ended before the goroutine starts.
    #[cold]
    #[inline(never)]
    pub(super) fn check_late_exit(&mut self, item: Item) -> Result<()> {
        self.g(item.g).set(State::LATE, false);
        let (event, goroutine) = (item.event, self.go_id(item.g));
        let [found, expected] = [GoPhase::Waiting, GoPhase::Runnable];
        match self.late.remove(&item.g) {
            Some(ended) if ended > item.ticks => {
                self.report(item, V1Error::Goroutine { event, goroutine, found, expected })
            }
            _ => Ok(()),
        }
    }

    /// Demands that a range be open, or not.
    #[inline(always)]
    pub(super) fn needs_open(&mut self, item: Item, open: bool, expected: bool) -> Result<()> {
        if open == expected {
            return Ok(());
        }
        let event = item.event;
        self.report(item, if open { V1Error::RangeOpen { event } } else { V1Error::RangeNotOpen { event } })
    }

    /// Takes a goroutine off its P.
    #[inline(always)]
    pub(super) fn stop_running(&mut self, item: Item, phase: GoPhase) -> Result<()> {
        self.needs_running(item)?;
        if item.g != NO_G {
            let g = self.g(item.g);
            g.set_phase(phase);
            g.set(State::NETWORK, item.event == EventType::GoBlockNet);
        }
        self.p(item.proc).g = NO_G;
        Ok(())
    }

    /// Starts or stops a P; returns true if for the first time, and its M.
    pub(super) fn proc(&mut self, item: Item) -> Result<(bool, u64)> {
        let (event, proc) = (item.event, proc_id(item.proc));
        let p = *self.p(item.proc);
        if event == EventType::ProcStart {
            if p.running {
                self.report(item, V1Error::ProcRuns { event, proc })?;
            }
            let thread = Decoded::at(self.file, item.at, self.version).map_or(0, |raw| raw.args[0]);
            *self.p(item.proc) = P { seen: true, running: true, thread, ..p };
            Ok((!p.seen, thread))
        } else {
            if !p.running {
                self.report(item, V1Error::ProcStopped { event, proc })?;
            }
            self.needs_on_proc(item, NO_G)?;
            *self.p(item.proc) = P { seen: true, running: false, thread: WIRE_NONE, g: NO_G, ..p };
            Ok((!p.seen, p.thread))
        }
    }

    /// Handles ranges, tasks and regions; returns the offset of the event that began what this
    /// one ends, and true if a region begins.
    #[inline(never)]
    pub(super) fn range_or_task(&mut self, item: Item) -> Result<(usize, bool)> {
        use EventType::*;
        let event = item.event;
        // Before Go 1.10 each P is stopped by an event of its own.
        let mut began = 0;
        let alone = self.version < Version::Go110;
        match event {
            STWStart => {
                let stopped = if alone { &mut self.p(item.proc).stopped } else { &mut self.stopped };
                let open = std::mem::replace(stopped, item.at) != 0;
                self.needs_open(item, open, false)?;
                self.last_stop = item.at;
            }
            STWDone => {
                let stopped = if alone { &mut self.p(item.proc).stopped } else { &mut self.stopped };
                let open = std::mem::take(stopped) != 0;
                self.needs_open(item, open, true)?;
                began = self.last_stop;
            }
            GCMarkAssistStart => {
                let g = self.g(item.g);
                let open = g.has(State::ASSISTS);
                g.set(State::ASSISTS, true);
                self.needs_open(item, open, false)?;
            }
            // The assist may have begun before the trace, so its end is never a defect.
            GCMarkAssistDone => self.g(item.g).set(State::ASSISTS, false),
            _ => {}
        }
        if !matches!(event, UserTaskCreate | UserTaskEnd | UserRegion) {
            return Ok((began, false));
        }
        let Some(Decoded { args: [task, mode, name], .. }) = Decoded::at(self.file, item.at, self.version) else {
            return Ok((began, false));
        };
        match event {
            UserTaskCreate => {
                if self.tasks.insert(task, item.at).is_some() {
                    self.report(item, V1Error::TaskExists { task: TaskId(task) })?;
                }
            }
            UserTaskEnd => began = self.tasks.remove(&task).unwrap_or_default(),
            _ if mode == 0 => self.regions.entry(item.g).or_default().push((task, name)),
            _ if mode == 1 => {
                let regions = self.regions.entry(item.g).or_default();
                let innermost = regions.last().copied();
                let ended = unwind(regions, &(task, name));
                if let Some(innermost) = innermost.filter(|innermost| *innermost != (task, name)) {
                    self.report_region(item, (task, name), innermost, ended)?;
                }
            }
            _ => self.report(item, V1Error::RegionMode { mode })?,
        }
        Ok((began, mode == 0))
    }
}

fn proc_id(proc: u16) -> ProcId {
    ProcId(if proc == NO_PROC { WIRE_NONE } else { u64::from(proc) })
}
