//! The tie between gotrace and the program that it runs: the program does not outlive it.
//!
//! On Linux with /proc, gotrace first starts itself: the new process asks the system to be
//! killed when its parent ends, and then becomes the program. On other systems, the program
//! goes on if gotrace is ended by a signal that cannot be caught.

pub(super) use system::{Tie, become_program};

/// The value of `--tied-to`, which gotrace gives to the process that is to become the
/// program: gotrace's process ID, and the number of the open file for the error if the
/// program cannot be run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tied {
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux uses it"))]
    parent: i32,
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux uses it"))]
    reason: i32,
}

impl std::str::FromStr for Tied {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Tied, Self::Err> {
        let numbers =
            text.split_once(':').and_then(|(parent, reason)| Some((parent.parse().ok()?, reason.parse().ok()?)));
        let (parent, reason) = numbers.ok_or("gotrace itself sets this")?;
        Ok(Tied { parent, reason })
    }
}

#[cfg(target_os = "linux")]
mod system {
    use super::Tied;
    use rustix::fs::MemfdFlags;
    use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};
    use std::ffi::{OsStr, OsString};
    use std::fs::File;
    use std::io::{self, Read, Seek, Write};
    use std::os::fd::AsRawFd;
    use std::os::unix::process::CommandExt;
    use std::path::Path;
    use std::process::Command;

    /// The executable of the present process.
    const OWN_EXECUTABLE: &str = "/proc/self/exe";

    /// The tie to a program that is being started.
    pub(in super::super) struct Tie {
        /// The file for the number of the error, if the program cannot be run.
        reason: Option<File>,
    }

    impl Tie {
        /// Returns the command that runs a program, and its tie.
        pub(in super::super) fn to(name: &OsStr, arguments: &[OsString]) -> (Command, Tie) {
            let reason = rustix::fs::memfd_create("gotrace-run", MemfdFlags::CLOEXEC).ok().map(File::from);
            let Some(reason) = reason.filter(|_| Path::new(OWN_EXECUTABLE).exists()) else {
                let mut command = Command::new(name);
                command.args(arguments);
                return (command, Tie { reason: None });
            };
            let mut command = Command::new(OWN_EXECUTABLE);
            command.args(["run", "--tied-to", &format!("{}:{}", std::process::id(), reason.as_raw_fd()), "--"]);
            command.arg(name).args(arguments);
            (command, Tie { reason: Some(reason) })
        }

        /// Returns why the program could not be run, if so, once its process has ended.
        pub(in super::super) fn refused(&mut self) -> Option<io::Error> {
            let reason = self.reason.as_mut()?;
            let mut number = String::new();
            reason.rewind().and_then(|()| reason.read_to_string(&mut number)).ok()?;
            number.parse().ok().map(io::Error::from_raw_os_error)
        }
    }

    /// Becomes the program, which is killed when its parent ends. Returns only if that fails,
    /// with the reason.
    pub(in super::super) fn become_program(tied: Tied, name: &OsStr, arguments: &[OsString]) -> io::Error {
        // Without it, the program still runs, but may outlive gotrace.
        let _ = set_parent_process_death_signal(Some(Signal::KILL));
        if getppid().map(Pid::as_raw_pid) != Some(tied.parent) {
            return io::Error::other("gotrace ended before the program began");
        }
        let error = Command::new(name).args(arguments).exec();
        let number = error.raw_os_error().unwrap_or_default();
        let reason = File::options().write(true).open(format!("/proc/{}/fd/{}", tied.parent, tied.reason));
        let _ = reason.and_then(|mut reason| write!(reason, "{number}"));
        error
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::Tied;
    use std::ffi::{OsStr, OsString};
    use std::io;
    use std::process::Command;

    /// An empty stand-in for systems on which a program cannot be tied.
    pub(in super::super) struct Tie;

    impl Tie {
        /// Returns the command that runs a program, and its tie.
        pub(in super::super) fn to(name: &OsStr, arguments: &[OsString]) -> (Command, Tie) {
            let mut command = Command::new(name);
            command.args(arguments);
            (command, Tie)
        }

        /// Returns none: here, starting the program already fails if it cannot be run.
        pub(in super::super) fn refused(&mut self) -> Option<io::Error> {
            None
        }
    }

    /// Returns the error that this system cannot do it.
    pub(in super::super) fn become_program(_: Tied, _: &OsStr, _: &[OsString]) -> io::Error {
        io::ErrorKind::Unsupported.into()
    }
}
