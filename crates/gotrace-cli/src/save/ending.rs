//! Signals that end gotrace: unfinished files are cleared away first, but for the parts that
//! are to be kept.

use super::unfinished::Data;
use crate::complain::complain;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The unfinished files. A thread that holds the lock finishes or gives up a file; a signal
/// waits until it is done.
static UNFINISHED: Mutex<Vec<Entry>> = Mutex::new(Vec::new());

/// Folders that a signal removes.
#[cfg(feature = "columns")]
static FOLDERS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// True while a [`Taken`] is there.
static SIGNALS_ARE_TAKEN: AtomicBool = AtomicBool::new(false);

/// A file that is not complete.
pub(super) struct Entry {
    id: usize,
    file: File,
    hidden: Option<PathBuf>,
    /// The name of the file, if a part of it is to be kept.
    part_of: Option<PathBuf>,
}

impl Entry {
    /// Clears an unfinished file away, or keeps it as a part.
    fn end(self) {
        let is_empty = self.file.metadata().is_ok_and(|found| found.len() == 0);
        let Some(data) = Data::of_parts(self.file, self.hidden) else { return };
        let Some(path) = self.part_of.filter(|_| !is_empty) else { return };
        match data.keep_partial(&path) {
            Ok(part) => complain("warning", &format!("interrupted; what had come is kept in {}", part.display())),
            Err(e) => complain("error", &format!("interrupted; {}: {e}", path.display())),
        }
    }
}

/// The registration of an unfinished file, to be cleared away by a signal.
pub(super) struct Registered(Option<usize>);

impl Registered {
    /// Ends the registration. As long as the returned lock is held, no signal ends gotrace.
    pub(super) fn release(mut self) -> MutexGuard<'static, Vec<Entry>> {
        let mut entries = entries();
        if let Some(id) = self.0.take() {
            entries.retain(|entry| entry.id != id);
        }
        entries
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        if let Some(id) = self.0.take() {
            entries().retain(|entry| entry.id != id);
        }
    }
}

/// Locks the unfinished files.
fn entries() -> MutexGuard<'static, Vec<Entry>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Registers an unfinished file: a signal clears it away, or keeps it as a part of `part_of`.
pub(super) fn register(data: &Data, part_of: Option<&Path>) -> io::Result<Registered> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    signals::watch();
    let id = NEXT.fetch_add(1, Relaxed);
    let (file, hidden) = (data.file().try_clone()?, data.hidden().map(Path::to_path_buf));
    entries().push(Entry { id, file, hidden, part_of: part_of.map(Path::to_path_buf) });
    Ok(Registered(Some(id)))
}

/// Registers a folder: a signal removes it, with all that is in it.
#[cfg(feature = "columns")]
pub(super) fn register_folder(path: &Path) {
    signals::watch();
    FOLDERS.lock().unwrap_or_else(PoisonError::into_inner).push(path.to_path_buf());
}

/// Ends the registration of a folder.
#[cfg(feature = "columns")]
pub(super) fn forget_folder(path: &Path) {
    FOLDERS.lock().unwrap_or_else(PoisonError::into_inner).retain(|folder| folder != path);
}

/// The claim that other code acts on signals: as long as it is there, they do not end gotrace.
pub(crate) struct Taken;

impl Taken {
    /// Takes the signals until the claim is dropped.
    pub(crate) fn new() -> Taken {
        signals::watch();
        SIGNALS_ARE_TAKEN.store(true, Relaxed);
        Taken
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        SIGNALS_ARE_TAKEN.store(false, Relaxed);
    }
}

/// Clears away or keeps all unfinished files. As long as the returned lock is held, no other
/// file is begun.
fn end_all() -> MutexGuard<'static, Vec<Entry>> {
    let mut entries = entries();
    entries.drain(..).for_each(Entry::end);
    #[cfg(feature = "columns")]
    for folder in FOLDERS.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        // What cannot be removed is left to the system, as all temporary files are.
        let _ = std::fs::remove_dir_all(folder);
    }
    entries
}

#[cfg(unix)]
pub(crate) use signals::ignored;

#[cfg(unix)]
mod signals {
    use super::{SIGNALS_ARE_TAKEN, end_all};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use std::sync::atomic::Ordering::Relaxed;
    use std::sync::{Once, OnceLock};

    /// Waits for the signals that end a program, on a thread of its own.
    pub(super) fn watch() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            // Signals that `nohup` or a shell's `&` set to be ignored stay ignored.
            let wanted = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|&signal| !ignored(signal));
            // Without handlers, a signal ends gotrace at once, and a hidden file may stay.
            let Ok(mut signals) = Signals::new(wanted) else { return };
            std::thread::spawn(move || {
                for signal in signals.forever() {
                    if !SIGNALS_ARE_TAKEN.load(Relaxed) {
                        end(signal);
                    }
                }
            });
        });
    }

    /// Ends gotrace as the signal would, once unfinished files are cleared away.
    fn end(signal: i32) {
        let _held = end_all();
        // The system does not end the first process of a container by a signal that
        // it does not handle.
        if std::process::id() != 1 {
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
        std::process::exit(128 + signal);
    }

    /// Returns whether a signal was ignored when gotrace began; false if it is not known.
    pub(crate) fn ignored(signal: i32) -> bool {
        static MASK: OnceLock<u64> = OnceLock::new();
        let mask = MASK.get_or_init(|| {
            let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
            let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
            mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
        });
        mask >> (signal - 1) & 1 == 1
    }
}

/// Signals on Windows: only Ctrl-C and the end of the console.
#[cfg(not(unix))]
mod signals {
    use super::{SIGNALS_ARE_TAKEN, end_all};
    use std::sync::Once;
    use std::sync::atomic::Ordering::Relaxed;

    /// The exit status that shells give a program which Ctrl-C ended.
    const INTERRUPTED: i32 = 130;

    /// Waits for Ctrl-C, on a thread of its own.
    pub(super) fn watch() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            // Without a handler, Ctrl-C ends gotrace at once, and a hidden file may stay.
            let _ = ctrlc::set_handler(|| {
                if !SIGNALS_ARE_TAKEN.load(Relaxed) {
                    let _held = end_all();
                    std::process::exit(INTERRUPTED);
                }
            });
        });
    }
}
