//! Anonymized traces: no name is left, and all figures are.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::faults::Corpus;
use gotrace::anonymize::{Kind, Pseudonyms, anonymize};
use gotrace::{EventKind, Mode, Options, StateTransition, Trace};

/// Shortest name that is looked for: shorter ones occur in numbers by chance.
const SHORTEST: usize = 6;

fn finds(bytes: &[u8], name: &[u8]) -> bool {
    bytes.windows(name.len()).any(|part| part == name)
}

/// Returns what events are without their names.
fn essence(bytes: &[u8]) -> Vec<String> {
    let trace = Trace::parse(bytes).unwrap();
    let events = trace.events().map(|event| event.unwrap());
    events
        .map(|event| {
            let lines: Vec<_> =
                event.stack().into_iter().flat_map(|stack| stack.frames()).map(|frame| frame.line).collect();
            let reason = match event.kind() {
                EventKind::StateTransition(StateTransition::Goroutine { reason, .. }) => {
                    String::from_utf8_lossy(reason).into_owned()
                }
                _ => String::new(),
            };
            format!(
                "{} {:?} {:?} {:?} {lines:?} {reason}",
                event.time(),
                event.wire_type(),
                event.thread(),
                event.goroutine()
            )
        })
        .collect()
}

#[test]
fn no_name_is_left_and_all_events_are() {
    let (mut all, mut wrong) = (0, Vec::new());
    for source in Corpus::committed().0.iter().filter(|source| !source.name.contains("nostop")) {
        let (mut names, mut out) = (Pseudonyms::default(), Vec::new());
        anonymize(&Trace::parse(&source.bytes).unwrap(), &mut names, &mut out).unwrap();
        if essence(&source.bytes) != essence(&out) {
            wrong.push(format!("{}: other events", source.name));
        }
        let replaced = names.replaced();
        assert!(!replaced.is_empty(), "{}", source.name);
        for of in replaced.iter().filter(|of| of.name.len() >= SHORTEST) {
            all += 1;
            assert!(finds(&source.bytes, &of.name));
            if finds(&out, &of.name) {
                wrong.push(format!("{}: {}", source.name, String::from_utf8_lossy(&of.name)));
            }
        }
        // The same trace again gives the same pseudonyms.
        let mut again = Vec::new();
        anonymize(&Trace::parse(&source.bytes).unwrap(), &mut Pseudonyms::default(), &mut again).unwrap();
        assert!(out == again, "{}", source.name);
    }
    assert!(all > 2000, "{all}");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn each_kind_of_name_is_replaced() {
    let corpus = Corpus::committed();
    let mut kinds: Vec<Kind> = Vec::new();
    for name in ["go1.27/annotations", "go1.21/annotations", "go1.23/alloc"] {
        let source = corpus.0.iter().find(|source| source.name == name).unwrap();
        let mut names = Pseudonyms::default();
        anonymize(&Trace::parse(&source.bytes).unwrap(), &mut names, std::io::sink()).unwrap();
        kinds.extend(names.replaced().iter().map(|replaced| replaced.kind));
    }
    for kind in [Kind::Function, Kind::File, Kind::Task, Kind::Region, Kind::Category, Kind::Message, Kind::Type] {
        assert!(kinds.contains(&kind), "{kind}");
    }
}

#[test]
fn what_cannot_be_read_is_refused_before_anything_is_written() {
    let corpus = Corpus::committed();
    for name in ["go1.27/hello", "go1.21/hello"] {
        let bytes = &corpus.0.iter().find(|source| source.name == name).unwrap().bytes;
        let mut out = Vec::new();
        let cut = Trace::parse(&bytes[..bytes.len() - 1]).unwrap();
        assert!(anonymize(&cut, &mut Pseudonyms::default(), &mut out).is_err() && out.is_empty(), "{name}");
    }
}

#[test]
fn damaged_traces_leak_nothing() {
    let corpus = Corpus::committed();
    let (mut written, mut refused, mut wrong) = (0, 0, Vec::new());
    for source in corpus.0.iter().filter(|source| source.bytes.len() < 12 << 10) {
        let mut names = Pseudonyms::default();
        let whole = Trace::parse(&source.bytes).unwrap();
        if anonymize(&whole, &mut names, std::io::sink()).is_err() {
            continue;
        }
        let names: Vec<_> = names.replaced().into_iter().filter(|of| of.name.len() >= SHORTEST).collect();
        for fault in corpus.faults(source, |_| 1) {
            let bytes = fault.apply(&corpus).bytes;
            let Ok(trace) = Trace::with_options(&bytes, Options::default().mode(Mode::Lenient)) else { continue };
            let mut out = Vec::new();
            match anonymize(&trace, &mut Pseudonyms::default(), &mut out) {
                Ok(()) => written += 1,
                Err(_) => refused += 1,
            }
            let left = names.iter().find(|of| finds(&out, &of.name));
            wrong.extend(left.map(|of| format!("{fault}: {}", String::from_utf8_lossy(&of.name))));
        }
    }
    assert!(written > 100 && refused > 100, "{written} {refused}");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
