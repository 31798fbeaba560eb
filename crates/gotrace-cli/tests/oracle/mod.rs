//! Comparison of what gotrace prints with what `go tool trace` prints, as
//! `testdata/golden.sh` writes it down.
//!
//! For a trace of Go 1.7 to 1.21 Go's own output is not the same on each run, for
//! two reasons, both of them maps that it ranges over:
//!
//! - The goroutines that were runnable when tracing began come in any order, in
//!   the mode `parsed`. `testdata/runnable.py` sorts them by ID, as gotrace prints
//!   them.
//! - The order of events of one time on several Ps depends on the order in which
//!   the Ps were put into a heap, in Go 1.21's reader too. gotrace's order is
//!   ascending. Committed traces have no such events; for others
//!   [`agrees_in_time`] asks Go again.

#[cfg(feature = "live")]
pub mod fresh;

use gotrace::spec::v1::EventType;
use gotrace::wire::v1::event::RawEvents;
use gotrace::{HEADER_LEN, Version};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The result of a tool for one trace in one mode.
#[derive(PartialEq, Eq)]
pub struct Verdict {
    pub accepted: bool,
    pub lines: usize,
    pub sha256: String,
    pub stderr: String,
}

impl fmt::Debug for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.accepted { "accepts" } else { "refuses" };
        write!(f, "{word}, {} lines, {:.12}, {:?}", self.lines, self.sha256, self.stderr.trim())
    }
}

/// One line of the manifest: a trace, a mode, and Go's verdict.
pub struct Expectation {
    pub file: PathBuf,
    pub mode: String,
    pub go: Verdict,
}

/// Parses lines in the form of the manifest; names are relative to `root`.
pub fn expectations(manifest: &str, root: &Path) -> Vec<Expectation> {
    let rows = manifest.lines().filter(|line| !line.starts_with("file\t") && !line.starts_with('#'));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('\t').collect();
        let [file, mode, exit, lines, sha256, rest @ ..] = &cells[..] else { panic!("not a manifest line: {row:?}") };
        Expectation {
            file: root.join(file),
            mode: mode.to_string(),
            go: Verdict {
                accepted: *exit == "0",
                lines: lines.parse().unwrap(),
                sha256: sha256.to_string(),
                stderr: rest.join("\t"),
            },
        }
    })
    .collect()
}

