//! The dumps of every committed trace, good and bad, are what Go 1.27.3 prints, and for
//! traces of Go 1.5 to 1.21 also what Go 1.21.13 prints
//! (`testdata/golden/manifest.tsv`, made by `testdata/golden.sh`).

#[allow(dead_code, reason = "for all of it see live.rs")]
mod oracle;

use std::path::Path;
use std::process::Command;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata");

#[test]
fn every_committed_trace_prints_as_go_prints_it() {
    let manifest = std::fs::read_to_string(format!("{ROOT}/golden/manifest.tsv")).unwrap();
    let all = oracle::expectations(&manifest, Path::new(ROOT));
    assert!(all.len() > 600, "the manifest has only {} lines", all.len());
    let wrong = oracle::compare(&all, oracle::meant);
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}

#[test]
fn whole_outputs_are_those_in_review() {
    let mut seen = 0;
    for version in ["go1.21", "go1.22", "go1.23", "go1.25", "go1.26"] {
        let modes: &[&str] = if version == "go1.21" { &["parsed", "v1"] } else { &["parsed", "wire", "footprint"] };
        for &mode in modes {
            let want = std::fs::read_to_string(format!("{ROOT}/golden/{version}-hello.{mode}.txt")).unwrap();
            let got = Command::new(env!("CARGO_BIN_EXE_gotrace"))
                .args(["dump", "--mode", mode, &format!("{ROOT}/traces/{version}/hello.trace")])
                .env("TZ", "UTC")
                .output()
                .unwrap();
            let got = String::from_utf8(got.stdout).unwrap();
            for (at, (got, want)) in got.lines().zip(want.lines()).enumerate() {
                assert_eq!(got, want, "{version}, {mode}, line {}", at + 1);
            }
            assert_eq!(got.len(), want.len(), "{version}, {mode}");
            seen += 1;
        }
    }
    assert_eq!(seen, 14);
}
