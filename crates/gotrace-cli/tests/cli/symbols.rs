//! `--binary` gives names to a trace of Go 1.5, and refuses wrong programs.

use super::{Scratch, gotrace, trace};

/// A trace in which goroutine 1 creates goroutine 2, which begins at 0x401000.
const GO_1_5: &[&[u8]] = &[
    b"go 1.5 trace\0\0\0\0",
    // A batch; a number of Ps; goroutine 1 is created and runs on P 0.
    b"\x41\0\x01\x64",
    b"\xcd\x05\x01\x01\x01\x01\0",
    b"\x45\x01\x01\0",
    b"\x4e\x01\x01\x01",
    b"\x84\x01\x01\x01\0",
    // Goroutine 2; where that happened; how long ticks are.
    b"\xcd\x08\x01\x01\x02\x80\xa0\x80\x02\x01",
    b"\x43\x01\x01\x85\xa0\x80\x02",
    b"\x02\x80\x94\xeb\xdc\x03\0",
];

#[test]
fn frames_without_names_are_program_counters() {
    let old = Scratch::new("symbols-old");
    let old = old.file("old.trace", &GO_1_5.concat());
    let ran = gotrace(&["events", "--stacks", "inline", &old]);
    let text = ran.good();
    assert!(text.contains("to run 0x401001") && text.contains("\n        0x401005\n"), "{text}");
    assert!(gotrace(&["summary", &old]).good().contains("  0x401001\n"));
}

#[test]
fn programs_that_are_no_good() {
    let scratch = Scratch::new("symbols-bad");
    let old = scratch.file("old.trace", &GO_1_5.concat());
    let text = scratch.file("text", b"#!/bin/sh\n");
    let cut = scratch.file("cut", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    let missing = scratch.path("missing");
    for (program, hint) in [
        (text.as_str(), "expected an executable"),
        (&cut, "the executable cannot be read"),
        // gotrace itself is a program of Rust.
        (env!("CARGO_BIN_EXE_gotrace"), "no Go line table"),
        (&missing, "No such file"),
        (concat!(env!("CARGO_MANIFEST_DIR"), "/../.."), "directory"),
    ] {
        for trace in [old.as_str(), &trace("go1.27/hello")] {
            let ran = gotrace(&["events", "--binary", program, trace]);
            let said = ran.bad(1);
            assert!(said.contains(program) && said.contains(hint), "{hint:?} in {said}");
        }
    }
}
