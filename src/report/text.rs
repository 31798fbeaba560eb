//! Names and defects as text.

use std::borrow::Cow;

/// Returns a name as text, with U+FFFD in place of bytes that are not UTF-8.
pub(super) fn text(name: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(name)
}

/// Returns a name as text; none if it is empty, which is how a trace marks a missing one.
pub(super) fn name(name: &[u8]) -> Option<Cow<'_, str>> {
    (!name.is_empty()).then(|| text(name))
}

/// Returns defects as text.
pub(super) fn texts(all: &[impl ToString]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}
