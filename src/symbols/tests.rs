//! Tests of line tables made by hand, in every format, good and bad.

use super::*;
use crate::generation::stack::symbolized;
use crate::{EventKind, Mode, Options, Stack, StateTransition, Trace, Version};
use proptest::prelude::*;

/// The format in which a table is written.
#[derive(Clone, Copy, Debug)]
struct Shape {
    magic: u32,
    big_endian: bool,
    address: usize,
}

impl Shape {
    fn all() -> impl Iterator<Item = Shape> {
        [0xffff_fffb, 0xffff_fffa, 0xffff_fff0, 0xffff_fff1].into_iter().flat_map(|magic| {
            [(false, 8), (false, 4), (true, 8), (true, 4)].map(|(big_endian, address)| Shape {
                magic,
                big_endian,
                address,
            })
        })
    }

    /// Returns whether entries count from the beginning of the text.
    fn counts_from_text(self) -> bool {
        self.magic == 0xffff_fff0 || self.magic == 0xffff_fff1
    }

    fn u32(self, value: u32) -> Vec<u8> {
        if self.big_endian { value.to_be_bytes().to_vec() } else { value.to_le_bytes().to_vec() }
    }

    fn address(self, value: usize) -> Vec<u8> {
        match (self.address, self.big_endian) {
            (4, _) => self.u32(value as u32),
            (_, true) => (value as u64).to_be_bytes().to_vec(),
            (_, false) => (value as u64).to_le_bytes().to_vec(),
        }
    }

    /// Returns the bytes of an entry of a function's record.
    fn entry(self, value: usize) -> Vec<u8> {
        if self.counts_from_text() { self.u32(value as u32 - TEXT as u32) } else { self.address(value) }
    }
}

const TEXT: u64 = 0x1000;

const FILES: &[u8] = b"/a.go\0/b.go\0";
const NAMES: &[u8] = b"main.a\0main.b[\xff]\0";
/// The program of lines: differences, their sign in the lowest bit, and lengths in bytes. One
/// byte belongs to no function, so that none is at 0; then line 10 for 4 bytes, 9 for 4, 300 for 8.
const LINES: [u8; 8] = [0, 22, 4, 1, 4, 0xc6, 0x04, 8];
/// The program of files, one and then the other, for 8 bytes each. Files count from 0, or
/// from 1 in Go 1.2.
const IN_FILE_0: [u8; 5] = [2, 8, 2, 8, 0];
const IN_FILE_1: [u8; 5] = [4, 8, 2, 8, 0];

/// Returns a table of two functions of 16 bytes: `main.a` from 0x1000, one half from one
/// file and one half from another, and `main.b` behind it.
fn table(shape: Shape) -> Vec<u8> {
    let old = shape.magic == 0xffff_fffb;
    let mut programs = LINES.to_vec();
    programs.push(0);
    let in_files = programs.len() as u32;
    programs.extend(if old { IN_FILE_1 } else { IN_FILE_0 });
    let words = match (old, shape.counts_from_text()) {
        (true, _) => 1,
        (false, true) => 8,
        (false, false) => 7,
    };
    let header = 8 + words * shape.address;
    let entry_size = shape.entry(TEXT as usize).len();
    let index = 5 * entry_size + if old { 4 } else { 0 };
    let record = entry_size + 8 * 4;
    // Offsets in records count from the table, or from the index.
    let (index_at, names_at) = (header, header + index + 2 * record);
    let files_at = names_at + NAMES.len();
    let units_at = files_at + FILES.len();
    let programs_at = units_at + 12;
    let base = |piece: usize| if old { piece as u32 } else { 0 };

    let mut out = [shape.u32(shape.magic), vec![0, 0, 1, shape.address as u8], shape.address(2)].concat();
    let pieces = [names_at, units_at, files_at, programs_at, index_at];
    match (old, shape.counts_from_text()) {
        (true, _) => {}
        (false, true) => [2, 0].iter().chain(&pieces).for_each(|&word| out.extend(shape.address(word))),
        (false, false) => [2].iter().chain(&pieces).for_each(|&word| out.extend(shape.address(word))),
    }
    assert_eq!(out.len(), header, "{shape:?}");
    let records_at = if old { index_at + index } else { index };
    for (n, entry) in [0x1000, 0x1010].into_iter().enumerate() {
        out.extend(shape.entry(entry));
        let offset = records_at + n * record;
        out.extend(if shape.counts_from_text() { shape.u32(offset as u32) } else { shape.address(offset) });
    }
    out.extend(shape.entry(0x1020));
    if old {
        out.extend(shape.u32(units_at as u32));
    }
    for (entry, name) in [(0x1000, 0), (0x1010, 7)] {
        out.extend(shape.entry(entry));
        let (lines, files) = (base(programs_at) + 1, base(programs_at) + in_files);
        for field in [base(names_at) + name, 0, 0, 0, files, lines, 0, 0] {
            out.extend(shape.u32(field));
        }
    }
    out.extend(NAMES);
    out.extend(FILES);
    // In Go 1.2, the file table: its size, and the offsets of names.
    let units = if old { [3, files_at as u32, files_at as u32 + 6] } else { [0, 6, u32::MAX] };
    units.into_iter().for_each(|number| out.extend(shape.u32(number)));
    out.extend(programs);
    out
}

