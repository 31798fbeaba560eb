//! Inputs that are missing, broken or something else than a trace are errors that say why.

use super::compressed::gzip;
use super::{ROOT, Scratch, gotrace, trace, with_input};

#[test]
fn what_is_no_trace_is_named() {
    let scratch = Scratch::new("no-trace");
    let html = scratch.file("page", b"<!DOCTYPE html><html>404</html>");
    let text = scratch.file("log", b"404 page not found\n");
    let wire = scratch.file("wire", b"Trace Go1.22\n");
    let empty = scratch.file("empty", b"");
    let future = scratch.file("future", b"go 1.99 trace\0\0\0");
    let missing = scratch.path("missing");
    for command in ["summary", "events", "count", "dump"] {
        for (path, hints) in [
            (html.as_str(), &["byte 0", "HTML", "header"][..]),
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

/// The beginning of a CPU profile that `runtime/pprof` writes.
const PPROF: &[u8] =
    b"\x0a\x04\x08\x01\x10\x02\x0a\x04\x08\x03\x10\x04\x50\x9e\xfd\xa5\x8d\x01\x60\x01\x32\x00\x32\x03cpu";

/// A file that is for another command or another tool is an error that says what it is and
/// which command reads it, compressed or not.
#[test]
fn what_is_for_another_command_is_told() {
    let sched = std::fs::read(format!("{ROOT}/testdata/godebug/go1.27/procs16.log")).unwrap();
    let gc = std::fs::read(format!("{ROOT}/testdata/godebug/go1.27/gc.log")).unwrap();
    let binary = std::fs::read(trace("go1.27/hello")).unwrap();
    let program = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0";
    let core = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x04\0\x3e\0";
    let stacks = b"goroutine 1 [running]:\nmain.main()\n\t/main.go:5 +0x1d\n";
    let timeline = b"{\"traceEvents\":[{\"ph\":\"X\",\"ts\":1}]}";
    for (name, input, commands, hints) in [
        (
            "log",
            &sched[..],
            &["summary", "events", "check"][..],
            &["byte 0", "header", "SCHED", "gotrace schedtrace FILE"][..],
        ),
        ("log", &sched, &["gctrace"], &["no gc line", "gotrace schedtrace FILE"]),
        ("gc", &gc, &["summary"], &["gc lines", "gotrace gctrace FILE", "gotrace diagnose FILE"]),
        ("gc", &gc, &["schedtrace"], &["no SCHED line", "gotrace gctrace FILE"]),
        ("trace", &binary, &["schedtrace", "gctrace"], &["execution trace", "gotrace summary FILE"]),
        (
            "pprof",
            PPROF,
            &["summary"],
            &["byte 0", "header", "pprof profile", "go tool pprof FILE", "/debug/pprof/trace"],
        ),
        (
            "pprof",
            PPROF,
            &["schedtrace", "gctrace", "diagnose"],
            &["pprof profile", "go tool pprof FILE", "/debug/pprof/trace"],
        ),
        (
            "heap",
            b"heap profile: 1: 2 [3: 4] @ heap/1048576\n",
            &["summary", "schedtrace"],
            &["debug=1", "go tool pprof"],
        ),
        ("stacks", stacks, &["summary", "schedtrace", "diagnose"], &["stacks of goroutines", "/debug/pprof/trace"]),
        ("page", b"<!DOCTYPE html><html>404</html>", &["summary", "schedtrace", "diagnose"], &["HTML page"]),
        ("timeline", timeline, &["summary", "schedtrace"], &["timeline", "ui.perfetto.dev"]),
        ("program", program, &["summary"], &["executable"]),
        ("program", program, &["schedtrace"], &["executable", "gotrace run FILE"]),
        ("core", core, &["summary", "gctrace"], &["core dump", "dlv core"]),
        ("xz", b"\xfd7zXZ\0\0\0", &["summary", "schedtrace"], &["xz", "xz -dc FILE | gotrace"]),
    ] {
        for command in commands {
            for input in [input.to_vec(), gzip(input)] {
                let ran = with_input(&[command, "-"], &input);
                let said = ran.bad(1);
                assert!(ran.stdout.is_empty(), "{command} of {name}");
                for hint in hints {
                    assert!(said.contains(hint), "{command} of {name}: {hint:?} in {said}");
                }
            }
        }
    }
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

/// Damaged files end no command with a panic or a signal, and an error says why.
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
