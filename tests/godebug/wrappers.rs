//! One log, as loggers, container runtimes, exports and terminals wrap it: the
//! same entries come out, each program's by itself.

use super::forms::{LAYOUTS, LINES, detail, json, summary};
use gotrace::godebug::{Entry, History, Item, Mixed, Moment, Scanner};
use std::collections::BTreeMap;

/// The entries of each program, and the warnings.
#[derive(Debug, Default, PartialEq)]
struct Programs {
    programs: BTreeMap<String, Vec<(u32, u128, Moment)>>,
    warnings: Vec<String>,
}

fn read(log: &[u8], piece: usize) -> Programs {
    let (mut seen, mut history, mut scanner) = (Programs::default(), History::default(), Scanner::default());
    let keep = |seen: &mut Programs, entry: Entry| {
        let program = entry.program.as_deref().unwrap_or_default().to_string();
        seen.programs.entry(program).or_default().push((entry.run, entry.time.as_millis(), entry.moment));
    };
    let mut each = |item: Item<'_>| {
        match item {
            Item::Found(found) => {
                history.push(found);
                std::iter::from_fn(|| history.pop()).for_each(|entry| keep(&mut seen, entry));
            }
            Item::Warning(warning) => seen.warnings.push(warning.to_string()),
        }
        Ok::<(), std::convert::Infallible>(())
    };
    for bytes in log.chunks(piece) {
        scanner.feed(bytes, &mut each).unwrap();
    }
    scanner.finish(&mut each).unwrap();
    history.finish();
    std::iter::from_fn(|| history.pop()).for_each(|entry| keep(&mut seen, entry));
    seen
}

fn plain(lines: &[String]) -> Vec<(u32, u128, Moment)> {
    let seen = read((lines.join("\n") + "\n").as_bytes(), usize::MAX);
    assert!(seen.warnings.is_empty() && seen.programs.len() == 1, "{seen:?}");
    seen.programs.into_values().next().unwrap()
}

#[track_caller]
fn gives(what: &str, log: &[u8], expected: &[(&str, &[String])]) {
    let expected: BTreeMap<_, _> =
        expected.iter().map(|(program, lines)| (program.to_string(), plain(lines))).collect();
    for piece in [usize::MAX, 7] {
        let seen = read(log, piece);
        assert_eq!(seen.warnings, [""; 0], "{what}");
        assert_eq!(seen.programs.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{what}");
        for (program, entries) in &expected {
            assert_eq!(seen.programs[program].len(), entries.len(), "{what}: {program}");
            assert_eq!(&seen.programs[program], entries, "{what}: {program}");
        }
    }
}

/// Returns the lines of two programs in turn, with the names of the programs.
fn in_turn<'a>(a: &'a [String], b: &'a [String]) -> Vec<(&'a str, &'a str)> {
    a.iter().zip(b).flat_map(|(a, b)| [(a.as_str(), "a"), (b.as_str(), "b")]).collect()
}

#[test]
fn one_program() {
    for lines in [summary(1, 3), detail(3)] {
        for (what, wrapper, name) in LINES {
            let wrapped: Vec<String> = (0..).zip(&lines).map(|(i, line)| wrapper(i % 60, line, "a")).collect();
            gives(what, (wrapped.join("\n") + "\n").as_bytes(), &[(name, &lines)]);
        }
    }
}

#[test]
fn two_programs_in_turn() {
    for (a, b) in [(summary(1, 3), summary(101, 50)), (detail(3), detail(50))] {
        for (what, wrapper, name) in LINES.iter().filter(|(.., name)| !name.is_empty()) {
            let lines = in_turn(&a, &b);
            let wrapped: Vec<_> = (0..).zip(&lines).map(|(i, (line, of))| wrapper(i % 60, line, of)).collect();
            let other = match *name {
                "97" => "98".to_string(),
                "host api[97]" => "host api[98]".to_string(),
                "a/app" => "b/app".to_string(),
                name => ["api-a", "/a", "a"].iter().find(|part| name.contains(*part)).map_or(String::new(), |part| {
                    // The last `a` of the part is that of the program's name.
                    let at = name.find(part).unwrap() + part.len() - 1;
                    format!("{}b{}", &name[..at], &name[at + 1..])
                }),
            };
            gives(what, (wrapped.join("\n") + "\n").as_bytes(), &[(name, &a), (&other, &b)]);
        }
    }
}