/// Returns an ELF file of 64 bits with a table in a section of that name, and its
/// text at `TEXT`.
#[cfg(feature = "symbols")]
fn elf(table: &[u8], section: &str) -> Vec<u8> {
    const HEADER: usize = 64;
    let names = format!("\0.text\0.shstrtab\0{section}\0");
    let (names_at, table_at) = (HEADER + 4 * 64, HEADER + 4 * 64 + names.len().next_multiple_of(8));
    let mut out = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    // An executable for x86-64; no program headers, four section headers, the third names them.
    [2_u16, 62, 1, 0].into_iter().for_each(|half| out.extend(half.to_le_bytes()));
    [TEXT, 0, HEADER as u64].into_iter().for_each(|word| out.extend(word.to_le_bytes()));
    [0_u16, 0, 64, 0, 0, 64, 4, 2].into_iter().for_each(|half| out.extend(half.to_le_bytes()));
    // Name, type (bits, strings), flags (allocated, executable), address, offset, size.
    for (name, kind, flags, address, offset, size) in [
        (0, 0, 0, 0, 0, 0),
        (1, 1, 6, TEXT, 0, 32),
        (7, 3, 0, 0, names_at, names.len()),
        (17, 1, 2, 0x2000, table_at, table.len()),
    ] {
        [name, kind].into_iter().for_each(|word: u32| out.extend(word.to_le_bytes()));
        let words = [flags, address, offset as u64, size as u64, 0, 1, 0];
        words.into_iter().for_each(|word: u64| out.extend(word.to_le_bytes()));
    }
    out.extend(names.bytes());
    out.resize(table_at, 0);
    out.extend(table);
    out
}

fn at<'s>(func: &'s [u8], file: &'s [u8], line: u64) -> Option<Location<'s>> {
    Some(Location { func, file, line })
}

#[test]
fn every_format_is_read() {
    for shape in Shape::all() {
        let symbols = Symbols::of_line_table(&table(shape), TEXT).unwrap_or_else(|e| panic!("{shape:?}: {e}"));
        assert_eq!(symbols.functions(), 2);
        for (pc, want) in [
            (0xfff, None),
            (0x1000, at(b"main.a", b"/a.go", 10)),
            (0x1003, at(b"main.a", b"/a.go", 10)),
            (0x1004, at(b"main.a", b"/a.go", 9)),
            (0x1008, at(b"main.a", b"/b.go", 300)),
            (0x100f, at(b"main.a", b"/b.go", 300)),
            (0x1010, at(b"main.b[\xff]", b"/a.go", 10)),
            (0x101f, at(b"main.b[\xff]", b"/b.go", 300)),
            (0x1020, None),
            (u64::MAX, None),
        ] {
            assert_eq!(symbols.locate(pc), want, "{shape:?}, {pc:#x}");
        }
    }
}

#[test]
fn frames_are_of_the_call_before_the_return_address() {
    let symbols = Symbols::of_line_table(&table(Shape::all().next().unwrap()), 0).unwrap();
    let frame = symbolized(&symbols, 0x1010);
    assert_eq!((frame.pc, frame.func, frame.line), (0x1010, &b"main.a"[..], 300));
    let unknown = symbolized(&symbols, 0);
    assert_eq!((unknown.func, unknown.file, unknown.line), (&b"?"[..], &b"?"[..], 0));
}

