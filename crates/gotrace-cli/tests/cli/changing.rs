//! A trace that changes while it is read is an error with a message.
#![cfg(unix)]

use super::{Scratch, TRACE_COMMANDS, command, trace};
use std::fs;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A change that another program makes to a file.
type Change = fn(&str);

const CHANGES: [(&str, Change); 3] = [
    ("emptied", |path| fs::write(path, b"").unwrap()),
    ("cut", |path| fs::OpenOptions::new().write(true).open(path).unwrap().set_len(5000).unwrap()),
    ("written again", |path| {
        let bytes = fs::read(path).unwrap();
        fs::write(path, bytes.iter().rev().copied().collect::<Vec<_>>()).unwrap();
    }),
];

/// A trace that changes when it is half read is an error. The output is more than a pipe
/// holds, so the command waits half way until the test reads it.
#[test]
fn a_trace_that_changes_half_way_is_told_of() {
    let scratch = Scratch::new("changing-half-way");
    for (what, change) in CHANGES {
        for args in [&["dump"][..], &["events"], &["events", "--json"], &["dump", "--no-mmap"]] {
            let path = scratch.file("t.trace", &fs::read(trace("go1.22/blockedms")).unwrap());
            let mut child =
                command(&[args, &[&path]].concat()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            child.stdout.as_mut().unwrap().read_exact(&mut [0; 20]).unwrap();
            change(&path);
            let ended = child.wait_with_output().unwrap();
            let said = String::from_utf8(ended.stderr).unwrap();
            assert_eq!(ended.status.code(), Some(1), "{what} {args:?}: {said}");
            let expected = ["the file shrank while it was read", "the file was written to while it was read"];
            assert!(said.contains(&path) && expected.iter().any(|text| said.contains(text)), "{what}: {said}");
        }
    }
}

#[test]
fn no_command_dies_of_a_trace_that_changes() {
    let scratch = Scratch::new("changing-any-time");
    let bytes = fs::read(trace("go1.26/manygo")).unwrap();
    for &args in TRACE_COMMANDS {
        let mut took = Duration::ZERO;
        for round in 0..6u32 {
            let (_, change) = CHANGES[round as usize % CHANGES.len()];
            let path = scratch.file("t.trace", &bytes);
            let (out, started) = (scratch.path("out"), Instant::now());
            let mut child = command(&[args, &[&path, "-o", &out]].concat()).stderr(Stdio::piped()).spawn().unwrap();
            if round > 0 {
                std::thread::sleep(took * round / 6);
                change(&path);
            }
            let status = child.wait().unwrap();
            let mut said = String::new();
            child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            if round == 0 {
                took = started.elapsed();
            }
            assert!(matches!(status.code(), Some(0 | 1)), "{args:?} {round}: {status} {said}");
            // If the file was another one from the start, the report of `check` says so.
            let is_reported =
                !said.is_empty() || args == ["check"] && fs::read_to_string(&out).unwrap().contains("fatal");
            assert!(status.code() == Some(0) || is_reported, "{args:?} {round}: status 1 without a word");
        }
    }
}

/// The report of `check` says so if the file has changed by the time it is printed.
#[cfg(target_os = "linux")]
#[test]
fn check_tells_of_a_change_too() {
    let scratch = Scratch::new("changing-check");
    let (path, pipe) = (scratch.path("t.trace"), scratch.path("pipe"));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for json in [false, true] {
        fs::copy(trace("go1.27/hello"), &path).unwrap();
        let args = ["check", &path, "-o", &pipe, "--json"];
        let args = &args[..args.len() - usize::from(!json)];
        let child = command(args).stderr(Stdio::piped()).spawn().unwrap();
        // The command has read the file by now, and waits until the pipe is read.
        let maps = format!("/proc/{}/maps", child.id());
        while !fs::read_to_string(&maps).unwrap().contains("t.trace") {
            std::thread::sleep(Duration::from_millis(10));
        }
        fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"more").unwrap();
        let report = fs::read_to_string(&pipe).unwrap();
        let ended = child.wait_with_output().unwrap();
        let (said, changed) = (String::from_utf8(ended.stderr).unwrap(), "the file was written to while it was read");
        assert_eq!(ended.status.code(), Some(1), "{said}");
        assert!(said.starts_with("error: ") && said.contains(&path) && said.contains(changed), "{said}");
        if json {
            let report: serde_json::Value = serde_json::from_str(&report).unwrap();
            assert_eq!(report["good"], false);
            assert!(report["input"][0].as_str().unwrap().starts_with(changed), "{report}");
        }
    }
}
