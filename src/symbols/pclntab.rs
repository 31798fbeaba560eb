//! The line table of a Go program, `.gopclntab`: the function, file and line
//! of each program counter. The runtime prints its own stacks from it, so
//! no linker flag leaves it out. The source is Go's `debug/gosym/pclntab.go`.
//!
//! ```text
//! header     magic, 0, 0, quantum, pointer size; counts and offsets of:
//! functions  (entry, offset of record) .., end of the last; sorted
//! records    entry, name, .., file program, line program, .., unit
//! programs   (value difference, pc difference) .., 0: varints
//! units      by unit (a package) and a file number, the file (since 1.16)
//! files      in Go 1.2 offsets of names; names end in 0 everywhere
//! ```

use super::Location;
use super::error::SymbolsError;

/// The most steps of a program: more than any function has lines, so that a
/// hostile table cannot make a look-up slow.
const MOST_STEPS: usize = 1 << 20;

/// The most bytes of a name. Go's longest, of generic functions, have thousands.
const MOST_NAME: usize = 1 << 16;

const AN_OFFSET: &str = "an offset within the table";

/// The format of a table, by the version of Go that introduced it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Format {
    /// One piece with offsets from its beginning; entries are addresses.
    Go12,
    /// Separate pieces for names, units, files and programs.
    Go116,
    /// Entries of 32 bits that count from the beginning of the text.
    Go118,
    /// For this crate the same as `Go118`.
    Go120,
}

impl Format {
    fn of_magic(magic: u32) -> Option<Format> {
        match magic {
            0xffff_fffb => Some(Format::Go12),
            0xffff_fffa => Some(Format::Go116),
            0xffff_fff0 => Some(Format::Go118),
            0xffff_fff1 => Some(Format::Go120),
            _ => None,
        }
    }
}

/// The first eight bytes of a table.
#[derive(Clone, Copy, Debug)]
struct Header {
    /// The magic number, read in the byte order in which it is a known one.
    magic: u32,
    big_endian: bool,
    quantum: u8,
    address: u8,
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Header> {
        let &[m0, m1, m2, m3, 0, 0, quantum @ (1 | 2 | 4), address @ (4 | 8)] = bytes.first_chunk()? else {
            return None;
        };
        let little = u32::from_le_bytes([m0, m1, m2, m3]);
        let big_endian = Format::of_magic(little).is_none() && Format::of_magic(little.swap_bytes()).is_some();
        let magic = if big_endian { little.swap_bytes() } else { little };
        Some(Header { magic, big_endian, quantum, address })
    }
}

/// Returns whether a table may begin there, judging by eight bytes.
#[cfg(feature = "symbols")]
pub(super) fn may_begin(bytes: &[u8]) -> bool {
    Header::read(bytes).is_some_and(|header| Format::of_magic(header.magic).is_some())
}

/// The byte order of a table and the size of its addresses.
#[derive(Clone, Copy, Debug)]
struct Numbers {
    big_endian: bool,
    /// The size of an address in bytes: 4 or 8.
    address: usize,
}

impl Numbers {
    fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let four = *bytes.get(at..)?.first_chunk()?;
        Some(if self.big_endian { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) })
    }

    fn address(self, bytes: &[u8], at: usize) -> Option<u64> {
        if self.address == 4 {
            return self.u32(bytes, at).map(u64::from);
        }
        let eight = *bytes.get(at..)?.first_chunk()?;
        Some(if self.big_endian { u64::from_be_bytes(eight) } else { u64::from_le_bytes(eight) })
    }
}

/// A table with the offsets of its pieces. Each piece is taken to reach to the table's end:
/// Go's own readers know no more either.
#[derive(Debug)]
pub(super) struct LineTable {
    bytes: Box<[u8]>,
    format: Format,
    numbers: Numbers,
    /// The unit of program counters in bytes.
    quantum: u32,
    /// The address from which entries count; 0 if entries are addresses.
    text: u64,
    names: usize,
    units: usize,
    files: usize,
    programs: usize,
    records: usize,
    functions: usize,
    count: usize,
}

