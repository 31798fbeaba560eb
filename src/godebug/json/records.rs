//! Records of JSON: objects with the names about their texts.

use super::{MAX_TEXT, Wanted};
use crate::godebug::labels::Labels;
use crate::godebug::origin::Place;
use crate::godebug::unwrap::unescape;

/// Depth of nesting beyond which objects and arrays are not looked into.
const MAX_DEPTH: usize = 64;
/// Number of texts of a record among which duplicates are looked for.
const MOST_COPIES: usize = 8;

/// A string of a record.
#[derive(Debug)]
pub(in crate::godebug) struct Text {
    pub(in crate::godebug) text: Vec<u8>,
    pub(in crate::godebug) key: Vec<u8>,
    pub(in crate::godebug) place: Place,
    pub(in crate::godebug) labels: Labels,
    /// True if the logger says that it goes on in the next record.
    pub(in crate::godebug) partial: bool,
}

/// An object or array that is open.
#[derive(Debug, Default)]
struct Level {
    is_object: bool,
    /// Key whose value is due.
    key: Vec<u8>,
    /// Index of its first text, if it is a record.
    record: Option<usize>,
    labels: Labels,
    /// Bytes of a text, in an array of nothing but numbers below 256.
    bytes: Option<Vec<u8>>,
    /// Parts of `{"key": .., "value": ..}`, which gives a name in an array.
    pair: (Option<String>, Option<String>),
    /// True if the logger says that the text goes on in the next record.
    partial: bool,
}

/// Objects and arrays that are open, and the texts in them.
#[derive(Debug, Default)]
pub(super) struct Records {
    stack: Vec<Level>,
    /// Number of levels beyond those on the stack.
    deeper: usize,
    /// Texts of records that are open.
    texts: Vec<Text>,
    /// Bytes of those texts.
    held: usize,
    /// Texts of records that are complete.
    ready: Vec<Text>,
    scratch: Vec<u8>,
}

impl Records {
    /// Returns whether nothing is open.
    pub(super) fn is_empty(&self) -> bool {
        self.stack.is_empty() && self.deeper == 0
    }

    /// Returns whether what comes is nested too deeply to be looked into.
    pub(super) fn is_too_deep(&self) -> bool {
        self.deeper > 0
    }

    /// Returns the texts of records that are complete, and forgets them.
    pub(super) fn take(&mut self) -> Vec<Text> {
        std::mem::take(&mut self.ready)
    }

    /// Sets the key of the value that comes.
    pub(super) fn key_is(&mut self, key: Vec<u8>) {
        if let Some(level) = self.stack.last_mut() {
            level.key = key;
        }
    }

    /// Ends all that is open, where the input ends.
    pub(super) fn finish(&mut self, wanted: &impl Wanted, place: Place) {
        self.deeper = 0;
        while !self.stack.is_empty() {
            self.close(wanted, place);
        }
        self.ready.append(&mut self.texts);
        self.held = 0;
    }

    /// Takes a string for a value.
    pub(super) fn string(&mut self, raw: Vec<u8>, place: Place, wanted: &impl Wanted) {
        self.not_bytes();
        if self.deeper > 0 {
            return;
        }
        let key = self.key().to_vec();
        // A text of interest is no name of the program.
        if wanted(&key, &raw) {
            let text = if memchr::memchr(b'\\', &raw).is_some() {
                unescape(&raw, &mut self.scratch);
                std::mem::take(&mut self.scratch)
            } else {
                raw
            };
            self.held += text.len();
            self.texts.push(Text { text, key, place, labels: Labels::default(), partial: false });
            if self.held > MAX_TEXT {
                self.flush();
            }
            return;
        }
        // Longer values are no names.
        if raw.len() <= 512 {
            let value = String::from_utf8_lossy(&raw).into_owned();
            self.name(&key, value);
        }
    }

    /// Takes note of a value that may name the program.
    fn name(&mut self, key: &[u8], value: String) {
        let parent = self.parent().to_vec();
        let Some(level) = self.stack.iter_mut().rev().find(|level| level.is_object) else { return };
        match key {
            b"key" => level.pair.0 = Some(value.clone()),
            b"value" | b"stringValue" | b"intValue" => level.pair.1 = Some(value.clone()),
            b"logtag" | b"_p" => level.partial |= value == "P",
            b"partial_message" | b"CONTAINER_PARTIAL_MESSAGE" => level.partial |= value == "true",
            _ => {}
        }
        level.labels.add(&String::from_utf8_lossy(&parent), &String::from_utf8_lossy(key), &value);
    }

    /// Returns the key of the current value: that of the nearest object.
    fn key(&self) -> &[u8] {
        self.stack.iter().rev().find(|level| level.is_object).map_or(&[], |level| level.key.as_slice())
    }

