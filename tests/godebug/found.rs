//! Recognition of the runtime's lines, and warnings about others.

use super::Read;
use gotrace::godebug::{Record, Release};

const SCHED: &str = "SCHED 1002ms: gomaxprocs=2 idleprocs=1 threads=5 spinningthreads=0 needspinning=0 \
                     idlethreads=2 runqueue=3 [1 0]";
const GC: &str = "gc 5 @0.123s 2%: 0.15+12+1.5 ms clock, 0.30+0.16/0/0+3.0 ms cpu, 3->4->0 MB, 4 MB goal, \
                  0 MB stacks, 0 MB globals, 4 P";
const HEADER: &str = "SCHED 7ms: gomaxprocs=1 idleprocs=0 threads=1 spinningthreads=0 needspinning=0 idlethreads=0 \
                      runqueue=0 gcwaiting=false nmidlelocked=0 stopwait=0 sysmonwait=false";
const G: &str = "  G2: status=4(force gc (idle)) m=nil lockedm=nil";

fn go(minor: u8) -> Release {
    Release::go1(minor).unwrap()
}

/// Reads a log; returns the lines, as Go 1.24 prints them, and the warnings.
fn read(log: &str) -> (Vec<String>, Vec<String>) {
    let read = Read::of(log.as_bytes());
    (read.lines(go(24)), read.warnings)
}

#[track_caller]
fn finds(log: &str, lines: &[&str]) {
    assert_eq!(read(log), (lines.iter().map(|line| line.to_string()).collect(), Vec::new()), "{log}");
}

#[test]
fn wrapped_lines() {
    let escaped = GC.replace('>', "\\u003e");
    for log in [
        format!("{SCHED}\n{GC}\n"),
        format!("{SCHED}\r\n{GC}\r\n"),
        format!("{SCHED}\n{GC}"),
        format!("Nov 23 10:00:00 host app[12]: {SCHED}\nNov 23 10:00:00 host app[12]: {GC}\n"),
        format!("2026-11-23T10:00:00.1Z stderr F {SCHED}\n2026-11-23T10:00:00.1Z stderr F {GC}\n"),
        format!("\x1b[33mpod-1\x1b[0m | {SCHED}\n\x1b[2m{GC}\x1b[0m\n"),
        format!(
            "{{\"log\":\"{SCHED}\\n\",\"stream\":\"stderr\"}}\n{{\"log\":\"{escaped}\\n\",\"stream\":\"stderr\"}}\n"
        ),
        format!("{{\"level\":\"info\",\"msg\":\"{SCHED}\"}}\npod {{\"msg\":\"{GC}\",\"n\":1}}\n"),
        format!("{{\"msg\":\"{SCHED}\\n{escaped}\\n\"}}\n"),
        format!("no newline {SCHED}\n{GC}\n"),
        format!("{SCHED}level=info msg=hello\n\n{GC}\n"),
    ] {
        finds(&log, &[SCHED, GC]);
    }
}

#[test]
fn prefixes_are_kept() {
    let read = Read::of(format!("pod-7 {SCHED}\n").as_bytes());
    assert_eq!(read.records[0].1, "pod-7");
}

/// Lines of other writers may cut one of the runtime's at every place where the
/// runtime's own writes leave a gap.
#[test]
fn cut_lines() {
    let noise = [
        "level=info msg=\"request done\" n=1",
        "2026/11/23 10:00:00 request done",
        "10:00:00 [info] x=1",
        "{\"level\":\"info\"}",
        "level=info worker=0 msg=\"request done\"",
        "done",
    ];
    // The pieces of each line that the runtime prints one by one.
    let pieces: [&[&str]; 3] = [
        &[
            "SCHED ",
            "1002",
            "ms: gomaxprocs=",
            "2",
            " idleprocs=",
            "1",
            " threads=",
            "5",
            " spinningthreads=",
            "0",
            " needspinning=",
            "0",
            " idlethreads=",
            "2",
            " runqueue=",
            "3",
            " ",
            "[",
            "1",
            " ",
            "0",
            "]\n",
        ],
        &[
            "gc ",
            "5",
            " @",
            "0.123",
            "s ",
            "2",
            "%: ",
            "0.15",
            "+",
            "12",
            "+",
            "1.5",
            " ms clock, ",
            "0.30",
            "+",
            "0.16",
            "/",
            "0",
            "/",
            "0",
            "+",
            "3.0",
            " ms cpu, ",
            "3",
            "->",
            "4",
            "->",
            "0",
            " MB, ",
            "4",
            " MB goal, ",
            "0",
            " MB stacks, ",
            "0",
            " MB globals, ",
            "4",
            " P",
            "\n",
        ],
        &["  G", "2", ": status=", "4", "(", "force gc (idle)", ") m=", "nil", " lockedm=", "nil", "\n"],
    ];
    let (mut whole, mut told, mut silent) = (0, 0, 0);
    for (line, pieces) in [SCHED, GC, G].iter().zip(pieces) {
        for cut in 1..pieces.len() {
            for noise in noise {
                for wall in 1..=2 {
                    let (head, tail) = (pieces[..cut].concat(), pieces[cut..].concat());
                    let noise = vec![noise; wall].join("\n");
                    let start = if *line == G { format!("{HEADER}\n") } else { String::new() };
                    let log = format!("{start}{head}{noise}\n{tail}");
                    let (lines, warnings) = read(&log);
                    match lines.last() {
                        Some(last) if last == line => whole += 1,
                        // No line may be read that was not printed.
                        Some(last) if last != HEADER => panic!("{log}\nis read as\n{last}"),
                        _ if warnings.is_empty() => silent += 1,
                        _ => told += 1,
                    }
                }
            }
        }
    }
    assert!(whole >= 95 * (told + silent) / 5, "{whole} read, {told} warnings, {silent} silent");
    assert!(silent <= 20, "{whole} read, {told} warnings, {silent} silent");
}

