//! Comparisons of figures that are given.

use super::{Comparison, Condition, Figures, Metric, Row, Sides, Test, Verdict};

/// The figures of one trace, by their names.
type Given<'a> = &'a [(&'a str, f64)];

fn traces(all: &[Given<'_>]) -> Vec<Figures> {
    all.iter().map(|values| Figures::with(values)).collect()
}

/// Returns as many traces, with the figures that `of` gives for each by its number.
fn series<'a, const N: usize>(count: i32, of: impl Fn(f64) -> [(&'a str, f64); N]) -> Vec<Figures> {
    (0..count).map(|at| Figures::with(&of(f64::from(at)))).collect()
}

fn row<'c>(comparison: &'c Comparison, key: &str) -> &'c Row {
    comparison.rows.iter().find(|row| row.key.to_string() == key).unwrap()
}

#[test]
fn what_differs_is_told_and_what_does_not_is_not() {
    let a = series(6, |at| [("running", 0.5 + at / 100.0), ("latency.p99", 1e6 + at), ("heap.max", 7.0)]);
    let b = series(6, |at| [("running", 0.8 + at / 100.0), ("latency.p99", 1e6 + at), ("heap.max", 7.0)]);
    let comparison = Sides::new(&a, &b).compare(5, 0.05);
    let keys: Vec<String> = comparison.rows.iter().map(|row| row.key.to_string()).collect();
    assert_eq!(keys, ["running", "latency.p99", "heap.max"], "figures that no trace has are left out");
    // The same everywhere: it could not have changed, and is no part of the correction.
    assert_eq!(comparison.tested, 2);
    let farthest = 2.0 / 924.0;
    assert_eq!(row(&comparison, "running").test, Test::Tested { p: farthest, adjusted: farthest * 2.0 });
    let verdicts: Vec<Verdict> = comparison.rows.iter().map(|row| row.verdict(0.05)).collect();
    assert_eq!(verdicts, [Verdict::Changed, Verdict::NotTold, Verdict::Equal]);
    let changes = [("running", 0.825 / 0.525 - 1.0), ("latency.p99", 0.0)];
    assert!(changes.iter().all(|(key, want)| (row(&comparison, key).change().unwrap() - want).abs() < 1e-9));
}

/// So many figures have to be as far apart as can be before one is told.
#[test]
fn with_few_traces_several_figures_have_to_change_at_once() {
    let names = Metric::ALL.iter().map(|metric| metric.name()).filter(|name| !name.contains("function")).take(20);
    let names: Vec<&str> = names.collect();
    for (count, needed) in [(4, 12), (5, 4), (6, 1), (8, 1)] {
        for changed in [needed - 1, needed] {
            // The others are far from any change: the sides interleave.
            let side = |shift: f64, upper: f64| -> Vec<Figures> {
                (0..count)
                    .map(f64::from)
                    .map(|at| {
                        let value = |(place, name): (usize, &&'static str)| {
                            (*name, if place < changed { at + upper } else { 2.0 * at + shift })
                        };
                        Figures::with(&names.iter().enumerate().map(value).collect::<Vec<_>>())
                    })
                    .collect()
            };
            let (a, b) = (side(0.0, 0.0), side(1.0, 100.0));
            let comparison = Sides::new(&a, &b).compare(5, 0.05);
            assert_eq!((comparison.tested, comparison.needed), (20, Some(needed)), "{count} traces");
            let told = comparison.rows.iter().filter(|row| row.verdict(0.05) == Verdict::Changed).count();
            assert_eq!(told, if changed < needed { 0 } else { changed }, "{count} traces, {changed} changed");
        }
    }
}

#[test]
fn names_that_matter_most_are_compared_whichever_side_has_them() {
    let a = traces(&[&[("blocked:sync", 5.0), ("blocked:select", 1.0)], &[("blocked:sync", 5.0)]]);
    let b = traces(&[&[("blocked:network", 3.0), ("blocked:sync", 1.0)]]);
    for (one, other) in [(&a, &b), (&b, &a)] {
        let keys = |top| {
            Sides::new(one, other).compare(top, 0.05).rows.iter().map(|row| row.key.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(keys(2), ["blocked:sync", "blocked:network"]);
        assert_eq!(keys(9), ["blocked:sync", "blocked:network", "blocked:select"]);
    }
    // A reason that does not occur blocks nobody; a type of tasks that does not has no length.
    let (a, b) =
        (traces(&[&[("blocked:sync", 5.0), ("task.p50:request", 9.0), ("task.rate:request", 2.0)]]), traces(&[&[]]));
    let comparison = Sides::new(&a, &b).compare(9, 0.05);
    assert_eq!(row(&comparison, "blocked:sync").b.values, [Some(0.0)]);
    assert_eq!(row(&comparison, "task.rate:request").b.values, [Some(0.0)]);
    assert_eq!(row(&comparison, "task.p50:request").b.values, [None]);
    assert_eq!(row(&comparison, "task.p50:request").change(), None);
}

#[test]
fn conditions_are_judged_by_themselves() {
    let of = |up: f64| {
        move |at: f64| {
            [
                ("running", 0.5 + at / 100.0),
                ("latency.p99", (1.0 + up) * 1e6 + at),
                ("stops", 0.0),
                ("task.p50:get", 5.0 + up),
            ]
        }
    };
    let (a, b) = (series(4, of(0.0)), series(4, of(0.2)));
    for (condition, holds) in [
        ("latency.p99>+10%", true),
        ("latency.p99>+30%", false),
        ("latency.p99<-10%", false),
        ("running>+0%", false),
        ("stops>+0%", false),
        ("task.p50:get>+3%", true),
    ] {
        let conditions = [condition.parse::<Condition>().unwrap()];
        let sides = Sides::new(&a, &b);
        assert_eq!(sides.judge(&conditions, 0.05).unwrap()[0].holds, holds, "{condition}");
        // With fewer traces the size alone decides.
        let few = Sides::new(&a[..2], &b[..2]).judge(&conditions, 0.05).unwrap();
        assert_eq!((few[0].holds, few[0].row.test), (holds, Test::TooFew), "{condition}");
    }
    for (condition, told) in [
        ("gc>+1%", "no trace of A has the figure gc"),
        ("task.p50:put>+1%", "no trace of A has the figure task.p50:put; there are get"),
        ("region.rate:x>+1%", "no trace of A has the figure region.rate:x; there is no region type in the traces"),
        ("blocked:sync>+1%", "no trace of A has the figure blocked:sync; there is no reason in the traces"),
    ] {
        let conditions = [condition.parse::<Condition>().unwrap()];
        assert_eq!(Sides::new(&a, &b).judge(&conditions, 0.05).unwrap_err().to_string(), told);
    }
}
