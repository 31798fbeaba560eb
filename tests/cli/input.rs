//! Files that are missing, something else, or broken.

use super::{ROOT, Scratch, gotrace, trace, with_input};

#[test]
fn what_is_no_trace_is_named() {
    let scratch = Scratch::new("no-trace");
    let html = scratch.file("page", b"<!DOCTYPE html><html>404</html>");
    let gzip = scratch.file("trace.gz", b"\x1f\x8b\x08\x00\x00\x00\x00\x00");
    let text = scratch.file("log", b"404 page not found\n");
    let wire = scratch.file("wire", b"Trace Go1.22\n");
    let empty = scratch.file("empty", b"");
    let future = scratch.file("future", b"go 1.99 trace\0\0\0");
    let missing = scratch.path("missing");
    for command in ["summary", "events", "count", "dump"] {
        for (path, hints) in [
            (html.as_str(), &["byte 0", "HTML", "header"][..]),
            (&gzip, &["byte 0", "gzip", "gunzip -c"]),
            (&text, &["byte 0", "text"]),
            (&wire, &["byte 0", "gotrace convert"]),
            (&empty, &["byte 0", "empty", "trace.Stop"]),
            (&future, &["byte 5", "1.99", "newer gotrace"]),
            (&missing, &["No such file"]),
            (ROOT, &["directory"]),
        ] {
            let ran = gotrace(&[command, path]);
            let said = ran.bad(1);
            assert!(ran.stdout.is_empty(), "{command} {path}");
            for hint in [path, "error: "].iter().chain(hints) {
                assert!(said.contains(hint), "{command} {path}: {hint:?} in {said}");
            }
        }
    }
    assert!(with_input(&["count", "-"], b"").bad(1).contains("standard input"));
}

#[test]
fn a_cut_trace_gives_what_there_is() {
    let scratch = Scratch::new("cut");
    let bytes = std::fs::read(trace("go1.25/gc-gens")).unwrap();
    let path = scratch.file("cut.trace", &bytes[..bytes.len() * 2 / 3]);

    let whole = gotrace(&["dump", &trace("go1.25/gc-gens")]);
    let cut = gotrace(&["dump", &path]);
    assert!(cut.bad(1).contains("warning: ") && cut.stderr.contains(&path), "{}", cut.stderr);
    let common = cut.stdout.iter().zip(&whole.stdout).take_while(|(a, b)| a == b).count();
    assert!(common > whole.stdout.len() / 4, "{common} bytes in common");

    let summary = gotrace(&["summary", &path]);
    assert!(summary.bad(1).contains("warning") && summary.text().contains("Goroutines"));

    let strict = gotrace(&["summary", "--strict", &path]);
    assert!(strict.bad(1).contains("error: ") && strict.stderr.contains("--strict"), "{}", strict.stderr);
    assert!(strict.stdout.is_empty());
}

/// Whatever a file holds, the tool ends with a status of its own, and says why.
#[test]
fn no_cut_and_no_bad_byte_is_too_much() {
    let bytes = std::fs::read(trace("go1.27/hello")).unwrap();
    for at in (0..bytes.len()).step_by(97) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x55;
        for (bytes, command) in [(&bytes[..at], "summary"), (&flipped, "summary"), (&flipped, "dump")] {
            let ran = with_input(&[command, "-"], bytes);
            match ran.code {
                Some(0) => assert_eq!(ran.stderr, ""),
                _ => assert!(ran.bad(1).contains("byte "), "{}", ran.stderr),
            }
        }
    }
}
