//! Traces of Go 1.5 to 1.21 made by hand: the error of each defect, the repair of lenient
//! reading, and that no damage makes the reader panic.

mod common;

use common::builder_v1::{File, uvarint};
use common::touch;
use gotrace::error::V1Error;
use gotrace::export::{footprint::Footprint, v1, wire};
use gotrace::limits::{MAX_V1_EVENT_SIZE, MAX_V1_FRAMES, MAX_V1_STRING_SIZE};
use gotrace::spec::v1::EventType::*;
use gotrace::{Error, ErrorKind, EventKind, GoState, Mode, Options, Repair, StateTransition, Trace, Version};
use proptest::prelude::*;

fn read(bytes: &[u8], mode: Mode) -> (Vec<std::string::String>, Vec<Error>) {
    let trace = match Trace::with_options(bytes, Options::default().mode(mode)) {
        Ok(trace) => trace,
        Err(e) => return (Vec::new(), vec![e]),
    };
    let (mut lines, mut errors) = (Vec::new(), Vec::new());
    let mut events = trace.events();
    for event in events.by_ref() {
        match event {
            Ok(event) => lines.push(format!("{} {}", event.time(), event.wire_type())),
            Err(e) => errors.push(e),
        }
    }
    errors.extend(events.warnings().iter().map(|w| w.error().clone()));
    (lines, errors)
}

fn check(name: &str, file: File) {
    let bytes = file.done();
    let (before, strict) = read(&bytes, Mode::Strict);
    let kinds: Vec<_> = strict.iter().map(|e| format!("{:?}", e.kind())).collect();
    assert_eq!(kinds.len(), 1, "{name}: {kinds:?}");
    let offset = strict[0].offset() as usize;
    assert!(kinds[0].starts_with(&format!("V1({name}")) || kinds[0].starts_with(name), "{name}: {kinds:?}");
    assert!((16..=bytes.len()).contains(&offset), "{name}: offset {offset}");
    let (after, warnings) = read(&bytes, Mode::Lenient);
    assert!(after.is_empty() || after.len() >= before.len(), "{name}: {after:?}");
    assert_eq!(format!("{:?}", warnings[0].kind()), kinds[0], "{name}, leniently");
}

#[test]
fn defects_of_the_order() {
    let begun = || File::begun(Version::Go121);
    check("Stuck", begun().event(GoUnblock, &[10, 2, 9, 0]));
    check("Stuck", begun().event(GoSched, &[10, 0]).event(GoSched, &[10, 0]));
    check("TimeOrder", begun().event(HeapAlloc, &[u64::MAX - 500, 5]));
    check("StraySyscallExit", begun().event(GoSysExit, &[10, 2, 2, 5000]));
    let blocked = || begun().event(GoSysCall, &[10, 0]).event(GoSysBlock, &[10]);
    check("TimeOrder", blocked().event(GoSysExit, &[10, 1, 2, 1070]));
    let two = begun().event(Batch, &[1, 1100]).event(GoUnblock, &[0, 2, 2, 0]);
    let both = two.event(Batch, &[2, 1100]).event(GoUnblock, &[0, 2, 2, 0]);
    check("ImpossibleTransition", both);
}

#[test]
fn defects_of_the_scheduler() {
    let begun = || File::begun(Version::Go121);
    let idle = || begun().event(GoBlock, &[10, 0]);
    for (name, file) in [
        ("ProcRuns", begun().event(ProcStart, &[10, 8])),
        ("ProcStopped", begun().event(Batch, &[1, 2000]).event(ProcStop, &[10])),
        ("ProcHas", begun().event(ProcStop, &[10])),
        ("NoGoroutine", idle().event(GoSysCall, &[10, 0])),
        ("RangeOpen", begun().event(STWStart, &[10, 1]).event(STWStart, &[10, 1])),
        ("RangeOpen", begun().event(GCStart, &[10, 0, 0]).event(GCStart, &[10, 1, 0])),
        ("RangeOpen", begun().event(GCSweepStart, &[10, 0]).event(GCSweepStart, &[10, 0])),
        ("RangeOpen", begun().event(GCMarkAssistStart, &[10, 0]).event(GCMarkAssistStart, &[10, 0])),
        ("RangeNotOpen", begun().event(GCDone, &[10])),
        ("RangeNotOpen", begun().event(STWDone, &[10])),
        ("RangeNotOpen", begun().event(GCSweepDone, &[10, 1, 2])),
        ("TaskExists", begun().event(UserTaskCreate, &[1, 5, 0, 0, 0]).event(UserTaskCreate, &[1, 5, 0, 0, 0])),
        ("RegionMode", begun().event(UserRegion, &[1, 5, 2, 0, 0])),
        ("RegionMismatch", begun().event(UserRegion, &[1, 5, 0, 1, 0]).event(UserRegion, &[1, 6, 1, 1, 0])),
    ] {
        check(name, file);
    }
    // Since Go 1.7, sequence numbers of goroutines rule these defects out.
    let old = || File::new(Version::Go105).event(Batch, &[0, 90, 1000]);
    let done = |file: File| file.event(Frequency, &[1, 0]);
    check("Goroutine ", done(old().event(GoStart, &[1, 10, 5])));
    let created = old().event(GoCreate, &[1, 10, 5, 0, 0]).event(GoCreate, &[1, 10, 5, 0, 0]);
    check("GoroutineExists", done(created));
}

