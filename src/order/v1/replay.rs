//! The events in the order that they are merged in, against the rules of the
//! scheduler: no P runs two goroutines, none wakes that does not wait. What
//! becomes of each goes into the window.
//!
//! The end of a system call takes effect where it was written, which is right
//! before its goroutine starts; until then nothing else could happen to that.

mod plain;
mod rules;

use super::Defects;
use super::convert::Form;
use super::gs::{Gs, NOBODY, State};
use super::head::Head;
use super::item::Item;
use super::window::Window;
use crate::error::{GoPhase, Result, V1Error};
use crate::ids::WIRE_NONE;
use crate::limits::Limits;
use crate::order::state::{NONE, Slot};
use crate::version::Version;
use crate::warning::Warning;
use crate::wire::v1::spec::EventType;
use crate::wire::v1::tables::Index;
use rustc_hash::FxHashMap;

/// Ps that are none, which Go attributes events to.
pub(crate) const TIMER_PROC: u32 = 1_000_001;
const NETPOLL_PROC: u32 = 1_000_002;
pub(crate) const SYSCALL_PROC: u32 = 1_000_003;
const GC_PROC: u32 = 1_000_004;

/// An event that is in order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// Where it begins in the file.
    pub(crate) at: usize,
    /// The goroutine it happened on; 0 for none.
    pub(crate) g: u64,
    pub(crate) ticks: i64,
    /// The goroutine that is created or woken.
    pub(crate) other: u64,
    /// The M of its P; [`WIRE_NONE`] if that is not known.
    pub(crate) thread: u64,
    /// The P it is attributed to; [`NONE`] for none.
    pub(crate) proc: u32,
    pub(crate) event: EventType,
    /// Whether it goes where its time says, and not here.
    pub(crate) moved: bool,
    /// Whether a region begins.
    pub(crate) begins: bool,
    /// Whether a timer's goroutine wakes another one.
    pub(crate) timer: bool,
    /// Where the event that began what it ends stands in the file, or 0.
    pub(crate) began: usize,
    /// Whether the start of a goroutine also ends its first system call, for a
    /// callback from C.
    pub(crate) called_back: bool,
    /// Whether it is the first of its P to start or stop it.
    pub(crate) first_of_proc: bool,
}

/// What the rules need of a P.
#[derive(Clone, Copy, Debug)]
struct P {
    /// Its ID; [`NONE`] if it stands for none.
    id: u32,
    g: Slot,
    thread: u64,
    seen: bool,
    running: bool,
    sweeps: bool,
    /// Where its stop-the-world began (before Go 1.10), or 0.
    stopped: usize,
}

const P_ABSENT: P =
    P { id: NONE, g: NOBODY, thread: WIRE_NONE, seen: false, running: false, sweeps: false, stopped: 0 };

/// Where a P stands among all, the first being that of events on no P.
#[inline(always)]
fn place(proc: u16) -> usize {
    usize::from(proc.wrapping_add(1))
}

/// The checking of the events of a v1 trace.
#[derive(Clone, Debug)]
pub(crate) struct Replay<'a> {
    file: &'a [u8],
    version: Version,
    pub(crate) gs: Gs,
    /// By [`place`].
    ps: Vec<P>,
    collecting: bool,
    /// Where the stop-the-world began, or 0.
    stopped: usize,
    last_stop: usize,
    /// Where each open task began.
    tasks: FxHashMap<u64, usize>,
    /// The open regions of goroutines, by task and name.
    regions: FxHashMap<Slot, Vec<(u64, u64)>>,
    /// When the system calls of goroutines ended that ended later than that was
    /// written.
    late: FxHashMap<Slot, i64>,
    form: Form,
    /// The time of the first event, in ticks.
    pub(crate) start: Option<i64>,
    /// The time of the last event that was merged.
    pub(crate) last: i64,
    pub(crate) window: Window,
    /// Those that reading and merging find.
    pub(crate) order_defects: Defects,
    /// Those that the rules find.
    rule_defects: Defects,
}

