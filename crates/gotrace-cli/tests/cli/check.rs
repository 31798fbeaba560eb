//! `gotrace check`: its verdicts, defects and advice.

use super::{ROOT, Ran, Scratch, TRACE_COMMANDS, gotrace, trace, traces, with_input};
use serde_json::Value;

/// Returns the report, whatever the status.
fn report(ran: &Ran) -> Value {
    serde_json::from_slice(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:?}"))
}

#[test]
fn a_good_trace_is_good() {
    let path = trace("go1.27/mixed");
    let said = gotrace(&["check", &path]);
    let count = gotrace(&["count", "--json", &path]).json();
    let [events, ordered] = ["wire_events", "events"].map(|name| count[name].as_u64().unwrap());
    let verdict = said.good();
    assert!(verdict.starts_with("Go 1.27.3's reader accepts it: ") && verdict.lines().count() == 1, "{said:?}");
    let json = gotrace(&["check", "--json", &path]).json();
    assert_eq!((&json["good"], &json["defects"]), (&true.into(), &Value::Array(Vec::new())));
    assert_eq!((json["kept"].as_u64(), json["wire_events"].as_u64()), (Some(events), Some(events)));
    assert_eq!((&json["lost"], &json["go"]["events"]), (&0.into(), &ordered.into()));
    assert_eq!((&json["go"]["release"], &json["advice"]), (&"1.27.3".into(), &Value::Null));
}

/// The status is that of `dump --strict`, which is Go's, but for traces without an event.
/// Defects are within the file, and no more events are kept than there are.
#[test]
fn the_verdict_is_that_of_strict_reading() {
    let bad = std::fs::read_dir(format!("{ROOT}/testdata/bad")).unwrap();
    let bad = bad.map(|file| file.unwrap().path().display().to_string()).filter(|path| path.ends_with(".trace"));
    let crashed = traces().into_iter().filter(|path| path.contains("nostop"));
    let mut checked = 0;
    for path in bad.chain(crashed) {
        let strict = gotrace(&["dump", "--strict", &path]);
        let ran = gotrace(&["check", "--json", &path]);
        if ran.stdout.is_empty() {
            assert_eq!(strict.code, Some(1), "{path}");
            ran.bad(1);
            continue;
        }
        assert_eq!(ran.stderr, "", "{path}");
        let report = report(&ran);
        let n = |of: &Value| of.as_u64().unwrap();
        let no_events = report["verdict"].as_str().unwrap().starts_with("no events: ");
        assert_eq!(ran.code == Some(0), report["good"] == true, "{path}");
        assert_eq!(report["go"]["accepts"] == true, strict.code == Some(0), "{path}");
        assert_eq!(report["good"] == true, strict.code == Some(0) && !no_events, "{path}");
        assert!(n(&report["kept"]) <= n(&report["wire_events"]), "{path}: {report}");
        let defects = report["defects"].as_array().unwrap();
        let fatal: Vec<_> = defects.iter().filter(|defect| defect["fatal"] == true).collect();
        if report["go"]["accepts"] == false {
            assert_eq!(fatal.len(), 1, "{path}: {report}");
            assert_eq!(fatal[0]["offset"], report["go"]["stops_at"], "{path}");
            assert!(strict.stderr.contains(&format!("byte {}", fatal[0]["offset"])), "{path}: {}", strict.stderr);
        }
        assert!(defects.iter().all(|defect| n(&defect["offset"]) <= n(&report["bytes"])), "{path}: {report}");
        checked += 1;
    }
    assert!(checked > 20, "{checked} traces");
}

#[test]
fn a_cut_trace_has_a_defect_at_its_end() {
    let scratch = Scratch::new("check-cut");
    let bytes = std::fs::read(trace("go1.27/gc-gens")).unwrap();
    let path = scratch.file("cut.trace", &bytes[..bytes.len() / 2]);
    let ran = gotrace(&["check", &path]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), ""));
    let lines: Vec<_> = ran.text().lines().collect();
    assert!(lines[0].starts_with("fatal    byte "), "{lines:?}");
    let &[.., verdict, advice] = &lines[..] else { panic!("{lines:?}") };
    assert!(verdict.starts_with("Go 1.27.3's reader stops at byte "), "{verdict}");
    assert!(verdict.contains("; gotrace keeps "), "{verdict}");
    assert_eq!(advice, format!("try: gotrace repair {path} -o whole.trace, which Go's tools open"));

    let report = report(&with_input(&["check", "--json", "-"], &bytes[..bytes.len() / 2]));
    assert_eq!((&report["file"], &report["bytes"]), (&"standard input".into(), &(bytes.len() / 2).into()));
    assert!(report["kept"].as_u64() > report["go"]["events"].as_u64(), "{report}");
    assert_eq!(report["advice"], "try: gotrace repair FILE -o whole.trace, which Go's tools open");
    assert_eq!(report["defects"][0]["recovered"], true);
}

