//! `gotrace goroutines`, `regions` and `tasks`: every figure of every goroutine,
//! region and task that Go's summarizer has.

use super::{Figures, traces};
use serde_json::Value;

/// Returns a value as text, with each run of U+FFFD made one: of a name that is not UTF-8,
/// Go replaces each byte, and Rust each sequence that could be a character.
fn text(value: &Value) -> String {
    let mut text = value.to_string();
    while text.contains("\u{fffd}\u{fffd}") {
        text = text.replace("\u{fffd}\u{fffd}", "\u{fffd}");
    }
    text
}

/// Returns a name; Go has an empty one where ours is null.
fn named(value: &Value) -> Value {
    if value.is_null() { "".into() } else { value.clone() }
}

/// Returns the elements of a list as sorted text.
fn sorted(list: &Value) -> Vec<String> {
    let mut list: Vec<String> = list.as_array().unwrap().iter().map(text).collect();
    list.sort();
    list
}

/// Checks that two lists have the same elements; prints those that only one of them has.
fn same_list(what: &str, ours: &Value, go: &Value) {
    let (ours, go) = (sorted(ours), sorted(go));
    let only = |a: &[String], b: &[String]| a.iter().filter(|of| !b.contains(of)).cloned().collect::<Vec<_>>();
    assert!(ours == go, "{what}: only ours {:#?}, only Go's {:#?}", only(&ours, &go), only(&go, &ours));
}

/// Checks that two values are equal; prints where they differ first.
fn same(what: &str, ours: &Value, go: &Value) {
    match (ours, go) {
        (Value::Object(ours), Value::Object(go)) => {
            let keys = |of: &serde_json::Map<String, Value>| of.keys().cloned().collect::<Vec<_>>();
            assert_eq!(keys(ours), keys(go), "{what}");
            ours.iter().for_each(|(key, value)| same(&format!("{what}.{key}"), value, &go[key]));
        }
        _ => assert_eq!(ours, go, "{what}"),
    }
}

#[test]
fn goroutines_are_gos() {
    let figures = Figures::of("goroutines");
    let (mut goroutines, mut regions, mut tasks) = (0, 0, 0);
    for file in traces() {
        let Some(go) = figures.go(&file) else { continue };
        let report = figures.ours(&["goroutines", "--by", "goroutine", "--top", "0", "--json"], &file);
        let name = file.display();
        let by_id = |list: &Value| {
            let mut list: Vec<Value> = list.as_array().unwrap().clone();
            list.sort_by_key(|of| of["id"].as_u64());
            list
        };
        let (ours, theirs) = (by_id(&report["goroutines"]), by_id(&go["goroutines"]));
        assert_eq!(ours.len(), theirs.len(), "{name}: goroutines");
        for (ours, theirs) in ours.iter().zip(&theirs) {
            let what = format!("{name}: goroutine {}", ours["id"]);
            for key in ["id", "created"] {
                assert_eq!(ours[key], theirs[key], "{what}: {key}");
            }
            assert_eq!(named(&ours["name"]), theirs["name"], "{what}: name");
            for key in ["started", "ended"] {
                assert_eq!(ours[key].as_i64().unwrap_or(0), theirs[key].as_i64().unwrap(), "{what}: {key}");
            }
            same(&what, &ours["stats"], &theirs["stats"]);
            goroutines += 1;
        }

        // The regions of each goroutine are compared, in any order.
        let report = figures.ours(&["regions", "--each", "--top", "0", "--json"], &file);
        for theirs in &theirs {
            let of = |region: &&Value| region["goroutine"] == theirs["id"];
            let ours: Vec<Value> =
                report["regions"].as_array().unwrap().iter().filter(of).map(without_goroutine).collect();
            same_list(&format!("{name}: regions of {}", theirs["id"]), &Value::from(ours), &theirs["regions"]);
            regions += theirs["regions"].as_array().unwrap().len();
        }

        let report = figures.ours(&["tasks", "--each", "--top", "0", "--json"], &file);
        let (ours, theirs) = (by_id(&report["tasks"]), by_id(&go["tasks"]));
        assert_eq!(ours.len(), theirs.len(), "{name}: tasks");
        for (ours, theirs) in ours.iter().zip(&theirs) {
            let what = format!("{name}: task {}", ours["id"]);
            assert_eq!(text(&named(&ours["name"])), text(&theirs["name"]), "{what}: name");
            for key in ["id", "parent", "children", "start", "end", "regions"] {
                assert_eq!(text(&ours[key]), text(&theirs[key]), "{what}: {key}");
            }
            for key in ["goroutines", "logs"] {
                same_list(&format!("{what}: {key}"), &ours[key], &theirs[key]);
            }
            tasks += 1;
        }
    }
    println!("{goroutines} goroutines, {regions} regions and {tasks} tasks are as Go sees them");
    figures.compared_at_least(300);
    assert!(goroutines > 20_000 && regions > 2_000 && tasks > 1_000);
}

/// Returns a region without its goroutine, as Go lists regions below their goroutine.
fn without_goroutine(region: &Value) -> Value {
    let mut region = region.clone();
    let fields = region.as_object_mut().unwrap();
    ["goroutine", "duration", "file", "line", "pc", "complete"].iter().for_each(|key| drop(fields.remove(*key)));
    fields["func"] = named(&fields["func"]);
    region
}
