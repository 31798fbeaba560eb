//! Lines that are cut in two.
//!
//! The runtime prints a line piece by piece, a `write` for each literal and each
//! figure, so a line that another writer prints at once can stand in its middle:
//!
//! ```text
//! SCHED 1003ms: gomaxprocs=4level=info msg="request done"
//!  idleprocs=1 threads=9 ..
//! ```
//!
//! The line up to a cut is kept for some lines more. If one of them, put behind
//! the cut, makes it a record, it is one.

use super::cursor::{Cursor, Malformed};
use super::line::{Kind, Record};
use super::scheddetail::WAIT_REASONS;
use super::unwrap::Wrapping;

/// How many lines after a cut may be other writers'.
const PATIENCE: u32 = 64;
/// How many places of a line are tried as the cut.
const TRIES: usize = 16;

/// The beginning of a record whose rest is still to come.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    /// From the beginning of the record to the end of the line.
    text: Vec<u8>,
    kind: Kind,
    pub(super) failed: Malformed,
    /// Whether it is a record beyond doubt.
    pub(super) certain: bool,
    pub(super) line: u64,
    pub(super) offset: u64,
    pub(super) column: usize,
    pub(super) wrapping: Wrapping,
    left: u32,
}

/// What a line made of a [`Pending`].
pub(super) enum Joined {
    /// The text of a whole record.
    Whole(Vec<u8>, Kind),
    /// It goes on, and is still not whole.
    More,
    /// It has nothing to do with it.
    No,
}

impl Pending {
    pub(super) fn new(
        text: &[u8],
        kind: Kind,
        failed: Malformed,
        wrapping: Wrapping,
        (line, offset, column): (u64, u64, usize),
    ) -> Pending {
        let text = text.to_vec();
        Pending { text, kind, failed, certain: true, line, offset, column, wrapping, left: PATIENCE }
    }

    /// Whether it is time to give up, after one more line.
    pub(super) fn is_over(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left == 0
    }

    /// Puts a line behind the cut, if it belongs there.
    pub(super) fn join(&mut self, rest: &[u8]) -> Joined {
        // No piece of the runtime's begins with anything else.
        let plausible = |c: &u8| c.is_ascii_digit() || b" :=[]()+/-,%@>mMsntfKPo".contains(c);
        if rest.is_empty() {
            return self.end();
        }
        if !rest.first().is_some_and(plausible) || is_time(rest) {
            return Joined::No;
        }
        // What is no field of the runtime's may be the other's: `key=value`. Of cuts
        // with as few, the first: how far each goes on says little, for the figures
        // of another's line may pass for the runtime's.
        let mut whole: Option<(u32, Vec<u8>)> = None;
        let mut more: Option<(u32, Vec<u8>, Malformed)> = None;
        for cut in self.cuts() {
            // A figure is written at once.
            let before = cut.checked_sub(1).and_then(|at| self.text.get(at));
            if before.is_some_and(u8::is_ascii_digit) && rest.first().is_some_and(u8::is_ascii_digit) {
                continue;
            }
            let mut text = self.text.get(..cut).unwrap_or_default().to_vec();
            text.extend_from_slice(rest);
            let mut cursor = Cursor::new(&text, 0);
            let read = Record::read_on(&mut cursor, self.kind);
            let (end, strange) = (cursor.at(), cursor.strange());
            let failed = match read {
                Ok(record) if end > cut && agrees(&record) => {
                    if text.get(end..).unwrap_or_default().trim_ascii().is_empty() {
                        if whole.as_ref().is_none_or(|(least, _)| strange < *least) {
                            whole = Some((strange, text));
                        }
                        continue;
                    }
                    // Its end may be due, or ` (forced)`.
                    Malformed { at: end, expected: "the end of the line" }
                }
                Ok(_) => continue,
                Err(failed) => failed,
            };
            let progress = failed.at.saturating_sub(cut);
            let better = more.as_ref().is_none_or(|(least, ..)| strange < *least);
            if better && progress > 0 && is_cut(rest, progress) {
                more = Some((strange, text, failed));
            }
        }
        if let Some((_, text)) = whole {
            return Joined::Whole(text, self.kind);
        }
        match more {
            Some((_, text, failed)) => {
                (self.text, self.failed, self.left, self.certain) = (text, failed, PATIENCE, true);
                Joined::More
            }
            None => Joined::No,
        }
    }

    /// If nothing was missing but the end of the line, behind the other's.
    pub(super) fn end(&self) -> Joined {
        let whole = self.cuts().find_map(|cut| {
            let text = self.text.get(..cut).unwrap_or_default();
            let (record, end) = Record::read(text, 0, self.kind).ok()?;
            (end == cut && agrees(&record) && record.unknown().is_empty()).then(|| text.to_vec())
        });
        whole.map_or(Joined::No, |text| Joined::Whole(text, self.kind))
    }

    /// Where the record may have been cut, likely places first.
    fn cuts(&self) -> impl Iterator<Item = usize> + use<> {
        let at = self.failed.at.min(self.text.len());
        let tail = self.text.get(at..).unwrap_or_default();
        let near = at.saturating_sub(20)..=at;
        let times = near.filter(|&at| self.text.get(at..).is_some_and(is_time));
        let reasons = WAIT_REASONS.iter().filter(|reason| tail.starts_with(reason.as_bytes()));
        let reason = reasons.map(|reason| at + reason.len()).max();
        // After any piece before the one that failed.
        let pieces = (0..at).rev().filter(|&at| {
            let last = self.text.get(at.wrapping_sub(1));
            let next = self.text.get(at);
            let digit = |c: Option<&u8>| c.is_some_and(u8::is_ascii_digit);
            matches!(last, Some(b' ' | b'=' | b'[')) || digit(last) != digit(next)
        });
        let mut cuts: Vec<usize> = times.chain(reason).chain([at]).chain(pieces).take(TRIES).collect();
        // That the whole line is the beginning is likely too.
        if self.failed.at < self.text.len() {
            cuts.push(self.text.len());
        }
        cuts.into_iter()
    }
}

/// Whether a text begins with a date or a time of day, as other writers' lines do.
fn is_time(text: &[u8]) -> bool {
    let shape: Vec<u8> = text.iter().take(8).map(|c| if c.is_ascii_digit() { b'0' } else { *c }).collect();
    let is = |pattern: &[u8]| shape.starts_with(pattern);
    is(b"0000-00-") || is(b"0000/00/") || is(b"00:00:00")
}

/// Whether another's line may begin in `rest` at `at`, or about there. A line
/// that itself begins with a figure, as `5 files written`, is not cut behind it.
fn is_cut(rest: &[u8], at: usize) -> bool {
    let (piece, other) = rest.split_at_checked(at).unwrap_or((rest, b""));
    let is_figure = piece.iter().all(|c| c.is_ascii_digit() || *c == b'.');
    let begins = |c: &u8| c.is_ascii_alphabetic() || b"{[<\"'(#*".contains(c);
    !is_figure || other.first().is_none_or(begins) || (1..at).any(|at| rest.get(at..).is_some_and(is_time))
}

/// Whether the parts of a record fit each other.
fn agrees(record: &Record<'_>) -> bool {
    match record {
        Record::Sched(sched) => {
            sched.queues().is_none_or(|queues| queues.lengths.len() as u64 == u64::from(sched.gomaxprocs))
        }
        _ => true,
    }
}
