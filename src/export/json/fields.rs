//! Fields of an object, as text.

use crate::wire::text::number as unsigned;

/// Appends the name of a field.
pub(super) fn key(out: &mut Vec<u8>, name: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

/// Appends a field without a value.
pub(super) fn null(out: &mut Vec<u8>, name: &str) {
    key(out, name);
    out.extend_from_slice(b"null");
}

/// Appends a field with a number; null if there is none.
pub(super) fn number(out: &mut Vec<u8>, name: &str, value: Option<u64>) {
    match value {
        Some(value) => {
            key(out, name);
            unsigned(out, value);
        }
        None => null(out, name),
    }
}

/// Appends a field with a text.
pub(super) fn string(out: &mut Vec<u8>, name: &str, text: &[u8]) {
    key(out, name);
    quote(out, text);
}

/// Appends a field with a text of this crate, which needs no escaping.
pub(super) fn word(out: &mut Vec<u8>, name: &str, text: &str) {
    key(out, name);
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

/// Appends a JSON string.
pub(crate) fn quote(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    for chunk in text.utf8_chunks() {
        let mut rest = chunk.valid().as_bytes();
        while let Some(at) = rest.iter().position(|&b| b < 0x20 || b == b'"' || b == b'\\') {
            let (plain, special) = rest.split_at(at);
            out.extend_from_slice(plain);
            let Some((&byte, after)) = special.split_first() else { break };
            escape(out, byte);
            rest = after;
        }
        out.extend_from_slice(rest);
        // Each invalid sequence becomes one replacement character.
        if !chunk.invalid().is_empty() {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
    out.push(b'"');
}

fn escape(out: &mut Vec<u8>, byte: u8) {
    match byte {
        b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\t' => out.extend_from_slice(b"\\t"),
        b'\r' => out.extend_from_slice(b"\\r"),
        _ => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
    }
}
