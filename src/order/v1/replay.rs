//! The check of the merged events against the rules of the
//! scheduler: no P runs two goroutines, only waiting ones are woken. The records
//! of each event go into the window.
//!
//! The end of a system call takes effect where it was written, which is right
//! before its goroutine starts; nothing else can happen to the goroutine until then.

mod plain;
mod rules;

use super::convert::Form;
use super::defects::Defects;
use super::gs::{Gs, NO_G, State};
use super::head::Head;
use super::item::Item;
use super::step::{GC_PROC, NETPOLL_PROC, SYSCALL_PROC, Step, TIMER_PROC};
use super::window::Window;
use crate::base::ids::WIRE_NONE;
use crate::base::limits::Limits;
use crate::error::warning::Warning;
use crate::error::{GoPhase, Result, V1Error};
use crate::generation::tables::Tables;
use crate::generation::v1::index::Index;
use crate::order::state::{NONE, Slot};
use crate::spec::v1::{EventType, blocking};
use crate::spec::version::Version;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// The state of a P that the rules need.
#[derive(Clone, Copy, Debug)]
struct P {
    /// The ID; [`NONE`] for events on no P.
    id: u32,
    g: Slot,
    thread: u64,
    seen: bool,
    running: bool,
    sweeps: bool,
    /// The offset of the event that began its stop-the-world (before Go 1.10), or 0.
    stopped: usize,
}

const P_ABSENT: P = P { id: NONE, g: NO_G, thread: WIRE_NONE, seen: false, running: false, sweeps: false, stopped: 0 };

/// Returns the index of a P among all, of which the first is that of events on no P.
#[inline(always)]
fn place(proc: u16) -> usize {
    usize::from(proc.wrapping_add(1))
}

/// The state of the check of a v1 trace's events.
#[derive(Clone, Debug)]
pub(crate) struct Replay<'a> {
    file: &'a [u8],
    version: Version,
    /// The tables of names, for messages.
    tables: Arc<Tables>,
    pub(crate) gs: Gs,
    /// The Ps by [`place`].
    ps: Vec<P>,
    collecting: bool,
    /// The offset of the event that began the stop-the-world, or 0.
    stopped: usize,
    last_stop: usize,
    /// The offsets of the events that began the open tasks.
    tasks: FxHashMap<u64, usize>,
    /// The open regions of goroutines, by task and name.
    regions: FxHashMap<Slot, Vec<(u64, u64)>>,
    /// The times, in ticks, at which system calls of goroutines ended that ended later than that
    /// was written.
    late: FxHashMap<Slot, i64>,
    form: Form,
    /// The time of the first event, in ticks.
    pub(crate) start: Option<i64>,
    /// The time of the last merged event, in ticks.
    pub(crate) last: i64,
    pub(crate) window: Window,
    /// Defects found by reading and merging.
    pub(crate) order_defects: Defects,
    /// Defects found by the rules.
    rule_defects: Defects,
}

