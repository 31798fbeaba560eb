//! The contract of every command: help, exit status, closed pipes.

use super::{command, gotrace, trace, with_input};
use std::io::Read;
use std::process::Stdio;

const COMMANDS: [&str; 29] = [
    "view",
    "summary",
    "goroutines",
    "tasks",
    "regions",
    "gc",
    "stw",
    "mmu",
    "pprof",
    "latency",
    "procs",
    "path",
    "metrics",
    "diagnose",
    "diff",
    "schedtrace",
    "gctrace",
    "run",
    "events",
    "count",
    "dump",
    "convert",
    "export",
    "sql",
    "check",
    "repair",
    "slice",
    "anonymize",
    "capture",
];

#[test]
fn help_is_there_for_every_command() {
    let all = gotrace(&["--help"]);
    for name in COMMANDS {
        assert!(all.good().contains(name), "{name}");
        let help = gotrace(&[name, "--help"]);
        assert!(help.good().contains("Examples:"), "{name}");
    }
}

#[test]
fn wrong_usage_is_status_2() {
    let hello = trace("go1.27/hello");
    for args in [
        &["summary"][..],
        &["nonsense"],
        &["dump", "--mode", "nonsense", &hello],
        &["events", "--from", "soon", &hello],
        &["events", "--kind", "Nonsense", &hello],
        &["events", "--stacks", "ids", &hello],
        &["diff", &hello],
        &["count", "--threads", "0", &hello],
        &[],
    ] {
        gotrace(args).bad(2);
    }
}

#[test]
fn version() {
    assert_eq!(gotrace(&["--version"]).good(), format!("gotrace {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_closed_pipe_ends_quietly() {
    // The output of this trace is more than a pipe holds.
    let big = trace("go1.22/blockedms");
    for args in [&["dump", big.as_str()][..], &["events", &big], &["events", "--json", &big]] {
        let mut child = command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = [0; 20];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{args:?}");
    }
}

#[test]
fn standard_input_is_a_file_too() {
    let path = trace("go1.25/gc-gens");
    let bytes = std::fs::read(&path).unwrap();
    for args in [&["count", "--json"][..], &["dump"], &["events", "--stacks", "inline"]] {
        let named = gotrace(&[args, &[path.as_str()]].concat());
        let piped = with_input(&[args, &["-"]].concat(), &bytes);
        assert_eq!(named.good(), piped.good(), "{args:?}");
    }
    assert!(with_input(&["summary", "-"], &bytes).good().starts_with("standard input"));
}

#[test]
fn threads_and_reading_change_nothing() {
    let path = trace("go1.26/gc-gens");
    for command in ["dump", "count", "summary"] {
        let one = gotrace(&[command, "--threads", "1", &path]);
        for args in [&["--threads", "3"][..], &["--no-mmap"], &["--strict"]] {
            assert_eq!(one.good(), gotrace(&[&[command, path.as_str()], args].concat()).good(), "{command} {args:?}");
        }
    }
}

#[test]
fn color_is_for_those_who_ask() {
    let path = trace("go1.27/hello");
    assert!(!gotrace(&["summary", &path]).good().contains('\x1b'));
    assert!(gotrace(&["summary", "--color", "always", &path]).good().contains('\x1b'));
    assert!(!gotrace(&["summary", "--color", "never", &path]).good().contains('\x1b'));
}
