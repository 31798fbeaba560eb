//! Removal of the layers around the texts of a line, one after the other.

use super::{Continued, Each, Joined, Origin, Place, Reader};
use crate::godebug::json::{self, Json, Text};
use crate::godebug::scanner::MAX_LINE;
use crate::godebug::unwrap::{Wrapping, cri, is_split, without_escapes};
use std::sync::Arc;

/// Most layers that are removed: JSON in JSON in a container's line.
const MOST_LAYERS: u32 = 4;
/// Most texts that are kept until they go on.
const MOST_CONTINUED: usize = 16;

impl Reader {
    /// Returns whether a line may have texts of interest: one with a mark, or one that
    /// continues another.
    pub(super) fn has_texts(&self, line: &[u8]) -> bool {
        let goes_on = || {
            let cut = self.pending.iter().map(|pending| &pending.origin);
            cut.chain(self.continued.iter().map(|continued| &continued.origin)).any(|origin| match &origin.wrapping {
                // A plain line is joined before it comes here.
                Wrapping::Prefix(_) => false,
                Wrapping::Cri { .. } => cri(line).is_some(),
                Wrapping::Json { key } => memchr::memmem::find(line, key).is_some(),
            })
        };
        self.marks.first(line).is_some() || (json::begins(line) && json::has_bytes(line)) || goes_on()
    }

    /// Removes a layer, and reads its content.
    pub(super) fn peel<E>(
        &mut self,
        text: &[u8],
        origin: Origin,
        layer: u32,
        each: &mut impl Each<E>,
    ) -> Result<(), E> {
        if layer < MOST_LAYERS {
            if let Some((inner, stream, partial)) = cri(text) {
                let origin = Origin { wrapping: Wrapping::Cri { stream }, ..origin };
                return self.piece(inner, origin, partial, layer + 1, each);
            }
            if let Some(open) = self.object(text) {
                let (found, rest) = self.strings(text.get(open..).unwrap_or_default(), origin.place);
                if !found.is_empty() {
                    let before = text.get(..open).unwrap_or_default().trim_ascii_end();
                    let prefix = if origin.prefix.is_empty() { before.to_vec() } else { origin.prefix.clone() };
                    let outer = Origin { prefix, ..origin.clone() };
                    self.strings_found(found, &outer, layer, each)?;
                    // More text may follow the object.
                    let rest = rest.and_then(|at| text.get(open + at..)).unwrap_or_default();
                    return if self.marks.first(rest).is_some() { self.texts(rest, &origin, each) } else { Ok(()) };
                }
            }
        }
        // The whole line has lost its escapes already, but not a text inside.
        if layer > 0 && memchr::memchr(0x1b, text).is_some() {
            let mut plain = Vec::new();
            without_escapes(text, &mut plain);
            return self.texts(&plain, &origin, each);
        }
        self.texts(text, &origin, each)
    }

    /// Reads texts that were strings of JSON.
    pub(in crate::godebug::scanner) fn strings_found<E>(
        &mut self,
        found: Vec<Text>,
        outer: &Origin,
        layer: u32,
        each: &mut impl Each<E>,
    ) -> Result<(), E> {
        for Text { text, key, place, labels, partial } in found {
            let program = match (labels.name(), &outer.program) {
                (Some(name), _) => Some(Arc::from(name)),
                (None, program) => program.clone(),
            };
            let partial = partial || is_split(&key, &text);
            let origin = Origin { wrapping: Wrapping::Json { key }, place, prefix: outer.prefix.clone(), program };
            self.piece(&text, origin, partial, layer + 1, each)?;
        }
        Ok(())
    }

    /// Reads strings of JSON that stand alone.
    pub(in crate::godebug::scanner) fn document<E>(
        &mut self,
        found: Vec<Text>,
        each: &mut impl Each<E>,
    ) -> Result<(), E> {
        self.strings_found(found, &Origin::plain(Place::default()), 0, each)
    }

    /// Reads a text that may go on in another, or continue another.
    fn piece<E>(
        &mut self,
        text: &[u8],
        origin: Origin,
        partial: bool,
        layer: u32,
        each: &mut impl Each<E>,
    ) -> Result<(), E> {
        let before = self.continued.iter().position(|continued| continued.origin.goes_on_in(&origin));
        if let Some(at) = before {
            let mut before = self.continued.swap_remove(at);
            if self.marks.find_at_start(text) {
                // The text begins a line, so the other one has ended.
                self.peel(&before.text, before.origin, layer, each)?;
            } else {
                before.text.extend_from_slice(text);
                if partial && before.text.len() < MAX_LINE {
                    self.continued.push(before);
                    return Ok(());
                }
                return self.peel(&before.text, before.origin, layer, each);
            }
        }
        if partial {
            // The text that has waited longest is least likely to go on.
            if self.continued.len() >= MOST_CONTINUED {
                let oldest = self.continued.remove(0);
                self.peel(&oldest.text, oldest.origin, layer, each)?;
            }
            self.continued.push(Continued { text: text.to_vec(), origin });
            return Ok(());
        }
        if let Some(pending) = self.pending.as_mut().filter(|pending| pending.origin.goes_on_in(&origin)) {
            let text = text.strip_suffix(b"\n").unwrap_or(text);
            let joined = match pending.unwrap(text) {
                Joined::No => pending.join(text),
                joined => joined,
            };
            if !matches!(joined, Joined::No) {
                return self.joined(joined, each);
            }
        }
        self.peel(text, origin, layer, each)
    }

    /// Returns the position at which an object begins in a text.
    fn object(&self, text: &[u8]) -> Option<usize> {
        let opens = memchr::memchr_iter(b'{', text).take(4);
        opens.into_iter().find(|&at| text.get(at..).is_some_and(json::begins))
    }

    /// Returns the strings of interest in a text, and the position at which it ceases to be
    /// JSON.
    fn strings(&self, text: &[u8], place: Place) -> (Vec<Text>, Option<usize>) {
        let wanted = |key: &[u8], raw: &[u8]| self.is_wanted(key, raw);
        let mut json = Json::default();
        let rest = json.feed(text, place, &wanted).err().map(|not_json| not_json.at);
        json.finish(&wanted, place);
        (json.take(), rest)
    }

    /// Returns whether a string is of interest: if it has a mark, or may continue another.
    pub(in crate::godebug::scanner) fn is_wanted(&self, key: &[u8], raw: &[u8]) -> bool {
        let like = |origin: &Origin| matches!(&origin.wrapping, Wrapping::Json { key: like } if like == key);
        self.pending.as_ref().is_some_and(|pending| like(&pending.origin))
            || self.continued.iter().any(|continued| like(&continued.origin))
            || self.marks.first(raw).is_some()
    }
}
