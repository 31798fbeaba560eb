//! `gotrace run`: the program's output, its end, and the report on it.

use super::{Scratch, gotrace};
use std::process::{Command, Output, Stdio};

/// Lines as Go 1.27 prints them.
const LINES: &str = "\
SCHED 0ms: gomaxprocs=2 idleprocs=1 threads=4 spinningthreads=0 needspinning=0 idlethreads=0 runqueue=0 [ 0 0 ] schedticks=[ 0 0 ]
SCHED 1000ms: gomaxprocs=2 idleprocs=0 threads=9 spinningthreads=0 needspinning=0 idlethreads=5 runqueue=2 [ 3 4 ] schedticks=[ 10 20 ]
SCHED 2000ms: gomaxprocs=2 idleprocs=0 threads=9 spinningthreads=0 needspinning=0 idlethreads=5 runqueue=2 [ 3 4 ] schedticks=[ 30 40 ]
";

/// Runs a shell script, which finds those lines in $LINES.
fn run(options: &[&str], script: &str) -> Output {
    command()
        .args(options)
        .args(["--", "sh", "-c", script])
        .env("GODEBUG", "madvdontneed=1")
        .env("LINES", LINES)
        .output()
        .unwrap()
}

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gotrace"));
    command.arg("run");
    command
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

const PRINT: &str = r#"printf %s "$LINES" >&2"#;

#[test]
fn the_programs_output_goes_where_it_would_have_gone() {
    let ran = run(&[], &format!(r#"echo out; {PRINT}; printf 'no newline: \377' >&2; exit 5"#));
    assert_eq!(text(&ran.stdout), "out\n");
    let passed = [LINES.as_bytes(), b"no newline: \xff"].concat();
    assert!(ran.stderr.starts_with(&passed), "{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(ran.status.code(), Some(5));
    let report = text(&ran.stderr[passed.len()..]);
    for part in [
        "\nsh: exit status 5 after ",
        "sh  3 SCHED lines in 2.00 s, GOMAXPROCS 2",
        "\nthreads    ",
        "sh  GODEBUG log, 3 SCHED lines, 2.00 s",
    ] {
        assert!(report.contains(part), "{part:?} in {report}");
    }
}

#[test]
fn godebug_gets_what_is_asked_for() {
    for (options, expected) in [
        (&[][..], "madvdontneed=1,schedtrace=1000"),
        (&["--schedtrace", "50", "--scheddetail", "--gctrace"], "madvdontneed=1,schedtrace=50,scheddetail=1,gctrace=1"),
        (&["--schedtrace", "0", "--gctrace"], "madvdontneed=1,gctrace=1"),
    ] {
        assert_eq!(text(&run(options, "printf %s $GODEBUG").stdout), expected);
    }
    for (options, why) in [
        (&["--schedtrace", "0"][..], "leaves nothing to watch"),
        (&["--schedtrace", "0", "--scheddetail"], "asks for none"),
        (&["--json"], "use -o FILE"),
        (&["--threshold", "nonsense=1"], "there is no such threshold"),
    ] {
        let ran = run(options, "echo ran");
        assert_eq!((ran.status.code(), text(&ran.stdout)), (Some(2), ""), "{options:?}");
        assert!(text(&ran.stderr).contains(why), "{options:?}");
    }
}

#[test]
fn it_ends_as_the_program_does() {
    let storm = ["--fail-on", "info", "--threshold", "samples=1"];
    for (options, script, status) in [
        (&[][..], "exit 0", 0),
        (&[], "exit 3", 3),
        (&[], "kill -9 $$", 137),
        (&storm, PRINT, 3),
        (&storm, &format!("{PRINT}; exit 4"), 4),
    ] {
        assert_eq!(run(options, script).status.code(), Some(status), "{options:?} {script}");
    }
    let missing = command().args(["./no-such-program"]).output().unwrap();
    assert_eq!(missing.status.code(), Some(127));
    assert!(text(&missing.stderr).contains("./no-such-program: "), "{missing:?}");
    let directory = command().args(["/"]).output().unwrap();
    assert_eq!(directory.status.code(), Some(126), "{directory:?}");
}

#[test]
fn a_program_of_another_kind_is_told_of() {
    let ran = run(&[], "echo error >&2");
    assert!(ran.status.success());
    assert!(text(&ran.stderr).contains("it printed no SCHED or gc line; is it a Go program?"), "{ran:?}");
}

#[test]
fn the_report_and_the_log_can_be_kept() {
    let scratch = Scratch::new("run-kept");
    let (log, report) = (scratch.path("stderr.log"), scratch.path("report.json"));
    let ran = run(&["--json", "-o", &report, "--log", &log], &format!("{PRINT}; exit 7"));
    assert_eq!((ran.status.code(), text(&ran.stderr)), (Some(7), LINES));
    assert_eq!(std::fs::read_to_string(&log).unwrap(), LINES);
    let found: serde_json::Value = serde_json::from_slice(&std::fs::read(&report).unwrap()).unwrap();
    let fields: Vec<_> = found.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = ["code", "command", "diagnoses", "elapsed", "godebug", "malformed_lines", "sched_lines", "signal"];
    assert_eq!(fields, expected);
    assert_eq!((&found["code"], &found["sched_lines"]), (&7.into(), &3.into()));
    assert_eq!(found["diagnoses"][0]["kind"], "log");
    // What was kept reads as the program did.
    assert!(gotrace(&["schedtrace", &log]).good().contains("3 SCHED lines in 2.00 s"));
}

#[test]
fn strict_reading_leaves_the_program_alone() {
    let ran = run(&["--strict"], "echo SCHED 1ms: gomaxprocs=x >&2; sleep 0.2; echo more >&2; echo done");
    assert_eq!((ran.status.code(), text(&ran.stdout)), (Some(1), "done\n"));
    assert!(text(&ran.stderr).contains("more\nerror: sh: line 1"), "{ran:?}");
}

/// What would end gotrace ends the program; the report comes all the same.
#[cfg(unix)]
#[test]
fn signals_are_for_the_program() {
    use std::io::Read;
    for (name, status) in [("TERM", 40), ("INT", 41)] {
        let script =
            format!("trap 'exit 40' TERM; trap 'exit 41' INT; {PRINT}; echo ready; while :; do sleep 0.05; done");
        let mut child = command()
            .args(["sh", "-c", &script])
            .env("LINES", LINES)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready = [0; 6];
        child.stdout.as_mut().unwrap().read_exact(&mut ready).unwrap();
        assert!(Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap().success());
        let ended = child.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(status), "{name}");
        assert!(text(&ended.stderr).contains(&format!("sh: exit status {status} after ")), "{name}");
    }
}
