//! Reading of the text form.

use super::belongs;
use super::lines::{Line, Lines, Tokens, number};
use crate::base::bytes::uvarint_len;
use crate::error::{Error, ErrorKind, Result};
use crate::spec::v2::{EventType, Layout};
use crate::spec::version::Version;
use crate::wire::v2::event::WireEvent;
use smallvec::SmallVec;
use std::borrow::Cow;

/// The arguments of a frame, in order.
const FRAME: [&str; 4] = ["pc", "func", "file", "line"];

/// An iterator over the events of a text.
///
/// It reads all that Go's `TextReader` reads, except that the text must be
/// UTF-8, and that comments which begin with `#gotrace` have a [meaning](super).
/// A data line may be missing if the data are empty.
///
/// After an error the iterator is finished.
#[derive(Clone, Debug)]
pub struct TextEvents<'a> {
    lines: Lines<'a>,
    version: Version,
    rest: Vec<u8>,
}

impl<'a> TextEvents<'a> {
    /// Reads the header, `Trace Go1.NN`, and prepares to read the events.
    ///
    /// # Errors
    /// `Text`, or `UnsupportedVersion`.
    pub fn new(text: &'a [u8]) -> Result<TextEvents<'a>> {
        let mut lines = Lines { text, pos: 0, passed: 0 };
        let Some(header) = lines.significant()? else {
            return Err(lines.error("expected \"Trace Go1.NN\", found the end of the text"));
        };
        let mut tokens = header.tokens();
        let expected = "the header, \"Trace Go1.NN\"";
        let token = tokens.take();
        if token != "Trace" {
            return Err(header.expected(expected, token));
        }
        let token = tokens.take();
        let minor = token.strip_prefix("Go1.").and_then(number).ok_or_else(|| header.expected(expected, token))?;
        tokens.end()?;
        let minor = u32::try_from(minor).unwrap_or(u32::MAX);
        let version = Version::from_minor(minor)
            .filter(|version| !version.is_v1())
            .ok_or_else(|| Error::at(header.offset_of(token), ErrorKind::UnsupportedVersion { minor }))?;
        Ok(TextEvents { lines, version, rest: Vec::new() })
    }

    /// Returns the version of the format that the header names.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Returns the bytes at the end of the file that are no events. They are complete
    /// when the iterator has ended.
    pub fn rest(&self) -> &[u8] {
        &self.rest
    }

    fn read(&mut self) -> Result<Option<WireEvent<'a>>> {
        let mut widths = SmallVec::new();
        loop {
            let Some(line) = self.lines.significant()? else {
                return if widths.is_empty() {
                    Ok(None)
                } else {
                    Err(self.lines.error("expected the event that has these widths"))
                };
            };
            let mut tokens = line.tokens();
            if !line.is_directive() {
                if !self.rest.is_empty() {
                    return Err(line.error(line.text, "an event behind the rest of the file"));
                }
                return self.event(line, tokens, widths).map(Some);
            }
            match tokens.directive() {
                "widths" => tokens.widths(&mut widths)?,
                "rest" => self.rest.extend_from_slice(&line.unquote(tokens.rest)?),
                other => return Err(line.expected("widths or rest", other)),
            }
        }
    }

