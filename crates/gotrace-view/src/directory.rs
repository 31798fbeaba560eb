//! The directory of a trace: goroutines, in groups, with their lanes; tasks and regions.

use crate::answer::Failure;
use crate::functions::{Functions, text};
use crate::jobs::Interest;
use crate::opened::Opened;
use gotrace::analysis::Compat;
use gotrace::analysis::goroutines::{CollectGoroutines, Goroutine, RegionSummary, Stats, Summaries};
use gotrace::{GoId, GoState, TaskId, Window};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A span on a lane: from, to, and what it is of.
pub(crate) type Span = (i64, i64, f64);

/// So many lanes of tasks at most are drawn.
const TASK_LANES: usize = 256;

/// Property that goroutines of a group have in common.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum By {
    Function,
    Creator,
    State,
    Task,
}

/// Goroutines that have something in common.
pub(crate) struct Group {
    pub(crate) key: String,
    pub(crate) name: String,
    /// Their places among all goroutines.
    pub(crate) members: Vec<u32>,
    pub(crate) times: Times,
    pub(crate) first: i64,
    pub(crate) last: i64,
    lanes: OnceLock<Packing>,
}

/// Times that goroutines spent in each state, in nanoseconds.
#[derive(Clone, Copy, Default)]
pub(crate) struct Times {
    pub(crate) running: i64,
    pub(crate) runnable: i64,
    pub(crate) waiting: i64,
    pub(crate) syscall: i64,
}

impl Times {
    pub(crate) fn of(stats: &Stats) -> Times {
        let syscall = stats.syscall.saturating_add(stats.syscall_block);
        Times { running: stats.exec, runnable: stats.sched_wait, waiting: stats.block.total(), syscall }
    }

    fn add(&mut self, more: Times) {
        for (sum, more) in [
            (&mut self.running, more.running),
            (&mut self.runnable, more.runnable),
            (&mut self.waiting, more.waiting),
            (&mut self.syscall, more.syscall),
        ] {
            *sum = sum.saturating_add(more);
        }
    }
}

/// The lanes of a group, on which no two goroutines exist at one time.
struct Packing {
    lanes: u32,
    /// For each lane in order, and on it by time: the lane, when the goroutine was there,
    /// and its number.
    places: Vec<(u32, i64, i64, u64)>,
}

/// Goroutines of a trace and their groups, with tasks and regions.
pub(crate) struct Directory {
    pub(crate) summaries: Summaries,
    groups: Mutex<FxHashMap<By, Arc<Vec<Arc<Group>>>>>,
    tasks: OnceLock<Vec<Vec<Span>>>,
}

impl Directory {
    /// Reads who is who.
    pub(crate) fn of(opened: &Opened, functions: &Functions, interest: &Interest) -> Result<Directory, Failure> {
        let summarizer = CollectGoroutines::new(Compat::Right);
        let trace = opened.source.trace;
        let analyzed = Window::default().analyze_while(trace, summarizer, |_| interest.is_there())?;
        let summaries = analyzed.ok_or_else(Failure::given_up)?.output;
        for goroutine in summaries.goroutines.iter() {
            functions.number(summaries.name(&goroutine));
        }
        Ok(Directory { summaries, groups: Mutex::default(), tasks: OnceLock::new() })
    }

    /// When a goroutine was there.
    pub(crate) fn life(&self, goroutine: &Goroutine) -> (i64, i64) {
        let first = goroutine.created.0.max(self.summaries.start.0);
        (first, goroutine.ended().map_or(self.summaries.end.0, |ended| ended.0))
    }

    /// All goroutines in groups.
    pub(crate) fn groups(&self, by: By, functions: &Functions) -> Arc<Vec<Arc<Group>>> {
        let mut known = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        let groups = known.entry(by).or_insert_with(|| Arc::new(self.make(by, functions)));
        Arc::clone(groups)
    }

