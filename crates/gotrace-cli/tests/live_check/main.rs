//! Go's reader does what `check` says of it: a program inside the GOROOT of Go 1.27.3
//! (`main.go` beside this) reads committed traces that were damaged by seed, and its results
//! are those that `go_reader` foretells, to the event.
//!
//! It installs a toolchain, so it has a feature of its own:
//! `cargo test -p gotrace-cli --features live --test live_check`. `GOTRACE_CHECK_SEED=7
//! GOTRACE_CHECK_FILES=1000` tries others.

#![cfg(feature = "live")]

#[path = "../../../../tests/common/mod.rs"]
mod common;

use common::faults::{Corpus, Kind, Source};
use common::simulator::Dice;
use gotrace::go_reader::{GO_RELEASE, GoEnd, GoReading};
use gotrace::{Trace, Version};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
/// The largest trace that is damaged, in bytes, so that the test stays short.
const LARGEST: usize = 200 << 10;

/// Runs a script; returns what it prints.
fn text_of(command: &mut Command) -> String {
    let output = command.env("GOTOOLCHAIN", "local").stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{command:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Returns the go command of a release.
fn toolchain(release: &str) -> String {
    text_of(Command::new(format!("{ROOT}/testdata/toolchains.sh")).arg(release)).trim().to_string()
}

/// Returns the traces of Go 1.5 to 1.21 with which Go 1.21 tests its own reader.
fn old_traces() -> Vec<Source> {
    let go = toolchain("1.21.13");
    let dir = Path::new(&go).ancestors().nth(2).unwrap().join("src/internal/trace/testdata");
    let mut sources = Vec::new();
    for file in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let bytes = std::fs::read(file.path()).unwrap_or_default();
        if let Ok(version) = Version::parse_header(&bytes) {
            sources.push(Source::new(format!("{version} of old/{}", file.file_name().display()), bytes));
        }
    }
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(sources.len() > 20, "{} traces", sources.len());
    sources
}

/// Returns the results of Go's reader for files.
fn ask_go(files: &[PathBuf]) -> Vec<Value> {
    let go = toolchain(GO_RELEASE);
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("live_check");
    let script = format!("{ROOT}/testdata/in-goroot.sh");
    text_of(Command::new(script).arg(format!("{ROOT}/crates/gotrace-cli/tests/live_check")).arg(go).arg(&program));
    let mut child = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let list = files.iter().map(|file| format!("{}\n", file.display())).collect::<String>();
    let asking = std::thread::spawn(move || stdin.write_all(list.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    asking.join().unwrap();
    assert!(output.status.success());
    let verdicts = String::from_utf8(output.stdout).unwrap();
    verdicts.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Returns a number from the environment, or `otherwise` if it is not set.
fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |value| value.parse().unwrap())
}

/// Changes the content of batches, but not their headers; now and then also cuts the file.
fn damage_inside(source: &Source, dice: &mut Dice) -> (String, Vec<u8>) {
    let mut bytes = source.bytes.clone();
    let full: Vec<_> = source.batches.iter().filter(|batch| batch.range.end > batch.data).collect();
    let mut what = String::new();
    for _ in 0..1 + dice.roll(4) / 3 {
        // Half of the time, large batches are likelier: most batches are small tables.
        let at = match dice.roll(2) {
            0 => {
                let batch = full[dice.roll(full.len())];
                batch.data + dice.roll(batch.range.end - batch.data)
            }
            _ => loop {
                let at = dice.roll(bytes.len());
                if full.iter().any(|batch| batch.data <= at && at < batch.range.end) {
                    break at;
                }
            },
        };
        let end = full.iter().find(|batch| batch.data <= at && at < batch.range.end).unwrap().range.end;
        let byte = bytes[at];
        match dice.roll(6) {
            0 => bytes[at] = dice.roll(256) as u8,
            1 => bytes[at] = byte.wrapping_add(1),
            2 => bytes[at] = byte.wrapping_sub(1),
            3 => bytes[at] = byte ^ (1 << dice.roll(8)),
            4 => (at..end.min(at + 2 + dice.roll(8))).for_each(|at| bytes[at] = dice.roll(256) as u8),
            _ => bytes[at] = dice.roll(64) as u8,
        }
        what += &format!(" byte {at}");
    }
    if dice.roll(8) == 0 {
        bytes.truncate(bytes.len() - dice.roll(bytes.len() / 2));
        what += &format!(" cut to {}", bytes.len());
    }
    (format!("{} inside{what}", source.name), bytes)
}

#[test]
fn damaged_traces_end_where_go_ends_them() {
    let mut corpus = Corpus::committed();
    corpus.0.extend(old_traces());
    let mut dice = Dice::new(setting("GOTRACE_CHECK_SEED", 1));
    let mut by_version: BTreeMap<&str, Vec<&Source>> = BTreeMap::new();
    for source in corpus.0.iter().filter(|source| source.bytes.len() <= LARGEST) {
        by_version.entry(source.name.split('/').next().unwrap()).or_default().push(source);
    }
    let versions: Vec<_> = by_version.values().collect();

    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("damaged");
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    let (mut files, mut names) = (Vec::new(), Vec::new());
    for number in 0..setting("GOTRACE_CHECK_FILES", 280) as usize {
        let of_version = versions[number % versions.len()];
        let source = of_version[dice.roll(of_version.len())];
        let (name, bytes) = if dice.roll(3) > 0 {
            damage_inside(source, &mut dice)
        } else {
            let (kind, _) = Kind::ALL[dice.roll(Kind::ALL.len())];
            let seeds = if kind == Kind::CutAtBatch { source.batches.len() } else { 1 << 20 };
            let seed =
                if matches!(kind, Kind::LeadingBytes | Kind::TrailingBytes | Kind::TwoTraces) { 4 } else { seeds };
            let fault = common::faults::Fault { trace: source, kind, seed: dice.roll(seed) };
            (fault.to_string(), fault.apply(&corpus).bytes)
        };
        let file = dir.join(format!("{number}.trace"));
        std::fs::write(&file, bytes).unwrap();
        files.push(file);
        names.push(name);
    }

    let verdicts = ask_go(&files);
    assert_eq!(verdicts.len(), files.len());
    let (mut wrong, mut accepted, mut refused, mut panics, mut unknown) = (Vec::new(), 0, 0, 0, 0);
    for ((file, name), go) in files.iter().zip(&names).zip(&verdicts) {
        let bytes = std::fs::read(file).unwrap();
        let ours = match Trace::parse(&bytes) {
            Ok(trace) => GoReading::of(&trace, || ()),
            Err(e) => GoReading::of_no_trace(e),
        };
        let events = go["events"].as_u64().unwrap();
        let (refuses, panicked) = (go["error"] != "", go["panic"] == true);
        *(if panicked {
            &mut panics
        } else if refuses {
            &mut refused
        } else {
            &mut accepted
        }) += 1;
        unknown += u64::from(ours.events.is_none());
        let agrees = match &ours.end {
            GoEnd::Accepts | GoEnd::EndsEarly(_) => !refuses,
            GoEnd::Refuses(_) => refuses && !panicked,
            GoEnd::Panics(_) => panicked,
            GoEnd::Unknown(_) => true,
            end => panic!("{end:?}"),
        };
        if !agrees || ours.events.is_some_and(|ours| ours != events) {
            let error = go["error"].as_str().unwrap().lines().next().unwrap_or_default();
            wrong.push(format!("{} ({name}): Go {events} events, {error:?}; foreseen {ours:?}", file.display()));
        }
    }
    let all = files.len();
    println!(
        "{all} damaged traces: Go accepts {accepted}, refuses {refused}, panics at {panics}; {unknown} not foreseen"
    );
    assert!(wrong.is_empty(), "{} of {all} are not as foreseen:\n{}", wrong.len(), wrong.join("\n"));
    assert!(unknown * 20 <= all as u64, "{unknown} not foreseen");
}
