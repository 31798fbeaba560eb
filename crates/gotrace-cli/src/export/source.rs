//! The input of an export: a trace or a log, told apart by its beginning.

use crate::global::Global;
use crate::input::{Input, begins_trace, is_url};
use crate::log::{Ended, Log};
use crate::several::OneOfSeveral;
use anyhow::{Context, Result};
use gotrace::compressed::Decompressed;
use gotrace::error::Lookalike;
use gotrace::godebug::Entry;
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

/// Bytes of the beginning that are looked at: as many as the ID of a log depends on.
const BEGINNING: usize = 64 << 10;

/// The input of an export.
pub(super) enum Source {
    Trace(Input),
    Log(Box<OpenLog>),
}

/// A log that is open.
pub(super) struct OpenLog {
    log: Log,
    input: Decompressed<Box<dyn Read>>,
    beginning: Vec<u8>,
}

impl Source {
    /// Opens a trace or a log. What is neither counts as a log if a table of logs is `wanted`,
    /// and else as a trace, whose reader says what is wrong.
    pub(super) fn open(one: OneOfSeveral<'_>, wanted: bool, global: &Global) -> Result<Source> {
        let path = one.path();
        let is_stdin = path == Path::new("-");
        if is_url(path) || path.is_dir() || (is_stdin && io::stdin().is_terminal()) {
            return Ok(Source::Trace(one.open(global)?));
        }
        let name = path.display().to_string();
        let (input, again): (Box<dyn Read>, bool) = match is_stdin {
            true => (Box::new(io::stdin()), false),
            false => {
                let file = File::open(path).with_context(|| name.clone())?;
                let again = file.metadata().is_ok_and(|found| found.is_file());
                (Box::new(file), again)
            }
        };
        let mut input = Decompressed::new(input).with_context(|| name.clone())?;
        let beginning = input.peek(BEGINNING).with_context(|| name.clone())?;
        let looks = !begins_trace(beginning)
            && (wanted || matches!(Lookalike::of(beginning), Lookalike::SchedLog | Lookalike::GcLog));
        if looks {
            let beginning = beginning.to_vec();
            let log = Log::new(path, "export parquet -o DIR", global)?;
            return Ok(Source::Log(Box::new(OpenLog { log, input, beginning })));
        }
        Ok(Source::Trace(match again {
            true => one.open(global)?,
            false => {
                let name = if is_stdin { "standard input".into() } else { name };
                let input = Input::read(name, input, global)?;
                one.opened(input)
            }
        }))
    }
}

impl OpenLog {
    /// Returns the log's name as messages show it.
    pub(super) fn name(&self) -> &str {
        self.log.name()
    }

    /// Returns the beginning of the log's text.
    pub(super) fn beginning(&self) -> &[u8] {
        &self.beginning
    }

    /// Reads the log, and hands each entry to `each`.
    ///
    /// # Errors
    /// As `each`, and if there is no line of the runtime.
    pub(super) fn read(mut self, each: &mut dyn FnMut(&Entry) -> Result<()>) -> Result<(Log, Ended)> {
        let mut ended = self.log.read_from(Box::new(&mut self.input), each)?;
        ended.damage = self.input.defect().cloned();
        let ended = self.log.checked(ended)?;
        if ended.entries == 0 {
            return Err(self.log.nothing("SCHED or gc lines", "schedtrace=1000,gctrace=1", &ended));
        }
        Ok((self.log, ended))
    }
}
