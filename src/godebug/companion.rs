//! Lines that accompany those of the GC.

use super::cursor::{Cursor, Result};
use super::extent::{Release, Show};
use std::fmt;

/// `scan: total ..`: the objects that a GC cycle scanned, with `gctrace=2`. Since Go 1.25.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scan {
    /// Class of the objects.
    pub class: ScanClass,
    /// Number of objects and spans.
    pub count: ScanCount,
}

/// Class of objects of a [`Scan`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanClass {
    /// `total`: all objects.
    Total,
    /// `class L`: objects larger than any size class.
    Large,
    /// `class 48B`: objects of a size class, in bytes.
    Size(u64),
}

/// Numbers of objects and spans that were scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanCount {
    /// `105 objs`: without the GC called Green Tea.
    Objects(u64),
    /// `62+20+23=105 objs, 9+7=16 spans`: with Green Tea. Each sum is printed too.
    Spans {
        /// Objects scanned one by one.
        objects: u64,
        /// Objects in spans that were scanned object by object.
        in_sparse: u64,
        /// Objects in spans that were scanned as a whole.
        in_dense: u64,
        /// Spans scanned object by object.
        sparse: u64,
        /// Spans scanned as a whole.
        dense: u64,
    },
}

impl Scan {
    pub(super) fn read(c: &mut Cursor<'_>) -> Result<Scan> {
        c.literal("scan: ")?;
        let class = if c.eat("total ") {
            ScanClass::Total
        } else {
            c.literal("class ")?;
            if c.eat("L ") {
                ScanClass::Large
            } else {
                let size = c.uint()?;
                c.literal("B ")?;
                ScanClass::Size(size)
            }
        };
        let objects = c.uint()?;
        if c.eat(" objs") {
            return Ok(Scan { class, count: ScanCount::Objects(objects) });
        }
        c.literal("+")?;
        let in_sparse = c.uint()?;
        c.literal("+")?;
        let in_dense = c.uint()?;
        c.literal("=")?;
        // The sums are not kept: they follow from the parts.
        c.uint::<u64>()?;
        c.literal(" objs, ")?;
        let sparse = c.uint()?;
        c.literal("+")?;
        let dense = c.uint()?;
        c.literal("=")?;
        c.uint::<u64>()?;
        c.literal(" spans")?;
        Ok(Scan { class, count: ScanCount::Spans { objects, in_sparse, in_dense, sparse, dense } })
    }
}

impl Show for Scan {
    fn show(&self, _: Release, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.class {
            ScanClass::Total => f.write_str("scan: total ")?,
            ScanClass::Large => f.write_str("scan: class L ")?,
            ScanClass::Size(size) => write!(f, "scan: class {size}B ")?,
        }
        match self.count {
            ScanCount::Objects(objects) => write!(f, "{objects} objs"),
            ScanCount::Spans { objects, in_sparse, in_dense, sparse, dense } => {
                let all = objects.wrapping_add(in_sparse).wrapping_add(in_dense);
                let spans = sparse.wrapping_add(dense);
                write!(f, "{objects}+{in_sparse}+{in_dense}={all} objs, {sparse}+{dense}={spans} spans")
            }
        }
    }
}

/// `checkfinalizers: queue: ..`: functions that wait to be run after a GC cycle, with
/// `checkfinalizers=1`. Since Go 1.25.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finalizers {
    /// Number of finalizers, of `runtime.SetFinalizer`.
    pub finalizers: u64,
    /// Number of cleanups, of `runtime.AddCleanup`.
    pub cleanups: u64,
}

impl Finalizers {
    pub(super) const START: &'static str = "checkfinalizers: queue:";

    pub(super) fn read(c: &mut Cursor<'_>) -> Result<Finalizers> {
        c.literal(Self::START)?;
        c.literal(" ")?;
        let finalizers = c.uint()?;
        c.literal(" finalizers + ")?;
        let cleanups = c.uint()?;
        c.literal(" cleanups")?;
        Ok(Finalizers { finalizers, cleanups })
    }
}

impl Show for Finalizers {
    fn show(&self, _: Release, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} finalizers + {} cleanups", Self::START, self.finalizers, self.cleanups)
    }
}