    fn event(&mut self, line: Line<'a>, mut tokens: Tokens<'a>, widths: SmallVec<[u8; 8]>) -> Result<WireEvent<'a>> {
        let name = tokens.take();
        let Some(event) = EventType::from_name(name) else { return Err(line.expected("an event", name)) };
        if !belongs(event, self.version) {
            return Err(line.error(name, &format!("{event} does not exist in {} traces", self.version)));
        }
        let spec = event.spec();
        let mut args = SmallVec::new();
        for arg in spec.args {
            args.push(tokens.argument(arg.name)?);
        }
        tokens.end()?;
        let mut data = Cow::default();
        let mut numbers = args.len();
        match spec.layout {
            Layout::Timed | Layout::Structural => {}
            Layout::Frames => {
                let frames: u64 = args.last().copied().unwrap_or_default();
                // No cap: each frame takes a line of the text, so that memory stays in proportion.
                for i in 0..frames {
                    self.frame(i, frames, &mut args)?;
                }
                numbers = args.len();
            }
            Layout::Data => {
                data = self.data()?;
                numbers += 1;
            }
        }
        let mut event = WireEvent { event, offset: 0, args, data, widths };
        if !event.widths.is_empty() {
            if event.widths.len() != numbers {
                let what = format!("the event has {numbers} numbers, but its widths are {}", event.widths.len());
                return Err(line.error(line.text, &what));
            }
            settle_widths(&mut event);
        }
        Ok(event)
    }

    fn frame(&mut self, i: u64, frames: u64, args: &mut SmallVec<[u64; 8]>) -> Result<()> {
        let Some(line) = self.lines.significant()? else {
            return Err(self.lines.error(&format!("expected frame {} of {frames}, found the end of the text", i + 1)));
        };
        let mut tokens = line.tokens();
        if line.is_directive() || !tokens.rest.trim_start().starts_with("pc=") {
            return Err(line.expected(&format!("frame {} of {frames}, \"pc=..\"", i + 1), line.text.trim()));
        }
        for name in FRAME {
            args.push(tokens.argument(name)?);
        }
        tokens.end()
    }

    fn data(&mut self) -> Result<Cow<'a, [u8]>> {
        let before = self.lines.clone();
        if let Some(line) = self.lines.significant()?
            && let Some((name, literal)) = line.text.split_once('=')
            && name.trim() == "data"
        {
            return line.unquote(literal);
        }
        self.lines = before;
        Ok(Cow::default())
    }
}

impl<'a> Iterator for TextEvents<'a> {
    type Item = Result<WireEvent<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        let event = self.read();
        if event.is_err() {
            self.lines.pos = self.lines.text.len();
        }
        event.transpose()
    }
}

