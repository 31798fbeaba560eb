//! `gotrace run`: runs a program with GODEBUG set, and reports on its scheduler.

mod exit;
mod program;
mod signals;
mod tie;

use crate::complain::complain;
use crate::diagnose::{self, Rules, Runs, Seen};
use crate::global::Global;
use crate::human::duration;
use crate::json;
use crate::log::{Ended, Log};
use crate::outcome::{Status, Usage};
use crate::output::Output;
use crate::programs::ByProgram;
use crate::save::NewFile;
use crate::save::ending::Taken;
use crate::schedtrace::page;
use anyhow::{Context, Result};
use clap::Args;
use exit::Exit;
use gotrace::diagnose::{Diagnosis, Severity, Thresholds};
use gotrace::godebug::Series;
use gotrace::report::RunReport;
use program::Program;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Run a program with GODEBUG set, and say in the end how its scheduler fared
///
/// The program's output goes where it would go without gotrace. When the program has
/// ended, a report is printed on standard error or in --output FILE: the scheduler over
/// time, as from `gotrace schedtrace`, and what was wrong with it, as from
/// `gotrace diagnose`.
#[derive(Args)]
#[command(after_help = "\
The exit status is the program's; 128 plus the signal's number if a signal ended it; 127
if it is not found, 126 if it cannot be run; 3 if it ended with status 0 and there is a
finding as bad as --fail-on says.

Settings that GODEBUG has already are kept. Ctrl-C ends the program, and the report
follows; other signals that would end gotrace are passed on to the program. Processes
that the program leaves running are not waited for. On Linux, if gotrace is killed, the
program is killed too.

`go run` and `go test` are Go programs too, and so is the compiler: build the program
first (go build, go test -c), and run that.

Examples:
  gotrace run ./server -port 8080
  gotrace run --schedtrace 100 --scheddetail --gctrace --log server.log -- ./server
  gotrace run --gctrace --fail-on warning -- ./pkg.test -test.bench .
  gotrace run --json -o report.json -- ./batch-job")]
pub(crate) struct Options {
    /// The program and its arguments
    #[arg(value_name = "CMD", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<OsString>,

    /// Have the runtime print a SCHED line every MS milliseconds; 0 for none
    #[arg(long, value_name = "MS", default_value_t = 1000)]
    schedtrace: u32,

    /// Have every P, M and goroutine printed with each SCHED line: more can be found, but
    /// the scheduler stops while they are printed
    #[arg(long)]
    scheddetail: bool,

    /// Have the runtime print a line for each GC cycle
    #[arg(long)]
    gctrace: bool,

    /// Write the program's standard error to FILE as well
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,

    #[command(flatten)]
    rules: Rules,

    /// At most N rows of the table; 0 for one row for each SCHED line
    #[arg(long, value_name = "N", default_value_t = 40)]
    rows: usize,

    /// Print JSON; times in nanoseconds
    #[arg(long)]
    json: bool,

    /// Become the program, tied to its parent's life; only gotrace itself uses this option
    #[arg(long, hide = true)]
    tied_to: Option<tie::Tied>,
}

/// The results of running a program.
struct Ran {
    log: Log,
    ended: Ended,
    series: Series,
    seen: Vec<Seen>,
    exit: Exit,
    elapsed: Duration,
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let Some((name, arguments)) = options.command.split_first() else {
        return Err(Usage("expected a program".into()).into());
    };
    if let Some(tied) = options.tied_to {
        return Ok(refused(&tie::become_program(tied, name, arguments)));
    }
    let thresholds = options.rules.thresholds()?;
    if options.json && global.output.is_none() {
        let message = "--json would be mixed with the program's own output; use -o FILE";
        return Err(Usage(message.into()).into());
    }
    let godebug = options.godebug(std::env::var_os("GODEBUG"))?;
    let out = Output::beside(global)?;
    let kept = match &options.log {
        None => None,
        Some(path) => Some(NewFile::at(path)?.keeping_partial()),
    };
    if is_go(name) && matches!(arguments.first().and_then(|first| first.to_str()), Some("run" | "test")) {
        complain("warning", "the go command and the compiler print SCHED lines too; build the program, and run that");
    }
    // Signals do not end gotrace until the report is out.
    let _taken = Taken::new();
    let ran = match Program::start(name, arguments, &godebug, kept) {
        Ok(program) => watch(program, name, global)?,
        Err(e) => Err(e),
    };
    let ran = match ran {
        Ok(ran) => ran,
        Err(e) => {
            complain("error", &format!("{}: {e}", name.display()));
            return Ok(refused(&e));
        }
    };
    let worst = options.print(&ran, &godebug, &thresholds, out)?;
    ran.log.warn(&ran.ended);
    if ran.ended.entries == 0 {
        let message = format!("{}: it printed no SCHED or gc line; is it a Go program?", name.display());
        complain("warning", &message);
    }
    Ok(match ran.exit.status() {
        0 if options.rules.fails_on(worst) => Status::Found,
        status => Status::Program(status),
    })
}

/// Returns the status for a program that cannot be run, as shells do.
fn refused(e: &io::Error) -> Status {
    Status::Program(if e.kind() == io::ErrorKind::NotFound { 127 } else { 126 })
}

