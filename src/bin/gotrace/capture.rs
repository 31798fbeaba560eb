//! `gotrace capture`.

use crate::human::{bytes, wall_name};
use crate::input::{Input, is_url};
use crate::output::complain;
use crate::remote::{self, Captured};
use crate::{Global, Status, Usage};
use anyhow::{Context, Result};
use clap::Args;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// Fetch a trace from a running program, and keep it
///
/// The program has to serve net/http/pprof. A capture that is interrupted, or
/// that the server breaks off, keeps what has come so far; every command reads
/// that.
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
        return Ok(told(&captured, "standard output"));
    }
    let path = match &named {
        Some(path) => path.clone(),
        None => PathBuf::from(format!("{}-{}.trace", file_name(target.host()), wall_name())),
    };
    let name = path.display().to_string();
    // Not a file that appears when it is complete: whoever interrupts a capture
    // wants what has come.
    let existed = path.exists();
    let mut file = File::create(&path).with_context(|| name.clone())?;
    let captured = match remote::capture(&target, &global.capture, &mut file) {
        Ok(captured) => captured,
        Err(e) => {
            if !existed {
                let _ = std::fs::remove_file(&path);
            }
            return Err(e);
        }
    };
    drop(file);
    let status = told(&captured, &name);
    if named.is_none() {
        writeln!(io::stdout(), "{name}")?;
    }
    // Whether it is whole: a trace that was cut looks like one until its end.
    let input = Input::open(&path, global)?;
    let trace = input.trace()?;
    match input.warn(trace.warnings()) {
        Status::Done => Ok(status),
        flawed => Ok(flawed),
    }
}

/// A host's name as a file's.
fn file_name(host: &str) -> String {
    host.chars().map(|c| if c.is_ascii_alphanumeric() || "-.".contains(c) { c } else { '_' }).collect()
}

fn told(captured: &Captured, name: &str) -> Status {
    let (size, seconds) = (bytes(captured.bytes), captured.took.as_secs_f64());
    // If standard error is closed, there is nobody to tell.
    let _ = writeln!(anstream::stderr().lock(), "captured {size} in {seconds:.1} s: {name}");
    match &captured.shortfall {
        None => Status::Done,
        Some(why) => {
            complain("warning", &format!("{name}: {why}; what had come is kept"));
            Status::Flawed
        }
    }
}
