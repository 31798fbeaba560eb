//! A small Go scheduler that records its events.
//!
//! Its Ms take turns. In a turn an M does one thing that is legal in its
//! situation, chosen by dice, and emits what the runtime would: first the
//! statuses of Gs and Ps not yet mentioned in this generation, then the event.
//! The order of turns is the true one; the clocks of Ms lie about it.

use super::builder::NO;
use super::schedule::{Change, Emitted, Schedule};
use gotrace::spec::v2::EventType::{self, *};
use gotrace::{GoState, ProcState, Version};

/// The parameters of a run.
#[derive(Clone, Debug)]
pub struct Config {
    pub version: Version,
    /// The errors of the Ms' clocks in ticks; there are as many Ms.
    pub skews: Vec<i64>,
    pub procs: usize,
    /// The distance between the IDs of goroutines.
    pub stride: u64,
    /// One number for each turn; turns that are multiples of 64 end generations.
    pub turns: Vec<u32>,
    /// True if the collector marks when the trace begins.
    pub marking: bool,
}

/// Pseudo-random numbers from a seed.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    /// Returns a number below `sides`.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((mixed ^ mixed >> 27) >> 16) as usize % sides.max(1)
    }
}

#[derive(Clone, Debug)]
struct G {
    id: u64,
    state: GoState,
    m: Option<usize>,
    seq: u64,
    /// True if it has been mentioned in this generation.
    traced: bool,
    /// True if it has been mentioned at all.
    known: bool,
    assisting: bool,
    stopping: bool,
    /// True if it came with a C thread.
    from_c: bool,
    /// The only M that may run it, if there is one.
    pinned: Option<usize>,
    regions: Vec<(u64, usize)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Hold {
    Idle,
    Running,
    Syscall,
    /// Without its M, which is gone.
    Lost,
}

#[derive(Clone, Debug)]
struct P {
    hold: Hold,
    m: Option<usize>,
    /// The ID of the M that it was lost with.
    last_m: u64,
    seq: u64,
    traced: bool,
    known: bool,
    sweeping: bool,
}

#[derive(Clone, Debug)]
struct M {
    id: u64,
    skew: i64,
    clock: u64,
    g: Option<usize>,
    p: Option<usize>,
    /// The P that was last taken from it.
    stolen: Option<usize>,
}

pub const STRINGS: usize = 6;
pub const STACKS: usize = 4;
/// The M that never has a P, as `sysmon` has none.
const WATCHER: usize = 0;

struct Simulator {
    version: Version,
    dice: Dice,
    stride: u64,
    now: u64,
    gs: Vec<G>,
    ps: Vec<P>,
    ms: Vec<M>,
    gc_seq: u64,
    marking: bool,
    /// The M with the trace's first collector event, and the generation. The first event
    /// may have any number, so only that M may have more of them in that generation.
    gc_home: Option<(usize, usize)>,
    /// True if the mark phase has yet to be mentioned in this generation.
    mention_gc: bool,
    tasks: Vec<u64>,
    next_task: u64,
    generation: usize,
    out: Schedule,
}

/// Runs a made-up program.
pub fn run(config: &Config) -> Schedule {
    let mut sim = Simulator {
        version: config.version,
        dice: Dice::new(config.turns.iter().fold(7, |a, &t| a.wrapping_mul(31) + u64::from(t))),
        stride: config.stride,
        now: 10_000,
        gs: Vec::new(),
        ps: Vec::new(),
        ms: vec![M { id: 7, skew: 0, clock: 0, g: None, p: None, stolen: None }],
        gc_seq: 5,
        marking: config.marking,
        gc_home: config.marking.then_some((1, 0)),
        mention_gc: false,
        tasks: vec![1],
        next_task: 2,
        generation: 0,
        out: Schedule::new(config.version),
    };
    for (at, &skew) in config.skews.iter().enumerate() {
        sim.ms.push(M { id: 1000 + at as u64, skew, clock: 0, g: None, p: None, stolen: None });
    }
    sim.populate(config.procs);
    if config.marking {
        sim.mention(1);
        sim.emit(1, GCActive, &[5], &[]);
    }
    for &turn in &config.turns {
        sim.dice = Dice::new(u64::from(turn) | sim.out.emitted.len() as u64 >> 6 << 40);
        if turn % 64 == 0 {
            sim.end_generation();
        } else {
            sim.turn();
        }
    }
    sim.end_generation();
    sim.out
}

impl Simulator {
    /// Sets the state at the beginning of the trace: the first M runs, others may.
    fn populate(&mut self, procs: usize) {
        self.grow(procs);
        for m in 1..self.ms.len() {
            let situation = if m == 1 { 0 } else { self.dice.roll(5) };
            let p = (situation < 3).then(|| self.ps.iter().position(|p| p.hold == Hold::Idle)).flatten();
            self.ms[m].p = p;
            let in_syscall = situation == 1 || situation == 3;
            if let Some(p) = p {
                (self.ps[p].m, self.ps[p].hold) = (Some(m), if in_syscall { Hold::Syscall } else { Hold::Running });
            }
            if in_syscall || situation == 0 && p.is_some() {
                let g = self.new_g(if in_syscall { GoState::Syscall } else { GoState::Running }, Some(m));
                self.gs[g].assisting = !in_syscall && self.dice.roll(4) == 0;
                self.ms[m].g = Some(g);
            }
        }
        for _ in 0..self.dice.roll(5) {
            let state = if self.dice.roll(2) == 0 { GoState::Waiting } else { GoState::Runnable };
            self.new_g(state, None);
        }
        // Goroutines from before the trace have not been mentioned.
        self.gs.iter_mut().for_each(|g| (g.traced, g.known) = (false, false));
    }