impl<'a> Replay<'a> {
    /// Creates the state before the first event.
    pub(crate) fn new(file: &'a [u8], index: &Index, leniency: Option<Limits>, form: Form) -> Replay<'a> {
        let mut gs = Gs::default();
        for &id in &index.timers {
            let slot = gs.slot(id);
            gs.get(slot).state.set(State::TIMER, true);
        }
        let batches = index.batches.iter().map(|batch| place(batch.proc));
        let samples = index.samples.iter().filter_map(|sample| Some(place(u16::try_from(sample.proc?.0).ok()?)));
        let most = batches.chain(samples).max().unwrap_or_default();
        let defects = Defects::new(leniency);
        Replay {
            file,
            version: index.version,
            tables: Arc::clone(&index.tables),
            gs,
            ps: [NONE].into_iter().chain(0..most as u32).map(|id| P { id, ..P_ABSENT }).collect(),
            collecting: false,
            stopped: 0,
            last_stop: 0,
            tasks: FxHashMap::default(),
            regions: FxHashMap::default(),
            late: FxHashMap::default(),
            form,
            start: None,
            last: i64::MIN,
            window: Window::default(),
            order_defects: defects.clone(),
            rule_defects: defects,
        }
    }

    /// Returns the defects found so far, in lenient mode.
    pub(crate) fn take_defects(&mut self) -> Vec<Warning> {
        let mut defects = self.order_defects.take();
        defects.append(&mut self.rule_defects.take());
        defects
    }

    #[inline(always)]
    fn g(&mut self, slot: Slot) -> &mut State {
        &mut self.gs.get(slot).state
    }

    #[inline(always)]
    fn p(&mut self, proc: u16) -> &mut P {
        &mut self.ps[place(proc)]
    }

    /// Ends a goroutine, and its regions.
    #[inline(always)]
    fn end_goroutine(&mut self, slot: Slot) {
        if !self.regions.is_empty() {
            self.regions.remove(&slot);
        }
        self.gs.end(slot);
    }

    /// Handles the next event of a trace that is not merged; errs in
    /// strict mode only.
    pub(crate) fn event(&mut self, item: Item) -> Result<()> {
        let Item { ticks, at, g, other, event, .. } = item;
        let head = Head { ticks, at, g, other, event, ..Head::NONE };
        if self.handle_plain::<false>(&head, item.proc) { Ok(()) } else { self.handle_fully(item) }
    }

    /// Handles the next event by all rules; errs in strict mode only.
    #[inline(never)]
    pub(crate) fn handle_fully(&mut self, item: Item) -> Result<()> {
        use EventType::*;
        use GoPhase::*;
        let event = item.event;
        self.start.get_or_insert(item.ticks);
        let mut ticks = item.ticks;
        let P { id: mut proc, mut thread, .. } = *self.p(item.proc);
        let (mut moved, mut timer, mut called_back, mut first_of_proc) = (false, false, false, false);
        let (mut began, mut begins) = (0, false);
        let g = self.gs.get(item.g);
        let id = g.id;
        if g.state.take(State::CALLS) {
            self.window.close(g.syscall, event == GoSysBlock);
        }
        match event {
            GoStart | GoStartLabel => {
                // The first start of a goroutine of C's also ends the system call that it appeared in.
                called_back = self.g(item.g).take(State::IN_C);
                if self.g(item.g).has(State::LATE) {
                    self.check_late_exit(item)?;
                }
                if !called_back {
                    self.needs_phase(item, item.g, Runnable)?;
                }
                self.needs_on_proc(item, NO_G)?;
                let g = self.g(item.g);
                g.set_phase(Running);
                g.set(State::NETWORK, false);
                g.set(State::EXISTS, true);
                self.p(item.proc).g = item.g;
            }
            blocking!() => self.stop_running(item, Waiting)?,
            GoSysBlock => {
                self.gs.get(item.g).blocked = item.ticks;
                self.stop_running(item, Waiting)?;
            }
            GoSched | GoPreempt => self.stop_running(item, Runnable)?,
            GoStop => self.stop_running(item, Dead)?,
            GoEnd => {
                // A goroutine that the P does not run is not taken to have ended.
                let sound = self.g(item.g).phase() == Running && self.p(item.proc).g == item.g;
                self.stop_running(item, Dead)?;
                if sound {
                    self.end_goroutine(item.g);
                } else {
                    self.regions.remove(&item.g);
                }
            }
            GoUnblock => {
                self.needs_phase(item, item.g, Running)?;
                timer = self.g(item.g).has(State::TIMER);
                if !timer {
                    self.needs_on_proc(item, item.g)?;
                }
                self.needs_phase(item, item.other, Waiting)?;
                let woken = self.g(item.other);
                woken.set_phase(Runnable);
                // Go attributes wakeups to what caused them, instead of the P they were written on.
                if woken.take(State::NETWORK) {
                    (proc, thread) = (NETPOLL_PROC, WIRE_NONE);
                } else if timer {
                    (proc, thread) = (TIMER_PROC, WIRE_NONE);
                }
            }
            GoCreate => {
                self.needs_phase(item, item.g, Running)?;
                self.needs_on_proc(item, item.g)?;
                if self.g(item.other).has(State::EXISTS) {
                    let goroutine = self.go_id(item.other);
                    self.report(item, V1Error::GoroutineExists { event, goroutine })?;
                }
                let created = self.g(item.other);
                created.set_phase(Runnable);
                created.set(State::EXISTS, true);
                created.set(State::NETWORK, false);
            }
            GoSysCall => {
                self.needs_running(item)?;
                let place = self.window.place();
                let g = self.gs.get(item.g);
                g.state = g.state.without(State::NETWORK).with(State::CALLS);
                g.syscall = place;
            }
            GoSysExit => {
                self.needs_phase(item, item.g, Waiting)?;
                let g = self.g(item.g);
                g.set_phase(Runnable);
                *g = g.without(State::NETWORK).without(State::IN_C);
                if self.exit_moves(item)? {
                    (ticks, moved) = (item.exit, true);
                }
                (proc, thread) = (SYSCALL_PROC, WIRE_NONE);
            }
            GoWaiting | GoInSyscall => {
                if event == GoInSyscall {
                    let g = self.gs.get(item.g);
                    g.blocked = item.ticks;
                    g.state.set(State::MERGE_IN_C, true);
                }
                self.needs_phase(item, item.g, Runnable)?;
                let g = self.g(item.g);
                g.set_phase(Waiting);
                g.set(State::NETWORK, false);
                g.set(State::IN_C, event == GoInSyscall);
            }
            ProcStart | ProcStop => {
                (first_of_proc, thread) = self.proc(item)?;
            }
            GCStart => {
                let open = std::mem::replace(&mut self.collecting, true);
                self.needs_open(item, open, false)?;
                (proc, thread) = (GC_PROC, WIRE_NONE);
            }
            GCDone => {
                let open = std::mem::take(&mut self.collecting);
                self.needs_open(item, open, true)?;
            }
            GCSweepStart => {
                let open = std::mem::replace(&mut self.p(item.proc).sweeps, true);
                self.needs_open(item, open, false)?;
            }
            GCSweepDone => {
                let open = std::mem::take(&mut self.p(item.proc).sweeps);
                self.needs_open(item, open, true)?;
            }
            STWStart | STWDone | GCMarkAssistStart | GCMarkAssistDone | UserTaskCreate | UserTaskEnd | UserRegion => {
                (began, begins) = self.range_or_task(item)?;
            }
            CPUSample => thread = WIRE_NONE,
            _ => {}
        }
        let other = self.gs.id(item.other);
        let at = item.at;
        let step = Step {
            at,
            g: id,
            ticks,
            other,
            thread,
            proc,
            event,
            moved,
            begins,
            timer,
            began,
            called_back,
            first_of_proc,
        };
        self.form.put(&step, &mut self.window);
        Ok(())
    }
}
