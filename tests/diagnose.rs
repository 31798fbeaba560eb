//! What `diagnose` says of programs of which it is known what is wrong with them:
//! `testdata/programs/patterns`. The pattern is found, and no other is claimed.
//! `live_diagnose.rs` runs them anew, with several versions of Go.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use gotrace::analysis::Pass;
use gotrace::diagnose::{Diagnosis, Observation, Observe, ObserveLog, Pattern, Severity, Source, Thresholds};
use gotrace::godebug::{History, Item, Scanner};
use gotrace::{Options, Trace};

/// The programs, with what is wrong with each.
const PROGRAMS: [(&str, Option<Pattern>); 13] = [
    ("starvation", Some(Pattern::MStarvation)),
    ("syscalls", Some(Pattern::SyscallStorm)),
    ("network", Some(Pattern::NetpollerSaturation)),
    ("gc", Some(Pattern::GcStall)),
    ("stuck", Some(Pattern::StuckP)),
    ("leak", Some(Pattern::GoroutineGrowth)),
    ("convoy", Some(Pattern::LockConvoy)),
    ("pinned", Some(Pattern::PinnedP)),
    ("handoff", Some(Pattern::IdlePs)),
    ("marking", Some(Pattern::GcLatency)),
    ("busy", None),
    ("idle", None),
    ("server", None),
];

fn observed(program: &str) -> Observation {
    let path = format!("{}/testdata/patterns/go1.24/{program}.trace", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).unwrap();
    Trace::parse(&bytes).unwrap().analyze(Observe::default()).unwrap().output
}

/// Each run in a log, read in pieces, with its number.
fn logged(log: &[u8]) -> Vec<(u32, Observation)> {
    let (mut scanner, mut history) = (Scanner::default(), History::default());
    let (mut runs, mut over) = (ObserveLog::default(), Vec::new());
    let mut take = |item: Item<'_>| {
        if let Item::Found(found) = item {
            history.push(found);
            std::iter::from_fn(|| history.pop()).for_each(|entry| over.extend(runs.push(&entry)));
        }
        Ok::<(), std::convert::Infallible>(())
    };
    for piece in log.chunks(1000) {
        scanner.feed(piece, &mut take).unwrap();
    }
    scanner.finish(&mut take).unwrap();
    history.finish();
    std::iter::from_fn(|| history.pop()).for_each(|entry| over.extend(runs.push(&entry)));
    over.extend(runs.finish());
    over
}

