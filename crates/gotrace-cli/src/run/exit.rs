//! The exit of a program: by a code or a signal.

use std::fmt;
use std::process::ExitStatus;

/// The way in which a program ended.
pub(super) struct Exit(pub(super) ExitStatus);

impl Exit {
    /// Returns the exit code; none if a signal ended it.
    pub(super) fn code(&self) -> Option<i32> {
        self.0.code()
    }

    /// Returns the number of the signal that ended it.
    #[cfg(unix)]
    pub(super) fn signal(&self) -> Option<i32> {
        std::os::unix::process::ExitStatusExt::signal(&self.0)
    }

    /// Returns none, as no signals are known here.
    #[cfg(not(unix))]
    pub(super) fn signal(&self) -> Option<i32> {
        None
    }

    /// Returns the exit status that a shell would give: the code, or 128 plus the signal.
    pub(super) fn status(&self) -> u8 {
        match (self.code(), self.signal()) {
            // On systems with longer codes, one that does not fit is still a failure.
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
