//! Traces and logs that are compressed by gzip or zstd are read; other content is named.

use super::{ROOT, Scratch, TRACE_COMMANDS, gotrace, trace, with_input};
use std::io::Write;

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

fn log(name: &str) -> Vec<u8> {
    std::fs::read(format!("{ROOT}/testdata/godebug/{name}.log")).unwrap()
}

/// Every command prints the same for a compressed input as for the plain one.
#[test]
fn every_command_reads_what_is_compressed() {
    let binary = std::fs::read(trace("go1.27/annotations")).unwrap();
    let two_members = |bytes: &[u8]| {
        let (first, second) = bytes.split_at(bytes.len() / 2);
        [gzip(first), gzip(second)].concat()
    };
    let text = log("go1.27/detail");
    let logs: &[&[&str]] =
        &[&["schedtrace"], &["schedtrace", "--csv"], &["schedtrace", "--json"], &["gctrace"], &["diagnose"]];
    for (commands, input) in [(TRACE_COMMANDS, &binary), (logs, &text)] {
        for args in commands {
            let args = [*args, &["-"]].concat();
            let plain = with_input(&args, input);
            assert!(!plain.stdout.is_empty(), "{args:?}: {}", plain.stderr);
            for compressed in [gzip(input), two_members(input), zstd(input)] {
                let ran = with_input(&args, &compressed);
                assert_eq!((ran.code, &ran.stderr), (plain.code, &plain.stderr), "{args:?}");
                assert!(ran.stdout == plain.stdout, "{args:?}");
            }
        }
    }
}

#[test]
fn files_and_second_inputs_may_be_compressed() {
    let scratch = Scratch::new("compressed");
    let binary = std::fs::read(trace("go1.27/hello")).unwrap();
    let plain = gotrace(&["count", &trace("go1.27/hello")]);
    for (name, bytes) in [("t.gz", gzip(&binary)), ("t.zst", zstd(&binary))] {
        let path = scratch.file(name, &bytes);
        assert_eq!(gotrace(&["count", &path]).good(), plain.good());
        assert_eq!(gotrace(&["count", "--no-mmap", &path]).good(), plain.good());
        assert!(gotrace(&["diagnose", &path]).good().contains("execution trace"));
    }
    let (idle, load) =
        (scratch.file("idle.gz", &gzip(&log("go1.27/idle"))), scratch.file("load", &zstd(&log("go1.27/summary"))));
    let ran = gotrace(&["schedtrace", "--json", "--baseline", &idle, &load]);
    assert!(ran.json()["baseline"]["lines"].as_u64() > Some(2), "{}", ran.text());
    for path in [&idle, &load] {
        let ran = gotrace(&["schedtrace", "--follow", path]);
        assert!(ran.bad(2).contains("leave out --follow"), "{}", ran.stderr);
    }
}

/// Compressed data that are cut or damaged are read up to there, and a warning names the place.
#[test]
fn what_is_cut_is_read_as_far_as_it_goes() {
    let scratch = Scratch::new("compressed-cut");
    let binary = std::fs::read(trace("go1.27/mixed")).unwrap();
    let whole = gzip(&binary);
    let end = whole.len() / 2;
    let path = scratch.file("cut.gz", &whole[..end]);
    for command in ["summary", "check", "diagnose", "count"] {
        let ran = gotrace(&[command, &path]);
        let message =
            format!("{path}: byte {end} of the gzip data: they end there, expected more; what came before is read");
        assert!(ran.bad(1).contains(&message), "{command}: {}", ran.stderr);
        assert!(!ran.stdout.is_empty(), "{command}");
    }
    let ran = gotrace(&["count", "--strict", &path]);
    assert!(ran.bad(1).starts_with("error: ") && ran.stdout.is_empty(), "{}", ran.stderr);
    // The trace is whole, but something else follows.
    let ran = with_input(&["count", "-"], &[&whole[..], b"<html>"].concat());
    assert!(ran.bad(1).contains("something else follows"), "{}", ran.stderr);
    // The data are cut before anything can be decompressed.
    let ran = with_input(&["summary", "-"], &whole[..8]);
    assert!(ran.bad(1).contains("byte 8 of the gzip data"), "{}", ran.stderr);
    assert!(with_input(&["schedtrace", "-"], &whole[..8]).bad(1).contains("byte 8 of the gzip data"));

    let text = gzip(&log("go1.27/summary"));
    for args in [["schedtrace", "-"], ["gctrace", "-"], ["diagnose", "-"]] {
        let ran = with_input(&args, &text[..text.len() - 10]);
        assert!(ran.bad(1).contains("of the gzip data: they end there"), "{args:?}: {}", ran.stderr);
        assert!(!ran.stdout.is_empty());
    }
}

/// A file that becomes very large when decompressed is read only as far as it is kept in
/// memory.
#[test]
fn what_becomes_too_large_is_read_as_far_as_it_is_kept() {
    let path = trace("go1.27/hello");
    let bomb = gzip(&[std::fs::read(&path).unwrap(), vec![0; 66 << 20]].concat());
    let ran = with_input(&["dump", "-"], &bomb);
    assert!(ran.bad(1).contains("larger than 67108864 bytes") && ran.stderr.contains("64 MiB"), "{}", ran.stderr);
    assert_eq!(ran.text(), gotrace(&["dump", &path]).good());
    let ran = with_input(&["dump", "--strict", "-"], &bomb);
    assert!(ran.bad(1).contains("larger than 67108864 bytes") && ran.stdout.is_empty(), "{}", ran.stderr);
}
