//! `gotrace run`: the program's output, its end, its signals, and the report.

use super::{Scratch, gotrace};
use std::process::{Command, Output};

/// Lines that Go 1.27 prints.
const LINES: &str = "\
SCHED 0ms: gomaxprocs=2 idleprocs=1 threads=4 spinningthreads=0 needspinning=0 idlethreads=0 runqueue=0 [ 0 0 ] schedticks=[ 0 0 ]
SCHED 1000ms: gomaxprocs=2 idleprocs=0 threads=9 spinningthreads=0 needspinning=0 idlethreads=5 runqueue=2 [ 3 4 ] schedticks=[ 10 20 ]
SCHED 2000ms: gomaxprocs=2 idleprocs=0 threads=9 spinningthreads=0 needspinning=0 idlethreads=5 runqueue=2 [ 3 4 ] schedticks=[ 30 40 ]
";

/// Runs a shell script with [`LINES`] in `$LINES`.
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
    super::command(&["run"])
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
        (&["--schedtrace", "0", "--scheddetail"], "turns them off"),
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
    // The log that was kept is read as the program's own output was.
    assert!(gotrace(&["schedtrace", &log]).good().contains("3 SCHED lines in 2.00 s"));
}

#[test]
fn strict_reading_leaves_the_program_alone() {
    let ran = run(&["--strict"], "echo SCHED 1ms: gomaxprocs=x >&2; sleep 0.2; echo more >&2; echo done");
    assert_eq!((ran.status.code(), text(&ran.stdout)), (Some(1), "done\n"));
    assert!(text(&ran.stderr).contains("more\nerror: sh: line 1"), "{ran:?}");
}

/// The report does not wait for processes that the program leaves running, which may hold
/// its standard error for ever, or fill it.
#[cfg(unix)]
#[test]
fn the_report_does_not_wait_for_what_is_left_behind() {
    for left in ["sleep 1000", "yes", "while :; do echo; sleep 0.01; done"] {
        let script = format!("echo $$; {PRINT}; ({left}) >&2 & echo $! >&3; exit 3");
        let scratch = Scratch::new("run-left");
        let log = scratch.path("stderr.log");
        let ran = run(&["--log", &log], &format!("exec 3>{}; {script}", scratch.path("pid")));
        let pid = std::fs::read_to_string(scratch.path("pid")).unwrap();
        let _ = Command::new("kill").arg(pid.trim()).status();
        assert_eq!(ran.status.code(), Some(3), "{left}");
        let tail = String::from_utf8_lossy(&ran.stderr);
        for part in ["sh: exit status 3 after ", "3 SCHED lines", "still hold its standard error"] {
            assert!(tail.contains(part), "{left}: {part:?}");
        }
        assert!(std::fs::read_to_string(&log).unwrap().starts_with(LINES), "{left}");
    }
}

#[test]
fn nothing_is_kept_of_a_program_that_cannot_be_run() {
    let scratch = Scratch::new("run-refused");
    let (log, report) = (scratch.path("stderr.log"), scratch.path("report"));
    let ran = command().args(["--log", &log, "-o", &report, "--", "./no-such-program"]).output().unwrap();
    assert_eq!((ran.status.code(), text(&ran.stderr).lines().count()), (Some(127), 1), "{ran:?}");
    assert!(!std::path::Path::new(&log).exists() && !std::path::Path::new(&report).exists());
}

/// Signals that would end gotrace go to the program; the report is printed all the same.
#[cfg(unix)]
mod signals {
    use super::*;
    use std::io::{BufRead, BufReader};
    use std::process::{Child, Stdio};

    /// A shell script that prints its process ID, and then the signals that it gets, until TERM.
    const LISTENER: &str = "for s in INT QUIT HUP USR1 USR2; do trap \"echo $s\" $s; done; trap 'exit 40' TERM; \
                            echo $$; while :; do sleep 0.05; done";

    /// Starts a command, and reads the first line that it prints.
    fn begun(command: &mut Command) -> (Child, BufReader<std::process::ChildStdout>, String) {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let line = next(&mut out);
        (child, out, line)
    }

    fn next(out: &mut impl BufRead) -> String {
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    fn kill(name: &str, pid: &str) {
        assert!(Command::new("kill").args(["-s", name, pid]).status().unwrap().success());
    }

    #[test]
    fn all_are_for_the_program() {
        let (child, mut out, _) = begun(command().args(["sh", "-c", LISTENER]));
        for name in ["INT", "HUP", "USR1", "USR2", "QUIT"] {
            kill(name, &child.id().to_string());
            assert_eq!(next(&mut out), name);
        }
        kill("TERM", &child.id().to_string());
        let ended = child.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(40));
        assert!(text(&ended.stderr).contains("sh: exit status 40 after "), "{ended:?}");
    }

    /// Each signal comes once: a terminal sends Ctrl-C to the program too, `kill` to gotrace
    /// alone.
    #[cfg(target_os = "linux")]
    #[test]
    fn each_comes_once() {
        use std::io::{Read, Write};
        let gotrace = crate::hearing().join(" ");
        let scratch = Scratch::new("run-terminal");
        std::fs::write(scratch.path("listener"), LISTENER).unwrap();
        // The shell's process ID becomes that of gotrace, which replaces it (`exec`).
        let typed = format!("echo $$; exec {gotrace} run sh {}", scratch.path("listener"));
        let mut script = Command::new("script");
        let (mut child, mut out, pid) = begun(script.args(["-qec", &typed, "/dev/null"]));
        next(&mut out);
        for _ in 0..3 {
            kill("INT", &pid);
            assert_eq!(next(&mut out), "INT", "as sent");
            child.stdin.as_mut().unwrap().write_all(b"\x03").unwrap();
            // The terminal shows the key before the program prints the signal.
            assert_eq!(next(&mut out).trim_start_matches("^C"), "INT");
            // The system may merge two equal signals, so another signal shows that INT came once.
            kill("USR1", &pid);
            assert_eq!(next(&mut out), "USR1", "and nothing twice");
        }
        kill("TERM", &pid);
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        assert!(rest.contains("sh: exit status 40 after "), "{rest}");
        assert_eq!(child.wait().unwrap().code(), Some(40));
    }

    /// Killing gotrace kills the program, which shows by the end of its standard output.
    #[cfg(target_os = "linux")]
    #[test]
    fn who_kills_gotrace_kills_the_program() {
        use std::io::Read;
        for name in ["KILL", "ABRT"] {
            let (mut child, mut out, _) = begun(command().args(["sh", "-c", "trap '' ABRT; echo $$; exec sleep 1000"]));
            kill(name, &child.id().to_string());
            out.read_to_end(&mut Vec::new()).unwrap();
            assert_eq!(child.wait().unwrap().code(), None);
        }
    }

    /// Signals that are set to be ignored, as by `nohup`, stay ignored.
    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_ignored_stays_so() {
        let script = format!("trap '' HUP; exec {} run grep SigIgn /proc/self/status", env!("CARGO_BIN_EXE_gotrace"));
        let (mut child, _, line) = begun(Command::new("sh").args(["-c", &script]));
        let mask = u64::from_str_radix(line.strip_prefix("SigIgn:").unwrap().trim(), 16).unwrap();
        assert_eq!(mask & 1, 1, "{line}");
        assert!(child.wait().unwrap().success());
    }
}
