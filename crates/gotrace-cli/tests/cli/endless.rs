//! A trace is printed soon, and in little memory, even if it is followed by something else
//! that is long or endless.
#![cfg(unix)]

use super::compressed::gzip;
use super::{Ran, Scratch, command, gotrace, trace};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::process::{Command, Stdio};

const TRACES: [&str; 3] = ["go1.27/mixed", "go1.22/chans", "go1.21/chans"];

/// The memory that a command may have which holds its input, in KiB: threads need some, and
/// at most 66 MiB of what is no trace is held.
const ENOUGH: u64 = 1 << 20;

/// Returns a command that holds its input, limited to little memory.
fn in_little_memory(args: &[&str]) -> Command {
    let plain = command(args);
    let mut limited = Command::new("sh");
    limited
        .arg("-c")
        .arg(format!("ulimit -v {ENOUGH} && exec \"$0\" \"$@\""))
        .arg(plain.get_program())
        .args(plain.get_args());
    limited.env("TZ", "UTC").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    limited
}

/// Runs a command on an endless input: a beginning, and then what `on` gives again and again.
fn on_endless(args: &[&str], begin: &[u8], on: impl Fn() -> Vec<u8> + Send) -> Ran {
    let mut child = in_little_memory(args).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || {
            stdin.write_all(begin).unwrap();
            while stdin.write_all(&on()).is_ok() {}
        });
        child.wait_with_output().unwrap()
    });
    Ran { code: output.status.code(), stdout: output.stdout, stderr: String::from_utf8(output.stderr).unwrap() }
}

/// Makes a file of 4 GB, nearly all of it a hole; returns its path.
fn with_a_tail(scratch: &Scratch, begin: &[u8]) -> String {
    let path = scratch.file("tail.trace", begin);
    OpenOptions::new().write(true).open(&path).unwrap().set_len(4 << 30).unwrap();
    path
}

/// A trace with 4 GB of zeros behind it is read soon by every command.
#[test]
fn a_long_tail_of_zeros_is_passed_over() {
    let scratch = Scratch::new("endless-tail");
    for name in TRACES {
        let (good, whole) = (trace(name), std::fs::read(trace(name)).unwrap());
        let path = with_a_tail(&scratch, &whole);
        for args in [&["dump"][..], &["events"], &["dump", "--no-mmap"]] {
            let ran = gotrace(&[args, &[&path]].concat());
            let said = ran.bad(1);
            let end = format!("byte {}: ", whole.len());
            assert!(said.contains(&end) && said.contains("no trace goes on in the 67108864 bytes behind it"), "{said}");
            assert_eq!(ran.text(), gotrace(&[args, &[&good]].concat()).good(), "{name} {args:?}");
        }
        let ran = gotrace(&["check", &path]);
        assert!(ran.code == Some(1) && ran.text().contains("; gotrace keeps "), "{ran:?}");
        // The text form is for traces of Go 1.22 and later only.
        if name != "go1.21/chans" {
            let ran = gotrace(&["convert", &path, "-o", "/dev/null"]);
            assert!(ran.bad(1).contains("67108864 are kept"), "{}", ran.stderr);
        }
        let strict = gotrace(&["summary", "--strict", &path]);
        assert!(strict.bad(1).contains("without --strict, the good part is read"), "{}", strict.stderr);
    }
    let zeros = with_a_tail(&scratch, b"");
    for args in [&["summary"][..], &["summary", "--no-mmap"], &["check"], &["diagnose", "--strict"]] {
        let ran = gotrace(&[args, &[&zeros]].concat());
        assert!(!ran.bad(1).is_empty() && ran.stdout.is_empty(), "{args:?}: {ran:?}");
    }
}