    fn grow(&mut self, by: usize) {
        let fresh = P { hold: Hold::Idle, m: None, last_m: 5, seq: 0, traced: false, known: false, sweeping: false };
        self.ps.resize(self.ps.len() + by, fresh);
    }

    fn new_g(&mut self, state: GoState, m: Option<usize>) -> usize {
        let pinned =
            (self.dice.roll(8) == 0 && state != GoState::Syscall).then(|| 1 + self.dice.roll(self.ms.len() - 1));
        self.gs.push(G {
            id: 1 + self.gs.len() as u64 * self.stride,
            state,
            m,
            seq: 0,
            traced: true,
            known: true,
            assisting: false,
            stopping: false,
            from_c: state == GoState::Syscall,
            pinned,
            regions: Vec::new(),
        });
        self.gs.len() - 1
    }

    /// Returns the ID of a string, which differs from generation to generation.
    fn string(&self, string: usize) -> u64 {
        Schedule::id(string, STRINGS, self.generation)
    }

    fn stack(&mut self) -> u64 {
        match self.dice.roll(STACKS + 1) {
            0 => 0,
            stack => Schedule::id(stack - 1, STACKS, self.generation),
        }
    }

    /// Returns the context of an M as far as a reader can know it: its ID, P and G.
    fn context(&self, m: usize) -> (u64, Option<u64>, Option<u64>) {
        let M { id, p, g, .. } = self.ms[m];
        let p = p.filter(|&p| self.ps[p].known).map(|p| p as u64);
        (id, p, g.filter(|&g| self.gs[g].known).map(|g| self.gs[g].id))
    }

    /// Emits an event on an M, with what it changes.
    fn emit(&mut self, m: usize, event: EventType, args: &[u64], changes: &[Change]) {
        self.emit_as(m, self.context(m), event, args, changes);
    }

    fn emit_as(
        &mut self,
        m: usize,
        context: (u64, Option<u64>, Option<u64>),
        event: EventType,
        args: &[u64],
        changes: &[Change],
    ) {
        self.now += self.dice.roll(40) as u64;
        let jitter = self.dice.roll(60) as i64;
        let M { id, skew, clock, .. } = self.ms[m];
        let time = clock.max(self.now.saturating_add_signed(skew + jitter).max(1));
        self.ms[m].clock = time;
        let (generation, args, changes) = (self.generation, args.to_vec(), changes.to_vec());
        self.out.emitted.push(Emitted { generation, thread: id, time, event, args, context, changes });
    }