/// A function: its address and its record.
#[derive(Clone, Copy, Debug)]
struct Function {
    entry: u64,
    /// The offset of the record in the table, in bytes.
    record: usize,
}

impl LineTable {
    /// Reads a table at `offset` of a file, for a program whose
    /// text is at the address 0; see [`at_text`](Self::at_text). Errs if the table is damaged.
    pub(super) fn read(bytes: &[u8], offset: u64) -> Result<LineTable, SymbolsError> {
        let wrong = |at: usize, expected| SymbolsError::Table { offset: offset + at as u64, expected };
        let Header { magic, big_endian, quantum, address } = Header::read(bytes)
            .ok_or(wrong(0, "a header: a magic number, 0, 0, the size of instructions and that of addresses"))?;
        let format = Format::of_magic(magic).ok_or(SymbolsError::UnknownFormat { offset, magic })?;
        let numbers = Numbers { big_endian, address: usize::from(address) };
        let inside = |place: usize| Some(place).filter(|&place| place < bytes.len());
        let word_at = |n: usize| 8 + n * numbers.address;
        let word = |n| usize::try_from(numbers.address(bytes, word_at(n))?).ok();
        let place = |n| word(n).and_then(inside).ok_or(wrong(word_at(n), AN_OFFSET));
        let entry_size = if format >= Format::Go118 { 4 } else { numbers.address };
        let count = word(0).filter(|&count| count < bytes.len() / (2 * entry_size));
        let count = count.ok_or(wrong(word_at(0), "a number of functions that the table has room for"))?;
        let mut table = LineTable {
            bytes: Box::default(),
            format,
            numbers,
            quantum: u32::from(quantum),
            text: 0,
            names: 0,
            units: 0,
            files: 0,
            programs: 0,
            records: 0,
            functions: word_at(1),
            count,
        };
        if format == Format::Go12 {
            let at = table.functions + (2 * count + 1) * entry_size;
            let files = numbers.u32(bytes, at).and_then(|files| inside(files as usize));
            table.files = files.ok_or(wrong(at, AN_OFFSET))?;
        } else {
            // From 1.18 on, the address of the text comes before the offsets of the pieces.
            let first = if format >= Format::Go118 { 3 } else { 2 };
            table.names = place(first)?;
            table.units = place(first + 1)?;
            table.files = place(first + 2)?;
            table.programs = place(first + 3)?;
            table.records = place(first + 4)?;
            table.functions = table.records;
        }
        table.bytes = bytes.into();
        table.check().map_err(|at| wrong(at, "functions in ascending order"))?;
        Ok(table)
    }

    /// Returns the table of a program whose text is at that address, from which entries
    /// count since Go 1.18; older tables are left as they are.
    pub(super) fn at_text(mut self, text: u64) -> LineTable {
        if self.format >= Format::Go118 {
            self.text = text;
        }
        self
    }

    /// Returns the address of the text if the header states it, as in most programs of Go
    /// 1.18 to 1.25.
    #[cfg(feature = "symbols")]
    pub(super) fn stated_text(&self) -> Option<u64> {
        let stated = self.numbers.address(&self.bytes, 8 + 2 * self.numbers.address)?;
        (self.format >= Format::Go118 && stated != 0).then_some(stated)
    }

    /// Checks that all functions are there and sorted; errs with the offset of one that is not.
    fn check(&self) -> Result<(), usize> {
        let mut last = 0;
        for n in 0..=self.count {
            let at = self.functions + 2 * n * self.entry_size();
            let entry = self.entry(n).filter(|&entry| entry >= last);
            last = entry.ok_or(at)?;
        }
        Ok(())
    }

