//! Model of what a reader of the output believes after each event: the states of every G, P
//! and M. [`Model::apply`](super::rules) holds the rules.

use super::make::Planned;
use crate::base::ids::WIRE_NONE;
use crate::spec::status::{GoStatus, ProcStatus};
use crate::spec::v2::EventType;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use std::collections::BTreeSet;

/// Number that stands for no M, P or G.
pub(super) const NONE: u64 = WIRE_NONE;

/// Goroutine and P of an M.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct M {
    pub(super) g: u64,
    pub(super) p: u64,
}

impl M {
    const EMPTY: M = M { g: NONE, p: NONE };
}

/// State of a P.
#[derive(Clone, Copy, Debug)]
pub(super) struct P {
    pub(super) status: ProcStatus,
    pub(super) seq: u64,
    /// M that has it.
    pub(super) holder: u64,
    pub(super) sweeping: bool,
}

/// State of a goroutine.
#[derive(Clone, Debug)]
pub(super) struct G {
    pub(super) status: GoStatus,
    pub(super) seq: u64,
    /// M that has it.
    pub(super) holder: u64,
    /// Open ranges and regions; few goroutines have any.
    more: Option<Box<OpenRanges>>,
}

/// Open ranges and regions of a goroutine.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenRanges {
    /// Events that began ranges, with the kind of a stop-the-world or 0.
    pub(super) ranges: SmallVec<[(EventType, u64); 1]>,
    /// Tasks and names of regions, outermost first.
    pub(super) regions: Vec<(u64, u64)>,
}

impl G {
    pub(super) fn new(status: GoStatus, holder: u64) -> G {
        G { status, seq: 0, holder, more: None }
    }

    /// Returns the open ranges.
    pub(super) fn ranges(&self) -> &[(EventType, u64)] {
        self.more.as_ref().map_or(&[], |more| &more.ranges)
    }

    /// Returns the open regions, outermost first.
    pub(super) fn regions(&self) -> &[(u64, u64)] {
        self.more.as_ref().map_or(&[], |more| &more.regions)
    }

    /// Returns the open ranges and regions for changing.
    pub(super) fn more(&mut self) -> &mut OpenRanges {
        self.more.get_or_insert_default()
    }
}

/// State of the collector.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Gc {
    #[default]
    Undetermined,
    Off,
    Marking,
}

/// Believed states of all Gs, Ps and Ms.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    pub(super) gs: FxHashMap<u64, G>,
    ps: FxHashMap<u64, P>,
    /// Ps that no M has.
    idle: BTreeSet<u64>,
    /// Number below which all Ps are known.
    unknown_proc: u64,
    ms: FxHashMap<u64, M>,
    /// Open tasks.
    pub(super) tasks: FxHashSet<u64>,
    pub(super) gc: Gc,
    pub(super) gc_seq: u64,
}

impl Model {
    /// Returns the goroutine and P of an M.
    pub(super) fn m(&self, thread: u64) -> M {
        self.ms.get(&thread).copied().unwrap_or(M::EMPTY)
    }

    /// Gives an M a goroutine, or none.
    pub(super) fn set_g(&mut self, thread: u64, g: u64) {
        self.ms.entry(thread).or_insert(M::EMPTY).g = g;
    }

    fn set_p(&mut self, thread: u64, p: u64) {
        self.ms.entry(thread).or_insert(M::EMPTY).p = p;
    }

    /// Returns a goroutine's status, if it is known.
    pub(super) fn go_status(&self, g: u64) -> Option<GoStatus> {
        self.gs.get(&g).map(|g| g.status)
    }

    /// Returns the status of an M's goroutine, if it has one.
    pub(super) fn own_status(&self, thread: u64) -> Option<GoStatus> {
        self.go_status(self.m(thread).g)
    }

    /// Returns whether a goroutine is known to assist the collector.
    pub(super) fn is_assisting(&self, g: u64) -> bool {
        self.gs.get(&g).is_some_and(|g| g.ranges().contains(&(EventType::GCMarkAssistBegin, 0)))
    }

