//! Sums are those of the lists.

use super::*;
use crate::analysis::durations::Durations;
use crate::analysis::histogram::Decades;
use crate::analysis::task_types::{SumTasks, TaskFacts, TaskKind, TaskSums};
use crate::trace::testdata::small_traces;
use crate::trace::{Mode, Options, Trace};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The traces of all versions, and of programs that end tasks and regions in wrong ways.
fn traces() -> Vec<(String, Vec<u8>)> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/tasks");
    let misused = std::fs::read_dir(root).unwrap().map(|file| file.unwrap().path());
    let misused = misused.filter(|path| path.extension().is_some_and(|extension| extension == "trace"));
    let misused = misused.map(|path| (path.display().to_string(), std::fs::read(path).unwrap()));
    small_traces().into_iter().chain(misused).collect()
}

fn each(mut check: impl FnMut(&str, &Trace<'_>, Compat, Summaries)) {
    for (name, bytes) in traces() {
        let Ok(trace) = Trace::with_options(&bytes, Options::default().mode(Mode::Lenient)) else { continue };
        for compat in [Compat::Right, Compat::Go127] {
            let listed = trace.analyze(CollectGoroutines::new(compat)).unwrap().output;
            check(&format!("{name}, {compat:?}"), &trace, compat, listed);
        }
    }
}

/// Times by name.
type Named = Vec<(Vec<u8>, i64)>;

/// Returns times, the parts by name in the order of the names.
fn figures(stats: &Stats, names: &Names) -> (Vec<i64>, [Named; 2]) {
    let named = [&stats.block, &stats.ranges].map(|times| {
        let mut all: Vec<_> = times.iter().map(|(name, time)| (names.get(name).to_vec(), time)).collect();
        all.retain(|(_, time)| *time != 0);
        all.sort();
        all
    });
    let numbers = [stats.exec, stats.sched_wait, stats.syscall, stats.syscall_block, stats.total];
    (numbers.to_vec(), named)
}

#[test]
fn groups_are_sums_of_goroutines() {
    let mut groups_seen = 0;
    each(|name, trace, compat, listed| {
        let even = |id: GoId| !id.0.is_multiple_of(3);
        for by in [GroupBy::Function, GroupBy::State, GroupBy::Creator] {
            let mut want = SumGroups::new(by, Compat::Right, even);
            listed.goroutines.iter().for_each(|goroutine| want.add(&goroutine, &listed.stacks));
            let want = want.finish(listed.clone());
            let got = trace.analyze(CollectLives::keeping(compat, SumGroups::new(by, compat, even))).unwrap().output;
            let table = |groups: &Groups| {
                let names = groups.names();
                let common = |common| match common {
                    Common::Function(name) | Common::State(_, name) | Common::CreatedBy(name) => names.get(name),
                    _ => b"",
                };
                let row = |group: &Group| {
                    let state = if let Common::State(state, _) = group.common { Some(state) } else { None };
                    let seen = group.common == Common::Inherited;
                    let key = (common(group.common).to_vec(), state.map(|state| state as u8), seen);
                    (key, (group.count, group.ended, figures(&group.stats, names)))
                };
                groups.groups.iter().map(row).collect::<BTreeMap<_, _>>()
            };
            assert_eq!(table(&got), table(&want), "{name}, {by:?}");
            groups_seen += got.groups.len();
        }
    });
    assert!(groups_seen > 1000);
}

#[test]
fn types_are_sums_of_regions() {
    let mut types_seen = 0;
    each(|name, trace, compat, listed| {
        let go = compat == Compat::Go127;
        let counted = |region: &&RegionSummary| region.counts && (go || !region.inherited);
        let took = |region: &RegionSummary| {
            let (from, to) = region.interval(listed.start, listed.end);
            to.since(from)
        };
        let mut want: BTreeMap<_, (u64, Durations, Decades, Stats)> = BTreeMap::new();
        for region in listed.regions.iter().filter(counted) {
            let pc = region.place(&listed.stacks, compat).map(|frame| frame.pc);
            let key = (listed.names().get(region.name).to_vec(), region.start.is_none(), pc);
            let (count, durations, decades, stats) = want.entry(key).or_default();
            *count += 1;
            stats.add(&region.stats);
            if go || region.is_complete() {
                durations.add(took(region));
                decades.add(took(region));
            }
        }
        let sums = SumRegions::new(compat, |_, _, _| true);
        let got = trace.analyze(CollectLives::keeping(compat, sums)).unwrap().output;
        assert_eq!((got.any, got.len()), (!listed.regions.is_empty(), want.len()), "{name}");
        assert_eq!(got.count, want.values().map(|(count, ..)| count).sum::<u64>(), "{name}");
        for of in got.longest(usize::MAX) {
            let key = (got.names().get(of.name).to_vec(), of.early, of.place.map(|frame| frame.pc));
            let (count, durations, decades, stats) = &want[&key];
            assert_eq!((of.count, &of.complete, &of.histogram), (*count, durations, decades), "{name}");
            assert_eq!(figures(&of.stats, got.names()), figures(stats, listed.names()), "{name}");
            types_seen += 1;
        }
        let mut want: Vec<_> = listed.regions.iter().filter(counted).collect();
        want.sort_by_key(|region| (Reverse(took(region)), region.start));
        for most in [0, 3, usize::MAX] {
            let longest = LongestRegions::new(compat, most, |_, _, _| true);
            let got = trace.analyze(CollectLives::keeping(compat, longest)).unwrap().output;
            assert_eq!(got.count, want.len() as u64, "{name}");
            let facts = |region: &RegionSummary| (region.goroutine, region.task, region.start, region.end);
            let got = got.listed.regions.iter().map(facts);
            assert!(got.eq(want.iter().take(most).map(|region| facts(region))), "{name}");
        }
    });
    assert!(types_seen > 100);
}

#[test]
fn types_are_sums_of_tasks() {
    let mut types_seen = 0;
    each(|name, trace, compat, listed| {
        if compat == Compat::Go127 {
            return;
        }
        let tasks = || listed.tasks.iter().filter(|(id, _)| **id != TaskId::BACKGROUND);
        let mut want = TaskSums::default();
        tasks().for_each(|(id, task)| want.add(&TaskFacts::of(*id, task)));
        let got = trace.analyze(SumTasks::new(|_, _| true).longest(3)).unwrap().output;
        if got.begun_again {
            return;
        }
        let table = |sums: &TaskSums, names: &Names| {
            let row = |of: crate::analysis::task_types::TaskType| {
                let kind = match of.kind {
                    TaskKind::Type(id) => Ok(names.get(id).to_vec()),
                    other => Err(other == TaskKind::BegunBefore),
                };
                (kind, of.count, of.complete, of.histogram)
            };
            sums.longest(usize::MAX, names).into_iter().map(row).collect::<Vec<_>>()
        };
        let got_table = table(&got.sums, &got.stacks.names);
        assert_eq!(got_table, table(&want, listed.names()), "{name}");
        types_seen += got_table.len();
        let took = |task: &TaskSummary| {
            let start = task.start.map_or(listed.start, |(time, _)| time);
            task.end.map_or(listed.end, |(time, _)| time).since(start)
        };
        let mut want: Vec<_> = tasks().collect();
        want.sort_by_key(|(id, task)| (Reverse(took(task)), **id));
        let longest: Vec<_> = want.iter().take(3).map(|(id, _)| **id).collect();
        assert_eq!((got.any, &got.longest), (!want.is_empty(), &longest), "{name}");

        // What is listed of some tasks is what a list of all has of them.
        let some = Lists::tasks(longest.iter().copied());
        let some = trace.analyze(CollectLives::keeping(compat, some)).unwrap().output;
        for id in &longest {
            let steps = |listed: &Summaries| {
                let task = &listed.tasks[id];
                let text = |id: NameId| listed.names().get(id).to_vec();
                let regions = task.regions.iter().map(|&at| &listed.regions[at]);
                let regions: Vec<_> =
                    regions.map(|region| (text(region.name), region.goroutine, region.start, region.end)).collect();
                let logs: Vec<_> = task
                    .logs
                    .iter()
                    .map(|log| (log.time, log.goroutine, text(log.category), text(log.message)))
                    .collect();
                let children: Vec<_> = task.children.iter().map(|child| (*child, listed.tasks[child].start)).collect();
                let facts = (text(task.name), task.parent, task.start, task.end, task.goroutines.clone());
                (facts, regions, logs, children)
            };
            assert_eq!(steps(&some), steps(&listed), "{name}, task {id}");
        }
    });
    assert!(types_seen > 20);
}
