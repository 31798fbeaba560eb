//! Runs the built binary as its users do.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "cli/analyses.rs"]
mod analyses;
#[path = "common/builder.rs"]
#[allow(dead_code, unreachable_pub, reason = "a part of it is used here")]
mod builder;
#[path = "common/builder_v1.rs"]
#[allow(dead_code, unreachable_pub, reason = "a part of it is used here")]
mod builder_v1;
#[cfg(feature = "http")]
#[path = "cli/capture.rs"]
mod capture;
#[path = "cli/check.rs"]
mod check;
#[path = "cli/contract.rs"]
mod contract;
#[path = "cli/diagnose.rs"]
mod diagnose;
#[path = "cli/differences.rs"]
mod differences;
#[path = "cli/dump.rs"]
mod dump;
#[path = "cli/input.rs"]
mod input;
#[path = "cli/logs.rs"]
mod logs;
#[path = "cli/output.rs"]
mod output;
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
#[path = "cli/schemas.rs"]
mod schemas;
#[path = "cli/symbols.rs"]
mod symbols;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A committed trace.
fn trace(name: &str) -> String {
    let path = format!("{ROOT}/testdata/traces/{name}.trace");
    assert!(Path::new(&path).is_file(), "{path}");
    path
}

/// All committed traces.
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

/// How a run ended and what it printed.
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

    /// Its only JSON value.
    #[track_caller]
    fn json(&self) -> serde_json::Value {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        serde_json::from_slice(&self.stdout).unwrap()
    }

    /// What it printed, if all went well.
    #[track_caller]
    fn good(&self) -> &str {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""));
        self.text()
    }

    /// What it said was wrong.
    #[track_caller]
    fn bad(&self, code: i32) -> &str {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert!(!self.stderr.is_empty());
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        &self.stderr
    }
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gotrace"));
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

/// A directory of a test's own, empty.
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
