//! `diagnose` finds the pattern of programs that show one each, run by the test with
//! several versions of Go, in the trace and in the log, and no other pattern. The test
//! prints the confusion matrix.
//!
//! It installs toolchains, so it needs the feature `live`:
//! `cargo test --release -p gotrace-cli --features live --test live_diagnose -- --nocapture`.

#![cfg(feature = "live")]

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

const VERSIONS: &str = "1.21.13 1.24.11 1.27.3";
/// The most runs of a program before it counts as misjudged: other programs on the
/// machine can cause what looks like a pattern.
const TRIES: usize = 5;

/// The programs, with the pattern that each shows.
const PROGRAMS: [(&str, &str); 18] = [
    ("locked", "m-starvation"),
    ("handoff", "m-starvation"),
    ("syscalls", "syscall-storm"),
    ("waiting", "netpoller-saturation"),
    ("gc", "gc-stall"),
    ("stall", "gc-stall"),
    ("calls", "stuck-p"),
    ("starvation", "cpu-saturation"),
    ("batch", "cpu-saturation"),
    ("network", "netpoll-backlog"),
    ("stuck", "unpreempted"),
    ("leak", "goroutine-growth"),
    ("convoy", "lock-convoy"),
    ("pinned", "pinned-p"),
    ("marking", "gc-latency"),
    ("busy", "healthy"),
    ("idle", "healthy"),
    ("server", "healthy"),
];

/// Runs programs with a version of Go, and keeps their traces and logs in a directory.
fn record(dir: &Path, version: &str, programs: &[&str]) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/patterns.sh");
    let programs = programs.join(" ");
    let args = ["--versions", version, "--modes", &programs, "--out"];
    let output = Command::new(script).args(args).arg(dir).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Returns the patterns that are found in an input.
fn findings(input: &Path) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_gotrace")).args(["diagnose", "--json"]).arg(input).output().unwrap();
    let warnings = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() || is_cut_by_the_end(input, &warnings), "{}: {warnings}", input.display());
    let reports: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = reports[0]["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["pattern"].as_str().unwrap().to_string()).collect()
}

/// Returns whether the only warning is about an unfinished last line, which a program leaves
/// that ends while the runtime prints.
fn is_cut_by_the_end(log: &Path, warnings: &str) -> bool {
    let text = std::fs::read(log).unwrap();
    let last = text.split(|&byte| byte == b'\n').count();
    !text.ends_with(b"\n") && warnings.lines().count() == 1 && warnings.contains(&format!(": line {last} "))
}

#[test]
fn the_confusion_matrix_is_diagonal() {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("patterns");
    let _ = std::fs::remove_dir_all(&dir);
    // For each input, what was found in each try until it was right.
    let mut seen: BTreeMap<(String, &str, &str), Vec<Vec<String>>> = BTreeMap::new();
    for _ in 0..TRIES {
        for version in VERSIONS.split(' ') {
            let minor: String = version.splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
            let is_right = |seen: &BTreeMap<_, Vec<Vec<String>>>, (program, want), form| {
                let last = seen.get(&(minor.clone(), form, program)).and_then(|tries| tries.last());
                last.is_some_and(|found| right(found, program, want, form, &minor))
            };
            let wrong =
                |program: &&(&'static str, &'static str)| !FORMS.iter().all(|form| is_right(&seen, **program, *form));
            let again: Vec<&(&str, &str)> = PROGRAMS.iter().filter(wrong).collect();
            if again.is_empty() {
                continue;
            }
            record(&dir, version, &again.iter().map(|(program, _)| *program).collect::<Vec<_>>());
            for &&(program, want) in &again {
                for form in FORMS {
                    if !is_right(&seen, (program, want), form) {
                        let found = findings(&dir.join(format!("go{minor}/{program}.{form}")));
                        seen.entry((minor.clone(), form, program)).or_default().push(found);
                    }
                }
            }
        }
    }
    let mut wrong = Vec::new();
    for ((version, form, program), tries) in &seen {
        println!("{version} {form:<9} {program:<10} {tries:?}");
        let want = PROGRAMS.iter().find(|(name, _)| name == program).unwrap().1;
        if !right(tries.last().unwrap(), program, want, form, version) {
            wrong.push(format!("go{version} {program}.{form}: {tries:?}, expected {want}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The forms in which a program is seen: its trace, and the logs with and without
/// the details.
const FORMS: [&str; 3] = ["trace", "log", "brief.log"];

/// Returns whether the right patterns were found: the program's one, or none if the program
/// is healthy or the form cannot show it.
fn right(found: &[String], program: &str, want: &str, form: &str, version: &str) -> bool {
    // Since Go 1.25 the lines have counts of the goroutines that each P picked.
    let old = matches!(version, "1.21" | "1.22" | "1.23" | "1.24");
    let want = match want {
        "healthy" => None,
        // A log has no single waits.
        "gc-latency" if form != "trace" => None,
        want if form != "brief.log" => Some(want),
        "netpoll-backlog" => Some("cpu-saturation"),
        "goroutine-growth" | "lock-convoy" | "pinned-p" | "netpoller-saturation" => None,
        // Two threads that wait for their goroutines do not show in the lines.
        "m-starvation" if program == "handoff" => None,
        "stuck-p" | "unpreempted" if old => None,
        // Often no line finds the P busy: sysmon has just taken it from the system call.
        "stuck-p" => Some("stuck-p").filter(|_| !found.is_empty()),
        // The lines do not say if the goroutine runs or is in a system call.
        "unpreempted" => Some("stuck-p"),
        want => Some(want),
    };
    found.iter().map(String::as_str).eq(want)
}