#[test]
fn defects_of_the_wire() {
    let begun = || File::begun(Version::Go121);
    let mut unknown = begun();
    unknown.bytes.push(0x3f);
    check("UnknownEventType", unknown);
    check("UnknownEventType", File::begun(Version::Go110).event(UserTaskEnd, &[1, 2, 3]));
    check("ArgumentCount", begun().event(HeapAlloc, &[1, 2, 3]));
    check("OutsideBatch", File::new(Version::Go121).event(HeapAlloc, &[1, 2]));
    check("StringZero", begun().string(0, "x"));
    check("EmptyString", begun().string(1, ""));
    check("DuplicateString", begun().string(1, "a").string(1, "b"));
    check("AbsurdProc", begun().event(Batch, &[1 << 40, 5]));
    check("BadFrequency", begun().event(Frequency, &[0]));
    let mut long = begun();
    long.bytes.push(Stack as u8 | 0xc0);
    uvarint(&mut long.bytes, 1 << 60);
    check("EventTooLong", long);
    let mut frames = begun();
    frames.bytes.extend([Stack as u8 | 0xc0, 3, 1, 0xe9, 0x07]);
    check("TooManyFrames", frames);
    let mut partial = begun();
    partial.bytes.extend([HeapAlloc as u8 | 0xc0, 1, 0x80]);
    check("Argument", partial);
    let mut text = begun().event(UserLog, &[1, 5, 0, 0]);
    uvarint(&mut text.bytes, 1 << 60);
    check("StringTooLong", text);
    for cut in [begun().bytes, File::new(Version::Go121).bytes] {
        let (_, errors) = read(&cut, Mode::Strict);
        assert!(matches!(errors[0].kind(), ErrorKind::MissingFrequency), "{errors:?}");
    }
    let (kept, warnings) = read(&begun().bytes, Mode::Lenient);
    assert_eq!((kept.len(), warnings.len()), (5, 1), "ticks count as nanoseconds: {kept:?}");
}

/// Every limit of `gotrace::limits` passes, and one more does not.
#[test]
fn limits_are_where_they_are_said_to_be() {
    let kinds =
        |file: File| read(&file.done(), Mode::Strict).1.iter().map(|e| format!("{:?}", e.kind())).collect::<Vec<_>>();
    let begun = || File::begun(Version::Go121);

    let string = |size: u64| begun().string(1, &"x".repeat(size as usize));
    assert!(kinds(string(MAX_V1_STRING_SIZE)).is_empty());
    assert_eq!(kinds(string(MAX_V1_STRING_SIZE + 1)), ["V1(StringTooLong { size: 1000001 })"]);

    // A stack whose numbers take `size` bytes: all take one but the number
    // of frames, which takes two, and the last, which takes the bytes that are left.
    let sized = |size: u64| {
        let frames = (size - 3) / 4;
        let left = (size - 3 - 4 * frames) as usize;
        let mut file = begun();
        file.bytes.push(Stack as u8 | 0xc0);
        for number in [size, 1, frames] {
            uvarint(&mut file.bytes, number);
        }
        file.bytes.extend(vec![1; 4 * frames as usize - 1]);
        file.bytes.extend(vec![0x80; left]);
        file.bytes.push(1);
        file
    };
    assert!(kinds(sized(MAX_V1_EVENT_SIZE)).is_empty());
    assert_eq!(kinds(sized(MAX_V1_EVENT_SIZE + 1)), ["V1(EventTooLong { event: Stack, size: 2049 })"]);

    // Only the frames of Go 1.5, of one number each, can be so many.
    let deep = |frames: u64| {
        let numbers = [&[1, frames][..], &vec![0x11; frames as usize]].concat();
        let old = File::new(Version::Go105).event(Batch, &[0, 90, 1000]).event(HeapAlloc, &[1, 10, 5]);
        old.event(Stack, &numbers).event(Frequency, &[1_000_000_000, 0])
    };
    assert!(kinds(deep(MAX_V1_FRAMES)).is_empty());
    assert_eq!(kinds(deep(MAX_V1_FRAMES + 1)), ["V1(TooManyFrames { frames: 1001 })"]);
}