impl<'a> Replay<'a> {
    /// Before the first event.
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

    /// The defects met so far, in lenient mode.
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

    /// A goroutine has ended.
    #[inline(always)]
    fn ends(&mut self, slot: Slot) {
        if !self.regions.is_empty() {
            self.regions.remove(&slot);
        }
        self.gs.end(slot);
    }

    /// Takes the next event of those that are not merged; an error comes in
    /// strict mode only.
    pub(crate) fn event(&mut self, item: Item) -> Result<()> {
        let Item { ticks, at, g, other, event, .. } = item;
        let head = Head { ticks, at, g, other, event, ..Head::NONE };
        if self.plainly::<false>(&head, item.proc) { Ok(()) } else { self.in_full(item) }
    }

    /// Takes the next event by all rules; an error comes in strict mode only.
    #[inline(never)]
    pub(crate) fn in_full(&mut self, item: Item) -> Result<()> {
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
                called_back = self.g(item.g).take(State::IN_C);
                if self.g(item.g).has(State::LATE) {
                    self.starts_late(item)?;
                }
                if !called_back {
                    self.needs(item, item.g, Runnable)?;
                }
                self.needs_on_proc(item, NOBODY)?;
                let g = self.g(item.g);
                g.set_phase(Running);
                g.set(State::NETWORK, false);
                g.set(State::EXISTS, true);
                self.p(item.proc).g = item.g;
            }
            GoBlock | GoBlockSend | GoBlockRecv | GoBlockSelect | GoBlockSync | GoBlockCond | GoBlockNet | GoSleep
            | GoBlockGC => self.leaves(item, Waiting)?,
            GoSysBlock => {
                self.gs.get(item.g).blocked = item.ticks;
                self.leaves(item, Waiting)?;
            }
            GoSched | GoPreempt => self.leaves(item, Runnable)?,
            GoStop => self.leaves(item, Dead)?,
            GoEnd => {
                let sound = self.g(item.g).phase() == Running && self.p(item.proc).g == item.g;
                self.leaves(item, Dead)?;
                if sound {
                    self.ends(item.g);
                } else {
                    self.regions.remove(&item.g);
                }
            }
            GoUnblock => {
                self.needs(item, item.g, Running)?;
                timer = self.g(item.g).has(State::TIMER);
                if !timer {
                    self.needs_on_proc(item, item.g)?;
                }
                self.needs(item, item.other, Waiting)?;
                let woken = self.g(item.other);
                woken.set_phase(Runnable);
                if woken.take(State::NETWORK) {
                    (proc, thread) = (NETPOLL_PROC, WIRE_NONE);
                } else if timer {
                    (proc, thread) = (TIMER_PROC, WIRE_NONE);
                }
            }
            GoCreate => {
                self.needs(item, item.g, Running)?;
                self.needs_on_proc(item, item.g)?;
                if self.g(item.other).has(State::EXISTS) {
                    let goroutine = self.go_id(item.other);
                    self.meet(item, V1Error::GoroutineExists { event, goroutine })?;
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
                g.state = g.state.without(State::NETWORK).and(State::CALLS);
                g.syscall = place;
            }
            GoSysExit => {
                self.needs(item, item.g, Waiting)?;
                let g = self.g(item.g);
                g.set_phase(Runnable);
                *g = g.without(State::NETWORK).without(State::IN_C);
                if self.moves(item)? {
                    (ticks, moved) = (item.exit, true);
                }
                (proc, thread) = (SYSCALL_PROC, WIRE_NONE);
            }
            GoWaiting | GoInSyscall => {
                if event == GoInSyscall {
                    let g = self.gs.get(item.g);
                    g.blocked = item.ticks;
                    g.state.set(State::TURN_IN_C, true);
                }
                self.needs(item, item.g, Runnable)?;
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
                (began, begins) = self.rare(item)?;
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
