//! Go 1.27.3 accepts slices and anonymized traces: `go tool trace -d=parsed` reads 1,000
//! random windows of recorded traces, and all recorded traces without their names.
//!
//! It installs a toolchain, so it has a feature of its own:
//! `cargo test -p gotrace-cli --features live --test live_slice`. `GOTRACE_SLICE_SEED=7
//! GOTRACE_SLICE_WINDOWS=10000` tries others.

#![cfg(feature = "live")]

#[path = "../../../tests/common/mod.rs"]
mod common;

use common::faults::Corpus;
use common::simulator::Dice;
use gotrace::anonymize::{Pseudonyms, anonymize};
use gotrace::go_reader::GO_RELEASE;
use gotrace::{Mode, Options, Time, Trace, Window};
use std::path::PathBuf;
use std::process::{Command, Stdio};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Returns the program that `go tool trace` runs.
fn tool() -> String {
    let text_of = |command: &mut Command| {
        let output = command.env("GOTOOLCHAIN", "local").stderr(Stdio::inherit()).output().unwrap();
        assert!(output.status.success(), "{command:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_string()
    };
    let go = text_of(Command::new(format!("{ROOT}/testdata/toolchains.sh")).arg(GO_RELEASE));
    // It is built when it is asked for.
    text_of(Command::new(go).args(["tool", "-n", "trace"]))
}

/// Returns what Go's tool says of a trace that it does not read to the end.
fn refused(tool: &str, bytes: &[u8]) -> Option<String> {
    // Tests run side by side.
    let name = format!("live_slice-{}-{:?}.trace", std::process::id(), std::thread::current().id());
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&file, bytes).unwrap();
    let output = Command::new(tool).arg("-d=parsed").arg(&file).stdout(Stdio::null()).output().unwrap();
    std::fs::remove_file(&file).unwrap();
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).lines().take(3).collect())
}

fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |value| value.parse().unwrap())
}

#[test]
fn go_accepts_slices() {
    let (tool, corpus) = (tool(), Corpus::committed());
    let mut dice = Dice::new(setting("GOTRACE_SLICE_SEED", 1));
    let (mut tried, mut wrong) = (0, Vec::new());
    while tried < setting("GOTRACE_SLICE_WINDOWS", 1000) {
        let source = &corpus.0[dice.roll(corpus.0.len())];
        let trace = Trace::with_options(&source.bytes, Options::default().mode(Mode::Lenient)).unwrap();
        let times: Vec<i64> = trace.events().map_while(Result::ok).map(|event| event.time().0).collect();
        // Often the window begins or ends at an event, to the nanosecond.
        let [from, to] = [0, 1].map(|_| times[dice.roll(times.len())] + [0, 0, 1, 777][dice.roll(4)]);
        let window = Window::new(Some(Time(from.min(to))), Some(Time(from.max(to) + 1)));
        let mut slice = Vec::new();
        let (report, _) = window.slice(&trace, &mut slice, |_| ()).unwrap();
        if report.events + report.copied == 0 {
            continue;
        }
        tried += 1;
        if let Some(why) = refused(&tool, &slice) {
            wrong.push(format!("{} {window:?}: {why}", source.name));
        }
    }
    println!("{tried} slices, {} refused", wrong.len());
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn go_accepts_anonymized_traces() {
    let (tool, mut tried) = (tool(), 0);
    for source in Corpus::committed().0.iter().filter(|source| !source.name.contains("nostop")) {
        let mut out = Vec::new();
        anonymize(&Trace::parse(&source.bytes).unwrap(), &mut Pseudonyms::default(), &mut out).unwrap();
        assert_eq!(refused(&tool, &out), refused(&tool, &source.bytes), "{}", source.name);
        tried += 1;
    }
    println!("{tried} anonymized traces");
}
