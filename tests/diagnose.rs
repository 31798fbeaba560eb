//! Diagnoses of programs with known problems: those of
//! `testdata/programs/patterns`. The pattern is found, and no other is claimed.
//! `live_diagnose.rs` runs them anew, with several versions of Go.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use gotrace::analysis::Pass;
use gotrace::analysis::durations::Durations;
use gotrace::diagnose::{
    CollectObservation, Diagnosis, Observation, ObserveLog, Pattern, Severity, Source, Thresholds, Verdict,
};
use gotrace::godebug::{History, Item, Scanner};
use gotrace::{Options, Trace};

/// The programs, with the pattern of each.
const PROGRAMS: [(&str, Option<Pattern>); 18] = [
    ("locked", Some(Pattern::MStarvation)),
    ("handoff", Some(Pattern::MStarvation)),
    ("syscalls", Some(Pattern::SyscallStorm)),
    ("waiting", Some(Pattern::NetpollerSaturation)),
    ("gc", Some(Pattern::GcStall)),
    ("stall", Some(Pattern::GcStall)),
    ("calls", Some(Pattern::StuckP)),
    ("starvation", Some(Pattern::CpuSaturation)),
    ("batch", Some(Pattern::CpuSaturation)),
    ("network", Some(Pattern::NetpollBacklog)),
    ("stuck", Some(Pattern::Unpreempted)),
    ("leak", Some(Pattern::GoroutineGrowth)),
    ("convoy", Some(Pattern::LockConvoy)),
    ("pinned", Some(Pattern::PinnedP)),
    ("marking", Some(Pattern::GcLatency)),
    ("busy", None),
    ("idle", None),
    ("server", None),
];

fn observed(program: &str) -> Observation {
    let path = format!("{}/testdata/patterns/go1.24/{program}.trace", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).unwrap();
    Trace::parse(&bytes).unwrap().analyze(CollectObservation::default()).unwrap().output
}

/// Returns the runs of a log, which is read in pieces, with their numbers.
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

/// Returns a recorded log: `go1.24/NAME.log` with details, `go1.27/NAME.brief.log` without.
fn log(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/testdata/patterns/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn only(mut runs: Vec<(u32, Observation)>) -> Observation {
    assert_eq!(runs.len(), 1);
    runs.remove(0).1
}

/// Returns whether logs of these programs can show a pattern: one program is too quick for them.
fn in_logs(pattern: &Pattern) -> bool {
    !matches!(pattern, Pattern::GcLatency)
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
        let want = match (program, want.filter(in_logs)) {
            // Two threads that wait for their goroutines leave no sign; and whenever a line
            // is printed, the P has just been taken from the system call.
            ("handoff" | "calls", _) => None,
            // The lines do not say what runnable goroutines had waited for.
            (_, Some(Pattern::NetpollBacklog)) => Some(Pattern::CpuSaturation),
            // Nor do they say what a goroutine that keeps its P does.
            (_, Some(Pattern::Unpreempted)) => Some(Pattern::StuckP),
            (_, Some(Pattern::GoroutineGrowth | Pattern::LockConvoy | Pattern::PinnedP)) => None,
            (_, Some(Pattern::NetpollerSaturation)) => None,
            (_, shown) => shown,
        };
        assert_eq!(found(&diagnosis), Vec::from_iter(want), "{program}: {:#?}", diagnosis.findings);
        for unseen in [
            Pattern::NetpollerSaturation,
            Pattern::NetpollBacklog,
            Pattern::Unpreempted,
            Pattern::GoroutineGrowth,
            Pattern::LockConvoy,
            Pattern::PinnedP,
        ] {
            assert!(observation.unseen.contains(&unseen), "{program}: {:?}", observation.unseen);
            assert!(diagnosis.notes.iter().any(|note| note.contains(unseen.name())), "{:?}", diagnosis.notes);
        }
    }
}

