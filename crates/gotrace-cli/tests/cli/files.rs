//! A file that is written is the old one or the new one, whatever happens meanwhile, and
//! nothing is left beside it.
#![cfg(target_os = "linux")]

use super::{Scratch, command, gotrace, trace};
use std::fs;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// Returns the commands that write files, each with its arguments before `-o FILE`.
fn writers() -> Vec<Vec<String>> {
    let big = trace("go1.22/blockedms");
    [
        &["dump", &big][..],
        &["events", "--json", &big],
        &["pprof", "sched", &big],
        &["convert", &big, "--output-form", "text"],
        &["summary", "--json", &big],
    ]
    .iter()
    .map(|args| args.iter().map(|arg| arg.to_string()).collect())
    .collect()
}

#[test]
fn a_writer_that_is_killed_leaves_the_old_file_or_the_new_one() {
    let signals = ["KILL", "TERM", "INT", "HUP"];
    for (nth, writer) in writers().iter().enumerate() {
        let scratch = Scratch::new(&format!("files-killed-{nth}"));
        let out = scratch.path("out");
        let args: Vec<&str> = writer.iter().map(String::as_str).chain(["-o", &out]).collect();
        let started = std::time::Instant::now();
        gotrace(&args).good();
        let (new, took) = (fs::read(&out).unwrap(), started.elapsed());
        let mut killed = 0;
        for round in 0..20u32 {
            fs::write(&out, b"old").unwrap();
            let mut child = command(&args).stderr(Stdio::null()).spawn().unwrap();
            // The signal comes at a moment between the start and the expected end.
            std::thread::sleep(took * round / 18);
            let signal = signals[round as usize % signals.len()];
            let _ = Command::new("kill").args(["-s", signal, &child.id().to_string()]).stderr(Stdio::null()).status();
            killed += u32::from(!child.wait().unwrap().success());
            let found = fs::read(&out).unwrap();
            assert!(found == b"old" || found == new, "{args:?}: {} bytes after {signal}", found.len());
            let mut names = scratch.names();
            // A file with a hidden name is whole, and stays if SIGKILL comes just then.
            if signal == "KILL"
                && let Some(hidden) = names.extract_if(.., |name| name.starts_with(".gotrace-")).next()
            {
                assert_eq!(fs::read(scratch.path(&hidden)).unwrap(), new, "{args:?}: {hidden}");
                fs::remove_file(scratch.path(&hidden)).unwrap();
            }
            assert_eq!(names, ["out"], "{args:?} after {signal}");
        }
        assert!(killed > 0, "{args:?} was never killed in time");
    }
}

#[test]
fn writers_of_one_file_do_not_mix() {
    let scratch = Scratch::new("files-together");
    let out = scratch.path("out");
    let traces = ["go1.22/blockedms", "go1.25/gc-gens"].map(trace);
    let contents = traces.each_ref().map(|path| gotrace(&["dump", path]).stdout);
    let running: Vec<_> = (0..8).map(|n| command(&["dump", &traces[n % 2], "-o", &out]).spawn().unwrap()).collect();
    for mut child in running {
        assert!(child.wait().unwrap().success());
        assert!(contents.contains(&fs::read(&out).unwrap()));
    }
    assert_eq!(scratch.names(), ["out"]);
}

/// Data that do not fit leave the old file alone; a limit on the size of files stands for a
/// full disk.
#[test]
fn what_does_not_fit_leaves_the_old_file() {
    let scratch = Scratch::new("files-full");
    let out = scratch.file("out", b"old");
    let ran = shell(&format!("trap '' XFSZ; ulimit -f 8; exec \"$@\" -o {out}"), &writers()[0]);
    assert_eq!(ran.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&ran.stderr).contains(&format!("{out}: File too large")), "{ran:?}");
    assert_eq!((fs::read(&out).unwrap(), scratch.names().len()), (b"old".to_vec(), 1));
}

/// Full disks and read-only folders leave the old file alone, if the test may make some.
#[test]
fn full_disks_and_read_only_folders() {
    let scratch = Scratch::new("files-mounted");
    let disk = scratch.path("disk");
    fs::create_dir(&disk).unwrap();
    let script = format!(
        "mount -t tmpfs -o size=64k none {disk} && echo old >{disk}/out || exit 77
         \"$@\" -o {disk}/out; echo $? $(cat {disk}/out) $(ls -A {disk} | wc -l)
         mount -o remount,ro none {disk} || exit 77
         \"$@\" -o {disk}/out; echo $? $(cat {disk}/out) $(ls -A {disk} | wc -l)"
    );
    let Some(ran) = unshared(&["--mount"], &script, &writers()[0]) else { return };
    let (out, errors) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert_eq!(out, "1 old 1\n1 old 1\n", "{errors}");
    assert!(errors.contains("No space left") && errors.contains("Read-only file system"), "{errors}");
}

/// As process 1 of a container, gotrace writes files, and signals end it.
#[test]
fn process_1_writes_and_can_be_ended() {
    let scratch = Scratch::new("files-init");
    let out = scratch.path("out");
    let Some(ran) = unshared(&["--pid", "--fork"], &format!("exec \"$@\" -o {out}"), &writers()[0]) else { return };
    assert!(ran.status.success(), "{ran:?}");
    assert!(!fs::read(&out).unwrap().is_empty());

    // gotrace keeps the log of a program that goes on.
    let args = ["--user", "--map-root-user", "--pid", "--fork", "--kill-child", env!("CARGO_BIN_EXE_gotrace"), "run"];
    let log = scratch.path("log");
    let mut child = Command::new("unshare")
        .args(args)
        .args(["--log", &log, "--", "sh", "-c", "echo begun >&2; exec sleep 60"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", child.id())).unwrap();
    let gotrace = children.trim();
    assert!(Command::new("kill").args(["-s", "TERM", gotrace]).status().unwrap().success());
    assert!(child.wait().unwrap().code().is_some_and(|code| code != 0));
    assert_eq!(fs::read_to_string(&log).unwrap(), "begun\n");
    assert_eq!(scratch.names().len(), 2, "{:?}", scratch.names());
}

/// Runs a shell script with gotrace and its arguments as `"$@"`.
fn shell(script: &str, args: &[String]) -> Output {
    Command::new("sh").args(["-c", script, "sh", env!("CARGO_BIN_EXE_gotrace")]).args(args).output().unwrap()
}

/// Runs a shell script in namespaces of its own; returns none if the test may not make them.
fn unshared(kinds: &[&str], script: &str, args: &[String]) -> Option<Output> {
    let run = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user"]).args(kinds).args(["sh", "-c", script, "sh"]);
        command.arg(env!("CARGO_BIN_EXE_gotrace")).args(args).output()
    };
    let allowed = run("true").is_ok_and(|ran| ran.status.success());
    let ran = allowed.then(|| run(script).unwrap()).filter(|ran| ran.status.code() != Some(77));
    if ran.is_none() {
        println!("skipped: no namespaces, or no mounts in them, are to be had here");
    }
    ran
}
