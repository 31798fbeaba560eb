//! Spans that `gotrace view` finds, by length and by what they overlap; strips of groups; chains
//! of wakings.

use super::super::{gotrace, trace};
use super::{Lane, Server, tile};
use serde_json::{Value, json};

fn hits(server: &Server, asked: &str) -> Vec<Value> {
    let answer = server.good(&format!("search?{asked}")).json();
    answer["hits"].as_array().unwrap().clone()
}

fn int(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value}"))
}

#[test]
fn the_longest_spans_are_found() {
    for name in ["go1.27/mixed", "go1.21/mixed", "go1.22/mixed"] {
        let path = trace(name);
        let server = Server::of(&path);
        let start = int(&server.meta()["start"]);
        // Those that wait for a P, from another source.
        let waits = gotrace(&["latency", "--json", "--worst", "5", &path]).json();
        let found = hits(&server, "kind=span&state=runnable&limit=5");
        assert_eq!(found.len(), 5);
        for (hit, wait) in found.iter().zip(waits["worst"].as_array().unwrap()) {
            assert_eq!(int(&hit["end"]) - int(&hit["start"]), int(&wait["nanos"]), "{name}");
            assert_eq!(int(&hit["start"]), int(&wait["time"]) - start, "{name}");
        }
        let all = hits(&server, "kind=span&limit=2000");
        let lengths: Vec<i64> = all.iter().map(|hit| int(&hit["end"]) - int(&hit["start"])).collect();
        assert!(lengths.is_sorted_by(|a, b| a >= b));
        // Each is what is there.
        for hit in all.iter().step_by(all.len() / 7) {
            let at = (int(&hit["start"]) + int(&hit["end"])) / 2;
            let span = server.good(&format!("span?lane=goroutine:{}&at={at}", hit["goroutine"])).json();
            assert_eq!((&span["start"], &span["end"]), (&hit["start"], &hit["end"]), "{name} {hit}");
            let state = span["state"].as_str().unwrap();
            let want = span["reason"].as_str().map_or(state.into(), |reason| format!("{state}: {reason}"));
            assert_eq!(hit["text"], want);
        }
        let longer = lengths[lengths.len() / 2];
        let answer = hits(&server, &format!("kind=span&limit=2000&longer={longer}"));
        assert_eq!(answer[..], all[..lengths.iter().filter(|nanos| **nanos >= longer).count()]);
        let function = all.iter().find_map(|hit| hit["function"].as_str()).unwrap();
        let of = hits(&server, &format!("kind=span&q={function}&limit=50"));
        assert!(of.iter().all(|hit| hit["function"].as_str().unwrap().contains(function)));
        let reason = all.iter().find_map(|hit| hit["text"].as_str()?.strip_prefix("waiting: ")).unwrap();
        let reason = reason.replace(' ', "+");
        for asked in [format!("kind=span&reason={reason}"), format!("kind=reason&q={reason}")] {
            let found = hits(&server, &asked);
            assert!(
                found.iter().all(|hit| hit["text"].as_str().unwrap().contains(&reason.replace('+', " "))),
                "{asked}"
            );
            assert!(!found.is_empty());
        }
        server.end();
    }
}

#[test]
fn what_overlaps_a_collection_is_found() {
    let path = trace("go1.27/gc-gens");
    let server = Server::of(&path);
    let meta = server.meta();
    let (start, span) = (int(&meta["start"]), int(&meta["span"]));
    let gc = gotrace(&["gc", "--json", "--top", "0", &path]).json();
    let cycles = gc["cycles"].as_array().unwrap().iter();
    // Null is for what lies beyond the trace.
    let moment = |time: &Value, beyond: i64| time.as_i64().map_or(beyond, |time| time - start);
    let cycles: Vec<_> = cycles.map(|cycle| (moment(&cycle["start"], 0), moment(&cycle["end"], span))).collect();
    assert!(cycles.len() > 3);
    let during = |hit: &Value| cycles.iter().any(|(from, to)| int(&hit["start"]) < *to && int(&hit["end"]) > *from);
    let all = hits(&server, "kind=span&state=waiting&limit=2000");
    assert!(all.len() < 2000 && !all.iter().all(during));
    let found = hits(&server, "kind=span&state=waiting&overlaps=gc&limit=2000");
    assert_eq!(found, all.into_iter().filter(during).collect::<Vec<_>>());
    assert!(!hits(&server, "kind=goroutine&overlaps=gc").is_empty());
    assert!(!hits(&server, "kind=span&state=runnable&overlaps=stw").is_empty());
    server.end();
}

