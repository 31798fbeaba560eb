//! Traces of crashed programs are read and repaired: programs of every version of Go are
//! killed at random moments while they trace themselves. Nearly all events that they had
//! written are kept, and the real `go tool trace` of Go 1.27.3 accepts what `repair` writes.
//!
//! It installs toolchains, so it needs the feature `live`:
//! `cargo test --release -p gotrace-cli --features live --test live_crash -- --nocapture`.
//! `GOTRACE_CRASHES` is the number of times that each version is killed.

#![cfg(feature = "live")]

#[path = "../../../tests/common/mod.rs"]
mod common;
#[allow(dead_code, reason = "for all of it see live.rs")]
mod oracle;

use common::faults::Source;
use gotrace::{Mode, Options, Trace};
use serde_json::Value;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{SystemTime, UNIX_EPOCH};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata");
const VERSIONS: &str = "1.21.13 1.22.10 1.23.9 1.24.11 1.25.5 1.26.6 1.27.3";
/// The least share of the events on the wire that has to be kept.
const FLOOR: f64 = 0.99;

fn script(name: &str, args: &[&str]) -> String {
    let output = Command::new(format!("{ROOT}/{name}")).args(args).env("TZ", "UTC").output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    print!("{stderr}");
    assert!(output.status.success(), "{name} {args:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

fn gotrace(args: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_gotrace")).args(args).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!stderr.contains("panicked") && output.status.code().is_some(), "{args:?}: {stderr}");
    output
}

/// Returns a number from a command's JSON.
fn number(args: &[&str], field: &str) -> u64 {
    let output = gotrace(args);
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{args:?}: {e}: {}", String::from_utf8_lossy(&output.stderr)));
    report[field].as_u64().unwrap_or_else(|| panic!("{field} of {report}"))
}

/// Returns how many events on the wire lenient reading gives, told apart by their offsets.
fn kept_of(source: &Source) -> u64 {
    let trace = Trace::with_options(&source.bytes, Options::default().mode(Mode::Lenient)).unwrap();
    let read: HashSet<u64> = trace.events().filter_map(|event| event.unwrap().offset()).collect();
    let events = source.batches.iter().flat_map(|batch| batch.events());
    events.filter(|event| read.contains(&(event.start as u64))).count() as u64
}

/// Kills programs; returns the traces that they began.
fn crashes() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("crashes");
    let _ = std::fs::remove_dir_all(&dir);
    let runs = std::env::var("GOTRACE_CRASHES").unwrap_or("6".into());
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().to_string();
    script("crash.sh", &["--out", dir.to_str().unwrap(), "--versions", VERSIONS, "--runs", &runs, "--seed", &seed]);
    let versions = std::fs::read_dir(dir).unwrap().map(|version| version.unwrap().path());
    let mut files: Vec<_> =
        versions.flat_map(|version| std::fs::read_dir(version).unwrap()).map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn what_a_crash_left_is_kept() {
    let repairs = gotrace(&["repair", "--help"]).status.success();
    let (mut wrong, mut repaired, mut with_events) = (Vec::new(), Vec::new(), 0);
    println!("| trace | bytes | events on the wire | raw scan | kept | share |\n|---|--:|--:|--:|--:|--:|");
    for file in crashes() {
        let bytes = std::fs::read(&file).unwrap();
        let path = file.to_str().unwrap();
        let name = file.iter().rev().take(2).collect::<Vec<_>>().into_iter().rev().collect::<PathBuf>();
        let size = bytes.len();
        // The events are counted without the reader, which would not count those it misses.
        let source = (size >= gotrace::HEADER_LEN).then(|| Source::new(path.into(), bytes));
        let wire = source.as_ref().map_or(0, |source| source.wire_events() as u64);
        let Some(source) = source.filter(|_| wire > 0) else {
            println!("| {} | {size} | 0 | | | |", name.display());
            continue;
        };
        with_events += 1;
        let raw = number(&["count", "--raw", "--json", path], "events");
        let kept = if source.is_v1() { kept_of(&source) } else { number(&["check", "--json", path], "kept") };
        let share = kept as f64 / wire as f64;
        println!("| {} | {size} | {wire} | {raw} | {kept} | {:.2}% |", name.display(), 100.0 * share);
        if share < FLOOR || kept > wire || number(&["count", "--json", path], "events") < kept {
            wrong.push(format!("{path}: {kept} events kept of {wire}; the raw scan has {raw}"));
        }
        if repairs {
            let out = file.with_extension("repaired");
            let ran = gotrace(&["repair", path, "-o", out.to_str().unwrap()]);
            if out.exists() {
                repaired.push(out);
            } else {
                wrong.push(format!("{path}: not repaired: {}", String::from_utf8_lossy(&ran.stderr)));
            }
        }
    }
    assert!(with_events >= 10, "only {with_events} traces with events");
    if !repaired.is_empty() {
        let names: Vec<&str> = repaired.iter().map(|file| file.to_str().unwrap()).collect();
        let verdicts = oracle::expectations(&script("golden.sh", &[&["--print"], &names[..]].concat()), Path::new("/"));
        let parsed: Vec<_> = verdicts.iter().filter(|verdict| verdict.mode == "parsed").collect();
        assert_eq!(parsed.len(), repaired.len());
        let refused = parsed.iter().filter(|verdict| !verdict.go.accepted);
        wrong.extend(refused.map(|verdict| format!("{}, repaired: Go {:?}", verdict.file.display(), verdict.go)));
        println!("go tool trace was asked about {} repaired traces", parsed.len());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
