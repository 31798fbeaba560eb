//! Removal of the wrapping that loggers and container runtimes put around a line.
//!
//! - colours: `ESC [ .. letter`;
//! - Kubernetes (CRI): `2026-11-23T10:00:00.1Z stderr F TEXT`, with `P` instead of
//!   `F` if the next line goes on with the text;
//! - JSON, see [`json`](super::json). Docker has the text under `log`, and splits it
//!   after 16 KiB: such a text without a line feed goes on in the next record. Others
//!   have it under the same key, and take the line feed off.

/// Number of bytes after which Docker goes on in another record.
const DOCKER_SPLIT: usize = 16 << 10;

/// Wrapping of a text in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wrapping {
    /// The text stands behind a prefix of a length in bytes.
    Prefix(usize),
    /// The line is of the container runtime interface, with a stream.
    Cri { stream: u8 },
    /// The text is the string that is the value of this key.
    Json { key: Vec<u8> },
}

/// Reads `TIME stdout|stderr P|F TEXT`; returns the text, the stream, and whether it has
/// `P`.
pub(super) fn cri(line: &[u8]) -> Option<(&[u8], u8, bool)> {
    let time = line.get(..64.min(line.len()))?.iter().position(|c| *c == b' ')?;
    let (stamp, rest) = line.split_at_checked(time)?;
    if stamp.get(4) != Some(&b'-') || !stamp.contains(&b'T') {
        return None;
    }
    let (stream, rest) = match (rest.strip_prefix(b" stderr "), rest.strip_prefix(b" stdout ")) {
        (Some(rest), _) => (2, rest),
        (_, Some(rest)) => (1, rest),
        _ => return None,
    };
    // Further tags may follow the letter: `P:..`.
    let (tags, text) = rest.split_at_checked(memchr::memchr(b' ', rest)? + 1)?;
    match tags.first()? {
        b'P' if tags.len() == 2 || tags.get(1) == Some(&b':') => Some((text, stream, true)),
        b'F' if tags.len() == 2 || tags.get(1) == Some(&b':') => Some((text, stream, false)),
        _ => None,
    }
}

/// Returns whether a text under a key goes on in the next record, by its length.
pub(super) fn is_split(key: &[u8], text: &[u8]) -> bool {
    // Docker does not cut a character in two, so the text may be a little shorter.
    key == b"log" && text.len() + 4 > DOCKER_SPLIT && text.last() != Some(&b'\n')
}

/// Resolves JSON's escapes. Invalid ones stay.
pub(super) fn unescape(raw: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let (plain, escape) = rest.split_at(at);
        out.extend_from_slice(plain);
        let (length, character) = match escape.get(1) {
            Some(b'n') => (2, Some('\n')),
            Some(b't') => (2, Some('\t')),
            Some(b'r') => (2, Some('\r')),
            Some(b'b') => (2, Some('\u{8}')),
            Some(b'f') => (2, Some('\u{c}')),
            Some(b'u') => {
                let digits = escape.get(2..6).and_then(|digits| std::str::from_utf8(digits).ok());
                let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
                (6, code.and_then(char::from_u32))
            }
            Some(&c @ (b'"' | b'\\' | b'/')) => (2, Some(char::from(c))),
            _ => (1, None),
        };
        match character {
            Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            None => out.extend_from_slice(escape.get(..length).unwrap_or(escape)),
        }
        rest = escape.get(length..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}

/// Removes terminal colours and the like.
pub(super) fn without_escapes(line: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let mut rest = line;
    while let Some(at) = memchr::memchr(0x1b, rest) {
        let (plain, escape) = rest.split_at(at);
        out.extend_from_slice(plain);
        let after = |found: Option<usize>, more: usize| found.map_or(escape.len(), |at| at + more);
        let length = match escape.get(1) {
            Some(b'[') => after(escape.iter().skip(2).position(|c| (0x40..=0x7e).contains(c)), 3),
            // A title, or a link: it ends with a bell, or with an escape.
            Some(b']') => match memchr::memchr2(0x07, 0x1b, escape.get(2..).unwrap_or_default()) {
                Some(at) if escape.get(at + 2) == Some(&0x07) => at + 3,
                Some(at) => at + 2 + if escape.get(at + 3) == Some(&b'\\') { 2 } else { 0 },
                None => 2,
            },
            // A set of characters: `ESC ( B`.
            Some(0x20..=0x2f) => after(escape.iter().skip(1).position(|c| !(0x20..=0x2f).contains(c)), 2),
            Some(_) => 2,
            None => 1,
        };
        rest = escape.get(length..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_container_runtimes() {
        for (line, expected) in [
            ("2026-11-23T10:00:00.123456789Z stderr F SCHED", Some(("SCHED", 2, false))),
            ("2026-11-23T10:00:00.123456789+01:00 stdout P SCHED", Some(("SCHED", 1, true))),
            ("2026-11-23T10:00:00Z stderr F:x SCHED", Some(("SCHED", 2, false))),
            ("2026-11-23T10:00:00Z stderr Finally SCHED", None),
            ("a SCHED", None),
        ] {
            let expected = expected.map(|(text, stream, partial): (&str, _, _)| (text.as_bytes(), stream, partial));
            assert_eq!(cri(line.as_bytes()), expected, "{line}");
        }
    }

    #[test]
    fn colours_come_off() {
        let mut out = Vec::new();
        for text in ["\x1b[1;31mSCHED\x1b[0m 0ms\x1b", "\x1b(B\x1b[mSCHED\x1b]0;x\x07 0\x1b]8;;x\x1b\\ms"] {
            without_escapes(text.as_bytes(), &mut out);
            assert_eq!(out, b"SCHED 0ms", "{text:?}");
        }
    }
}
