//! What loggers and container runtimes put around a line, taken off again.
//!
//! - colours: `ESC [ .. letter`;
//! - Kubernetes (CRI): `2026-11-23T10:00:00.1Z stderr F TEXT`, with `P` instead of
//!   `F` if the next line goes on with the text;
//! - JSON, an object a line with the text in one of its strings. Docker's has it
//!   under `log`, and no line feed at its end if the next one goes on with it;
//! - anything else in front of the text.

use std::ops::Range;

/// How a text is wrapped in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wrapping {
    /// The text stands behind a prefix of so many bytes.
    Prefix(usize),
    /// A line of the container runtime interface, of that stream.
    Cri { stream: u8 },
    /// The text is the string that is the value of this key.
    Json { key: Vec<u8> },
}

/// A text as it was before it was wrapped.
pub(super) struct Unwrapped<'a> {
    pub(super) text: &'a [u8],
    pub(super) wrapping: Wrapping,
    /// The next line that is wrapped the same way goes on with the text.
    pub(super) continued: bool,
}

/// Takes off what is around the text in which `mark` is; `scratch` is for texts
/// that were escaped.
pub(super) fn unwrap<'a>(line: &'a [u8], mark: usize, scratch: &'a mut Vec<u8>) -> Unwrapped<'a> {
    if let Some((text, stream, continued)) = cri(line)
        && line.len() - text.len() <= mark
    {
        return Unwrapped { text, wrapping: Wrapping::Cri { stream }, continued };
    }
    let before = line.get(..mark).unwrap_or_default();
    if let Some(open) = memchr::memchr(b'{', before)
        && let Some((key, value)) = strings(line, open).find(|(_, value)| value.contains(&mark))
    {
        let wrapping = Wrapping::Json { key: line.get(key).unwrap_or_default().to_vec() };
        return json(line, value, wrapping, scratch);
    }
    Unwrapped { text: line, wrapping: Wrapping::Prefix(0), continued: false }
}

/// The text of a line that is wrapped as another was; none if it is not.
pub(super) fn unwrap_like<'a>(line: &'a [u8], like: &Wrapping, scratch: &'a mut Vec<u8>) -> Option<Unwrapped<'a>> {
    match like {
        Wrapping::Prefix(length) => {
            let text = line.get(*length..)?;
            Some(Unwrapped { text, wrapping: like.clone(), continued: false })
        }
        Wrapping::Cri { stream } => {
            let (text, found, continued) = cri(line)?;
            (found == *stream).then(|| Unwrapped { text, wrapping: like.clone(), continued })
        }
        Wrapping::Json { key } => {
            let open = memchr::memchr(b'{', line)?;
            let (_, value) = strings(line, open).find(|(found, _)| line.get(found.clone()) == Some(key.as_slice()))?;
            Some(json(line, value, like.clone(), scratch))
        }
    }
}

/// Behind `TIME stdout|stderr P|F `: the text, which stream, and whether `P`.
fn cri(line: &[u8]) -> Option<(&[u8], u8, bool)> {
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
    match rest.split_at_checked(2)? {
        (b"P ", text) => Some((text, stream, true)),
        (b"F ", text) => Some((text, stream, false)),
        _ => None,
    }
}

fn json<'a>(line: &'a [u8], value: Range<usize>, wrapping: Wrapping, scratch: &'a mut Vec<u8>) -> Unwrapped<'a> {
    let raw = line.get(value).unwrap_or_default();
    let docker = wrapping == Wrapping::Json { key: b"log".to_vec() };
    let text = if memchr::memchr(b'\\', raw).is_some() {
        unescape(raw, scratch);
        scratch.as_slice()
    } else {
        raw
    };
    Unwrapped { text, wrapping, continued: docker && text.last() != Some(&b'\n') }
}

/// The strings that are values in the object that opens at `open`, each with its
/// key, as places in the line. A string that does not end ends with the line.
fn strings(line: &[u8], open: usize) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
    let mut at = open;
    let mut key = 0..0;
    std::iter::from_fn(move || {
        loop {
            let start = at + memchr::memchr(b'"', line.get(at..)?)? + 1;
            let mut end = start;
            loop {
                match memchr::memchr2(b'"', b'\\', line.get(end..)?) {
                    Some(more) if line.get(end + more) == Some(&b'\\') => end += more + 2,
                    Some(more) => break end += more,
                    None => break end = line.len(),
                }
            }
            at = end + 1;
            let is_key = line.get(at..).is_some_and(|rest| rest.trim_ascii_start().first() == Some(&b':'));
            if !is_key {
                return Some((key.clone(), start..end));
            }
            key = start..end;
        }
    })
}

/// Undoes JSON's escapes. What is none stays.
fn unescape(raw: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let (plain, escape) = rest.split_at(at);
        out.extend_from_slice(plain);
        let (length, character) = match escape.get(1) {
            Some(b'n') => (2, Some('\n')),
            Some(b't') => (2, Some('\t')),
            Some(b'r') => (2, Some('\r')),
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

/// Leaves out terminal colours and the like.
pub(super) fn without_escapes(line: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let mut rest = line;
    while let Some(at) = memchr::memchr(0x1b, rest) {
        let (plain, escape) = rest.split_at(at);
        out.extend_from_slice(plain);
        let length = match escape.get(1) {
            Some(b'[') => {
                let last = escape.iter().skip(2).position(|c| (0x40..=0x7e).contains(c));
                last.map_or(escape.len(), |last| last + 3)
            }
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

    fn text(line: &str, mark: &str) -> (String, bool) {
        let mut scratch = Vec::new();
        let unwrapped = unwrap(line.as_bytes(), line.find(mark).unwrap(), &mut scratch);
        (String::from_utf8_lossy(unwrapped.text).into_owned(), unwrapped.continued)
    }

    #[test]
    fn wrappings_come_off() {
        for (line, expected, continued) in [
            ("a SCHED", "a SCHED", false),
            ("2026-11-23T10:00:00.123456789Z stderr F SCHED", "SCHED", false),
            ("2026-11-23T10:00:00.123456789+01:00 stdout P SCHED", "SCHED", true),
            (r#"{"log":"SCHED 4-\u003e5\n","stream":"stderr"}"#, "SCHED 4->5\n", false),
            (r#"{"log":"SCHED","stream":"stderr"}"#, "SCHED", true),
            (r#"pod-1 {"level" : "in\"fo", "msg" : "SCHED \"x\""}"#, "SCHED \"x\"", false),
            (r#"{"log":"SCHED"#, "SCHED", true),
            (r#"{"SCHED"#, "SCHED", false),
            (r"{ 'msg': 'SCHED'", "{ 'msg': 'SCHED'", false),
        ] {
            assert_eq!(text(line, "SCHED"), (expected.to_string(), continued), "{line}");
        }
    }

    #[test]
    fn colours_come_off() {
        let mut out = Vec::new();
        without_escapes(b"\x1b[1;31mSCHED\x1b[0m 0ms\x1b", &mut out);
        assert_eq!(out, b"SCHED 0ms");
    }
}
