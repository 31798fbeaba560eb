//! The program's own tasks, regions and messages: `tasks`, `regions`.

use super::recorded::Recorded;
use super::reports::{Reports, list, pick};
use super::table::Table;
use serde_json::Value;

pub fn rows(table: &mut Table, recorded: &Recorded, reports: &Reports) {
    let tasks = reports.ask(&["tasks", "--top", "0"]);
    let regions = reports.ask(&["regions", "--top", "0"]);
    types(table, recorded, "tasks", &tasks["types"]);
    types(table, recorded, "regions", &regions["types"]);
    for (name, truth) in recorded.between("regions/", " waits for sleep ns") {
        let ours = pick(&regions["types"], "type", &name)["stats"]["waiting"]["sleep"].as_f64();
        let count = recorded.bounds(&format!("regions/{name} all")).0;
        table.timed("regions", format!("{name} waits for sleep, ns"), truth, ours, count);
    }
    each(table, recorded, &reports.ask(&["tasks", "--each", "--top", "0"]));
    for (report, figure) in [("tasks", "TaskBegin"), ("regions", "RegionBegin")] {
        let truth = recorded.bounds(&format!("count/{figure} events"));
        table.counted("summary", format!("{report}, number"), truth, reports.summary[report].as_f64());
    }
}

/// Adds the durations of each type.
fn types(table: &mut Table, recorded: &Recorded, report: &'static str, types: &Value) {
    for (name, count) in recorded.between(&format!("{report}/"), " all") {
        let ours = pick(types, "type", &name);
        table.counted(report, format!("{name}, number"), count, ours["count"].as_f64());
        table.counted(report, format!("{name}, complete"), count, ours["complete"].as_f64());
        for (figure, field, times) in [("sum", "sum", count.0), ("shortest", "min", 1.0), ("longest", "max", 1.0)] {
            let truth = recorded.bounds(&format!("{report}/{name} {figure} ns"));
            table.timed(report, format!("{name} {figure}, ns"), truth, ours["durations"][field].as_f64(), times);
        }
    }
}

/// Adds the figures of each task: the least and the most of all tasks of a type.
fn each(table: &mut Table, recorded: &Recorded, tasks: &Value) {
    for (name, truth) in recorded.between("tasks/", " each") {
        let (task, what) = name.split_once(' ').unwrap();
        let counts = list(&tasks["tasks"]).filter(|one| one["name"] == task).map(|one| match what {
            "regions" => one["regions"].as_f64().unwrap(),
            "messages" => one["logs"].as_array().unwrap().len() as f64,
            _ => one[what].as_array().unwrap().len() as f64,
        });
        let counts: Vec<f64> = counts.collect();
        let fewest = counts.iter().copied().fold(f64::INFINITY, f64::min);
        let most = counts.iter().copied().fold(0.0, f64::max);
        table.counted("tasks", format!("{task}, fewest {what}"), truth, Some(fewest));
        table.counted("tasks", format!("{task}, most {what}"), truth, Some(most));
    }
    // The program forces cycles in this task, one after the other.
    let (_, most) = recorded.bounds("tasks/collecting sum ns");
    let marking = pick(&tasks["tasks"], "name", "collecting")["marking"].as_f64();
    table.timed("tasks", "collecting, marking, ns", (1.0, most), marking, 1.0);
}
