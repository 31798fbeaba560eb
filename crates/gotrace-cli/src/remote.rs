//! Traces straight from a running program, over HTTP.

mod client;
mod options;
mod redirect;
mod reply;
mod target;
mod trust;
#[cfg(unix)]
mod unix;
mod watch;

use crate::flaws::Flaw;
use crate::human;
use crate::outcome::Usage;
use crate::save::{self, NewFile};
use anyhow::{Context, Result};
use gotrace::compressed::Compression;
use gotrace::{Limits, TraceWatch};
pub(crate) use options::CaptureOptions;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};
use target::Target;

/// The longest capture that needs no `--yes`.
const LONG: Duration = Duration::from_secs(10);

/// A trace that has been fetched.
pub(crate) struct Captured {
    /// The number of bytes that came.
    pub(crate) bytes: u64,
    pub(crate) took: Duration,
    /// The reason why there may be more, if the capture broke off.
    pub(crate) shortfall: Option<String>,
}

/// Fetches a trace, and writes it to `out` as it comes, so that a part is there even if
/// the capture is interrupted.
///
/// # Errors
/// If the server cannot be reached, answers with something else than a trace, or is
/// silent for too long.
pub(crate) fn capture(target: &Target, options: &CaptureOptions, out: &mut dyn Write) -> Result<Captured> {
    let began = Instant::now();
    let agent = client::agent(target, options)?;
    let (patience, watch) = (client::Patience::with(target, options), watch::Watch::new(target));
    let answer = client::ask(&agent, target, options).with_context(|| target.to_string())?;
    let mut reply = reply::Reply::of(answer, &patience).with_context(|| target.to_string())?;
    let mut still = None;
    let mut captured = Captured { bytes: 0, took: Duration::ZERO, shortfall: None };
    loop {
        match reply.read() {
            Ok([]) => break,
            Ok(more) => {
                captured.bytes += more.len() as u64;
                if captured.bytes > options.max_size {
                    let most = human::bytes(options.max_size);
                    captured.shortfall = Some(format!("more than {most} came; --max-size SIZE takes more"));
                    break;
                }
                let watched = still.get_or_insert_with(|| {
                    // A compressed trace is checked later, when it is decompressed.
                    Compression::of(more).is_none().then(|| TraceWatch::new(Limits::default()))
                });
                if let Some(watched) = watched
                    && !watched.goes_on(more)
                {
                    captured.shortfall = Some(Flaw::stopped(watched, captured.bytes).to_string());
                    break;
                }
                match out.write_all(more).and_then(|()| out.flush()) {
                    Ok(()) => watch.arrived(captured.bytes),
                    // The reader of the output closed it: no more is wanted.
                    Err(e) if e.kind() == io::ErrorKind::BrokenPipe => return Err(e.into()),
                    Err(e) => {
                        captured.shortfall = Some(format!("it could not be written: {e}"));
                        break;
                    }
                }
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

/// Returns what a URL and the options ask for.
///
/// # Errors
/// If the URL is wrong, or the capture is long and `--yes` is missing.
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
    /// The URL that was asked, without a password.
    pub(crate) url: String,
    /// The trace, open for reading.
    pub(crate) file: File,
    /// The reason why there may be more, if the capture broke off.
    pub(crate) shortfall: Option<String>,
}

/// Fetches a trace to be read at once; with `--save`, also keeps it in a file.
///
/// # Errors
/// As [`capture`], and if the file cannot be written.
pub(crate) fn fetch(url: &Path, options: &CaptureOptions) -> Result<Fetched> {
    let target = target(url, options)?;
    // The trace is kept in a file that nobody else can see or change, as it tells much of
    // the program.
    let mut file = save::scratch().context("a file to read the trace from")?;
    let shortfall = match &options.save {
        None => capture(&target, options, &mut file)?.shortfall,
        Some(path) => {
            let saved = NewFile::at(path)?.keeping_partial();
            let mut both = Both(&mut file, saved);
            let captured = capture(&target, options, &mut both)?;
            keep(both.1, captured.shortfall)?
        }
    };
    Ok(Fetched { url: target.to_string(), file, shortfall })
}

/// Gives a captured trace its name; if some of it is missing, a name that marks it as a
/// part. Returns the reason for what is missing, with that name added.
pub(crate) fn keep(file: NewFile, shortfall: Option<String>) -> Result<Option<String>> {
    let Some(why) = shortfall else {
        file.finish()?;
        return Ok(None);
    };
    Ok(Some(match file.keep_partial()? {
        Some(part) => format!("{why}; what had come is kept in {}", part.display()),
        None => why,
    }))
}

/// A writer to two files.
struct Both<'a>(&'a mut File, NewFile);

impl Write for Both<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0.write_all(data)?;
        self.1.write_all(data)?;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
