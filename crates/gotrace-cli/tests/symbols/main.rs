//! Names for program counters are those that Go's own tools give: `go tool addr2line` on
//! programs of every version and system, and Go 1.21's trace reader on a trace of
//! Go 1.5.
//!
//! It installs toolchains and builds programs, so it has a feature of its own:
//! `cargo test --release -p gotrace-cli --features live --test symbols`.

#![cfg(feature = "live")]

use gotrace::spec::v1::EventType;
use gotrace::wire::v1::event::RawEvents;
use gotrace::{EventKind, Frame, Stack, StateTransition, Symbols, Trace, Version};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const VERSIONS: [&str; 7] = ["1.21.13", "1.22.10", "1.23.9", "1.24.11", "1.25.5", "1.26.6", "1.27.3"];

/// Returns what a command prints for an input; the command must succeed.
fn text_of(command: &mut Command, input: &str) -> String {
    command.env("TZ", "UTC").env("GOTOOLCHAIN", "local").env("GOWORK", "off").env("GOFLAGS", "");
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_string());
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join().unwrap();
    assert!(output.status.success(), "{command:?}: {}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

fn go(version: &str) -> String {
    text_of(Command::new(format!("{ROOT}/testdata/toolchains.sh")).arg(version), "").trim().to_string()
}

fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// A system, a processor and flags for which a program is built.
#[derive(Clone, Copy)]
struct Build {
    name: &'static str,
    system: &'static str,
    processor: &'static str,
    cgo: bool,
    flags: &'static [&'static str],
}

const fn build(system: &'static str, processor: &'static str, flags: &'static [&'static str]) -> Build {
    Build { name: "chans", system, processor, cgo: false, flags }
}

/// The builds that need no C compiler but the machine's own.
const BUILDS: [Build; 14] = [
    build("linux", "amd64", &[]),
    build("linux", "amd64", &["-ldflags=-s -w"]),
    build("linux", "amd64", &["-buildmode=pie", "-trimpath"]),
    Build { name: "cgo", cgo: true, ..build("linux", "amd64", &[]) },
    Build { name: "cgo", cgo: true, ..build("linux", "amd64", &["-buildmode=pie"]) },
    build("linux", "386", &[]),
    build("linux", "arm64", &["-ldflags=-s -w"]),
    build("linux", "s390x", &[]),
    build("darwin", "amd64", &[]),
    build("darwin", "arm64", &["-ldflags=-s -w"]),
    build("windows", "amd64", &[]),
    build("windows", "386", &["-trimpath"]),
    build("windows", "arm64", &[]),
    build("freebsd", "amd64", &[]),
];

fn compile(go: &str, build: Build, output: &Path) {
    let mut command = Command::new(go);
    command.arg("build").args(build.flags).arg("-o").arg(output).arg(format!("./{}", build.name));
    command.env("GOOS", build.system).env("GOARCH", build.processor);
    command.env("CGO_ENABLED", if build.cgo { "1" } else { "0" });
    text_of(command.current_dir(format!("{ROOT}/testdata/programs")), "");
}

/// Returns addresses all over a program: around every function's beginning, and inside.
fn addresses(go: &str, program: &Path) -> Vec<u64> {
    let symbols = text_of(Command::new(go).args(["tool", "nm", "-n"]).arg(program), "");
    let text = symbols.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let address = u64::from_str_radix(words.next()?, 16).ok()?;
        matches!(words.next()?, "T" | "t").then_some(address)
    });
    let starts: BTreeSet<u64> = text.collect();
    let pairs = starts.iter().zip(starts.iter().skip(1));
    pairs.flat_map(|(&from, &to)| [from - 1, from, from + 1, from + (to - from) / 2, from + (to - from) / 3]).collect()
}

/// Returns what `go tool addr2line` prints for addresses.
fn ask_addr2line(go: &str, program: &Path, addresses: &[u64]) -> Vec<String> {
    let input: String = addresses.iter().map(|pc| format!("{pc:#x}\n")).collect();
    let answer = text_of(Command::new(go).args(["tool", "addr2line"]).arg(program), &input);
    let lines: Vec<&str> = answer.lines().collect();
    lines.chunks(2).map(|pair| known_line(&pair.join(" "))).collect()
}