/// JSON is read in any layout.
#[test]
fn layouts_of_json() {
    let wrappers = ["fluentd", "name first", "Google Cloud", "journald's bytes"];
    for (a, b) in [(summary(1, 3), summary(101, 50)), (detail(3), detail(50))] {
        for (what, wrapper, name) in LINES.iter().filter(|(what, ..)| wrappers.contains(what)) {
            let lines = in_turn(&a, &b);
            let records: Vec<_> = (0..).zip(&lines).map(|(i, (line, of))| wrapper(i, line, of)).collect();
            let other = if *name == "97" { "98" } else { "b" };
            for (layout, lay) in LAYOUTS {
                gives(&format!("{what}, {layout}"), lay(&records).as_bytes(), &[(name, &a), (other, &b)]);
            }
        }
    }
}

#[test]
fn encodings() {
    for lines in [summary(1, 3), detail(3)] {
        let text = lines.join("\r\n") + "\r\n";
        for mark in ["", "\u{feff}"] {
            let units: Vec<u16> = format!("{mark}{text}").encode_utf16().collect();
            gives("UTF-16LE", &units.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<u8>>(), &[("", &lines)]);
            gives("UTF-16BE", &units.iter().flat_map(|unit| unit.to_be_bytes()).collect::<Vec<u8>>(), &[("", &lines)]);
            gives("UTF-8", format!("{mark}{text}").as_bytes(), &[("", &lines)]);
        }
    }
}

/// Lines that a terminal cut are joined, with and without the blank where it cut.
#[test]
fn widths() {
    for lines in [summary(1, 3), detail(3)] {
        for width in [40, 60, 79, 80, 100, 120, 132] {
            for trim in [false, true] {
                let cut = lines.iter().flat_map(|line| line.as_bytes().chunks(width));
                let text = cut.map(|part| String::from_utf8(part.to_vec()).unwrap());
                let text: String =
                    text.map(|part| if trim { part.trim_end().to_string() } else { part } + "\n").collect();
                gives(&format!("{width} columns"), text.as_bytes(), &[("", &lines)]);
            }
        }
    }
}

