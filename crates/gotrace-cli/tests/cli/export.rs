//! `gotrace export` and `gotrace sql`: files whole or not at all, whatever comes in.

use super::{ROOT, Scratch, gotrace, trace, with_input};
use std::fs;
use std::path::{Path, PathBuf};

/// Returns the files below a folder, in order.
fn files(folder: impl AsRef<Path>) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() { found.extend(files(entry)) } else { found.push(entry) }
    }
    found.sort();
    found
}

/// Checks that files are whole, each in a folder of its table and its trace.
fn are_tables(found: &[PathBuf], of: &str) {
    for file in found {
        let bytes = fs::read(file).unwrap();
        assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"), "{}", file.display());
        let [name, trace, table] =
            [0, 1, 2].map(|up| file.ancestors().nth(up).unwrap().file_name().unwrap().to_str().unwrap());
        assert!(name == "part.parquet" && trace.starts_with("trace_id="), "{}", file.display());
        assert!(of.split(' ').any(|known| known == table), "{}", file.display());
    }
}

#[test]
fn a_trace_becomes_a_file_for_each_table() {
    let scratch = Scratch::new("export-tables");
    let (out, trace) = (scratch.path("new/tables"), trace("go1.27/annotations"));
    let all = "trace states goroutines proc_states thread_states wakeups stacks frames ranges tasks regions logs metrics samples";
    for _ in 0..2 {
        let ran = gotrace(&["export", "parquet", &trace, "-o", &out]);
        assert!(ran.good().contains("14 tables of 1 trace, "), "{}", ran.text());
        let found = files(&out);
        assert_eq!(found.len(), 14, "the same files when it is exported again");
        are_tables(&found, all);
    }
    gotrace(&["export", "parquet", &trace, "-o", &out, "--tables", "events,states", "--from", "1ms"]).good();
    are_tables(&files(&out), &format!("{all} events"));
    assert_eq!(files(&out).len(), 15, "what is not asked for stays");
}

#[test]
fn a_bad_trace_does_not_stop_the_others() {
    let scratch = Scratch::new("export-bad");
    let out = scratch.path("tables");
    let (good, other, bad) = (trace("go1.27/hello"), trace("go1.21/hello"), scratch.file("bad.trace", b"no trace"));
    for threads in ["1", "3"] {
        let args = ["export", "parquet", &bad, &good, "/nowhere/x.trace", &other, &good, "-o", &out];
        let ran = gotrace(&[&args[..], &["--tables", "states,trace", "--threads", threads]].concat());
        assert_eq!(ran.code, Some(1));
        for told in ["bad.trace: ", "/nowhere/x.trace: ", "is the same trace as "] {
            assert!(ran.stderr.contains(told), "{told}: {}", ran.stderr);
        }
        assert!(ran.text().contains("4 tables of 2 traces"), "{}", ran.text());
        assert_eq!(files(&out).len(), 4);
    }
    let ran = gotrace(&["export", "parquet", &bad, "-o", &scratch.path("none")]);
    assert_eq!((ran.code, files(scratch.path("none")).len()), (Some(1), 0));
    assert_eq!(fs::read_dir(scratch.path("none")).unwrap().count(), 0, "no folder stays without a file");
}