    fn make(&self, by: By, functions: &Functions) -> Vec<Arc<Group>> {
        let mut groups: Vec<Group> = Vec::new();
        let mut places: FxHashMap<(String, String), usize> = FxHashMap::default();
        let mut add = |key: String, name: String, place: usize, goroutine: &Goroutine| {
            let at = *places.entry((key, name)).or_insert_with_key(|(key, name)| {
                let (key, name) = (key.clone(), name.clone());
                let (first, last, times) = (i64::MAX, i64::MIN, Times::default());
                groups.push(Group { key, name, members: Vec::new(), times, first, last, lanes: OnceLock::new() });
                groups.len() - 1
            });
            if let Some(group) = groups.get_mut(at) {
                group.members.push(u32::try_from(place).unwrap_or(u32::MAX));
                group.times.add(Times::of(&goroutine.stats));
                let (first, last) = self.life(goroutine);
                (group.first, group.last) = (group.first.min(first), group.last.max(last));
            }
        };
        if by == By::Task {
            let numbers: FxHashMap<u64, usize> =
                self.summaries.goroutines.iter().enumerate().map(|(place, g)| (g.id.0, place)).collect();
            for (id, task) in self.summaries.tasks.iter().filter(|(id, _)| **id != TaskId::BACKGROUND) {
                for place in task.goroutines.iter().filter_map(|id| numbers.get(&id.0)) {
                    if let Some(goroutine) = self.summaries.goroutines.get(*place) {
                        add(format!("t{id}"), self.name(task.name), *place, &goroutine);
                    }
                }
            }
        } else {
            let mut keys: FxHashMap<String, String> = FxHashMap::default();
            for (place, goroutine) in self.summaries.goroutines.iter().enumerate() {
                let (key, name) = match by {
                    By::Function | By::Task => {
                        let name = self.summaries.name(&goroutine);
                        (format!("f{}", functions.number(name)), text(name))
                    }
                    By::Creator | By::State => {
                        let name = if by == By::State { self.state(&goroutine) } else { self.creator(&goroutine) };
                        let letter = if by == By::State { 's' } else { 'c' };
                        let number = keys.len();
                        (keys.entry(name.clone()).or_insert_with(|| format!("{letter}{number}")).clone(), name)
                    }
                };
                add(key, name, place, &goroutine);
            }
        }
        groups.into_iter().map(Arc::new).collect()
    }

    fn name(&self, id: gotrace::analysis::names::NameId) -> String {
        text(self.summaries.names().get(id))
    }

    /// Returns the state of a goroutine when the trace ends, in words.
    pub(crate) fn state(&self, goroutine: &Goroutine) -> String {
        match (goroutine.state, self.name(goroutine.reason)) {
            (GoState::NotExist, _) => "ended".into(),
            (GoState::Waiting, reason) if !reason.is_empty() => format!("waiting: {reason}"),
            (state, _) => state.to_string().to_lowercase(),
        }
    }

    /// Returns the function that created a goroutine.
    fn creator(&self, goroutine: &Goroutine) -> String {
        match self.summaries.stacks.frames(goroutine.creation_stack).first() {
            Some(frame) => self.name(frame.func),
            None if goroutine.creation_seen => "(the runtime)".into(),
            None => "(there when the trace began)".into(),
        }
    }

    /// The group with that key.
    pub(crate) fn group(&self, key: &str, functions: &Functions) -> Result<Arc<Group>, Failure> {
        let by = match key.bytes().next() {
            Some(b'f') => By::Function,
            Some(b'c') => By::Creator,
            Some(b's') => By::State,
            _ => By::Task,
        };
        let groups = self.groups(by, functions);
        let group = groups.iter().find(|group| group.key == key);
        group.cloned().ok_or_else(|| Failure::new(404, format!("there is no group {key}")))
    }

    /// Iterates over the goroutines of a group that exist in a stretch of time.
    pub(crate) fn those_in(&self, group: &Group, (from, to): (i64, i64)) -> impl Iterator<Item = GoId> {
        let goroutines = group.members.iter().filter_map(|place| self.summaries.goroutines.get(*place as usize));
        let exists = move |goroutine: &Goroutine| {
            let (first, last) = self.life(goroutine);
            first < to && last >= from
        };
        goroutines.filter(exists).map(|goroutine| goroutine.id)
    }

    /// Returns the number of lanes that a group needs.
    pub(crate) fn lanes(&self, group: &Group) -> u32 {
        self.packing(group).lanes
    }

    /// The goroutines of a group on some of its lanes that exist in a stretch of time, each
    /// with its lane, counted from the first of those.
    pub(crate) fn members(
        &self,
        group: &Group,
        (first, count): (u32, u32),
        (from, to): (i64, i64),
    ) -> impl Iterator<Item = (u64, u32)> {
        let places = &self.packing(group).places;
        let begin = places.partition_point(|(lane, ..)| *lane < first);
        let end = places.partition_point(|(lane, ..)| *lane < first.saturating_add(count));
        let within = places.get(begin..end).unwrap_or_default().iter();
        within.filter(move |(_, a, b, _)| *a < to && *b >= from).map(move |(lane, _, _, id)| (*id, lane - first))
    }