/// A recorded log: `go1.24/NAME.log` with details, `go1.27/NAME.brief.log` without.
fn log(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/testdata/patterns/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn only(mut runs: Vec<(u32, Observation)>) -> Observation {
    assert_eq!(runs.len(), 1);
    runs.remove(0).1
}

/// Whether logs can show it in these programs: two are too quick for them.
fn in_logs(pattern: &Pattern) -> bool {
    !matches!(pattern, Pattern::IdlePs | Pattern::GcLatency)
}

fn found(diagnosis: &Diagnosis) -> Vec<Pattern> {
    diagnosis.findings.iter().map(|finding| finding.pattern).collect()
}

#[test]
fn each_program_has_its_pattern_and_no_other() {
    for (program, want) in PROGRAMS {
        let in_log = only(logged(&log(&format!("go1.24/{program}.log"))));
        let from_log = Diagnosis::of(&in_log, &Thresholds::default());
        assert_eq!(found(&from_log), Vec::from_iter(want.filter(in_logs)), "{program}, log: {:#?}", from_log.findings);
        let diagnosis = Diagnosis::of(&observed(program), &Thresholds::default());
        assert_eq!(found(&diagnosis), Vec::from_iter(want), "{program}: {:#?}", diagnosis.findings);
        for finding in diagnosis.findings.iter().chain(&from_log.findings) {
            assert!(finding.rule.value >= finding.rule.limit && !finding.evidence.is_empty(), "{finding:?}");
            assert!(finding.advice.len() > 100 && !finding.advice.contains("  "), "{finding:?}");
            let limit = Thresholds::ALL.iter().find(|threshold| threshold.name == finding.rule.threshold).unwrap();
            assert_eq!(limit.default, finding.rule.limit);
        }
    }
}

/// `SCHED` lines without details show less, claim nothing else, and say what they
/// cannot show.
#[test]
fn lines_without_details_say_what_they_cannot_show() {
    for (program, want) in PROGRAMS {
        let observation = only(logged(&log(&format!("go1.27/{program}.brief.log"))));
        let diagnosis = Diagnosis::of(&observation, &Thresholds::default());
        let want = match want.filter(in_logs) {
            // What goroutines that wait to run had waited for is not told.
            Some(Pattern::NetpollerSaturation) => Some(Pattern::MStarvation),
            Some(Pattern::GoroutineGrowth | Pattern::LockConvoy | Pattern::PinnedP) => None,
            shown => shown,
        };
        assert_eq!(found(&diagnosis), Vec::from_iter(want), "{program}: {:#?}", diagnosis.findings);
        for unseen in [Pattern::NetpollerSaturation, Pattern::GoroutineGrowth, Pattern::LockConvoy, Pattern::PinnedP] {
            assert!(observation.unseen.contains(&unseen), "{program}: {:?}", observation.unseen);
            assert!(diagnosis.notes.iter().any(|note| note.contains(unseen.name())), "{:?}", diagnosis.notes);
        }
    }
}

/// Evidence of a log names its lines.
#[test]
fn evidence_of_a_log_is_its_lines() {
    for program in ["starvation", "syscalls", "network", "stuck", "leak", "convoy", "pinned"] {
        let log = log(&format!("go1.24/{program}.log"));
        let lines: Vec<&[u8]> = log.split(|&byte| byte == b'\n').collect();
        let diagnosis = Diagnosis::of(&only(logged(&log)), &Thresholds::default());
        let named: Vec<u64> = diagnosis.findings[0].evidence.iter().filter_map(|evidence| evidence.line).collect();
        assert!(!named.is_empty(), "{program}: {diagnosis:#?}");
        for line in named {
            let line = lines[usize::try_from(line).unwrap() - 1];
            assert!(line.starts_with(b"SCHED "), "{program}: {}", String::from_utf8_lossy(line));
        }
    }
}

/// One log may hold several runs, each with a number; lines in between, a cut
/// block and one without any details change nothing.
#[test]
fn runs_are_told_apart() {
    let mut both = log("go1.24/starvation.log");
    both.extend_from_slice(b"restarting\n");
    both.extend(log("go1.24/busy.log"));
    let runs = logged(&both);
    let patterns: Vec<_> =
        runs.iter().map(|(run, o)| (*run, found(&Diagnosis::of(o, &Thresholds::default())))).collect();
    assert_eq!(patterns, [(0, vec![Pattern::MStarvation]), (1, vec![])]);

    let whole = log("go1.24/convoy.log");
    let cut = &whole[..whole.len() * 7 / 10];
    assert_eq!(found(&Diagnosis::of(&only(logged(cut)), &Thresholds::default())), [Pattern::LockConvoy]);
}

/// gctrace alone tells of the collector, and of nothing else.
#[test]
fn a_log_of_the_collector_alone() {
    let whole = log("go1.27/gc.brief.log");
    let lines = whole.split_inclusive(|&byte| byte == b'\n').filter(|line| line.starts_with(b"gc "));
    let observation = only(logged(&lines.collect::<Vec<_>>().concat()));
    assert!(observation.samples.is_empty() && observation.gc_cycles > 40);
    let diagnosis = Diagnosis::of(&observation, &Thresholds::default());
    assert_eq!(found(&diagnosis), [Pattern::GcStall]);
    assert!(diagnosis.notes.iter().any(|note| note.contains("no SCHED line")), "{:?}", diagnosis.notes);
}

/// A log of any length makes no more samples than a short one, of the same mean.
#[test]
fn samples_do_not_grow_with_the_log() {
    let line = |at: u64| {
        let busy = at % 3;
        format!(
            "SCHED {at}0ms: gomaxprocs=4 idleprocs={busy} threads=9 spinningthreads=0 idlethreads=2 runqueue={at} [0 0 0 0]\n"
        )
    };
    let log: String = (0..50_000).map(line).collect();
    let observation = only(logged(log.as_bytes()));
    assert!((500..=2048).contains(&observation.samples.len()), "{}", observation.samples.len());
    assert_eq!((observation.lines, observation.span), (50_000, 499_990_000_000));
    let mean = |of: fn(&gotrace::diagnose::Sample) -> f64| {
        observation.samples.iter().map(|s| of(s) * s.length() as f64).sum::<f64>() / observation.span as f64
    };
    assert!((mean(|s| s.idle_procs) - 1.0).abs() < 0.001 && (mean(|s| s.runnable) - 25_000.0).abs() < 1.0);
    for pair in observation.samples.windows(2) {
        assert_eq!(pair[0].end, pair[1].start);
    }
}

/// The evidence leads to the line of the program that is to blame.
#[test]
fn evidence_names_the_culprit() {
    for (program, culprit) in [
        ("starvation", "main.workers.func1"),
        ("syscalls", "main.syscalls.func1"),
        ("network", "main.echo"),
        ("stuck", "main.stuck.func1"),
        ("leak", "main.leak"),
        ("convoy", "main.convoy.func1"),
    ] {
        let diagnosis = Diagnosis::of(&observed(program), &Thresholds::default());
        let evidence = &diagnosis.findings[0].evidence;
        assert!(
            evidence.iter().any(|e| e.text.contains(culprit) || e.stack.iter().any(|func| func == culprit)),
            "{program}: {evidence:#?}"
        );
    }
}

/// A threshold above what was measured silences its rule.
#[test]
fn thresholds_decide() {
    for (program, want) in PROGRAMS {
        let observation = observed(program);
        let first = Diagnosis::of(&observation, &Thresholds::default());
        let (Some(finding), Some(_)) = (first.findings.first(), want) else { continue };
        let mut thresholds = Thresholds::default();
        assert!(thresholds.set(finding.rule.threshold, finding.rule.value * 10.0));
        let second = Diagnosis::of(&observation, &thresholds);
        assert!(
            second.findings.iter().all(|f| f.rule.threshold != finding.rule.threshold),
            "{program}: {:?}",
            second.findings
        );
    }
}

#[test]
fn severity_follows_the_measure() {
    let observation = observed("starvation");
    let severity = |queue: f64| {
        let mut thresholds = Thresholds::default();
        thresholds.set("m-starvation.queue", queue);
        Diagnosis::of(&observation, &thresholds).severity()
    };
    assert_eq!([1.0, 40.0, 1e6].map(severity), [Some(Severity::Critical), Some(Severity::Warning), None]);
}

/// Little to go by is said to be little.
#[test]
fn caveats_are_told() {
    let of = |observation: &Observation| Diagnosis::of(observation, &Thresholds::default()).notes.join("\n");
    let mut few = Observation::new(Source::Log { detailed: false });
    few.lines = 1;
    few.unseen = vec![Pattern::LockConvoy];
    assert!(of(&few).contains("one SCHED line in the log: a snapshot is no trend"));
    assert!(of(&few).contains("cannot show lock-convoy; scheddetail=1 shows more"));
    assert!(of(&few).contains("gctrace=1") && !of(&few).contains("GOMAXPROCS"));
    few.samples = observed("server").samples;
    few.samples.iter_mut().for_each(|sample| sample.procs = 0.0);
    assert!(of(&few).contains("GOMAXPROCS is not known"));
    few.source = Source::Trace;
    few.cut = true;
    (few.span, few.cpu_samples) = (60_000_000_000, 9);
    assert!(of(&few).contains("trace.Stop") && of(&few).contains("9 CPU samples") && of(&few).contains("is long"));
    assert!(of(&observed("server")).is_empty());
}

/// Half a trace, or one with nothing in it, is looked at as far as it goes.
#[test]
fn cut_traces_are_diagnosed() {
    let path = format!("{}/testdata/patterns/go1.24/convoy.trace", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).unwrap();
    for share in [1, 5, 8] {
        let cut = &bytes[..bytes.len() * share / 10];
        let trace = Trace::with_options(cut, Options::default().mode(gotrace::Mode::Lenient)).unwrap();
        let mut analyzed = trace.analyze(Observe::default()).unwrap();
        analyzed.output.cut = !analyzed.warnings.is_empty();
        let diagnosis = Diagnosis::of(&analyzed.output, &Thresholds::default());
        assert!(diagnosis.notes.iter().any(|note| note.contains("breaks off")), "{diagnosis:?}");
        let span = analyzed.output.span;
        assert!(diagnosis.findings.iter().flat_map(|f| &f.when).all(|when| when.start < when.end && when.end <= span));
    }
    assert!(Pass::default().finish(Observe::default()).samples.is_empty());
}