/// Logs stand among traces, and are known by what they hold.
#[test]
fn a_log_becomes_two_tables() {
    let scratch = Scratch::new("export-log");
    let out = scratch.path("tables");
    let log = |name: &str| format!("{ROOT}/testdata/godebug/go1.27/{name}.log");
    let (detail, summary, hello) = (log("detail"), log("summary"), trace("go1.27/hello"));
    let ran = gotrace(&["export", "parquet", &detail, &hello, &summary, &summary, "-o", &out]);
    assert!(ran.bad(1).contains("is the same log as ") && ran.text().contains("20 tables of 3 traces"), "{ran:?}");
    let found = files(&out);
    assert_eq!(found.iter().filter(|file| file.display().to_string().contains("/sched/")).count(), 2, "{found:?}");
    // One whose lines come late, after much else, is one if it is asked for.
    let late = ["nothing of the runtime's\n".repeat(5000).into_bytes(), fs::read(&summary).unwrap()].concat();
    let late = scratch.file("late.log", &late);
    gotrace(&["export", "parquet", &late, "-o", &out]).bad(1);
    let ran = gotrace(&["export", "parquet", &late, "-o", &scratch.path("late"), "--tables", "sched,gc"]);
    assert!(ran.good().contains("2 tables of 1 trace, "), "{}", ran.text());
    // A stream is a stream, compressed or not.
    let from_file = gotrace(&["export", "arrow", &summary, "--table", "sched"]);
    let piped = with_input(&["export", "arrow", "-", "--table", "sched"], &fs::read(&summary).unwrap());
    assert!(from_file.code == Some(0) && from_file.stdout.starts_with(&[0xff; 4]), "{}", from_file.stderr);
    assert!(piped.code == Some(0) && piped.stdout.starts_with(&[0xff; 4]), "{}", piped.stderr);
    for (args, told) in [
        (&["export", "arrow", &summary][..], "is a log, which has the tables trace, sched and gc"),
        (&["export", "arrow", &hello, "--table", "gc"], "is a trace, which has no tables sched and gc"),
        (&["export", "arrow", &summary, "--table", "sched", "--from", "1s"], "only of traces a part can be selected"),
        (&["export", "parquet", &summary, "--tables", "states", "-o", &out], "is a log, which has the tables"),
        (
            &["export", "parquet", &hello, "--tables", "sched", "-o", &out],
            "is a trace, which has no tables sched and gc",
        ),
    ] {
        assert!(gotrace(args).bad(1).contains(told), "{args:?}: {}", gotrace(args).stderr);
    }
}

#[test]
fn a_cut_trace_is_exported_as_far_as_it_goes() {
    let scratch = Scratch::new("export-cut");
    let whole = fs::read(trace("go1.27/mixed")).unwrap();
    let cut = scratch.file("cut.trace", &whole[..whole.len() / 2]);
    let ran = gotrace(&["export", "parquet", &cut, "-o", &scratch.path("tables")]);
    assert_eq!((ran.code, files(scratch.path("tables")).len()), (Some(1), 14), "{}", ran.stderr);
    assert!(ran.stderr.contains("warning"), "{}", ran.stderr);
    let ran = gotrace(&["export", "parquet", &cut, "-o", &scratch.path("strict"), "--strict"]);
    assert_eq!((ran.code, files(scratch.path("strict")).len()), (Some(1), 0), "{}", ran.stderr);
}

