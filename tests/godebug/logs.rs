//! Logs of real programs, and hand-made ones of Go versions that cannot be run.

use super::Read;
use gotrace::godebug::{Entry, History, Item, Moment, Record, Release, Scanner};
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Returns the logs of a directory, each with the release that printed it.
fn logs(pattern: fn(&str) -> bool) -> Vec<(PathBuf, Release)> {
    let mut found = Vec::new();
    for directory in fs::read_dir(format!("{ROOT}/testdata/godebug")).unwrap() {
        let directory = directory.unwrap().path();
        let name = directory.file_name().unwrap().to_str().unwrap().to_string();
        if !pattern(&name) {
            continue;
        }
        for log in fs::read_dir(&directory).unwrap() {
            let log = log.unwrap().path();
            let of = if name == "old" { log.file_stem().unwrap().to_str().unwrap() } else { name.as_str() };
            let minor = of.strip_prefix("go1.").unwrap().parse().unwrap();
            found.push((log, Release::go1(minor).unwrap()));
        }
    }
    found.sort();
    assert!(found.len() >= 10);
    found
}

fn recorded() -> Vec<(PathBuf, Release)> {
    logs(|name| name.starts_with("go1."))
}

fn is(log: &Path, name: &str) -> bool {
    log.file_stem().unwrap() == name
}

/// Every line that the runtime printed is read, and prints as it was.
#[test]
fn lines_read_and_print_as_they_were() {
    for (path, release) in logs(|name| name == "old").into_iter().chain(recorded()) {
        if is(&path, "noisy") {
            continue;
        }
        let log = fs::read_to_string(&path).unwrap();
        let read = Read::of(log.as_bytes());
        assert_eq!(read.warnings, [""; 0], "{}", path.display());
        // Only the program's own last words are not lines of the runtime.
        let expected: Vec<_> = log.lines().take_while(|line| !line.starts_with("panic: ")).collect();
        assert_eq!(read.lines(release), expected, "{}", path.display());
    }
}

/// Lines that others cut in two are joined again, and none is lost.
#[test]
fn noisy_logs_are_whole() {
    let mut cut = 0;
    for (path, release) in recorded() {
        if !is(&path, "noisy") {
            continue;
        }
        let log = fs::read_to_string(&path).unwrap();
        let read = Read::of(log.as_bytes());
        assert_eq!(read.warnings, [""; 0], "{}", path.display());
        // Gaps in cycles and times would show a missing line.
        let mut cycles = 0;
        let mut times = Vec::new();
        for (_, _, record) in &read.records {
            match record {
                Record::Gc(gc) => {
                    cycles += 1;
                    assert_eq!(gc.number, cycles, "{}", path.display());
                }
                Record::Sched(sched) => times.push(sched.time),
                other => panic!("{}: {other:?}", path.display()),
            }
        }
        assert!(times.is_sorted() && cycles > 0, "{}: {times:?}", path.display());
        let lines: Vec<_> = log.lines().collect();
        let lines_that_stand: usize = read.lines(release).iter().filter(|line| lines.contains(&line.as_str())).count();
        cut += read.records.len() - lines_that_stand;
        // Each line that the runtime began has the mark, cut or not.
        assert_eq!(log.matches("SCHED ").count(), times.len(), "{}", path.display());
    }
    assert!(cut >= 5, "only {cut} lines were cut: the logs test little");
}

/// The pieces in which a log is read change nothing, nor do the ends of its lines.
#[test]
fn pieces_do_not_matter() {
    for (path, _) in recorded() {
        let log = fs::read(&path).unwrap();
        let whole = Read::of(&log);
        for piece in [1, 7, 100, 4096] {
            assert_eq!(Read::pieces(&log, piece), whole, "{} by {piece}", path.display());
        }
        let text = String::from_utf8(log).unwrap().replace('\n', "\r\n");
        assert_eq!(Read::of(text.as_bytes()), whole, "{} with CRLF", path.display());
    }
}

/// The values are plausible for the programs that ran.
#[test]
fn values_make_sense() {
    for (path, _) in recorded() {
        let log = fs::read(&path).unwrap();
        let (mut history, mut entries) = (History::default(), Vec::<Entry>::new());
        let mut scanner = Scanner::default();
        let mut each = |item: Item<'_>| {
            if let Item::Found(found) = item {
                history.push(found);
                entries.extend(std::iter::from_fn(|| history.pop()));
            }
            Ok::<(), std::convert::Infallible>(())
        };
        scanner.feed(&log, &mut each).unwrap();
        scanner.finish(&mut each).unwrap();
        let offset = history.programs().next().unwrap().clock_offset;
        history.finish();
        entries.extend(std::iter::from_fn(|| history.pop()));
        assert!(entries.is_sorted_by_key(|entry| entry.line) || is(&path, "noisy"), "{}", path.display());
        let procs = match path.file_stem().unwrap().to_str().unwrap() {
            "procs16" => 16,
            "idle" | "fatal" => 2,
            _ => 4,
        };
        assert!(offset.as_millis() < 100, "{}: {offset:?}", path.display());
        for entry in &entries {
            assert_eq!(entry.run, 0, "{}", path.display());
            match &entry.moment {
                Moment::Sched(snapshot) => {
                    let sched = &snapshot.sched;
                    assert_eq!(sched.gomaxprocs, procs, "{}", path.display());
                    assert!(sched.idleprocs <= procs && sched.threads >= 2);
                    assert_eq!(snapshot.queues().count() as u32, procs, "{}", path.display());
                    assert!(snapshot.is_complete(), "{}: {sched:?}", path.display());
                    assert!(snapshot.alive().is_none_or(|alive| alive >= 1));
                }
                Moment::Gc(gc) => {
                    assert_eq!(gc.procs, procs, "{}", path.display());
                    assert!(gc.clock.pauses().count() == 2 && gc.heap.live <= gc.heap.end.max(gc.heap.start) + 1);
                    assert!(gc.cpu_share().is_none_or(|share| share > 0.0));
                }
                _ => {}
            }
        }
    }
}
