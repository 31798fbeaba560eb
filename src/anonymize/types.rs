//! Names of types, as AllocFree experiments have them.

use super::pseudonyms::{Kind, Pseudonyms};

/// Words that types are made of without names of anybody: Go's own.
const WORDS: [&[u8]; 33] = [
    b"bool",
    b"byte",
    b"chan",
    b"complex128",
    b"complex64",
    b"error",
    b"float32",
    b"float64",
    b"func",
    b"int",
    b"int16",
    b"int32",
    b"int64",
    b"int8",
    b"interface",
    b"map",
    b"noalg",
    b"rune",
    b"string",
    b"struct",
    b"uint",
    b"uint16",
    b"uint32",
    b"uint64",
    b"uint8",
    b"uintptr",
    b"unsafe",
    b"Pointer",
    b"any",
    b"F",
    b"hash",
    b"bucket",
    b"comparable",
];

/// Returns the new name of a type: the old one if it is made of Go's own words, for names of
/// packages are short there, and may be anybody's.
pub(super) fn pseudonym(name: &[u8], names: &mut Pseudonyms) -> Vec<u8> {
    let words = name.split(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80));
    let is_gos = |word: &[u8]| word.is_empty() || word.iter().all(u8::is_ascii_digit) || WORDS.contains(&word);
    if words.into_iter().all(is_gos) || is_runtimes(name) {
        names.leave(name);
        return name.to_vec();
    }
    names.of(Kind::Type, name, None)
}

/// Returns whether a type is one of the runtime, the one package that nobody else has.
fn is_runtimes(name: &[u8]) -> bool {
    let start = name.iter().position(|byte| !b"*[]0123456789".contains(byte)).unwrap_or(0);
    let own = name.get(start..).and_then(|name| name.strip_prefix(b"runtime."));
    own.is_some_and(|own| own.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_'))
}
