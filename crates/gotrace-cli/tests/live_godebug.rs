//! Logs that real Go programs of each version print with GODEBUG, recorded by the test, are
//! read whole, and show what the programs did.
//!
//! It installs toolchains, so it needs the feature `live`:
//! `cargo test --release -p gotrace-cli --features live --test live_godebug`.
#![cfg(all(feature = "live", unix))]

use gotrace::godebug::{Collections, Entry, GoroutineState, History, Item, Moment, Scanner, Series};
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const VERSIONS: [&str; 7] = ["1.21.13", "1.22.10", "1.23.9", "1.24.11", "1.25.5", "1.26.6", "1.27.3"];

/// The directory with all recorded logs, which is removed when this is dropped.
struct Recorded(PathBuf);

impl Recorded {
    fn new() -> Recorded {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("live-godebug");
        let _ = std::fs::remove_dir_all(&path);
        let status = Command::new(format!("{ROOT}/testdata/godebug/record.sh"))
            .args(["--versions", &VERSIONS.join(" "), "--out"])
            .arg(&path)
            .status();
        assert!(status.unwrap().success());
        Recorded(path)
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn read(log: &[u8]) -> (Vec<Entry>, Vec<String>) {
    let (mut history, mut entries, mut warnings) = (History::default(), Vec::new(), Vec::new());
    let mut scanner = Scanner::default();
    let mut each = |item: Item<'_>| {
        match item {
            Item::Found(found) => {
                history.push(found);
                entries.extend(std::iter::from_fn(|| history.pop()));
            }
            Item::Warning(warning) => warnings.push(warning.to_string()),
        }
        Ok::<(), std::convert::Infallible>(())
    };
    scanner.feed(log, &mut each).unwrap();
    scanner.finish(&mut each).unwrap();
    history.finish();
    entries.extend(std::iter::from_fn(|| history.pop()));
    (entries, warnings)
}

#[test]
fn fresh_logs_are_read() {
    let recorded = Recorded::new();
    let (mut forced, mut queued) = (0, 0);
    for version in VERSIONS {
        let minor = version.split('.').nth(1).unwrap();
        for (name, procs) in
            [("summary", 4), ("procs16", 16), ("idle", 2), ("detail", 4), ("gc", 4), ("noisy", 4), ("fatal", 2)]
        {
            let path = recorded.0.join(format!("go1.{minor}/{name}.log"));
            let mut log = std::fs::read(&path).unwrap();
            // The program may end while the runtime prints a line.
            log.truncate(log.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1));
            let (entries, warnings) = read(&log);
            assert_eq!(warnings, [""; 0], "Go {version}, {name}");
            let seen = check(&format!("Go {version}, {name}"), name, procs, &entries);
            (forced, queued) = (forced + seen.forced, queued + seen.queued);
            // Every line of the runtime became an entry.
            let text = String::from_utf8(log).unwrap();
            let found = |of: fn(&Moment) -> bool| entries.iter().filter(|entry| of(&entry.moment)).count();
            let scheds = text.matches("SCHED ").count();
            assert_eq!(found(|moment| matches!(moment, Moment::Sched(_))), scheds, "Go {version}, {name}");
            println!("Go {version}, {name}: {} entries, {scheds} of them SCHED", entries.len());
        }
    }
    // Each program forces two cycles, but another goroutine may have begun one of them. A
    // single log may show no queue, as it has few lines.
    assert!(forced >= 3 && queued > 10, "{forced}, {queued}");
}

/// Figures of a log that not every log has.
struct Seen {
    /// The number of cycles that the program asked for.
    forced: u64,
    /// The most goroutines in a queue, or in the queues of all Ps together.
    queued: u64,
}

fn check(what: &str, name: &str, procs: u32, entries: &[Entry]) -> Seen {
    let (mut series, mut collections) = (Series::default(), Collections::default());
    for entry in entries {
        assert_eq!(entry.run, 0, "{what}");
        assert!(entry.time.as_secs() < 60, "{what}: {entry:?}");
        series.push(entry);
        collections.push(entry);
        match &entry.moment {
            Moment::Sched(snapshot) => {
                let sched = &snapshot.sched;
                assert_eq!(sched.gomaxprocs, procs, "{what}");
                assert!(sched.idleprocs <= procs && (1..1000).contains(&sched.threads), "{what}: {sched:?}");
                assert!(sched.unknown.is_empty(), "{what}: {sched:?}");
                assert_eq!(snapshot.queues().count() as u32, procs, "{what}");
                assert!(snapshot.queues().all(|length| length <= 256), "{what}");
                assert!(snapshot.is_complete(), "{what}: {sched:?}");
                if sched.is_detailed() {
                    let known = |g: &GoroutineState| !matches!(g, GoroutineState::Other(_));
                    assert!(snapshot.goroutines.iter().all(|g| known(&g.status.state)), "{what}");
                    assert!(snapshot.alive() >= Some(1), "{what}");
                }
            }
            Moment::Gc(gc) => {
                assert_eq!(gc.procs, procs, "{what}");
                assert!(gc.heap.end < 1000 && gc.cpu_percent <= 100 && gc.stacks.is_some(), "{what}: {gc:?}");
            }
            Moment::Scavenge(scavenge) => assert!(scavenge.util_percent <= 100, "{what}: {scavenge:?}"),
            Moment::Scan(_) | Moment::Finalizers(_) | Moment::GcForced => {}
            other => panic!("{what}: {other:?} is of an older Go"),
        }
    }
    let total = series.total();
    assert!(name == "gc" || total.as_ref().is_some_and(|total| total.snapshots >= 2), "{what}: {total:?}");
    if ["summary", "detail", "gc", "noisy"].contains(&name) {
        let cycles = collections.cycles;
        assert!(cycles >= 3, "{what}: {cycles} cycles");
        assert!(collections.cpu_share(true).is_some_and(|share| share > 0.0 && share <= 1.0), "{what}");
    }
    let queued = total.map_or(0, |total| total.runqueue.max + total.local.max);
    Seen { forced: collections.forced, queued }
}
