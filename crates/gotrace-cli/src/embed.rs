//! The command inside of another program: a trace or a log that stays open, on which the
//! program has command lines run.

use crate::global::{Given, Global, RunFor, StillWanted};
use crate::input::Input;
use crate::log::KeptLog;
use crate::outcome::{BadTrace, Usage};
use crate::select::SelectTime;
use clap::Parser;
use gotrace::analysis::Compat;
use gotrace::compressed::Decompressed;
use gotrace::godebug::Entry;
use gotrace::{Selected, SharedTrace, TraceFile};
use std::any::Any;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of the beginning of a log: as many as its ID depends on.
const BEGINNING: usize = 64 << 10;

/// Ways of reading a trace.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// True to end at the first defect, as `--strict` does.
    pub strict: bool,
    /// The program that was traced, as for `--binary`.
    pub binary: Option<PathBuf>,
}

impl Reading {
    /// Returns these ways as the options that every command has.
    fn global(&self) -> Result<Global, Failure> {
        let mut line: Vec<OsString> = vec!["gotrace".into(), "--no-mmap".into()];
        line.extend(self.strict.then(|| "--strict".into()));
        if let Some(binary) = &self.binary {
            line.extend(["--binary".into(), binary.clone().into_os_string()]);
        }
        GlobalLine::try_parse_from(line).map(|line| line.global).map_err(|e| Failure::of_line(&e))
    }
}

/// A command line of nothing but the options that every command has.
#[derive(Parser)]
struct GlobalLine {
    #[command(flatten)]
    global: Global,
}

/// A command line of nothing but the options that select a part of a trace.
#[derive(Parser)]
#[command(no_binary_name = true)]
struct SelectLine {
    #[command(flatten)]
    select: SelectTime,
}

/// A trace that stays open. Clones share it.
#[derive(Clone)]
pub struct OpenTrace {
    input: Input,
    shared: SharedTrace,
}

impl OpenTrace {
    /// Opens a file and reads all of it into memory; standard input for `-`. Compressed files
    /// are decompressed.
    ///
    /// # Errors
    /// If it cannot be read, or there is no event in it.
    pub fn open(path: &Path, reading: &Reading) -> Result<OpenTrace, Failure> {
        OpenTrace::new(Input::open(path, &reading.global()?)?)
    }

    /// Takes the bytes of a trace, mapped or read, compressed or not; `name` stands for them
    /// in messages.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn of_bytes(name: &str, bytes: TraceFile, reading: &Reading) -> Result<OpenTrace, Failure> {
        OpenTrace::new(Input::of_bytes(name.to_owned(), bytes, &reading.global()?)?)
    }

    fn new(input: Input) -> Result<OpenTrace, Failure> {
        let shared = input.shared()?;
        Ok(OpenTrace { input: input.quiet(), shared })
    }

    /// Returns the trace itself.
    pub fn shared(&self) -> &SharedTrace {
        &self.shared
    }

    /// Returns the name of the trace, as messages show it.
    pub fn name(&self) -> &str {
        self.input.name()
    }

    /// Returns the flaws of the input besides the defects of its trace, in words: the file was
    /// written to meanwhile, its compression is damaged.
    pub fn flaws(&self) -> Vec<String> {
        self.input.flaws()
    }

    /// Returns the failure that a defect of the trace is.
    pub fn failure(&self, defect: &gotrace::Error) -> Failure {
        self.input.error(defect).into()
    }

    /// Returns the part of the trace that options such as `--from=1ms` select; none for all of
    /// it.
    ///
    /// # Errors
    /// If the options are wrong, or select nothing.
    pub fn select(&self, options: &[String], wanted: &StillWanted) -> Result<Option<Selected>, Failure> {
        let select = SelectLine::try_parse_from(options).map_err(|e| Failure::of_line(&e))?.select;
        if !select.is_asked() {
            return Ok(None);
        }
        let selected = select.of(&self.input.wanted(wanted), self.shared.trace(), Compat::Right)?;
        Ok(Some(selected))
    }

    /// Runs a command on the trace; returns what it prints.
    pub(crate) fn run(&self, run_for: RunFor, command: &[String], wanted: StillWanted) -> Result<Vec<u8>, Failure> {
        run(run_for, command, Arc::new(self.input.clone()), wanted)
    }
}

/// A GODEBUG log that stays open. Clones share it.
#[derive(Clone)]
pub struct OpenLog {
    kept: KeptLog,
}