/// Returns a trace of Go 1.5: goroutine 1 creates others, which begin at these addresses,
/// and yields.
fn go_1_5(starts: &[u64]) -> Vec<u8> {
    let mut out = Version::Go105.header().to_vec();
    let mut event = |event: EventType, arguments: &[u64]| {
        // The first two numbers, of sequence and time, are not counted.
        let mut body = Vec::new();
        arguments.iter().for_each(|&n| crate::base::bytes::put_uvarint(&mut body, n));
        let count = (arguments.len() - 2).min(3) as u8;
        out.push(event as u8 | count << 6);
        if count == 3 {
            crate::base::bytes::put_uvarint(&mut out, body.len() as u64);
        }
        out.extend(body);
    };
    event(EventType::Batch, &[0, 1, 1000]);
    event(EventType::GoCreate, &[1, 1, 1, 0x1000, 0]);
    event(EventType::ProcStart, &[1, 1, 0]);
    event(EventType::GoStart, &[1, 1, 1]);
    event(EventType::Gomaxprocs, &[1, 1, 1, 0]);
    for (g, &start) in (2..).zip(starts) {
        event(EventType::GoCreate, &[1, 1, g, start, 1]);
    }
    event(EventType::Stack, &[1, 2, 0x1005, 0x4000]);
    event(EventType::Frequency, &[1_000_000_000, 0]);
    out
}

fn frames(stack: Stack<'_>) -> Vec<(u64, String)> {
    stack.frames().map(|frame| (frame.pc, String::from_utf8_lossy(&frame.name()).into_owned())).collect()
}

/// Returns the frames of the goroutines that are created, and of their creators.
fn created(trace: &Trace<'_>) -> Vec<Vec<(u64, String)>> {
    let mut found = Vec::new();
    for event in trace.events().map(Result::unwrap) {
        if let EventKind::StateTransition(StateTransition::Goroutine { stack: Some(its), .. }) = event.kind() {
            found.extend([frames(its), event.stack().map(frames).unwrap_or_default()]);
        }
    }
    found
}

#[test]
fn frames_of_go_1_5_are_named() {
    let symbols = Symbols::of_line_table(&table(Shape::all().next().unwrap()), 0).unwrap();
    let bytes = go_1_5(&[0x1010]);
    let names = |names: [(u64, &str); 3]| {
        let [its, call, outside] = names.map(|(pc, name)| (pc, name.to_string()));
        [vec![its], vec![call, outside]]
    };
    let bare = Trace::parse(&bytes).unwrap();
    assert_eq!(created(&bare), names([(0x1011, "0x1011"), (0x1005, "0x1005"), (0x4000, "0x4000")]));
    let named = Trace::parse(&bytes).unwrap().with_symbols(&symbols).unwrap();
    assert_eq!(created(&named), names([(0x1011, "main.b[\u{fffd}]"), (0x1005, "main.a"), (0x4000, "?")]));
}

#[test]
fn another_program_is_refused() {
    let symbols = Symbols::of_line_table(&table(Shape::all().next().unwrap()), 0).unwrap();
    // A single wrong one may be damage; most of them are not.
    for (starts, elsewhere) in [
        (&[][..], None),
        (&[0x1000, 0x1010], None),
        (&[0x1000, 0x1011], None),
        (&[0x1001, 0x1011], Some(2)),
        (&[0, 0x1020, 0x1ff0, u64::MAX], Some(4)),
    ] {
        let bytes = go_1_5(starts);
        let trace = Trace::with_options(&bytes, Options::default().mode(Mode::Lenient)).unwrap();
        let want = elsewhere.map(|elsewhere| SymbolsError::OtherProgram { starts: starts.len() as u64 + 1, elsewhere });
        assert_eq!(trace.with_symbols(&symbols).err(), want, "{starts:?}");
    }
}

#[test]
fn newer_traces_keep_their_own_names() {
    let symbols = Symbols::of_line_table(&table(Shape::all().next().unwrap()), 0).unwrap();
    let bytes = include_bytes!("../../testdata/traces/go1.27/hello.trace");
    let (before, after) = (Trace::parse(bytes).unwrap(), Trace::parse(bytes).unwrap().with_symbols(&symbols).unwrap());
    assert_eq!(created(&before), created(&after));
    assert!(!created(&before).is_empty());
}

