//! Bytes of a file by event type, and the table of them that `go tool trace -d=footprint`
//! prints, byte for byte that of Go 1.27.3.

use super::wire::Readable;
use crate::base::pdqsort;
use crate::error::{Error, Result};
use crate::spec::v2::EventType;
use crate::spec::version::Version;
use crate::trace::Mode;
use std::io::{self, Write};

mod v1 {
    pub(super) use crate::spec::v1::EventType;
    pub(super) use crate::wire::v1::event::RawEvents;
}

/// Count and size of the events of one type.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Row {
    /// Number of the type, with which its events begin.
    pub number: u8,
    /// Number of events.
    pub count: u64,
    /// Number of bytes, with each varint as short as possible: lengths for which the
    /// runtime reserved more room count less than they occupy. In a v1 trace, the bytes
    /// that the events occupy.
    pub bytes: u64,
    v1: bool,
}

impl Row {
    /// Returns the type, if the number is that of one; none in a v1 trace.
    pub fn event(&self) -> Option<EventType> {
        EventType::from_wire(self.number).filter(|_| !self.v1)
    }

    /// Returns the type in a v1 trace, if the number is that of one.
    pub fn v1_event(&self) -> Option<v1::EventType> {
        v1::EventType::from_wire(self.number).filter(|_| self.v1)
    }

    /// Returns the name of the type, if it has one.
    pub fn name(&self) -> Option<&'static str> {
        self.event().map(EventType::name).or_else(|| self.v1_event().map(v1::EventType::name))
    }
}

/// Bytes of a file by event type.
#[derive(Clone, Debug)]
pub struct Footprint {
    version: Version,
    file_size: usize,
    rows: Vec<Row>,
    defect: Option<Error>,
}

impl Footprint {
    /// Reads a whole file. Errors and the [`defect`] are as in
    /// [`wire::write`](super::wire::write).
    ///
    /// # Errors
    /// Returns the defect if the header is bad, or the mode is strict and the file has one.
    ///
    /// [`defect`]: Footprint::defect
    pub fn of(file: &[u8], mode: Mode) -> Result<Footprint> {
        if Version::parse_header(file)?.is_v1() {
            return Footprint::of_v1(file, mode);
        }
        let mut events = Readable::new(file, mode)?;
        let version = events.version();
        let mut rows: Vec<Row> = (0..=u8::MAX).map(|number| Row { number, ..Row::default() }).collect();
        for event in events.by_ref() {
            if let Some(row) = rows.get_mut(event.event as usize) {
                row.count += 1;
                row.bytes += event.encoded_size() as u64;
            }
        }
        // Rows of equal size have the order in which Go's sort leaves them.
        pdqsort::sort(&mut rows, &|a, b| b.bytes < a.bytes);
        Ok(Footprint { version, file_size: file.len(), rows, defect: events.end()? })
    }

    fn of_v1(file: &[u8], mode: Mode) -> Result<Footprint> {
        let version = Version::parse_header(file)?;
        let mut rows: Vec<Row> = (0..64).map(|number| Row { number, v1: true, ..Row::default() }).collect();
        let mut defect = None;
        for event in v1::RawEvents::new(file, version) {
            match event {
                Ok(event) => {
                    if let Some(row) = rows.get_mut(event.event as usize) {
                        row.count += 1;
                        row.bytes += event.size as u64;
                    }
                }
                Err(e) if mode == Mode::Strict => return Err(e),
                Err(e) => defect = Some(e),
            }
        }
        pdqsort::sort(&mut rows, &|a, b| b.bytes < a.bytes);
        Ok(Footprint { version, file_size: file.len(), rows, defect })
    }

    /// Returns a row for each number from 0 to 255 (in a v1 trace, to 63), those with the
    /// most bytes first.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Returns the number of events.
    pub fn events(&self) -> u64 {
        self.rows.iter().map(|row| row.count).sum()
    }

    /// Returns the size of the file in bytes.
    pub fn file_size(&self) -> usize {
        self.file_size
    }

    /// Returns the defect of the file, if there is one; events behind it are not counted,
    /// unless only Go stops there.
    pub fn defect(&self) -> Option<&Error> {
        self.defect.as_ref()
    }

