//! `diagnose` on programs that show one pattern each, run here and now with
//! several versions of Go: the pattern is found in the trace and in the log, and
//! no other is claimed. Prints the confusion matrix.
//!
//! It installs toolchains, so it needs the feature `live`:
//! `cargo test --release --features live --test live_diagnose -- --nocapture`.

#![cfg(feature = "live")]

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

const VERSIONS: &str = "1.21.13 1.24.11 1.27.3";
/// What else runs on the machine can look like a pattern: so many runs of a
/// program are tried before it counts as misjudged.
const TRIES: usize = 3;

/// The programs, with the pattern that each shows.
const PROGRAMS: [(&str, &str); 13] = [
    ("starvation", "m-starvation"),
    ("syscalls", "syscall-storm"),
    ("network", "netpoller-saturation"),
    ("gc", "gc-stall"),
    ("stuck", "stuck-p"),
    ("leak", "goroutine-growth"),
    ("convoy", "lock-convoy"),
    ("pinned", "pinned-p"),
    ("handoff", "idle-ps"),
    ("marking", "gc-latency"),
    ("busy", "healthy"),
    ("idle", "healthy"),
    ("server", "healthy"),
];

/// Runs all programs anew, in a directory of that name.
fn record(dir: &Path) {
    let _ = std::fs::remove_dir_all(dir);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/patterns.sh");
    let output = Command::new(script).args(["--versions", VERSIONS, "--out"]).arg(dir).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What is found in an input.
fn findings(input: &Path) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_gotrace")).args(["diagnose", "--json"]).arg(input).output().unwrap();
    assert!(output.status.success(), "{}: {}", input.display(), String::from_utf8_lossy(&output.stderr));
    let reports: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = reports[0]["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["pattern"].as_str().unwrap().to_string()).collect()
}

#[test]
fn the_confusion_matrix_is_diagonal() {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("patterns");
    // For each input, what was found in each try until it was right.
    let mut seen: BTreeMap<(String, &str, &str), Vec<Vec<String>>> = BTreeMap::new();
    for attempt in 0..TRIES {
        record(&dir);
        for version in VERSIONS.split(' ') {
            let minor: String = version.splitn(3, '.').take(2).collect::<Vec<_>>().join(".");
            for (program, want) in PROGRAMS {
                for form in FORMS {
                    let tries = seen.entry((minor.clone(), form, program)).or_default();
                    if attempt == 0 || tries.last().is_some_and(|found| !right(found, want, form, &minor)) {
                        tries.push(findings(&dir.join(format!("go{minor}/{program}.{form}"))));
                    }
                }
            }
        }
        let done = seen.iter().all(|((version, form, program), tries)| {
            let want = PROGRAMS.iter().find(|(name, _)| name == program).unwrap().1;
            tries.last().is_some_and(|found| right(found, want, form, version))
        });
        if done {
            break;
        }
    }
    let mut wrong = Vec::new();
    for ((version, form, program), tries) in &seen {
        println!("{version} {form:<9} {program:<10} {tries:?}");
        let want = PROGRAMS.iter().find(|(name, _)| name == program).unwrap().1;
        if !right(tries.last().unwrap(), want, form, version) {
            wrong.push(format!("go{version} {program}.{form}: {tries:?}, expected {want}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The forms in which a program is seen: its trace, and the logs with and without
/// the details.
const FORMS: [&str; 3] = ["trace", "log", "brief.log"];

/// Whether the one pattern was found, or none where the program is healthy, or
/// where such a form cannot show it.
fn right(found: &[String], want: &str, form: &str, version: &str) -> bool {
    let want = match want {
        "healthy" => None,
        // A log is too coarse for either.
        "idle-ps" | "gc-latency" if form != "trace" => None,
        want if form != "brief.log" => Some(want),
        "netpoller-saturation" => Some("m-starvation"),
        "goroutine-growth" | "lock-convoy" | "pinned-p" => None,
        // Since Go 1.25 the lines tell how many goroutines each P has picked.
        "stuck-p" if matches!(version, "1.21" | "1.22" | "1.23" | "1.24") => None,
        want => Some(want),
    };
    found.iter().map(String::as_str).eq(want)
}
