//! Joining of lines that were cut in two.
//!
//! The runtime prints a line piece by piece, a `write` for each literal and each figure, so
//! that a line which another writer prints at the same time can end up in its middle:
//!
//! ```text
//! SCHED 1003ms: gomaxprocs=4level=info msg="request done"
//!  idleprocs=1 threads=9 ..
//! ```
//!
//! The line up to a cut is kept for some more lines. If one of them, appended at the cut,
//! completes a record, the two are joined.

use super::cursor::{Cursor, Malformed};
use super::line::{Kind, Record};
use super::origin::Origin;
use super::scheddetail::WAIT_REASONS;

/// Number of lines after a cut that may be other writers'.
const FOREIGN_LINES: u32 = 64;
/// Length that no field exceeds.
const WORD: usize = 32;
/// Length that no wrapped line exceeds.
const MOST_WRAPPED: usize = 64 << 10;
/// Most ways to put its lines together that are followed.
const MOST_WAYS: usize = 16;
/// Number of places in a line that are tried as the cut.
const TRIES: usize = 16;

/// Beginning of a record whose rest is still to come.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    /// Text from the beginning of the record to the end of the line.
    text: Vec<u8>,
    kind: Kind,
    pub(super) failed: Malformed,
    /// True if it is certainly a record.
    pub(super) certain: bool,
    pub(super) origin: Origin,
    /// Offset of the record in its line.
    pub(super) column: usize,
    /// Texts that it may be with the next lines appended directly, as a terminal wraps
    /// lines, and the length of the first line.
    wrapped: Vec<Vec<u8>>,
    width: usize,
    left: u32,
}

/// Result of joining a line to a [`Pending`].
pub(super) enum Joined {
    /// The text of a whole record.
    Whole(Vec<u8>, Kind),
    /// Text that goes on, but is still not whole.
    More,
    /// A line that does not belong to it.
    No,
}

impl Pending {
    pub(super) fn new(text: &[u8], kind: Kind, failed: Malformed, origin: Origin, column: usize) -> Pending {
        let text = text.to_vec();
        let wrapped = if is_cut_at_end(&text, failed.at) { vec![text.clone()] } else { Vec::new() };
        let width = column + text.len();
        Pending { text, kind, failed, certain: true, origin, column, wrapped, width, left: FOREIGN_LINES }
    }

    /// Returns whether to give up, after one more line.
    pub(super) fn is_over(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left == 0
    }

