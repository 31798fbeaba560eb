//! `gotrace schedtrace` shows what `scheddetail` prints.

use super::{ROOT, gotrace, with_input};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Returns one block a second, of a program with a system call on P1 and a locked goroutine.
/// `flags` is the text of each SCHED line behind `runqueue`.
fn blocks(flags: &[&str]) -> String {
    let block = |(i, flags): (usize, &&str)| {
        format!(
            "SCHED {}ms: gomaxprocs=2 idleprocs=0 threads=6 spinningthreads=1 needspinning=0 idlethreads=1 runqueue=0 {flags} sysmonwait=false
  P0: status=1 schedtick={} syscalltick=4 m=0 runqsize=3 gfreecnt=0 timerslen=0
  P1: status=2 schedtick=7 syscalltick={} m=2 runqsize=0 gfreecnt=0 timerslen=0
  M5: p=nil curg=nil mallocing=0 throwing=0 preemptoff= locks=0 dying=0 spinning=true blocked=false lockedg=nil
  M4: p=nil curg=nil mallocing=0 throwing=0 preemptoff= locks=0 dying=0 spinning=false blocked=true lockedg=9
  M3: p=nil curg=nil mallocing=0 throwing=0 preemptoff= locks=0 dying=0 spinning=false blocked=true lockedg=nil
  M2: p=1 curg=3 mallocing=0 throwing=0 preemptoff= locks=0 dying=0 spinning=false blocked=false lockedg=nil
  M1: p=nil curg=nil mallocing=0 throwing=0 preemptoff= locks=1 dying=0 spinning=false blocked=false lockedg=nil
  M0: p=0 curg=2 mallocing=0 throwing=0 preemptoff= locks=0 dying=0 spinning=false blocked=false lockedg=nil
  G1: status=4(chan receive (nil chan)) m=nil lockedm=nil
  G2: status=2() m=0 lockedm=nil
  G3: status=3(IO wait) m=2 lockedm=nil
  G4: status=4(IO wait) m=nil lockedm=nil
  G5: status=4100(IO wait) m=nil lockedm=nil
  G6: status=1(select) m=nil lockedm=nil
  G7: status=6() m=nil lockedm=nil
  G9: status=4(a, \"b\") m=nil lockedm=4
",
            i * 1000,
            100 * i,
            50 * i
        )
    };
    flags.iter().enumerate().map(block).collect()
}

const CALM: &str = "gcwaiting=false nmidlelocked=1 stopwait=0";

/// Returns the cells of a row, which are separated by two spaces.
fn cells(row: &str) -> Vec<&str> {
    row.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()
}

#[test]
fn the_page_says_what_all_are_at() {
    let ran = with_input(&["schedtrace", "-"], blocks(&[CALM; 5]).as_bytes());
    let text = ran.good();
    let rows: Vec<Vec<&str>> = text.lines().map(cells).collect();
    for (count, what) in [
        ("4", "Gs waiting"),
        ("2", "IO wait"),
        ("1", "chan receive (nil chan)"),
        ("1", "Gs running"),
        ("1", "Gs syscall"),
        ("1", "Gs runnable"),
        ("1", "Gs locked to an M"),
        ("1", "Ps running"),
        ("1", "Ps syscall"),
        ("1", "Ms running a G"),
        ("1", "Ms in a system call"),
        ("1", "Ms spinning"),
        ("1", "Ms idle"),
        ("1", "Ms locked, and their G waits"),
        ("1", "Ms other (sysmon)"),
    ] {
        let row = rows.iter().find(|row| row.last() == Some(&what)).unwrap_or_else(|| panic!("{what} in {text}"));
        assert_eq!(row[..3], [count; 3], "{what}");
    }
    assert!(!text.contains("dead") && !text.contains("gcwaiting") && !text.contains("needspinning"), "{text}");
    // P1 is in one system call all the time; P0 is not.
    for row in [["0", "100%", "0%", "100", "0", "-", "3"], ["1", "0%", "100%", "0", "50", "4.00 s", "0"]] {
        assert!(rows.iter().any(|found| found[..] == row), "{row:?} in {text}");
    }
    assert!(text.contains("100 goroutines picked to run (schedtick) a second"), "{text}");
    assert!(text.contains("50 system calls ended (syscalltick) a second"), "{text}");
    assert!(
        text.contains("1 goroutine locked to a thread in the last block:\n  G9 to M4: waiting (a, \"b\")"),
        "{text}"
    );
    let wide = text.lines().find(|line| line.chars().count() > 100);
    assert_eq!(wide, None);
}

/// Fields about stops of the world are shown if they are not 0.
#[test]
fn stops_of_the_world_are_shown() {
    let stopped = "gcwaiting=true nmidlelocked=1 stopwait=2";
    let log = blocks(&[CALM, stopped, stopped, CALM]);
    let ran = with_input(&["schedtrace", "-"], log.as_bytes());
    let text = ran.good();
    let at = text.lines().position(|line| line.trim_start().starts_with("time ")).unwrap();
    let table: Vec<Vec<&str>> = text.lines().skip(at).take(5).map(cells).collect();
    let of = |name: &str| {
        let column = table[0].iter().position(|cell| *cell == name).unwrap_or_else(|| panic!("{name} in {text}"));
        table[1..].iter().map(|row| row[column]).collect::<Vec<_>>()
    };
    assert_eq!(of("gcwaiting"), ["0", "1", "1", "0"]);
    assert_eq!(of("stopwait"), ["0", "2", "2", "0"]);
    let rows = with_input(&["schedtrace", "--follow", "-"], log.as_bytes());
    let rows: Vec<&str> = rows.good().lines().collect();
    assert!(rows[2].ends_with("gcwaiting 1  stopwait 2") && !rows[1].contains("stopwait"), "{rows:?}");
    assert!(
        rows[1].contains("7 goroutines: 4 waiting, 1 running, 1 syscall, 1 runnable, 1 locked to an M"),
        "{rows:?}"
    );
    let needed = log.replace("needspinning=0", "needspinning=1");
    assert!(with_input(&["schedtrace", "-"], needed.as_bytes()).good().contains("needspinning"));
}

#[test]
fn json_and_csv_have_the_same_figures() {
    let log = blocks(&[CALM; 3]);
    let ran = with_input(&["schedtrace", "--json", "-"], log.as_bytes());
    let lines: Vec<Value> = ran.good().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let counts = &lines[2]["detail"]["counts"];
    assert_eq!(counts["waiting"][0], json!({"wait_reason": "IO wait", "count": 2}));
    assert_eq!(counts["goroutines"][0], json!({"status": "waiting", "count": 4}));
    assert_eq!(counts["procs"].as_array().unwrap().len(), 2);
    assert!(counts["threads"].as_array().unwrap().contains(&json!({"activity": "locked", "count": 1})));
    assert_eq!(counts["locked_goroutines"], 1);
    assert_eq!(lines[0]["schedticks_per_second"], Value::Null);
    assert_eq!(
        (&lines[1]["schedticks_per_second"], &lines[1]["syscallticks_per_second"]),
        (&json!(100.0), &json!(50.0))
    );

    let ran = with_input(&["schedtrace", "--csv", "-"], log.as_bytes());
    let mut rows = ran.good().lines();
    let header: Vec<&str> = rows.next().unwrap().split(',').collect();
    let row = rows.nth(1).unwrap();
    // The cell of reasons is in quotes, as one of them has a comma and quotes.
    let (before, rest) = row.split_once(",\"").unwrap();
    let (reasons, after) = rest.rsplit_once("\",").unwrap();
    assert!(reasons.starts_with("IO wait:2;") && reasons.contains("a, \"\"b\"\":1"), "{reasons}");
    let cells: Vec<&str> = before.split(',').chain([reasons]).chain(after.split(',')).collect();
    assert_eq!(cells.len(), header.len(), "{row}");
    for (name, value) in [
        ("schedticks_per_second", "100.0"),
        ("syscallticks_per_second", "50.0"),
        ("goroutines_waiting", "4"),
        ("goroutines_other", "0"),
        ("procs_syscall", "1"),
        ("threads_syscall", "1"),
        ("threads_locked", "1"),
        ("threads_other", "1"),
        ("locked_goroutines", "1"),
    ] {
        let column = header.iter().position(|found| *found == name).unwrap();
        assert_eq!(cells[column], value, "{name}");
    }
}

/// Every log and form has different names of columns, and rows with a cell for each.
#[test]
fn no_two_columns_have_one_name() {
    let unique = |names: &[&str]| names.iter().collect::<BTreeSet<_>>().len() == names.len();
    for version in ["go1.21", "go1.24", "go1.27", "old"] {
        for file in std::fs::read_dir(format!("{ROOT}/testdata/godebug/{version}")).unwrap() {
            let path = file.unwrap().path().display().to_string();
            for args in [&["schedtrace"][..], &["schedtrace", "--rows", "0"], &["gctrace"]] {
                let ran = gotrace(&[args, &[&path]].concat());
                let is_heading = |line: &&str| {
                    let first = line.trim_start();
                    ["time ", "mean ", "P ", "cycle ", "count "].iter().any(|start| first.starts_with(start))
                };
                for heading in ran.text().lines().filter(is_heading) {
                    assert!(unique(&cells(heading)), "{path}: {heading}");
                }
            }
            for command in ["schedtrace", "gctrace"] {
                let ran = gotrace(&[command, "--csv", &path]);
                let mut rows = ran.text().lines();
                let header: Vec<&str> = rows.next().unwrap().split(',').collect();
                assert!(unique(&header), "{header:?}");
                for row in rows {
                    assert_eq!(row.split(',').count(), header.len(), "{path}: {row}");
                }
            }
        }
    }
}