    /// States a P's status, if this generation has not.
    fn mention_p(&mut self, m: usize, p: usize) {
        let P { hold, m: holder, known, traced, sweeping, .. } = self.ps[p];
        if traced {
            return;
        }
        let mut context = self.context(m);
        let elsewhere = holder.is_some() && holder != Some(m);
        let (number, to) = match hold {
            Hold::Running => (1, ProcState::Running),
            Hold::Idle => (2, ProcState::Idle),
            Hold::Syscall if !elsewhere => (3, ProcState::Running),
            // The status of a P known to be in a syscall is that of the M that has it.
            Hold::Syscall if known => {
                context = self.context(holder.unwrap_or(m));
                (4, ProcState::Running)
            }
            Hold::Syscall | Hold::Lost => (4, ProcState::Idle),
        };
        let from = match (known, self.generation) {
            (true, _) => to,
            (false, 0) => ProcState::Undetermined,
            (false, _) => ProcState::NotExist,
        };
        self.emit_as(m, context, ProcStatus, &[p as u64, number], &[Change::P(p as u64, from, to)]);
        let place = &mut self.ps[p];
        (place.seq, place.traced, place.known) = (0, true, true);
        if number == 4 && to == ProcState::Idle {
            place.hold = Hold::Lost;
            self.out.lost.insert(p as u64);
        }
        if sweeping {
            self.emit(m, GCSweepActive, &[p as u64], &[]);
        }
    }

    /// States a G's status, if this generation has not.
    fn mention_g(&mut self, m: usize, g: usize) {
        let G { id, state, m: holder, known, traced, assisting, .. } = self.gs[g].clone();
        if traced {
            return;
        }
        let mut context = self.context(m);
        if let (GoState::Syscall, Some(holder)) = (state, holder.filter(|&holder| holder != m)) {
            context.0 = self.ms[holder].id;
            context.2 = if known { Some(id) } else { context.2 };
        }
        let from = if known { state } else { GoState::Undetermined };
        let number = match state {
            GoState::Runnable => 1,
            GoState::Running => 2,
            GoState::Syscall => 3,
            _ => 4,
        };
        let args = [id, holder.map_or(NO, |holder| self.ms[holder].id), number, self.stack()];
        if self.version >= Version::Go123 && self.dice.roll(2) == 0 {
            self.emit_as(m, context, GoStatusStack, &args, &[Change::G(id, from, state)]);
        } else {
            self.emit_as(m, context, GoStatus, &args[..3], &[Change::G(id, from, state)]);
        }
        (self.gs[g].seq, self.gs[g].traced, self.gs[g].known) = (0, true, true);
        if assisting {
            self.emit(m, GCMarkAssistActive, &[id], &[]);
        }
    }

    /// States the statuses of an M's own P and G.
    fn mention(&mut self, m: usize) {
        if let Some(p) = self.ms[m].p {
            self.mention_p(m, p);
        }
        if let Some(g) = self.ms[m].g {
            self.mention_g(m, g);
        }
    }

    /// Mentions all Gs and Ps that have not been, and begins the next generation.
    fn end_generation(&mut self) {
        for m in 0..self.ms.len() {
            let Some(g) = self.ms[m].g.filter(|&g| self.gs[g].stopping) else { continue };
            self.mention(m);
            self.gs[g].stopping = false;
            self.emit(m, STWEnd, &[], &[]);
        }
        for p in 0..self.ps.len() {
            match (self.ps[p].traced, self.ps[p].hold, self.ps[p].m) {
                (true, ..) => {}
                (false, Hold::Running, Some(m)) => self.mention(m),
                // The runtime takes a P back that is in a syscall for a whole generation.
                (false, Hold::Syscall, _) => self.steal(WATCHER, p),
                _ => self.mention_p(WATCHER, p),
            }
        }
        for g in 0..self.gs.len() {
            match (self.gs[g].state, self.gs[g].m) {
                (GoState::NotExist, _) => {}
                (GoState::Running, Some(m)) => self.mention(m),
                _ => self.mention_g(WATCHER, g),
            }
        }
        self.gs.iter_mut().for_each(|g| g.traced = false);
        self.ps.iter_mut().for_each(|p| p.traced = false);
        self.mention_gc = self.marking;
        self.generation += 1;
    }
}

mod turns;