/// A pipe is read for as long as parts of a trace come.
#[test]
fn a_pipe_that_goes_on_with_something_else_is_left() {
    let noise = || {
        let mut bytes = vec![0; 1 << 20];
        File::open("/dev/urandom").unwrap().read_exact(&mut bytes).unwrap();
        bytes
    };
    for name in TRACES {
        let (good, whole) = (trace(name), std::fs::read(trace(name)).unwrap());
        let expected = gotrace(&["dump", &good]);
        let text = |ran: &Ran| ran.text().to_string();
        let assert_stopped = |ran: &Ran| {
            let said = ran.bad(1);
            assert!(said.contains("reading stopped at byte ") && said.contains("had nothing of a trace"), "{said}");
        };
        let ran = on_endless(&["dump", "-"], &whole, || vec![0; 1 << 20]);
        assert_stopped(&ran);
        assert_eq!(text(&ran), expected.good(), "{name}");
        // Some of the noise may look like an event of Go 1.21.
        assert_stopped(&on_endless(&["dump", "-"], &whole, noise));
        // The damaged part is not long, and the trace goes on behind it.
        let damaged = [&whole[..], &vec![0; 20 << 20], &whole].concat();
        let ran = on_endless(&["count", "-"], &damaged, || vec![0; 1 << 20]);
        assert!(ran.stderr.contains(&format!("byte {}: ", 2 * whole.len() + (20 << 20))) || name == "go1.21/chans");
    }
}

/// Compressed data may become any size, and are read no further than a limit.
#[test]
fn what_decompresses_without_end_is_left() {
    let good = trace("go1.27/mixed");
    let whole = std::fs::read(&good).unwrap();
    let (begin, zeros) = (gzip(&whole), gzip(&vec![0; 16 << 20]));
    // These data are hardly compressed, so the limit allows any size; but reading stops as
    // nothing of a trace comes.
    let mut stored = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    stored.write_all(&[0; 1 << 20]).unwrap();
    let stored = stored.finish().unwrap();
    for more in [zeros, stored] {
        let ran = on_endless(&["dump", "-"], &begin, || more.clone());
        let said = ran.bad(1);
        assert!(said.contains("reading stopped at byte ") || said.contains("larger than 67108864 bytes"), "{said}");
        assert_eq!(ran.text(), gotrace(&["dump", &good]).good());
    }
}

/// Devices that do not begin as a trace are not read on; a FIFO is read like a pipe.
#[test]
fn what_is_no_file() {
    let scratch = Scratch::new("endless-no-file");
    for args in [&["summary", "/dev/zero"][..], &["check", "/dev/zero"], &["summary", "--strict", "/dev/zero"]] {
        let output = in_little_memory(args).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(String::from_utf8(output.stderr).unwrap().contains("byte 0: not a Go execution trace"));
    }
    assert!(gotrace(&["summary", &scratch.path("")]).bad(1).contains("is a directory"));

    let (pipe, good) = (scratch.path("pipe"), trace("go1.27/mixed"));
    let whole = std::fs::read(&good).unwrap();
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for endless in [false, true] {
        let child = in_little_memory(&["dump", &pipe]).spawn().unwrap();
        let mut into = OpenOptions::new().write(true).open(&pipe).unwrap();
        into.write_all(&whole).unwrap();
        while endless && into.write_all(&[0; 1 << 16]).is_ok() {}
        drop(into);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(i32::from(endless)), "{output:?}");
        assert_eq!(output.stdout, gotrace(&["dump", &good]).stdout);
    }
}

/// The text form of a trace is read whole from a pipe, however long it is.
#[test]
fn a_long_text_is_converted_from_a_pipe() {
    let whole = std::fs::read(trace("go1.27/mixed")).unwrap();
    let text = super::with_input(&["convert", "-"], &whole).stdout;
    let long = [&text[..], &b"# a comment\n".repeat(200_000)].concat();
    let ran = super::with_input(&["convert", "-"], &long);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert_eq!(ran.stdout, whole);
    let ran = super::with_input(&["summary", "-"], &long);
    assert!(ran.bad(1).contains("gotrace convert"), "{}", ran.stderr);
}
