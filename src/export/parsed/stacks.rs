//! The text of stacks.

use crate::event::stack::Stack;
use crate::wire::text::number;

/// The text of stacks, which recur: most events of a trace share a few.
#[derive(Debug, Default)]
pub(super) struct Stacks {
    generation: usize,
    text: Vec<u8>,
    /// Where in `text` each stack stands, by its ID, from and to.
    places: Vec<(u32, u32)>,
}

impl Stacks {
    /// Stacks with higher IDs are not kept: the runtime counts from 1.
    const MOST_PLACES: usize = 1 << 16;
    /// More text is not kept, so that memory stays bounded.
    const MOST_TEXT: usize = 2 << 20;

    /// Appends a stack's text to `out`.
    pub(super) fn append(&mut self, out: &mut Vec<u8>, stack: Option<Stack<'_>>) {
        let Some(stack) = stack else { return };
        if self.generation != stack.generation_index() || self.text.len() > Self::MOST_TEXT {
            self.generation = stack.generation_index();
            self.text.clear();
            self.places.clear();
        }
        let place = usize::try_from(stack.id().0).unwrap_or(usize::MAX);
        if let Some(&(from, to)) = self.places.get(place)
            && from != to
        {
            out.extend_from_slice(self.text.get(from as usize..to as usize).unwrap_or_default());
            return;
        }
        let start = out.len();
        frames(out, stack);
        if place < Self::MOST_PLACES {
            if self.places.len() <= place {
                self.places.resize(place + 1, (0, 0));
            }
            if let Some(entry) = self.places.get_mut(place) {
                let from = self.text.len();
                self.text.extend_from_slice(out.get(start..).unwrap_or_default());
                *entry = (from as u32, self.text.len() as u32);
            }
        }
    }
}

fn frames(out: &mut Vec<u8>, stack: Stack<'_>) {
    for frame in stack.frames() {
        out.push(b'\t');
        out.extend_from_slice(frame.func);
        out.extend_from_slice(b" @ 0x");
        hex(out, frame.pc);
        out.extend_from_slice(b"\n\t\t");
        out.extend_from_slice(frame.file);
        out.push(b':');
        number(out, frame.line);
        out.push(b'\n');
    }
}

fn hex(out: &mut Vec<u8>, value: u64) {
    let nibbles = (u64::BITS - value.leading_zeros()).div_ceil(4).max(1);
    for i in (0..nibbles).rev() {
        let nibble = (value >> (4 * i) & 15) as u8;
        out.push(if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble });
    }
}
