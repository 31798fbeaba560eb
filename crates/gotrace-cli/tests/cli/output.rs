//! `-o` makes a whole file or none.

use super::{Scratch, gotrace, trace};
use std::fs;

#[test]
fn a_file_has_what_the_pipe_has() {
    let scratch = Scratch::new("whole");
    let (path, out) = (trace("go1.27/hello"), scratch.path("out"));
    for command in ["dump", "events", "summary", "count"] {
        let want = gotrace(&[command, &path]);
        assert_eq!(gotrace(&[command, &path, "-o", &out]).good(), "");
        assert_eq!(fs::read_to_string(&out).unwrap(), want.good(), "{command}");
    }
    assert_eq!(scratch.names(), ["out"]);
    assert_eq!(gotrace(&["count", &path, "-o", "-"]).good(), gotrace(&["count", &path]).good());
}

#[test]
fn no_half_file_is_left() {
    let scratch = Scratch::new("half");
    let bytes = fs::read(trace("go1.27/gc")).unwrap();
    let cut = scratch.file("cut", &bytes[..bytes.len() / 2]);
    let out = scratch.file("out", b"what was there before");
    gotrace(&["dump", "--strict", &cut, "-o", &out]).bad(1);
    assert_eq!(fs::read(&out).unwrap(), b"what was there before");
    assert_eq!(scratch.names().len(), 2, "{:?}", scratch.names());

    // Without --strict, the file holds all that could be read.
    gotrace(&["dump", &cut, "-o", &out]).bad(1);
    assert_eq!(fs::read(&out).unwrap(), gotrace(&["dump", &cut]).stdout);
    assert_eq!(scratch.names().len(), 2, "{:?}", scratch.names());
}

#[test]
fn what_cannot_be_written_is_named() {
    let scratch = Scratch::new("unwritable");
    let path = trace("go1.27/hello");
    let nowhere = scratch.path("nowhere/out");
    assert!(gotrace(&["count", &path, "-o", &nowhere]).bad(1).contains(&nowhere));
    let directory = scratch.path("");
    assert!(gotrace(&["count", &path, "-o", &directory]).bad(1).contains("directory"));
}

#[cfg(target_os = "linux")]
#[test]
fn devices_are_written_to_and_links_stay() {
    let scratch = Scratch::new("links");
    let path = trace("go1.27/hello");
    assert_eq!(gotrace(&["dump", &path, "-o", "/dev/null"]).good(), "");
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
    assert!(gotrace(&["dump", &path, "-o", "/dev/full"]).bad(1).contains("space"));

    let (target, link) = (scratch.file("target", b""), scratch.path("link"));
    std::os::unix::fs::symlink(&target, &link).unwrap();
    gotrace(&["count", &path, "-o", &link]).good();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(!fs::read(&target).unwrap().is_empty());
}
