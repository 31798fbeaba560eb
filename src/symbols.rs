//! Names of program counters, from the executable of the program that was traced.
//!
//! Traces of Go 1.5 and 1.6 carry stacks as program counters alone; newer ones
//! carry names. [`Trace::with_symbols`](crate::Trace::with_symbols) names them as `go tool
//! trace` of Go 1.21 does when it is given the program's executable.

mod error;
#[cfg(feature = "symbols")]
mod executable;
mod pclntab;
#[cfg(test)]
mod tests;

pub use error::SymbolsError;

use crate::spec::v1::{EventType, lead};
use crate::spec::version::Version;
use crate::wire::v1::event::RawEvents;
use pclntab::LineTable;

/// The functions, files and lines of a Go program.
///
/// The table is owned, so the executable's bytes may be dropped. It takes up to a third of
/// the executable's size in memory.
#[derive(Debug)]
pub struct Symbols {
    table: LineTable,
}

/// A place in the source of a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Location<'s> {
    /// The function's name, not necessarily UTF-8. For inlined code it is
    /// the function that the code was inlined into.
    pub func: &'s [u8],
    /// The source file; empty if the table does not say.
    pub file: &'s [u8],
    /// The line in that file, from 1; 0 if the table does not say.
    pub line: u64,
}

impl Symbols {
    /// Reads the symbols of a Go program from the bytes of its executable: an
    /// ELF, Mach-O or PE file of any version of Go since 1.2, stripped or not.
    ///
    /// # Errors
    /// If the bytes are no executable, have no Go line table, or are damaged.
    #[cfg(feature = "symbols")]
    pub fn of_executable(bytes: &[u8]) -> Result<Symbols, SymbolsError> {
        executable::line_table(bytes).map(|table| Symbols { table })
    }

    /// Reads the symbols of a Go program from its line table (the section
    /// `.gopclntab`). `text` is the address of `runtime.text`, from which addresses
    /// count since Go 1.18; for older programs it does not matter.
    ///
    /// # Errors
    /// If the table is damaged or of an unknown format; offsets count from its beginning.
    pub fn of_line_table(bytes: &[u8], text: u64) -> Result<Symbols, SymbolsError> {
        LineTable::read(bytes, 0).map(|table| Symbols { table: table.at_text(text) })
    }

    /// Returns the place in the source of the instruction at an address, as `go tool
    /// addr2line` prints it; `None` outside all functions. To find the call that a return
    /// address belongs to, ask for one less: the call is the instruction before.
    pub fn locate(&self, pc: u64) -> Option<Location<'_>> {
        self.table.locate(pc)
    }

    /// Returns the number of functions in the program.
    pub fn functions(&self) -> usize {
        self.table.len()
    }

    /// Checks that the symbols are of the program that wrote a trace of Go 1.5 or 1.6, as far as
    /// that can be seen: goroutines have to begin where functions do.
    pub(crate) fn check(&self, file: &[u8], version: Version) -> Result<(), SymbolsError> {
        let (mut starts, mut elsewhere) = (0, 0);
        let start = lead(version) + 1;
        for event in RawEvents::new(file, version).map_while(Result::ok) {
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