/// Returns a place with line 0 if the table has no line; Go prints -1 or, for an address that
/// is no code, less.
fn known_line(place: &str) -> String {
    let (rest, line) = place.rsplit_once(':').unwrap();
    if line.starts_with('-') { format!("{rest}:0") } else { place.to_string() }
}

/// Returns what gotrace's reader says of an address, in the same form.
fn ask_ours(symbols: &Symbols, pc: u64) -> String {
    let Some(at) = symbols.locate(pc) else { return "? ?:0".to_string() };
    format!("{} {}:{}", String::from_utf8_lossy(at.func), String::from_utf8_lossy(at.file), at.line)
}

fn assert_same(name: &str, addresses: &[u64], symbols: &Symbols, go: &[String]) {
    assert_eq!(addresses.len(), go.len(), "{name}");
    let named = go.iter().filter(|line| !line.starts_with("? ")).count();
    assert!(named > 2000, "{name}: only {named} of {} addresses have a name", go.len());
    let ours = addresses.iter().map(|&pc| ask_ours(symbols, pc));
    // The build ID is no code, so the table's lines for it are random.
    let code = |place: &str| !place.starts_with("go:buildid ") && !place.starts_with("go.buildid ");
    let differ: Vec<_> = ours.zip(go).zip(addresses).filter(|((ours, go), _)| ours != *go && code(ours)).collect();
    assert!(
        differ.is_empty(),
        "{name}: {} of {} differ: {:#?}",
        differ.len(),
        go.len(),
        differ.get(..8.min(differ.len()))
    );
}

#[test]
fn addresses_have_the_names_that_addr2line_prints() {
    let mut total = 0;
    for version in VERSIONS {
        let go = go(version);
        // The newest version is tried on every system, the others on the machine's own only:
        // the tables of a version are the same on all, and building for each takes minutes.
        let builds = if version == VERSIONS[6] { &BUILDS[..] } else { &BUILDS[..2] };
        for (n, &build) in builds.iter().enumerate() {
            let name = format!("go{version} {}/{} {:?}", build.system, build.processor, build.flags);
            let (program, whole) = (scratch(&format!("{version}-{n}")), scratch(&format!("{version}-{n}-whole")));
            compile(&go, build, &program);
            // nm says nothing of a stripped program, so it is asked of one that is not.
            let flags = if build.flags == ["-ldflags=-s -w"] { &[] } else { build.flags };
            compile(&go, Build { flags, ..build }, &whole);
            let addresses = addresses(&go, &whole);
            let symbols =
                Symbols::of_executable(&std::fs::read(&program).unwrap()).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_same(&name, &addresses, &symbols, &ask_addr2line(&go, &program, &addresses));
            total += addresses.len();
        }
    }
    println!("{total} addresses compared");
}

/// A stripped PE file still has its names, though Go's own tool finds no table in it.
#[test]
fn stripped_windows_programs_keep_their_names() {
    for version in ["1.21.13", "1.27.3"] {
        let go = go(version);
        let [whole, stripped] = [&[][..], &["-ldflags=-s -w"]].map(|flags| {
            let program = scratch(&format!("{version}-{}.exe", flags.len()));
            compile(&go, build("windows", "amd64", flags), &program);
            program
        });
        let addresses = addresses(&go, &whole);
        let symbols = Symbols::of_executable(&std::fs::read(&stripped).unwrap()).unwrap();
        assert_same(version, &addresses, &symbols, &ask_addr2line(&go, &whole, &addresses));
    }
}

/// Builds the program that asks Go 1.21's packages; returns its path.
fn asker() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let output = scratch("ask-symbols");
        let script = format!("{ROOT}/testdata/in-goroot.sh");
        text_of(
            Command::new(script)
                .arg(format!("{ROOT}/crates/gotrace-cli/tests/symbols"))
                .arg(go("1.21.13"))
                .arg(&output),
            "",
        );
        output
    })
}

