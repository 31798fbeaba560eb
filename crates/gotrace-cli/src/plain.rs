//! Text from outside, made fit for a terminal: names in traces, files' names, URLs,
//! servers' replies, lines of logs.
//!
//! Control characters drive a terminal, and characters that set the direction of text make
//! one name look like another (CVE-2021-42574).

use std::borrow::Cow;

/// Returns a text in one line, with control characters and line ends escaped.
pub(crate) fn line(bytes: &[u8]) -> Cow<'_, str> {
    escaped(String::from_utf8_lossy(bytes), |c| c.is_control() || is_unfit(c))
}

/// Returns a message, which may have several lines, with other control characters escaped.
pub(crate) fn message(text: &str) -> Cow<'_, str> {
    escaped(text.into(), |c| (c.is_control() && c != '\n' && c != '\t') || is_unfit(c))
}

/// Splits a text at its first unfit character that is not ASCII: returns what stands before
/// it, the character, and what stands behind it.
pub(crate) fn split(text: &[u8]) -> Option<(&[u8], char, &[u8])> {
    // In UTF-8, every unfit character begins with one of these bytes.
    memchr::memchr3_iter(0xc2, 0xd8, 0xe2, text).find_map(|at| {
        let (before, rest) = text.split_at(at);
        let length = if rest.first() == Some(&0xe2) { 3 } else { 2 };
        let (character, after) = rest.split_at_checked(length)?;
        let unfit = std::str::from_utf8(character).ok()?.chars().next().filter(|&c| is_unfit(c))?;
        Some((before, unfit, after))
    })
}

/// Returns a text with escapes (`\u{1b}`) in place of the characters that are unfit.
fn escaped(text: Cow<'_, str>, unfit: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&unfit) {
        return text;
    }
    text.chars()
        .fold(String::new(), |mut out, c| {
            if unfit(c) {
                out.extend(c.escape_default())
            } else {
                out.push(c)
            }
            out
        })
        .into()
}

/// Returns whether a character is a C1 code, separates lines or sets the direction of text.
fn is_unfit(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_drive_the_terminal() {
        assert_eq!(line(b"a\x1b[31m\nb\xff"), "a\\u{1b}[31m\\nb\u{fffd}");
        assert_eq!(line("a\u{9b}31m\u{202e}\u{2067}é世µs".as_bytes()), "a\\u{9b}31m\\u{202e}\\u{2067}é世µs");
        assert_eq!(message("a:\n\tb\r\u{85}"), "a:\n\tb\\r\\u{85}");
    }

    #[test]
    fn output_is_split_where_it_would_drive_the_terminal() {
        let all = (0x80..0x3000).filter_map(char::from_u32);
        for c in all {
            let text = format!("µ{c}…");
            let found = split(text.as_bytes());
            assert_eq!(found.is_some(), is_unfit(c), "{c:?}");
            assert!(found.is_none_or(|found| found == ("µ".as_bytes(), c, "…".as_bytes())), "{c:?}");
        }
        assert_eq!(split(b"\xe2\x80"), None, "what is no text stays as it is");
    }
}