/// A file with a hole in it is larger than the reader takes. On other systems no file can have
/// such a hole, or memory such a size.
#[cfg(all(unix, target_pointer_width = "64"))]
#[test]
#[allow(unsafe_code, reason = "nobody else has the file")]
fn a_file_can_be_too_large() {
    use gotrace::{TraceFile, limits::MAX_V1_FILE};
    use std::io::Write;
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("too-large.trace");
    for (size, wrong) in [(MAX_V1_FILE + 1, "V1(FileTooLarge)"), (1 << 20, "V1(UnknownEventType { found: 0 })")] {
        let mut file = std::fs::File::create(&path).unwrap();
        file.write_all(&File::begun(Version::Go121).done()).unwrap();
        file.set_len(size).unwrap();
        // SAFETY: nobody changes the file.
        let file = unsafe { TraceFile::map(&path) }.unwrap();
        let strict = Trace::of_file(&file, Options::default()).unwrap().events().find_map(Result::err).unwrap();
        assert_eq!(format!("{:?}", strict.kind()), wrong);
        let lenient = Trace::of_file(&file, Options::default().mode(Mode::Lenient));
        assert_eq!(lenient.is_err(), wrong == "V1(FileTooLarge)", "{lenient:?}");
    }
    std::fs::remove_file(path).unwrap();
}

/// Each defect has a warning, as far as there is room.
#[test]
fn warnings_are_of_each_defect() {
    let wakes = (0..5).fold(File::begun(Version::Go121), |file, _| file.event(GoUnblock, &[10, 2, 9, 0]));
    let bytes = wakes.done();
    let (_, errors) = read(&bytes, Mode::Lenient);
    let places: std::collections::BTreeSet<u64> = errors.iter().map(Error::offset).collect();
    assert_eq!(places.len(), 5, "{errors:?}");

    let mut limits = gotrace::Limits::default();
    limits.warnings = 3;
    let options = Options::default().mode(Mode::Lenient).limits(limits);
    let trace = Trace::with_options(&bytes, options).unwrap();
    let mut events = trace.events();
    assert!(events.by_ref().all(|event| event.is_ok()));
    let [first, second, rest] = events.warnings() else { panic!("{:?}", events.warnings()) };
    assert_eq!([first.repair(), second.repair()], [Repair::Placed; 2]);
    assert_eq!(rest.repair(), Repair::AndMore(errors.len() as u64 - 2));
}

/// Lenient reading reports the bytes that it passes over, and reads on behind them.
#[test]
fn damage_ends_with_the_next_batch() {
    let mut file = File::begun(Version::Go121).event(HeapAlloc, &[10, 5]);
    let bad = file.bytes.len();
    file.bytes.extend([0x3f, 0x3f, 0x3f]);
    let bytes = file.event(Batch, &[1, 2000]).event(ProcStart, &[10, 8]).event(HeapAlloc, &[10, 7]).done();
    let (lines, errors) = read(&bytes, Mode::Lenient);
    assert_eq!(lines.iter().filter(|line| line.contains("HeapAlloc")).count(), 2, "{lines:?}");
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0].offset(), bad as u64);
    let trace = Trace::with_options(&bytes, Options::default().mode(Mode::Lenient)).unwrap();
    assert_eq!(trace.warnings()[0].repair(), Repair::Skipped(3));
}

/// In a callback from a C thread, the exit from the system call in which the
/// goroutine appears is not written, and the time of the next exit is stale.
#[test]
fn callbacks_from_c() {
    let file = File::begun(Version::Go121)
        .event(GoCreate, &[10, 9, 0, 0])
        .event(GoInSyscall, &[10, 9])
        .event(GoBlock, &[10, 0])
        .event(GoStart, &[100, 9, 2])
        .event(GoSysCall, &[10, 0])
        .event(GoSysBlock, &[10])
        .event(GoSysExit, &[50, 9, 3, 1150])
        .event(GoStartLocal, &[10, 9])
        .event(GoEnd, &[10]);
    let bytes = file.done();
    let trace = Trace::parse(&bytes).unwrap();
    let mut states = Vec::new();
    for event in trace.events() {
        if let EventKind::StateTransition(StateTransition::Goroutine { id, from, to, .. }) = event.unwrap().kind()
            && id.0 == 9
        {
            states.push((from, to));
        }
    }
    use GoState::*;
    let want = [
        (NotExist, Runnable),
        (Undetermined, Syscall),
        (Syscall, Runnable),
        (Runnable, Running),
        (Running, Syscall),
        (Syscall, Runnable),
        (Runnable, Running),
        (Running, NotExist),
    ];
    assert_eq!(states, want);
}

