//! A line of the runtime, and how to find one in a text.

use super::companion::{Finalizers, Scan};
use super::cursor::{Cursor, Malformed, Result, Unknown};
use super::extent::{As, Release, Show};
use super::gctrace::Gc;
use super::scavenge::{HeapUse, Released, Scavenge, Scvg};
use super::scheddetail::{Goroutine, Proc, Thread};
use super::schedtrace::Sched;
use memchr::memmem;
use std::fmt;

/// One line of the runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Record<'a> {
    /// `SCHED ..`: the scheduler, with `schedtrace=MS`.
    Sched(Sched<'a>),
    /// `  P0: ..`: a P, with `scheddetail=1`.
    Proc(Proc<'a>),
    /// `  M0: ..`: a thread, with `scheddetail=1`.
    Thread(Thread<'a>),
    /// `  G1: ..`: a goroutine, with `scheddetail=1`.
    Goroutine(Goroutine<'a>),
    /// `gc 1 ..`: a GC cycle, with `gctrace=1`.
    Gc(Gc<'a>),
    /// `scav ..`: the scavenger, with `scavtrace=1`.
    Scavenge(Scavenge),
    /// `scvg0: 1 MB released`: the scavenger, with `gctrace=1` up to Go 1.13.
    Released(Released),
    /// `scvg0: inuse: ..`: the heap, with `gctrace=1` up to Go 1.13.
    HeapUse(HeapUse),
    /// `scan: ..`: the GC's work, with `gctrace=2`.
    Scan(Scan),
    /// `GC forced`: the next cycle comes because none did for two minutes.
    GcForced,
    /// `checkfinalizers: queue: ..`, with `checkfinalizers=1`.
    Finalizers(Finalizers),
}

/// What a line is, by its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Sched,
    Proc,
    Thread,
    Goroutine,
    Gc,
    Scavenge,
    Scvg,
    Scan,
    GcForced,
    Finalizers,
}

const GC_FORCED: &str = "GC forced";

impl<'a> Record<'a> {
    /// The record that a line's text is, without the end of the line. Text
    /// behind it is passed over. Errs if it is none.
    pub fn parse(text: &'a [u8]) -> std::result::Result<Record<'a>, Malformed> {
        match begins(text, 0) {
            Some(kind) => Record::read(text, 0, kind).map(|(record, _)| record),
            None => Err(Malformed { at: 0, expected: "a line of the runtime's" }),
        }
    }

    /// The record of that kind at `at`, and where it ends.
    pub(super) fn read(text: &'a [u8], at: usize, kind: Kind) -> Result<(Record<'a>, usize)> {
        let mut cursor = Cursor::new(text, at);
        Record::read_on(&mut cursor, kind).map(|record| (record, cursor.at()))
    }

    /// The record of that kind at the cursor.
    pub(super) fn read_on(c: &mut Cursor<'a>, kind: Kind) -> Result<Record<'a>> {
        Ok(match kind {
            Kind::Sched => Record::Sched(Sched::read(c)?),
            Kind::Proc => Record::Proc(Proc::read(c)?),
            Kind::Thread => Record::Thread(Thread::read(c)?),
            Kind::Goroutine => Record::Goroutine(Goroutine::read(c)?),
            Kind::Gc => Record::Gc(Gc::read(c)?),
            Kind::Scavenge => Record::Scavenge(Scavenge::read(c)?),
            Kind::Scvg => match Scvg::read(c)? {
                Scvg::Released(released) => Record::Released(released),
                Scvg::Use(heap) => Record::HeapUse(heap),
            },
            Kind::Scan => Record::Scan(Scan::read(c)?),
            Kind::GcForced => c.literal(GC_FORCED).map(|()| Record::GcForced)?,
            Kind::Finalizers => Record::Finalizers(Finalizers::read(c)?),
        })
    }

    /// The line as that release of Go prints it, without the end of the line.
    /// What it does not print is left out, what it prints besides is 0.
    pub fn display(&self, release: Release) -> impl fmt::Display + '_ {
        As(self, release)
    }

    /// Fields that are not known.
    pub fn unknown(&self) -> &[Unknown<'a>] {
        match self {
            Record::Sched(r) => &r.unknown,
            Record::Proc(r) => &r.unknown,
            Record::Thread(r) => &r.unknown,
            Record::Goroutine(r) => &r.unknown,
            Record::Gc(r) => &r.unknown,
            _ => &[],
        }
    }

    /// The same, borrowing nothing.
    pub fn into_owned(self) -> Record<'static> {
        match self {
            Record::Sched(r) => Record::Sched(r.into_owned()),
            Record::Proc(r) => Record::Proc(r.into_owned()),
            Record::Thread(r) => Record::Thread(r.into_owned()),
            Record::Goroutine(r) => Record::Goroutine(r.into_owned()),
            Record::Gc(r) => Record::Gc(r.into_owned()),
            Record::Scavenge(r) => Record::Scavenge(r),
            Record::Released(r) => Record::Released(r),
            Record::HeapUse(r) => Record::HeapUse(r),
            Record::Scan(r) => Record::Scan(r),
            Record::GcForced => Record::GcForced,
            Record::Finalizers(r) => Record::Finalizers(r),
        }
    }
}

impl Show for Record<'_> {
    fn show(&self, release: Release, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Record::Sched(r) => r.show(release, f),
            Record::Proc(r) => r.show(release, f),
            Record::Thread(r) => r.show(release, f),
            Record::Goroutine(r) => r.show(release, f),
            Record::Gc(r) => r.show(release, f),
            Record::Scavenge(r) => r.show(release, f),
            Record::Released(r) => r.show(release, f),
            Record::HeapUse(r) => r.show(release, f),
            Record::Scan(r) => r.show(release, f),
            Record::GcForced => f.write_str(GC_FORCED),
            Record::Finalizers(r) => r.show(release, f),
        }
    }
}

/// What begins at `at`, if what stands in front of it allows that. Only the
/// beginning is looked at: a line may be cut after it.
pub(super) fn begins(text: &[u8], at: usize) -> Option<Kind> {
    if at > 0 && text.get(at - 1).is_some_and(|before| before.is_ascii_alphanumeric() || *before == b'_') {
        return None;
    }
    let rest = text.get(at..)?;
    let number = |rest: &[u8]| rest.iter().take_while(|c| c.is_ascii_digit()).count();
    let numbered = |start: &[u8], after: &[u8]| {
        rest.strip_prefix(start).is_some_and(|rest| {
            let digits = number(rest);
            digits > 0 && rest.get(digits..).is_some_and(|rest| rest.starts_with(after))
        })
    };
    match rest.iter().find(|c| **c != b' ')? {
        b'S' if numbered(b"SCHED ", b"ms:") => Some(Kind::Sched),
        b'g' if numbered(b"gc ", b" @") => Some(Kind::Gc),
        b'G' if rest.starts_with(GC_FORCED.as_bytes()) => Some(Kind::GcForced),
        b's' if numbered(b"scav ", b" ") => Some(Kind::Scavenge),
        b's' if numbered(b"scvg", b": ") || rest.starts_with(b"scvg: ") || numbered(b"scvg-", b": ") => {
            Some(Kind::Scvg)
        }
        b's' if numbered(b"scan: total ", b"")
            || numbered(b"scan: class ", b"B ")
            || numbered(b"scan: class L ", b"") =>
        {
            Some(Kind::Scan)
        }
        b'c' if rest.starts_with(Finalizers::START.as_bytes()) => Some(Kind::Finalizers),
        letter @ (b'P' | b'M' | b'G') => {
            let rest = rest.strip_prefix(b"  ").unwrap_or(rest).strip_prefix(&[*letter])?;
            let digits = number(rest);
            let rest = rest.get(digits..).filter(|_| digits > 0)?;
            match letter {
                b'P' if rest.starts_with(b": status=") => Some(Kind::Proc),
                b'M' if rest.starts_with(b": p=") => Some(Kind::Thread),
                b'G' if rest.starts_with(b": status=") => Some(Kind::Goroutine),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Text that every record has, save that which is lost if its beginning is; a
/// line without any of it has none.
pub(super) const MARKS: [&[u8]; 11] = [
    b"SCHED",
    b" gomaxprocs=",
    b"gc ",
    b" ms clock, ",
    b": status=",
    b": p=",
    b"scvg",
    b"scav ",
    b"scan: ",
    GC_FORCED.as_bytes(),
    b"checkfinalizers: ",
];

/// Finds lines of the runtime in texts.
#[derive(Clone, Debug)]
pub(super) struct Marks([memmem::Finder<'static>; MARKS.len()]);

impl Default for Marks {
    fn default() -> Marks {
        Marks(MARKS.map(memmem::Finder::new))
    }
}

impl Marks {
    /// The finders, one for each of [`MARKS`].
    pub(super) fn finders(&self) -> &[memmem::Finder<'static>; MARKS.len()] {
        &self.0
    }

    /// The first beginning of a record from `from` on.
    pub(super) fn find(&self, text: &[u8], from: usize) -> Option<(usize, Kind)> {
        // Nearly all stand at the beginning of the text.
        let indent = if text.get(from..)?.starts_with(b"  ") { from + 2 } else { from };
        if let Some(kind) = begins(text, indent) {
            return Some((indent, kind));
        }
        let mut first: Option<(usize, Kind)> = None;
        for finder in &self.0 {
            let mut at = from;
            while let Some(found) = text.get(at..).and_then(|rest| finder.find(rest)) {
                let start = beginning(text, at + found);
                if start >= from
                    && let Some(kind) = begins(text, start)
                {
                    if first.is_none_or(|(first, _)| start < first) {
                        first = Some((start, kind));
                    }
                    break;
                }
                at += found + 1;
            }
        }
        first
    }

    /// Whether a record begins where the text does, or after two spaces.
    pub(super) fn find_at_start(&self, text: &[u8]) -> bool {
        begins(text, if text.starts_with(b"  ") { 2 } else { 0 }).is_some()
    }

    /// The first mark in a text, whatever it belongs to.
    pub(super) fn first(&self, text: &[u8]) -> Option<usize> {
        self.0.iter().filter_map(|finder| finder.find(text)).min()
    }

    /// Where a text ends amid the beginning of a record, if it may: `SCHED 10`.
    pub(super) fn find_cut(&self, text: &[u8]) -> Option<(usize, Kind)> {
        let cut = |mark: &[u8], kind| {
            let at = memmem::find(text, mark)?;
            let alone =
                at.checked_sub(1).and_then(|before| text.get(before)).is_none_or(|c| !c.is_ascii_alphanumeric());
            alone.then_some((at, kind))
        };
        cut(b"SCHED ", Kind::Sched).or_else(|| cut(b"gc ", Kind::Gc))
    }

    /// Which line of a block a text begins as, however little of it: `  P1`.
    pub(super) fn cut_of_block(text: &[u8]) -> Option<Kind> {
        match text.strip_prefix(b"  ")?.first()? {
            b'P' => Some(Kind::Proc),
            b'M' => Some(Kind::Thread),
            b'G' => Some(Kind::Goroutine),
            _ => None,
        }
    }

    /// Whether a record stands in the text whose beginning is lost.
    pub(super) fn is_rest(&self, text: &[u8]) -> bool {
        const LOST: [&[u8]; 2] = [b" gomaxprocs=", b" ms clock, "];
        LOST.iter().any(|lost| {
            memmem::find(text, lost).is_some_and(|at| {
                // Its figures are the runtime's, not those of a text about it.
                text.get(at + lost.len()).is_some_and(u8::is_ascii_digit)
                    && at
                        .checked_sub(1)
                        .and_then(|before| text.get(before))
                        .is_some_and(|c| c.is_ascii_digit() || *c == b':')
            })
        })
    }
}

/// From a mark, where the record begins: `: status=` is preceded by `P0`.
fn beginning(text: &[u8], mark: usize) -> usize {
    if text.get(mark) != Some(&b':') {
        return mark;
    }
    let before = text.get(..mark).unwrap_or_default();
    let digits = before.iter().rev().take_while(|c| c.is_ascii_digit()).count();
    mark.saturating_sub(digits + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_are_found_amid_other_text() {
        let marks = Marks::default();
        for (text, expected) in [
            ("SCHED 0ms: gomaxprocs=4", Some((0, Kind::Sched))),
            ("  P0: status=1", Some((2, Kind::Proc))),
            ("2026-11-23 host[1]: SCHED 12ms: x", Some((20, Kind::Sched))),
            ("pod |   M10: p=nil", Some((8, Kind::Thread))),
            ("I said gc 7 @0.1s and GC forced", Some((7, Kind::Gc))),
            ("RESCHED 0ms: ", None),
            ("SCHED was busy, gc too, job: status=done", None),
            ("GC forcedgc 1 @0.001s", Some((0, Kind::GcForced))),
        ] {
            assert_eq!(marks.find(text.as_bytes(), 0), expected, "{text}");
        }
        assert_eq!(marks.find(b"GC forcedgc 1 @0.001s", 9), None, "a word goes on");
    }

    #[test]
    fn rests_are_told_from_prose() {
        let marks = Marks::default();
        assert!(marks.is_rest(b"1002ms: gomaxprocs=4 idleprocs=1"));
        assert!(marks.is_rest(b" @0.01s 2%: 0.1+2+0.3 ms clock, 0.1+1/1/1+2 ms cpu"));
        assert!(!marks.is_rest(b"with gomaxprocs=4 it took 3 ms clock, or so"));
    }
}