    /// Returns the key whose value the nearest object is.
    fn parent(&self) -> &[u8] {
        self.stack.iter().rev().filter(|level| level.is_object).nth(1).map_or(&[], |level| level.key.as_slice())
    }

    /// Reads a number or a literal; returns whether it is one.
    pub(super) fn bare(&mut self, text: &[u8]) -> bool {
        let is_number = text.first().is_some_and(|c| c.is_ascii_digit() || *c == b'-');
        let is_literal = matches!(text, b"true" | b"false" | b"null" | b"NaN" | b"Infinity");
        if self.stack.is_empty() || !(is_number || is_literal) {
            return false;
        }
        if self.deeper > 0 {
            return true;
        }
        let byte = std::str::from_utf8(text).ok().and_then(|text| text.parse::<u8>().ok());
        let is_array = self.stack.last().is_some_and(|level| !level.is_object);
        match (byte, self.stack.last_mut().and_then(|level| level.bytes.as_mut())) {
            (Some(byte), Some(bytes)) if is_array && bytes.len() < MAX_TEXT => bytes.push(byte),
            _ => self.not_bytes(),
        }
        // In an array the values have no key of their own.
        if !is_array {
            let key = self.key().to_vec();
            self.name(&key, String::from_utf8_lossy(text).into_owned());
        }
        true
    }

    /// Takes note that the array is no text in numbers.
    fn not_bytes(&mut self) {
        if let Some(level) = self.stack.last_mut() {
            level.bytes = None;
        }
    }

    /// Begins an object or an array.
    pub(super) fn open(&mut self, is_object: bool) {
        // Deeper levels are only counted.
        if self.deeper > 0 || self.stack.len() >= MAX_DEPTH {
            self.deeper += 1;
            return;
        }
        self.not_bytes();
        let alone = self.stack.last().is_none_or(|level| !level.is_object);
        self.stack.push(Level {
            is_object,
            record: (is_object && alone).then_some(self.texts.len()),
            bytes: (!is_object).then(Vec::new),
            ..Level::default()
        });
    }

    /// Ends an object or an array; a record is complete with it.
    pub(super) fn close(&mut self, wanted: &impl Wanted, place: Place) {
        if self.deeper > 0 {
            self.deeper -= 1;
            return;
        }
        let Some(level) = self.stack.pop() else { return };
        // Fewer numbers are no text.
        if let Some(bytes) = level.bytes.filter(|bytes| bytes.len() >= 4) {
            let key = self.key().to_vec();
            if wanted(&key, &bytes) {
                self.held += bytes.len();
                self.texts.push(Text { text: bytes, key, place, labels: Labels::default(), partial: false });
            }
        }
        let Some(first) = level.record else {
            // An object inside a record passes its names on to that.
            if let Some(outer) = self.stack.iter_mut().rev().find(|level| level.is_object) {
                outer.labels.fill(&level.labels);
                outer.partial |= level.partial;
                outer.pair.1 = outer.pair.1.take().or(level.pair.1);
            }
            return;
        };
        let mut labels = level.labels;
        self.stack.iter().rev().for_each(|outer| labels.fill(&outer.labels));
        let own = self.ready.len();
        for mut text in self.texts.drain(first.min(self.texts.len())..) {
            self.held = self.held.saturating_sub(text.text.len());
            // Some loggers keep the line as it came beside a processed copy.
            let same =
                |other: &Text| other.key != text.key && other.text.trim_ascii_end() == text.text.trim_ascii_end();
            if self.ready.iter().skip(own).take(MOST_COPIES).any(same) {
                continue;
            }
            text.labels.fill(&labels);
            text.partial = level.partial;
            self.ready.push(text);
        }
        if let ((Some(key), Some(value)), Some(outer)) = (level.pair, self.named()) {
            outer.labels.add("", &key, &value);
        }
    }

    /// Returns the object that a pair in an array is about: the one that the array belongs
    /// to.
    fn named(&mut self) -> Option<&mut Level> {
        let at = self.stack.iter().rposition(|level| level.is_object)?;
        self.stack.get_mut(at)
    }

    /// Passes on the texts of open records, under the names that are known so far.
    fn flush(&mut self) {
        let mut labels = Labels::default();
        self.stack.iter().rev().for_each(|level| labels.fill(&level.labels));
        for mut text in self.texts.drain(..) {
            text.labels.fill(&labels);
            self.ready.push(text);
        }
        // The texts are gone, so records that are open have theirs from the beginning on.
        self.stack.iter_mut().for_each(|level| level.record = level.record.map(|_| 0));
        self.held = 0;
    }
}