    /// Returns the number of functions.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    fn entry_size(&self) -> usize {
        if self.format >= Format::Go118 { 4 } else { self.numbers.address }
    }

    fn index_number(&self, n: usize) -> Option<u64> {
        let at = self.functions + n * self.entry_size();
        if self.entry_size() == 4 {
            self.numbers.u32(&self.bytes, at).map(u64::from)
        } else {
            self.numbers.address(&self.bytes, at)
        }
    }

    /// Returns the address of the nth function; for `n` functions, `entry(n)` is the end of the
    /// last one.
    fn entry(&self, n: usize) -> Option<u64> {
        self.index_number(2 * n)?.checked_add(self.text)
    }

    /// Returns the function that a program counter is in.
    fn function(&self, pc: u64) -> Option<Function> {
        // The search finds the number of functions that begin at `pc` or before it.
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.entry(middle)? <= pc {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let n = low.checked_sub(1)?;
        if self.entry(n + 1)? <= pc {
            return None;
        }
        let record = self.records.checked_add(usize::try_from(self.index_number(2 * n + 1)?).ok()?)?;
        Some(Function { entry: self.entry(n)?, record })
    }

    /// Returns whether a function begins at an address.
    pub(super) fn is_entry(&self, pc: u64) -> bool {
        self.function(pc).is_some_and(|function| function.entry == pc)
    }

    /// Returns the place in the source of an instruction, as `go tool addr2line` prints
    /// it: for inlined code its own line, but the function that it is inlined into.
    pub(super) fn locate(&self, pc: u64) -> Option<Location<'_>> {
        let function = self.function(pc)?;
        let func = self.name(self.names, self.field(function, 1)?)?;
        let file = self.file(function, pc).unwrap_or_default();
        let line = self.field(function, 6).and_then(|program| self.value(program, function.entry, pc));
        Some(Location { func, file, line: line.unwrap_or_default().into() })
    }

    /// Returns the nth number of a function's record, counted from 1 behind the entry.
    fn field(&self, function: Function, n: usize) -> Option<u32> {
        let at = function.record.checked_add(self.entry_size() + 4 * (n - 1))?;
        self.numbers.u32(&self.bytes, at)
    }

    fn file(&self, function: Function, pc: u64) -> Option<&[u8]> {
        let number = self.value(self.field(function, 5)?, function.entry, pc)?;
        if self.format == Format::Go12 {
            // Files count from 1, so 0 stands for none.
            let at = self.files.checked_add((number as usize).checked_mul(4)?).filter(|_| number != 0)?;
            return self.name(0, self.numbers.u32(&self.bytes, at)?);
        }
        // Code made by the linker has unit -1 and files from 1: together, the first files of the table.
        let index = self.field(function, 8)?.wrapping_add(number);
        let name = self.numbers.u32(&self.bytes, self.units.checked_add((index as usize).checked_mul(4)?)?)?;
        self.name(self.files, name)
    }

    fn name(&self, piece: usize, offset: u32) -> Option<&[u8]> {
        let bytes = self.bytes.get(piece.checked_add(offset as usize)?..)?;
        let end = bytes.iter().take(MOST_NAME).position(|&byte| byte == 0)?;
        bytes.get(..end)
    }

    /// Runs a program up to a program counter; `None` if the program does not reach it.
    fn value(&self, program: u32, entry: u64, target: u64) -> Option<u32> {
        let bytes = self.bytes.get(self.programs.checked_add(program as usize)?..)?;
        let (mut pos, mut pc, mut value) = (0, entry, u32::MAX);
        for _ in 0..MOST_STEPS {
            let difference = varint(bytes, &mut pos)?;
            // A difference of 0 ends the program, but the first value may be the initial -1 itself.
            if difference == 0 && pc != entry {
                return None;
            }
            // Zigzag: the lowest bit is the sign.
            value = value.wrapping_add(difference >> 1 ^ (difference & 1).wrapping_neg());
            pc = pc.wrapping_add(u64::from(varint(bytes, &mut pos)?.wrapping_mul(self.quantum)));
            if target < pc {
                return i32::try_from(value).is_ok().then_some(value);
            }
        }
        None
    }
}

/// Reads a number of a program, of 32 bits.
fn varint(bytes: &[u8], pos: &mut usize) -> Option<u32> {
    crate::base::bytes::uvarint(bytes, pos).ok().map(|number| number as u32)
}
