//! Names for program counters, from the program that was traced.
//!
//! Traces of Go 1.5 and 1.6 carry stacks as program counters alone; newer ones
//! carry names. What `go tool trace` of Go 1.21 makes of them with the program's
//! binary, [`Trace::with_symbols`](crate::Trace::with_symbols) makes of them.

mod error;
#[cfg(feature = "symbols")]
mod executable;
mod pclntab;
#[cfg(test)]
mod tests;

pub use error::SymbolsError;

use crate::event::stack::Frame;
use crate::trace::Trace;
use crate::wire::v1::event::RawEvents;
use crate::wire::v1::spec::{EventType, lead};
use pclntab::LineTable;

/// The functions, files and lines of a Go program.
///
/// It owns its table: the program's bytes may go. It takes up to a third of
/// the program's size in memory.
#[derive(Debug)]
pub struct Symbols {
    table: LineTable,
}

/// A place in the source of a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Location<'s> {
    /// The function's name, not necessarily UTF-8. For code that was inlined,
    /// the function that it was inlined into.
    pub func: &'s [u8],
    /// The source file; empty if the table does not tell.
    pub file: &'s [u8],
    /// The line in that file, from 1; 0 if the table does not tell.
    pub line: u64,
}

impl Symbols {
    /// Reads the symbols of a Go program from the bytes of its executable: an
    /// ELF, Mach-O or PE file of any version of Go since 1.2, stripped or not.
    ///
    /// # Errors
    /// If it is no executable, has no Go line table, or is damaged.
    #[cfg(feature = "symbols")]
    pub fn of_executable(bytes: &[u8]) -> Result<Symbols, SymbolsError> {
        executable::line_table(bytes).map(|table| Symbols { table })
    }

    /// Reads the symbols of a Go program from its line table (the section
    /// `.gopclntab`). `text` is the address of `runtime.text`, which entries
    /// are counted from since Go 1.18; for older programs it does not matter.
    ///
    /// # Errors
    /// If it is damaged or of an unknown format; offsets count from its beginning.
    pub fn of_line_table(bytes: &[u8], text: u64) -> Result<Symbols, SymbolsError> {
        LineTable::read(bytes, 0).map(|table| Symbols { table: table.at_text(text) })
    }

    /// The place in the source of the instruction at an address, as `go tool
    /// addr2line` prints it; none outside all functions. Of a return address,
    /// the call is the instruction before it: ask for one less.
    pub fn locate(&self, pc: u64) -> Option<Location<'_>> {
        self.table.locate(pc)
    }

    /// How many functions the program has.
    pub fn functions(&self) -> usize {
        self.table.len()
    }

    /// The frame of a stack, whose program counters are return addresses; with
    /// the names that `go tool trace` of Go 1.21 gives it, `?` where the program
    /// has no function.
    pub(crate) fn frame(&self, pc: u64) -> Frame<'_> {
        let unknown = Location { func: b"?", file: b"?", line: 0 };
        let Location { func, file, line } = self.locate(pc.wrapping_sub(1)).unwrap_or(unknown);
        Frame { pc, func, file, line }
    }

    /// Makes sure that it is the program that wrote a trace of Go 1.5 or 1.6,
    /// as far as can be told: goroutines begin where functions do.
    pub(crate) fn check(&self, trace: &Trace<'_>) -> Result<(), SymbolsError> {
        let (mut starts, mut elsewhere) = (0, 0);
        let start = lead(trace.version()) + 1;
        for event in RawEvents::new(trace.bytes(), trace.version()).map_while(Result::ok) {
            if let (EventType::GoCreate, Some(&pc)) = (event.event, event.numbers.get(start)) {
                starts += 1;
                elsewhere += u64::from(!self.table.is_entry(pc));
            }
        }
        if elsewhere > starts / 2 {
            return Err(SymbolsError::OtherProgram { starts, elsewhere });
        }
        Ok(())
    }
}