/// Reads the program's standard error until it ends. The inner error is why it could not be
/// run.
fn watch(mut program: Program, name: &OsString, global: &Global) -> Result<io::Result<Ran>> {
    let log = Log::of_program(&name.display().to_string(), global);
    let (mut series, mut programs) = (Series::default(), ByProgram::<Runs>::default());
    let mut seen = Vec::new();
    let read = log.read_from(Box::new(&mut program), |entry| {
        series.push(entry);
        let over = programs.of(entry).map(|runs| runs.push(entry)).unwrap_or_default();
        seen.extend(over.into_iter().map(|over| Seen::in_log(log.name(), entry.program.as_deref(), over, true)));
        Ok(())
    });
    // After an error too, the program's output is read on: the program would block otherwise.
    let drained = io::copy(&mut program, &mut io::sink());
    let end = match program.finish() {
        Ok(end) => end,
        Err(e) => return Ok(Err(e)),
    };
    let ended = read?;
    drained.with_context(|| name.display().to_string())?;
    end.kept?;
    if end.left_open {
        let message = "processes that it started still hold its standard error, which is not read any more";
        complain("warning", &format!("{}: {message}", name.display()));
    }
    let (exit, elapsed) = (end.exit, end.elapsed);
    for program in programs {
        if let Some(mixed) = program.mixed {
            seen.push(Seen::mixed(log.name(), program.name.as_deref(), mixed));
            continue;
        }
        let (name, runs) = (program.name.as_deref(), program.value.finish());
        seen.extend(runs.into_iter().map(|(run, followed)| Seen::in_log(log.name(), name, run, followed)));
    }
    Ok(Ok(Ran { log, ended, series, seen, exit, elapsed }))
}

/// Returns whether a program is the go command.
fn is_go(name: &OsString) -> bool {
    Path::new(name).file_stem().is_some_and(|stem| stem == "go")
}

impl Options {
    /// Returns the value for GODEBUG: the present settings, then those that the options ask
    /// for. If a setting is there twice, the runtime uses the last one.
    fn godebug(&self, present: Option<OsString>) -> Result<OsString> {
        let mut settings = Vec::new();
        if self.schedtrace > 0 {
            settings.push(format!("schedtrace={}", self.schedtrace));
            settings.extend(self.scheddetail.then(|| "scheddetail=1".into()));
        } else if self.scheddetail {
            return Err(Usage("--scheddetail adds to SCHED lines, and --schedtrace 0 turns them off".into()).into());
        }
        settings.extend(self.gctrace.then(|| "gctrace=1".into()));
        if settings.is_empty() {
            return Err(Usage("--schedtrace 0 leaves nothing to watch; add --gctrace".into()).into());
        }
        let mut all = present.filter(|present| !present.is_empty()).unwrap_or_default();
        if !all.is_empty() {
            all.push(",");
        }
        all.push(settings.join(","));
        Ok(all)
    }

    /// Prints the report; returns the severity of the worst finding.
    fn print(
        &self,
        ran: &Ran,
        godebug: &OsString,
        thresholds: &Thresholds,
        mut out: Output,
    ) -> Result<Option<Severity>> {
        let diagnoses: Vec<(&Seen, Diagnosis)> =
            ran.seen.iter().map(|seen| (seen, seen.diagnosis(thresholds))).collect();
        let worst = diagnoses.iter().filter_map(|(_, diagnosis)| diagnosis.severity()).max();
        if self.json {
            json::write(&mut out, &self.report(ran, godebug, &diagnoses))?;
        } else {
            let name = ran.log.name();
            // The program's last line may lack its end.
            writeln!(out, "\n{name}: {} after {}", ran.exit, duration(ran.elapsed.as_nanos() as i64))?;
            if let Some(total) = ran.series.total() {
                writeln!(out)?;
                let clock_offset = ran.ended.programs.first().map_or(Duration::ZERO, |program| program.clock_offset);
                let page = page::Page { styles: out.styles, series: &ran.series, total: &total, clock_offset };
                page.print(&mut out, name, self.rows)?;
            }
            for (seen, diagnosis) in &diagnoses {
                writeln!(out)?;
                diagnose::Page { styles: out.styles, seen }.print(&mut out, diagnosis)?;
            }
        }
        out.finish()?;
        Ok(worst)
    }

    /// Returns the report for `--json`.
    fn report<'a>(&self, ran: &Ran, godebug: &OsString, diagnoses: &'a [(&'a Seen, Diagnosis)]) -> RunReport<'a> {
        RunReport {
            code: ran.exit.code(),
            command: self.command.iter().map(|word| word.to_string_lossy().into_owned()).collect(),
            diagnoses: diagnoses.iter().map(|(seen, diagnosis)| seen.report(diagnosis)).collect(),
            elapsed: ran.elapsed.as_nanos() as u64,
            godebug: godebug.to_string_lossy().into_owned(),
            malformed_lines: Log::warnings(&ran.ended),
            sched_lines: ran.series.total().map_or(0, |total| total.snapshots),
            signal: ran.exit.signal(),
        }
    }
}
