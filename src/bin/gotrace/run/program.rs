//! A program that runs, and what it writes to standard error.

use anyhow::{Context, Result};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

pub(super) struct Program {
    child: Child,
    started: Instant,
    /// As long as it is there, what would end us ends the program instead.
    signals: signals::PassedOn,
}

impl Program {
    /// Starts it, with its standard error for us to read.
    pub(super) fn start(name: &OsStr, arguments: &[OsString], godebug: &OsStr) -> io::Result<Program> {
        let caught = signals::Caught::new()?;
        let started = Instant::now();
        let child = Command::new(name).args(arguments).env("GODEBUG", godebug).stderr(Stdio::piped()).spawn()?;
        let signals = caught.pass_on_to(&child);
        Ok(Program { child, started, signals })
    }

    /// What it writes to standard error, which goes on to ours, and to a file if
    /// one is to keep it.
    pub(super) fn errors<'a>(&mut self, kept: Option<(File, &'a Path)>) -> Errors<'a> {
        let kept = kept.map(|(file, path)| Kept { file: BufWriter::new(file), path, failed: None });
        Errors { from: self.child.stderr.take(), kept }
    }

    /// Waits for its end.
    pub(super) fn wait(mut self) -> Result<(Exit, Duration)> {
        let status = self.child.wait().context("waiting for the program")?;
        self.signals.stop();
        Ok((Exit(status), self.started.elapsed()))
    }
}

/// Passes on whatever is read from it, byte for byte and at once.
pub(super) struct Errors<'a> {
    from: Option<ChildStderr>,
    kept: Option<Kept<'a>>,
}

struct Kept<'a> {
    file: BufWriter<File>,
    path: &'a Path,
    failed: Option<io::Error>,
}

impl Errors<'_> {
    /// Completes the file; an error if not all got into it.
    pub(super) fn finish(self) -> Result<()> {
        let Some(mut kept) = self.kept else { return Ok(()) };
        let written = match kept.failed {
            Some(e) => Err(e),
            None => kept.file.flush(),
        };
        written.with_context(|| kept.path.display().to_string())
    }
}

impl Read for Errors<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(from) = &mut self.from else { return Ok(0) };
        let length = from.read(buffer)?;
        let piece = buffer.get(..length).unwrap_or_default();
        // If nobody reads ours, the report may still go to a file.
        let _ = io::stderr().write_all(piece);
        if let Some(kept) = self.kept.as_mut().filter(|kept| kept.failed.is_none()) {
            kept.failed = kept.file.write_all(piece).err();
        }
        Ok(length)
    }
}

/// How a program ended.
pub(super) struct Exit(ExitStatus);

impl Exit {
    pub(super) fn code(&self) -> Option<i32> {
        self.0.code()
    }

    /// The signal that ended it.
    #[cfg(unix)]
    pub(super) fn signal(&self) -> Option<i32> {
        std::os::unix::process::ExitStatusExt::signal(&self.0)
    }

    /// The signal that ended it; there are none here.
    #[cfg(not(unix))]
    pub(super) fn signal(&self) -> Option<i32> {
        None
    }

    /// As a shell would tell it.
    pub(super) fn status(&self) -> u8 {
        match (self.code(), self.signal()) {
            // Where codes are longer, what does not fit is still a failure.
            (Some(code), _) => u8::try_from(code).unwrap_or(1),
            (None, Some(signal)) => u8::try_from(signal).map_or(1, |signal| signal.saturating_add(128)),
            (None, None) => 1,
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code(), self.signal()) {
            (Some(code), _) => write!(f, "exit status {code}"),
            (None, Some(signal)) => write!(f, "ended by signal {signal}"),
            (None, None) => f.write_str("ended"),
        }
    }
}

/// What would end us, and our report with us, is for the program.
#[cfg(unix)]
mod signals {
    use signal_hook::consts::{SIGINT, SIGQUIT, SIGTERM};
    use signal_hook::iterator::{Handle, Signals};
    use std::io::{self, IsTerminal};
    use std::process::Child;
    use std::thread;

    /// From here on, these signals do not end us.
    pub(super) struct Caught(Signals);

    /// From here on, the program gets them.
    pub(super) struct PassedOn(Handle);

    impl Caught {
        pub(super) fn new() -> io::Result<Caught> {
            Ok(Caught(Signals::new([SIGINT, SIGQUIT, SIGTERM])?))
        }

        pub(super) fn pass_on_to(mut self, child: &Child) -> PassedOn {
            let handle = self.0.handle();
            // What is typed at a terminal reaches the program without us.
            let terminal = io::stdin().is_terminal() || io::stderr().is_terminal();
            let child = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
            thread::spawn(move || {
                for number in self.0.forever() {
                    if terminal && number != SIGTERM {
                        continue;
                    }
                    let signal = rustix::process::Signal::from_named_raw(number);
                    if let (Some(child), Some(signal)) = (child, signal) {
                        // If it has ended, there is nobody to tell.
                        let _ = rustix::process::kill_process(child, signal);
                    }
                }
            });
            PassedOn(handle)
        }
    }

    impl PassedOn {
        pub(super) fn stop(&self) {
            self.0.close();
        }
    }
}

/// Ctrl-C reaches the program without us; whether it ends us too is the system's
/// business.
#[cfg(not(unix))]
mod signals {
    use std::io;
    use std::process::Child;

    pub(super) struct Caught;
    pub(super) struct PassedOn;

    impl Caught {
        pub(super) fn new() -> io::Result<Caught> {
            Ok(Caught)
        }

        pub(super) fn pass_on_to(self, _child: &Child) -> PassedOn {
            PassedOn
        }
    }

    impl PassedOn {
        pub(super) fn stop(&self) {}
    }
}
