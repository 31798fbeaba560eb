//! Every figure of every report is close to what the traced program measured of itself
//! (`testdata/programs/truth`), which the test runs with every version of Go. The test
//! prints the table: the truth, gotrace's figure, and the tolerance with its reason.
//!
//! It installs toolchains, so it needs the feature `live`:
//! `cargo test --release -p gotrace-cli --features live --test live_truth -- --nocapture`.

#![cfg(feature = "live")]

mod known;

use known::{Recorded, Row, Table, compare};
use std::path::Path;
use std::process::Command;

const VERSIONS: [&str; 7] = ["1.21.13", "1.22.10", "1.23.9", "1.24.11", "1.25.5", "1.26.6", "1.27.3"];
/// The number of runs in which a figure has to be wrong to count as wrong: the system may
/// interrupt the program or the runtime in the middle of measuring.
const TRIES: usize = 5;

/// Runs the program with a version of Go; returns the table of its figures.
fn run(version: &str, dir: &Path) -> Table {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/truth.sh");
    let output = Command::new(script).args(["--versions", version, "--out"]).arg(dir).output().unwrap();
    assert!(output.status.success(), "Go {version}: {}", String::from_utf8_lossy(&output.stderr));
    let name = format!("go{}", version.rsplit_once('.').unwrap().0);
    compare(&dir.join(format!("{name}.trace")), &Recorded::read(&dir.join(format!("{name}.json"))))
}

#[test]
fn the_reports_say_what_the_program_measured() {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("truth");
    let mut failures = Vec::new();
    for version in VERSIONS {
        // The rows that were wrong in every run.
        let mut wrong: Option<Vec<String>> = None;
        for attempt in 1..=TRIES {
            let table = run(version, &dir);
            println!("\nGo {version}, run {attempt}: {} figures", table.rows.len());
            for row in &table.rows {
                println!("{row}");
            }
            let name = |row: &Row| format!("{} {}", row.report, row.figure);
            let now: Vec<String> = table.wrong().map(name).collect();
            let before = wrong.take().unwrap_or_else(|| now.clone());
            let still: Vec<String> = before.into_iter().filter(|name| now.contains(name)).collect();
            if still.is_empty() || attempt == TRIES {
                failures.extend(
                    table.wrong().filter(|row| still.contains(&name(row))).map(|row| format!("Go {version} {row}")),
                );
                break;
            }
            wrong = Some(still);
        }
    }
    assert!(failures.is_empty(), "{} figures are wrong:\n{}", failures.len(), failures.join("\n"));
}
