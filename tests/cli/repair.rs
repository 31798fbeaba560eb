//! `gotrace repair`.

use super::{Scratch, gotrace, trace, with_input};
use std::fs;

#[test]
fn a_good_trace_stays_what_it_is() {
    let scratch = Scratch::new("repair-good");
    let (path, out) = (trace("go1.27/hello"), scratch.path("out"));
    let ran = gotrace(&["repair", &path, "-o", &out]);
    assert_eq!((ran.code, ran.text()), (Some(0), ""));
    assert!(ran.stderr.starts_with("nothing to repair: kept "), "{}", ran.stderr);
    assert_eq!(gotrace(&["dump", "--strict", &out]).good(), gotrace(&["dump", &path]).good());
    // A pipe gets the same.
    assert_eq!(gotrace(&["repair", &path]).stdout, fs::read(&out).unwrap());
    assert_eq!(with_input(&["repair", "-"], &fs::read(&path).unwrap()).stdout, fs::read(&out).unwrap());
}

#[test]
fn a_crashed_trace_is_made_whole() {
    let scratch = Scratch::new("repair-crashed");
    let (path, out) = (trace("go1.25/nostop"), scratch.path("out"));
    let ran = gotrace(&["repair", "--json", &path, "-o", &out]);
    assert!(ran.bad(1).contains("made up\n"), "{}", ran.stderr);
    let report: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    let [kept, synthesised, warnings] = ["kept", "synthesised", "warnings"].map(|name| report[name].as_u64().unwrap());
    assert!(kept > 10_000 && synthesised > 0 && warnings > 0, "{report}");
    let count = gotrace(&["count", "--strict", "--json", &out]).json();
    assert!(count["events"].as_u64().unwrap() >= kept + synthesised, "{count}");
    assert_eq!(count["generations"], 1);
}

#[test]
fn what_cannot_be_repaired_leaves_no_file() {
    let scratch = Scratch::new("repair-nothing");
    let out = scratch.path("out");
    let bytes = fs::read(trace("go1.27/hello")).unwrap();
    for (name, bytes) in [("empty", &b""[..]), ("text", b"404 page not found\n"), ("header", &bytes[..20])] {
        let path = scratch.file(name, bytes);
        gotrace(&["repair", &path, "-o", &out]).bad(1);
        assert!(!fs::exists(&out).unwrap(), "{name}");
    }
    let good = trace("go1.27/hello");
    assert!(gotrace(&["repair", "--json", &good]).bad(2).contains("-o FILE"));
}
