//! Signals that would end gotrace, and are passed on to the program instead, so that the
//! report is still printed.

pub(super) use system::Caught;

#[cfg(unix)]
mod system {
    use crate::save::ending::ignored;
    use rustix::process::{Pid, Signal, getpgid, kill_process};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
    use signal_hook::iterator::exfiltrator::WithRawSiginfo;
    use signal_hook::iterator::{Handle, SignalsInfo};
    use std::io;
    use std::process::Child;
    use std::thread;

    const ALL: [i32; 6] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2];

    /// The claim on the signals: as long as it is there, they do not end gotrace.
    pub(in super::super) struct Caught(SignalsInfo<WithRawSiginfo>);

    /// The handle of the thread that passes signals on to the program.
    pub(in super::super) struct PassedOn(Handle);

    impl Caught {
        /// Catches the signals that are not ignored. Ignored signals stay so, and the program
        /// inherits that, as if it were run without gotrace.
        pub(in super::super) fn new() -> io::Result<Caught> {
            Ok(Caught(SignalsInfo::new(ALL.into_iter().filter(|&signal| !ignored(signal)))?))
        }

        /// Starts to pass signals on to a child process.
        pub(in super::super) fn pass_on_to(mut self, child: &Child) -> PassedOn {
            let handle = self.0.handle();
            let child = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
            thread::spawn(move || {
                for info in self.0.forever() {
                    let (Some(child), Some(signal)) = (child, Signal::from_named_raw(info.si_signo)) else { continue };
                    // A terminal sends a signal to the whole process group, so the child has it.
                    if is_of_terminal(info.si_signo, info.si_code) && getpgid(Some(child)) == getpgid(None) {
                        continue;
                    }
                    // If the child has ended, the signal is lost without harm.
                    let _ = kill_process(child, signal);
                }
            });
            PassedOn(handle)
        }
    }

    impl PassedOn {
        /// Stops passing signals on, as the process ID may soon be that of another process.
        pub(in super::super) fn stop(&self) {
            self.0.close();
        }
    }

    /// Returns whether a signal comes from the terminal (a key) and not from a process.
    #[cfg(target_os = "linux")]
    fn is_of_terminal(_: i32, code: i32) -> bool {
        // SI_KERNEL and the like are positive; SI_USER, and all that processes send, is not.
        code > 0
    }

    /// Returns whether a signal may come from the terminal, as the system does not say.
    #[cfg(not(target_os = "linux"))]
    fn is_of_terminal(signal: i32, _: i32) -> bool {
        use std::io::IsTerminal;
        matches!(signal, SIGINT | SIGQUIT) && (io::stdin().is_terminal() || io::stderr().is_terminal())
    }
}

/// An empty stand-in for other systems, where Ctrl-C reaches the program by itself, and does
/// not end gotrace.
#[cfg(not(unix))]
mod system {
    use std::io;
    use std::process::Child;

    pub(in super::super) struct Caught;
    pub(in super::super) struct PassedOn;

    impl Caught {
        pub(in super::super) fn new() -> io::Result<Caught> {
            Ok(Caught)
        }

        pub(in super::super) fn pass_on_to(self, _child: &Child) -> PassedOn {
            PassedOn
        }
    }

    impl PassedOn {
        pub(in super::super) fn stop(&self) {}
    }
}