/// Raises widths to what the numbers need, for the text may have been edited, and clears them
/// if no varint is padded.
fn settle_widths(event: &mut WireEvent<'_>) {
    let data = event.data.len() as u64;
    let mut padded = false;
    for (width, &number) in event.widths.iter_mut().zip(event.args.iter().chain([&data])) {
        let least = uvarint_len(number) as u8;
        padded |= *width > least;
        *width = least.max(*width);
    }
    if !padded {
        event.widths.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<(Vec<WireEvent<'_>>, Vec<u8>)> {
        let mut events = TextEvents::new(text.as_bytes())?;
        let read = events.by_ref().collect::<Result<_>>()?;
        assert!(events.next().is_none());
        Ok((read, events.rest().to_vec()))
    }

    #[test]
    fn takes_what_go_takes() {
        let text = " # a comment, \u{ff}\n\n\tTrace\u{3000}Go1.25 \r\n\
            EventBatch  gen=1 m=18446744073709551615\ttime=3 size=4\r\n\
            Stack id=5 nframes=2\n# between\n pc=1 func=2 file=3 line=4\n\n\tpc=5 func=6 file=7 line=8\n\
            String id=1\n  data = `a\"b` \n\
            String id=2\n\
            String id=3\n#gotrace widths 1 5\nString id=4\n\tdata=\"\\x00☺\"\n\
            #gotrace rest \"a\\n\"\n#gotracer\n#gotrace rest 'b'";
        let (events, rest) = read(text).unwrap();
        let args: Vec<&[u64]> = events.iter().map(|e| &e.args[..]).collect();
        assert_eq!(args, [&[1, u64::MAX, 3, 4][..], &[5, 2, 1, 2, 3, 4, 5, 6, 7, 8], &[1], &[2], &[3], &[4]]);
        let data: Vec<&[u8]> = events.iter().map(|e| &e.data[..]).collect();
        assert_eq!(data, [&b""[..], b"", b"a\"b", b"", b"", "\0☺".as_bytes()]);
        assert_eq!(events.last().unwrap().widths[..], [1, 5]);
        assert_eq!(rest, b"a\nb");
    }

    #[test]
    fn says_where_and_what() {
        for (text, offset, number, want) in [
            ("", 0, 1, "expected \"Trace Go1.NN\", found the end of the text"),
            ("# only\n", 7, 1, "found the end of the text"),
            ("Trace", 5, 1, "expected the header, \"Trace Go1.NN\", found the end of the line"),
            ("Track Go1.22", 0, 1, "found \"Track\""),
            ("Trace Go1.x2", 6, 1, "found \"Go1.x2\""),
            ("Trace Go1.22 x", 13, 1, "expected the end of the line, found \"x\""),
            ("Trace Go1.22\nGoFly dt=1", 13, 2, "expected an event, found \"GoFly\""),
            ("Trace Go1.22\nGoSwitch dt=1 g=1 g_seq=1", 13, 2, "GoSwitch does not exist in go 1.22 traces"),
            ("Trace Go1.22\n\nGoStart dt=1 p=1", 27, 3, "expected \"g=..\", found \"p=1\""),
            ("Trace Go1.22\nGoStart dt=1", 25, 2, "expected \"g=..\", found the end of the line"),
            ("Trace Go1.22\nGoStop", 19, 2, "expected \"dt=..\", found the end of the line"),
            ("Trace Go1.22\nSTWEnd dt=", 23, 2, "expected a number"),
            ("Trace Go1.22\nSTWEnd dt=+1", 23, 2, "found \"+1\""),
            ("Trace Go1.22\nSTWEnd dt=18446744073709551616", 23, 2, "expected a number from 0 to 18446744073709551615"),
            ("Trace Go1.22\nSTWEnd dt=1 x", 25, 2, "expected the end of the line, found \"x\""),
            ("Trace Go1.22\nSTWEnd dt=1 # x", 25, 2, "expected the comment on a line of its own, found \"# x\""),
            (
                "Trace Go1.22\nStack id=1 nframes=1152921504606846976\n",
                52,
                2,
                "expected frame 1 of 1152921504606846976",
            ),
            ("Trace Go1.22\nStack id=1 nframes=1\nStacks", 34, 3, "expected frame 1 of 1, \"pc=..\", found \"Stacks\""),
            ("Trace Go1.22\nStack id=1 nframes=1\npc=1 line=2", 39, 3, "expected \"func=..\", found \"line=2\""),
            ("Trace Go1.22\nString id=1\n\tdata=\"a\\q\"", 33, 3, "an escape that Go does not have"),
            ("Trace Go1.22\nString id=1\n\tdata=", 31, 3, "expected a quoted string"),
            ("Trace Go1.22\n#gotrace widths 11\nStacks", 29, 2, "expected a width from 1 to 10, found \"11\""),
            (
                "Trace Go1.22\n#gotrace widths 1 5 1\nSTWEnd dt=1",
                35,
                3,
                "the event has 1 numbers, but its widths are 3",
            ),
            ("Trace Go1.22\n#gotrace widths 1", 30, 2, "expected the event that has these widths"),
            ("Trace Go1.22\n#gotrace width 1", 22, 2, "expected widths or rest, found \"width\""),
            ("Trace Go1.22\n#gotrace rest \"a\"\nStacks", 31, 3, "an event behind the rest of the file"),
        ] {
            let error = read(text).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Text { line, .. } if *line == number), "{text:?}: {error}");
            assert!(error.offset() == offset && error.to_string().contains(want), "{text:?}: {error}");
        }
        let future = read("Trace Go1.31").unwrap_err();
        assert!(matches!(future.kind(), ErrorKind::UnsupportedVersion { minor: 31 }), "{future}");
        let latin = TextEvents::new(b"Trace Go1.22\n\xe9").unwrap().next().unwrap().unwrap_err();
        assert!(latin.offset() == 13 && latin.to_string().contains("UTF-8"), "{latin}");
    }

    #[test]
    fn edited_widths_grow() {
        let (events, _) = read("Trace Go1.22\n#gotrace widths 1 2\nGCActive dt=300 gc_seq=1").unwrap();
        assert_eq!(events.first().unwrap().widths[..], [2, 2]);
        let (events, _) = read("Trace Go1.22\n#gotrace widths 1 1\nGCActive dt=300 gc_seq=1").unwrap();
        assert!(events.first().unwrap().widths.is_empty());
    }

    /// Generates an event of the newest version, sound in itself.
    fn any_event() -> impl Strategy<Value = WireEvent<'static>> {
        let numbers = proptest::collection::vec((any::<u64>(), 0u32..64, any::<u8>()), 24);
        let data = proptest::collection::vec(any::<u8>(), 0..40);
        (0..EventType::ALL.len(), 0..5usize, numbers, data, any::<bool>()).prop_map(
            |(i, frames, numbers, data, padded)| {
                let event = EventType::ALL[i];
                let spec = event.spec();
                let mut count = spec.args.len();
                let mut args: SmallVec<[u64; 8]> = numbers.iter().map(|(value, shift, _)| value >> shift).collect();
                if spec.layout == Layout::Frames {
                    args[count - 1] = frames as u64;
                    count += 4 * frames;
                }
                args.truncate(count);
                let has_data = spec.layout == Layout::Data;
                let data = if has_data { data } else { Vec::new() };
                let mut widths: SmallVec<[u8; 8]> = SmallVec::new();
                if padded {
                    widths
                        .extend(numbers.iter().take(count + usize::from(has_data)).map(|(_, _, width)| 1 + width % 10));
                }
                let mut event = WireEvent { event, offset: 0, args, data: Cow::Owned(data), widths };
                settle_widths(&mut event);
                event
            },
        )
    }

    proptest! {
        #[test]
        fn events_round_trip(events in proptest::collection::vec(any_event(), 0..8)) {
            let mut text = b"Trace Go1.26\n".to_vec();
            let mut sloppy = text.clone();
            for event in &events {
                crate::wire::text::convert::widths(&mut text, event);
                event.write_lines(&mut text, true);
                event.write_text(&mut sloppy);
            }
            let read: Vec<_> = TextEvents::new(&text).unwrap().map(|e| e.unwrap()).collect();
            prop_assert_eq!(&read, &events);
            let mut plain = events.clone();
            plain.iter_mut().for_each(|e| e.widths.clear());
            let read: Vec<_> = TextEvents::new(&sloppy).unwrap().map(|e| e.unwrap()).collect();
            prop_assert_eq!(&read, &plain, "what Go prints can be read too");
        }

        #[test]
        fn any_bytes(bytes: Vec<u8>, text: String) {
            for text in [&bytes[..], text.as_bytes(), &[b"Trace Go1.26\n", &bytes[..]].concat()] {
                if let Ok(mut events) = TextEvents::new(text) {
                    while events.next().is_some() {}
                }
            }
        }

        #[test]
        fn any_words(words in proptest::collection::vec(
            prop_oneof![
                Just("\n"), Just("Stack"), Just("id=1"), Just("nframes=2"), Just("pc=1 func=2 file=3 line=4"), Just("#"),
                Just("String"), Just("\tdata="), Just("\"a\""), Just("`"), Just("#gotrace"), Just("widths"), Just("rest"),
                Just("1"), Just("\u{2003}"), Just("\r"),
            ], 0..40))
        {
            let text = format!("Trace Go1.26\n{}", words.join(" "));
            let mut events = TextEvents::new(text.as_bytes()).unwrap();
            while let Some(event) = events.next() {
                if let Err(e) = event {
                    prop_assert!(e.offset() <= text.len() as u64);
                    prop_assert!(events.next().is_none());
                }
            }
        }
    }
}
