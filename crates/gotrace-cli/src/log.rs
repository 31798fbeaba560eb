//! Logs: text that a program wrote to standard error while GODEBUG was set.

mod kept;

pub(crate) use kept::KeptLog;

#[cfg(feature = "columns")]
use crate::complain::Complaints;
use crate::complain::complain;
use crate::global::{Global, StillWanted};
use crate::human;
use crate::lookalike::{self, Wanted};
use crate::outcome::{Status, Usage};
use anyhow::{Context, Result, anyhow};
use gotrace::Version;
use gotrace::compressed::{CompressionError, Decompressed};
use gotrace::error::Lookalike;
use gotrace::godebug::{Entry, History, Item, LogWarning, MOST_PROGRAMS, Moment, Program, Scanner};
use gotrace::report::log::why;
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Bytes of a log that are read at a time. A log may be larger than memory, and may be
/// written to meanwhile, so it is not mapped.
const PIECE: usize = 256 << 10;
/// The most warnings that are printed one by one.
const MOST_WARNINGS: usize = 10;
/// Bytes of the beginning that are kept, to tell what kind of file it is if it is no log.
const BEGINNING: usize = 64 << 10;
/// The pause between two looks at a file that is followed.
const PATIENCE: Duration = Duration::from_millis(100);

/// A log with its name, and with how it is to be read.
pub(crate) struct Log {
    name: String,
    path: PathBuf,
    strict: bool,
    /// The program whose lines are read; none for all.
    only: Option<String>,
    /// The bytes in place of the file, when another command has it read.
    kept: Option<KeptLog>,
    /// Tells whether that command still waits.
    wanted: Option<StillWanted>,
}

/// The results of reading a log.
pub(crate) struct Ended {
    /// The first warnings, at most [`MOST_WARNINGS`].
    warnings: Vec<LogWarning>,
    /// The number of all warnings.
    warned: u64,
    /// The number of entries.
    pub(crate) entries: u64,
    /// The programs in the log.
    pub(crate) programs: Vec<Program>,
    /// The number of lines that were left out because there are too many programs.
    left_out: u64,
    /// The size of the log: lines and bytes.
    pub(crate) size: (u64, u64),
    /// The numbers of `SCHED` lines and of GC cycles.
    counts: (u64, u64),
    /// Damage of the compressed data, if the log was compressed.
    pub(crate) damage: Option<CompressionError>,
    beginning: Vec<u8>,
}

impl Log {
    /// Returns the log in a file, or on standard input for `-`, to be read later.
    ///
    /// # Errors
    /// If standard input is a terminal; the message shows how to run `command`.
    pub(crate) fn new(path: &Path, command: &str, global: &Global) -> Result<Log> {
        let path = path.to_path_buf();
        let strict = global.strict;
        if let Some(kept) = KeptLog::given(global) {
            return Ok(Log {
                wanted: global.given.as_ref().map(|given| Arc::clone(&given.wanted)),
                ..kept.log(strict)
            });
        }
        if path != Path::new("-") {
            let name = human::name(path.to_string_lossy().as_bytes()).into_owned();
            return Ok(Log { name, path, strict, only: None, kept: None, wanted: None });
        }
        if io::stdin().is_terminal() {
            let example = format!("GODEBUG=schedtrace=1000,gctrace=1 PROGRAM 2>&1 >/dev/null | gotrace {command} -");
            return Err(Usage(format!("standard input is a terminal; expected a log, as in `{example}`")).into());
        }
        Ok(Log { name: "standard input".into(), path, strict, only: None, kept: None, wanted: None })
    }

    /// Returns the log, limited to one program if one is named.
    pub(crate) fn only(self, program: Option<&str>) -> Log {
        Log { only: program.map(str::to_string), ..self }
    }

    /// Returns the log that a running program writes, for [`read_from`](Log::read_from).
    pub(crate) fn of_program(name: &str, global: &Global) -> Log {
        let name = human::name(name.as_bytes()).into_owned();
        Log { name, path: PathBuf::new(), strict: global.strict, only: None, kept: None, wanted: None }
    }

