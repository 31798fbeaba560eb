//! `gotrace dump` prints what Go printed.

use super::{ROOT, gotrace, trace, traces};
use std::fs;

#[test]
fn goldens() {
    let mut seen = 0;
    for entry in fs::read_dir(format!("{ROOT}/crates/gotrace-cli/tests/cli/golden")).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap();
        let Some((name, mode)) = file.rsplit_once('.').filter(|(_, mode)| *mode != "md") else { continue };
        let ran = gotrace(&["dump", "--mode", mode, &trace(&name.replacen('-', "/", 1))]);
        ran.good();
        assert!(ran.stdout == fs::read(&path).unwrap(), "{file} differs");
        seen += 1;
    }
    assert!(seen != 0);
}

/// Each event is a line that begins with its context.
#[test]
fn every_trace_is_printed_whole() {
    for path in traces() {
        let ran = gotrace(&["dump", &path]);
        let events = ran.stdout.split(|&b| b == b'\n').filter(|line| line.starts_with(b"M=")).count();
        let counted = gotrace(&["count", "--json", &path]);
        if counted.stdout.is_empty() {
            assert!(ran.stdout.is_empty() && ran.code == counted.code, "{path}");
            continue;
        }
        let counted: serde_json::Value = serde_json::from_slice(&counted.stdout).unwrap();
        assert_eq!(counted["events"], events, "{path}");
        assert_eq!(ran.code == Some(0), counted["warnings"] == 0, "{path}");
    }
}
