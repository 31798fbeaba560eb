//! Logs: what a program wrote to standard error while GODEBUG was set.

use crate::output::complain;
use crate::{Global, Status, Usage};
use anyhow::{Context, Result, anyhow};
use gotrace::Version;
use gotrace::godebug::{Entry, History, Item, LogWarning, Scanner};
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A log is read in pieces: it may be larger than memory, and may be written to
/// meanwhile, so it is not mapped.
const PIECE: usize = 256 << 10;
/// The most warnings that are printed one by one.
const MOST_WARNINGS: usize = 10;
/// How often a file that is followed is looked at.
const PATIENCE: Duration = Duration::from_millis(100);

/// A log and what it is called.
pub(crate) struct Log {
    name: String,
    path: PathBuf,
    strict: bool,
}

/// What reading a log came to.
pub(crate) struct Ended {
    /// The first warnings, and how many there were.
    warnings: Vec<LogWarning>,
    warned: u64,
    /// Entries.
    pub(crate) entries: u64,
    /// By how much the GC's clock is ahead of that of the `SCHED` lines.
    pub(crate) clock_offset: Duration,
    /// Lines and bytes.
    pub(crate) size: (u64, u64),
    beginning: Vec<u8>,
}

impl Log {
    /// Of a file, or of standard input for `-`.
    pub(crate) fn new(path: &Path, command: &str, global: &Global) -> Result<Log> {
        let path = path.to_path_buf();
        let strict = global.strict;
        if path != Path::new("-") {
            return Ok(Log { name: path.display().to_string(), path, strict });
        }
        if io::stdin().is_terminal() {
            let example = format!("GODEBUG=schedtrace=1000,gctrace=1 PROGRAM 2>&1 >/dev/null | gotrace {command} -");
            return Err(Usage(format!("standard input is a terminal; expected a log, as in `{example}`")).into());
        }
        Ok(Log { name: "standard input".into(), path, strict })
    }

    /// What comes from a program that runs, for [`read_from`](Log::read_from).
    pub(crate) fn of_program(name: &str, global: &Global) -> Log {
        Log { name: name.into(), path: PathBuf::new(), strict: global.strict }
    }

    /// The log's name, for people.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Reads it, and hands each entry to `each`. With `follow`, a file goes on
    /// when it grows.
    pub(crate) fn read(&self, follow: bool, each: impl FnMut(&Entry) -> Result<()>) -> Result<Ended> {
        let input: Box<dyn Read> = if self.path == Path::new("-") {
            Box::new(io::stdin().lock())
        } else {
            let file = File::open(&self.path).with_context(|| self.name.clone())?;
            if follow && file.metadata().is_ok_and(|found| found.is_file()) {
                Box::new(Growing(file))
            } else {
                Box::new(file)
            }
        };
        self.read_from(input, each)
    }

    /// Reads it from where it is open already.
    pub(crate) fn read_from(
        &self,
        mut input: Box<dyn Read + '_>,
        mut each: impl FnMut(&Entry) -> Result<()>,
    ) -> Result<Ended> {
        let (mut scanner, mut history) = (Scanner::default(), History::default());
        let (mut warnings, mut warned, mut entries) = (Vec::new(), 0, 0);
        let mut each = |entry: Entry| {
            entries += 1;
            each(&entry)
        };
        let mut take = |item: Item<'_>, history: &mut History| -> Result<()> {
            match item {
                Item::Found(found) => {
                    history.push(found);
                    std::iter::from_fn(|| history.pop()).try_for_each(&mut each)
                }
                Item::Warning(warning) if self.strict => Err(anyhow!("{}: {warning}", self.name)),
                Item::Warning(warning) => {
                    warned += 1;
                    if warnings.len() < MOST_WARNINGS {
                        warnings.push(warning);
                    }
                    Ok(())
                }
            }
        };
        let mut piece = vec![0; PIECE];
        let mut beginning = Vec::new();
        loop {
            let length = match input.read(&mut piece) {
                Ok(0) => break,
                Ok(length) => length,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e).with_context(|| self.name.clone()),
            };
            let bytes = piece.get(..length).unwrap_or_default();
            if beginning.len() < 16 {
                beginning.extend(bytes.iter().take(16 - beginning.len()));
            }
            scanner.feed(bytes, &mut |item| take(item, &mut history))?;
        }
        let size = scanner.position();
        scanner.finish(&mut |item| take(item, &mut history))?;
        let clock_offset = history.clock_offset();
        history.finish();
        std::iter::from_fn(|| history.pop()).try_for_each(each)?;
        Ok(Ended { warnings, warned, entries, clock_offset, size, beginning })
    }

    /// Tells of what was wrong with it; to be called when all output is out.
    pub(crate) fn warn(&self, ended: &Ended) -> Status {
        for warning in &ended.warnings {
            complain("warning", &format!("{}: {warning}", self.name));
        }
        if let Some(more @ 1..) = ended.warned.checked_sub(MOST_WARNINGS as u64) {
            complain("warning", &format!("{}: and {more} more such lines", self.name));
        }
        if ended.warned == 0 { Status::Done } else { Status::Flawed }
    }

    /// Says that nothing was found, and what to do about it.
    pub(crate) fn nothing(&self, what: &str, setting: &str, ended: &Ended) -> anyhow::Error {
        let name = &self.name;
        let advice = match &ended.beginning {
            found if Version::parse_header(found).is_ok() => {
                "it is an execution trace; try: gotrace summary".to_string()
            }
            found if found.starts_with(&[0x1f, 0x8b]) => {
                format!("it is compressed; try: gunzip -c {name} | gotrace .. -")
            }
            _ if ended.size.1 == 0 && ended.beginning.is_empty() => "it is empty".to_string(),
            _ => format!("run the program with GODEBUG={setting}, and keep its standard error"),
        };
        anyhow!("{name}: no {what} in {} lines\n  {advice}", ended.size.0)
    }

    /// How many lines were malformed, for reports.
    pub(crate) fn warnings(ended: &Ended) -> u64 {
        ended.warned
    }
}

/// A file that has no end: at its end, one waits for more.
struct Growing(File);

impl Read for Growing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(buffer)? {
                0 => std::thread::sleep(PATIENCE),
                length => return Ok(length),
            }
        }
    }
}
