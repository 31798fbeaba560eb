//! Stacks, which borrow from the file and are decoded on demand.

use crate::base::ids::StackId;
use crate::generation::Generation;
use crate::generation::tables::Tables;
use crate::symbols::{Location, Symbols};
use crate::wire::v2::stacks::RawFrames;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// A stack of a generation's table. Equal stacks have equal frames.
#[derive(Clone, Copy)]
pub struct Stack<'t> {
    generation: &'t Generation<'t>,
    id: StackId,
}

impl<'t> Stack<'t> {
    pub(crate) fn new(generation: &'t Generation<'t>, id: u64) -> Option<Stack<'t>> {
        (id != 0).then_some(Stack { generation, id: StackId(id) })
    }

    /// Returns the stack's number in the generation's table.
    pub fn id(&self) -> StackId {
        self.id
    }

    /// Returns the index of the stack's generation in the trace, from 0. Together with
    /// [`id`](Self::id) it identifies the stack.
    pub fn generation_index(&self) -> usize {
        self.generation.index
    }

    /// Iterates over the frames, innermost first. There are none if the trace was cut before its
    /// stack table.
    pub fn frames(&self) -> Frames<'t> {
        let tables = self.generation.tables();
        let raw = tables.frames(self.generation.file, self.id);
        Frames { generation: self.generation, tables, raw }
    }
}

impl PartialEq for Stack<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && std::ptr::eq(self.generation, other.generation)
    }
}

impl Eq for Stack<'_> {}

impl fmt::Debug for Stack<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stack({} of generation {})", self.id, self.generation.number())
    }
}

/// One call of a stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Frame<'t> {
    /// The program counter of the call or, in the innermost frame, of the point where the
    /// stack was taken.
    pub pc: u64,
    /// The function's name; not necessarily UTF-8. Empty in traces of Go 1.5
    /// and 1.6 [without symbols](crate::Trace::with_symbols).
    pub func: &'t [u8],
    /// The source file; empty if `func` is.
    pub file: &'t [u8],
    /// The line in that file.
    pub line: u64,
}

impl<'t> Frame<'t> {
    /// Returns the function's name, or the program counter in hexadecimal if there is no name.
    pub fn name(&self) -> Cow<'t, [u8]> {
        if self.func.is_empty() { format!("{:#x}", self.pc).into_bytes().into() } else { self.func.into() }
    }
}

/// The frames of a [`Stack`], innermost first.
#[derive(Clone, Debug)]
pub struct Frames<'t> {
    generation: &'t Generation<'t>,
    tables: Arc<Tables>,
    raw: Option<RawFrames<'t>>,
}

impl<'t> Iterator for Frames<'t> {
    type Item = Frame<'t>;

    fn next(&mut self) -> Option<Frame<'t>> {
        let raw = self.raw.as_mut()?.next()?;
        if let Some(symbols) = self.generation.symbols {
            return Some(symbolized(symbols, raw.pc));
        }
        let raw = self.generation.canonical(&self.tables, raw);
        let lost = self.generation.lost_name();
        let name = |id| self.tables.string(self.generation.file, id).unwrap_or(lost);
        Some(Frame { pc: raw.pc, func: name(raw.func), file: name(raw.file), line: raw.line })
    }
}

/// Returns the frame of a return address, with the names that `go tool trace` of Go 1.21 gives
/// it: `?` outside all functions of the program.
pub(crate) fn symbolized(symbols: &Symbols, pc: u64) -> Frame<'_> {
    let unknown = Location { func: b"?", file: b"?", line: 0 };
    let Location { func, file, line } = symbols.locate(pc.wrapping_sub(1)).unwrap_or(unknown);
    Frame { pc, func, file, line }
}