#[test]
fn what_is_no_trace_is_named() {
    let ran = with_input(&["check", "--json", "-"], b"<html>no</html>");
    assert!(ran.bad(1).contains("an HTML page") && ran.stdout.is_empty());
}

/// Whole traces that Go's reader refuses are refused by `check` and `--strict`, and `repair`
/// makes traces of them that are accepted.
#[test]
fn what_only_go_refuses_is_repaired() {
    let scratch = Scratch::new("check-refused");
    let mut old = std::fs::read(trace("go1.21/chans")).unwrap();
    old[..16].copy_from_slice(b"go 1.10 trace\0\0\0");
    let old = scratch.file("old.trace", &old);
    for (path, why) in [(trace("go1.21/cgo"), "C calls back into Go on goroutine"), (old, "Go has given up since 1.23")]
    {
        let ran = gotrace(&["check", &path]);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), ""), "{path}");
        let text = ran.text();
        assert!(text.contains(why) && text.contains("Go 1.27.3's reader "), "{text}");
        assert!(text.lines().last().unwrap().starts_with("try: gotrace repair "), "{text}");
        let json = report(&gotrace(&["check", "--json", &path]));
        assert_eq!((&json["go"]["accepts"], &json["lost"]), (&false.into(), &0.into()), "{json}");

        for command in [&["count"][..], &["summary", "--json"], &["dump"]] {
            assert!(gotrace(&[command, &["--strict", &path]].concat()).bad(1).contains(why), "{command:?} {path}");
            gotrace(&[command, &[&path[..]]].concat()).good();
        }

        let out = scratch.path("whole.trace");
        let ran = gotrace(&["repair", &path, "-o", &out]);
        assert!(ran.bad(1).contains("Go 1.27.3's reader does not accept it"), "{ran:?}");
        assert_eq!(report(&gotrace(&["check", "--json", &out]))["go"]["accepts"], true);
    }
}

/// A trace without an event is an error for every command that reports on events.
#[test]
fn no_event_is_no_news() {
    let scratch = Scratch::new("no-events");
    let good = std::fs::read(trace("go1.27/hello")).unwrap();
    // The sync batch comes first, and the trace is cut behind it.
    let sync = gotrace::Trace::parse(&good).unwrap().generations()[0].batches().nth(1).unwrap().offset;
    let files = [
        scratch.file("header.trace", &good[..16]),
        scratch.file("sync.trace", &good[..sync]),
        scratch.file("half-a-sync.trace", &good[..sync - 3]),
        scratch.file("v1.trace", &std::fs::read(trace("go1.21/hello")).unwrap()[..16]),
    ];
    // Go's own tools accept some of these, and so do the commands that print the same.
    let commands = TRACE_COMMANDS.iter().filter(|command| !matches!(command[0], "check" | "dump" | "convert"));
    let said = "no events: was trace.Stop called, did the program exit?";
    for path in &files {
        for &command in commands.clone() {
            for json in [false, true] {
                if json && matches!(command[0], "pprof" | "repair" | "slice" | "anonymize" | "export") {
                    continue;
                }
                let args = [command, &[path], if json { &["--json"][..] } else { &[] }].concat();
                let ran = gotrace(&args);
                assert!(ran.bad(1).contains(said) && ran.stdout.is_empty(), "{args:?}: {ran:?}");
            }
        }
        let ran = gotrace(&["check", path]);
        assert!(
            ran.code == Some(1) && ran.text().contains(said) && ran.text().contains("Go 1.27.3's reader "),
            "{ran:?}"
        );
    }
    // Go's own tools accept these two, and so do the commands that print the same.
    for path in &files[..2] {
        let json = report(&gotrace(&["check", "--json", path]));
        assert_eq!((&json["go"]["accepts"], &json["go"]["events"]), (&true.into(), &1.into()), "{json}");
        assert!(gotrace(&["check", path]).text().ends_with("accepts it: 1 sync\n"));
        assert_eq!(gotrace(&["dump", path]).good().lines().count(), 1);
    }
}
