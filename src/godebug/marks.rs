//! Search for lines of the runtime in a text.

use super::companion::Finalizers;
use super::line::{GC_FORCED, Kind};
use memchr::memmem;

/// Returns the type of the record that begins at `at`, if the text in front allows that.
/// Only the beginning is looked at, as a line may be cut after it.
pub(super) fn begins(text: &[u8], at: usize) -> Option<Kind> {
    if !is_boundary(text, at) {
        return None;
    }
    kind(text, at)
}

/// Returns whether a word may begin at `at`: also behind an unresolved escape, such as
/// `\n` of JSON or `#033[33m` of syslog.
fn is_boundary(text: &[u8], at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let Some((last, before)) = before.split_last() else { return true };
    if !last.is_ascii_alphanumeric() && *last != b'_' {
        return true;
    }
    match last {
        b'n' | b'r' | b't' => before.last() == Some(&b'\\'),
        b'm' => {
            let figures = before.iter().rev().take_while(|c| c.is_ascii_digit() || **c == b';').count();
            before.len().checked_sub(figures + 1).and_then(|at| before.get(at)) == Some(&b'[')
        }
        _ => false,
    }
}

/// Returns the type of the record that begins at `at`.
fn kind(text: &[u8], at: usize) -> Option<Kind> {
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

/// Texts of which every record has one, unless its beginning is lost; a line without any of
/// them has no record.
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
    /// Returns the finders, one for each of [`MARKS`].
    pub(super) fn finders(&self) -> &[memmem::Finder<'static>; MARKS.len()] {
        &self.0
    }

    /// Returns the first beginning of a record from `from` on, and its type.
    pub(super) fn find(&self, text: &[u8], from: usize) -> Option<(usize, Kind)> {
        // A record may follow another directly.
        if from > 0
            && let Some(kind) = kind(text, from)
        {
            return Some((from, kind));
        }
        // Nearly all records stand at the beginning of the text.
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

    /// Returns whether a record begins where the text does, or after two spaces.
    pub(super) fn find_at_start(&self, text: &[u8]) -> bool {
        begins(text, if text.starts_with(b"  ") { 2 } else { 0 }).is_some()
    }

    /// Returns the position of the first mark in a text, whatever it belongs to.
    pub(super) fn first(&self, text: &[u8]) -> Option<usize> {
        self.0.iter().filter_map(|finder| finder.find(text)).min()
    }

    /// Returns the position at which a text may end inside the beginning of a record, like
    /// `SCHED 10`, with the type and whether it certainly does.
    pub(super) fn find_cut(&self, text: &[u8]) -> Option<(usize, Kind, bool)> {
        let cut = |mark: &[u8], kind, next: &[u8]| {
            let at = memmem::find(text, mark)?;
            if !is_boundary(text, at) {
                return None;
            }
            let rest = text.get(at + mark.len()..).unwrap_or_default();
            let digits = rest.iter().take_while(|c| c.is_ascii_digit()).count();
            let rest = rest.get(digits..).unwrap_or_default();
            Some((at, kind, digits > 0 && next.starts_with(rest)))
        };
        cut(b"SCHED ", Kind::Sched, b"ms:").or_else(|| {
            cut(b"gc ", Kind::Gc, b" @").map(|(at, kind, certain)| {
                // Other writers' texts mention gc too.
                (at, kind, certain && at == 0)
            })
        })
    }

    /// Returns the type of a block's line that a text begins as, however little of it there
    /// is: `  P1`.
    pub(super) fn cut_of_block(text: &[u8]) -> Option<Kind> {
        match text.strip_prefix(b"  ")?.first()? {
            b'P' => Some(Kind::Proc),
            b'M' => Some(Kind::Thread),
            b'G' => Some(Kind::Goroutine),
            _ => None,
        }
    }

    /// Returns whether a text has a record whose beginning is lost.
    pub(super) fn is_rest(&self, text: &[u8]) -> bool {
        const LOST: [&[u8]; 2] = [b" gomaxprocs=", b" ms clock, "];
        LOST.iter().any(|lost| {
            memmem::find(text, lost).is_some_and(|at| {
                // Figures must follow, or else it is a text about the runtime. `ms clock`
                // follows several: the line of a package's initialisation has only one.
                let figures = text.get(..at).unwrap_or_default();
                let figure = figures.iter().rev().take_while(|c| c.is_ascii_digit() || b".+".contains(c));
                text.get(at + lost.len()).is_some_and(u8::is_ascii_digit)
                    && (*lost == LOST[0] || figure.into_iter().any(|c| *c == b'+'))
                    && at
                        .checked_sub(1)
                        .and_then(|before| text.get(before))
                        .is_some_and(|c| c.is_ascii_digit() || *c == b':')
            })
        })
    }
}

/// Returns the beginning of the record that a mark belongs to: `: status=` is preceded by
/// `P0`.
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
            (r#"msg="a\nSCHED 0ms: x"#, Some((8, Kind::Sched))),
            ("app[1]: #033[1;33mSCHED 0ms: x", Some((18, Kind::Sched))),
            ("RESCHED 0ms: ", None),
            ("SCHED was busy, gc too, job: status=done", None),
            ("GC forcedgc 1 @0.001s", Some((0, Kind::GcForced))),
        ] {
            assert_eq!(marks.find(text.as_bytes(), 0), expected, "{text}");
        }
        assert_eq!(marks.find(b"GC forcedgc 1 @0.001s", 9), Some((9, Kind::Gc)), "right behind another");
        assert_eq!(marks.find(b"xGC forcedgc 1 @0.001s", 0), None, "a word goes on");
    }

    #[test]
    fn rests_are_told_from_prose() {
        let marks = Marks::default();
        assert!(marks.is_rest(b"1002ms: gomaxprocs=4 idleprocs=1"));
        assert!(marks.is_rest(b" @0.01s 2%: 0.1+2+0.3 ms clock, 0.1+1/1/1+2 ms cpu"));
        assert!(!marks.is_rest(b"init internal/bytealg @0.009 ms, 0.003 ms clock, 568 bytes, 3 allocs"));
        assert!(!marks.is_rest(b"with gomaxprocs=4 it took 3 ms clock, or so"));
    }
}
