//! Tests of the times that goroutines work for tasks.

use super::{Annotations, CollectAnnotations, CollectStretches, Creation, NoSuch, Place, Region, Task};
use crate::base::ids::{GoId, TaskId};
use crate::base::time::Time;
use crate::trace::testdata::traces;
use crate::trace::{Mode, Options, Trace};
use std::collections::BTreeSet;

const G: GoId = GoId(1);

fn place(time: i64, goroutine: u64) -> Option<Place> {
    Some(Place { time: Time(time), goroutine: GoId(goroutine), created: false })
}

/// A task's number and its parent's, or 0; time and goroutine of its beginning, and of its
/// end.
type TaskRow = (u64, u64, (i64, u64), (i64, u64));

/// Returns the tasks, and regions of goroutine 1 as task, start and end.
fn annotations(tasks: &[TaskRow], regions: &[(u64, i64, i64)]) -> Annotations {
    let mut all = Annotations { start: Time(0), end: Time(1000), ..Annotations::default() };
    for &(id, parent, begun, ended) in tasks {
        let kind = Some(all.names.intern(format!("t{id}").as_bytes()));
        let (begun, ended) = (place(begun.0, begun.1), place(ended.0, ended.1));
        let task = all.tasks.entry(TaskId(id)).or_default();
        *task = Task { kind, begun, ended, children: std::mem::take(&mut task.children), ..Task::default() };
        if parent != 0 {
            all.tasks.entry(TaskId(parent)).or_default().children.push(TaskId(id));
        }
    }
    let name = all.names.intern(b"r");
    let region = |&(task, from, to): &(u64, i64, i64)| {
        let [from, to] = [from, to].map(|at| Some(Time(at)));
        Region { goroutine: G, task: TaskId(task), name, from, to }
    };
    all.regions = regions.iter().map(region).collect();
    all
}

fn at_work(all: &Annotations, task: &str, children: bool) -> Vec<(i64, i64)> {
    let tasks = all.tasks(task.as_bytes(), children).unwrap();
    let mut stays: Vec<(i64, i64)> = all.at_work(&tasks).of(G).iter().map(|&(from, to)| (from.0, to.0)).collect();
    stays.sort();
    stays
}

#[test]
fn a_goroutine_works_for_one_task_at_a_time() {
    // Two tasks at once on one goroutine, which turns to them in regions.
    let all = annotations(
        &[(1, 0, (10, 1), (100, 1)), (2, 0, (11, 1), (101, 1))],
        &[(1, 20, 30), (2, 30, 40), (1, 50, 60), (2, 70, 80), (0, 90, 95)],
    );
    assert_eq!(at_work(&all, "1", true), [(10, 30), (40, 70), (80, 100)]);
    assert_eq!(at_work(&all, "t2", true), [(11, 20), (30, 50), (60, 101)]);
    // A region of another task inside one of its own still counts as its own.
    let all = annotations(&[(1, 0, (10, 1), (100, 2))], &[(1, 20, 60), (7, 30, 40)]);
    assert_eq!(at_work(&all, "1", true), [(20, 60)]);
}

#[test]
fn children_are_parts() {
    // A child of a child, which outlives both.
    let tasks = [(1, 0, (10, 1), (60, 1)), (2, 1, (20, 1), (50, 1)), (3, 2, (30, 1), (90, 1))];
    let all = annotations(&tasks, &[(3, 70, 80)]);
    assert_eq!(at_work(&all, "1", true), [(10, 90)]);
    assert_eq!(at_work(&all, "1", false), [(10, 20)]);
    assert_eq!(at_work(&all, "2", true), [(20, 90)]);
    assert_eq!(at_work(&all, "2", false), [(20, 30)]);
    assert_eq!(at_work(&all, "3", false), [(30, 90)]);
}

#[test]
fn what_is_created_works_on() {
    // Goroutine 2 is created for task 1, and creates 1 in turn; 9 hands it over and is not
    // in it.
    let mut all = annotations(&[(1, 0, (10, 9), (60, 2))], &[(7, 40, 45)]);
    let made = |time, creator, goroutine, ended: Option<i64>| Creation {
        time: Time(time),
        creator: GoId(creator),
        goroutine: GoId(goroutine),
        ended: ended.map(Time),
    };
    all.creations = vec![made(20, 9, 2, None), made(30, 2, 1, Some(50)), made(70, 2, 3, None)];
    let tasks = all.tasks(b"1", true).unwrap();
    let work = all.at_work(&tasks);
    let of = |id| work.of(GoId(id)).iter().map(|(from, to)| (from.0, to.0)).collect::<Vec<_>>();
    assert_eq!([of(9), of(2), of(1), of(3)], [vec![], vec![(20, 60)], vec![(30, 40), (45, 50)], vec![]]);
}