    /// Returns the M that has a goroutine.
    pub(super) fn go_holder(&self, g: u64) -> u64 {
        self.gs.get(&g).map_or(NONE, |g| g.holder)
    }

    /// Returns a P, if it is known.
    pub(super) fn p(&self, p: u64) -> Option<&P> {
        self.ps.get(&p)
    }

    /// Returns a P for changing, if it is known.
    pub(super) fn p_mut(&mut self, p: u64) -> Option<&mut P> {
        self.ps.get_mut(&p)
    }

    /// Returns the status of an M's P, if it has one.
    pub(super) fn own_proc_status(&self, thread: u64) -> Option<ProcStatus> {
        self.p(self.m(thread).p).map(|p| p.status)
    }

    /// Puts a P, known or not, into a state, with an M or none.
    pub(super) fn put_proc(&mut self, id: u64, status: ProcStatus, holder: u64) {
        let new = P { status, seq: 0, holder: NONE, sweeping: false };
        let p = self.ps.entry(id).or_insert(new);
        let before = std::mem::replace(&mut p.holder, holder);
        p.status = status;
        // A P has one holder: the M before it has lost the P.
        if before != holder && before != NONE {
            self.set_p(before, NONE);
        }
        if holder != NONE {
            self.set_p(holder, id);
        }
        // Idle Ps are kept by number, to find a spare one.
        match status {
            ProcStatus::Idle => _ = self.idle.insert(id),
            _ => _ = self.idle.remove(&id),
        }
    }

    /// Takes over the sequence number of the first event about the collector, so that those of
    /// later generations go on from it.
    pub(super) fn begin_gc(&mut self, event: EventType, seq: u64) {
        let before = match event {
            EventType::GCActive | EventType::GCBegin => 1,
            // Its beginning is made up.
            EventType::GCEnd => 2,
            _ => return,
        };
        if self.gc == Gc::Undetermined {
            self.gc_seq = seq.wrapping_sub(before);
        }
    }

    /// Applies the status of a goroutine or P again, if it is the present one and on its M:
    /// sequence numbers begin anew. Returns whether it was applied.
    pub(super) fn restate(&mut self, thread: u64, event: EventType, args: &[u64; 4]) -> bool {
        let fits = |holder| holder == NONE || holder == thread;
        let seq = match event {
            EventType::GoStatus | EventType::GoStatusStack => self.gs.get_mut(&args[0]).and_then(|g| {
                let on_its_m = g.status != GoStatus::Syscall || args[1] == thread;
                let same = GoStatus::from_wire(args[2]) == Some(g.status) && fits(g.holder);
                (on_its_m && same).then_some(&mut g.seq)
            }),
            EventType::ProcStatus => self.ps.get_mut(&args[0]).and_then(|p| {
                let same = ProcStatus::from_wire(args[1]) == Some(p.status) && fits(p.holder);
                same.then_some(&mut p.seq)
            }),
            _ => None,
        };
        seq.map(|seq| *seq = 0).is_some()
    }

    /// Returns an event that tells a reader what it knows: the status of something that no M
    /// has, or else of what one has. After it, sequence numbers are not right any more.
    pub(super) fn restated(&self) -> Option<Planned> {
        let loose = self.gs.iter().find(|(_, g)| g.holder == NONE);
        if let Some((&id, g)) = loose.or_else(|| self.gs.iter().next()) {
            let args = [id, g.holder, g.status as u64, 0];
            return Some(Planned { thread: g.holder, event: EventType::GoStatus, args });
        }
        let (&id, p) = self.ps.iter().next()?;
        Some(Planned { thread: p.holder, event: EventType::ProcStatus, args: [id, p.status as u64, 0, 0] })
    }

    /// Returns a P that can be had without taking it from an M: an idle one, or else the
    /// first that is not known.
    pub(super) fn spare_proc(&mut self) -> u64 {
        if let Some(&idle) = self.idle.first() {
            return idle;
        }
        while self.ps.contains_key(&self.unknown_proc) {
            self.unknown_proc += 1;
        }
        self.unknown_proc
    }
}
