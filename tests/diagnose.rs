//! What `diagnose` says of programs of which it is known what is wrong with them:
//! `testdata/programs/patterns`. The pattern is found, and no other is claimed.
//! `live_diagnose.rs` runs them anew, with several versions of Go.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use gotrace::analysis::Analysis;
use gotrace::diagnose::{Diagnosis, Observation, Observe, Pattern, Severity, Source, Thresholds};
use gotrace::{Options, Trace};

/// The programs, with what is wrong with each.
const PROGRAMS: [(&str, Option<Pattern>); 11] = [
    ("starvation", Some(Pattern::MStarvation)),
    ("syscalls", Some(Pattern::SyscallStorm)),
    ("network", Some(Pattern::NetpollerSaturation)),
    ("gc", Some(Pattern::GcStall)),
    ("stuck", Some(Pattern::StuckP)),
    ("leak", Some(Pattern::GoroutineGrowth)),
    ("convoy", Some(Pattern::LockConvoy)),
    ("pinned", Some(Pattern::PinnedP)),
    ("busy", None),
    ("idle", None),
    ("server", None),
];

fn observed(program: &str) -> Observation {
    let path = format!("{}/testdata/patterns/go1.24/{program}.trace", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).unwrap();
    Trace::parse(&bytes).unwrap().analyze(Observe::default()).unwrap().output
}

#[test]
fn each_program_has_its_pattern_and_no_other() {
    for (program, want) in PROGRAMS {
        let diagnosis = Diagnosis::of(&observed(program), &Thresholds::default());
        let found: Vec<Pattern> = diagnosis.findings.iter().map(|finding| finding.pattern).collect();
        assert_eq!(found, Vec::from_iter(want), "{program}: {:#?}", diagnosis.findings);
        for finding in &diagnosis.findings {
            assert!(finding.rule.value >= finding.rule.limit && !finding.evidence.is_empty(), "{finding:?}");
            assert!(finding.advice.len() > 100 && !finding.advice.contains("  "), "{finding:?}");
            let limit = Thresholds::ALL.iter().find(|threshold| threshold.name == finding.rule.threshold).unwrap();
            assert_eq!(limit.default, finding.rule.limit);
        }
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
    assert!(of(&few).contains("a snapshot is no trend") && of(&few).contains("scheddetail=1"));
    assert!(of(&few).contains("GOMAXPROCS is not known") && of(&few).contains("gctrace=1"));
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
    assert!(Observe::default().finish().samples.is_empty());
}
