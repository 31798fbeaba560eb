//! Stacks, with the names of their functions.

use super::text::text;
use crate::analysis::stacks::{StackKey, Stacks};
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;

/// A call of a stack. Stacks are lists of these, innermost first; the empty list is that
/// of an event without a stack.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct Frame<'a> {
    /// Source file; empty in a trace of Go 1.5 or 1.6 without its program.
    pub file: Cow<'a, str>,
    /// Name of the function; empty in a trace of Go 1.5 or 1.6 without its program.
    pub func: Cow<'a, str>,
    /// Line in that file, from 1; 0 where the file is not known.
    pub line: u64,
    /// Program counter.
    pub pc: u64,
}

/// Returns the frames of a stack, innermost first.
pub(super) fn stack(stacks: &Stacks, key: StackKey) -> Vec<Frame<'_>> {
    let frames = stacks.frames(key).iter();
    let name = |id| text(stacks.names.get(id));
    frames.map(|f| Frame { file: name(f.file), func: name(f.func), line: f.line, pc: f.pc }).collect()
}
