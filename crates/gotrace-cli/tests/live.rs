//! The dumps are what the real `go tool trace` of Go 1.27.3 prints, and for v1 traces
//! that of Go 1.21.13: on fresh recordings of every version, on the test traces of Go's
//! own `internal/trace`, new and old, and on its fuzz corpus.
//!
//! It installs toolchains and takes minutes, so it has a feature of its own:
//! `cargo test --release -p gotrace-cli --features live --test live`.

#![cfg(feature = "live")]

mod oracle;

use gotrace::wire::text::text_to_binary;
use gotrace::{Mode, Options, Trace, Version};
use oracle::Expectation;
use oracle::fresh::files_below;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata");
const REFERENCE: &str = "1.27.3";
const REFERENCE_V1: &str = "1.21.13";

/// Runs one of the scripts in `testdata`; returns what it prints.
fn script(name: &str, args: &[&str]) -> String {
    let output = Command::new(format!("{ROOT}/{name}")).args(args).env("TZ", "UTC").output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name} {args:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// Returns the folder with a Go version's own test data for its trace reader.
fn go_testdata(version: &str) -> PathBuf {
    let go = script("toolchains.sh", &[version]);
    Path::new(go.trim()).ancestors().nth(2).unwrap().join("src/internal/trace/testdata")
}

/// Makes an empty directory for a test.
fn scratch(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

/// Asks Go for its verdict on files.
fn ask_go(files: &[&Path]) -> Vec<Expectation> {
    let names: Vec<&str> = files.iter().map(|file| file.to_str().unwrap()).collect();
    oracle::expectations(&script("golden.sh", &[&["--print"], &names[..]].concat()), Path::new("/"))
}

/// Asks Go for its verdict on each file and compares.
fn compare_with_go(files: &[PathBuf], at_least: usize) {
    assert!(files.len() >= at_least, "only {} files", files.len());
    let all = ask_go(&files.iter().map(PathBuf::as_path).collect::<Vec<_>>());
    let is_v1 = |file: &&PathBuf| Version::parse_header(&std::fs::read(file).unwrap()).is_ok_and(Version::is_v1);
    let v1 = files.iter().filter(is_v1).count();
    assert_eq!(all.len(), files.len() * 3 + v1, "a line for each file and mode");
    let again = |expected: &Expectation| {
        ask_go(&[&expected.file]).into_iter().find(|verdict| verdict.mode == expected.mode).unwrap()
    };
    let known = |expected: &Expectation, ours: &oracle::Verdict| {
        let asked = || oracle::agrees_in_time(expected, ours, || again(expected)).then_some("one of Go's answers");
        oracle::meant(expected, ours).or_else(asked)
    };
    let wrong = oracle::compare(&all, known);
    println!("{} files in 3 modes, {v1} of them in 4, compared with go tool trace", files.len());
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}

#[test]
fn the_manifest_is_what_go_prints_now() {
    script("golden.sh", &["--check"]);
}

#[test]
fn fresh_recordings_of_every_version() {
    compare_with_go(&oracle::fresh::recordings(), 180);
}

#[test]
fn test_traces_of_go_itself() {
    let dir = scratch("tests");
    let (mut files, mut verdicts) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(go_testdata(REFERENCE).join("tests")).unwrap() {
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
            // Go's suite expects two failures, both of this kind.
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
    for entry in std::fs::read_dir(go_testdata(REFERENCE).join("fuzz/FuzzReader")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let literal = text.lines().nth(1).and_then(|line| line.strip_prefix("[]byte(")?.strip_suffix(')'));
        // The literal is quoted like data in the text form, so it is read as such.
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

/// Returns the traces of Go 1.5 to 1.21 with which Go 1.21 tests its own reader.
fn old_test_traces() -> Vec<PathBuf> {
    let mut files = Vec::new();
    files_below(&go_testdata(REFERENCE_V1), &mut files);
    files.retain(|file| Version::parse_header(&std::fs::read(file).unwrap()).is_ok_and(Version::is_v1));
    files.sort();
    assert_eq!(files.len(), 25);
    files
}

fn is_named(file: &Path, part: &str) -> bool {
    file.file_name().unwrap().to_str().unwrap().contains(part)
}

#[test]
fn test_traces_of_go_1_21() {
    let files = old_test_traces();
    compare_with_go(&files, 25);
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        let trace = Trace::with_options(&bytes, Options::default().mode(Mode::Lenient)).unwrap();
        let mut events = trace.events();
        let kept = events.by_ref().map(Result::unwrap).count();
        let warnings: Vec<_> = events.warnings().iter().map(ToString::to_string).collect();
        let strict = oracle::ours(&file, "parsed");
        let given_up = trace.version() < Version::Go111;
        if given_up {
            assert!(strict.stderr.contains("a format that Go has given up since 1.23"), "{strict:?}");
        }
        if is_named(&file, "_unordered") {
            // Go's reader says "time stamps out of order" too.
            assert!(given_up || strict.stderr.contains("time stamps out of order"), "{strict:?}");
            assert!(warnings.iter().any(|w| w.contains("time stamps out of order")), "{warnings:?}");
            assert!(kept > 1000, "{kept} events kept");
        } else {
            // Go's reader does not expect wakeups in vain.
            let refused = given_up || strict.stderr.contains("a wakeup in vain");
            assert!(strict.accepted != refused && warnings.is_empty(), "{}: {strict:?}, {warnings:?}", file.display());
        }
    }
}
