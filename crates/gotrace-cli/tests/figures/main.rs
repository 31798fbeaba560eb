//! The figures of the reports are those of Go's own code on the same traces: a
//! program inside the GOROOT of Go 1.27.3 (`main.go` beside this) asks
//! `internal/trace`, and prints JSON. Under `--compat go1.27` figures are equal.
//!
//! It installs a toolchain, so it has a feature of its own:
//! `cargo test --release -p gotrace-cli --features live --test figures`.

#![cfg(feature = "live")]

mod count;
#[path = "../oracle/fresh.rs"]
mod fresh;
mod goroutines;
mod mmu;
mod pprof;

use fresh::files_below;
use gotrace::Version;
use serde_json::Value;
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const REFERENCE: &str = "1.27.3";
const VERSION_V1: &str = "1.21.13";

/// Returns all traces to ask about: the committed ones, the same programs recorded anew
/// with every version, and the test data of Go 1.21 from Go 1.11 to 1.21.
pub fn traces() -> Vec<PathBuf> {
    static ALL: OnceLock<Vec<PathBuf>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut others = fresh::recordings();
        files_below(&old_testdata(), &mut others);
        others.retain(|file| is_told_alike(file));
        let mut files = Vec::new();
        files_below(&Path::new(ROOT).join("testdata/traces"), &mut files);
        files.retain(|file| file.extension().is_some_and(|extension| extension == "trace"));
        files.append(&mut others);
        files.sort();
        files
    })
    .clone()
}

/// Returns the folder with the old traces in Go 1.21's own test data.
fn old_testdata() -> PathBuf {
    Path::new(&toolchain(VERSION_V1)).ancestors().nth(2).unwrap().join("src/internal/trace/testdata")
}

/// Returns whether Go's reader says the same of a trace each time. In a trace of Go 1.21 or
/// older, it gives events of one time on several Ps in the random order of a map.
fn is_told_alike(file: &Path) -> bool {
    let bytes = std::fs::read(file).unwrap();
    let Ok(version) = Version::parse_header(&bytes) else { return false };
    if !version.is_v1() {
        return true;
    }
    let dump = run(Command::new(env!("CARGO_BIN_EXE_gotrace")).args(["dump", "--mode", "v1"]).arg(file));
    let text = String::from_utf8_lossy(&dump.stdout).into_owned();
    // A line begins with the time and the kind, then the P.
    let events = text.lines().filter_map(|line| {
        let mut words = line.split(' ');
        Some((words.next()?.parse::<i64>().ok()?, words.nth(1)?))
    });
    let events: Vec<_> = events.collect();
    events.windows(2).all(|pair| pair[0].0 != pair[1].0 || pair[0].1 == pair[1].1)
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Output {
    command.env("TZ", "UTC").env("GOTOOLCHAIN", "local").output().unwrap_or_else(|e| panic!("{command:?}: {e}"))
}

/// Returns what a command prints, which must succeed.
fn text_of(command: &mut Command) -> String {
    let output = run(command);
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Returns the go command of the release that figures are compared with.
pub fn go() -> &'static str {
    static GO: OnceLock<String> = OnceLock::new();
    GO.get_or_init(|| toolchain(REFERENCE))
}

/// Returns the go command of a version.
pub fn toolchain(version: &str) -> String {
    text_of(Command::new(format!("{ROOT}/testdata/toolchains.sh")).arg(version)).trim().to_string()
}

/// Builds the program that asks Go's code; returns its path.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let output = Path::new(env!("CARGO_TARGET_TMPDIR")).join("figures");
        let script = format!("{ROOT}/testdata/in-goroot.sh");
        text_of(Command::new(script).arg(format!("{ROOT}/crates/gotrace-cli/tests/figures")).arg(go()).arg(&output));
        output
    })
}

/// A question to Go's code, with the number of traces for which it was answered.
pub struct Figures {
    question: &'static str,
    compared: Cell<usize>,
}

impl Figures {
    /// Returns a question that `main.go` knows, not yet asked.
    pub fn of(question: &'static str) -> Figures {
        Figures { question, compared: Cell::new(0) }
    }

    /// Returns Go's answer for a trace; none if Go cannot read it.
    pub fn go(&self, file: &Path) -> Option<Value> {
        let output = run(Command::new(program()).arg(self.question).arg(file));
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() != Some(2), "{}: {stderr}", file.display());
        if !output.status.success() {
            println!("{}: Go says: {}", file.display(), stderr.trim());
            return None;
        }
        self.compared.set(self.compared.get() + 1);
        Some(serde_json::from_slice(&output.stdout).unwrap())
    }

    /// Returns the JSON that gotrace prints for a trace with `--compat go1.27`.
    pub fn ours(&self, args: &[&str], file: &Path) -> Value {
        let gotrace = env!("CARGO_BIN_EXE_gotrace");
        let text = text_of(Command::new(gotrace).args(args).args(["--strict", "--compat", "go1.27"]).arg(file));
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{args:?} {}: {e}", file.display()))
    }

    /// Checks that Go gave an answer for at least so many traces.
    pub fn compared_at_least(&self, least: usize) {
        println!("{}: {} traces compared with Go", self.question, self.compared.get());
        assert!(self.compared.get() >= least, "only {}", self.compared.get());
    }
}