#[test]
fn records_in_one_line() {
    let lines = summary(1, 3);
    let own: Vec<String> = lines.iter().filter(|line| !line.starts_with("GET")).cloned().collect();
    for (what, log) in [
        ("blanks", lines.join(" ")),
        ("CR", lines.join("\r")),
        ("nothing", own.concat()),
        ("JSON", format!(r#"{{"log":{}}}"#, json(&lines.join("\n")))),
        ("logfmt", format!("level=info msg={}\n", json(&lines.join("\n")))),
    ] {
        gives(what, log.as_bytes(), &[("", &lines)]);
    }
}

/// Docker and CRI split a long line; the logger may say so; others split nothing.
#[test]
fn lines_split_by_the_runtime() {
    let (zeros, ticks) = ("0 ".repeat(4000), "123 ".repeat(4000));
    let long = format!(
        "SCHED 0ms: gomaxprocs=4000 idleprocs=0 threads=5 spinningthreads=0 needspinning=0 idlethreads=1 runqueue=1 \
         [ {zeros}] schedticks=[ {ticks}]"
    );
    let docker = |part: &str, of: &str| format!("{{\"log\":{},\"pod\":\"{of}\"}}\n", json(part));
    let (mut one, mut two, mut tagged, mut cri) = (String::new(), String::new(), String::new(), String::new());
    let lines = [long.clone()];
    let ended = long.clone() + "\n";
    for part in ended.as_bytes().chunks(16 << 10) {
        let part = std::str::from_utf8(part).unwrap();
        one += &(docker(part, "a") + "{\"log\":\"GET /\\n\",\"pod\":\"x\"}\n");
        two += &(docker(part, "a") + &docker(part, "b"));
    }
    let small: Vec<&str> = long.as_bytes().chunks(5000).map(|part| std::str::from_utf8(part).unwrap()).collect();
    for (at, part) in small.iter().enumerate() {
        let tag = if at + 1 < small.len() { "P" } else { "F" };
        tagged += &format!("{{\"log\":{},\"logtag\":\"{tag}\"}}\n", json(part));
        cri += &format!("2026-11-23T10:00:00Z stderr {tag} {part}\n2026-11-23T10:00:00Z stdout F hello\n");
    }
    gives("Docker", one.as_bytes(), &[("a", &lines)]);
    gives("Docker, two", two.as_bytes(), &[("a", &lines), ("b", &lines)]);
    gives("logtag", tagged.as_bytes(), &[("", &lines)]);
    gives("CRI", cri.as_bytes(), &[("", &lines)]);
}

/// Standard error as PowerShell saves it is read.
#[test]
fn powershell() {
    let lines = summary(1, 3);
    let mut shown = vec![format!("prog.exe : {}", lines[0])];
    shown.extend(
        [
            "At line:1 char:1",
            "+ .\\prog.exe 2> log.txt",
            "+ ~~~~~~~~~~~~~~~~~~~~~",
            "    + CategoryInfo          : NotSpecified: (SCHED 0ms: goma... [ 10 20 ]:String) [], RemoteException",
            "    + FullyQualifiedErrorId : NativeCommandError",
            " ",
        ]
        .map(str::to_string),
    );
    shown.extend(lines[1..].iter().cloned());
    let cut = shown.iter().flat_map(|line| line.as_bytes().chunks(120)).map(|part| String::from_utf8_lossy(part));
    let text: String = cut.map(|part| format!("{part}\r\n")).collect();
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    gives("PowerShell", &units.flat_map(u16::to_le_bytes).collect::<Vec<u8>>(), &[("", &lines)]);
}

fn runs(seen: &Programs) -> Vec<(&str, u32)> {
    seen.programs.iter().map(|(name, entries)| (name.as_str(), entries.last().map_or(0, |(run, ..)| *run))).collect()
}

/// A program that starts again is the same one, also with another process ID; a pod with
/// another name is another program.
#[test]
fn programs_that_begin_anew() {
    let lines = summary(1, 3);
    let all = |name: &str| lines.iter().map(|line| format!("{name}{line}\n")).collect::<String>();
    for (names, expected) in [
        (["", ""], &[("", 1)][..]),
        (["[pod/api-a/app] ", "[pod/api-a/app] "], &[("pod/api-a/app", 1)]),
        (["[pod/api-a/app] ", "[pod/api-b/app] "], &[("pod/api-a/app", 0), ("pod/api-b/app", 0)]),
        (["Nov 23 10:00:00 host api[1]: ", "Nov 23 10:01:00 host api[22]: "], &[("host api[1]", 1)]),
    ] {
        let seen = read((all(names[0]) + &all(names[1])).as_bytes(), usize::MAX);
        assert_eq!(runs(&seen), expected, "{names:?}");
        assert!(seen.programs.values().flatten().all(|(.., moment)| !matches!(moment, Moment::Mixed(_))));
    }
}

/// Returns the reason why the lines of a log without names cannot be judged.
fn why(log: &str) -> Option<Mixed> {
    let seen = read(log.as_bytes(), usize::MAX);
    let mut mixed = seen.programs.values().flatten().filter_map(|(.., moment)| match moment {
        Moment::Mixed(mixed) => Some(*mixed),
        _ => None,
    });
    let first = mixed.next();
    assert_eq!(mixed.next(), None, "it is said once");
    first
}

#[test]
fn programs_that_nothing_tells_apart() {
    let (a, b) = (summary(1, 3), summary(101, 50));
    let mixed = |keep: &dyn Fn(&str) -> String| {
        in_turn(&a, &b)
            .iter()
            .map(|(line, of)| keep(&line.replacen("00ms", if *of == "a" { "00ms" } else { "07ms" }, 1)) + "\n")
            .collect::<String>()
    };
    let only =
        |start: &'static str| move |line: &str| if line.starts_with(start) { line.to_string() } else { "x".into() };
    assert!(matches!(why(&mixed(&str::to_string)), Some(Mixed::Several { .. })));
    assert!(matches!(why(&mixed(&only("gc "))), Some(Mixed::Several { .. })));
    assert!(matches!(why(&mixed(&only("SCHED "))), Some(Mixed::Several { .. })), "{}", mixed(&only("SCHED ")));
    let backward: String = a.iter().rev().map(|line| format!("{line}\n")).collect();
    assert_eq!(why(&backward), Some(Mixed::Reversed));
    // One program that often starts again has no reason to be refused.
    let often: String = (0..9).flat_map(|_| a[..4].iter().map(|line| format!("{line}\n"))).collect();
    assert_eq!(why(&often), None);
}

/// The program's own text in front of a line that was cut names no program.
#[test]
fn text_in_front_is_no_name() {
    let lines = summary(1, 3);
    let own = ["", "request done ", "[GIN] ", "x: ", "a | b ", "level=info job=7 msg=x ", ""];
    for first in ["", "request done "] {
        let text: String = lines
            .iter()
            .enumerate()
            .map(|(i, line)| format!("{}{line}\n", if i == 0 { first } else { own[i % own.len()] }))
            .collect();
        gives(first, text.as_bytes(), &[("", &lines)]);
    }
}