    /// Writes the table.
    ///
    /// # Errors
    /// Returns the error if `out` cannot be written to.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let events = self.events() as f64;
        // Without events each percentage is NaN, as in Go.
        let percent = |part: u64, whole: f64| format!("{:.2}%", part as f64 / whole * 100.0);
        let mut table = vec![["Event", "Bytes", "%", "Count", "%"].map(String::from), ["-"; 5].map(String::from)];
        table.extend(self.rows.iter().map(|row| {
            [
                self.name(row),
                row.bytes.to_string(),
                percent(row.bytes, self.file_size as f64),
                row.count.to_string(),
                percent(row.count, events),
            ]
        }));
        align(&table, out)
    }

    /// Returns Go's name of the type: nothing for the gaps in its table.
    fn name(&self, row: &Row) -> String {
        if self.version.is_v1() {
            return row.name().map_or_else(|| format!("<unknown ({})>", row.number), String::from);
        }
        // Go has a table with gaps for each version.
        let named = EventType::named_in(self.version).nth(usize::from(row.number));
        match (named, row.event()) {
            (Some(spec), _) => spec.map_or("", |spec| spec.name).into(),
            // Go refuses the trace before it would print these.
            (None, Some(event)) if row.count > 0 => event.name().into(),
            (None, _) => format!("<unknown ({})>", row.number),
        }
    }
}

/// Writes a table as Go's `text/tabwriter` does with a minimal width of 3 and a padding of
/// 2: all columns but the last are as wide as their widest cell.
fn align<const N: usize>(table: &[[String; N]], out: &mut impl Write) -> io::Result<()> {
    const MIN_WIDTH: usize = 3;
    const PADDING: usize = 2;
    let mut widths = [MIN_WIDTH; N];
    for row in table {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count() + PADDING);
        }
    }
    // The last column is not padded.
    if let Some(last) = widths.last_mut() {
        *last = 0;
    }
    let mut text = String::new();
    for row in table {
        for (&width, cell) in widths.iter().zip(row) {
            text.push_str(cell);
            text.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.chars().count())));
        }
        text.push('\n');
    }
    out.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::text::text_to_binary;

    fn of(text: &str) -> Footprint {
        let mut file = Vec::new();
        text_to_binary(text.as_bytes(), &mut file).unwrap();
        Footprint::of(&file, Mode::Lenient).unwrap()
    }

    fn table(footprint: &Footprint) -> String {
        let mut out = Vec::new();
        footprint.write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn counts_and_aligns() {
        let footprint = of(
            "Trace Go1.22\nStrings\n#gotrace widths 1 10\nString id=300\n\tdata=\"abc\"\nString id=1\n\tdata=\"\"\n",
        );
        let first = footprint.rows()[0];
        // Canonical: 1 + 2 + 1 + 3 and 1 + 1 + 1.
        assert_eq!((first.event(), first.count, first.bytes), (Some(EventType::String), 2, 10));
        assert_eq!(footprint.events(), 3);
        let text = table(&footprint);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 258);
        let size = footprint.file_size() as f64;
        assert_eq!(lines[0], "Event                Bytes  %       Count  %");
        assert_eq!(lines[1], "-                    -      -       -      -");
        assert_eq!(lines[2], format!("String               10     {:.2}%  2      66.67%", 1000.0 / size));
        assert_eq!(lines[3], format!("Strings              1      {:.2}%   1      33.33%", 100.0 / size));
        assert!(text.contains("\n<unknown (255)>      0      0.00%   0      0.00%\n"), "{text}");
    }

    #[test]
    fn odd_names_and_no_events() {
        let text = table(&of("Trace Go1.26\n"));
        assert!(text.lines().skip(2).all(|line| line.ends_with("0      0.00%  0      NaN%")), "{text}");
        assert!(!text.contains("<unknown (127)>") && text.contains("<unknown (137)>"), "gaps have no name");
        let text = table(&of("Trace Go1.23\nSpanFree dt=1 id=2\n"));
        assert!(text.contains("SpanFree") && text.contains("<unknown (129)>"), "{text}");
    }
}
