//! Slices of every recorded trace: Go's reader accepts them, and their figures are those of
//! the window that they were made of.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::faults::Corpus;
use common::simulator::Dice;
use gotrace::analysis::gc::{CollectGc, Gc};
use gotrace::analysis::procs::{CollectProcs, Procs};
use gotrace::analysis::summary::{CollectSummary, Summary};
use gotrace::go_reader::{GoEnd, GoReading};
use gotrace::{EventKind, HEADER_LEN, Mode, Options, SliceReport, Time, Trace, Version, Window};

/// Returns a slice, with what it consists of.
fn slice(trace: &Trace<'_>, window: Window) -> (Vec<u8>, SliceReport) {
    let mut bytes = Vec::new();
    let (report, _) = window.slice(trace, &mut bytes, |_| ()).unwrap();
    (bytes, report)
}

/// Returns the times of a trace's syncs, which are those of its generations and of its end.
fn syncs(trace: &Trace<'_>) -> Vec<Time> {
    let events = trace.events().map_while(Result::ok);
    events.filter(|event| matches!(event.kind(), EventKind::Sync(_))).map(|event| event.time()).collect()
}

fn is_accepted(bytes: &[u8]) -> Result<(), String> {
    match GoReading::of(&Trace::parse(bytes).map_err(|e| e.to_string())?, || ()).end {
        GoEnd::Accepts => Ok(()),
        end => Err(format!("{end:?}")),
    }
}

