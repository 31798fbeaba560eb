//! What a reader of the output believes after each event: the states of every
//! G, P and M. [`Model::apply`](super::rules) holds the rules; here is the rest.

use crate::ids::WIRE_NONE;
use crate::wire::v2::spec::EventType;
use crate::wire::v2::status::{GoStatus, ProcStatus};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use std::collections::BTreeSet;

/// No M, P or G.
pub(super) const NONE: u64 = WIRE_NONE;

/// What an M has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct M {
    pub(super) g: u64,
    pub(super) p: u64,
}

impl M {
    const EMPTY: M = M { g: NONE, p: NONE };
}

/// A P.
#[derive(Clone, Copy, Debug)]
pub(super) struct P {
    pub(super) status: ProcStatus,
    pub(super) seq: u64,
    /// The M that has it.
    pub(super) holder: u64,
    pub(super) sweeping: bool,
}

/// A goroutine.
#[derive(Clone, Debug)]
pub(super) struct G {
    pub(super) status: GoStatus,
    pub(super) seq: u64,
    /// The M that has it.
    pub(super) holder: u64,
    /// Open ranges and regions; few have any.
    more: Option<Box<More>>,
}

/// What is open on a goroutine.
#[derive(Clone, Debug, Default)]
pub(super) struct More {
    /// The events that began ranges, with the kind of a stop-the-world or 0.
    pub(super) ranges: SmallVec<[(EventType, u64); 1]>,
    /// Tasks and names of regions, outermost first.
    pub(super) regions: Vec<(u64, u64)>,
}

impl G {
    pub(super) fn new(status: GoStatus, holder: u64) -> G {
        G { status, seq: 0, holder, more: None }
    }

    /// Its open ranges.
    pub(super) fn ranges(&self) -> &[(EventType, u64)] {
        self.more.as_ref().map_or(&[], |more| &more.ranges)
    }

    /// Its open regions, outermost first.
    pub(super) fn regions(&self) -> &[(u64, u64)] {
        self.more.as_ref().map_or(&[], |more| &more.regions)
    }

    /// What is open on it, to be changed.
    pub(super) fn more(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }
}

/// What is known of the collector.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Gc {
    #[default]
    Undetermined,
    Off,
    Marking,
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    pub(super) gs: FxHashMap<u64, G>,
    ps: FxHashMap<u64, P>,
    /// The Ps that nobody has.
    idle: BTreeSet<u64>,
    /// No P below it is unknown.
    unknown_proc: u64,
    ms: FxHashMap<u64, M>,
    /// Open tasks.
    pub(super) tasks: FxHashSet<u64>,
    pub(super) gc: Gc,
    pub(super) gc_seq: u64,
}

impl Model {
    /// What an M has.
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

    /// A goroutine's status, if it is known.
    pub(super) fn go_status(&self, g: u64) -> Option<GoStatus> {
        self.gs.get(&g).map(|g| g.status)
    }

    /// The status of an M's goroutine, if it has one.
    pub(super) fn own_status(&self, thread: u64) -> Option<GoStatus> {
        self.go_status(self.m(thread).g)
    }

    /// Whether a goroutine is known to assist the collector.
    pub(super) fn is_assisting(&self, g: u64) -> bool {
        self.gs.get(&g).is_some_and(|g| g.ranges().contains(&(EventType::GCMarkAssistBegin, 0)))
    }

    /// The M that has a goroutine.
    pub(super) fn go_holder(&self, g: u64) -> u64 {
        self.gs.get(&g).map_or(NONE, |g| g.holder)
    }

    /// A P, if it is known.
    pub(super) fn p(&self, p: u64) -> Option<&P> {
        self.ps.get(&p)
    }

    /// A P, if it is known.
    pub(super) fn p_mut(&mut self, p: u64) -> Option<&mut P> {
        self.ps.get_mut(&p)
    }

    /// The status of an M's P, if it has one.
    pub(super) fn own_proc_status(&self, thread: u64) -> Option<ProcStatus> {
        self.p(self.m(thread).p).map(|p| p.status)
    }

    /// Puts a P, known or not, into a state: with that M or with none.
    pub(super) fn put_proc(&mut self, id: u64, status: ProcStatus, holder: u64) {
        let new = P { status, seq: 0, holder: NONE, sweeping: false };
        let p = self.ps.entry(id).or_insert(new);
        let before = std::mem::replace(&mut p.holder, holder);
        p.status = status;
        if before != holder && before != NONE {
            self.set_p(before, NONE);
        }
        if holder != NONE {
            self.set_p(holder, id);
        }
        match status {
            ProcStatus::Idle => _ = self.idle.insert(id),
            _ => _ = self.idle.remove(&id),
        }
    }

    /// A P that can be had without taking it from an M: an idle one, else the
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
