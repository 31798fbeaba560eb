//! Go's string literals: `strconv.Quote` and `strconv.Unquote` of Go 1.27.

use super::printable::is_print;
use std::borrow::Cow;
use std::str::Chars;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Appends `text` as Go's `%q` prints it; bytes that are not UTF-8 become `\x..`.
pub(crate) fn quote(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    let plain = |b: &u8| matches!(b, b' '..=b'~') && !matches!(b, b'"' | b'\\');
    let first = text.iter().position(|b| !plain(b)).unwrap_or(text.len());
    let (start, odd) = text.split_at(first);
    out.extend_from_slice(start);
    for chunk in odd.utf8_chunks() {
        for c in chunk.valid().chars() {
            character(out, c);
        }
        for &byte in chunk.invalid() {
            hex_byte(out, byte);
        }
    }
    out.push(b'"');
}

fn character(out: &mut Vec<u8>, c: char) {
    match c {
        '"' | '\\' => out.extend_from_slice(&[b'\\', c as u8]),
        ' '..='~' => out.push(c as u8),
        _ if is_print(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        '\x07' => out.extend_from_slice(b"\\a"),
        '\x08' => out.extend_from_slice(b"\\b"),
        '\x0c' => out.extend_from_slice(b"\\f"),
        '\n' => out.extend_from_slice(b"\\n"),
        '\r' => out.extend_from_slice(b"\\r"),
        '\t' => out.extend_from_slice(b"\\t"),
        '\x0b' => out.extend_from_slice(b"\\v"),
        '\0'..='\x1f' | '\x7f' => hex_byte(out, c as u8),
        '\0'..='\u{ffff}' => hex_digits(out, b'u', u32::from(c), 4),
        _ => hex_digits(out, b'U', u32::from(c), 8),
    }
}

fn hex_byte(out: &mut Vec<u8>, byte: u8) {
    hex_digits(out, b'x', u32::from(byte), 2);
}

fn hex_digits(out: &mut Vec<u8>, letter: u8, value: u32, digits: u32) {
    out.extend_from_slice(&[b'\\', letter]);
    out.extend((0..digits).rev().map(|i| HEX[(value >> (4 * i) & 15) as usize]));
}

/// The offset in a literal at which it cannot be read, and the reason.
pub(crate) type BadLiteral = (usize, &'static str);

/// Returns the bytes that a Go literal stands for: `"text"` with escapes, `` `raw` ``,
/// or `'c'`. Borrows if there is nothing to replace.
///
/// # Errors
/// If `strconv.Unquote` errs.
pub(crate) fn unquote(literal: &str) -> Result<Cow<'_, [u8]>, BadLiteral> {
    let mut chars = literal.chars();
    let quote = chars.next().filter(|c| matches!(c, '"' | '`' | '\'')).ok_or((0, "expected a quoted string"))?;
    let body = chars.as_str();
    if quote == '`' {
        let (raw, behind) = body.split_once('`').ok_or((literal.len(), "the quoted string does not end"))?;
        nothing_left(literal, behind)?;
        return Ok(match raw.contains('\r') {
            false => Cow::Borrowed(raw.as_bytes()),
            // Go drops carriage returns from raw strings, so that line ends of any system read alike.
            true => Cow::Owned(raw.bytes().filter(|&b| b != b'\r').collect()),
        });
    }
    if quote == '"'
        && let Some((plain, "")) = body.split_once('"')
        && !plain.contains('\\')
    {
        return Ok(Cow::Borrowed(plain.as_bytes()));
    }
    let mut bytes = Vec::new();
    let mut count = 0;
    loop {
        let at = literal.len() - chars.as_str().len();
        match chars.next() {
            None => return Err((at, "the quoted string does not end")),
            Some(c) if c == quote => break,
            Some(_) if quote == '\'' && count == 1 => return Err((at, "more than one character in single quotes")),
            Some('\\') => escape(&mut chars, quote, &mut bytes).map_err(|what| (at, what))?,
            Some(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        count += 1;
    }
    nothing_left(literal, chars.as_str())?;
    Ok(Cow::Owned(bytes))
}

fn nothing_left(literal: &str, behind: &str) -> Result<(), BadLiteral> {
    if behind.is_empty() { Ok(()) } else { Err((literal.len() - behind.len(), "text behind the quoted string")) }
}

/// Reads the rest of an escape, behind the backslash.
fn escape(chars: &mut Chars<'_>, quote: char, bytes: &mut Vec<u8>) -> Result<(), &'static str> {
    bytes.push(match chars.next() {
        Some('a') => 0x07,
        Some('b') => 0x08,
        Some('f') => 0x0c,
        Some('n') => b'\n',
        Some('r') => b'\r',
        Some('t') => b'\t',
        Some('v') => 0x0b,
        Some('\\') => b'\\',
        Some(c @ ('"' | '\'')) if c == quote => c as u8,
        Some('x') => digits(chars, 0, 2, 16)
            .and_then(|byte| u8::try_from(byte).ok())
            .ok_or("expected two hexadecimal digits behind \\x")?,
        Some(c @ '0'..='7') => digits(chars, u32::from(c) - u32::from('0'), 2, 8)
            .and_then(|byte| u8::try_from(byte).ok())
            .ok_or("expected three octal digits, up to \\377")?,
        Some(c @ ('u' | 'U')) => {
            let c = digits(chars, 0, if c == 'u' { 4 } else { 8 }, 16)
                .and_then(char::from_u32)
                .ok_or("expected the digits of a character, four behind \\u or eight behind \\U")?;
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            return Ok(());
        }
        _ => return Err("an escape that Go does not have"),
    });
    Ok(())
}

/// Adds `count` digits to `value`; `None` if one is missing.
fn digits(chars: &mut Chars<'_>, value: u32, count: u32, radix: u32) -> Option<u32> {
    (0..count).try_fold(value, |value, _| {
        let digit = chars.next()?.to_digit(radix)?;
        value.checked_mul(radix)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quoted(text: &[u8]) -> String {
        let mut out = Vec::new();
        quote(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    /// Compares with the output of Go 1.27.3's `strconv.Quote`, in the right column.
    #[test]
    fn quotes_as_go() {
        for (text, want) in [
            (&b""[..], r#""""#),
            (b"plain 'text'", r#""plain 'text'""#),
            (b"\x07\x08\x0c\n\r\t\x0b", r#""\a\b\f\n\r\t\v""#),
            (b"\0\x1b\x7f\"\\", r#""\x00\x1b\x7f\"\\""#),
            (b"a\xffb\xc3", r#""a\xffb\xc3""#),
            (b"\xed\xa0\x80", r#""\xed\xa0\x80""#),
            ("\u{ad}\u{80}\u{a0}é☺\u{fffd}\u{2028}".as_bytes(), "\"\\u00ad\\u0080\\u00a0é☺\u{fffd}\\u2028\""),
            ("\u{1f600}\u{e0001}\u{10ffff}".as_bytes(), "\"\u{1f600}\\U000e0001\\U0010ffff\""),
            ("\u{3000}\u{feff}\u{e000}\u{378}".as_bytes(), r#""\u3000\ufeff\ue000\u0378""#),
        ] {
            assert_eq!(quoted(text), want);
        }
    }

    #[test]
    fn unquotes_as_go() {
        for (literal, want) in [
            (r#""a\"b\\c""#, &b"a\"b\\c"[..]),
            (r#""\x41\101\u0041\U00000041\xff\377""#, b"AAAA\xff\xff"),
            (r#""\a\b\f\n\r\t\v'""#, b"\x07\x08\x0c\n\r\t\x0b'"),
            ("`a\\n\r\"b`", b"a\\n\"b"),
            ("``", b""),
            ("''", b""),
            ("'☺'", "☺".as_bytes()),
            (r"'\''", b"'"),
            ("'\"'", b"\""),
        ] {
            assert_eq!(unquote(literal).as_deref(), Ok(want), "{literal}");
        }
    }

    #[test]
    fn bad_literals() {
        for (literal, at) in [
            ("", 0),
            ("a", 0),
            ("\"", 1),
            ("\"a", 2),
            ("\"a\\\"", 4),
            ("`a", 2),
            ("\"a\" b", 3),
            ("`a`b", 3),
            ("'''", 2),
            ("'ab'", 2),
            (r#""\'""#, 1),
            (r#"'\"'"#, 1),
            (r#""a\x4g""#, 2),
            (r#""\x+f""#, 1),
            (r#""\x4"#, 1),
            (r#""\400""#, 1),
            (r#""\08""#, 1),
            (r#""\ud800""#, 1),
            (r#""\U00110000""#, 1),
            (r#""\UFFFFFFFF""#, 1),
            (r#""\q""#, 1),
            ("\"\\", 1),
        ] {
            assert_eq!(unquote(literal).map_err(|(at, _)| at), Err(at), "{literal}");
        }
    }

    proptest! {
        #[test]
        fn round_trip(text: Vec<u8>, chars: String) {
            for text in [&text[..], chars.as_bytes()] {
                let quoted = quoted(text);
                prop_assert_eq!(unquote(&quoted).unwrap(), text);
            }
        }

        #[test]
        fn any_literal(text in "[\"'`]?[\"'`\\\\xuU0-9a-f\r☺]{0,12}[\"'`]?") {
            let _ = unquote(&text);
        }
    }
}
