//! `gotrace capture`: fetches a trace from a running program into a file.

use crate::complain::complain;
use crate::global::Global;
use crate::human::{bytes, wall_name};
use crate::input::{Input, is_url};
use crate::outcome::{Status, Usage};
use crate::remote::{self, Captured};
use crate::save::NewFile;
use anyhow::Result;
use clap::Args;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// Fetch a trace from a running program, and keep it
///
/// The program has to serve net/http/pprof. If a capture is interrupted, or the
/// server breaks it off, the part that has come is kept as NAME.partial; every
/// command can read it.
#[derive(Args)]
#[command(after_help = "\
Examples:
  gotrace capture localhost:6060                       five seconds, to a file named after host and time
  gotrace capture http://localhost:6060 --seconds 1 -o trace.out
  gotrace summary http://localhost:6060 --save trace.out
  gotrace capture https://prod.example/debug/pprof/trace --bearer @token --cacert ca.pem

Every command that takes TRACE takes a URL, too.")]
pub(crate) struct Options {
    /// http://HOST:PORT, or the URL of a trace
    #[arg(value_name = "URL")]
    url: String,
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let url = if options.url.contains("://") { options.url.clone() } else { format!("http://{}", options.url) };
    let url = PathBuf::from(url);
    if !is_url(&url) {
        return Err(Usage(format!("{}: expected http:// or https://", options.url)).into());
    }
    let target = remote::target(&url, &global.capture)?;
    let named = global.output.clone().or_else(|| global.capture.save.clone());
    if named.as_deref() == Some(Path::new("-")) {
        let stdout = io::stdout();
        if stdout.is_terminal() {
            return Err(Usage("binary data is not for a terminal; use -o FILE, or redirect it".into()).into());
        }
        let captured = remote::capture(&target, &global.capture, &mut stdout.lock())?;
        return Ok(report(&captured, "standard output", global));
    }
    let path = match &named {
        Some(path) => path.clone(),
        None => PathBuf::from(format!("{}-{}.trace", file_name(target.host()), wall_name())),
    };
    let mut file = NewFile::at(&path)?.keeping_partial();
    let mut captured = remote::capture(&target, &global.capture, &mut file)?;
    captured.shortfall = remote::keep(file, captured.shortfall)?;
    let name = path.display().to_string();
    let status = report(&captured, &name, global);
    if captured.shortfall.is_some() {
        return Ok(status);
    }
    if named.is_none() {
        writeln!(io::stdout(), "{name}")?;
    }
    // A trace that went to a device or a pipe cannot be read again.
    if !path.is_file() {
        return Ok(status);
    }
    // The trace is opened to see if it is whole: one that was cut looks good until its end.
    let input = Input::open(&path, global)?;
    let trace = input.trace()?;
    Ok(match input.warn(trace.warnings()) {
        Status::Done => status,
        flawed => flawed,
    })
}

/// Returns a host's name as a part of a file's name.
fn file_name(host: &str) -> String {
    host.chars().map(|c| if c.is_ascii_alphanumeric() || "-.".contains(c) { c } else { '_' }).collect()
}

/// Prints what was captured on standard error, with a warning if something is missing.
fn report(captured: &Captured, name: &str, global: &Global) -> Status {
    let (size, seconds) = (bytes(captured.bytes), captured.took.as_secs_f64());
    global.tell(&format!("captured {size} in {seconds:.1} s: {name}"));
    match &captured.shortfall {
        None => Status::Done,
        Some(why) => {
            complain("warning", &format!("{name}: {why}"));
            Status::Flawed
        }
    }
}
