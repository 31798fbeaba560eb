//! Traces recorded anew, which several tests share.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The versions of Go with which programs are recorded.
const VERSIONS: &str = "1.21.13 1.22.10 1.23.9 1.24.11 1.25.5 1.26.6 1.27.3";
/// The age at which recordings are made again.
const FRESH: Duration = Duration::from_secs(3600);

/// Returns the traces of every program of `testdata/record.sh` with every version, recorded
/// within the last hour by this test or by one before it.
pub fn recordings() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fresh");
    let begun = dir.join("begun");
    let age = begun.metadata().and_then(|file| file.modified()).ok().and_then(|begun| begun.elapsed().ok());
    if age.is_none_or(|age| age > FRESH) {
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(&begun, "").unwrap();
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/record.sh");
    let output = Command::new(script).args(["--versions", VERSIONS, "--out"]).arg(&dir).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut files = Vec::new();
    files_below(&dir, &mut files);
    files.retain(|file| file.extension().is_some_and(|extension| extension == "trace"));
    files
}

/// Adds all files in a directory and in the directories below it.
pub fn files_below(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files_below(&path, found) } else { found.push(path) }
    }
}
