//! Records: typed lines of the runtime.

use super::companion::{Finalizers, Scan};
use super::cursor::{Cursor, Malformed, Result, Unknown};
use super::extent::{Printed, Release, Show};
use super::gctrace::Gc;
use super::marks::begins;
use super::scavenge::{HeapUse, Released, Scavenge, Scvg};
use super::scheddetail::{Goroutine, Proc, Thread};
use super::schedtrace::Sched;
use std::fmt;

/// A line of the runtime, by its type.
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

/// Type of a line, by its beginning.
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

pub(super) const GC_FORCED: &str = "GC forced";

impl<'a> Record<'a> {
    /// Parses the text of a line, without the end of the line. Text behind the record is
    /// skipped. Errs if the text is no line of the runtime's.
    pub fn parse(text: &'a [u8]) -> std::result::Result<Record<'a>, Malformed> {
        match begins(text, 0) {
            Some(kind) => Record::read(text, 0, kind).map(|(record, _)| record),
            None => Err(Malformed { at: 0, expected: "a line of the runtime's" }),
        }
    }

    /// Reads a record of a type at `at`; also returns its end.
    pub(super) fn read(text: &'a [u8], at: usize, kind: Kind) -> Result<(Record<'a>, usize)> {
        let mut cursor = Cursor::new(text, at);
        Record::read_on(&mut cursor, kind).map(|record| (record, cursor.at()))
    }

    /// Reads a record of a type at the cursor.
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

    /// Returns the line as a release of Go prints it, without the end of the line. Fields
    /// that the release does not print are left out, and those that it prints beyond the
    /// record's are 0.
    pub fn display(&self, release: Release) -> impl fmt::Display + '_ {
        Printed(self, release)
    }

    /// Returns the fields that are not known.
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

    /// Returns a copy that borrows nothing.
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