/// Evidence of a log names its lines.
#[test]
fn evidence_of_a_log_is_its_lines() {
    let programs =
        ["starvation", "syscalls", "network", "stuck", "leak", "convoy", "pinned", "locked", "waiting", "calls"];
    let logs = programs.map(|program| format!("go1.24/{program}.log"));
    for name in logs.iter().map(String::as_str).chain(SIGNS.map(|(name, _)| name)) {
        let log = String::from_utf8(log(name)).unwrap();
        let lines: Vec<&str> = log.lines().collect();
        let diagnosis = Diagnosis::of(&only(logged(log.as_bytes())), &Thresholds::default());
        let Some(finding) = diagnosis.findings.first() else { continue };
        let named: Vec<(u64, _)> = finding.evidence.iter().filter_map(|e| Some((e.line?, e.when?.start))).collect();
        assert!(!named.is_empty(), "{name}: {diagnosis:#?}");
        for (line, start) in named {
            // The time of the evidence is that of the line, too.
            let line = lines[usize::try_from(line).unwrap() - 1];
            assert!(line.starts_with(&format!("SCHED {}ms:", start / 1_000_000)), "{name}: {start} {line}");
        }
        let ends: Vec<i64> = finding.when.iter().flat_map(|when| [when.start, when.end]).collect();
        assert!(ends.is_sorted(), "{name}: {:?}", finding.when);
    }
}

/// A log may hold several runs, each with a number. Lines in between, a cut
/// block and one without any details change nothing.
#[test]
fn runs_are_told_apart() {
    let mut both = log("go1.24/starvation.log");
    both.extend_from_slice(b"restarting\n");
    both.extend(log("go1.24/busy.log"));
    let runs = logged(&both);
    let patterns: Vec<_> =
        runs.iter().map(|(run, o)| (*run, found(&Diagnosis::of(o, &Thresholds::default())))).collect();
    assert_eq!(patterns, [(0, vec![Pattern::CpuSaturation]), (1, vec![])]);

    let whole = log("go1.24/convoy.log");
    let cut = &whole[..whole.len() * 7 / 10];
    assert_eq!(found(&Diagnosis::of(&only(logged(cut)), &Thresholds::default())), [Pattern::LockConvoy]);
}

/// gctrace alone shows the collector, and nothing else.
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
        ("calls", "main.calls.func1"),
        ("locked", "main.locked.func1"),
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
        thresholds.set("cpu-saturation.queue", queue);
        Diagnosis::of(&observation, &thresholds).severity()
    };
    assert_eq!([1.0, 40.0, 1e6].map(severity), [Some(Severity::Critical), Some(Severity::Warning), None]);
}

/// A diagnosis from little data says so.
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

/// Half a trace, or one without events, is diagnosed as far as it goes.
#[test]
fn cut_traces_are_diagnosed() {
    let path = |name: &str| format!("{}/testdata/{name}.trace", env!("CARGO_MANIFEST_DIR"));
    for (name, shares) in
        [("patterns/go1.24/convoy", 1..=9), ("patterns/go1.24/handoff", 1..=9), ("traces/go1.25/mixed", 5..=9)]
    {
        let bytes = std::fs::read(path(name)).unwrap();
        for share in shares {
            let cut = &bytes[..bytes.len() * share / 10];
            let trace = Trace::with_options(cut, Options::default().mode(gotrace::Mode::Lenient)).unwrap();
            let mut analyzed = trace.analyze(CollectObservation::default()).unwrap();
            let generations = analyzed.output.generations.clone();
            analyzed.output.damaged(&analyzed.warnings);
            let diagnosis = Diagnosis::of(&analyzed.output, &Thresholds::default());
            assert!(diagnosis.notes.iter().any(|note| note.contains("breaks off")), "{name} {share}: {diagnosis:?}");
            // Only the last generation is cut, so no finding may be about it.
            let &(_, last) = generations.last().unwrap();
            let stretches = diagnosis.findings.iter().flat_map(|f| &f.when);
            assert!(
                stretches.clone().all(|when| when.start < when.end && when.end <= last),
                "{name} {share}: {diagnosis:#?}"
            );
            assert!(analyzed.output.samples.iter().all(|sample| sample.end <= last), "{name} {share}");
            if generations.len() == 1 {
                assert_eq!(diagnosis.verdict, Verdict::TooLittle("none of its generations is whole".into()), "{name}");
            } else {
                assert!(!analyzed.output.samples.is_empty(), "{name} {share}");
            }
        }
    }
    assert!(Pass::default().finish(CollectObservation::default()).samples.is_empty());
}

