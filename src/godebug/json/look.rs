//! Quick checks whether a text is JSON.

use super::Json;
use crate::godebug::origin::Place;

/// Returns whether a text may be JSON by its beginning: an object, or an array of objects,
/// arrays or strings.
pub(in crate::godebug) fn begins(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    let next = |rest: &[u8]| rest.trim_ascii_start().first().copied();
    match text.split_first() {
        Some((b'{', rest)) => matches!(next(rest), None | Some(b'"' | b'}')),
        Some((b'[', rest)) => match next(rest) {
            None | Some(b']' | b'"') => true,
            Some(b'{' | b'[') => begins(rest),
            _ => false,
        },
        _ => false,
    }
}

/// Returns whether a text may contain an array of numbers.
pub(in crate::godebug) fn has_bytes(text: &[u8]) -> bool {
    memchr::memchr_iter(b'[', text).any(|at| {
        let next = text.get(at + 1..).unwrap_or_default().trim_ascii_start().first();
        next.is_some_and(u8::is_ascii_digit)
    })
}

/// Returns whether a text is JSON in which nothing is left open.
pub(in crate::godebug) fn is_balanced(text: &[u8]) -> bool {
    let nothing = |_: &[u8], _: &[u8]| false;
    let mut json = Json::default();
    json.feed(text, Place::default(), &nothing).is_err() || json.is_between()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_text_is_no_json() {
        for (text, is) in [
            ("[pod/a/b] x", false),
            ("{ 'msg'", false),
            ("{x", false),
            ("[GIN] x", false),
            ("[1]", false),
            ("[", true),
            ("{", true),
            (" [{\"a\":1}", true),
        ] {
            assert_eq!(begins(text.as_bytes()), is, "{text}");
        }
    }
}
