//! Writing of events as text and as bytes.

use super::quote::quote;
use crate::base::bytes::{put_uvarint_padded, uvarint_len};
use crate::spec::v2::Layout;
use crate::wire::v2::event::WireEvent;

/// The text before each of the four numbers of a frame.
const FRAME_LABELS: [&[u8]; 4] = [b"\n\tpc=", b" func=", b" file=", b" line="];

impl WireEvent<'_> {
    /// Appends the event as Go prints it (`internal/trace/raw`,
    /// `Event.String`): a line, below it one for each frame or one for the
    /// data, unless there are none.
    ///
    /// ```
    /// # use gotrace::wire::text::TextEvents;
    /// let text = b"Trace Go1.22\nString id=5\n\tdata=\"two\\nlines\"\n";
    /// let mut out = Vec::new();
    /// for event in TextEvents::new(text)? {
    ///     event?.write_text(&mut out);
    /// }
    /// assert_eq!(out, b"String id=5\n\tdata=\"two\\nlines\"\n");
    /// # Ok::<(), gotrace::Error>(())
    /// ```
    #[inline]
    pub fn write_text(&self, out: &mut Vec<u8>) {
        self.write_lines(out, false);
    }

    /// Appends the event's lines. With `data_always` empty data get a line too: Go omits it, but
    /// its reader wants it.
    #[inline]
    pub(super) fn write_lines(&self, out: &mut Vec<u8>, data_always: bool) {
        let spec = self.event.spec();
        out.extend_from_slice(spec.name.as_bytes());
        for (arg, value) in spec.args.iter().zip(&self.args) {
            out.push(b' ');
            out.extend_from_slice(arg.name.as_bytes());
            out.push(b'=');
            number(out, *value);
        }
        match spec.layout {
            Layout::Timed | Layout::Structural => {}
            Layout::Frames => {
                let numbers = self.args.get(spec.args.len()..).unwrap_or_default();
                for (value, label) in numbers.iter().zip(FRAME_LABELS.iter().cycle()) {
                    out.extend_from_slice(label);
                    number(out, *value);
                }
            }
            Layout::Data => {
                if data_always || !self.data.is_empty() {
                    out.extend_from_slice(b"\n\tdata=");
                    quote(out, &self.data);
                }
            }
        }
        out.push(b'\n');
    }

    /// Appends the event as the wire has it, each varint of the width in bytes that
    /// [`widths`](WireEvent::widths) says.
    pub fn write_binary(&self, out: &mut Vec<u8>) {
        out.push(self.event as u8);
        let mut widths = self.widths.iter().copied();
        let mut put = |out: &mut Vec<u8>, value| {
            put_uvarint_padded(out, value, widths.next().map_or(0, usize::from));
        };
        for &value in &self.args {
            put(out, value);
        }
        if self.event.spec().layout == Layout::Data {
            put(out, self.data.len() as u64);
            out.extend_from_slice(&self.data);
        }
    }

    /// Returns the least bytes that the event takes, with each varint as short as
    /// can be. Go counts these in `-d=footprint` (`Event.EncodedSize`).
    #[inline]
    pub fn encoded_size(&self) -> usize {
        let args: usize = self.args.iter().map(|&value| uvarint_len(value)).sum();
        let trailer = match self.event.spec().layout {
            Layout::Data => uvarint_len(self.data.len() as u64) + self.data.len(),
            _ => 0,
        };
        1 + args + trailer
    }
}

/// The two decimal digits of 0 to 99.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut i = 0;
    while i < 100 {
        pairs[i] = [b'0' + (i / 10) as u8, b'0' + (i % 10) as u8];
        i += 1;
    }
    pairs
};

/// Appends a number in decimal.
#[inline]
pub(crate) fn number(out: &mut Vec<u8>, mut value: u64) {
    if value < 10 {
        return out.push(b'0' + value as u8);
    }
    let mut digits = [0; 20];
    let mut first = digits.len();
    while value >= 10 {
        first -= 2;
        digits[first..first + 2].copy_from_slice(&PAIRS[(value % 100) as usize]);
        value /= 100;
    }
    if value > 0 {
        first -= 1;
        digits[first] = b'0' + value as u8;
    }
    out.extend_from_slice(&digits[first..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers(value: u64, shift in 0u32..64) {
            for value in [value >> shift, u64::MAX >> shift, 10u64.pow(shift % 20), 10u64.pow(shift % 20) - 1] {
                let mut out = Vec::new();
                number(&mut out, value);
                prop_assert_eq!(String::from_utf8(out).unwrap(), value.to_string());
            }
        }
    }
}
