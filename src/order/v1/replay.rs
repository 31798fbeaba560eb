//! The settled events, in nanoseconds, against the rules of the
//! scheduler: no P runs two goroutines, none wakes that does not wait.

mod rules;

use super::Defects;
use super::frontier::Ties;
use super::gs::NOBODY;
use super::item::Blocks;
use super::settle::Settled;
use crate::error::{Error, GoPhase, Result, V1Error};
use crate::ids::WIRE_NONE;
use crate::order::state::{NONE, Slot};
use crate::version::Version;
use crate::wire::v1::spec::EventType;
use crate::wire::v1::tables::{Index, NO_PROC};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Ps that are none, which Go attributes events to.
pub(crate) const TIMER_PROC: u32 = 1_000_001;
const NETPOLL_PROC: u32 = 1_000_002;
pub(crate) const SYSCALL_PROC: u32 = 1_000_003;
const GC_PROC: u32 = 1_000_004;

/// An event that is in order.
///
/// No two fields that a record takes as they are stand next to each other: they
/// would be loaded as one right after being stored as two, and the processor
/// waits for that.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Step {
    /// Where it begins in the file.
    pub(crate) at: usize,
    /// The goroutine it happened on; 0 for none.
    pub(crate) g: u64,
    /// In nanoseconds since the first event.
    pub(crate) time: i64,
    /// The goroutine that is created or woken.
    pub(crate) other: u64,
    /// The M of its P; [`WIRE_NONE`] if that is not known.
    pub(crate) thread: u64,
    /// The P it is attributed to; [`NONE`] for none.
    pub(crate) proc: u32,
    pub(crate) event: EventType,
    /// Whether the system call that begins blocks.
    pub(crate) blocks: bool,
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

impl Step {
    /// Before the first event.
    pub(crate) const BLANK: Step = Step {
        event: EventType::Batch,
        at: 0,
        time: 0,
        g: 0,
        other: 0,
        proc: NONE,
        thread: WIRE_NONE,
        blocks: false,
        begins: false,
        timer: false,
        called_back: false,
        first_of_proc: false,
        began: 0,
    };
}

/// What the rules need of a goroutine.
#[derive(Clone, Copy, Debug, Default)]
struct G {
    phase: GoPhase,
    exists: bool,
    /// Whether it waits for the network.
    network: bool,
    /// Whether it helps the collector.
    assists: bool,
    /// Whether it runs timers.
    timer: bool,
    /// Whether it is in the system call that it first appeared in.
    in_c: bool,
}

/// What the rules need of a P.
#[derive(Clone, Copy, Debug)]
struct P {
    g: Slot,
    thread: u64,
    seen: bool,
    running: bool,
    sweeps: bool,
    /// Where its stop-the-world began (before Go 1.10), or 0.
    stopped: usize,
}

const P_ABSENT: P = P { g: NOBODY, thread: WIRE_NONE, seen: false, running: false, sweeps: false, stopped: 0 };

/// The events of a v1 trace, in order and checked, handed out once.
#[derive(Clone, Debug)]
pub(crate) struct Replay<'a> {
    file: &'a [u8],
    version: Version,
    settled: Settled<'a>,
    /// The time of the first event, in ticks.
    start: i64,
    empty: bool,
    nanos_per_tick: f64,
    gs: Vec<G>,
    /// By number plus one; the first is that of events on no P.
    ps: Vec<P>,
    collecting: bool,
    /// Where the stop-the-world began, or 0.
    stopped: usize,
    last_stop: usize,
    /// Where each open task began.
    tasks: FxHashMap<u64, usize>,
    /// The open regions of goroutines, by task and name.
    regions: FxHashMap<Slot, Vec<(u64, u64)>>,
    /// Those that the rules find.
    defects: Defects,
}

