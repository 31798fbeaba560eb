//! Why there are no symbols.

use thiserror::Error;

/// Why a program's symbols cannot be had.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum SymbolsError {
    /// It is no executable.
    #[error("byte 0: expected an executable: an ELF, Mach-O or PE file")]
    NotAnExecutable,
    /// It is several in one, each for another processor.
    #[error("byte 0: a universal Mach-O file holds several programs; take one out of it with `lipo -thin`")]
    Universal,
    /// The headers of the executable are damaged, or the file is cut short.
    #[error("the executable cannot be read: {reason}")]
    BadExecutable {
        /// What is wrong, in the words of the reader of executables.
        reason: String,
    },
    /// It has no line table: not a Go program, or one that was packed.
    #[error("there is no Go line table (.gopclntab) in it; expected a program built by Go")]
    NoLineTable,
    /// The line table is of an unknown format: of a newer Go than is known.
    #[error("byte {offset:#x}: a line table of an unknown format, {magic:#x}; those of Go 1.2 to 1.27 are known")]
    UnknownFormat {
        /// Where it stands, in bytes.
        offset: u64,
        /// What it begins with.
        magic: u32,
    },
    /// The line table is damaged or cut short.
    #[error("byte {offset:#x}: the line table is damaged; expected {expected}")]
    Table {
        /// Where, in bytes.
        offset: u64,
        /// What should be there.
        expected: &'static str,
    },
    /// Most goroutines of the trace begin where the program has no function.
    #[error(
        "it is not the program that was traced, or a position-independent one: of the {starts} goroutines in the \
         trace, {elsewhere} begin where it has no function"
    )]
    OtherProgram {
        /// How many goroutines of the trace were created in it.
        starts: u64,
        /// How many of them do not begin at a function of the program.
        elsewhere: u64,
    },
}
