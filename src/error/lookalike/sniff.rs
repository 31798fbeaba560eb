//! Recognition of files that are no traces, from their first bytes.

use super::Lookalike;
use memchr::memmem;
use std::borrow::Cow;

/// The bytes at a file's beginning in which lines of the runtime are looked for.
const MOST_SEARCHED: usize = 16 << 20;
/// The bytes at a file's beginning that decide whether it is text.
const HEAD: usize = 512;
/// The bytes at a text's beginning in which marks of its format are looked for.
const FIRST_PAGE: usize = 64 << 10;

impl Lookalike {
    /// Returns the format that a file seems to be of, from its beginning `data`: the more of
    /// it, the surer the answer. A binary trace is not recognised here, but by
    /// [`Version::parse_header`](crate::Version::parse_header).
    ///
    /// ```
    /// use gotrace::error::Lookalike;
    ///
    /// assert_eq!(Lookalike::of(b"goroutine 1 [running]:\nmain.main()\n"), Lookalike::GoroutineDump);
    /// ```
    pub fn of(data: &[u8]) -> Lookalike {
        by_magic(data).or_else(|| by_lines(data)).or_else(|| by_fields(data)).unwrap_or_else(|| by_text(data))
    }
}

/// Recognises formats that begin with a magic number.
fn by_magic(data: &[u8]) -> Option<Lookalike> {
    const MAGICS: [(&[u8], Lookalike); 15] = [
        (b"\x1f\x8b", Lookalike::Gzip),
        (b"\x28\xb5\x2f\xfd", Lookalike::Zstd),
        (b"\xfd7zXZ\0", Lookalike::Xz),
        (b"BZh", Lookalike::Bzip2),
        (b"\x04\x22\x4d\x18", Lookalike::Lz4),
        (b"PK\x03\x04", Lookalike::Zip),
        (b"\x7fELF", Lookalike::Executable),
        // Mach-O, of 32 and 64 bits, of either byte order, and of several processors.
        (b"\xfe\xed\xfa\xce", Lookalike::Executable),
        (b"\xfe\xed\xfa\xcf", Lookalike::Executable),
        (b"\xce\xfa\xed\xfe", Lookalike::Executable),
        (b"\xcf\xfa\xed\xfe", Lookalike::Executable),
        (b"\xca\xfe\xba\xbe", Lookalike::Executable),
        (b"MZ", Lookalike::Executable),
        (b"MDMP", Lookalike::CoreDump),
        (b"go1.7 heap dump\n", Lookalike::CoreDump),
    ];
    if data.get(257..262) == Some(b"ustar") {
        return Some(Lookalike::Tar);
    }
    let (magic, found) = MAGICS.into_iter().find(|(magic, _)| data.starts_with(magic))?;
    match (found, magic) {
        (Lookalike::Executable, b"\x7fELF") if is_elf_core(data) => Some(Lookalike::CoreDump),
        // Two or three letters may begin a text too, so more is asked of those.
        (Lookalike::Bzip2, _) if !data.get(3).is_some_and(u8::is_ascii_digit) => None,
        (Lookalike::Executable, b"MZ") if !data.iter().take(HEAD).any(|byte| *byte == 0) => None,
        _ => Some(found),
    }
}

/// Returns whether the type of an ELF file is `ET_CORE`.
fn is_elf_core(data: &[u8]) -> bool {
    let kind = match data.get(5) {
        Some(2) => [0, 4],
        _ => [4, 0],
    };
    data.get(16..18) == Some(&kind)
}

/// Recognises a log by a line that the runtime prints, whatever stands around the line.
fn by_lines(data: &[u8]) -> Option<Lookalike> {
    // The strings of a trace in text form may hold such a line.
    if data.starts_with(b"Trace Go1.") {
        return None;
    }
    let data = narrow(data.get(..MOST_SEARCHED).unwrap_or(data));
    let is_sched = |line: &[u8]| digits(line).starts_with(b"ms: gomaxprocs=");
    let is_gc = |line: &[u8]| {
        let after = digits(line).strip_prefix(b" @").map(digits);
        let after = after.and_then(|time| time.strip_prefix(b".")).map(digits);
        after.and_then(|time| time.strip_prefix(b"s ")).is_some_and(|share| digits(share).starts_with(b"%"))
    };
    let has = |mark: &str, is: &dyn Fn(&[u8]) -> bool| {
        memmem::find_iter(&data, mark).any(|at| data.get(at + mark.len()..).is_some_and(is))
    };
    if has("SCHED ", &is_sched) { Some(Lookalike::SchedLog) } else { has("gc ", &is_gc).then_some(Lookalike::GcLog) }
}

/// Returns the text behind its leading digits.
fn digits(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    &text[end..]
}

