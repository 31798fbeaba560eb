//! Memory of the answers of each command, by what it grows with: the table in README.

mod common;

use common::allocator::{Counting, peak};
use common::builder::TraceBuilder;
use gotrace::analysis::annotations::{CollectAnnotations, CollectStretches};
use gotrace::analysis::count::CollectCounts;
use gotrace::analysis::gc::CollectGc;
use gotrace::analysis::goroutines::{CollectLives, GroupBy, Lists, LongestRegions, SumGroups, SumRegions};
use gotrace::analysis::latency::CollectLatency;
use gotrace::analysis::metrics::CollectCensus;
use gotrace::analysis::mmu::{CollectUtilization, Flags};
use gotrace::analysis::path::CollectHistory;
use gotrace::analysis::procs::CollectProcs;
use gotrace::analysis::profile::{CollectProfile, ProfileKind};
use gotrace::analysis::summary::CollectSummary;
use gotrace::analysis::task_types::SumTasks;
use gotrace::analysis::{Analysis, Compat};
use gotrace::diagnose::CollectObservation;
use gotrace::export::json::{self, JsonStacks};
use gotrace::export::side_by_side::Choice;
use gotrace::spec::v2::EventType::{self, *};
use gotrace::{Time, Trace, Version, Window, paths};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A trace of one goroutine that runs, and does much of one thing.
struct Shape {
    trace: TraceBuilder,
    time: u64,
    name: u64,
}

impl Shape {
    /// Returns the bytes of the trace in which `fill` does something `n` times.
    fn of(n: u64, fill: Fill) -> Vec<u8> {
        let mut trace = TraceBuilder::new(Version::Go126);
        let name = trace.generation(1).string("some name");
        let mut shape = Shape { trace, time: 1, name };
        shape.event(ProcStatus, &[0, 1]).event(GoStatus, &[1, 1, 2]);
        fill(&mut shape, n);
        shape.trace.build()
    }

    fn event(&mut self, event: EventType, args: &[u64]) -> &mut Shape {
        self.time += 1;
        let (time, generation) = (self.time, self.trace.last());
        if generation.batches.last().is_none_or(|batch| batch.data.len() > 30_000) {
            generation.batch(1, time);
        }
        generation.batches.last_mut().unwrap().event(1, event, args);
        self
    }

    /// Adds a name that no other thing has; returns its number.
    fn own_name(&mut self, n: u64) -> u64 {
        let strings = &mut self.trace.last().strings;
        strings.push((strings.len() as u64 + 1, format!("GET /user/{n}").into_bytes()));
        strings.len() as u64
    }
}

fn tasks(shape: &mut Shape, n: u64) {
    (1..=n).for_each(|id| _ = shape.event(UserTaskBegin, &[id, 0, 1, 0]).event(UserTaskEnd, &[id, 0]));
}

fn open_tasks(shape: &mut Shape, n: u64) {
    (1..=n).for_each(|id| _ = shape.event(UserTaskBegin, &[id, 0, 1, 0]));
}

fn task_types(shape: &mut Shape, n: u64) {
    for id in 1..=n {
        let name = shape.own_name(id);
        shape.event(UserTaskBegin, &[id, 0, name, 0]).event(UserTaskEnd, &[id, 0]);
    }
}

fn regions(shape: &mut Shape, n: u64) {
    let name = shape.name;
    (0..n).for_each(|_| _ = shape.event(UserRegionBegin, &[0, name, 0]).event(UserRegionEnd, &[0, name, 0]));
}

fn region_names(shape: &mut Shape, n: u64) {
    for id in 0..n {
        let name = shape.own_name(id);
        shape.event(UserRegionBegin, &[0, name, 0]).event(UserRegionEnd, &[0, name, 0]);
    }
}

fn logs(shape: &mut Shape, n: u64) {
    shape.event(UserTaskBegin, &[1, 0, 1, 0]);
    (0..n).for_each(|_| _ = shape.event(UserLog, &[1, 1, 1, 0]));
}

/// Goroutines that end at once.
fn goroutines(shape: &mut Shape, n: u64) {
    let stack = shape.trace.last().stack(&["main.work"]);
    for id in 2..n + 2 {
        shape.event(GoCreate, &[id, stack, 0]).event(GoStop, &[1, 0]);
        shape.event(GoStart, &[id, 1]).event(GoDestroy, &[]).event(GoStart, &[1, id - 1]);
    }
}

/// Goroutines that never run.
fn waiting(shape: &mut Shape, n: u64) {
    let stack = shape.trace.last().stack(&["main.work"]);
    (2..n + 2).for_each(|id| _ = shape.event(GoCreate, &[id, stack, 0]));
}

/// Maker of a shape, which does something so many times.
type Fill = fn(&mut Shape, u64);

const SHAPES: &[(&str, Fill)] = &[
    ("tasks", tasks),
    ("open tasks", open_tasks),
    ("task types", task_types),
    ("regions", regions),
    ("region names", region_names),
    ("logs", logs),
    ("goroutines", goroutines),
    ("waiting", waiting),
];

/// The bytes that a report may hold for each thing of a shape; for those that are not named, a
/// bit or two of each task, and names.
type Growth = &'static [(&'static str, usize)];

