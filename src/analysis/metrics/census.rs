//! What metrics tell that no other analysis does: of goroutines, and of who stops
//! the world.

use crate::analysis::goroutines::is_system;
use crate::analysis::histogram::RuntimeBuckets;
use crate::analysis::{Analysis, ByGo, ByStack, ByString, Known, OldSeen as Seen};
use crate::event::EventKind;
use crate::event::go::{GoChange, changes_go};
use crate::event::range::RangeName;
use crate::event::stack::Stack;
use crate::event::transition::GoState;
use crate::ids::GoId;
use crate::time::Time;
use crate::version::Version;
use crate::wire::v2::spec::EventType;
use rustc_hash::FxHashMap;

/// The functions of package sync whose waits are those for a mutex.
const MUTEX: [&[u8]; 3] = [b"sync.(*Mutex).", b"sync.(*RWMutex).", b"internal/sync.(*Mutex)."];

/// Durations in the runtime's buckets.
#[derive(Clone, Debug, Default)]
pub(super) struct Distribution {
    pub(super) buckets: RuntimeBuckets,
    pub(super) sum: i64,
}

impl Distribution {
    fn add(&mut self, nanos: i64) {
        self.buckets.add(nanos);
        self.sum = self.sum.saturating_add(nanos);
    }
}

/// Makes a [`Census`]. Memory grows with the goroutines that exist at one time.
#[derive(Debug, Default)]
pub struct CollectCensus {
    gs: ByGo<G>,
    /// Which reasons to block are those of package sync.
    syncs: ByString<bool>,
    /// What begins with a stack, and whether what waits there waits for a mutex.
    roles: ByStack<Option<Role>>,
    mutexes: ByStack<bool>,
    version: Option<Version>,
    start: Option<Time>,
    stopping: FxHashMap<Option<GoId>, (Time, bool)>,
    /// Whether the cycle under way was forced.
    forced: bool,
    census: Census,
}

/// What [metrics](super::Metrics) tell of goroutines and of stops of the world
/// that no other analysis does.
#[derive(Clone, Debug, Default)]
pub struct Census {
    /// The goroutines at the end.
    pub(super) count: Count,
    pub(super) created: u64,
    /// How long goroutines waited for a mutex.
    pub(super) mutex: i64,
    /// How long the background scavenger ran.
    pub(super) scavenging: i64,
    pub(super) gc_pauses: Distribution,
    pub(super) other_pauses: Distribution,
    /// The cycles that ended: automatic and forced ones.
    pub(super) cycles: [u64; 2],
}

#[derive(Clone, Copy, Debug)]
struct G {
    state: GoState,
    since: Time,
    role: Option<Role>,
    /// It waits for a mutex.
    mutex: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Role {
    Program,
    Runtime,
    Scavenger,
}

impl Role {
    fn of(stack: Stack<'_>) -> Option<Role> {
        let root = stack.frames().last()?.func;
        Some(match root {
            b"runtime.bgscavenge" => Role::Scavenger,
            root if is_system(root) => Role::Runtime,
            _ => Role::Program,
        })
    }
}

/// How many goroutines there are, in each state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Count {
    pub(super) all: u64,
    pub(super) runnable: u64,
    pub(super) running: u64,
    pub(super) waiting: u64,
    pub(super) not_in_go: u64,
}

impl Analysis for CollectCensus {
    type Output = Census;

    #[inline]
    fn wants(&self, event: EventType) -> bool {
        use EventType::*;
        changes_go(event) || matches!(event, Sync | STWBegin | STWEnd | GCBegin | GCEnd)
    }

