//! The time in each state of each lane is what the timelines of the whole trace say.

use super::*;
use crate::analysis::Pass;
use crate::base::ids::{GoId, ProcId, ThreadId};
use crate::base::time::Time;
use crate::spec::state::GoState;
use crate::timeline::{GoActivity, ProcActivity, Span, Timelines};
use crate::trace::testdata::traces;
use crate::trace::{Options, Trace};
use crate::window::Window;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The lane that time is of.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Whose {
    Proc(ProcId),
    Thread(ThreadId),
    Goroutine(GoId),
    All,
}

/// Time by lane and state. A goroutine of the collector that runs counts as running.
type Sums = BTreeMap<(Whose, LaneState), i64>;

fn add(sums: &mut Sums, whose: Whose, state: LaneState, nanos: i64) {
    let state = match (state, &whose) {
        (LaneState::Collecting, _) => LaneState::Running,
        // Which of the two, the timelines of Ms do not say.
        (LaneState::Syscall, Whose::Thread(_)) => LaneState::Running,
        (state, _) => state,
    };
    if nanos != 0 {
        *sums.entry((whose, state)).or_default() += nanos;
    }
}

/// Returns the time by lane and state that the timelines give for a stretch.
fn told(timelines: &Timelines, from: i64, to: i64) -> Sums {
    let mut sums = Sums::new();
    fn within<S>(span: &Span<S>, from: i64, to: i64) -> i64 {
        (span.end.0.min(to) - span.start.0.max(from)).max(0)
    }
    for (&id, spans) in &timelines.procs {
        for span in spans {
            let state = match span.state {
                ProcActivity::Idle => continue,
                ProcActivity::Running { goroutine: None, .. } => LaneState::Looking,
                ProcActivity::Running { .. } => LaneState::Running,
                ProcActivity::Syscall { .. } => LaneState::Syscall,
            };
            add(&mut sums, Whose::Proc(id), state, within(span, from, to));
        }
    }
    for (&id, spans) in &timelines.threads {
        for span in spans {
            let state = match (span.state.goroutine, span.state.proc) {
                (Some(_), _) => LaneState::Running,
                (None, Some(_)) => LaneState::Looking,
                (None, None) => continue,
            };
            add(&mut sums, Whose::Thread(id), state, within(span, from, to));
        }
    }
    for (&id, timeline) in &timelines.goroutines {
        for span in &timeline.spans {
            let state = match span.state {
                GoActivity::Runnable => LaneState::Runnable,
                GoActivity::Waiting { .. } => LaneState::Waiting,
                GoActivity::Running { .. } => LaneState::Running,
                GoActivity::Syscall { .. } => LaneState::Syscall,
            };
            let nanos = within(span, from, to);
            add(&mut sums, Whose::Goroutine(id), state, nanos);
            add(&mut sums, Whose::All, state, nanos);
        }
    }
    sums
}

/// Returns the time by lane and state of several tiles together.
fn drawn(tiles: &[Tile], sums: &mut Sums, groups: &mut i64) {
    for tile in tiles {
        for row in &tile.rows {
            let whose = match row.kind {
                LaneKind::Proc(id) => Whose::Proc(id),
                LaneKind::Thread(id) => Whose::Thread(id),
                LaneKind::Goroutine(id) => Whose::Goroutine(id),
                LaneKind::Group(_) => {
                    *groups += row.items.iter().map(Item::busy).sum::<i64>();
                    continue;
                }
                LaneKind::Packed(_) | LaneKind::Set(_) | LaneKind::Band(_) => continue,
            };
            assert!(row.items.is_sorted_by(|a, b| a.end <= b.start), "{whose:?}");
            let cells = tile.to.since(tile.from) / tile.cell + 1;
            assert!(row.items.len() as i64 <= 2 * cells, "{} items in {cells} cells", row.items.len());
            for item in &row.items {
                assert!(item.start >= tile.from && item.end <= tile.to && item.busy() <= item.nanos());
                LaneState::ALL.iter().for_each(|state| add(sums, whose.clone(), *state, item.time(*state)));
            }
        }
        for Steps { counter, steps } in &tile.counters {
            let state = match counter {
                Counter::Running => LaneState::Running,
                Counter::Runnable => LaneState::Runnable,
                Counter::Waiting => LaneState::Waiting,
                Counter::Syscall => LaneState::Syscall,
                _ => continue,
            };
            let ends = steps.iter().skip(1).map(|step| step.time).chain([tile.to]);
            let sum: f64 = steps.iter().zip(ends).map(|(step, end)| step.value * end.since(step.time) as f64).sum();
            add(sums, Whose::All, state, sum.round() as i64);
        }
    }
}

/// The differences, as far as they are no matter of rounding.
fn differences(want: &Sums, got: &Sums) -> Vec<String> {
    let keys: std::collections::BTreeSet<_> = want.keys().chain(got.keys()).collect();
    let of = |sums: &Sums, key: &(Whose, LaneState)| sums.get(key).copied().unwrap_or(0);
    let differs = |key: &&&(Whose, LaneState)| {
        let slack = if key.0 == Whose::All { 2 } else { 0 };
        (of(want, key) - of(got, key)).abs() > slack
    };
    keys.iter().filter(differs).map(|key| format!("{key:?}: want {} got {}", of(want, key), of(got, key))).collect()
}

struct Known {
    name: String,
    bytes: Vec<u8>,
    timelines: Timelines,
    start: i64,
    end: i64,
    /// When all goroutines that there were at the beginning have been told of.
    told: i64,
}

