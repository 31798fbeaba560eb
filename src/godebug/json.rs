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
mod records;

pub(super) use look::{begins, has_bytes, is_balanced};
pub(super) use records::Text;

use super::origin::Place;
use records::Records;

/// Length beyond which a string, or all texts of a record, are passed on as they are.
const MAX_TEXT: usize = 1 << 20;

/// Predicate on the key and the raw text of a string: whether it is of interest.
pub(super) trait Wanted: Fn(&[u8], &[u8]) -> bool {}
impl<F: Fn(&[u8], &[u8]) -> bool> Wanted for F {}

/// A parser of JSON that comes in pieces.
#[derive(Debug, Default)]
pub(super) struct Json {
    /// String that has begun, as raw text, with its place.
    string: Option<(Vec<u8>, Place)>,
    /// True if the last byte was a backslash in a string.
    escaped: bool,
    /// Number or literal that has begun where a piece ends.
    word: Vec<u8>,
    /// Last string, which may be a key.
    last: Option<(Vec<u8>, Place)>,
    records: Records,
}

/// Error where the input is not JSON.
pub(super) struct NotJson {
    pub(super) at: usize,
}

impl Json {
    /// Returns whether nothing is open.
    pub(super) fn is_between(&self) -> bool {
        self.records.is_empty() && self.string.is_none()
    }

    /// Returns the texts of records that are complete, and forgets them.
    pub(super) fn take(&mut self) -> Vec<Text> {
        self.records.take()
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
                    if let Some((key, _)) = self.last.take() {
                        self.records.key_is(key);
                    }
                }
                b'{' | b'[' => {
                    self.value(wanted);
                    self.records.open(byte == b'{');
                }
                b'}' | b']' => {
                    self.value(wanted);
                    self.records.close(wanted, place);
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
                _ if self.records.is_too_deep() => {}
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
        self.records.finish(wanted, place);
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
        if let Some((raw, place)) = self.last.take() {
            self.records.string(raw, place, wanted);
        }
    }

    /// Ends a number or a literal; returns whether it was one.
    fn end_word(&mut self) -> bool {
        let word = std::mem::take(&mut self.word);
        word.is_empty() || self.records.bare(&word)
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