#[test]
fn what_is_wrong_is_named() {
    let shape = Shape { magic: 0xffff_fff1, big_endian: false, address: 8 };
    let good = table(shape);
    let with = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        bytes
    };
    for (bytes, want) in [
        (vec![], "byte 0x0: the line table is damaged; expected a header"),
        (good[..7].to_vec(), "byte 0x0: the line table is damaged; expected a header"),
        (with(0, 0xf2), "byte 0x0: a line table of an unknown format, 0xfffffff2"),
        (with(6, 3), "byte 0x0: the line table is damaged; expected a header"),
        (with(15, 1), "byte 0x8: the line table is damaged; expected a number of functions"),
        (with(9, 1), "byte 0x8: the line table is damaged; expected a number of functions"),
        (with(37, 1), "byte 0x20: the line table is damaged; expected an offset within the table"),
        // The first function's entry, behind the second one's.
        (with(72, 0x11), "byte 0x50: the line table is damaged; expected functions in ascending order"),
        (good[..80].to_vec(), "expected"),
    ] {
        let error = Symbols::of_line_table(&bytes, TEXT).unwrap_err().to_string();
        assert!(error.starts_with(want) || want == "expected" && error.contains(want), "{error}, not {want}");
    }
}

#[cfg(feature = "symbols")]
#[test]
fn tables_are_found_in_executables() {
    for shape in Shape::all() {
        for section in [".gopclntab", ".data.rel.ro.gopclntab", ".rodata"] {
            let file = elf(&table(shape), section);
            let symbols = Symbols::of_executable(&file).unwrap_or_else(|e| panic!("{shape:?} {section}: {e}"));
            assert_eq!(symbols.locate(0x1004), at(b"main.a", b"/a.go", 9), "{shape:?}, {section}");
        }
        let damaged = elf(&table(shape)[..60], ".gopclntab");
        let error = Symbols::of_executable(&damaged).unwrap_err().to_string();
        let offset = damaged.len() - 60;
        assert!(error.contains("the line table is damaged") && !error.starts_with("byte 0x0"), "{offset}: {error}");
        assert_eq!(Symbols::of_executable(&elf(&table(shape)[..60], ".rodata")).err(), Some(SymbolsError::NoLineTable));
    }
}

/// Writes small files of every format, from which fuzzing begins.
#[cfg(feature = "symbols")]
#[test]
#[ignore = "fuzz/seed.sh runs it"]
fn write_seeds() {
    let dir = std::path::PathBuf::from(std::env::var("GOTRACE_SEEDS").unwrap());
    for (n, shape) in Shape::all().enumerate() {
        std::fs::write(dir.join(format!("table-{n}")), table(shape)).unwrap();
        std::fs::write(dir.join(format!("elf-{n}")), elf(&table(shape), ".gopclntab")).unwrap();
        std::fs::write(dir.join(format!("stripped-{n}")), elf(&table(shape), ".rodata")).unwrap();
    }
}

#[cfg(feature = "symbols")]
#[test]
fn what_is_no_go_program_is_named() {
    let fat = [0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let myself = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    for (bytes, want) in [
        (&[][..], "expected an executable"),
        (b"go 1.5 trace\0\0\0\0", "expected an executable"),
        (&fat, "universal"),
        (&myself[..64], "cannot be read"),
        (&myself, "no Go line table"),
    ] {
        let error = Symbols::of_executable(bytes).unwrap_err().to_string();
        assert!(error.contains(want), "{error}, not {want}");
    }
}

/// Looks up all addresses in and around the table.
fn touch(symbols: &Symbols) {
    for pc in (0xff0..0x1030).chain([0, u64::from(u32::MAX), u64::MAX]) {
        let _ = symbols.locate(pc);
    }
}

proptest! {
    /// Checks that no damage makes the reader panic.
    #[test]
    fn damaged_tables(
        shape in 0..16_usize,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        length in any::<prop::sample::Index>(),
        text in prop_oneof![Just(TEXT), any::<u64>()],
    ) {
        let mut bytes = table(Shape::all().nth(shape).unwrap());
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        for bytes in [&bytes[..], &bytes[..length.index(bytes.len())]] {
            Symbols::of_line_table(bytes, text).iter().for_each(touch);
        }
    }
}