/// Converts UTF-16 with a byte-order mark, as PowerShell writes, to ASCII by dropping zero bytes.
fn narrow(data: &[u8]) -> Cow<'_, [u8]> {
    match data {
        [0xff, 0xfe, text @ ..] | [0xfe, 0xff, text @ ..] => text.iter().copied().filter(|byte| *byte != 0).collect(),
        _ => Cow::Borrowed(data),
    }
}

/// Recognises pprof's and Perfetto's protocol buffers, which have no magic number.
fn by_fields(data: &[u8]) -> Option<Lookalike> {
    let (mut fields, mut value_types, mut packets) = (0, 0, 0);
    let mut rest = data;
    // The data may end inside a field, where the loop ends too.
    while let Some((number, value, after)) = field(rest) {
        // `Profile` has strings and messages in 1 to 6, 11 and 13, numbers in the others.
        let is_pprof = match value {
            Value::Bytes(_) => matches!(number, 1..=6 | 11 | 13),
            Value::Number => matches!(number, 7..=10 | 12..=15),
        };
        match value {
            Value::Bytes(content) if number == 1 && is_value_type(content) => value_types += 1,
            Value::Bytes(content) if number == 1 && field(content).is_some() => packets += 1,
            _ if number == 1 || !is_pprof => return None,
            _ => {}
        }
        fields += 1;
        rest = after;
        if fields >= 64 {
            break;
        }
    }
    match (value_types, packets) {
        (1.., 0) if fields >= 2 => Some(Lookalike::Pprof),
        // A `Trace` is packets and nothing else.
        (0, 3..) if packets == fields => Some(Lookalike::Perfetto),
        _ => None,
    }
}

/// Returns whether `content` is pprof's `ValueType`: one or two small numbers, indices of strings.
fn is_value_type(content: &[u8]) -> bool {
    let mut rest = content;
    let mut count = 0;
    while let Some((1 | 2, Value::Number, after)) = field(rest) {
        (rest, count) = (after, count + 1);
    }
    rest.is_empty() && (1..=2).contains(&count)
}

/// The content of a field of a protocol buffer.
enum Value<'a> {
    Number,
    Bytes(&'a [u8]),
}

/// Splits the first field off a message: its number, its content, and the rest. Fields of
/// fixed width are refused: neither format has them at the top.
fn field(data: &[u8]) -> Option<(u64, Value<'_>, &[u8])> {
    let (tag, rest) = varint(data)?;
    match (tag >> 3, tag & 7) {
        (0, _) => None,
        (number, 0) => varint(rest).map(|(_, after)| (number, Value::Number, after)),
        (number, 2) => {
            let (length, rest) = varint(rest)?;
            let (content, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
            Some((number, Value::Bytes(content), after))
        }
        _ => None,
    }
}

fn varint(data: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    for (i, byte) in data.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f).checked_shl(7 * i as u32)?;
        if byte & 0x80 == 0 {
            return Some((value, &data[i + 1..]));
        }
    }
    None
}

/// Recognises kinds of text by how they begin, or by a mark in the first page.
fn by_text(data: &[u8]) -> Lookalike {
    let page = narrow(data.get(..FIRST_PAGE).unwrap_or(data));
    let Some(text) = readable(&page) else { return Lookalike::Unknown };
    let has = |mark: &str| memmem::find(&page, mark.as_bytes()).is_some();
    const PROFILES: [&str; 5] =
        ["heap profile: ", "goroutine profile: ", "threadcreate profile: ", "--- contention:", "--- mutex:"];
    if text.starts_with("Trace Go1.") {
        Lookalike::TraceText
    } else if PROFILES.iter().any(|profile| text.starts_with(profile)) {
        Lookalike::TextProfile
    } else if text.starts_with('<') {
        Lookalike::Html
    } else if text.starts_with(['{', '[']) {
        let is_timeline = has("\"traceEvents\"") || (has("\"ph\"") && has("\"ts\""));
        if is_timeline { Lookalike::ChromeTrace } else { Lookalike::Json }
    } else if is_stack(text.as_bytes()) || memmem::find_iter(&page, "\ngoroutine ").any(|at| is_stack(&page[at + 1..]))
    {
        Lookalike::GoroutineDump
    } else {
        Lookalike::Text
    }
}

/// Returns whether a goroutine's stack begins there: `goroutine 1 [running]:`.
fn is_stack(text: &[u8]) -> bool {
    text.strip_prefix(b"goroutine ").is_some_and(|rest| {
        let after = digits(rest);
        after.len() < rest.len() && (after.starts_with(b" [") || after.starts_with(b" gp=0x"))
    })
}

