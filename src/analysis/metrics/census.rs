//! Counts for metrics that no other analysis has: of goroutines, and of stops of the world.

use crate::analysis::goroutines::is_system;
use crate::analysis::histogram::RuntimeBuckets;
use crate::analysis::names::NameId;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::analysis::{Analysis, Follower, GoroutineState, Memo, SharedEvent, Transition};
use crate::base::ids::GoId;
use crate::base::time::Time;
use crate::event::EventKind;
use crate::event::range::RangeName;
use crate::generation::stack::Stack;
use crate::generation::{ClockSnapshot, Generation};
use crate::spec::state::GoState;
use crate::spec::v2::EventType;
use crate::spec::version::Version;
use crate::timeline::{is_gc_stop, is_mutex};
use rustc_hash::FxHashMap;

/// Function of the goroutine that returns memory to the system.
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
    /// Names of package sync's reason to block, and of the scavenger's function; set when a
    /// generation begins.
    sync: NameId,
    scavenger: NameId,
    /// True for stacks at which waits are for a mutex.
    mutexes: Memo<StackKey, bool>,
    stopping: FxHashMap<Option<GoId>, (Time, bool)>,
    /// True if the cycle under way was forced.
    forced: bool,
    census: Census,
}

/// Figures for [metrics](super::Metrics) of goroutines and of stops of the world that no
/// other analysis has.
#[derive(Clone, Debug, Default)]
pub struct Census {
    /// Goroutines at the end, by state.
    pub(super) count: Count,
    /// Number of them that are not the runtime's own.
    pub(super) program_goroutines: u64,
    pub(super) version: Option<Version>,
    /// Last wall clock reading in the trace.
    pub(super) clock: Option<ClockSnapshot>,
    pub(super) created: u64,
    /// Time that goroutines waited for a mutex, in nanoseconds.
    pub(super) mutex: i64,
    /// Time that the background scavenger ran, in nanoseconds.
    pub(super) scavenging: i64,
    pub(super) gc_pauses: Distribution,
    pub(super) other_pauses: Distribution,
    /// Numbers of automatic and of forced cycles that ended.
    pub(super) cycles: [u64; 2],
}

/// Number of goroutines in each state.
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
    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        let census = &mut self.census;
        census.created += u64::from(transition.new && transition.from() == GoState::NotExist);
        match transition.left {
            // Waits for locks of package sync, WaitGroups and Conds have one reason.
            GoState::Waiting if transition.was.reason == self.sync => {
                let own = transition.was.own;
                if self.mutexes.get(own, || is_mutex(own, follower.stacks())) {
                    census.mutex = census.mutex.saturating_add(transition.took());
                }
            }
            GoState::Running if transition.now.root == self.scavenger => {
                census.scavenging = census.scavenging.saturating_add(transition.took());
            }
            _ => {}
        }
    }

    fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        let time = event.time();
        match *event.kind() {
            EventKind::Sync(sync) => {
                // The last snapshot is nearest to the cycles whose end is asked for.
                self.census.clock = sync.clock_snapshot().or(self.census.clock);
                self.begin(sync.generation, follower);
            }
            EventKind::RangeBegin(range) => match range.name {
                RangeName::GcMark => self.forced = event.stack().is_some_and(is_forced),
                RangeName::StopTheWorld(reason) => {
                    self.stopping.insert(event.goroutine(), (time, is_gc_stop(reason)));
                }
                _ => {}
            },
            EventKind::RangeEnd(range, _) => match range.name {
                RangeName::GcMark => {
                    // The stop in which the cycle ends goes on, but the runtime counts the
                    // pause as over.
                    self.paused(event.goroutine(), time);
                    let [automatic, forced] = &mut self.census.cycles;
                    *(if std::mem::take(&mut self.forced) { forced } else { automatic }) += 1;
                }
                RangeName::StopTheWorld(_) => self.paused(event.goroutine(), time),
                _ => {}
            },
            _ => {}
        }
    }

    fn finish(self, follower: &Follower) -> Census {
        let (count, program_goroutines) = self.count(follower);
        Census { count, program_goroutines, ..self.census }
    }
}

impl CollectCensus {
    /// Takes note that a generation begins, or the trace ends.
    fn begin(&mut self, generation: Option<&Generation<'_>>, follower: &mut Follower) {
        // Set at the first sync, before any goroutine is mentioned.
        let names = &mut follower.stacks_mut().names;
        (self.sync, self.scavenger) = (names.intern(b"sync"), names.intern(SCAVENGER));
        let census = &mut self.census;
        census.version = census.version.or(generation.map(|generation| generation.version));
    }

    /// Takes note that a stop of the world is over, for the goroutine that stopped it.
    fn paused(&mut self, by: Option<GoId>, time: Time) {
        if let Some((since, is_gc)) = self.stopping.remove(&by) {
            let pauses = if is_gc { &mut self.census.gc_pauses } else { &mut self.census.other_pauses };
            pauses.add(time.since(since));
        }
    }

    /// Returns the goroutines at the end, and the number that are not the runtime's own. As
    /// in the runtime, the former leave out the runtime's own before Go 1.26.
    fn count(&self, follower: &Follower) -> (Count, u64) {
        let with_runtime = self.census.version >= Some(Version::Go126);
        let (mut count, mut program_goroutines) = (Count::default(), 0);
        for (_, goroutine) in follower.alive() {
            let is_own = is_of_runtime(goroutine, follower.stacks());
            program_goroutines += u64::from(!is_own);
            if is_own && !with_runtime {
                continue;
            }
            count.all += 1;
            let state = match goroutine.state {
                GoState::Runnable => &mut count.runnable,
                GoState::Running => &mut count.running,
                GoState::Waiting => &mut count.waiting,
                GoState::Syscall => &mut count.not_in_go,
                GoState::NotExist | GoState::Undetermined => continue,
            };
            *state += 1;
        }
        (count, program_goroutines)
    }
}

/// Returns whether a goroutine is the runtime's own, as far as the trace has stacks of it.
fn is_of_runtime(goroutine: &GoroutineState, stacks: &Stacks) -> bool {
    match goroutine.root {
        // Made for callbacks from C, and not in use.
        NameId::EMPTY if goroutine.for_c && goroutine.state == GoState::Syscall => true,
        NameId::EMPTY => stacks.root(goroutine.last_own).is_some_and(is_system),
        root => is_system(stacks.names.get(root)),
    }
}

/// Returns whether the program asked for the collection that begins at a stack.
fn is_forced(stack: Stack<'_>) -> bool {
    stack.frames().any(|frame| matches!(frame.func, b"runtime.GC" | b"runtime/debug.freeOSMemory"))
}
