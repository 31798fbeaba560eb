//! `gotrace view` of GODEBUG logs.

use super::super::{ROOT, Scratch, gotrace};
use super::Server;
use flate2::{Compression, write::GzEncoder};
use serde_json::json;
use std::io::Write;

fn log(name: &str) -> String {
    format!("{ROOT}/testdata/{name}")
}

/// The reports that the page of a log asks for, and the commands that print them.
const REPORTS: [(&str, &[&str]); 3] = [
    ("report/schedtrace?rows=1000", &["schedtrace", "--json", "--rows", "1000"]),
    ("report/gctrace", &["gctrace", "--json"]),
    ("report/diagnose", &["diagnose", "--json"]),
];

#[test]
fn reports_on_a_log_are_those_of_the_commands() {
    for name in ["patterns/go1.24/gc.log", "patterns/go1.27/stuck.brief.log", "godebug/go1.21/summary.log"] {
        let path = log(name);
        let server = Server::of(&path);
        let meta = server.meta();
        assert_eq!((&meta["kind"], &meta["done"], &meta["error"]), (&json!("log"), &json!(true), &json!(null)));
        assert!(meta["events"].as_u64().unwrap() > 3, "{meta}");
        for (asked, args) in REPORTS {
            let (want, answer) = (gotrace(&[args, &[&path]].concat()), server.get(asked));
            match want.code {
                Some(0) => assert_eq!(String::from_utf8(answer.body).unwrap(), want.text(), "{name} {asked}"),
                _ => assert_eq!(answer.status, 422, "{name} {asked}"),
            }
        }
        for (asked, status) in [
            ("report/summary", 404),
            ("tile?from=0&to=5", 404),
            ("rows", 404),
            ("search?q=a", 404),
            ("pprof/wall", 404),
            ("flame", 404),
            ("report/schedtrace?rows=x", 400),
            ("report/gctrace?program=nobody", 422),
        ] {
            let answer = server.get(asked);
            assert_eq!(answer.status, status, "{asked}");
            assert!(answer.json()["error"].is_string());
        }
        assert_eq!(server.end().lines().count(), 1);
    }
}

#[test]
fn a_log_without_gc_lines_says_how_to_have_some() {
    let scratch = Scratch::new("view-log-sched");
    let line = "SCHED 0ms: gomaxprocs=4 idleprocs=2 threads=5 spinningthreads=1 idlethreads=0 runqueue=0 [0 0 0 0]\n";
    let server = Server::of(&scratch.file("log", line.as_bytes()));
    let answer = server.get("report/gctrace");
    assert!(answer.status == 422 && answer.json()["error"].as_str().unwrap().contains("no gc line"));
    assert_eq!(
        server.good("report/schedtrace?rows=9").json()[0]["rows"][0]["idleprocs"],
        json!({"max": 2, "mean": 2.0})
    );
    server.end();
}

#[test]
fn logs_may_be_compressed_or_come_through_a_pipe() {
    let scratch = Scratch::new("view-log-gz");
    let plain = std::fs::read(log("patterns/go1.24/gc.log")).unwrap();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&plain).unwrap();
    let packed = packed.finish().unwrap();
    let want = Server::of(&log("patterns/go1.24/gc.log")).good("report/gctrace").json();
    let servers = [
        Server::of(&scratch.file("log.gz", &packed)),
        Server::start(&["view", "--no-open", "-"], &plain),
        Server::start(&["view", "--no-open", "-"], &packed),
    ];
    let cut = Server::start(&["view", "--no-open", "-"], &packed[..packed.len() / 2]);
    assert!(cut.meta()["warnings"].to_string().contains("what came before is read"));
    cut.end();
    for server in servers {
        assert_eq!(server.meta()["kind"], "log");
        for _ in 0..2 {
            let found = server.good("report/gctrace").json();
            assert_eq!((&found["heap"], &found["pauses"]), (&want["heap"], &want["pauses"]));
        }
        server.good("report/diagnose");
        server.end();
    }
}

#[test]
fn a_log_that_grows_is_shown_as_it_was() {
    let scratch = Scratch::new("view-log-grows");
    let lines = std::fs::read(log("godebug/go1.21/summary.log")).unwrap();
    let path = scratch.file("log", &lines);
    let server = Server::of(&path);
    server.meta();
    let before = server.good("report/schedtrace?rows=0").body;
    std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(&lines).unwrap();
    // Asked otherwise, so that it is read anew.
    assert_eq!(server.good("report/schedtrace?rows=4000").body, before);
    std::fs::write(&path, &lines[..lines.len() / 2]).unwrap();
    assert_eq!(server.get("report/schedtrace?rows=3").status, 409);
    server.end();
}

#[test]
fn what_is_wrong_with_a_log_is_told() {
    let scratch = Scratch::new("view-log-bad");
    let mut lines = std::fs::read(log("godebug/go1.21/summary.log")).unwrap();
    lines.extend_from_slice(b"SCHED 99ms: gomaxprocs=x\n");
    let server = Server::of(&scratch.file("<b>.log", &lines));
    let meta = server.meta();
    assert!(!meta["warnings"].as_array().unwrap().is_empty(), "{meta}");
    server.end();
    // What is neither opens no page.
    for (input, words) in
        [(&b"nothing of the kind\n"[..], "no SCHED or gc line"), (&[0; 5000], "not a Go execution trace")]
    {
        let path = scratch.file("neither", input);
        let found = super::super::command(&["view", "--no-open", "-"])
            .stdin(std::fs::File::open(&path).unwrap())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&found.stderr).into_owned();
        assert!(found.status.code() == Some(1) && said.contains(words), "{said}");
    }
}