/// The end of a system call is put at the time that it states.
#[test]
fn late_ends_of_system_calls() {
    let bytes = File::begun(Version::Go119)
        .event(GoSysCall, &[10, 0])
        .event(GoSysBlock, &[10])
        .event(HeapAlloc, &[20, 1])
        .event(HeapGoal, &[20, 2])
        .event(GoSysExit, &[20, 1, 2, 1105])
        .done();
    let (lines, errors) = read(&bytes, Mode::Strict);
    assert!(errors.is_empty(), "{errors:?}");
    let tail: Vec<&str> = lines.iter().rev().take(5).rev().map(|line| line.split(' ').nth(1).unwrap()).collect();
    assert_eq!(tail, ["GoSyscallBegin", "HeapAlloc", "GoSyscallEndBlocked", "HeapGoal", "Sync"]);
    let mut dump = Vec::new();
    v1::write(&Trace::parse(&bytes).unwrap(), &mut dump).unwrap();
    let dump = std::string::String::from_utf8(dump).unwrap();
    assert!(dump.contains("95 GoSysExit p=1000003 g=1 off=") && dump.contains(" g=1 seq=2 ts=1105\n"), "{dump}");
}

#[test]
fn wakeups_in_vain_go() {
    let bytes = File::begun(Version::Go108)
        .event(GoUnblock, &[10, 2, 2, 0])
        .event(GoBlock, &[10, 0])
        .event(GoStart, &[10, 2, 3])
        .event(FutileWakeup, &[10])
        .event(GoBlockRecv, &[10, 0])
        .event(HeapAlloc, &[10, 1])
        .done();
    let (lines, errors) = read(&bytes, Mode::Strict);
    assert!(errors.is_empty(), "{errors:?}");
    assert!(!lines.iter().any(|line| line.contains("GoUnblock") || line.contains("GoStart")), "{lines:?}");
}

/// Events of Go 1.5 are in the order of their numbers, whatever the file's; frames are PCs.
#[test]
fn go_1_5() {
    let bytes = File::new(Version::Go105)
        .event(Batch, &[1, 100, 2000])
        .event(ProcStart, &[0, 10, 3])
        .event(Batch, &[0, 90, 1000])
        .event(GoCreate, &[1, 10, 5, 0x401000, 1])
        .event(ProcStart, &[1, 10, 4])
        .event(GoStart, &[1, 10, 5])
        .event(Gomaxprocs, &[1, 1, 2, 0])
        .event(GoCreate, &[1, 10, 6, 0x402000, 1])
        .event(Stack, &[1, 2, 0x403000, 0x404000])
        .event(Frequency, &[1_000_000_000, 0])
        .bytes;
    let trace = Trace::parse(&bytes).unwrap();
    let events: Vec<_> = trace.events().map(Result::unwrap).collect();
    let names: Vec<_> = events.iter().map(|event| event.wire_type().name()).collect();
    assert_eq!(names, ["Sync", "ProcStatus", "GoStatus", "GoCreate", "ProcStatus", "Sync"]);
    let pcs: Vec<_> = events[3].stack().unwrap().frames().map(|frame| frame.pc).collect();
    assert_eq!(pcs, [0x403000, 0x404000]);
    let EventKind::StateTransition(StateTransition::Goroutine { stack: Some(stack), .. }) = events[3].kind() else {
        panic!("{:?}", events[3])
    };
    assert_eq!(stack.frames().map(|frame| frame.pc).collect::<Vec<_>>(), [0x402001]);
}

#[test]
fn forms_that_are_not_there() {
    let bytes = File::begun(Version::Go121).done();
    let mut out = Vec::new();
    assert!(gotrace::wire::text::binary_to_text(&bytes, &mut out).is_err());
    let v2 = include_bytes!("../testdata/traces/go1.27/hello.trace");
    assert!(v1::write(&Trace::parse(v2).unwrap(), &mut out).unwrap_err().to_string().contains("1.5 to 1.21"));
    assert!(gotrace::wire::text::text_to_binary(b"Trace Go1.21\n", &mut out).is_err());
    let name = format!("{:?}", V1Error::StringZero);
    assert_eq!(name, "StringZero");
}