#[test]
fn wrong_command_lines_are_told() {
    let scratch = Scratch::new("export-usage");
    let (trace, file, out) = (trace("go1.27/hello"), scratch.file("file", b"x"), scratch.path("out"));
    let cases: &[(&[&str], i32, &str)] = &[
        (&["export", "parquet", &trace], 2, "expected a folder for the tables: -o DIR"),
        (
            &["export", "parquet", &trace, "-o", &out, "--tables", "stats"],
            2,
            "there is no table stats; there are trace, states",
        ),
        (&["export", "parquet", &trace, "-o", &file], 1, "cannot be a folder"),
        (&["export", "parquet", &trace, "-o", &out, "--from", "2s", "--to", "1s"], 2, "--to is not after --from"),
        (&["export", "arrow", &trace, "--table", "stats"], 2, "there is no table stats"),
        (
            &["export", "arrow", &trace, "--columns", "gorutine"],
            2,
            "table states has no column gorutine; it has trace_id",
        ),
        (&["export", "arrow", &trace, "--task", "nothing"], 1, "there is no task of type"),
        (&["sql", &trace], 2, "expected traces, and a query behind them"),
        (&["sql", &trace, &trace], 2, "expected a query behind the traces, found the file"),
    ];
    for (args, code, told) in cases {
        let ran = gotrace(args);
        assert_eq!(ran.code, Some(*code), "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(told), "{args:?}: {}", ran.stderr);
    }
    assert!(!Path::new(&out).exists() || files(&out).is_empty());
}

#[test]
fn a_stream_goes_to_standard_output() {
    let trace = trace("go1.27/mixed");
    let [whole, some, none] = [&[][..], &["--columns", "goroutine,duration"], &["--table", "tasks"]].map(|options| {
        let ran = gotrace(&[&["export", "arrow", &trace], options].concat());
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
        assert!(ran.stdout.starts_with(&[0xff; 4]) && ran.stdout.ends_with(&[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]));
        ran.stdout.len()
    });
    assert!(whole > some && some > none, "{whole} {some} {none}");
}

#[cfg(target_os = "linux")]
mod linux {
    use super::super::command;
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::process::{Command, Stdio};

    #[test]
    fn a_full_disk_leaves_no_part_of_a_file() {
        let scratch = Scratch::new("export-full");
        let (trace, out) = (trace("go1.22/blockedms"), scratch.path("tables"));
        gotrace(&["export", "parquet", &trace, "-o", &out, "--tables", "states,trace"]).good();
        let before: Vec<_> = files(&out).into_iter().map(|file| fs::read(file).unwrap()).collect();
        // A limit on the size of files stands for a full disk.
        let run = format!(
            "trap '' XFSZ; ulimit -f 8; exec \"$0\" export parquet {trace} -o {out} --tables states,wakeups,trace"
        );
        let ran = Command::new("sh").args(["-c", &run, env!("CARGO_BIN_EXE_gotrace")]).output().unwrap();
        let told = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!(ran.status.code() == Some(1) && told.contains("File too large"), "{told}");
        let after: Vec<_> = files(&out).into_iter().map(|file| fs::read(file).unwrap()).collect();
        assert!(before == after, "the old files stay");
        let ran = gotrace(&["export", "arrow", &trace, "-o", "/dev/full"]);
        assert!(ran.code == Some(1) && ran.stderr.contains("No space left"), "{}", ran.stderr);
    }

    #[test]
    fn a_signal_leaves_no_part_of_a_file() {
        let (mut ended, mut done) = (0, 0);
        for round in 0..8u64 {
            let scratch = Scratch::new(&format!("export-signal-{round}"));
            let out = scratch.path("tables");
            let args = ["export", "parquet", &trace("go1.22/blockedms"), &trace("go1.27/mixed"), "-o", &out];
            let mut child = command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            std::thread::sleep(std::time::Duration::from_millis(1 << round));
            Command::new("kill").args(["-s", "INT", &child.id().to_string()]).stderr(Stdio::null()).status().unwrap();
            if child.wait().unwrap().success() {
                done += 1
            } else {
                ended += 1
            }
            if Path::new(&out).exists() {
                for file in files(&out) {
                    let bytes = fs::read(&file).unwrap();
                    assert!(bytes.ends_with(b"PAR1"), "{}", file.display());
                }
            }
        }
        assert!(ended > 0, "{done} ended before the signal came");
    }

    /// A stand-in for DuckDB says what it was asked and which files there were.
    #[test]
    fn a_question_goes_to_duckdb() {
        let scratch = Scratch::new("export-sql");
        let script = "#!/bin/sh\n\
                      echo \"$2 $4\"\n\
                      ls $(echo \"$4\" | sed -n \"s/.*read_parquet('\\([^']*\\)'.*/\\1/p\")\n\
                      exit 7\n";
        let engine = scratch.file("duckdb", script.as_bytes());
        fs::set_permissions(&engine, fs::Permissions::from_mode(0o755)).unwrap();
        let path = format!("{}:{}", Path::new(&engine).parent().unwrap().display(), std::env::var("PATH").unwrap());
        let (hello, mixed) = (trace("go1.27/hello"), trace("go1.27/mixed"));
        let args = ["sql", &hello, &mixed, "--form", "csv", "select count(*) from states"];
        let answer = command(&args).env("PATH", path).output().unwrap();
        let text = String::from_utf8_lossy(&answer.stdout).into_owned();
        let failed = String::from_utf8_lossy(&answer.stderr).into_owned();
        assert_eq!(answer.status.code(), Some(7), "the status of DuckDB: {text}{failed}");
        assert!(text.starts_with("-csv CREATE VIEW states AS FROM read_parquet('"), "{text}{failed}");
        assert!(text.contains("select count(*) from states"), "{text}");
        let files: Vec<&str> = text.lines().filter(|line| line.ends_with("/part.parquet")).collect();
        assert_eq!(files.len(), 2, "{text}{failed}");
        assert!(files.iter().all(|file| !Path::new(file).exists()), "the files are gone");

        let ran = command(&args).env("PATH", "/nowhere").output().unwrap();
        let told = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert_eq!(ran.status.code(), Some(1));
        for part in ["`pip install duckdb-cli`", "gotrace export parquet ", "-o tables --tables states"] {
            assert!(told.contains(part), "{told}");
        }
    }
}