/// Bytes for a task that is open, and for a goroutine that exists: ordering and the follower
/// keep what exists.
const OPEN: &[(&str, usize)] = &[("open tasks", 110), ("waiting", 850), ("task types", 180), ("region names", 180)];

fn analyze<A: Analysis>(trace: &Trace<'_>, analysis: A) {
    trace.analyze(analysis).unwrap();
}

/// A command, what it does with a trace, and what its memory grows with besides [`OPEN`].
type Report = (&'static str, fn(&Trace<'_>), Growth);

const REPORTS: &[Report] = &[
    ("count", |trace| analyze(trace, CollectCounts::default()), &[]),
    ("summary", |trace| analyze(trace, CollectSummary::default()), &[]),
    ("latency", |trace| analyze(trace, CollectLatency::new(10)), &[]),
    ("procs", |trace| analyze(trace, CollectProcs::default()), &[]),
    ("metrics", |trace| analyze(trace, CollectCensus::default()), &[]),
    ("gc, stw", |trace| analyze(trace, CollectGc::default()), &[]),
    ("mmu", |trace| analyze(trace, CollectUtilization::new(Flags::default(), Compat::Right)), &[]),
    ("diagnose", |trace| analyze(trace, CollectObservation::default()), &[]),
    ("pprof wall", |trace| analyze(trace, CollectProfile::new(ProfileKind::Wall)), &[]),
    (
        "goroutines",
        |trace| {
            let groups = SumGroups::new(GroupBy::Function, Compat::Right, |_| true);
            analyze(trace, CollectLives::keeping(Compat::Right, groups));
        },
        &[],
    ),
    (
        "goroutines --by goroutine",
        |trace| analyze(trace, CollectLives::keeping(Compat::Right, Lists::goroutines())),
        &[("goroutines", 130)],
    ),
    ("goroutines --leaks", |trace| analyze(trace, CollectLives::keeping(Compat::Right, Lists::alive())), &[]),
    ("tasks", |trace| analyze(trace, SumTasks::new(|_, _| true)), &[]),
    ("tasks --each", |trace| analyze(trace, SumTasks::new(|_, _| true).longest(20)), &[]),
    (
        "regions",
        |trace| {
            let sums = SumRegions::new(Compat::Right, |_, _, _| true);
            analyze(trace, CollectLives::keeping(Compat::Right, sums));
        },
        &[("region names", 450)],
    ),
    (
        "regions --each",
        |trace| {
            let longest = LongestRegions::new(Compat::Right, 20, |_, _, _| true);
            analyze(trace, CollectLives::keeping(Compat::Right, longest));
        },
        &[],
    ),
    (
        "--task, --region",
        |trace| analyze(trace, CollectAnnotations::default()),
        &[("tasks", 400), ("open tasks", 500), ("task types", 500), ("regions", 140), ("region names", 400)],
    ),
    (
        "path --task",
        |trace| {
            let stretches = trace.analyze(CollectStretches::of_tasks(b"some name")).unwrap().output;
            paths::follow(trace, &stretches, |_, _, _| ()).unwrap();
        },
        &[("tasks", 200), ("open tasks", 260)],
    ),
    ("path", |trace| analyze(trace, CollectHistory::default()), &[("goroutines", 260)]),
    #[cfg(feature = "export")]
    (
        "export perfetto",
        |trace| {
            let tracks = gotrace::tracks::Tracks::new(gotrace::tracks::Form::Perfetto);
            tracks.write(trace, std::io::sink(), |_| true).unwrap();
        },
        &[("goroutines", 40), ("open tasks", 130)],
    ),
    (
        "slice",
        |trace| {
            let middle = Window::new(Some(Time(100)), Some(Time(1000)));
            middle.slice(trace, std::io::sink(), |_| ()).unwrap();
        },
        &[("goroutines", 30)],
    ),
    (
        "events --json",
        |trace| {
            let out = |_: &[u8], _: &gotrace::Event<'_>| Ok(());
            json::write(trace, 1, JsonStacks::Ids, |_| Choice::Write, out).unwrap();
        },
        // A buffer that has become as large as it will.
        &[("logs", 20)],
    ),
    (
        "lists of everything",
        |trace| analyze(trace, CollectLives::keeping(Compat::Right, Lists::everything())),
        &[
            ("tasks", 600),
            ("open tasks", 700),
            ("task types", 700),
            ("regions", 500),
            ("region names", 700),
            ("logs", 100),
            ("goroutines", 130),
        ],
    ),
];

#[test]
fn memory_grows_with_what_the_table_says() {
    const N: u64 = 5000;
    let mut wrong = Vec::new();
    for (shape, fill) in SHAPES {
        let [few, many] = [N, 4 * N].map(|n| Shape::of(n, *fill));
        for (report, run, growth) in REPORTS {
            let held = |bytes: &[u8]| {
                let trace = Trace::parse(bytes).unwrap();
                peak(|| run(&trace)).0
            };
            let allowed = |growth: Growth| growth.iter().find(|(name, _)| name == shape).map(|(_, bytes)| *bytes);
            let most = allowed(growth).or(allowed(OPEN)).unwrap_or(2);
            let each = held(&many).saturating_sub(held(&few)) as f64 / (3 * N) as f64;
            println!("{report}, {shape}: {each:.1} bytes each, {most} at most");
            if each > most as f64 {
                wrong.push(format!("{report}: {each:.1} bytes for each of {shape}, {most} at most"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
