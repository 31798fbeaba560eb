//! The output of a command: standard output, or a file that is whole or not there at all.

use crate::global::Global;
use crate::outcome::Usage;
use crate::plain;
use crate::save::NewFile;
use anstyle::Style;
use anyhow::Result;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Read, Seek, SeekFrom, Stderr, StdoutLock, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

const BUFFER: usize = 64 << 10;

/// The kind of data that is written, which decides what is escaped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// Text in which characters that could drive a terminal are escaped.
    Text,
    /// Text that is Go's byte for byte, with nothing escaped.
    Exact,
    /// Bytes, which are never written to a terminal.
    Binary,
}

/// The writer for a command's output; [`finish`](Output::finish) makes it final.
pub(crate) struct Output {
    target: Target,
    content: Content,
    pub(crate) styles: Styles,
}

enum Target {
    Stdout(BufWriter<StdoutLock<'static>>),
    Stderr(BufWriter<Stderr>),
    /// The file that `-o` names.
    File(BufWriter<NewFile>),
    /// A buffer that another command takes.
    Given(Arc<Mutex<Vec<u8>>>),
}

impl Output {
    /// Opens standard output, or the file of `-o`.
    ///
    /// # Errors
    /// If the file cannot be made, or binary data would go to a terminal.
    pub(crate) fn open(global: &Global, content: Content) -> Result<Output> {
        if let Some(given) = &global.given {
            let target = Target::Given(Arc::clone(&given.output));
            return Ok(Output { target, content, styles: Styles::default() });
        }
        let stdout = io::stdout();
        match global.output.as_deref().filter(|path| *path != Path::new("-")) {
            None if content == Content::Binary && stdout.is_terminal() => {
                Err(Usage("binary data is not for a terminal; use -o FILE, or redirect it".into()).into())
            }
            None => {
                let color = anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never;
                let target = Target::Stdout(BufWriter::with_capacity(BUFFER, stdout.lock()));
                Ok(Output { target, content, styles: if color { Styles::colored() } else { Styles::default() } })
            }
            Some(path) => {
                let target = Target::File(BufWriter::with_capacity(BUFFER, NewFile::at(path)?));
                Ok(Output { target, content, styles: Styles::default() })
            }
        }
    }

    /// Opens standard error, or the file of `-o`, for a command whose standard output
    /// belongs to the program that it runs.
    pub(crate) fn beside(global: &Global) -> Result<Output> {
        if global.output.is_some() {
            return Output::open(global, Content::Text);
        }
        let color = anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never;
        let target = Target::Stderr(BufWriter::with_capacity(BUFFER, io::stderr()));
        let styles = if color { Styles::colored() } else { Styles::default() };
        Ok(Output { target, content: Content::Text, styles })
    }

    /// Returns whether output goes to a terminal.
    pub(crate) fn is_terminal(&self) -> bool {
        matches!(self.target, Target::Stdout(_)) && io::stdout().is_terminal()
    }

    /// Prints which parts of a trace a report is about: `Only PART, PART`; nothing if there
    /// are no parts.
    pub(crate) fn selection(&mut self, parts: &[String]) -> io::Result<()> {
        if parts.is_empty() {
            return Ok(());
        }
        let heading = self.styles.heading;
        writeln!(self, "{heading}Only {}{heading:#}", parts.join(", "))
    }

    /// Writes a part of a file, which the system copies if it can.
    ///
    /// # Errors
    /// If the file cannot be read or has become too short, or the output cannot be written to.
    pub(crate) fn copy(&mut self, mut file: &File, part: Range<u64>) -> io::Result<()> {
        file.seek(SeekFrom::Start(part.start))?;
        let len = part.end.saturating_sub(part.start);
        let mut part = file.take(len);
        self.target.flush()?;
        let copied = match &mut self.target {
            Target::File(out) => out.get_mut().copy(part)?,
            Target::Stdout(out) => io::copy(&mut part, out)?,
            Target::Stderr(_) | Target::Given(_) => io::copy(&mut part, &mut self.target)?,
        };
        match copied == len {
            true => Ok(()),
            false => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the trace has become shorter meanwhile")),
        }
    }

    /// Completes the output. Without this call, the file of `-o` does not appear.
    pub(crate) fn finish(self) -> Result<()> {
        match self.target {
            Target::Stdout(mut out) => out.flush()?,
            Target::Stderr(mut out) => out.flush()?,
            Target::Given(_) => {}
            Target::File(out) => out.into_inner().map_err(io::IntoInnerError::into_error)?.finish()?,
        }
        Ok(())
    }
}

/// The boundary that all output passes: in text, characters that would change how others
/// are shown are written as JSON escapes, `\u202e`, whatever they came from. Callers write
/// whole characters at a time.
impl Write for Output {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if self.content == Content::Text {
            let mut rest = data;
            while let Some((before, unfit, after)) = plain::split(rest) {
                self.target.write_all(before)?;
                write!(self.target, "\\u{:04x}", u32::from(unfit))?;
                rest = after;
            }
            self.target.write_all(rest)?;
            return Ok(data.len());
        }
        self.target.write(data)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.target.flush()
    }
}

impl Write for Target {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        match self {
            Target::Stdout(out) => out.write(data),
            Target::Stderr(out) => out.write(data),
            Target::File(out) => out.write(data),
            Target::Given(out) => out.lock().unwrap_or_else(PoisonError::into_inner).write(data),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Target::Stdout(out) => out.flush(),
            Target::Stderr(out) => out.flush(),
            Target::File(out) => out.flush(),
            Target::Given(_) => Ok(()),
        }
    }
}

/// Terminal styles that make parts of text stand out; plain by default.
#[derive(Clone, Copy, Default)]
pub(crate) struct Styles {
    pub(crate) heading: Style,
    pub(crate) dim: Style,
}

impl Styles {
    fn colored() -> Styles {
        Styles { heading: Style::new().bold(), dim: Style::new().dimmed() }
    }
}
