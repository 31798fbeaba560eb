//! A trace that is looked at, or is about to be.

use crate::answer::{Answer, Failure, to_json};
use crate::cache::Cache;
use crate::directory::Directory;
use crate::during::During;
use crate::functions::Functions;
use crate::jobs::{Interest, Jobs};
use crate::meta::Meta;
use crate::opened::{LogSource, Opened};
use crate::reports::Reports;
use bytes::Bytes;
use gotrace::lanes::Checkpoints;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::sync::watch;

/// So many warnings are passed on.
const WARNINGS: usize = 100;
/// So many requests are worked for at a time.
const AT_ONCE: usize = 4;

/// State of a server: the trace that it shows, as soon as there is one.
pub struct View {
    meta: Mutex<Meta>,
    source: OnceLock<Opened>,
    log: OnceLock<LogSource>,
    /// The frames of the overview so far, and how many there are.
    frames: Mutex<Vec<Bytes>>,
    told: watch::Sender<usize>,
    pub(crate) functions: Functions,
    pub(crate) cache: Cache,
    pub(crate) jobs: Jobs,
    /// Reports are made one at a time.
    pub(crate) reporting: Jobs,
    directory: Mutex<Option<Arc<Directory>>>,
    during: Mutex<Option<Arc<During>>>,
    /// Places to read tiles from, as soon as they are known.
    pub(crate) checkpoints: OnceLock<Checkpoints<'static>>,
}

impl View {
    /// Returns a view of an input that is not read yet.
    pub fn new(name: &str) -> Arc<View> {
        let meta = Meta { kind: "trace", name: name.to_string(), ..Meta::default() };
        Arc::new(View {
            meta: Mutex::new(meta),
            source: OnceLock::new(),
            log: OnceLock::new(),
            frames: Mutex::default(),
            told: watch::Sender::new(0),
            functions: Functions::default(),
            cache: Cache::default(),
            jobs: Jobs::new(AT_ONCE),
            reporting: Jobs::new(1),
            directory: Mutex::default(),
            during: Mutex::default(),
            checkpoints: OnceLock::new(),
        })
    }

    /// Takes the trace that is shown from now on; returns whether there was none before.
    pub(crate) fn open(&self, opened: Opened) -> bool {
        self.source.set(opened).is_ok()
    }

    /// Shows a log from now on.
    pub fn show_log(&self, log: LogSource) {
        let (name, bytes, events, warnings) = (log.name.clone(), log.bytes, log.lines, log.warnings.clone());
        if self.log.set(log).is_ok() {
            self.end(|meta| {
                *meta = Meta {
                    kind: "log",
                    name,
                    bytes,
                    read_bytes: bytes,
                    events,
                    warnings,
                    done: true,
                    ..Meta::default()
                }
            });
        }
    }

    /// Returns whether a log is shown, and not a trace.
    pub(crate) fn is_log(&self) -> bool {
        self.log.get().is_some()
    }

    /// Returns the reports on the trace or the log.
    ///
    /// # Errors
    /// As [`opened`](Self::opened).
    pub(crate) fn reports(&self) -> Result<&dyn Reports, Failure> {
        match self.log.get() {
            Some(log) if (log.changed)() => {
                Err(Failure::new(409, "the log has lost lines since gotrace opened it; end gotrace and run it again"))
            }
            Some(log) => Ok(&*log.reports),
            None => Ok(&*self.opened()?.source.reports),
        }
    }

    /// There is no trace, for that reason.
    pub fn fail(&self, why: &str) {
        self.end(|meta| meta.error = Some(why.to_string()));
    }

    /// Returns the facts that are known of the trace.
    pub(crate) fn meta(&self) -> Meta {
        let mut meta = lock(&self.meta).clone();
        if let Some(opened) = self.source.get() {
            let more = (opened.source.flaws)();
            meta.warnings.splice(0..0, more);
            meta.warnings.truncate(WARNINGS);
        }
        meta
    }

    pub(crate) fn update(&self, change: impl FnOnce(&mut Meta)) {
        change(&mut lock(&self.meta));
    }

    /// The trace, if it can be read by now.
    ///
    /// # Errors
    /// If it is not there yet, or never will be, or its file has changed.
    pub(crate) fn opened(&self) -> Result<&Opened, Failure> {
        if self.is_log() {
            return Err(Failure::new(404, "a log has reports, and no events that could be asked for"));
        }
        let Some(opened) = self.source.get() else {
            return Err(match lock(&self.meta).error.clone() {
                Some(error) => Failure::new(422, error),
                None => Failure::new(503, "the trace is not there yet"),
            });
        };
        if (opened.source.changed)() {
            return Err(Failure::new(
                409,
                "the file was written to since gotrace opened it: what is shown may mix the old and the new; \
                 end gotrace and run it again when nothing writes to the file",
            ));
        }
        Ok(opened)
    }

    /// Adds to the overview.
    pub(crate) fn add_frame(&self, kind: u32, body: &[u8]) {
        let mut frame = Vec::with_capacity(body.len() + 8);
        frame.extend_from_slice(&kind.to_le_bytes());
        frame.extend_from_slice(&(body.len() as u32).to_le_bytes());
        frame.extend_from_slice(body);
        let count = {
            let mut frames = lock(&self.frames);
            frames.push(Bytes::from(frame));
            frames.len()
        };
        self.told.send_replace(count);
    }

    /// Ends the overview.
    pub(crate) fn end(&self, change: impl FnOnce(&mut Meta)) {
        self.update(|meta| {
            meta.done = true;
            change(meta);
        });
        self.add_meta(3);
        self.told.send_replace(usize::MAX);
    }

    pub(crate) fn add_meta(&self, kind: u32) {
        if let Ok(meta) = to_json(&self.meta()) {
            self.add_frame(kind, &meta);
        }
    }

    /// Sends all of the overview, as it comes.
    pub(crate) fn overview(self: Arc<View>) -> Answer {
        let (send, receive) = tokio::sync::mpsc::channel(4);
        tokio::spawn(async move {
            let (mut told, mut next) = (self.told.subscribe(), 0);
            loop {
                let over = *told.borrow_and_update() == usize::MAX;
                while let Some(frame) = { lock(&self.frames).get(next).cloned() } {
                    if send.send(frame).await.is_err() {
                        return;
                    }
                    next += 1;
                }
                if over || told.changed().await.is_err() {
                    return;
                }
            }
        });
        Answer::stream(receive)
    }

    /// Returns the directory of the trace, which takes a pass of its own when first asked for.
    ///
    /// # Errors
    /// As reading the trace, or if nobody waits for it any more.
    pub(crate) fn directory(&self, interest: &Interest) -> Result<Arc<Directory>, Failure> {
        let opened = self.opened()?;
        let mut directory = lock(&self.directory);
        if let Some(directory) = &*directory {
            return Ok(Arc::clone(directory));
        }
        let made = Arc::new(Directory::of(opened, &self.functions, interest)?);
        Ok(Arc::clone(directory.insert(made)))
    }

    /// When the collector was at work, which takes a pass of its own when it is first asked for.
    ///
    /// # Errors
    /// As [`directory`](Self::directory).
    pub(crate) fn during(&self, interest: &Interest) -> Result<Arc<During>, Failure> {
        let mut during = lock(&self.during);
        if let Some(during) = &*during {
            return Ok(Arc::clone(during));
        }
        let made = Arc::new(During::of(self.opened()?, interest)?);
        Ok(Arc::clone(during.insert(made)))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