    /// Appends a line at the cut, if it belongs there.
    pub(super) fn join(&mut self, rest: &[u8]) -> Joined {
        // No piece of the runtime's text begins with any other character.
        let plausible = |c: &u8| c.is_ascii_digit() || b" :=[]()+/-,%@>mMsntfKPo".contains(c);
        if rest.is_empty() {
            return self.end();
        }
        if !rest.first().is_some_and(plausible) || is_time(rest) {
            return Joined::No;
        }
        // A `key=value` that is no field of the runtime's may be the other writer's. Among
        // cuts with the fewest of those the first wins: how far the text goes on says
        // little, for figures of the other line may pass for the runtime's.
        let mut whole: Option<(u32, Vec<u8>)> = None;
        let mut more: Option<(u32, Vec<u8>, Malformed)> = None;
        for cut in self.cuts() {
            // The runtime writes a figure at once, so no cut is inside one.
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
                    // The end of the line may still be due, or ` (forced)`.
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
                (self.text, self.failed, self.left, self.certain) = (text, failed, FOREIGN_LINES, true);
                Joined::More
            }
            None => Joined::No,
        }
    }

    /// Appends a line directly to the one before, as a terminal or a mail program wraps
    /// lines: at a width, wherever that is, maybe without the space there.
    pub(super) fn unwrap(&mut self, rest: &[u8]) -> Joined {
        let before = std::mem::take(&mut self.wrapped);
        // The rest of a wrapped line is no wider than its beginning.
        if rest.is_empty() || rest.len() > self.width + 1 {
            return Joined::No;
        }
        let mut goes_on = Vec::new();
        for (before, between) in before.iter().flat_map(|before| [(before, &b""[..]), (before, b" ")]) {
            let text = [before, between, rest].concat();
            match Record::read(&text, 0, self.kind) {
                Ok((record, end)) => {
                    let is_whole = end > before.len() && text.get(end..).unwrap_or_default().trim_ascii().is_empty();
                    if is_whole && agrees(&record) && is_known(&record) {
                        return Joined::Whole(text, self.kind);
                    }
                }
                Err(failed) if is_cut_at_end(&text, failed.at) => goes_on.push(text),
                Err(_) => {}
            }
        }
        if rest.len() + 2 >= self.width && goes_on.len() <= MOST_WAYS {
            goes_on.retain(|text| text.len() < MOST_WRAPPED);
            self.wrapped = goes_on;
        }
        Joined::No
    }

    /// Returns the record if only its end of line was missing, behind the other writer's
    /// text.
    pub(super) fn end(&self) -> Joined {
        let whole = self.cuts().find_map(|cut| {
            let text = self.text.get(..cut).unwrap_or_default();
            let (record, end) = Record::read(text, 0, self.kind).ok()?;
            (end == cut && agrees(&record) && record.unknown().is_empty()).then(|| text.to_vec())
        });
        whole.map_or(Joined::No, |text| Joined::Whole(text, self.kind))
    }

    /// Returns where the record may have been cut, likely places first.
    fn cuts(&self) -> impl Iterator<Item = usize> + use<> {
        let at = self.failed.at.min(self.text.len());
        let tail = self.text.get(at..).unwrap_or_default();
        let near = at.saturating_sub(20)..=at;
        let times = near.filter(|&at| self.text.get(at..).is_some_and(is_time));
        let reasons = WAIT_REASONS.iter().filter(|reason| tail.starts_with(reason.as_bytes()));
        let reason = reasons.map(|reason| at + reason.len()).max();
        // Any piece before the one that failed may end at the cut.
        let pieces = (0..at).rev().filter(|&at| {
            let last = self.text.get(at.wrapping_sub(1));
            let next = self.text.get(at);
            let digit = |c: Option<&u8>| c.is_some_and(u8::is_ascii_digit);
            matches!(last, Some(b' ' | b'=' | b'[')) || digit(last) != digit(next)
        });
        let mut cuts: Vec<usize> = times.chain(reason).chain([at]).chain(pieces).take(TRIES).collect();
        // The whole line may also be the beginning.
        if self.failed.at < self.text.len() {
            cuts.push(self.text.len());
        }
        cuts.into_iter()
    }
}

/// Returns whether a record fails only because its text ends, inside a field or a figure.
fn is_cut_at_end(text: &[u8], failed: usize) -> bool {
    text.len().saturating_sub(failed) <= WORD
}

/// Returns whether a text begins with a date or a time of day, as other writers' lines do.
fn is_time(text: &[u8]) -> bool {
    let shape: Vec<u8> = text.iter().take(8).map(|c| if c.is_ascii_digit() { b'0' } else { *c }).collect();
    let is = |pattern: &[u8]| shape.starts_with(pattern);
    is(b"0000-00-") || is(b"0000/00/") || is(b"00:00:00")
}

/// Returns whether another writer's line may begin in `rest` at `at`, or near it. A line
/// that itself begins with a figure, such as `5 files written`, is not cut behind it.
fn is_cut(rest: &[u8], at: usize) -> bool {
    let (piece, other) = rest.split_at_checked(at).unwrap_or((rest, b""));
    let is_figure = piece.iter().all(|c| c.is_ascii_digit() || *c == b'.');
    let begins = |c: &u8| c.is_ascii_alphabetic() || b"{[<\"'(#*".contains(c);
    !is_figure || other.first().is_none_or(begins) || (1..at).any(|at| rest.get(at..).is_some_and(is_time))
}

/// Returns whether nothing in a record could be another writer's text.
fn is_known(record: &Record<'_>) -> bool {
    let text = match record {
        Record::Goroutine(g) => WAIT_REASONS.contains(&&*g.wait_reason),
        Record::Thread(m) => !m.preemptoff.contains(['=', ':']),
        _ => true,
    };
    text && record.unknown().is_empty()
}

/// Returns whether the parts of a record fit each other.
fn agrees(record: &Record<'_>) -> bool {
    match record {
        Record::Sched(sched) => sched.queues().is_none_or(|queues| {
            let count = queues.lengths.len();
            let ticks = queues.schedticks.as_ref().map_or(count, |ticks| ticks.len());
            count as u64 == u64::from(sched.gomaxprocs) && ticks == count
        }),
        _ => true,
    }
}
