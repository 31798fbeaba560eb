//! Random lines of each release's format are read back unchanged.

use super::Read;
use gotrace::godebug::{Record, Release};
use proptest::prelude::*;

/// Generates a line of a record's text for a release, filled with random values.
fn any_line(minor: u8) -> impl Strategy<Value = String> {
    (any::<[u32; 12]>(), any::<[bool; 4]>(), prop::collection::vec(any::<u32>(), 1..40), 0..12usize, 0..WAITS.len())
        .prop_map(move |(n, flag, list, kind, wait)| line(minor, &n, flag, &list, kind, WAITS[wait]))
}

const WAITS: [&str; 6] = ["", "select", "force gc (idle)", "chan receive (nil chan)", "IO wait", "GC worker (idle)"];

/// Returns a line by the grammar of each release, restated independently of the library.
fn line(minor: u8, n: &[u32; 12], flag: [bool; 4], list: &[u32], kind: usize, wait: &str) -> String {
    let old = minor < 20;
    let id = |n: u32, some: bool| if some { n.to_string() } else { if old { "-1" } else { "nil" }.to_string() };
    let boolean = |flag: bool| if old { i32::from(flag).to_string() } else { flag.to_string() };
    let joined = |list: &[u32]| list.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
    let header = || {
        let needspinning = if old { String::new() } else { format!(" needspinning={}", n[4] % 2) };
        let (time, procs, idle, threads, spinning) = (n[0], n[1], n[2], n[3], n[4]);
        format!(
            "SCHED {time}ms: gomaxprocs={procs} idleprocs={idle} threads={threads} \
             spinningthreads={spinning}{needspinning} idlethreads={} runqueue={}",
            n[5], n[6]
        )
    };
    let gc = |clock: &str, cpu: &str| {
        let leaks = if minor >= 26 && flag[0] { " (checking for goroutine leaks)" } else { "" };
        let more = if minor >= 18 { format!("{} MB stacks, {} MB globals, ", n[2], n[3]) } else { String::new() };
        let forced = if flag[1] { " (forced)" } else { "" };
        format!(
            "gc {} @{}.{:03}s {}%{leaks}: {clock} ms clock, {cpu} ms cpu, {}->{}->{} MB, {} MB goal, {more}{} P{forced}",
            n[0],
            n[1],
            n[2] % 1000,
            n[3] % 101,
            n[4],
            n[5],
            n[6],
            n[7],
            n[8]
        )
    };
    let ms = |i: usize| millis(n[i]);
    match kind {
        0 | 1 if minor >= 25 => format!("{} [ {} ] schedticks=[ {} ]", header(), joined(list), joined(list)),
        0 | 1 => format!("{} [{}]", header(), joined(list)),
        2 => format!(
            "{} gcwaiting={} nmidlelocked={} stopwait={} sysmonwait={}",
            header(),
            boolean(flag[0]),
            n[7] as i32,
            n[8] as i32,
            boolean(flag[1])
        ),
        3 => {
            let timers = if minor >= 14 { format!(" timerslen={}", n[6]) } else { String::new() };
            format!(
                "  P{}: status={} schedtick={} syscalltick={} m={} runqsize={} gfreecnt={}{timers}",
                n[0],
                n[1] % 6,
                n[2],
                n[3],
                id(n[4], flag[0]),
                n[5],
                n[7] as i32
            )
        }
        4 => {
            let helpgc = if minor < 12 { format!(" helpgc={}", n[5] as i32) } else { String::new() };
            let preemptoff = if flag[3] { "GC worker init" } else { "" };
            format!(
                "  M{}: p={} curg={} mallocing={} throwing={} preemptoff={preemptoff} locks={} dying={}{helpgc} \
                 spinning={} blocked={} lockedg={}",
                n[0],
                id(n[1], flag[0]),
                id(n[2], flag[1]),
                n[3] as i32,
                n[4] as i32,
                n[6] as i32,
                n[7] as i32,
                flag[2],
                flag[3],
                id(n[8], flag[2])
            )
        }
        5 | 6 => {
            let status = n[1] % 12 + if flag[3] { 0x1000 } else { 0 };
            let (m, lockedm) = (id(n[2], flag[0]), id(n[3], flag[1]));
            format!("  G{}: status={status}({wait}) m={m} lockedm={lockedm}", n[0])
        }
        7 | 8 if minor == 5 => gc(
            &format!("{}+{}+{}+{}+{}", ms(0), ms(1), ms(2), ms(3), ms(4)),
            &format!("{}+{}+{}+{}/{}/{}+{}", ms(5), ms(6), ms(7), ms(8), ms(9), ms(10), ms(11)),
        ),
        7 | 8 => {
            gc(&format!("{}+{}+{}", ms(0), ms(1), ms(2)), &format!("{}+{}/{}/{}+{}", ms(3), ms(4), ms(5), ms(6), ms(7)))
        }
        9 if minor >= 14 => {
            let work = match minor {
                21.. => format!("{} KiB work (bg), {} KiB work (eager), {} KiB now", n[0], n[1], n[2]),
                15..=18 => format!("{} {} KiB work, {} KiB total", n[3], n[0], n[2]),
                _ => format!("{} KiB work, {} KiB total", n[0], n[2]),
            };
            let reset = if minor >= 18 && flag[1] { " [controller reset]" } else { "" };
            format!("scav {work}, {}% util{}", n[4] % 101, if flag[0] { " (forced)" } else { reset })
        }
        10 if minor <= 13 => {
            let number = if minor == 13 { String::new() } else { (n[0] as i32).to_string() };
            if flag[0] {
                return format!("scvg{number}: {} {} released", n[1], if minor == 13 && flag[1] { "KB" } else { "MB" });
            }
            let [inuse, idle, sys, released, consumed] = [n[1], n[2], n[3], n[4], n[5]];
            format!(
                "scvg{number}: inuse: {inuse}, idle: {idle}, sys: {sys}, released: {released}, consumed: {consumed} (MB)"
            )
        }
        11 if minor >= 25 => {
            let class = if flag[0] { "total".to_string() } else { format!("class {}B", n[0]) };
            let sum: u64 = n[1..4].iter().map(|n| u64::from(*n)).sum();
            let spans = u64::from(n[4]) + u64::from(n[5]);
            let spans = format!("{}+{}+{}={sum} objs, {}+{}={spans} spans", n[1], n[2], n[3], n[4], n[5]);
            format!("scan: {class} {}", if flag[1] { format!("{} objs", n[1]) } else { spans })
        }
        _ => "GC forced".to_string(),
    }
}

