//! The comparison with the real `go tool trace` of Go 1.27.3, installed for
//! it: on fresh recordings of every version, on the test traces and on the
//! fuzz corpus of Go's own `internal/trace`.
//!
//! It installs toolchains and takes minutes, so it has a feature of its own:
//! `cargo test --release --features live --test live`.

#![cfg(feature = "live")]

mod oracle;

use gotrace::wire::text::text_to_binary;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata");
const REFERENCE: &str = "1.27.3";
const VERSIONS: &str = "1.22.10 1.23.9 1.24.11 1.25.5 1.26.6 1.27.3";

/// Runs one of the scripts in `testdata`; returns what it prints.
fn script(name: &str, args: &[&str]) -> String {
    let output = Command::new(format!("{ROOT}/{name}")).args(args).env("TZ", "UTC").output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name} {args:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// Where Go's own test data for its trace reader are.
fn go_testdata() -> PathBuf {
    let go = script("toolchains.sh", &[REFERENCE]);
    Path::new(go.trim()).ancestors().nth(2).unwrap().join("src/internal/trace/testdata")
}

/// A directory of this test's own.
fn scratch(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

/// Asks Go for its verdict on each file and compares.
fn compare_with_go(files: &[PathBuf], at_least: usize) {
    assert!(files.len() >= at_least, "only {} files", files.len());
    let names: Vec<&str> = files.iter().map(|file| file.to_str().unwrap()).collect();
    let printed = script("golden.sh", &[&["--print"], &names[..]].concat());
    let all = oracle::expectations(&printed, Path::new("/"));
    assert_eq!(all.len(), files.len() * 3, "a line for each file and mode");
    let wrong = oracle::compare(&all, oracle::meant);
    println!("{} files in 3 modes compared with go tool trace", files.len());
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}

fn files_below(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files_below(&path, found) } else { found.push(path) }
    }
}

#[test]
fn the_manifest_is_what_go_prints_now() {
    script("golden.sh", &["--check"]);
}

#[test]
fn fresh_recordings_of_every_version() {
    let dir = scratch("fresh");
    script("record.sh", &["--out", dir.to_str().unwrap(), "--versions", VERSIONS]);
    let mut files = Vec::new();
    files_below(&dir, &mut files);
    files.retain(|file| file.extension().is_some_and(|e| e == "trace"));
    compare_with_go(&files, 120);
}

#[test]
fn test_traces_of_go_itself() {
    let dir = scratch("tests");
    let (mut files, mut verdicts) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(go_testdata().join("tests")).unwrap() {
        let path = entry.unwrap().path();
        let test = std::fs::read_to_string(&path).unwrap();
        let (expect, trace) = test.split_once("-- trace --\n").unwrap();
        let mut binary = Vec::new();
        text_to_binary(trace.as_bytes(), &mut binary).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let file = dir.join(path.file_stem().unwrap()).with_extension("trace");
        std::fs::write(&file, binary).unwrap();
        verdicts.push((file.clone(), expect.contains("SUCCESS"), expect.to_string()));
        files.push(file);
    }
    assert_eq!(files.len(), 22);
    for (file, succeeds, expect) in verdicts {
        let got = oracle::ours(&file, "parsed");
        assert_eq!(got.accepted, succeeds, "{}: {got:?}", file.display());
        if !succeeds {
            // Both failures that Go's suite expects are of this kind.
            assert!(expect.contains("expected a proc but didn't have one"), "{expect}");
            assert!(got.stderr.contains("expected a proc but there is none"), "{got:?}");
        }
    }
    compare_with_go(&files, 22);
}

#[test]
fn fuzz_corpus_of_go_itself() {
    let dir = scratch("corpus");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(go_testdata().join("fuzz/FuzzReader")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let literal = text.lines().nth(1).and_then(|line| line.strip_prefix("[]byte(")?.strip_suffix(')'));
        // The literal is quoted as the data of the text form are: read it as such.
        let mut binary = Vec::new();
        let carrier = format!("Trace Go1.22\nString id=1\n\tdata={}\n", literal.unwrap());
        text_to_binary(carrier.as_bytes(), &mut binary).unwrap();
        let data =
            gotrace::wire::v2::event::WireEvents::new(&binary).unwrap().next().unwrap().unwrap().data.into_owned();
        let file = dir.join(path.file_name().unwrap()).with_extension("trace");
        std::fs::write(&file, data).unwrap();
        files.push(file);
    }
    compare_with_go(&files, 17);
}
