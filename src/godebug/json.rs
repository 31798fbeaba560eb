//! A parser for JSON as exports of logs have it: an object per line, an array, nested
//! objects, in one line or over many. It extracts the strings of interest, each with the
//! names about it.
//!
//! Input is pushed, and the parser keeps no more than the current string, the names at each
//! level, and the texts of the incomplete record. A record is an object that stands alone
//! or in an array; the names in it may come after its text.
//!
//! ```text
//! {"hits": [ {"_source": {"log": "SCHED ..", "kubernetes": {"pod_name": "api-a"}}}, .. ]}
//!            └────────────────────────────── a record ─────────────────────────┘
//! ```

mod look;

pub(super) use look::{begins, has_bytes, is_balanced};

use super::labels::Labels;
use super::origin::Place;
use super::unwrap::unescape;

/// Depth of nesting beyond which objects and arrays are not looked into.
const MAX_DEPTH: usize = 64;
/// Length beyond which a string, or all texts of a record, are passed on as they are.
const MAX_TEXT: usize = 1 << 20;
/// Number of texts of a record among which duplicates are looked for.
const MOST_COPIES: usize = 8;

/// A string of a record.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) text: Vec<u8>,
    pub(super) key: Vec<u8>,
    pub(super) place: Place,
    pub(super) labels: Labels,
    /// True if the logger says that it goes on in the next record.
    pub(super) partial: bool,
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

/// Predicate on the key and the raw text of a string: whether it is of interest.
pub(super) trait Wanted: Fn(&[u8], &[u8]) -> bool {}
impl<F: Fn(&[u8], &[u8]) -> bool> Wanted for F {}

/// A parser of JSON that comes in pieces.
#[derive(Debug, Default)]
pub(super) struct Json {
    stack: Vec<Level>,
    /// Number of levels beyond those on the stack.
    deeper: usize,
    /// String that has begun, as raw text, with its place.
    string: Option<(Vec<u8>, Place)>,
    /// True if the last byte was a backslash in a string.
    escaped: bool,
    /// Number or literal that has begun where a piece ends.
    word: Vec<u8>,
    /// Last string, which may be a key.
    last: Option<(Vec<u8>, Place)>,
    /// Texts of records that are open.
    texts: Vec<Text>,
    held: usize,
    /// Texts of records that are complete.
    ready: Vec<Text>,
    scratch: Vec<u8>,
}

/// Error where the input is not JSON.
pub(super) struct NotJson {
    pub(super) at: usize,
}

impl Json {
    /// Returns whether nothing is open.
    pub(super) fn is_between(&self) -> bool {
        self.stack.is_empty() && self.deeper == 0 && self.string.is_none()
    }

    /// Returns the texts of records that are complete, and forgets them.
    pub(super) fn take(&mut self) -> Vec<Text> {
        std::mem::take(&mut self.ready)
    }

    /// Reads on, a line or a part of one. Errs at bytes that cannot be in JSON.
    pub(super) fn feed(&mut self, bytes: &[u8], place: Place, wanted: &impl Wanted) -> Result<(), NotJson> {
        let mut at = 0;
        // A number or a literal that began in the piece before is completed first.
        if !self.word.is_empty() {
            at = word(bytes);
            self.word.extend_from_slice(bytes.get(..at).unwrap_or_default());
            if at < bytes.len() && !self.end_word() {
                return Err(NotJson { at: 0 });
            }
        }
        while let Some(&byte) = bytes.get(at) {
            if self.string.is_some() {
                at += self.in_string(bytes.get(at..).unwrap_or_default(), wanted);
                continue;
            }
            at += 1;
            match byte {
                b'"' => self.string = Some((Vec::new(), place)),
                // The last string was a key.
                b':' => {
                    if let (Some((key, _)), Some(level)) = (self.last.take(), self.stack.last_mut()) {
                        level.key = key;
                    }
                }
                b'{' | b'[' => {
                    self.value(wanted);
                    self.open(byte == b'{');
                }
                b'}' | b']' => {
                    self.value(wanted);
                    self.close(wanted, place);
                }
                b',' => self.value(wanted),
                b'0'..=b'9' | b'-' | b'+' | b'.' | b'a'..=b'z' | b'A'..=b'Z' => {
                    let rest = bytes.get(at - 1..).unwrap_or_default();
                    let length = word(rest);
                    self.word.extend_from_slice(rest.get(..length).unwrap_or_default());
                    // A word at the end of the piece may go on in the next.
                    if length < rest.len() && !self.end_word() {
                        return Err(NotJson { at: at - 1 });
                    }
                    at += length - 1;
                }
                // Records may have a separator of their own between them.
                b' ' | b'\t' | b'\r' | b'\n' | 0x1e => {}
                // Below the deepest level only the nesting is followed.
                _ if self.deeper > 0 => {}
                _ => return Err(NotJson { at: at - 1 }),
            }
        }
        Ok(())
    }

    /// Ends a line; open values go on in the next one, except a string.
    pub(super) fn end_line(&mut self, wanted: &impl Wanted) {
        self.end_string(wanted);
        self.end_word();
    }