/// Formats microseconds as the runtime prints milliseconds.
fn millis(n: u32) -> String {
    match n % 5 {
        0 => "0".to_string(),
        1 => format!("0.0{}", 10 + n / 5 % 90),
        2 => format!("0.{}", 10 + n / 5 % 90),
        3 => format!("{}.{}", 1 + n / 5 % 9, n / 50 % 10),
        _ => (10 + n / 5).to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lines_round_trip((minor, line) in (5u8..=27).prop_flat_map(|minor| (Just(minor), any_line(minor)))) {
        let record = Record::parse(line.as_bytes());
        prop_assert!(record.is_ok(), "Go 1.{minor}: {line}: {record:?}");
        let shown = record.unwrap().display(Release::go1(minor).unwrap()).to_string();
        prop_assert_eq!(shown, line);
    }

    /// Whatever the bytes, pieces do not matter, and every line is accounted for.
    #[test]
    fn damage_is_told(
        minor in 5u8..=27,
        lines in prop::collection::vec(any_line(24), 1..8),
        cuts in prop::collection::vec(any::<(prop::sample::Index, u8)>(), 0..4),
    ) {
        let _ = minor;
        let mut log = lines.join("\n").into_bytes();
        for (at, byte) in cuts {
            let at = at.index(log.len());
            log[at] = byte;
        }
        let whole = Read::of(&log);
        prop_assert_eq!(&Read::pieces(&log, 5), &whole);
        for record in &whole.records {
            prop_assert!(record.0 as usize <= log.split(|c| *c == b'\n').count());
        }
    }
}