/// A line table in the format of Go 1.2 to 1.15, from the test data of Go's own reader, is
/// read.
#[test]
fn a_line_table_of_go_1_15() {
    let go = go("1.27.3");
    let packed = Path::new(&go).ancestors().nth(2).unwrap().join("src/debug/gosym/testdata/pcln115.gz");
    let table = scratch("pcln115");
    let unpack = format!("gzip -dc {} > {}", packed.display(), table.display());
    text_of(Command::new("sh").args(["-c", &unpack]), "");
    let answer = text_of(Command::new(asker()).arg("table").arg(&table), "");
    let (addresses, lines): (Vec<u64>, Vec<String>) = answer
        .lines()
        .map(|line| {
            let (pc, rest) = line.split_once(' ').unwrap();
            (u64::from_str_radix(&pc[2..], 16).unwrap(), known_line(rest))
        })
        .unzip();
    let symbols = Symbols::of_line_table(&std::fs::read(&table).unwrap(), 0).unwrap();
    assert_same("pcln115", &addresses, &symbols, &lines);
}

fn uvarint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Writes an event of Go 1.5: its type with the number of arguments, and its numbers.
fn event(out: &mut Vec<u8>, event: EventType, numbers: &[u64]) {
    let mut body = Vec::new();
    numbers.iter().for_each(|&n| uvarint(&mut body, n));
    // The first two numbers, sequence and time, do not count as arguments.
    let count = (numbers.len() - 2).min(3);
    out.push(event as u8 | (count as u8) << 6);
    if count == 3 {
        uvarint(out, body.len() as u64);
    }
    out.extend(body);
}

/// A stack, as a trace of Go 1.21 has it: return addresses less one, and names.
type Named = Vec<(u64, String)>;

fn named(frames: impl Iterator<Item = (u64, Vec<u8>, Vec<u8>, u64)>) -> Named {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    frames.map(|(pc, func, file, line)| (pc, format!("{} {}:{line}", text(func), text(file)))).collect()
}

fn owned(frame: Frame<'_>) -> (u64, Vec<u8>, Vec<u8>, u64) {
    (frame.pc, frame.func.to_vec(), frame.file.to_vec(), frame.line)
}

/// Returns a trace as Go 1.5 would have written it for a program: goroutine 1 yields once at
/// each of the stacks, and a goroutine begins at each of the starts.
fn go_1_5(stacks: &BTreeMap<u64, Named>, starts: &[u64]) -> Vec<u8> {
    let mut out = Version::Go105.header().to_vec();
    event(&mut out, EventType::Batch, &[0, 1, 1000]);
    event(&mut out, EventType::ProcStart, &[1, 1, 0]);
    // A trace begins with the goroutines that are there, and the number of Ps.
    event(&mut out, EventType::GoCreate, &[1, 1, 1, starts[0], 1]);
    event(&mut out, EventType::GoStart, &[1, 1, 1]);
    event(&mut out, EventType::Gomaxprocs, &[1, 1, 1, 1]);
    for (g, &start) in (2..).zip(starts) {
        event(&mut out, EventType::GoCreate, &[1, 1, g, start, 1]);
    }
    for &id in stacks.keys() {
        event(&mut out, EventType::GoSched, &[1, 1, id]);
        event(&mut out, EventType::GoStart, &[1, 1, 1]);
    }
    for g in (2..).take(starts.len()) {
        event(&mut out, EventType::GoEnd, &[1, 1]);
        event(&mut out, EventType::GoStart, &[1, 1, g]);
    }
    for (&id, frames) in stacks {
        let pcs = frames.iter().map(|(pc, _)| pc + 1);
        event(&mut out, EventType::Stack, &[id, frames.len() as u64].into_iter().chain(pcs).collect::<Vec<_>>());
    }
    event(&mut out, EventType::Frequency, &[1_000_000_000, 0]);
    out
}