    /// Ends the input; open values are cut.
    pub(super) fn finish(&mut self, wanted: &impl Wanted, place: Place) {
        self.end_line(wanted);
        self.value(wanted);
        self.deeper = 0;
        while !self.stack.is_empty() {
            self.close(wanted, place);
        }
        self.ready.append(&mut self.texts);
        self.held = 0;
    }

    /// Goes on in a string; returns the number of bytes that belong to it.
    fn in_string(&mut self, bytes: &[u8], wanted: &impl Wanted) -> usize {
        let Some((string, place)) = &mut self.string else { return bytes.len() };
        let mut at = 0;
        if std::mem::take(&mut self.escaped) {
            string.extend(bytes.first());
            at = 1;
        }
        loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let Some(more) = memchr::memchr2(b'"', b'\\', rest) else {
                string.extend_from_slice(rest);
                at = bytes.len();
                break;
            };
            string.extend_from_slice(rest.get(..more).unwrap_or_default());
            at += more;
            if bytes.get(at) == Some(&b'"') {
                self.end_string(wanted);
                return at + 1;
            }
            string.extend(bytes.get(at..(at + 2).min(bytes.len())).unwrap_or_default());
            self.escaped = at + 1 == bytes.len();
            at = (at + 2).min(bytes.len());
        }
        // Strings that long are passed on in parts, so that memory stays bounded.
        if string.len() >= MAX_TEXT {
            let place = *place;
            self.end_string(wanted);
            self.string = Some((Vec::new(), place));
        }
        at
    }

    fn end_string(&mut self, wanted: &impl Wanted) {
        let Some(string) = self.string.take() else { return };
        self.escaped = false;
        // Two strings without a colon between them: the first was no key but a value.
        self.value(wanted);
        self.last = Some(string);
    }

    /// Takes the last string for a value.
    fn value(&mut self, wanted: &impl Wanted) {
        let Some((raw, place)) = self.last.take() else { return };
        self.not_bytes();
        if self.deeper > 0 {
            return;
        }
        self.string_value(raw, place, wanted);
    }

    fn string_value(&mut self, raw: Vec<u8>, place: Place, wanted: &impl Wanted) {
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

    /// Ends a number or a literal; returns whether it was one.
    fn end_word(&mut self) -> bool {
        let word = std::mem::take(&mut self.word);
        word.is_empty() || self.bare(&word)
    }

    /// Reads a number or a literal; returns whether it is one.
    fn bare(&mut self, text: &[u8]) -> bool {
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

    fn not_bytes(&mut self) {
        if let Some(level) = self.stack.last_mut() {
            level.bytes = None;
        }
    }

    fn open(&mut self, is_object: bool) {
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

    fn close(&mut self, wanted: &impl Wanted, place: Place) {
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

/// Returns the length of the number or literal that a text begins with.
fn word(text: &[u8]) -> usize {
    text.iter().take_while(|c| c.is_ascii_alphanumeric() || b"+-._".contains(c)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        let wanted = |_: &[u8], raw: &[u8]| raw.starts_with(b"SCHED");
        let mut json = Json::default();
        for line in text.lines() {
            assert!(json.feed(line.as_bytes(), Place::default(), &wanted).is_ok(), "{line}");
            json.end_line(&wanted);
        }
        json.finish(&wanted, Place::default());
        let shown = |text: Text| (String::from_utf8(text.text).unwrap(), text.labels.name().unwrap_or_default());
        json.take().into_iter().map(shown).collect()
    }

    #[test]
    fn records_have_the_names_about_them() {
        for (text, expected) in [
            (r#"{"log":"SCHED 1","pod":"a"}"#, &[("SCHED 1", "a")][..]),
            (r#"{"log":"SCHED 1","pod":"a"}{"log":"SCHED 2"}"#, &[("SCHED 1", "a"), ("SCHED 2", "")]),
            ("[\n{\n\"kubernetes\":\n{\"pod_name\":\"a\"},\n\"log\":\n\"SCHED 1\\n\"}\n]", &[("SCHED 1\n", "a")]),
            (
                r#"{"hits":{"hits":[{"_source":{"log":"SCHED 1","kubernetes":{"pod":{"name":"a"}}}},{"_source":{"log":"SCHED 2"}}]}}"#,
                &[("SCHED 1", "a"), ("SCHED 2", "")],
            ),
            (
                r#"{"result":[{"stream":{"pod":"a"},"values":[["1","SCHED 1"],["2","SCHED 2"]]}]}"#,
                &[("SCHED 1", "a"), ("SCHED 2", "a")],
            ),
            (
                r#"{"resource":{"attributes":[{"key":"k8s.pod.name","value":{"stringValue":"a"}}]},"logs":[{"body":{"stringValue":"SCHED 1"}}]}"#,
                &[("SCHED 1", "a")],
            ),
            (r#"{"message":"SCHED 1","event":{"original":"SCHED 1\n"}}"#, &[("SCHED 1", "")]),
            (r#"{"MESSAGE":[83,67,72,69,68,32,49],"_PID":"7"}"#, &[("SCHED 1", "7")]),
            (r#"{"a":[1,2,3,400],"log":"SCHED"#, &[("SCHED", "")]),
        ] {
            let read = read(text);
            let read: Vec<_> = read.iter().map(|(text, name)| (text.as_str(), name.as_str())).collect();
            assert_eq!(read, expected, "{text}");
        }
    }
}
