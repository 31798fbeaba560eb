//! What metrics tell that no other analysis does: of goroutines, and of who stops
//! the world.

use crate::analysis::goroutines::is_system;
use crate::analysis::histogram::RuntimeBuckets;
use crate::analysis::names::NameId;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::analysis::{Analysis, Known, Life, Memo, Seen, Step};
use crate::event::EventKind;
use crate::event::range::RangeName;
use crate::event::stack::Stack;
use crate::event::transition::GoState;
use crate::generation::Generation;
use crate::ids::GoId;
use crate::time::Time;
use crate::version::Version;
use crate::wire::v2::spec::EventType;
use rustc_hash::FxHashMap;

/// The functions of package sync whose waits are those for a mutex.
const MUTEX: [&[u8]; 3] = [b"sync.(*Mutex).", b"sync.(*RWMutex).", b"internal/sync.(*Mutex)."];

/// The function of the goroutine that returns memory to the system.
const SCAVENGER: &[u8] = b"runtime.bgscavenge";

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

/// Makes a [`Census`]. Memory grows with the stacks at which goroutines wait for
/// package sync.
#[derive(Debug, Default)]
pub struct CollectCensus {
    /// The reason to block that package sync gives, and the function that the
    /// scavenger begins with, once there are goroutines.
    sync: NameId,
    scavenger: NameId,
    /// Whether what waits there waits for a mutex.
    mutexes: Memo<StackKey, bool>,
    version: Option<Version>,
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
        matches!(event, GoStart | Sync | STWBegin | STWEnd | GCBegin | GCEnd)
    }

    #[inline(always)]
    fn goroutine(&mut self, step: &Step<'_, '_>, known: &Known) {
        let census = &mut self.census;
        census.created += u64::from(step.new && step.from() == GoState::NotExist);
        match step.left {
            GoState::Waiting if step.was.reason == self.sync => {
                let own = step.was.own;
                if self.mutexes.get(own, || is_mutex(own, known.stacks())) {
                    census.mutex = census.mutex.saturating_add(step.took());
                }
            }
            GoState::Running if step.now.root == self.scavenger => {
                census.scavenging = census.scavenging.saturating_add(step.took());
            }
            _ => {}
        }
    }

    fn event(&mut self, event: &Seen<'_, '_>, known: &mut Known) {
        let time = event.time();
        match *event.kind() {
            EventKind::Sync(sync) => self.begin(sync.generation, known),
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

    fn finish(self, known: &Known) -> Census {
        Census { count: self.count(known), ..self.census }
    }
}

impl CollectCensus {
    /// A generation begins, or the trace ends.
    fn begin(&mut self, generation: Option<&Generation<'_>>, known: &mut Known) {
        let names = &mut known.stacks_mut().names;
        (self.sync, self.scavenger) = (names.intern(b"sync"), names.intern(SCAVENGER));
        self.version = self.version.or(generation.map(|generation| generation.version));
    }

    /// Those at the end. As in the runtime, its own are not among them before Go 1.26.
    fn count(&self, known: &Known) -> Count {
        let with_runtime = self.version >= Some(Version::Go126);
        let mut count = Count::default();
        for (_, life) in known.alive() {
            if !with_runtime && is_of_runtime(life, known.stacks()) {
                continue;
            }
            count.all += 1;
            let state = match life.state {
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

/// Whether the runtime has a goroutine for itself, as far as the trace has stacks
/// of it.
fn is_of_runtime(life: &Life, stacks: &Stacks) -> bool {
    match life.root {
        NameId::EMPTY => stacks.root(life.last_own).is_some_and(is_system),
        root => is_system(stacks.names.get(root)),
    }
}

/// Whether the program asked for a collection that begins with that stack.
fn is_forced(stack: Stack<'_>) -> bool {
    stack.frames().any(|frame| matches!(frame.func, b"runtime.GC" | b"runtime/debug.freeOSMemory"))
}

/// Whether a goroutine that waits there for package sync waits for a mutex.
fn is_mutex(key: StackKey, stacks: &Stacks) -> bool {
    let is_wait_group = |func: &[u8]| func.starts_with(b"sync.(*WaitGroup)") || func.starts_with(b"sync.(*Cond)");
    let funcs = stacks.frames(key).iter().map(|frame| stacks.names.get(frame.func));
    let mut inner = funcs.take(4).take_while(|func| !is_wait_group(func));
    inner.any(|func| MUTEX.iter().any(|lock| func.starts_with(lock)))
}
