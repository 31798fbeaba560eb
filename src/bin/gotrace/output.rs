//! Where output goes: standard output or a file, whole or not at all.

use crate::{Global, Usage};
use anstyle::{AnsiColor, Style};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal, Stderr, StdoutLock, Write};
use std::path::{Path, PathBuf};

const BUFFER: usize = 64 << 10;

/// What is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    Text,
    /// Never for a terminal.
    Binary,
}

/// Takes what a command writes; [`finish`](Output::finish) makes it final.
pub(crate) struct Output {
    target: Target,
    pub(crate) styles: Styles,
}

enum Target {
    Stdout(BufWriter<StdoutLock<'static>>),
    Stderr(BufWriter<Stderr>),
    /// A device or pipe, which is written to as it is.
    Direct(BufWriter<File>),
    /// A file beside the one to be, whose name it gets in the end.
    Pending {
        out: BufWriter<File>,
        temporary: Temporary,
        path: PathBuf,
    },
}

impl Output {
    pub(crate) fn open(global: &Global, content: Content) -> Result<Output> {
        let stdout = io::stdout();
        match global.output.as_deref().filter(|path| *path != Path::new("-")) {
            None if content == Content::Binary && stdout.is_terminal() => {
                Err(Usage("binary data is not for a terminal; use -o FILE, or redirect it".into()).into())
            }
            None => {
                let color = anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never;
                let target = Target::Stdout(BufWriter::with_capacity(BUFFER, stdout.lock()));
                Ok(Output { target, styles: if color { Styles::colored() } else { Styles::default() } })
            }
            Some(path) => {
                let target = Target::create(path).with_context(|| path.display().to_string())?;
                Ok(Output { target, styles: Styles::default() })
            }
        }
    }

    /// As [`open`](Output::open), but on standard error, where standard output is
    /// another program's.
    pub(crate) fn beside(global: &Global) -> Result<Output> {
        if global.output.is_some() {
            return Output::open(global, Content::Text);
        }
        let color = anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never;
        let target = Target::Stderr(BufWriter::with_capacity(BUFFER, io::stderr()));
        Ok(Output { target, styles: if color { Styles::colored() } else { Styles::default() } })
    }

    /// Whether people see what is written as it comes.
    pub(crate) fn is_terminal(&self) -> bool {
        matches!(self.target, Target::Stdout(_)) && io::stdout().is_terminal()
    }

    /// Completes what was written; without it a file is not left behind.
    pub(crate) fn finish(self) -> Result<()> {
        match self.target {
            Target::Stdout(mut out) => out.flush()?,
            Target::Stderr(mut out) => out.flush()?,
            Target::Direct(mut out) => out.flush()?,
            Target::Pending { out, temporary, path } => {
                let named = || path.display().to_string();
                drop(out.into_inner().map_err(io::IntoInnerError::into_error).with_context(named)?);
                temporary.rename_to(&path).with_context(named)?;
            }
        }
        Ok(())
    }
}

impl Write for Output {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        match &mut self.target {
            Target::Stdout(out) => out.write(data),
            Target::Stderr(out) => out.write(data),
            Target::Direct(out) | Target::Pending { out, .. } => out.write(data),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.target {
            Target::Stdout(out) => out.flush(),
            Target::Stderr(out) => out.flush(),
            Target::Direct(out) | Target::Pending { out, .. } => out.flush(),
        }
    }
}

impl Target {
    fn create(path: &Path) -> io::Result<Target> {
        // A link stays one: what it points to is replaced.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        if path.metadata().is_ok_and(|found| !found.is_file() && !found.is_dir()) {
            let file = OpenOptions::new().write(true).open(path)?;
            return Ok(Target::Direct(BufWriter::with_capacity(BUFFER, file)));
        }
        let name = path.file_name().filter(|_| !path.is_dir());
        let name = name
            .ok_or_else(|| io::Error::new(io::ErrorKind::IsADirectory, "is a directory, expected a file to write"))?;
        let mut hidden = OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.part", std::process::id()));
        let temporary = path.with_file_name(hidden);
        let file = OpenOptions::new().write(true).create_new(true).open(&temporary)?;
        let temporary = Temporary(Some(temporary));
        Ok(Target::Pending { out: BufWriter::with_capacity(BUFFER, file), temporary, path })
    }
}

/// A file that goes away unless it is renamed.
struct Temporary(Option<PathBuf>);

impl Temporary {
    fn rename_to(mut self, path: &Path) -> io::Result<()> {
        match &self.0 {
            Some(temporary) => std::fs::rename(temporary, path)?,
            None => return Ok(()),
        }
        self.0 = None;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // Nothing better can be done about a file that will not go.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// How to make parts of text stand out; plain by default.
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

/// Tells people of something that is wrong, on standard error.
pub(crate) fn complain(what: &str, message: &str) {
    let color = if what == "error" { AnsiColor::Red } else { AnsiColor::Yellow };
    let style = color.on_default().bold();
    // If standard error is closed, there is nobody to tell.
    let _ = writeln!(anstream::stderr().lock(), "{style}{what}:{style:#} {message}");
}