/// Figures, and by how much those of a slice may be off: events are moved by a nanosecond for
/// each state that has to be stated before.
#[derive(Debug)]
struct Figure(&'static str, i64, i64);

const EXACT: i64 = 0;

/// Figures that slices of old traces need not keep: those do not say which M a goroutine in a
/// system call is on, and which Ps have one, so that neither can be restated.
const UNTOLD: [&str; 6] =
    ["goroutines at the start", "runnable", "waiting", "in system calls", "groups of goroutines", "Ps with an M"];

fn figures((summary, gc, procs): &(Summary, Gc, Procs), slack: i64) -> Vec<Figure> {
    let (times, goroutines) = (summary.times(), summary.goroutines);
    let all = goroutines.at_start as i64 + goroutines.created as i64;
    vec![
        Figure("start", summary.start.0, EXACT),
        Figure("end", summary.end.0, EXACT),
        Figure("goroutines at the start", goroutines.at_start as i64, EXACT),
        Figure("goroutines created", goroutines.created as i64, EXACT),
        Figure("goroutines ended", goroutines.ended as i64, EXACT),
        Figure("running", times.running, slack * all),
        Figure("runnable", times.runnable, slack * all),
        Figure("waiting", times.waiting, slack * all),
        Figure("in system calls", times.syscall, slack * all),
        Figure("Ps", summary.procs as i64, EXACT),
        Figure("Ps with an M", summary.procs_running, slack * summary.procs as i64),
        Figure("cycles", summary.gc.cycles as i64, EXACT),
        Figure("marking", summary.gc.marking, slack),
        Figure("cycles ended", gc.cycles.iter().filter(|cycle| cycle.end.is_some()).count() as i64, EXACT),
        Figure("assists", summary.gc.assists as i64, EXACT),
        Figure("stops", summary.stops.iter().map(|stops| stops.count as i64).sum(), EXACT),
        Figure("stopped", summary.stops.iter().map(|stops| stops.total).sum(), slack),
        Figure("samples", summary.samples as i64, EXACT),
        Figure("tasks", summary.tasks as i64, EXACT),
        Figure("regions", summary.regions as i64, EXACT),
        Figure("logs", summary.logs as i64, EXACT),
        Figure("groups of goroutines", summary.groups.len() as i64, EXACT),
        Figure("P's busy time", procs.procs.iter().map(|p| p.running).sum(), slack * summary.procs as i64),
    ]
}

/// Returns which figures of a slice are not those of its window.
fn differences(trace: &Trace<'_>, window: Window, bytes: &[u8], report: &SliceReport) -> Vec<String> {
    let all = || (CollectSummary::default(), CollectGc::default(), CollectProcs::default());
    let slack = 2 * report.restated as i64;
    let wanted = figures(&window.analyze(trace, all()).unwrap().output, slack);
    let found = figures(&Trace::parse(bytes).unwrap().analyze(all()).unwrap().output, slack);
    let pairs = wanted.iter().zip(&found).filter(|(a, b)| (a.1 - b.1).abs() > a.2);
    pairs.map(|(a, b)| format!("{}: {}, not {}", a.0, b.1, a.1)).collect()
}

#[test]
fn random_windows_keep_their_figures() {
    let (mut tried, mut wrong) = (0, Vec::new());
    for (n, source) in Corpus::committed().0.iter().enumerate().filter(|(_, source)| !source.name.contains("nostop")) {
        let trace = Trace::parse(&source.bytes).unwrap();
        let ([start, .., end] | [start @ end]) = syncs(&trace)[..] else { continue };
        let mut dice = Dice::new(n as u64);
        for _ in 0..2 {
            let mut moments = [0, 1].map(|_| start.0 + dice.roll((end.0 - start.0) as usize) as i64);
            moments.sort_unstable();
            let window = Window::new(Some(Time(moments[0])), Some(Time(moments[1] + 1)));
            let (bytes, report) = slice(&trace, window);
            if report.events == 0 && report.copied == 0 {
                continue;
            }
            tried += 1;
            let what = format!("{} from {} to {}", source.name, moments[0], moments[1] + 1);
            if let Err(e) = is_accepted(&bytes) {
                wrong.push(format!("{what}: {e}"));
            } else {
                let differ = differences(&trace, window, &bytes, &report);
                let untold = |differs: &String| source.is_v1() && UNTOLD.iter().any(|name| differs.starts_with(name));
                wrong.extend(differ.into_iter().filter(|it| !untold(it)).map(|differs| format!("{what}: {differs}")));
            }
        }
    }
    assert!(tried > 150, "{tried}");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn whole_generations_are_copied() {
    for version in ["go1.22", "go1.27"] {
        let corpus = Corpus::committed();
        let source = corpus.0.iter().find(|source| source.name == format!("{version}/gc-gens")).unwrap();
        let trace = Trace::parse(&source.bytes).unwrap();
        let (syncs, generations) = (syncs(&trace), trace.generations());
        let (bytes, report) = slice(&trace, Window::new(Some(syncs[2]), Some(syncs[4])));
        let range = generations[2].byte_range().start..generations[3].byte_range().end;
        assert_eq!(bytes, [&source.bytes[..HEADER_LEN], &source.bytes[range]].concat(), "{version}");
        assert_eq!((report.copied, report.events, report.restated), (2, 0, 0));
        is_accepted(&bytes).unwrap();
        // All of a trace is the trace.
        assert_eq!(slice(&trace, Window::new(Some(Time(0)), None)).0, source.bytes, "{version}");
        // A window that touches many generations copies those that it covers.
        let (bytes, report) = slice(&trace, Window::new(Some(Time(syncs[1].0 + 9)), Some(Time(syncs[6].0 + 500_000))));
        assert_eq!(report.copied, 4, "{report:?}");
        let whole = Trace::parse(&bytes).unwrap();
        assert_eq!((whole.version(), syncs[2]), (Version::Go126, self::syncs(&whole)[1]));
        is_accepted(&bytes).unwrap();
    }
}

#[test]
fn windows_at_the_edge() {
    let corpus = Corpus::committed();
    let source = corpus.0.iter().find(|source| source.name == "go1.27/mixed").unwrap();
    let trace = Trace::parse(&source.bytes).unwrap();
    let ([start, .., end] | [start @ end]) = syncs(&trace)[..] else { panic!("no syncs") };
    for (from, to, is_empty) in [
        (Some(end.0 + 1), None, true),
        (None, Some(start.0), true),
        (Some(start.0 + 1), Some(start.0 + 2), true),
        (None, Some(start.0 + 1_000_000), false),
        (Some(end.0 - 1_000_000), None, false),
        (Some(end.0 - 1_000_000), Some(end.0 + 1_000_000), false),
        (Some(start.0 - 1_000_000), Some(end.0 + 1_000_000), false),
    ] {
        let window = Window::new(from.map(Time), to.map(Time));
        let (bytes, report) = slice(&trace, window);
        assert_eq!(report.events + report.copied == 0, is_empty, "{window:?} {report:?}");
        if !is_empty {
            is_accepted(&bytes).unwrap();
            assert_eq!(differences(&trace, window, &bytes, &report), [""; 0], "{window:?}");
        }
    }
}

/// Slices of damaged traces are valid ones, whatever is left.
#[test]
fn damaged_traces_give_whole_slices() {
    let corpus = Corpus::committed();
    let (mut tried, mut wrong) = (0, Vec::new());
    for source in corpus.0.iter().filter(|source| source.bytes.len() < 20 << 10) {
        for fault in corpus.faults(source, |_| 1) {
            let bytes = fault.apply(&corpus).bytes;
            let Ok(trace) = Trace::with_options(&bytes, Options::default().mode(Mode::Lenient)) else { continue };
            let ([start, .., end] | [start @ end]) = syncs(&trace)[..] else { continue };
            let third = end.0.wrapping_sub(start.0) / 3;
            // Generations behind the damage are copied, if they fit to what is in front of them.
            for to in [Some(Time(end.0 - third)), None] {
                let window = Window::new(Some(Time(start.0 + third)), to);
                let (bytes, report) = slice(&trace, window);
                tried += 1;
                if report.events + report.copied > 0
                    && let Err(e) = is_accepted(&bytes)
                {
                    wrong.push(format!("{fault} to {to:?}: {e}"));
                }
            }
        }
    }
    assert!(tried > 100, "{tried}");
    assert!(wrong.is_empty(), "{} of {tried} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
