//! `check`.

use super::{ROOT, Ran, Scratch, gotrace, trace, traces, with_input};
use serde_json::Value;

/// The report, whatever the status.
fn report(ran: &Ran) -> Value {
    serde_json::from_slice(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:?}"))
}

#[test]
fn a_good_trace_is_good() {
    let path = trace("go1.27/mixed");
    let said = gotrace(&["check", &path]);
    let events = gotrace(&["count", "--json", &path]).json()["wire_events"].as_u64().unwrap();
    assert!(said.good().starts_with("Go's reader accepts it: ") && said.text().lines().count() == 1, "{said:?}");
    let json = gotrace(&["check", "--json", &path]).json();
    assert_eq!((&json["good"], &json["defects"]), (&true.into(), &Value::Array(Vec::new())));
    assert_eq!((json["kept"].as_u64(), json["wire_events"].as_u64()), (Some(events), Some(events)));
    assert_eq!((&json["lost"], &json["go"]["events"]), (&0.into(), &events.into()));
}

/// The status is that of `dump --strict`, which is Go's; what is listed is
/// within the file; and no more is kept than there is.
#[test]
fn the_verdict_is_that_of_strict_reading() {
    let bad = std::fs::read_dir(format!("{ROOT}/testdata/bad")).unwrap();
    let bad = bad.map(|file| file.unwrap().path().display().to_string()).filter(|path| path.ends_with(".trace"));
    let crashed = traces().into_iter().filter(|path| path.contains("nostop"));
    let mut checked = 0;
    for path in bad.chain(crashed) {
        let strict = gotrace(&["count", "--strict", "--json", &path]);
        let ran = gotrace(&["check", "--json", &path]);
        assert_eq!(ran.code, strict.code, "{path}: {ran:?}");
        if ran.stdout.is_empty() {
            ran.bad(1);
            continue;
        }
        assert_eq!(ran.stderr, "", "{path}");
        let report = report(&ran);
        let n = |of: &Value| of.as_u64().unwrap();
        assert_eq!(report["good"] == true, strict.code == Some(0), "{path}");
        assert!(n(&report["kept"]) <= n(&report["wire_events"]), "{path}: {report}");
        assert!(n(&report["go"]["events"]) <= n(&report["kept"]), "{path}: {report}");
        let defects = report["defects"].as_array().unwrap();
        let fatal: Vec<_> = defects.iter().filter(|defect| defect["fatal"] == true).collect();
        if report["good"] == false {
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
    let verdict = lines.last().unwrap();
    assert!(verdict.starts_with("Go's reader stops at byte ") && verdict.contains("; gotrace keeps "), "{verdict}");

    let report = report(&with_input(&["check", "--json", "-"], &bytes[..bytes.len() / 2]));
    assert_eq!((&report["file"], &report["bytes"]), (&"standard input".into(), &(bytes.len() / 2).into()));
    assert!(report["kept"].as_u64() > report["go"]["events"].as_u64(), "{report}");
    assert_eq!(report["defects"][0]["recovered"], true);
}

#[test]
fn what_is_no_trace_is_named() {
    let ran = with_input(&["check", "--json", "-"], b"\x1f\x8b\x08\x00\x00\x00\x00\x00");
    assert!(ran.bad(1).contains("gunzip") && ran.stdout.is_empty());
}
