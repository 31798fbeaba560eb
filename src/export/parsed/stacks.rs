//! Texts of stacks, kept for when they recur.

use crate::generation::stack::Stack;

/// Texts of a trace's stacks: most events share a few.
#[derive(Debug, Default)]
pub(in crate::export) struct Stacks {
    generation: usize,
    text: Vec<u8>,
    /// Start and end in `text` of each stack's text, by ID.
    places: Vec<(u32, u32)>,
}

impl Stacks {
    /// ID from which on stacks are not kept: the runtime counts from 1.
    const MOST_PLACES: usize = 1 << 16;
    /// Most bytes of text that are kept, so that memory stays bounded.
    const MOST_TEXT: usize = 2 << 20;

    /// Appends a stack's text to `out`, made by `render` unless it is kept.
    pub(in crate::export) fn append(
        &mut self,
        out: &mut Vec<u8>,
        stack: Stack<'_>,
        render: impl FnOnce(&mut Vec<u8>, Stack<'_>),
    ) {
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
        render(out, stack);
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
