//! The command behaves as documented: these tests run the built binary as its users do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "cli/analyses.rs"]
mod analyses;
#[path = "../../../tests/common/builder.rs"]
#[allow(dead_code, unreachable_pub, reason = "a part of it is used here")]
mod builder;
#[path = "../../../tests/common/builder_v1.rs"]
#[allow(dead_code, unreachable_pub, reason = "a part of it is used here")]
mod builder_v1;
#[cfg(feature = "http")]
#[path = "cli/capture.rs"]
mod capture;
#[path = "cli/changing.rs"]
mod changing;
#[path = "cli/check.rs"]
mod check;
#[path = "cli/collector.rs"]
mod collector;
#[path = "cli/compressed.rs"]
mod compressed;
#[path = "cli/contract.rs"]
mod contract;
#[path = "cli/diagnose.rs"]
mod diagnose;
#[path = "cli/diff.rs"]
mod diff;
#[path = "cli/differences.rs"]
mod differences;
#[path = "cli/dump.rs"]
mod dump;
#[path = "cli/endless.rs"]
mod endless;
#[cfg(feature = "columns")]
#[path = "cli/export.rs"]
mod export;
#[path = "cli/files.rs"]
mod files;
#[path = "cli/input.rs"]
mod input;
#[path = "cli/logs.rs"]
mod logs;
#[path = "cli/metrics.rs"]
mod metrics;
#[path = "cli/output.rs"]
mod output;
#[path = "cli/paths.rs"]
mod paths;
#[path = "cli/profiles.rs"]
mod profiles;
#[path = "cli/readme.rs"]
mod readme;
#[path = "cli/repair.rs"]
mod repair;
#[path = "cli/reports.rs"]
mod reports;
#[path = "cli/run.rs"]
mod run;
#[path = "cli/scheddetail.rs"]
mod scheddetail;
#[path = "cli/schemas.rs"]
mod schemas;
#[path = "cli/selections.rs"]
mod selections;
#[cfg(feature = "http")]
#[path = "cli/servers.rs"]
mod servers;
#[path = "cli/sharing.rs"]
mod sharing;
#[path = "cli/symbols.rs"]
mod symbols;
#[path = "cli/tasks.rs"]
mod tasks;
#[cfg(feature = "view")]
#[path = "cli/view.rs"]
mod view;
#[path = "cli/viewers.rs"]
mod viewers;
#[path = "cli/windows.rs"]
mod windows;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// A trace for commands that read two.
const OTHER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/traces/go1.22/hello.trace");

/// The commands that read a trace, one for each way of printing.
const TRACE_COMMANDS: &[&[&str]] = &[
    &["summary"],
    &["goroutines"],
    &["goroutines", "--leaks"],
    &["tasks"],
    &["regions"],
    &["gc"],
    &["stw"],
    &["mmu"],
    &["latency"],
    &["procs"],
    &["path"],
    &["metrics"],
    &["pprof", "sched", "--text"],
    &["pprof", "wall", "--text"],
    &["events"],
    &["count"],
    &["dump"],
    &["dump", "--mode", "wire"],
    &["dump", "--mode", "footprint"],
    &["convert"],
    &["diagnose"],
    &["diff", "--vs", OTHER, "--top", "1"],
    &["check"],
    &["repair"],
    &["slice", "--from", "1ns"],
    &["anonymize"],
    &["export", "perfetto"],
    &["export", "chrome"],
    &["export", "folded", "wall"],
    &["export", "speedscope", "wall"],
    #[cfg(feature = "columns")]
    &["export", "arrow"],
];

/// Returns the path of a committed trace.
fn trace(name: &str) -> String {
    let path = format!("{ROOT}/testdata/traces/{name}.trace");
    assert!(Path::new(&path).is_file(), "{path}");
    path
}

/// Returns the names of all committed traces.
fn traces() -> Vec<String> {
    let versions = std::fs::read_dir(format!("{ROOT}/testdata/traces")).unwrap();
    let directories = versions.map(|version| version.unwrap().path()).filter(|path| path.is_dir());
    let mut found: Vec<String> = directories
        .flat_map(|version| std::fs::read_dir(version).unwrap())
        .map(|file| file.unwrap().path().display().to_string())
        .filter(|path| path.ends_with(".trace"))
        .collect();
    found.sort();
    assert!(!found.is_empty());
    found
}

/// The result of a run: its status and what it printed.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    stdout: Vec<u8>,
    stderr: String,
}

impl Ran {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap()
    }

    /// Returns the only JSON value that it printed.
    #[track_caller]
    fn json(&self) -> serde_json::Value {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        serde_json::from_slice(&self.stdout).unwrap()
    }

    /// Returns what it printed; checks that it ended well.
    #[track_caller]
    fn good(&self) -> &str {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""));
        self.text()
    }

    /// Returns what it wrote to standard error; checks the exit status.
    #[track_caller]
    fn bad(&self, code: i32) -> &str {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert!(!self.stderr.is_empty());
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        &self.stderr
    }
}

/// Returns the command in front of gotrace that makes it take all signals: some may be set
/// to be ignored where the tests run, as by `nohup` or `&` in a script.
fn hearing() -> Vec<&'static str> {
    let gotrace = env!("CARGO_BIN_EXE_gotrace");
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    match mask.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).is_ok_and(|mask| mask & 0b111 != 0)) {
        // By its path: a test may set another PATH.
        true => vec!["/usr/bin/env", "--default-signal", gotrace],
        false => vec![gotrace],
    }
}

fn command(args: &[&str]) -> Command {
    let words = hearing();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]);
    command.args(args).env("TZ", "UTC").env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

fn gotrace(args: &[&str]) -> Ran {
    with_input(args, b"")
}

fn with_input(args: &[&str], input: &[u8]) -> Ran {
    let mut child = command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        // A command that fails early does not read it all.
        scope.spawn(move || drop(stdin.write_all(input)));
        child.wait_with_output().unwrap()
    });
    Ran { code: output.status.code(), stdout: output.stdout, stderr: String::from_utf8(output.stderr).unwrap() }
}

/// An empty directory for a test, which is removed when this is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    fn file(&self, name: &str, content: &[u8]) -> String {
        std::fs::write(self.0.join(name), content).unwrap();
        self.path(name)
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}
