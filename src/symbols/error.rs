//! Errors of reading symbols.

use thiserror::Error;

/// The reason why a program's symbols cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum SymbolsError {
    /// The file is no executable.
    #[error("byte 0: expected an executable: an ELF, Mach-O or PE file")]
    NotAnExecutable,
    /// The file holds several executables, each for another processor.
    #[error("byte 0: a universal Mach-O file holds several programs; take one out of it with `lipo -thin`")]
    Universal,
    /// The headers of the executable are damaged, or the file is cut short.
    #[error("the executable cannot be read: {reason}")]
    BadExecutable {
        /// The reason, in the words of the reader of executables.
        reason: String,
    },
    /// The executable has no line table: it is no Go program, or was packed.
    #[error("there is no Go line table (.gopclntab) in it; expected a program built by Go")]
    NoLineTable,
    /// The line table is of an unknown format: of a newer Go than this crate knows.
    #[error("byte {offset:#x}: a line table of an unknown format, {magic:#x}; those of Go 1.2 to 1.27 are known")]
    UnknownFormat {
        /// The offset of the table in bytes.
        offset: u64,
        /// The table's first four bytes.
        magic: u32,
    },
    /// The line table is damaged or cut short.
    #[error("byte {offset:#x}: the line table is damaged; expected {expected}")]
    Table {
        /// The offset of the damage in bytes.
        offset: u64,
        /// The data expected there.
        expected: &'static str,
    },
    /// Most goroutines of the trace begin where the program has no function.
    #[error(
        "it is not the program that was traced, or a position-independent one: of the {starts} goroutines in the \
         trace, {elsewhere} begin where it has no function"
    )]
    OtherProgram {
        /// The number of goroutines that the trace sees created.
        starts: u64,
        /// The number of them that do not begin at a function of the program.
        elsewhere: u64,
    },
}