static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let known = traces().into_iter().filter_map(|(name, bytes)| {
        let trace = Trace::parse(&bytes).unwrap();
        // Some are damaged.
        let timelines = trace.timelines().ok()?;
        let (mut start, mut end, mut told) = (None, 0, 0);
        for event in trace.events() {
            let event = event.unwrap();
            end = event.time().0;
            start.get_or_insert(end);
            if event.go_change().is_some_and(|change| change.from == GoState::Undetermined) {
                told = end + 1;
            }
        }
        Some(Known { name, bytes, timelines, start: start.unwrap(), end, told })
    });
    let known: Vec<_> = known.collect();
    assert!(known.len() > 150, "{} good traces", known.len());
    known
});

fn choice(known: &Known) -> Choice {
    let all = || known.timelines.goroutines.keys().copied();
    // Each goroutine is in two sets.
    let sets = all().map(|id| (id, [(id.0 % 3) as u32, 3].into())).collect();
    Choice { goroutines: all().collect(), sets, ..Choice::overview() }
}

/// An overview is whole, in however many tiles it comes.
#[test]
fn overviews_are_exact() {
    for known in KNOWN.iter() {
        let trace = Trace::parse(&known.bytes).unwrap();
        let mut tiles = Vec::new();
        let overview = Overview::new(&trace, 500, |tile, _| tiles.push(tile));
        let events = trace.analyze(overview).unwrap().output;
        assert_eq!(events, trace.events().count() as u64, "{}", known.name);
        assert_eq!((tiles[0].from.0, tiles.last().unwrap().to.0), (known.start, known.end), "{}", known.name);
        assert!(tiles.is_sorted_by(|a, b| a.to == b.from));
        let cells: i64 = tiles.iter().map(|tile| tile.to.since(tile.from) / tile.cell + 1).sum();
        assert!(cells < 2500, "{}: {cells} cells in {} tiles", known.name, tiles.len());
        let (mut got, mut groups) = (Sums::new(), 0);
        drawn(&tiles, &mut got, &mut groups);
        let want = told(&known.timelines, known.start, known.end);
        let want: Sums = want.into_iter().filter(|((whose, _), _)| !matches!(whose, Whose::Goroutine(_))).collect();
        assert_eq!(differences(&want, &got), [""; 0], "{}", known.name);
        let ran = want.get(&(Whose::All, LaneState::Running)).copied().unwrap_or(0);
        assert!(groups <= ran && groups * 10 >= ran * 9, "{}: groups {groups} of {ran}", known.name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2, rng_seed: RngSeed::Fixed(5), failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the window and the cells.
    #[test]
    fn tiles_are_exact(from in 0.0..1.0f64, length in 0.0..1.0f64, cells in 1u32..3000, power in 0.2..4.0f64) {
        for known in KNOWN.iter() {
            let trace = Trace::with_options(&known.bytes, Options::default()).unwrap();
            let span = (known.end - known.start) as f64;
            let from = known.start + (from * span) as i64;
            let nanos = ((length.powf(power) * span) as i64).max(1);
            // An old trace takes its time to tell what there is in the beginning.
            let least = if trace.version().is_v1() { known.told } else { from + 1 };
            let to = (from + nanos).min(known.end).max(least);
            let lanes = CollectLanes::new(Grid::new(Time(from), to - from, cells), choice(known));
            let tile = Window::new(Some(Time(from)), Some(Time(to))).analyze(&trace, lanes).unwrap().output;
            let (mut got, mut groups) = (Sums::new(), 0);
            let rows = tile.rows.iter().filter(|row| matches!(row.kind, LaneKind::Set(_)));
            let sets: i64 = rows.flat_map(|row| &row.items).map(Item::busy).sum();
            drawn(&[tile], &mut got, &mut groups);
            let want = told(&known.timelines, from, to);
            prop_assert_eq!(sets, 2 * want.get(&(Whose::All, LaneState::Running)).copied().unwrap_or(0));
            // From a place in front of it, the same.
            let checkpoints = Checkpoints::every(&trace, 1000, || true);
            let grid = Grid::new(Time(from), to - from, cells);
            let tile = checkpoints.tile(Time(to), grid, choice(known), || true).unwrap().unwrap();
            let (mut same, mut groups) = (Sums::new(), 0);
            drawn(&[tile], &mut same, &mut groups);
            prop_assert_eq!(differences(&want, &same), [""; 0], "{} from {} to {}, read on", &known.name, from, to);
            prop_assert_eq!(differences(&want, &got), [""; 0], "{} from {} to {} (starts {})", &known.name, from, to, known.start);
        }
    }
}

/// Nothing is lost where cells become longer on the way.
#[test]
fn cells_that_become_longer_lose_nothing() {
    for known in KNOWN.iter().step_by(7) {
        let trace = Trace::parse(&known.bytes).unwrap();
        let mut lanes = CollectLanes::new(Grid::new(Time(known.start), 1000, 1000), choice(known));
        let mut pass = Pass::default();
        for event in trace.events() {
            let event = event.unwrap();
            while lanes.grid.index(event.time().0) > 500 {
                lanes.widen();
            }
            pass.show(&event, &mut lanes);
        }
        let (mut got, mut groups) = (Sums::new(), 0);
        drawn(&[pass.finish(lanes)], &mut got, &mut groups);
        assert_eq!(differences(&told(&known.timelines, known.start, known.end), &got), [""; 0], "{}", known.name);
    }
}
