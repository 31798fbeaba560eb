//! Conversion of UTF-16, which PowerShell writes when it redirects, to UTF-8.

/// Encoding of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    /// UTF-8, or any other encoding that contains ASCII.
    Bytes,
    /// UTF-16, with the lower half of each unit first, or the upper one.
    Utf16 { little: bool },
}

/// Converts a log that comes in pieces to UTF-8.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    encoding: Option<Encoding>,
    /// Bytes that are not decoded yet: the first ones, or half of a unit.
    start: Vec<u8>,
    /// First half of a pair of surrogates.
    high: Option<u16>,
    /// Length of the byte-order mark.
    mark: usize,
}

/// Result of decoding bytes.
pub(super) enum Decoded<'a> {
    /// Unchanged bytes.
    Same(&'a [u8]),
    /// Converted bytes.
    Other(Vec<u8>),
}

impl Decoder {
    /// Returns whether the log is known to need no conversion.
    pub(super) fn is_plain(&self) -> bool {
        self.encoding == Some(Encoding::Bytes)
    }

    /// Returns the number of bytes before the text.
    pub(super) fn mark(&self) -> usize {
        self.mark
    }

    /// Returns the number of bytes that decoded text had in the log.
    pub(super) fn length(&self, decoded: &[u8]) -> u64 {
        if !matches!(self.encoding, Some(Encoding::Utf16 { .. })) {
            return decoded.len() as u64;
        }
        // A character is one unit, but two beyond the basic plane.
        let units = decoded.iter().map(|c| u64::from(*c < 0x80 || *c >= 0xc0) + u64::from(*c >= 0xf0));
        units.sum::<u64>() * 2
    }

    /// Decodes the next bytes.
    pub(super) fn decode<'a>(&mut self, bytes: &'a [u8]) -> Decoded<'a> {
        match self.encoding {
            Some(Encoding::Bytes) => Decoded::Same(bytes),
            Some(Encoding::Utf16 { little }) => Decoded::Other(self.utf16(bytes, little)),
            // The first four bytes decide the encoding.
            None => {
                self.start.extend_from_slice(bytes);
                if self.start.len() < 4 {
                    return Decoded::Other(Vec::new());
                }
                Decoded::Other(self.finish())
            }
        }
    }

    /// Returns the rest, once the log has ended.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        let start = std::mem::take(&mut self.start);
        if self.encoding.is_some() {
            // The rest is half of a unit.
            return Vec::new();
        }
        let (encoding, mark) = match start.as_slice() {
            [0xff, 0xfe, ..] => (Encoding::Utf16 { little: true }, 2),
            [0xfe, 0xff, ..] => (Encoding::Utf16 { little: false }, 2),
            [0xef, 0xbb, 0xbf, ..] => (Encoding::Bytes, 3),
            // A log without a mark shows it by its first two letters.
            [1..=0x7f, 0, 1..=0x7f, 0, ..] => (Encoding::Utf16 { little: true }, 0),
            [0, 1..=0x7f, 0, 1..=0x7f, ..] => (Encoding::Utf16 { little: false }, 0),
            _ => (Encoding::Bytes, 0),
        };
        (self.encoding, self.mark) = (Some(encoding), mark);
        let rest = start.get(mark..).unwrap_or_default();
        match encoding {
            Encoding::Bytes => rest.to_vec(),
            Encoding::Utf16 { little } => self.utf16(rest, little),
        }
    }

    fn utf16(&mut self, bytes: &[u8], little: bool) -> Vec<u8> {
        let mut all = std::mem::take(&mut self.start);
        all.extend_from_slice(bytes);
        let mut out = Vec::with_capacity(all.len() / 2);
        let mut push = |c: char| out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        let (units, half) = all.as_chunks::<2>();
        for unit in units {
            let unit = if little { u16::from_le_bytes(*unit) } else { u16::from_be_bytes(*unit) };
            let low = (0xdc00..0xe000).contains(&unit);
            if let Some(high) = self.high.take() {
                if low {
                    let code = 0x10000 + (u32::from(high - 0xd800) << 10) + u32::from(unit - 0xdc00);
                    push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                    continue;
                }
                // A high half without a low one is no character.
                push(char::REPLACEMENT_CHARACTER);
            }
            match char::from_u32(u32::from(unit)) {
                Some(c) => push(c),
                None if low => push(char::REPLACEMENT_CHARACTER),
                None => self.high = Some(unit),
            }
        }
        self.start = half.to_vec();
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_orders_in_pieces() {
        let text = "\u{e9}SCHED \u{1f600} 1\r\n";
        for little in [true, false] {
            for mark in [true, false] {
                let text = if mark { text } else { "SCHED \u{1f600}" };
                let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
                let bytes: Vec<u8> =
                    units.flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect();
                for piece in [1, 3, 100] {
                    let (mut decoder, mut out) = (Decoder::default(), Vec::new());
                    for bytes in bytes.chunks(piece) {
                        match decoder.decode(bytes) {
                            Decoded::Same(bytes) => out.extend_from_slice(bytes),
                            Decoded::Other(bytes) => out.extend(bytes),
                        }
                    }
                    out.extend(decoder.finish());
                    assert_eq!(String::from_utf8(out.clone()).unwrap(), text, "{little} {mark} {piece}");
                    assert_eq!(decoder.length(&out) + decoder.mark() as u64, bytes.len() as u64);
                }
            }
        }
    }
}
