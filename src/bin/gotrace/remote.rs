//! Traces straight from a running program, over HTTP.

mod client;
mod options;
mod reply;
mod target;
#[cfg(unix)]
mod unix;
mod watch;

use crate::Usage;
use anyhow::{Context, Result};
pub(crate) use options::CaptureOptions;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};
use target::Target;

/// A longer capture has to be confirmed.
const LONG: Duration = Duration::from_secs(10);

/// A trace that has been fetched.
pub(crate) struct Captured {
    /// How many bytes came.
    pub(crate) bytes: u64,
    pub(crate) took: Duration,
    /// Why there may be more, if the connection broke.
    pub(crate) shortfall: Option<String>,
}

/// Fetches a trace, and writes it to `out` as it comes: what has arrived is
/// there even if the capture is interrupted.
///
/// # Errors
/// If the server cannot be reached, answers with something else than a trace, or
/// says nothing for too long.
pub(crate) fn capture(target: &Target, options: &CaptureOptions, out: &mut dyn Write) -> Result<Captured> {
    let began = Instant::now();
    let agent = client::agent(target, options)?;
    let (patience, watch) = (client::Patience::with(target, options), watch::Watch::new(target));
    let answer = client::ask(&agent, target, options).with_context(|| target.to_string())?;
    let mut reply = reply::Reply::of(answer, &patience).with_context(|| target.to_string())?;
    let mut captured = Captured { bytes: 0, took: Duration::ZERO, shortfall: None };
    loop {
        match reply.read() {
            Ok([]) => break,
            Ok(more) => {
                captured.bytes += more.len() as u64;
                out.write_all(more).and_then(|()| out.flush()).context("writing the trace")?;
                watch.arrived(captured.bytes);
            }
            Err(e) => {
                captured.shortfall = Some(patience.broken(&e));
                break;
            }
        }
    }
    drop(watch);
    captured.took = began.elapsed();
    Ok(captured)
}

/// What a URL and the options ask for.
///
/// # Errors
/// If the URL makes no sense, or the capture is long and nobody said yes.
pub(crate) fn target(url: &Path, options: &CaptureOptions) -> Result<Target> {
    let target = Target::parse(&url.to_string_lossy(), options)?;
    if let Some(time) = target.duration.filter(|&time| time > LONG && !options.yes) {
        return Err(Usage(format!(
            "a capture of {} s needs --yes: tracing slows the program for as long, a busy one writes several \
             megabytes a second, and what matters is easily lost in so much; 5 s usually show it",
            time.as_secs_f64()
        ))
        .into());
    }
    Ok(target)
}

/// A trace that was fetched to be read at once.
pub(crate) struct Fetched {
    /// What was asked for, without a password.
    pub(crate) url: String,
    path: PathBuf,
    keep: bool,
    pub(crate) shortfall: Option<String>,
}

impl Fetched {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Fetched {
    fn drop(&mut self) {
        if !self.keep {
            // Nothing better can be done about a file that will not go.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// A new file that nobody else may read: a trace tells much of a program.
fn private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Fetches a trace into a file: the one to save it in, or one that goes away.
///
/// # Errors
/// As [`capture`], and if the file cannot be written.
pub(crate) fn fetch(url: &Path, options: &CaptureOptions) -> Result<Fetched> {
    let target = target(url, options)?;
    let (mut file, path) = match &options.save {
        Some(path) => (File::create(path).with_context(|| path.display().to_string())?, path.clone()),
        None => {
            static COUNT: AtomicU32 = AtomicU32::new(0);
            let name = format!("gotrace-{}-{}.trace", std::process::id(), COUNT.fetch_add(1, Relaxed));
            let path = std::env::temp_dir().join(name);
            // One that a process of the same number left behind.
            let _ = std::fs::remove_file(&path);
            (private(&path).with_context(|| path.display().to_string())?, path)
        }
    };
    let mut fetched = Fetched { url: target.to_string(), path, keep: false, shortfall: None };
    let captured = capture(&target, options, &mut file)?;
    fetched.keep = options.save.is_some();
    fetched.shortfall = captured.shortfall;
    Ok(fetched)
}