/// Lines that documents show as signs of a pattern, or that were printed with it.
const SIGNS: [(&str, Option<Pattern>); 4] = [
    ("signs/m-starvation.log", Some(Pattern::MStarvation)),
    ("signs/stuck-p.log", Some(Pattern::StuckP)),
    ("signs/stuck-p.brief.log", Some(Pattern::StuckP)),
    ("signs/three-lines.log", None),
];

#[test]
fn textbook_lines_give_their_patterns() {
    for (name, want) in SIGNS {
        let diagnosis = Diagnosis::of(&only(logged(&log(name))), &Thresholds::default());
        assert_eq!(found(&diagnosis), Vec::from_iter(want), "{name}: {:#?}", diagnosis.findings);
        let verdict = if want.is_some() { Verdict::Found } else { Verdict::TooLittle(String::new()) };
        assert_eq!(diagnosis.verdict.name(), verdict.name(), "{name}");
    }
}

fn diagnosed(log: &str) -> Diagnosis {
    Diagnosis::of(&only(logged(log.as_bytes())), &Thresholds::default())
}

/// Returns `SCHED` lines with `rest` in place of queues, 100 ms apart.
fn lines(count: u64, rest: impl Fn(u64) -> String) -> String {
    (0..count).map(|at| format!("SCHED {}ms: gomaxprocs=4 {}\n", at * 100, rest(at))).collect()
}

/// Ms that spin beside uneven queues are starvation; either alone is not.
#[test]
fn spinning_and_uneven_queues() {
    for (spinning, idle, queues, want) in [
        (1, 2, "[0 9 0 0]", vec![Pattern::MStarvation]),
        (2, 1, "[3 0 0 5]", vec![Pattern::MStarvation]),
        (1, 0, "[8 0 0 4]", vec![Pattern::MStarvation]),
        // A goroutine that is about to be taken by the spinning M.
        (1, 0, "[0 1 0 0]", vec![]),
        (1, 2, "[0 0 0 0]", vec![]),
        // Ps are idle, but no M looks for work.
        (0, 2, "[0 9 0 0]", vec![Pattern::IdlePs]),
        (0, 0, "[9 9 9 9]", vec![Pattern::CpuSaturation]),
    ] {
        let line =
            |_| format!("idleprocs={idle} threads=8 spinningthreads={spinning} idlethreads=2 runqueue=0 {queues}");
        assert_eq!(found(&diagnosed(&lines(10, line))), want, "{spinning} {idle} {queues}");
        // A few lines show no trend.
        assert_eq!(found(&diagnosed(&lines(4, line))), [], "{spinning} {idle} {queues}");
    }
}