/// Returns the beginning of a page without white space and byte-order mark in front; `None`
/// if it is not text.
fn readable(page: &[u8]) -> Option<&str> {
    let start = page.get(..HEAD).unwrap_or(page);
    let text = match std::str::from_utf8(start) {
        Ok(text) => text,
        // The end of the head may halve a character, so that is no sign of binary data.
        Err(e) if e.valid_up_to() + 4 > start.len() => {
            std::str::from_utf8(&start[..e.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return None,
    };
    // Escape begins the sequences that colour text.
    let is_binary = |c: char| c.is_control() && !c.is_whitespace() && c != '\x1b';
    (!text.chars().any(is_binary)).then(|| text.trim_start_matches('\u{feff}').trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The beginning of a profile as `runtime/pprof` writes it, and of one with other fields first.
    const CPU: &[u8] = b"\x0a\x04\x08\x01\x10\x02\x0a\x04\x08\x03\x10\x04\x50\x9e\xfd\xa5\x8d\x01\x5a\x04\x08\x03\x10\x04\x60\x80\xad\xe2\x04\x22\x15";
    const HEAP: &[u8] = b"\x48\x05\x5a\x04\x08\x01\x10\x02\x60\x01\x0a\x04\x08\x01\x10\x02\x32\x00\x32\x07samples";

    #[test]
    fn files_are_named() {
        let mut tar = vec![b'a'; 300];
        tar[257..262].copy_from_slice(b"ustar");
        let utf16: Vec<u8> =
            [0xff, 0xfe].into_iter().chain("SCHED 5ms: gomaxprocs=1".bytes().flat_map(|b| [b, 0])).collect();
        for (data, want) in [
            (&b"\x1f\x8b\x08\x00"[..], Lookalike::Gzip),
            (b"\x28\xb5\x2f\xfd", Lookalike::Zstd),
            (b"BZh91AY", Lookalike::Bzip2),
            (b"BZhello, this is a text", Lookalike::Text),
            (b"MZ is how a text begins", Lookalike::Text),
            (b"MZ\x90\0\x03", Lookalike::Executable),
            (b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0", Lookalike::Executable),
            (b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x04\0\x3e\0", Lookalike::CoreDump),
            (b"\x7fELF\x02\x02\x01\0\0\0\0\0\0\0\0\0\0\x04\0\x15", Lookalike::CoreDump),
            (&tar, Lookalike::Tar),
            (CPU, Lookalike::Pprof),
            (HEAP, Lookalike::Pprof),
            (b"\x0a\x04\x40\x01\x50\x02\x0a\x03\x40\x90\x0a\x0a\x02\x40\x07", Lookalike::Perfetto),
            (b"{\"displayTimeUnit\":\"ns\",\"traceEvents\":[]}", Lookalike::ChromeTrace),
            (b"[{\"name\":\"a\",\"ph\":\"X\",\"ts\":1}]", Lookalike::ChromeTrace),
            (b"{\"error\": 1}", Lookalike::Json),
            (b"  <!DOCTYPE html><html>", Lookalike::Html),
            (b"heap profile: 1: 2 [3: 4] @ heap/1048576\n", Lookalike::TextProfile),
            (b"goroutine profile: total 5\n", Lookalike::TextProfile),
            (b"--- contention:\ncycles/second=2\n", Lookalike::TextProfile),
            (b"goroutine 1 [running]:\nmain.main()\n", Lookalike::GoroutineDump),
            (b"panic: oh\n\ngoroutine 18 gp=0xc00 m=4 mp=0xc0 [running]:\n", Lookalike::GoroutineDump),
            (b"the goroutine 18 [running]\n", Lookalike::Text),
            (b"hello\nSCHED 0ms: gomaxprocs=4 idleprocs=3\n", Lookalike::SchedLog),
            (b"{\"log\":\"SCHED 0ms: gomaxprocs=4 idleprocs=3\\n\"}", Lookalike::SchedLog),
            (&utf16, Lookalike::SchedLog),
            (b"\x1b[31mx\x1b[0m\ngc 1 @0.009s 3%: 0.12+3.6+0.039 ms clock", Lookalike::GcLog),
            (b"SCHED the meeting, gc 1 @home\n", Lookalike::Text),
            (b"404 page not found\n", Lookalike::Text),
            (b"Trace Go1.22\n", Lookalike::TraceText),
            (b"\x00\x01\x02", Lookalike::Unknown),
            (b"go 1.xx trace\0\0\0", Lookalike::Unknown),
            (b"", Lookalike::Text),
        ] {
            assert_eq!(Lookalike::of(data), want, "{:?}", String::from_utf8_lossy(data));
            // The assertion is that no cut panics; the answer does not matter.
            (0..data.len()).for_each(|end| {
                Lookalike::of(&data[..end]);
            });
        }
    }
}