impl OpenLog {
    /// Opens the log in a file; of a file that grows, the part that is there now.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn open(path: &Path) -> Result<OpenLog, Failure> {
        let name = path.display().to_string();
        let failed = |e: io::Error| Failure::file(&name, &e);
        let found = path.metadata().map_err(failed)?;
        let kept = match found.is_file() {
            true => KeptLog::of_file(path, found.len()),
            // A pipe can be read once.
            false => KeptLog::of_bytes(&name, TraceFile::open(path).map_err(failed)?),
        };
        Ok(OpenLog { kept })
    }

    /// Takes the bytes of a log; `name` stands for them in messages.
    pub fn of_bytes(name: &str, bytes: Vec<u8>) -> OpenLog {
        OpenLog { kept: KeptLog::of_bytes(name, TraceFile::from(bytes)) }
    }

    /// Returns the name of the log, as messages show it.
    pub fn name(&self) -> &str {
        self.kept.name()
    }

    /// Returns the beginning of its text: 64 KiB, or all of it. Compressed logs are decompressed.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn beginning(&self) -> Result<Vec<u8>, Failure> {
        let failed = |e: io::Error| Failure::file(self.name(), &e);
        let mut log = Decompressed::new(self.kept.open()?).map_err(failed)?;
        log.peek(BEGINNING).map(<[u8]>::to_vec).map_err(failed)
    }

    /// Reads the log, and hands each entry to `each`; returns what is wrong with it, in words.
    ///
    /// # Errors
    /// As `each`, and if it cannot be read.
    pub fn read<E: From<Failure>>(&self, each: &mut dyn FnMut(&Entry) -> Result<(), E>) -> Result<Vec<String>, E> {
        let mut ended = None;
        let log = self.kept.clone().log(false);
        let read = log.read(false, |entry| {
            each(entry).map_err(|e| {
                ended = Some(e);
                anyhow::anyhow!("ended")
            })
        });
        match (read, ended) {
            (_, Some(e)) => Err(e),
            (Err(e), None) => Err(Failure::from(e).into()),
            (Ok(read), None) => {
                Ok(log.defects(&read).iter().map(|defect| format!("{}{defect}", self.name())).collect())
            }
        }
    }

    /// Runs a command on the log; returns what it prints.
    pub(crate) fn run(&self, run_for: RunFor, command: &[String], wanted: StillWanted) -> Result<Vec<u8>, Failure> {
        run(run_for, command, Arc::new(self.kept.clone()), wanted)
    }
}

/// Runs a command, such as `latency --json`, on what stands in for its file.
fn run(
    run_for: RunFor,
    command: &[String],
    input: Arc<dyn Any + Send + Sync>,
    wanted: StillWanted,
) -> Result<Vec<u8>, Failure> {
    let line: Vec<String> = ["gotrace"].into_iter().chain(command.iter().map(String::as_str)).map(Into::into).collect();
    let line = [line, vec!["-".into()]].concat();
    let output = Arc::new(Mutex::new(Vec::new()));
    let given = Given { input, output: Arc::clone(&output), wanted };
    run_for(&line, given, Compat::Right)?;
    Ok(std::mem::take(&mut *output.lock().unwrap_or_else(PoisonError::into_inner)))
}

/// A reason for which a command or a trace gives nothing.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Failure {
    /// The request is wrong.
    Usage {
        /// Reason, for people.
        message: String,
    },
    /// The trace cannot be read.
    Trace {
        /// Reason, for people.
        message: String,
        /// Place of the defect in the file, in bytes, if the failure is about one.
        offset: Option<u64>,
    },
    /// The file cannot be read.
    File {
        /// Reason, as the system has it.
        kind: io::ErrorKind,
        /// Reason, for people.
        message: String,
    },
    /// There is nothing of the kind, or another reason.
    Other {
        /// Reason, for people.
        message: String,
    },
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Failure::Usage { message }
        | Failure::Trace { message, .. }
        | Failure::File { message, .. }
        | Failure::Other { message }) = self;
        f.write_str(message)
    }
}

impl std::error::Error for Failure {}

impl Failure {
    fn file(name: &str, error: &io::Error) -> Failure {
        Failure::File { kind: error.kind(), message: format!("{name}: {error}") }
    }

    /// Returns the failure of a command line, without how to use the command.
    fn of_line(error: &clap::Error) -> Failure {
        let text = error.render().to_string();
        let message = text.split("\n\nUsage:").next().unwrap_or_default();
        let message = message.split("\n\nFor more").next().unwrap_or_default();
        Failure::Usage { message: message.strip_prefix("error: ").unwrap_or(message).trim_end().to_owned() }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Failure {
        let message = format!("{error:#}");
        if let Some(error) = error.downcast_ref::<clap::Error>() {
            return Failure::of_line(error);
        }
        if error.is::<Usage>() {
            return Failure::Usage { message };
        }
        if let Some(bad) = error.downcast_ref::<BadTrace>() {
            return Failure::Trace { message, offset: bad.offset };
        }
        match error.chain().find_map(|cause| cause.downcast_ref::<io::Error>()) {
            Some(cause) => Failure::File { kind: cause.kind(), message },
            None => Failure::Other { message },
        }
    }
}
