//! Names of functions: which part is whose, and the same shape with other names.
//!
//! ```text
//! github.com/acme/db.(*Conn[...]).Query.func1.2-fm
//! package            type         function  closures and wrappers, named by the compiler
//! ```

use super::pseudonyms::{Kind, Pseudonyms};
use super::std_packages;

/// Returns the package that a function's name begins with, and the rest behind the dot; no
/// package for a name without one, as functions of C have.
pub(super) fn split(name: &[u8]) -> (&[u8], &[u8]) {
    // Type arguments and receivers may name packages too.
    let head = name.iter().position(|byte| b"([{ ".contains(byte)).unwrap_or(name.len());
    let path = name.get(..head).unwrap_or_default();
    let last = path.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
    let dot = path.get(last..).unwrap_or_default().iter().position(|&byte| byte == b'.');
    match dot.map(|dot| last + dot) {
        Some(dot) => (name.get(..dot).unwrap_or_default(), name.get(dot + 1..).unwrap_or_default()),
        None => (b"", name),
    }
}

/// Returns whether a function is one of the standard library.
pub(super) fn is_std(name: &[u8]) -> bool {
    std_packages::has(split(name).0)
}

/// Returns the name of a function of the standard library, without type arguments, which may be
/// the program's types.
pub(super) fn without_arguments(name: &[u8]) -> Vec<u8> {
    let (mut depth, mut kept) = (0usize, Vec::new());
    for &byte in name {
        match byte {
            b'[' => {
                if depth == 0 {
                    kept.extend_from_slice(b"[...]");
                }
                depth += 1;
            }
            b']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => kept.push(byte),
            _ => {}
        }
    }
    kept
}

/// Returns a function's name with pseudonyms for package, type and function.
pub(super) fn pseudonym(name: &[u8], names: &mut Pseudonyms) -> Vec<u8> {
    let (package, rest) = split(name);
    if package.is_empty() {
        return names.part(Kind::Function, name, b"cfn");
    }
    let mut out = match package {
        // Each program has it.
        b"main" => package.to_vec(),
        _ => names.part(Kind::Package, package, b"pkg"),
    };
    let parts = split_parts(rest);
    // A receiver by value looks like a function in front of a method, but not one in front of
    // a closure.
    let own = parts.iter().take_while(|part| !is_compilers(part)).count();
    let mut scope = package.to_vec();
    for (n, part) in parts.iter().enumerate() {
        out.push(b'.');
        scope.push(b'.');
        scope.extend(without_arguments(part));
        let (word, suffix) = split_suffix(part);
        if is_compilers(part) || n == 0 && parts.len() == 1 && package == b"main" && *part == b"main" {
            out.extend_from_slice(part);
        } else if word.starts_with(b"(") || n == 0 && own > 1 {
            let (star, close): (&[u8], &[u8]) = match (word.starts_with(b"(*"), word.starts_with(b"(")) {
                (true, _) => (b"(*", b")"),
                (_, true) => (b"(", b")"),
                _ => (b"", b""),
            };
            let bare = word.get(star.len()..word.len() - close.len()).unwrap_or_default();
            let generic = bare.contains(&b'[');
            let of = bare.split(|&byte| byte == b'[').next().unwrap_or_default();
            out.extend_from_slice(star);
            out.extend(names.part(Kind::Type, &[package, b".", of].concat(), b"type"));
            out.extend_from_slice(if generic { b"[...]" } else { b"" });
            out.extend_from_slice(close);
            out.extend_from_slice(suffix);
        } else {
            let generic = word.contains(&b'[');
            out.extend(names.part(Kind::Function, scope.get(..scope.len() - suffix.len()).unwrap_or_default(), b"fn"));
            out.extend_from_slice(if generic { b"[...]" } else { b"" });
            out.extend_from_slice(suffix);
        }
    }
    out
}

/// Splits a name at its dots, but not within brackets.
fn split_parts(name: &[u8]) -> Vec<&[u8]> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0usize);
    for (at, &byte) in name.iter().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'.' if depth == 0 => {
                parts.push(name.get(start..at).unwrap_or_default());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(name.get(start..).unwrap_or_default());
    parts
}

/// Splits off what the compiler adds to a name: `-fm` of a method value, `-range1` of a loop
/// over a function.
fn split_suffix(part: &[u8]) -> (&[u8], &[u8]) {
    let dash = part.iter().rposition(|&byte| byte == b'-').unwrap_or(part.len());
    let suffix = part.get(dash..).unwrap_or_default();
    let digits = suffix.strip_prefix(b"-range".as_slice());
    if suffix == b"-fm" || digits.is_some_and(is_number) { part.split_at(dash) } else { (part, b"") }
}

/// Returns whether a part of a name is one that the compiler gives: to a closure, a
/// wrapper, an initializer.
fn is_compilers(part: &[u8]) -> bool {
    let (word, _) = split_suffix(part);
    let numbered = |prefix: &[u8]| word.strip_prefix(prefix).is_some_and(is_number);
    matches!(word, b"" | b"init" | b"glob")
        || is_number(word)
        || numbered(b"func")
        || numbered(b"gowrap")
        || numbered(b"deferwrap")
}

fn is_number(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}
