//! `gotrace run`.

mod program;

use crate::diagnose::{self, Rules, Seen};
use crate::human::duration;
use crate::log::{Ended, Log};
use crate::output::{Output, complain};
use crate::schedtrace::page;
use crate::{Global, Status, Usage};
use anyhow::{Context, Result};
use clap::Args;
use gotrace::diagnose::{Diagnosis, ObserveLog, Severity, Thresholds};
use gotrace::godebug::Series;
use program::{Exit, Program};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Run a program with GODEBUG set, and say in the end how its scheduler fared
///
/// The program's output goes where it would have gone. At its end its scheduler over
/// time is shown, as `gotrace schedtrace` does, and what was wrong with it, as
/// `gotrace diagnose` does, on standard error or in --output FILE.
#[derive(Args)]
#[command(after_help = "\
The exit status is the program's, 128 and the signal's number if one ended it; 127 if
it is not found, 126 if it cannot be run; 3 if it ended well, but --fail-on is true.

What GODEBUG holds already is kept. Ctrl-C ends the program, and the report follows.
`go run` and `go test` are Go programs too, and so is the compiler: build the program
first (go build, go test -c), and run that.

Examples:
  gotrace run ./server -port 8080
  gotrace run --schedtrace 100 --scheddetail --gctrace --log server.log -- ./server
  gotrace run --gctrace --fail-on warning -- ./pkg.test -test.bench .
  gotrace run --json -o report.json -- ./batch-job")]
pub(crate) struct Options {
    /// The program and what it is called with
    #[arg(value_name = "CMD", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<OsString>,

    /// Have a SCHED line printed every MS milliseconds; 0 for none
    #[arg(long, value_name = "MS", default_value_t = 1000)]
    schedtrace: u32,

    /// Have every P, M and goroutine printed with each SCHED line, which finds more,
    /// and stops the scheduler while it prints
    #[arg(long)]
    scheddetail: bool,

    /// Have a line printed for each GC cycle
    #[arg(long)]
    gctrace: bool,

    /// Keep the program's standard error in FILE too
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,

    #[command(flatten)]
    rules: Rules,

    /// At most N rows of the table; 0 for one each SCHED line
    #[arg(long, value_name = "N", default_value_t = 40)]
    rows: usize,

    /// Print JSON; times in nanoseconds
    #[arg(long)]
    json: bool,
}

/// What running it came to.
struct Ran {
    log: Log,
    ended: Ended,
    series: Series,
    seen: Vec<Seen>,
    exit: Exit,
    elapsed: Duration,
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let thresholds = options.rules.thresholds()?;
    if options.json && global.output.is_none() {
        let message = "--json is not for where the program's own output goes; use -o FILE";
        return Err(Usage(message.into()).into());
    }
    let Some((name, arguments)) = options.command.split_first() else {
        return Err(Usage("expected a program".into()).into());
    };
    let godebug = options.godebug(std::env::var_os("GODEBUG"))?;
    let out = Output::beside(global)?;
    let kept = match &options.log {
        None => None,
        Some(path) => Some((File::create(path).with_context(|| path.display().to_string())?, path.as_path())),
    };
    if is_go(name) && matches!(arguments.first().and_then(|first| first.to_str()), Some("run" | "test")) {
        complain("warning", "the go command and the compiler print SCHED lines too; build the program, and run that");
    }
    let program = match Program::start(name, arguments, &godebug) {
        Ok(program) => program,
        Err(e) => {
            complain("error", &format!("{}: {e}", name.display()));
            let found = e.kind() != io::ErrorKind::NotFound;
            return Ok(Status::Program(if found { 126 } else { 127 }));
        }
    };
    let ran = watch(program, kept, name, global)?;
    let worst = options.tell(&ran, &godebug, &thresholds, out)?;
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

/// Reads along until the program ends.
fn watch(mut program: Program, kept: Option<(File, &Path)>, name: &OsString, global: &Global) -> Result<Ran> {
    let log = Log::of_program(&name.display().to_string(), global);
    let (mut series, mut observed) = (Series::default(), ObserveLog::default());
    let mut errors = program.errors(kept);
    let mut seen = Vec::new();
    let read = log.read_from(Box::new(&mut errors), |entry| {
        series.push(entry);
        seen.extend(observed.push(entry).map(|over| Seen::in_log(log.name(), over, true)));
        Ok(())
    });
    // Whatever stopped us, the program has to find somebody who reads.
    let drained = io::copy(&mut errors, &mut io::sink());
    let log_written = errors.finish();
    let (exit, elapsed) = program.wait()?;
    let ended = read?;
    drained.with_context(|| name.display().to_string())?;
    log_written?;
    seen.extend(observed.finish().map(|last| Seen::in_log(log.name(), last, false)));
    Ok(Ran { log, ended, series, seen, exit, elapsed })
}

/// Whether it is the go command.
fn is_go(name: &OsString) -> bool {
    Path::new(name).file_stem().is_some_and(|stem| stem == "go")
}

impl Options {
    /// What GODEBUG is to be; of a setting that is there twice, the last one counts.
    fn godebug(&self, present: Option<OsString>) -> Result<OsString> {
        let mut settings = Vec::new();
        if self.schedtrace > 0 {
            settings.push(format!("schedtrace={}", self.schedtrace));
            settings.extend(self.scheddetail.then(|| "scheddetail=1".into()));
        } else if self.scheddetail {
            return Err(
                Usage("--scheddetail tells more of each SCHED line, and --schedtrace 0 asks for none".into()).into()
            );
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

    /// Writes the report; returns the worst that was found.
    fn tell(
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
            writeln!(out, "{:#}", self.report(ran, godebug, &diagnoses))?;
        } else {
            let name = ran.log.name();
            // The program's last line may lack its end.
            writeln!(out, "\n{name}: {} after {}", ran.exit, duration(ran.elapsed.as_nanos() as i64))?;
            if let Some(total) = ran.series.total() {
                writeln!(out)?;
                let page = page::Page { styles: out.styles, series: &ran.series, total: &total, ended: &ran.ended };
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

    fn report(&self, ran: &Ran, godebug: &OsString, diagnoses: &[(&Seen, Diagnosis)]) -> Value {
        let words: Vec<_> = self.command.iter().map(|word| word.to_string_lossy()).collect();
        let total = ran.series.total();
        json!({
            "command": words,
            "godebug": godebug.to_string_lossy(),
            "code": ran.exit.code(),
            "signal": ran.exit.signal(),
            "elapsed": ran.elapsed.as_nanos() as u64,
            "sched_lines": total.as_ref().map_or(0, |total| total.snapshots),
            "malformed_lines": Log::warnings(&ran.ended),
            "diagnoses": diagnoses.iter().map(|(seen, diagnosis)| diagnose::report(seen, diagnosis)).collect::<Value>(),
        })
    }
}