    /// Returns the log's name as messages and reports show it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Reads the log, and hands each entry to `each`. With `follow`, it waits at the end of
    /// a file for more.
    pub(crate) fn read(&self, follow: bool, each: impl FnMut(&Entry) -> Result<()>) -> Result<Ended> {
        let input: Box<dyn Read + '_> = if let Some(kept) = &self.kept {
            kept.open()?
        } else if self.path == Path::new("-") {
            Box::new(io::stdin().lock())
        } else {
            let file = File::open(&self.path).with_context(|| self.name.clone())?;
            if follow && file.metadata().is_ok_and(|found| found.is_file()) {
                Box::new(Growing(file))
            } else {
                Box::new(file)
            }
        };
        let mut input = Decompressed::new(input).with_context(|| self.name.clone())?;
        if let Some(compression) = input.compression().filter(|_| follow) {
            let why = format!("it is compressed by {compression}, and cannot be followed; leave out --follow");
            return Err(Usage(format!("{}: {why}", self.name)).into());
        }
        let mut ended = self.read_from(Box::new(&mut input), each)?;
        ended.damage = input.defect().cloned();
        self.checked(ended)
    }

    /// Returns the results, or with `--strict` an error if the compressed data are damaged.
    pub(crate) fn checked(&self, ended: Ended) -> Result<Ended> {
        match &ended.damage {
            Some(damage) if self.strict => Err(anyhow!("{}: {damage}", self.name)),
            _ => Ok(ended),
        }
    }

    /// Reads the log from an open input, and hands each entry to `each`.
    pub(crate) fn read_from(
        &self,
        mut input: Box<dyn Read + '_>,
        mut each: impl FnMut(&Entry) -> Result<()>,
    ) -> Result<Ended> {
        let (mut scanner, mut history) =
            (Scanner::default(), self.only.as_deref().map_or_else(History::default, History::only));
        let (mut warnings, mut warned, mut entries, mut counts) = (Vec::new(), 0, 0, (0, 0));
        let mut each = |entry: Entry| {
            entries += 1;
            counts.0 += u64::from(matches!(entry.moment, Moment::Sched(_)));
            counts.1 += u64::from(matches!(entry.moment, Moment::Gc(_)));
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
            if self.wanted.as_ref().is_some_and(|wanted| !wanted()) {
                return Err(anyhow!("given up"));
            }
            let length = match input.read(&mut piece) {
                Ok(0) => break,
                Ok(length) => length,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e).with_context(|| self.name.clone()),
            };
            let bytes = piece.get(..length).unwrap_or_default();
            if beginning.len() < BEGINNING {
                beginning.extend(bytes.iter().take(BEGINNING - beginning.len()));
            }
            // A file that is no log may be long, and holds no line, so the rest is not
            // read. The output of a running program is passed on, so all of it is read.
            if !self.path.as_os_str().is_empty() && scanner.position().1 == 0 && is_no_log(&beginning) {
                break;
            }
            scanner.feed(bytes, &mut |item| take(item, &mut history))?;
        }
        let size = scanner.position();
        scanner.finish(&mut |item| take(item, &mut history))?;
        history.finish();
        std::iter::from_fn(|| history.pop()).try_for_each(each)?;
        let programs: Vec<Program> = history.programs().collect();
        if let (Some(only), true) = (&self.only, programs.is_empty()) {
            return Err(self.no_such(only, history.others()));
        }
        Ok(Ended {
            warnings,
            warned,
            entries,
            programs,
            left_out: history.left_out(),
            size,
            counts,
            damage: None,
            beginning,
        })
    }

    /// Returns the error that the log has no program of this name.
    fn no_such(&self, only: &str, others: &[String]) -> anyhow::Error {
        let name = &self.name;
        if others.is_empty() {
            return anyhow!("{name}: no program `{only}`; its lines name no program");
        }
        anyhow!("{name}: no program `{only}`; there are\n  {}", others.join("\n  "))
    }

    /// Returns the warnings, to be printed when all output is out.
    #[cfg(feature = "columns")]
    pub(crate) fn complaints(&self, ended: &Ended) -> Complaints {
        let mut all = Complaints::default();
        self.defects(ended).iter().for_each(|warning| all.add("warning", format!("{}{warning}", self.name)));
        all
    }

    /// Prints the warnings. Commands call it when all output is out.
    pub(crate) fn warn(&self, ended: &Ended) -> Status {
        let warnings = self.defects(ended);
        // Whoever has it read for another command has told them already.
        for warning in warnings.iter().filter(|_| self.kept.is_none()) {
            complain("warning", &format!("{}{warning}", self.name));
        }
        if warnings.is_empty() { Status::Done } else { Status::Flawed }
    }

    /// Returns the warnings in words, which go on behind the log's name.
    pub(crate) fn defects(&self, ended: &Ended) -> Vec<String> {
        let mut all: Vec<String> = ended.warnings.iter().map(|warning| format!(": {warning}")).collect();
        if let Some(more @ 1..) = ended.warned.checked_sub(MOST_WARNINGS as u64) {
            all.push(format!(": and {more} more such lines"));
        }
        let mixed = ended.programs.iter().filter_map(|program| program.mixed.map(|mixed| (program, mixed)));
        all.extend(mixed.map(|(program, mixed)| {
            let name = program.name.as_ref().map_or(String::new(), |name| format!(" program {name}:"));
            format!(":{name} {}", why(mixed))
        }));
        if ended.left_out > 0 {
            let most = format!("more than {MOST_PROGRAMS} programs; {} lines of the others", ended.left_out);
            all.push(format!(": {most} are left out; --program NAME picks one"));
        }
        all.extend(ended.damage.as_ref().map(|damage| format!(": {damage}; what came before is read")));
        all
    }

    /// Returns the error that a log has no lines of the kind that a command shows (`what`),
    /// with advice; `setting` is the GODEBUG setting that prints such lines.
    pub(crate) fn nothing(&self, what: &str, setting: &str, ended: &Ended) -> anyhow::Error {
        let name = &self.name;
        let file = if self.path == Path::new("-") { "FILE" } else { name };
        let found = Lookalike::of(&ended.beginning);
        if is_trace(&ended.beginning) {
            return anyhow!("{name}: no {what}: it is an execution trace; try: gotrace summary {file}");
        }
        let advice = lookalike::advice(found, name, Wanted::Log);
        if let Some(advice) = advice.as_ref().filter(|_| ended.size.1 == 0) {
            return anyhow!("{name}: no {what}: it is {found}\n  {advice}");
        }
        let advice = match (&ended.damage, ended.counts) {
            (Some(damage), _) => damage.to_string(),
            _ if ended.size.1 == 0 && ended.beginning.is_empty() => "it is empty".to_string(),
            (None, (1.., _)) => format!("it has SCHED lines; try: gotrace schedtrace {file}"),
            (None, (_, 1..)) => format!("it has gc lines; try: gotrace gctrace {file}"),
            _ => match advice {
                Some(advice) => format!("it is {found}\n  {advice}"),
                None => format!("run the program with GODEBUG={setting}, and keep its standard error"),
            },
        };
        anyhow!("{name}: no {what} in {} lines\n  {advice}", ended.size.0)
    }

    /// Returns the number of malformed lines.
    pub(crate) fn warnings(ended: &Ended) -> u64 {
        ended.warned
    }
}

impl Ended {
    /// Returns by how much the clock of a program's `gc` lines is ahead of that of its
    /// `SCHED` lines.
    pub(crate) fn clock_offset(&self, program: Option<&str>) -> Duration {
        let found = self.programs.iter().find(|found| found.name.as_deref() == program);
        found.map_or(Duration::ZERO, |found| found.clock_offset)
    }
}

/// Returns whether a file begins as an execution trace.
fn is_trace(beginning: &[u8]) -> bool {
    beginning.starts_with(b"go 1.") && Version::parse_header(beginning).is_ok()
}

/// Returns whether a file is of a binary kind, which has no line that could be read.
fn is_no_log(beginning: &[u8]) -> bool {
    let is_binary = |found| {
        use Lookalike::{Bzip2, CoreDump, Executable, Gzip, Lz4, Perfetto, Pprof, Tar, Xz, Zip, Zstd};
        matches!(found, Bzip2 | CoreDump | Executable | Gzip | Lz4 | Perfetto | Pprof | Tar | Xz | Zip | Zstd)
    };
    is_trace(beginning) || is_binary(Lookalike::of(beginning))
}

/// A file that may grow: a read at its end waits for more.
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