/// `gcwaiting` in several lines is a stall, in the syntax of every release; the figures
/// of gctrace overrule what single lines happen to see.
#[test]
fn gcwaiting_is_held_against_gctrace() {
    let header = |waiting: &str| {
        format!(
            "idleprocs=0 threads=8 spinningthreads=0 idlethreads=2 runqueue=0 gcwaiting={waiting} nmidlelocked=0 stopwait=2 sysmonwait=0"
        )
    };
    for (yes, no) in [("1", "0"), ("true", "false")] {
        let stalled =
            |from: u64, until: u64| lines(12, |at| header(if (from..until).contains(&at) { yes } else { no }));
        let diagnosis = diagnosed(&stalled(3, 7));
        assert_eq!(found(&diagnosis), [Pattern::GcStall], "{diagnosis:#?}");
        let finding = &diagnosis.findings[0];
        assert_eq!((finding.severity, finding.rule.value), (Severity::Critical, 4.0));
        assert_eq!(
            finding.when.iter().map(|when| (when.start, when.end)).collect::<Vec<_>>(),
            [(300_000_000, 600_000_000)]
        );
        assert!(finding.evidence[0].line == Some(4) && finding.evidence[0].text.contains("stopwait"), "{finding:?}");
        assert_eq!(found(&diagnosed(&stalled(3, 5))), [], "two lines are no stall");

        // A collection that ends between any two lines, each with short pauses.
        let gc = |n: u64| {
            format!(
                "gc {n} @{}.{}00s 0%: 0.03+4+0.02 ms clock, 0.06+0.5/0.3/0+0.04 ms cpu, 3->3->0 MB, 4 MB goal, 4 P\n",
                n / 10,
                n % 10
            )
        };
        let both: String = stalled(3, 7).lines().zip(1..).map(|(line, n)| format!("{line}\n{}", gc(n))).collect();
        assert_eq!(found(&diagnosed(&both)), [], "{both}");
    }
    // A recorded log, with and without the lines of the collector.
    let log = String::from_utf8(log("go1.24/stall.log")).unwrap();
    let alone: String = log.lines().filter(|line| !line.starts_with("gc ")).map(|line| format!("{line}\n")).collect();
    assert_eq!(found(&diagnosed(&alone)), [Pattern::GcStall]);
}

/// A goroutine that keeps going from one system call to the next, as each release of
/// Go shows its P; and Ps that only look like it.
#[test]
fn a_p_in_system_calls() {
    let block = |at: u64, p: &str, g: u32, schedtick: u64, syscalltick: u64| {
        let (m, has) = if p == "status=1" { ("m=0", "p=0") } else { ("m=nil", "p=nil") };
        format!(
            "SCHED {}ms: gomaxprocs=2 idleprocs=1 threads=4 spinningthreads=0 needspinning=0 idlethreads=1 runqueue=0 gcwaiting=false nmidlelocked=0 stopwait=0 sysmonwait=false\n  \
             P0: {p} schedtick={schedtick} syscalltick={syscalltick} {m} runqsize=0 gfreecnt=0 timerslen=0\n  \
             P1: status=0 schedtick={} syscalltick=3 m=nil runqsize=0 gfreecnt=0 timerslen=0\n  \
             M0: {has} curg=7 mallocing=0 throwing=0 preemptoff= locks=0 dying=0 spinning=false blocked=false lockedg=nil\n  \
             G7: status={g}() m=0 lockedm=nil\n",
            at * 100,
            5 + at,
        )
    };
    let log = |p: &str, g: u32, picks: u64, calls: u64| -> String {
        (0..10).map(|at| block(at, p, g, 9 + at * picks, 100 + at * calls)).collect()
    };
    for (p, g, picks, calls, want) in [
        ("status=2", 3, 0, 10, vec![Pattern::StuckP]),
        // Since Go 1.26 there is no such status.
        ("status=1", 3, 0, 10, vec![Pattern::StuckP]),
        // sysmon has just taken the P away.
        ("status=0", 3, 0, 500, vec![Pattern::StuckP]),
        // The P runs, and picks others.
        ("status=2", 3, 1, 10, vec![]),
        // One long system call, during which other Ms may have the P.
        ("status=2", 3, 0, 0, vec![]),
        // Too few system calls.
        ("status=0", 3, 0, 10, vec![]),
        // The P runs Go code.
        ("status=1", 2, 0, 500, vec![Pattern::Unpreempted]),
    ] {
        let diagnosis = diagnosed(&log(p, g, picks, calls));
        assert_eq!(found(&diagnosis), want, "{p} {g} {picks} {calls}: {:#?}", diagnosis.findings);
    }
}