/// However goroutines are grouped, the strips have all the time that they ran.
#[test]
fn strips_of_any_grouping_add_up() {
    for name in ["go1.27/mixed", "go1.21/mixed"] {
        let server = Server::of(&trace(name));
        let span = int(&server.meta()["span"]);
        let ran = |by: &str| {
            let rows = server.good(&format!("rows?by={by}&limit=1000")).json();
            let rows = rows["rows"].as_array().unwrap();
            let keys: Vec<_> = rows.iter().map(|row| format!("group:{}", row["key"].as_str().unwrap())).collect();
            let asked = format!("tile?from=0&to={}&cells=500&lanes={}", span + 1, keys.join(","));
            let (_, lanes) = tile(&server.good(&asked).body);
            assert_eq!((lanes.len(), lanes.iter().all(|lane| lane.kind == 3)), (keys.len(), true));
            let total = |lane: &Lane| lane.items.iter().map(|item| item.label).sum::<f64>();
            for (row, lane) in rows.iter().zip(&lanes) {
                assert!((total(lane) - row["running"].as_f64().unwrap()).abs() < 1e6, "{name} {by} {row}");
            }
            lanes.iter().map(total).sum::<f64>()
        };
        let all = ran("function");
        assert!(all > 0.0);
        assert_eq!((ran("creator"), ran("state")), (all, all));
        assert!(ran("task") > 0.0);
        server.end();
    }
}

#[test]
fn a_chain_of_wakings_leads_back_and_forth() {
    let path = trace("go1.27/mixed");
    let server = Server::of(&path);
    server.meta();
    let flows = server.good("flows?from=0&to=2e8&limit=5000").json();
    let flows = flows["flows"].as_array().unwrap();
    let is_one = |from: &Value, to: &Value, time: &Value| {
        let answer = server.good(&format!("flows?from={time}&to={}&goroutine={to}", int(time) + 1)).json();
        let found = answer["flows"].as_array().unwrap().iter().any(|flow| flow["to"] == *to && flow["from"] == *from);
        assert!(found, "{from} -> {to} at {time}");
    };
    let (mut deepest, mut widest) = (0, 0);
    for flow in flows.iter().filter(|flow| flow["from"] != Value::Null).step_by(9) {
        let (to, time) = (&flow["to"], &flow["time"]);
        let chain = server.good(&format!("chain?goroutine={to}&at={time}")).json();
        let back = chain["back"].as_array().unwrap();
        assert_eq!((&back[0]["goroutine"], &back[0]["time"]), (&flow["from"], time));
        // Each woke the one before it.
        let mut woken = to;
        for (place, step) in back.iter().enumerate() {
            if place < 4 {
                is_one(&step["goroutine"], woken, &step["time"]);
            }
            woken = &step["goroutine"];
        }
        assert!(back.is_sorted_by(|a, b| int(&a["time"]) >= int(&b["time"])) && back.len() <= 16);
        let forth = chain["forth"].as_array().unwrap();
        for step in forth.iter().take(6) {
            let by = step["parent"].as_u64().map_or(to, |place| &forth[place as usize]["goroutine"]);
            is_one(by, &step["goroutine"], &step["time"]);
            assert!(step["start"] == Value::Null || int(&step["start"]) >= int(&step["time"]));
        }
        (deepest, widest) = (deepest.max(back.len()), widest.max(forth.len()));
    }
    assert!(deepest > 3 && widest > 3, "{deepest} {widest}");
    assert_eq!(server.good("names?goroutines=1").json(), json!({"1": "main.main"}));
    // Nobody woke the first goroutine before the trace began.
    let first = server.good("chain?goroutine=1&at=0").json();
    assert_eq!((&first["goroutine"], &first["back"]), (&json!(1), &json!([])));
    server.end();
}