/// Returns the verdict of gotrace on a trace, read strictly.
pub fn ours(file: &Path, mode: &str) -> Verdict {
    let mut child = Command::new(env!("CARGO_BIN_EXE_gotrace"))
        .args(["dump", "--strict", "--mode", mode])
        .arg(file)
        // Both tools print wall-clock times in local time.
        .env("TZ", "UTC")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut digest, mut lines) = (Sha256::new(), 0);
    let mut stdout = child.stdout.take().unwrap();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = stdout.read(&mut buffer).unwrap();
        if count == 0 {
            break;
        }
        digest.update(&buffer[..count]);
        lines += buffer[..count].iter().filter(|&&b| b == b'\n').count();
    }
    let output = child.wait_with_output().unwrap();
    Verdict {
        accepted: output.status.success(),
        lines,
        sha256: digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Expectation {
    /// Returns whether gotrace's verdict is the expected one: the same bytes if Go accepts
    /// the trace, a refusal if Go refuses it.
    pub fn agrees(&self, ours: &Verdict) -> bool {
        ours.accepted == self.go.accepted && (!ours.accepted || ours.sha256 == self.go.sha256)
    }
}

/// The number of times that Go is asked. It gives one of about eight answers at random, so
/// the chance that one of them does not come up is about one in a million.
const ASKED: usize = 100;

/// Returns whether Go's verdict is gotrace's when Go is asked again, as its output may not be
/// the same on each run. `ask` returns Go's verdict on the trace.
pub fn agrees_in_time(expected: &Expectation, ours: &Verdict, mut ask: impl FnMut() -> Expectation) -> bool {
    let is_random =
        ["parsed", "v1"].contains(&expected.mode.as_str()) && version(&expected.file).is_some_and(Version::is_v1);
    is_random && expected.go.accepted && ours.accepted && (0..ASKED).any(|_| ask().agrees(ours))
}

/// Compares verdicts: the same bytes if Go accepts, a refusal if Go refuses. Returns what is
/// wrong. `known` returns the reason for a difference that is intended.
pub fn compare(all: &[Expectation], known: impl Fn(&Expectation, &Verdict) -> Option<&'static str>) -> Vec<String> {
    let mut wrong = Vec::new();
    for expected in all {
        let got = ours(&expected.file, &expected.mode);
        let panicked = got.stderr.contains("panicked");
        if panicked || (!expected.agrees(&got) && known(expected, &got).is_none()) {
            let (file, mode) = (expected.file.display(), &expected.mode);
            wrong.push(format!("{file}, {mode}: Go {:?}; gotrace {got:?}", expected.go));
        }
    }
    wrong
}

fn is_compressed(file: &Path) -> bool {
    std::fs::read(file).is_ok_and(|bytes| bytes.starts_with(&[0x1f, 0x8b]))
}

/// Returns the reason for a difference from Go that is intended; none for others.
pub fn meant(expected: &Expectation, ours: &Verdict) -> Option<&'static str> {
    let go = &expected.go;
    let version = version(&expected.file).filter(|version| version.is_v1());
    if expected.mode != "parsed" && go.accepted && !ours.accepted {
        // Go's raw reader takes a file that ends between two arguments of an event for
        // a whole one, and says nothing of it.
        let known = ours.stderr.contains("the file ends inside").then_some("a silent cut is a defect");
        return known.or_else(|| absurd(version, ours));
    }
    if go.accepted && !ours.accepted {
        return absurd(version, ours);
    }
    if expected.mode == "footprint" && version.is_some() && is_only_a_header(&expected.file) {
        return Some("Go lists the events of other versions, of which there are none");
    }
    if !go.accepted && ours.accepted && is_compressed(&expected.file) {
        return Some("what gzip compressed is read as it is");
    }
    let version = version.filter(|_| !go.accepted && ours.accepted)?;
    let refusal = go.stderr.strip_prefix("failed to parse trace: ").unwrap_or(&go.stderr).trim_end();
    match (expected.mode.as_str(), refusal) {
        ("wire" | "footprint", _) => Some("Go's raw reader knows the formats since 1.22 only"),
        ("v1", "no consistent ordering of events possible") => {
            first_callbacks(&expected.file, version).then_some("the runtime forgot to write that C called back")
        }
        _ => None,
    }
}

/// Returns the reason if gotrace refuses a P with an absurd number, as Go's v1 readers accept
/// any number.
fn absurd(version: Option<Version>, ours: &Verdict) -> Option<&'static str> {
    let is_absurd = version.is_some() && ours.stderr.contains("is absurd; the maximum is 65535");
    is_absurd.then_some("no machine has so many Ps")
}

fn is_only_a_header(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|file| file.len() == HEADER_LEN as u64)
}

fn version(file: &Path) -> Option<Version> {
    Version::parse_header(&std::fs::read(file).ok()?).ok()
}

/// Returns whether a goroutine starts without having left the system call that it was in
/// when it appeared, judged by the wire alone. The events of a goroutine are numbered: its
/// creation and its being in a system call are the first two, and leaving the call would be
/// the third. A local start has no number; it follows the event that made it possible, on
/// the same P.
fn first_callbacks(file: &Path, version: Version) -> bool {
    const THIRD: u64 = 2;
    let bytes = std::fs::read(file).unwrap();
    let events: Vec<_> = RawEvents::new(&bytes, version).map_while(Result::ok).collect();
    let all_in_c = events.iter().filter(|event| event.event == EventType::GoInSyscall).map(|event| event.numbers[1]);
    let all_in_c: HashSet<u64> = all_in_c.collect();
    let (mut proc, mut in_c) = (0, HashSet::new());
    events.iter().any(|event| {
        let number = |i: usize| event.numbers.get(i).copied().unwrap_or_default();
        let goroutine = number(1);
        match event.event {
            EventType::Batch => proc = number(0),
            EventType::GoInSyscall => _ = in_c.insert((proc, goroutine)),
            EventType::GoSysExit => _ = in_c.remove(&(proc, goroutine)),
            EventType::GoStart => return number(2) == THIRD && all_in_c.contains(&goroutine),
            EventType::GoStartLocal => return in_c.contains(&(proc, goroutine)),
            _ => {}
        }
        false
    })
}