/// Ps whose summary lines state only how many are idle.
#[test]
fn still_schedticks() {
    let log = |idle: u64, ticks: &dyn Fn(u64) -> String| {
        lines(8, |at| {
            format!(
                "idleprocs={idle} threads=8 spinningthreads=0 needspinning=0 idlethreads=2 runqueue=0 [ 0 0 0 0 ] schedticks=[ {} ]",
                ticks(at)
            )
        })
    };
    for (idle, ticks, want) in [
        // One P stands still while the others are used in turn, and some P is always busy.
        (3, (|at| format!("{} {} 7 {}", at * 250, at * 261, at * 240)) as fn(u64) -> String, true),
        // The third P was never used: that one is idle.
        (3, |at| format!("{} {} 0 {}", at * 250, at * 261, at * 240), false),
        // All Ps are idle now and then.
        (4, |at| format!("{} {} 7 {}", at * 250, at * 261, at * 240), false),
        // The Ps are hardly used, so the one at the end of the list is not needed.
        (3, |at| format!("{} {} 7 {}", at * 12, at * 13, at * 11), false),
        (3, |at| format!("{} {} 7 {}", at * 900, at * 900, at * 100), false),
        // More Ps stand still than are idle.
        (1, |at| format!("{at} {at} 7 8"), true),
        (2, |at| format!("{at} {at} 7 8"), false),
    ] {
        let diagnosis = diagnosed(&log(idle, &ticks));
        let want = Vec::from_iter(want.then_some(Pattern::StuckP));
        assert_eq!(found(&diagnosis), want, "{idle} {}: {:#?}", ticks(1), diagnosis.findings);
    }
}

/// A problem that is not the scheduler's is reported, with advice where to look instead.
#[test]
fn the_network_is_no_fault_of_the_scheduler() {
    for input in [only(logged(&log("go1.24/waiting.log"))), observed("waiting")] {
        let diagnosis = Diagnosis::of(&input, &Thresholds::default());
        let finding = &diagnosis.findings[0];
        assert_eq!((finding.pattern, finding.severity), (Pattern::NetpollerSaturation, Severity::Info));
        assert!(finding.advice.contains("not a scheduler problem") && finding.advice.contains("look at the network"));
        assert!(finding.rule.value > 240.0, "{:?}", finding.rule);
    }
}

/// Severity is what users feel: full Ps where each goroutine soon has its turn are
/// normal.
#[test]
fn a_saturated_batch_job_is_not_critical() {
    let waits = |nanos: i64| {
        let mut waits = Durations::default();
        (0..1000).for_each(|_| waits.add(nanos));
        Some((waits, Durations::default()))
    };
    let mut observation = observed("starvation");
    let mut severity = |latency| {
        observation.latency = latency;
        Diagnosis::of(&observation, &Thresholds::default()).severity()
    };
    assert_eq!(severity(waits(97_000)), Some(Severity::Info));
    assert_eq!(severity(waits(4_000_000)), Some(Severity::Warning));
    assert_eq!(severity(waits(400_000_000)), Some(Severity::Critical));
}

/// "Healthy" takes enough lines or time to say.
#[test]
fn healthy_needs_enough_to_go_by() {
    let line = |_| "idleprocs=3 threads=5 spinningthreads=0 idlethreads=2 runqueue=0 [0 0 0 0]".to_string();
    let verdict = |log: &str| diagnosed(log).verdict;
    let gc = "gc 1 @0.1s 0%: 0.03+4+0.02 ms clock, 0.06+0.5/0.3/0+0.04 ms cpu, 3->3->0 MB, 4 MB goal, 4 P\n";
    assert_eq!(verdict(&lines(5, line)), Verdict::Healthy);
    for (log, why) in [(lines(4, line), "4 SCHED lines"), (gc.into(), "no SCHED line, and 1 collections")] {
        let Verdict::TooLittle(told) = verdict(&log) else { panic!("{log}") };
        assert!(told.contains(why), "{told}");
    }
    let short = Trace::parse(include_bytes!("../testdata/traces/go1.27/hello.trace")).unwrap();
    let short = short.analyze(CollectObservation::default()).unwrap().output;
    assert_eq!(Diagnosis::of(&short, &Thresholds::default()).verdict.name(), "too-little");
}