    #[inline]
    fn event_old(&mut self, event: &Seen<'_, '_>) {
        let time = event.time();
        if self.start.is_none() {
            self.start = Some(time);
            self.version = event.generation().map(|generation| generation.version);
        }
        if let Some(change) = event.go() {
            return self.goroutine(event, change);
        }
        match *event.kind() {
            EventKind::RangeBegin(range) => match range.name {
                RangeName::GcMark => self.forced = event.stack().is_some_and(is_forced),
                RangeName::StopTheWorld(reason) => {
                    let is_gc = reason.windows(2).any(|pair| pair == b"GC");
                    self.stopping.insert(event.goroutine(), (time, is_gc));
                }
                _ => {}
            },
            EventKind::RangeEnd(range, _) => match range.name {
                RangeName::GcMark => {
                    let [automatic, forced] = &mut self.census.cycles;
                    *(if std::mem::take(&mut self.forced) { forced } else { automatic }) += 1;
                }
                RangeName::StopTheWorld(_) => {
                    let census = &mut self.census;
                    if let Some((since, is_gc)) = self.stopping.remove(&event.goroutine()) {
                        let pauses = if is_gc { &mut census.gc_pauses } else { &mut census.other_pauses };
                        pauses.add(time.since(since));
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn finish(mut self, _: &Known) -> Census {
        Census { count: self.count(), ..self.census }
    }
}

impl CollectCensus {
    #[inline]
    fn goroutine(&mut self, event: &Seen<'_, '_>, change: &GoChange) {
        let (GoChange { id, from, to, .. }, time) = (*change, event.time());
        let mut known = true;
        let g = self.gs.get_or_insert_with(event.slot(id), || {
            known = false;
            let since = if from == GoState::NotExist { time } else { self.start.unwrap_or(time) };
            G { state: to, since, role: None, mutex: false }
        });
        if g.role.is_none() && change.own_stack != 0 {
            g.role = self.roles.get(event, change.own_stack, |stack| stack.and_then(Role::of));
        }
        if known && from == to {
            return; // The status in a later generation.
        }
        let (census, nanos) = (&mut self.census, time.since(g.since));
        match g.state {
            GoState::Waiting if g.mutex => census.mutex = census.mutex.saturating_add(nanos),
            GoState::Running if g.role == Some(Role::Scavenger) => {
                census.scavenging = census.scavenging.saturating_add(nanos);
            }
            _ => {}
        }
        census.created += u64::from(from == GoState::NotExist);
        if known {
            g.since = time;
        }
        g.state = to;
        g.mutex = to == GoState::Waiting
            && self.syncs.get(event, change.reason, |reason| reason == b"sync")
            && self.mutexes.get(event, change.own_stack, |stack| stack.is_some_and(is_mutex));
        if to == GoState::NotExist {
            self.gs.remove(event.slot(id));
        }
    }

    /// Those at the end. As in the runtime, its own are not among them before Go 1.26.
    fn count(&mut self) -> Count {
        let with_runtime = self.version >= Some(Version::Go126);
        let mut count = Count::default();
        for (_, g) in self.gs.drain() {
            if !with_runtime && matches!(g.role, Some(Role::Runtime | Role::Scavenger)) {
                continue;
            }
            count.all += 1;
            let state = match g.state {
                GoState::Runnable => &mut count.runnable,
                GoState::Running => &mut count.running,
                GoState::Waiting => &mut count.waiting,
                GoState::Syscall => &mut count.not_in_go,
                GoState::NotExist | GoState::Undetermined => continue,
            };
            *state += 1;
        }
        count
    }
}

/// Whether the program asked for a collection that begins with that stack.
fn is_forced(stack: Stack<'_>) -> bool {
    stack.frames().any(|frame| matches!(frame.func, b"runtime.GC" | b"runtime/debug.freeOSMemory"))
}

/// Whether a goroutine that waits there for package sync waits for a mutex.
fn is_mutex(stack: Stack<'_>) -> bool {
    let is_wait_group = |func: &[u8]| func.starts_with(b"sync.(*WaitGroup)") || func.starts_with(b"sync.(*Cond)");
    let mut inner = stack.frames().map(|frame| frame.func).take(4).take_while(|func| !is_wait_group(func));
    inner.any(|func| MUTEX.iter().any(|lock| func.starts_with(lock)))
}