impl<'a> Replay<'a> {
    /// Begins to bring the events into order.
    pub(crate) fn new(file: &'a [u8], index: &Arc<Index>, lenient: bool, ties: Ties) -> Result<Replay<'a>> {
        let mut defects = Defects { lenient, ..Defects::default() };
        if let Some(blemish) = &index.blemish {
            defects.meet(blemish.clone())?;
        }
        let settled = Settled::new(file, index, defects, ties)?;
        let mut gs = vec![G::default(); settled.merged.gs.ids.len()];
        if let Some(nobody) = gs.get_mut(NOBODY as usize) {
            (nobody.phase, nobody.exists) = (GoPhase::Running, true);
        }
        for slot in index.timers.iter().filter_map(|&id| settled.merged.gs.find(id)) {
            if let Some(g) = gs.get_mut(slot as usize) {
                g.timer = true;
            }
        }
        Ok(Replay {
            file,
            version: index.version,
            start: settled.next_ticks().unwrap_or_default(),
            empty: settled.next_ticks().is_none(),
            settled,
            nanos_per_tick: 1e9 / index.hz.unwrap_or(1_000_000_000) as f64,
            gs,
            ps: Vec::new(),
            collecting: false,
            stopped: 0,
            last_stop: 0,
            tasks: FxHashMap::default(),
            regions: FxHashMap::default(),
            defects: Defects { lenient, ..Defects::default() },
        })
    }

    /// The defects met so far, in lenient mode: those of merging come first.
    pub(crate) fn take_defects(&mut self) -> Vec<Error> {
        let mut defects = self.settled.merged.defects.take();
        defects.append(&mut self.defects.take());
        defects
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.empty
    }

    /// As Go does on amd64: the product of floats, truncated.
    #[inline(always)]
    fn time(&self, ticks: i64) -> i64 {
        match (ticks.wrapping_sub(self.start) as f64 * self.nanos_per_tick) as i64 {
            // There is no such number: it is too large.
            i64::MAX => i64::MIN,
            nanos => nanos,
        }
    }

    /// Has more events ready, and room for what they name.
    #[inline(never)]
    fn refill(&mut self) -> Result<bool> {
        let more = self.settled.refill()?;
        self.gs.resize(self.settled.merged.gs.ids.len(), G::default());
        Ok(more)
    }

    #[inline(always)]
    fn g(&mut self, slot: Slot) -> &mut G {
        // Every slot that an item has was made before.
        &mut self.gs[slot as usize]
    }

    #[inline(always)]
    fn p(&mut self, proc: u16) -> &mut P {
        let place = usize::from(proc.wrapping_add(1));
        if place >= self.ps.len() {
            self.add_ps(place);
        }
        &mut self.ps[place]
    }

    #[cold]
    #[inline(never)]
    fn add_ps(&mut self, place: usize) {
        self.ps.resize(place + 1, P_ABSENT);
    }

    /// Makes `step` the next event, if there is one; an error comes in strict
    /// mode only. In place, for a step that is handed through costs more than
    /// what it takes to make.
    #[inline(always)]
    pub(crate) fn next(&mut self, step: &mut Step) -> Result<bool> {
        use EventType::*;
        use GoPhase::*;
        let item = loop {
            match self.settled.next() {
                Some(item) => break item,
                None if self.refill()? => {}
                None => return Ok(false),
            }
        };
        let event = item.event;
        let mut proc = if item.proc == NO_PROC { NONE } else { u32::from(item.proc) };
        step.event = event;
        step.at = item.at;
        step.time = self.time(item.ticks);
        step.g = self.settled.merged.gs.id(item.g);
        step.thread = WIRE_NONE;
        step.blocks = item.blocks == Blocks::Yes;
        (step.timer, step.called_back, step.first_of_proc) = (false, false, false);
        (step.began, step.begins) = (0, false);
        match event {
            GoStart | GoStartLabel => {
                step.called_back = std::mem::take(&mut self.g(item.g).in_c);
                if !step.called_back {
                    self.needs(item, item.g, Runnable)?;
                }
                self.needs_on_proc(item, NOBODY)?;
                let g = self.g(item.g);
                (g.phase, g.network, g.exists) = (Running, false, true);
                self.p(item.proc).g = item.g;
            }
            GoBlock | GoBlockSend | GoBlockRecv | GoBlockSelect | GoBlockSync | GoBlockCond | GoBlockNet | GoSleep
            | GoBlockGC | GoSysBlock => self.leaves(item, Waiting)?,
            GoSched | GoPreempt => self.leaves(item, Runnable)?,
            GoEnd | GoStop => {
                self.leaves(item, Dead)?;
                if event == GoEnd && !self.regions.is_empty() {
                    self.regions.remove(&item.g);
                }
            }
            GoUnblock => {
                step.other = self.settled.merged.gs.id(item.other);
                self.needs(item, item.g, Running)?;
                step.timer = self.g(item.g).timer;
                if !step.timer {
                    self.needs_on_proc(item, item.g)?;
                }
                self.needs(item, item.other, Waiting)?;
                let woken = self.g(item.other);
                woken.phase = Runnable;
                if std::mem::take(&mut woken.network) {
                    proc = NETPOLL_PROC;
                } else if step.timer {
                    proc = TIMER_PROC;
                }
            }
            GoCreate => {
                step.other = self.settled.merged.gs.id(item.other);
                self.needs(item, item.g, Running)?;
                self.needs_on_proc(item, item.g)?;
                if self.g(item.other).exists {
                    let goroutine = self.go_id(item.other);
                    self.meet(item, V1Error::GoroutineExists { event, goroutine })?;
                }
                let created = self.g(item.other);
                (created.phase, created.exists, created.network) = (Runnable, true, false);
            }
            GoSysCall => {
                self.needs_running(item)?;
                self.g(item.g).network = false;
            }
            GoSysExit => {
                self.needs(item, item.g, Waiting)?;
                let g = self.g(item.g);
                (g.phase, g.network, g.in_c) = (Runnable, false, false);
                proc = SYSCALL_PROC;
            }
            GoWaiting | GoInSyscall => {
                self.needs(item, item.g, Runnable)?;
                let g = self.g(item.g);
                (g.phase, g.network, g.in_c) = (Waiting, false, event == GoInSyscall);
            }
            ProcStart | ProcStop => {
                (step.first_of_proc, step.thread) = self.proc(item)?;
            }
            GCStart => {
                let open = std::mem::replace(&mut self.collecting, true);
                self.needs_open(item, open, false)?;
                proc = GC_PROC;
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
                (step.began, step.begins) = self.rare(item)?;
            }
            _ => {}
        }
        step.proc = proc;
        if proc < TIMER_PROC && step.thread == WIRE_NONE && event != CPUSample {
            step.thread = self.p(item.proc).thread;
        }
        Ok(true)
    }
}
