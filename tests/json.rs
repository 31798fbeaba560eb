//! Events as JSON, from several threads: the text is what one writer makes of one event after the
//! other.

use gotrace::analysis::count::kind_of;
use gotrace::export::EventWriter;
use gotrace::export::json::{self, JsonStacks, JsonWriter};
use gotrace::export::side_by_side::Choice;
use gotrace::wire::text::ConvertError;
use gotrace::{Event, Mode, Options, Time, Trace, Window};
use std::path::{Path, PathBuf};

const FORMS: [JsonStacks; 3] = [JsonStacks::Ids, JsonStacks::Inline, JsonStacks::None];

/// Returns the committed traces, good and bad.
fn files() -> Vec<PathBuf> {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(testdata.join("traces")).unwrap().map(|folder| folder.unwrap().path()).collect();
    folders.push(testdata.join("bad"));
    let mut files: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()))
        .filter(|file| file.extension().is_some_and(|ending| ending == "trace"))
        .collect();
    files.sort();
    assert!(files.len() > 200, "{}", files.len());
    files
}

/// Returns what one writer makes of the events that are chosen, with the warnings or the error.
fn in_sequence(trace: &Trace<'_>, form: JsonStacks, choose: impl Fn(&Event<'_>) -> Choice) -> (Vec<u8>, String) {
    let mut writer = JsonWriter::new(Vec::new()).stacks(form);
    let mut events = trace.events();
    let mut failed = None;
    for event in events.by_ref() {
        match event {
            Err(e) => failed = Some(e),
            Ok(event) => match choose(&event) {
                Choice::Write => writer.event(&event).unwrap(),
                Choice::Skip => writer.pass_over(&event),
                _ => break,
            },
        }
    }
    let ended = failed.map_or_else(|| format!("{:?}", events.warnings()), |e| e.to_string());
    (writer.finish().unwrap(), ended)
}

/// Returns the text of so many threads, with the warnings or the error.
fn side_by_side(
    trace: &Trace<'_>,
    form: JsonStacks,
    threads: usize,
    choose: impl Fn(&Event<'_>) -> Choice + Send,
) -> (Vec<u8>, String) {
    let mut text = Vec::new();
    let ended = json::write(trace, threads, form, choose, |piece, _| {
        text.extend_from_slice(piece);
        Ok(())
    });
    let ended = match ended {
        Ok(warnings) => format!("{warnings:?}"),
        Err(ConvertError::Trace(e)) => e.to_string(),
        Err(other) => panic!("{other}"),
    };
    (text, ended)
}

/// Choice of events.
type Choose = Box<dyn Fn(&Event<'_>) -> Choice + Sync>;

/// Returns choices of events: all, some, and some until the one at a time.
fn choices(trace: &Trace<'_>) -> Vec<Choose> {
    let times: Vec<Time> = trace.events().map_while(Result::ok).map(|event| event.time()).collect();
    let end = times.get(times.len() * 2 / 3).copied().unwrap_or_default();
    let some = |event: &Event<'_>| match kind_of(event.wire_type()) {
        "StateTransition" if event.time().0 % 3 == 0 => Choice::Skip,
        _ => Choice::Write,
    };
    vec![
        Box::new(|_| Choice::Write),
        Box::new(some),
        Box::new(move |event| if event.time() < end { some(event) } else { Choice::End }),
    ]
}

#[test]
fn threads_change_no_line() {
    let mut lines = 0;
    for file in files() {
        let bytes = std::fs::read(&file).unwrap();
        let mut compare = |mode, form, choice: usize, threads: &[usize]| {
            let Ok(trace) = Trace::with_options(&bytes, Options::default().mode(mode)) else { return };
            let choose = &choices(&trace)[choice];
            let want = in_sequence(&trace, form, choose);
            for &threads in threads {
                let got = side_by_side(&trace, form, threads, choose);
                let what = format!("{}, {mode:?}, {form:?}, choice {choice}, {threads} threads", file.display());
                assert!(got.0 == want.0, "{what}: other text");
                assert_eq!(got.1, want.1, "{what}");
            }
            lines += want.0.iter().filter(|byte| **byte == b'\n').count();
        };
        compare(Mode::Lenient, JsonStacks::Ids, 0, &[1, 2, 3, 8]);
        compare(Mode::Lenient, JsonStacks::Inline, 0, &[3]);
        compare(Mode::Lenient, JsonStacks::None, 0, &[3]);
        compare(Mode::Lenient, JsonStacks::Ids, 1, &[3]);
        compare(Mode::Lenient, JsonStacks::Ids, 2, &[3]);
        compare(Mode::Strict, JsonStacks::Ids, 0, &[3]);
    }
    assert!(lines > 1_000_000, "{lines}");
}

/// Stacks are numbered in the order of the lines of a window, and functions are known from the
/// events in front of it.
#[test]
fn a_window_has_the_lines_of_its_events() {
    let bytes = include_bytes!("../testdata/traces/go1.27/mixed.trace");
    let trace = Trace::parse(bytes).unwrap();
    let times: Vec<Time> = trace.events().map(|event| event.unwrap().time()).collect();
    let [from, to] = [times[times.len() / 2], times[times.len() * 3 / 4]];
    for form in FORMS {
        let window = Window::new(Some(from), Some(to));
        let mut events = window.events(&trace);
        let mut writer = JsonWriter::new(Vec::new()).stacks(form);
        while let Some((event, is_within)) = events.next_read().transpose().unwrap() {
            if is_within { writer.event(&event).unwrap() } else { writer.pass_over(&event) }
        }
        let want = writer.finish().unwrap();
        assert!(want.iter().filter(|byte| **byte == b'\n').count() > times.len() / 4 - 10);
        for threads in [1, 2, 3, 8] {
            let mut text = Vec::new();
            let written = window.write_json(
                &trace,
                threads,
                form,
                |_| Choice::Write,
                |piece, _| {
                    text.extend_from_slice(piece);
                    Ok(())
                },
            );
            assert!(written.unwrap().is_empty() && text == want, "{form:?}, {threads} threads");
        }
    }
}