#[test]
fn what_goes_on_at_the_ends_of_the_trace() {
    let mut all = annotations(&[(1, 0, (10, 1), (60, 1)), (2, 0, (70, 1), (80, 1)), (3, 0, (90, 1), (95, 1))], &[]);
    let task = |all: &mut Annotations, id, change: &dyn Fn(&mut Task)| change(all.tasks.get_mut(&TaskId(id)).unwrap());
    task(&mut all, 1, &|task| task.begun = None);
    task(&mut all, 2, &|task| task.ended = None);
    task(&mut all, 3, &|task| (task.ended, task.shared) = (None, true));
    assert_eq!(at_work(&all, "1", true), [(0, 60)]);
    assert_eq!(at_work(&all, "2", true), [(70, 1000)]);
    assert!(matches!(all.choose(all.tasks(b"3", true).ok(), None), Err(NoSuch::Work)));
    task(&mut all, 2, &|task| task.left = Some(Time(75)));
    assert_eq!(at_work(&all, "2", true), [(70, 75)]);
}

#[test]
fn what_there_is_is_told() {
    let all = annotations(&[(4, 0, (10, 1), (60, 1)), (9, 0, (10, 1), (60, 1))], &[(4, 20, 30)]);
    let told = |text: &str| all.tasks(text.as_bytes(), true).unwrap_err().to_string();
    assert_eq!(told("5"), "there is no task 5; the trace has tasks from 4 to 9");
    assert_eq!(told("x"), r#"there is no task of type "x"; the types of tasks are: "t4" (1), "t9" (1)"#);
    assert_eq!(
        all.choose(None, Some(b"x")).unwrap_err().to_string(),
        r#"there is no region of type "x"; the types of regions are: "r" (1)"#
    );
    let tasks = all.tasks(b"9", true).ok();
    assert_eq!(
        all.choose(tasks, Some(b"r")).unwrap_err().to_string(),
        r#"there is no region of type "r" in those tasks; they have no regions"#
    );
    assert_eq!(
        Annotations::default().tasks(b"7", true).unwrap_err().to_string(),
        "there is no task 7; the trace has no tasks"
    );
}

/// A number names a task if there is one with it, else a type; `type:` makes it a type.
#[test]
fn types_may_be_numbers() {
    let mut all = annotations(&[(1, 0, (10, 1), (60, 1)), (2, 0, (10, 1), (60, 1))], &[]);
    for (id, kind) in [(1, &b"2"[..]), (2, b"404")] {
        let kind = Some(all.names.intern(kind));
        all.tasks.get_mut(&TaskId(id)).unwrap().kind = kind;
    }
    let chosen = |text: &[u8]| {
        let tasks = all.tasks(text, true).unwrap();
        [1, 2].map(|id| tasks.contains(TaskId(id)))
    };
    assert_eq!(chosen(b"2"), [false, true]);
    assert_eq!(chosen(b"type:2"), [true, false]);
    assert_eq!(chosen(b"404"), [false, true]);
}

/// Stretches that are collected alone are those that all annotations give, in traces of every
/// version.
#[test]
fn stretches_are_the_same_without_the_rest() {
    let mut compared = 0;
    for (name, bytes) in traces() {
        let trace = Trace::with_options(&bytes, Options::default().mode(Mode::Lenient)).unwrap();
        let all = trace.analyze(CollectAnnotations::default()).unwrap().output;
        let numbers = all.tasks.iter().filter(|(_, task)| task.begun.or(task.ended).is_some()).map(|(id, _)| id);
        let mut texts: BTreeSet<Vec<u8>> = numbers.step_by(7).map(|id| id.to_string().into_bytes()).collect();
        for kind in all.tasks.values().filter_map(|task| task.kind) {
            let kind = all.names.get(kind);
            texts.extend([kind.to_vec(), [b"type:", kind].concat()]);
        }
        for text in texts {
            let alone = trace.analyze(CollectStretches::of_tasks(&text)).unwrap().output;
            let tasks = all.tasks(&text, false).unwrap();
            assert_eq!(alone, all.stretches_of_tasks(&tasks), "{name}: {}", String::from_utf8_lossy(&text));
            compared += alone.len();
        }
    }
    assert!(compared > 500, "{compared}");
}