/// Reads everything, strictly and leniently.
fn touch_all(bytes: &[u8]) {
    for mode in [Mode::Strict, Mode::Lenient] {
        let mut out = Vec::new();
        if let Ok(trace) = Trace::with_options(bytes, Options::default().mode(mode)) {
            touch::trace(&trace);
            let _ = trace.timelines().map(|timelines| timelines.goroutines.len());
            let _ = v1::write(&trace, &mut out);
            for generation in trace.generations() {
                let mut count = gotrace::analysis::count::CollectCounts::default();
                count.raw_generation(generation, &mut Vec::new());
            }
        }
        let _ = wire::write(bytes, mode, &mut out);
        let _ = Footprint::of(bytes, mode).map(|footprint| footprint.write(&mut out));
    }
}

/// Returns traces with many kinds of events.
fn seeds() -> Vec<Vec<u8>> {
    let rich = |version| {
        let mut file = File::begun(version)
            .string(1, "main.main")
            .string(3, "main.go")
            .event(Stack, &[1, 2, 0x1000, 1, 3, 5, 0x2000, 1, 3, 9])
            .event(GoUnblock, &[10, 2, 2, 1])
            .event(GoSysCall, &[10, 1])
            .event(GoSysBlock, &[10])
            .event(Batch, &[1, 1085])
            .event(ProcStart, &[10, 8])
            .event(GoStart, &[10, 2, 3])
            .event(GoBlockNet, &[10, 1])
            .event(GoSysExit, &[10, 1, 2, 1110])
            .event(GoStartLocal, &[10, 1])
            .event(TimerGoroutine, &[1])
            .event(GoUnblockLocal, &[10, 2, 0])
            .event(HeapAlloc, &[10, 1 << 20]);
        if version >= Version::Go111 {
            file = file
                .event(UserTaskCreate, &[10, 5, 0, 1, 1])
                .event(UserRegion, &[10, 5, 0, 3, 1])
                .event(UserLog, &[10, 5, 1, 1])
                .text("hello")
                .event(UserRegion, &[10, 5, 1, 3, 1])
                .event(UserTaskEnd, &[10, 5, 1]);
        }
        if version >= Version::Go119 {
            file = file.event(CPUSample, &[10, 1100, 1, 2, 1]);
        }
        file.event(GoEnd, &[10]).done()
    };
    let mut seeds: Vec<_> = Version::ALL.into_iter().filter(|v| v.is_v1() && *v >= Version::Go107).map(rich).collect();
    seeds.push(
        File::new(Version::Go105)
            .event(Batch, &[0, 90, 1000])
            .event(GoCreate, &[1, 10, 5, 0x401000, 1])
            .event(ProcStart, &[1, 10, 4])
            .event(GoStart, &[1, 10, 5])
            .event(GoSysCall, &[1, 10, 1])
            .event(GoSysBlock, &[1, 10])
            .event(GoSysExit, &[1, 10, 5, 96, 1060])
            .event(Stack, &[1, 2, 0x403000, 0x404000])
            .event(Frequency, &[1_000_000_000, 0])
            .bytes,
    );
    let recorded = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/traces/go1.21");
    for file in std::fs::read_dir(recorded).into_iter().flatten().flatten() {
        let bytes = std::fs::read(file.path()).unwrap();
        if bytes.len() < 20_000 {
            seeds.push(bytes);
        }
    }
    seeds
}

#[test]
fn seeds_are_good() {
    for (i, seed) in seeds().into_iter().enumerate() {
        let (lines, errors) = read(&seed, Mode::Strict);
        assert!(errors.is_empty() && lines.len() > 3, "seed {i}: {errors:?}");
        touch_all(&seed);
        for cut in 0..seed.len().min(600) {
            touch_all(&seed[..cut]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(600), ..ProptestConfig::default() })]

    #[test]
    fn damage_is_survived(seed: proptest::sample::Index, changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>(), 0..4u8), 1..8)) {
        let seeds = seeds();
        let mut file = seeds[seed.index(seeds.len())].clone();
        for (at, byte, how) in changes {
            let at = 16 + at.index(file.len().saturating_sub(15).max(1));
            match how {
                0 if at < file.len() => file.truncate(at),
                1 if at <= file.len() => file.insert(at, byte),
                2 if at < file.len() => drop(file.remove(at)),
                _ => file.iter_mut().skip(at).take(1).for_each(|b| *b = byte),
            }
        }
        touch_all(&file);
    }
}