#[test]
fn a_trace_of_go_1_5_has_the_stacks_of_go_1_21() {
    let go = go("1.21.13");
    let (program, new, old) = (scratch("chans"), scratch("chans.1.21.trace"), scratch("chans.1.5.trace"));
    // Nothing is inlined: Go 1.21 writes inlined calls as frames, and Go 1.5 did not.
    compile(&go, build("linux", "amd64", &["-gcflags=all=-l"]), &program);
    text_of(Command::new(&program).arg(&new), "");
    let bytes = std::fs::read(&new).unwrap();
    let trace = Trace::parse(&bytes).unwrap();
    assert_eq!(trace.version(), Version::Go121);
    // The runtime sometimes writes a frame without a function; such stacks are left out.
    let all = trace.generations()[0].stacks();
    let all = all.iter().map(|s| (s.id().0, named(s.frames().map(owned))));
    let stacks: BTreeMap<u64, Named> = all.filter(|(_, frames)| frames.iter().all(|of| of.1 != " :0")).collect();
    let created = RawEvents::new(&bytes, Version::Go121).map(Result::unwrap).filter(|e| e.event == EventType::GoCreate);
    let starts: Vec<u64> = created.filter_map(|e| Some(stacks.get(&e.numbers[2])?.first()?.0)).collect();
    assert!(stacks.len() > 15 && starts.len() > 4, "{} stacks, {} starts", stacks.len(), starts.len());

    let bytes = go_1_5(&stacks, &starts);
    std::fs::write(&old, &bytes).unwrap();
    let binary = std::fs::read(&program).unwrap();
    let symbols = Symbols::of_executable(&binary).unwrap();
    let trace = Trace::parse(&bytes).unwrap().with_symbols(&symbols).unwrap();

    // Each stack has the frames that Go 1.21 wrote itself.
    let (mut seen, mut begun, mut lines) = (0, 0, BTreeSet::new());
    for event in trace.events() {
        let event = event.unwrap();
        let mut note = |stack: Stack<'_>| {
            for (pc, place) in named(stack.frames().map(owned)) {
                lines.insert(format!("{pc:#x} {place}"));
            }
        };
        if let EventKind::StateTransition(StateTransition::Goroutine { stack: Some(stack), reason, .. }) = event.kind()
        {
            let got = named(stack.frames().map(owned));
            if reason == b"runtime.Gosched" {
                let want = stacks[&stack.id().0].iter().map(|(pc, place)| (pc + 1, place.clone()));
                assert_eq!(got, want.collect::<Named>(), "stack {}", stack.id());
                seen += 1;
            } else {
                assert_eq!(got.len(), 1, "{got:?}");
                begun += 1;
            }
            note(stack);
        }
        event.stack().into_iter().for_each(&mut note);
    }
    assert_eq!((seen, begun), (stacks.len(), starts.len()));

    // Go 1.21's own reader gives the same, from the same program.
    let path = format!("{}:{}", Path::new(&go).parent().unwrap().display(), std::env::var("PATH").unwrap());
    let asked = text_of(Command::new(asker()).arg("trace").arg(&old).arg(&program).env("PATH", path), "");
    let asked: BTreeSet<String> = asked.lines().map(|line| line.split_once(' ').unwrap().1.to_string()).collect();
    assert_eq!(lines, asked);

    // All commands that show stacks give the same names.
    let gotrace = |args: &[&str]| text_of(Command::new(env!("CARGO_BIN_EXE_gotrace")).args(args), "");
    let (old, program) = (old.to_str().unwrap(), program.to_str().unwrap());
    let repaired = scratch("chans.repaired.trace");
    // The exit status says that Go's reader refuses the trace as it was.
    let mut repair = Command::new(env!("CARGO_BIN_EXE_gotrace"));
    repair.args(["repair", old, "--binary", program, "-o", repaired.to_str().unwrap()]);
    assert_eq!(repair.status().unwrap().code(), Some(1));
    for args in [
        &["events", "--stacks", "inline", old, "--binary", program][..],
        &["events", "--json", old, "--binary", program],
        &["dump", old, "--binary", program],
        &["dump", repaired.to_str().unwrap()],
    ] {
        let text = gotrace(args);
        for (_, place) in stacks.values().flatten() {
            let (func, _) = place.split_once(' ').unwrap();
            assert!(text.contains(func), "{args:?}: {func}");
        }
    }
    assert!(gotrace(&["summary", old, "--binary", program, "--top", "0"]).contains("main.fanIn.func2"));
    let parsed = text_of(Command::new(go_27()).args(["tool", "trace", "-d=parsed"]).arg(&repaired), "");
    assert!(parsed.contains("main.fanIn.func2 @ 0x"), "{parsed:.1000}");
}

fn go_27() -> String {
    go("1.27.3")
}