#[test]
fn lines_cut_by_the_container_runtime() {
    let (head, tail) = SCHED.split_at(70);
    finds(&format!("2026-11-23T10:00:00Z stderr P {head}\n2026-11-23T10:00:00Z stderr F {tail}\n"), &[SCHED]);
    let between = "2026-11-23T10:00:00Z stdout F hello";
    finds(
        &format!("2026-11-23T10:00:00Z stderr P {head}\n{between}\n2026-11-23T10:00:00Z stderr F {tail}\n"),
        &[SCHED],
    );
    finds(&format!("{{\"log\":\"{head}\"}}\n{{\"log\":\"{tail}\\n\"}}\n"), &[SCHED]);
}

#[test]
fn unknown_fields_are_kept() {
    let log = format!("{} newcount=7 newlist=[ 1 2 ]\n", SCHED.replace(" idleprocs", " fresh=a idleprocs"));
    let read = Read::of(log.as_bytes());
    assert_eq!(read.warnings, [""; 0]);
    let Record::Sched(sched) = &read.records[0].2 else { panic!() };
    let unknown: Vec<_> = sched.unknown.iter().map(|field| (&*field.key, &*field.value)).collect();
    assert_eq!(unknown, [("fresh", "a"), ("newcount", "7"), ("newlist", "[ 1 2 ]")]);
    let line = "  P0: status=1 schedtick=7 syscalltick=0 m=0 runqsize=3 gfreecnt=0 timerslen=1 colour=blue";
    let Record::Proc(p) = Record::parse(line.as_bytes()).unwrap() else { panic!() };
    assert_eq!((p.timerslen, &*p.unknown[0].value), (Some(1), "blue"));
}

#[test]
fn what_is_malformed_is_told_by_line() {
    for (log, expected) in [
        ("\nSCHED 10ms: gomaxprocs=x\n", "line 2 (byte 1): cut or malformed: expected a number at column 24"),
        ("SCHED 10ms: gomaxprocs=4\n", "line 1 (byte 0): cut or malformed: expected idleprocs at column 25"),
        ("pod gc 1 @0.1s 2%: 1+2\n", "line 1 (byte 0): cut or malformed: expected + at column 23"),
        (
            "gc 99999999999999999999 @0.1s\n",
            "line 1 (byte 0): cut or malformed: expected a number of at most 64 bits at column 4",
        ),
        (
            "a\n b 2%: 0.1+2+0.3 ms clock, 0.3+0/0/0+1 ms cpu\n",
            "line 2 (byte 2): the beginning of a SCHED or gc line is lost",
        ),
        (
            "SCHED 1ms: gomaxprocs=1 idleprocs=0 threads=1 spinningthreads=0 idlethreads=0 runqueue=0 \
             schedticks=x [ 0 ] schedticks=[ 5 ]\n",
            "line 1 (byte 0): cut or malformed: expected [, and the lengths of queues at column 101",
        ),
        ("scav 5 KiB work, x\n", "line 1 (byte 0): cut or malformed: expected a number at column 18"),
    ] {
        let (lines, warnings) = read(log);
        assert_eq!((lines, warnings), (Vec::new(), vec![expected.to_string()]), "{log}");
    }
}

/// Text about such lines is ignored, and so are similar lines of other programs.
#[test]
fn other_text_is_left_alone() {
    finds(
        "SCHED was late; gc took long, the scavenger's scan: none\n\
         job P1: status=done\nG12: status=200 OK\nM4: p=0.05\nwe set gomaxprocs=4\nRESCHED 10ms: never\n",
        &[],
    );
}

/// Within a block, a line that begins like one of the block's should be one.
#[test]
fn blocks_are_watched() {
    let (lines, warnings) = read(&format!("{HEADER}\n  P0: status=1 schedtick=\n"));
    assert_eq!(lines, [HEADER]);
    assert_eq!(warnings, ["line 2 (byte 163): cut or malformed: expected a number at column 26"]);
}

#[test]
fn very_long_lines_end_somewhere() {
    let long = "x".repeat(3 << 20);
    let (lines, warnings) = read(&format!("{long}\n{SCHED}\n{long}"));
    assert_eq!((lines.as_slice(), warnings.len()), ([SCHED.to_string()].as_slice(), 0));
}

/// Two writers that write all the time leave a line in pieces, another line behind each.
#[test]
fn lines_in_pieces() {
    let pieces = "SCHED |1002|ms: gomaxprocs=|2| idleprocs=|1| threads=|5| spinningthreads=|0| needspinning=|0\
        | idlethreads=|2| runqueue=|3| |";
    for (minor, queues) in [(24, "[|1| |0|]"), (25, "[ |1| |0| ]| schedticks=[ |77| |31| |]")] {
        let pieces: Vec<&str> = pieces.split('|').filter(|piece| !piece.is_empty()).chain(queues.split('|')).collect();
        for noise in ["level=info worker=0 msg=\"request done\" n=1", "2026/11/23 10:00:00 request done"] {
            // The line is cut after each piece, after each second one, and so on.
            for each in 1..4 {
                let pieces: Vec<String> = pieces.chunks(each).map(|pieces| pieces.concat()).collect();
                let log = pieces.join(&format!("{noise}\n")) + "\n";
                let read = Read::of(log.as_bytes());
                assert_eq!((read.lines(go(minor)), read.warnings), (vec![pieces.concat()], vec![]), "{log}");
            }
        }
    }
}
