//! What `go tool trace` prints, as `testdata/golden.sh` writes it down, held
//! against what gotrace prints.

use gotrace::Version;
use sha2::{Digest, Sha256};
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a tool made of one trace in one mode.
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

/// Reads lines of the manifest's form; names are relative to `root`.
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

/// What gotrace makes of a trace, strictly.
pub fn ours(file: &Path, mode: &str) -> Verdict {
    let mut child = Command::new(env!("CARGO_BIN_EXE_gotrace"))
        .args(["dump", "--strict", "--mode", mode])
        .arg(file)
        // Wall-clock times come in local time, from both tools.
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

/// Demands the same bytes where Go accepts, and a refusal where Go refuses;
/// returns what is wrong. `known` says why a difference is meant, if it is.
pub fn compare(all: &[Expectation], known: impl Fn(&Expectation, &Verdict) -> Option<&'static str>) -> Vec<String> {
    let mut wrong = Vec::new();
    for expected in all {
        let got = ours(&expected.file, &expected.mode);
        let agree = got.accepted == expected.go.accepted && (!got.accepted || got.sha256 == expected.go.sha256);
        let panicked = got.stderr.contains("panicked");
        if panicked || (!agree && known(expected, &got).is_none()) {
            let (file, mode) = (expected.file.display(), &expected.mode);
            wrong.push(format!("{file}, {mode}: Go {:?}; gotrace {got:?}", expected.go));
        }
    }
    wrong
}

/// The differences from Go that are meant, each with its reason.
pub fn meant(expected: &Expectation, ours: &Verdict) -> Option<&'static str> {
    let go = &expected.go;
    if expected.mode != "parsed" && go.accepted && !ours.accepted {
        // Go's raw reader takes a file that ends between two arguments of an
        // event for one that ends, and prints no word of it.
        return ours.stderr.contains("the file ends inside").then_some("a silent cut is a defect");
    }
    let is_v1 = || {
        let header = std::fs::read(&expected.file).unwrap_or_default();
        Version::parse_header(&header).is_ok_and(Version::is_v1)
    };
    if go.accepted || !ours.accepted || !is_v1() {
        return None;
    }
    match expected.mode.as_str() {
        "wire" | "footprint" => Some("Go's raw reader knows the formats since 1.22 only"),
        // Go 1.21 dropped wakeups in vain; Go 1.27 does not expect what it does not drop.
        "parsed" if go.stderr.contains("unexpected event type 36") => Some("wakeups in vain are no error"),
        _ => None,
    }
}