    fn packing<'g>(&self, group: &'g Group) -> &'g Packing {
        group.lanes.get_or_init(|| {
            let goroutines = group.members.iter().filter_map(|place| self.summaries.goroutines.get(*place as usize));
            let lives = goroutines.map(|goroutine| {
                let (from, to) = self.life(&goroutine);
                (from, to, goroutine.id.0)
            });
            pack(lives.collect(), self.summaries.end.0 - self.summaries.start.0)
        })
    }

    /// The tasks, on lanes where no two overlap.
    pub(crate) fn task_lanes(&self) -> &[Vec<Span>] {
        self.tasks.get_or_init(|| {
            let (first, last) = (self.summaries.start, self.summaries.end);
            let tasks = self.summaries.tasks.iter().filter(|(id, _)| **id != TaskId::BACKGROUND);
            let spans = tasks.map(|(id, task)| {
                let from = task.start.map_or(first, |(time, _)| time);
                (from.0, task.end.map_or(last, |(time, _)| time).0, id.0)
            });
            let mut lanes: Vec<Vec<Span>> = Vec::new();
            for (lane, from, to, id) in pack(spans.collect(), i64::MAX).places {
                let lane = lane as usize;
                if lane < TASK_LANES {
                    lanes.resize_with(lanes.len().max(lane + 1), Vec::new);
                    if let Some(spans) = lanes.get_mut(lane) {
                        spans.push((from, to, id as f64));
                    }
                }
            }
            lanes
        })
    }

    /// The regions of a goroutine that overlap a stretch of time, by when they began, each
    /// with how deep it is within others.
    pub(crate) fn regions_of(&self, goroutine: u64, (from, to): (i64, i64)) -> Vec<(usize, &RegionSummary)> {
        let (first, last) = (self.summaries.start, self.summaries.end);
        let own = self.summaries.regions.iter().filter(|region| region.goroutine.0 == goroutine && !region.inherited);
        let mut own: Vec<&RegionSummary> = own.collect();
        own.sort_by_key(|region| {
            let (begin, end) = region.interval(first, last);
            (begin, Reverse(end))
        });
        let mut open: Vec<i64> = Vec::new();
        let mut all = Vec::new();
        for region in own {
            let (begin, end) = region.interval(first, last);
            open.retain(|end| *end > begin.0);
            if begin.0 < to && end.0 > from {
                all.push((open.len(), region));
            }
            open.push(end.0);
        }
        all
    }

    /// Returns the regions of a goroutine as lanes, by depth; their spans have the task.
    pub(crate) fn region_lanes(&self, goroutine: u64, stretch: (i64, i64)) -> Vec<Vec<Span>> {
        let (first, last) = (self.summaries.start, self.summaries.end);
        let mut lanes: Vec<Vec<Span>> = vec![Vec::new()];
        for (depth, region) in self.regions_of(goroutine, stretch) {
            let (begin, end) = region.interval(first, last);
            lanes.resize_with(lanes.len().max(depth + 1), Vec::new);
            if let Some(lane) = lanes.get_mut(depth) {
                lane.push((begin.0, end.0, region.task.0 as f64));
            }
        }
        lanes
    }
}

/// Packs spans into lanes, where no two overlap: the long ones first, which take more than a
/// fourth of `whole`, then each on the first lane that is free.
fn pack(spans: Vec<(i64, i64, u64)>, whole: i64) -> Packing {
    let (mut long, mut short): (Vec<_>, Vec<_>) = spans.into_iter().partition(|(from, to, _)| to - from > whole / 4);
    long.sort_unstable_by_key(|(from, to, id)| (Reverse(to - from), *id));
    short.sort_unstable();
    let mut places = Vec::with_capacity(long.len() + short.len());
    // On the lanes of the long ones there is room before and behind each, which stays free.
    for (lane, (from, to, id)) in (0u32..).zip(&long) {
        places.push((lane, *from, *to, *id));
    }
    let first = u32::try_from(long.len()).unwrap_or(u32::MAX);
    let mut lanes = first;
    // The lanes that are taken, by when they will be free, and those that are free.
    let mut busy: BinaryHeap<Reverse<(i64, u32)>> = BinaryHeap::new();
    let mut free: BinaryHeap<Reverse<u32>> = BinaryHeap::new();
    for (from, to, id) in short {
        while let Some(&Reverse((end, lane))) = busy.peek()
            && end <= from
        {
            busy.pop();
            free.push(Reverse(lane));
        }
        let lane = free.pop().map_or_else(
            || {
                lanes += 1;
                lanes - 1
            },
            |Reverse(lane)| lane,
        );
        busy.push(Reverse((to, lane)));
        places.push((lane, from, to, id));
    }
    places.sort_unstable();
    Packing { lanes, places }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_spans_do_not_overlap() {
        let mut spans = Vec::new();
        let mut state = 1u64;
        for id in 0..2000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let from = (state >> 33) as i64 % 1000;
            spans.push((from, from + (state >> 50) as i64 % if id % 100 == 0 { 900 } else { 40 } + 1, id));
        }
        let packing = pack(spans.clone(), 1000);
        assert_eq!(packing.places.len(), spans.len());
        for pair in packing.places.windows(2) {
            let [(lane, _, end, _), (next, from, ..)] = pair else { unreachable!() };
            assert!(lane < next || (lane == next && end <= from), "{pair:?}");
        }
        assert!(packing.places.iter().all(|(lane, ..)| *lane < packing.lanes));
        // No more than there are at one time, but for the long ones.
        let long = spans.iter().filter(|(a, b, _)| b - a > 250).count();
        let most = (0..1100).map(|t| spans.iter().filter(|(a, b, _)| *a <= t && t < *b).count()).max().unwrap();
        assert!(packing.lanes as usize <= most + long, "{} {most} {long}", packing.lanes);
    }
}
