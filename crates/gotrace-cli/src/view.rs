//! `gotrace view`.

mod browser;
mod shown;

use crate::complain::complain;
use crate::global::{Given, Global, RunFor, StillWanted};
use crate::human;
use crate::outcome::{Status, Usage};
use anyhow::{Context, Result};
use clap::Args;
use gotrace::Trace;
use gotrace::analysis::Compat;
use gotrace_view::{Listener, LogSource, ReportError, Reports, Source, View};
use shown::Shown;
use std::any::Any;
use std::io::Write;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// Look at a trace in the browser: its timeline, and all reports; or at a GODEBUG log
///
/// Serves a page to this machine alone, prints its address and opens the browser. The
/// address has a secret in it, without which nothing is answered. Ctrl-C ends it.
#[derive(Args)]
#[command(after_help = "\
Examples:
  gotrace view trace.out
  gotrace view http://localhost:6060                what a program does in the next five seconds
  gotrace view stderr.log                           what GODEBUG=schedtrace=1000,gctrace=1 printed
  gotrace view --no-open --http :8080 trace.out     at that port, for a tunnel: ssh -L 8080:localhost:8080 HOST")]
pub(crate) struct Options {
    /// The trace, or the log; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    /// Serve at ADDR, as :8080; other machines can reach it only if ADDR has a host that
    /// they reach
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    http: String,

    /// Print the address, and do not open a browser
    #[arg(long)]
    no_open: bool,
}

/// An input that is open that late is waited for on the page.
const PATIENCE: Duration = Duration::from_millis(100);

pub(crate) fn run(options: &Options, global: &Global, run_for: RunFor) -> Result<Status> {
    if global.output.is_some() {
        return Err(Usage("view writes no file; -o is for the other commands".into()).into());
    }
    let listener = Listener::bind(&options.http).with_context(|| format!("--http {}", options.http))?;
    let view = View::new(&human::name(options.trace.display().to_string().as_bytes()));
    let address = Address { url: listener.url(), open_to_others: listener.is_open_to_others(), open: !options.no_open };
    let served = {
        let view = Arc::clone(&view);
        thread::spawn(move || {
            let served = listener.serve(view);
            // The input may be one that never ends.
            if served.is_ok() {
                std::process::exit(0);
            }
            served
        })
    };
    // What cannot be read at all is not to open a browser.
    let (opened, is_open) = channel();
    let telling = thread::spawn(move || address.tell_when(&is_open));
    show(options, global, run_for, &view).inspect_err(|e| view.fail(&format!("{e:#}")))?;
    // Nobody listens if it has been told already.
    let _ = opened.send(());
    drop(opened);
    // A thread that panicked has said so.
    let _ = telling.join();
    match served.join() {
        Ok(served) => served.map(|()| Status::Done).context("cannot serve"),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// Reads the trace or the log, and shows it.
fn show(options: &Options, global: &Global, run_for: RunFor, view: &Arc<View>) -> Result<()> {
    let commands = |input| Box::new(Commands { input, compat: global.compat(), run_for });
    let input = match Shown::open(&options.trace, global)? {
        Shown::Log(log) => {
            view.show_log(LogSource {
                name: log.name(),
                bytes: log.kept.len(),
                lines: log.lines,
                warnings: log.warnings(),
                reports: commands(Arc::new(log.kept.clone())),
                changed: Box::new(move || log.kept.is_cut()),
            });
            return Ok(());
        }
        Shown::Trace(input) => input,
    };
    // Both are there for as long as the process is.
    let input = &*Box::leak(input);
    let trace: &'static Trace<'static> = Box::leak(Box::new(input.trace()?));
    view.show(Source {
        name: input.name().to_string(),
        trace,
        reports: commands(Arc::new(input.quiet())),
        flaws: Box::new(|| input.flaws()),
        changed: Box::new(|| input.has_changed()),
    });
    Ok(())
}

/// The address of the page.
struct Address {
    url: String,
    open_to_others: bool,
    /// True to open a browser there.
    open: bool,
}

impl Address {
    /// Tells the user as soon as the input is open, or if that takes long; not if it cannot
    /// be opened.
    fn tell_when(&self, is_open: &Receiver<()>) {
        if let Ok(()) | Err(RecvTimeoutError::Timeout) = is_open.recv_timeout(PATIENCE) {
            self.tell();
        }
    }

    fn tell(&self) {
        if self.open_to_others {
            complain("warning", "other machines can reach this; whoever has the address sees the trace, unencrypted");
        }
        let mut out = std::io::stdout().lock();
        // Who closed it does not want to know.
        let _ = writeln!(out, "{}", self.url).and_then(|()| out.flush());
        complain("note", "the page is there until Ctrl-C");
        if self.open {
            browser::open(&self.url);
        }
    }
}

/// The other commands, as makers of reports.
struct Commands {
    /// An `Input` or a `KeptLog`.
    input: Arc<dyn Any + Send + Sync>,
    compat: Compat,
    run_for: RunFor,
}

impl Reports for Commands {
    fn report(&self, command: &[String], wanted: StillWanted) -> Result<Vec<u8>, ReportError> {
        let line: Vec<String> =
            std::iter::once("gotrace").chain(command.iter().map(String::as_str)).map(Into::into).collect();
        let line = [line, vec!["-".into()]].concat();
        let output = Arc::new(Mutex::new(Vec::new()));
        let given = Given { input: Arc::clone(&self.input), output: Arc::clone(&output), wanted };
        match (self.run_for)(&line, given, self.compat) {
            Ok(_) => Ok(std::mem::take(&mut *output.lock().unwrap_or_else(PoisonError::into_inner))),
            Err(e) => {
                let is_usage = e.is::<Usage>() || e.is::<clap::Error>();
                Err(ReportError { is_usage, message: format!("{e:#}") })
            }
        }
    }
}
