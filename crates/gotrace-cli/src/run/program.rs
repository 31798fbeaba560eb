//! A running program, and its standard error, which is read, passed on and kept.

use super::exit::Exit;
use super::signals::Caught;
use super::tie::Tie;
use crate::save::NewFile;
use anyhow::{Context, Result};
use std::ffi::{OsStr, OsString};
use std::io::{self, Cursor, Read, Write};
use std::process::{ChildStderr, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// Bytes that are read at a time.
const PIECE: usize = 64 << 10;

/// The most pieces that wait to be taken.
const PIECES: usize = 4;

/// The longest that reading goes on after the program's end: processes that it started and
/// left running may hold its standard error open for ever.
const PATIENCE: Duration = Duration::from_millis(500);

/// The most bytes that are read after the program's end: no pipe holds more that the program
/// itself wrote.
const MOST_AFTER_END: usize = 1 << 20;

/// A running program. Reading it reads the program's standard error, and passes each piece
/// on to gotrace's own standard error, and to a file if there is to be one. Reading ends
/// when the program has ended, even if other processes may still write there.
pub(super) struct Program {
    started: Instant,
    tie: Tie,
    notes: Receiver<Note>,
    ended: Option<Ended>,
    /// The time for which reading may go on after the end.
    patience: Duration,
    /// The number of bytes that may be read after the end.
    room: usize,
    reads: Reads,
    /// The part of a piece that was not asked for yet.
    rest: Cursor<Vec<u8>>,
    kept: Option<Kept>,
}

/// Something that happened to a program.
enum Note {
    Wrote(Vec<u8>),
    /// Standard error is closed, or cannot be read.
    Closed(io::Result<()>),
    Ended(Ended),
}

/// The end of the program's process.
struct Ended {
    status: io::Result<ExitStatus>,
    at: Instant,
}

/// The state of reading a program's standard error.
enum Reads {
    On,
    ToTheEnd,
    /// Other processes held it open after the program's end.
    GaveUp,
}

/// The file that keeps the program's standard error.
struct Kept {
    file: NewFile,
    failed: Option<io::Error>,
}

/// The results of a program that has ended.
pub(super) struct End {
    pub(super) exit: Exit,
    pub(super) elapsed: Duration,
    /// True if processes that it left running hold its standard error open.
    pub(super) left_open: bool,
    /// An error if its standard error was to be kept, and not all of it was.
    pub(super) kept: Result<()>,
}

impl Program {
    /// Starts a program. While it runs, signals that would end gotrace are passed on to it.
    ///
    /// # Errors
    /// If it cannot be run; with a [`Tie`], only [`finish`](Self::finish) finds that out.
    pub(super) fn start(
        name: &OsStr,
        arguments: &[OsString],
        godebug: &OsStr,
        kept: Option<NewFile>,
    ) -> io::Result<Program> {
        let caught = Caught::new()?;
        let started = Instant::now();
        let (mut command, tie) = Tie::to(name, arguments);
        let mut child = command.env("GODEBUG", godebug).stderr(Stdio::piped()).spawn()?;
        let passed_on = caught.pass_on_to(&child);
        let (sender, notes) = sync_channel(PIECES);
        if let Some(errors) = child.stderr.take() {
            let sender = sender.clone();
            thread::spawn(move || take_notes(errors, &sender));
        }
        thread::spawn(move || {
            let status = child.wait();
            let at = Instant::now();
            passed_on.stop();
            let _ = sender.send(Note::Ended(Ended { status, at }));
        });
        let kept = kept.map(|file| Kept { file, failed: None });
        let (patience, room, rest) = (PATIENCE, MOST_AFTER_END, Cursor::default());
        Ok(Program { started, tie, notes, ended: None, patience, room, reads: Reads::On, rest, kept })
    }

    /// Waits for the program's end, and completes the file.
    ///
    /// # Errors
    /// If it could not be run, or waited for.
    pub(super) fn finish(mut self) -> io::Result<End> {
        let ended = match self.ended {
            Some(ended) => ended,
            None => loop {
                match self.notes.recv().map_err(io::Error::other)? {
                    Note::Ended(ended) => break ended,
                    Note::Wrote(_) | Note::Closed(_) => {}
                }
            },
        };
        if let Some(e) = self.tie.refused() {
            return Err(e);
        }
        Ok(End {
            exit: Exit(ended.status?),
            elapsed: ended.at.saturating_duration_since(self.started),
            left_open: matches!(self.reads, Reads::GaveUp),
            kept: self.kept.take().map_or(Ok(()), Kept::finish),
        })
    }

    /// Returns the next piece; none if there is no more.
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        while matches!(self.reads, Reads::On) {
            let Some(note) = self.note() else { break };
            match note {
                Note::Ended(ended) => self.ended = Some(ended),
                Note::Closed(how) => {
                    self.reads = Reads::ToTheEnd;
                    how?;
                }
                Note::Wrote(piece) if self.ended.is_none() => return Ok(Some(piece)),
                Note::Wrote(piece) => {
                    let Some(room) = self.room.checked_sub(piece.len()) else { break };
                    self.room = room;
                    return Ok(Some(piece));
                }
            }
        }
        if matches!(self.reads, Reads::On) {
            self.reads = Reads::GaveUp;
        }
        Ok(None)
    }

    /// Returns the next note; none if the program ended and patience is used up.
    fn note(&mut self) -> Option<Note> {
        if self.ended.is_none() {
            return self.notes.recv().ok();
        }
        let since = Instant::now();
        let note = self.notes.recv_timeout(self.patience).ok();
        self.patience = self.patience.saturating_sub(since.elapsed());
        note
    }
}

impl Read for Program {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.rest.read(buffer)?;
        if length > 0 {
            return Ok(length);
        }
        let Some(piece) = self.next()? else { return Ok(0) };
        // If gotrace's standard error is closed, the report may still go to a file.
        let _ = io::stderr().write_all(&piece);
        if let Some(kept) = self.kept.as_mut().filter(|kept| kept.failed.is_none()) {
            kept.failed = kept.file.write_all(&piece).err();
        }
        self.rest = Cursor::new(piece);
        self.rest.read(buffer)
    }
}

/// Reads a program's standard error and sends it as notes, until either end is closed.
fn take_notes(mut errors: ChildStderr, sender: &SyncSender<Note>) {
    let mut buffer = vec![0; PIECE];
    loop {
        let note = match errors.read(&mut buffer) {
            Ok(0) => Note::Closed(Ok(())),
            Ok(length) => Note::Wrote(buffer.get(..length).unwrap_or_default().to_vec()),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => Note::Closed(Err(e)),
        };
        let closed = matches!(note, Note::Closed(_));
        if sender.send(note).is_err() || closed {
            return;
        }
    }
}

impl Kept {
    /// Completes the file.
    ///
    /// # Errors
    /// If not all could be written; the error names the part that was.
    fn finish(self) -> Result<()> {
        let Some(e) = self.failed else { return Ok(self.file.finish()?) };
        match self.file.keep_partial() {
            Ok(Some(part)) => Err(e).context(format!("the beginning is kept in {}", part.display())),
            _ => Err(e.into()),
        }
    }
}
