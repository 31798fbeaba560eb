//! Events of experiments, and what those of AllocFree say.

use crate::wire::v2::spec::{Arg, EventType};

/// An event of an experiment: its type and its numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Experimental {
    /// Its type.
    pub event: EventType,
    pub(super) values: [u64; 4],
}

impl Experimental {
    /// Its arguments with their names.
    pub fn args(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.event.spec().args.iter().skip(1).map(|a: &Arg| a.name).zip(self.values)
    }

    /// What an event of the AllocFree experiment says.
    pub fn alloc_free(&self) -> Option<AllocFree> {
        use EventType::*;
        let [id, second, third, _] = self.values;
        let lifetime = match self.event {
            Span | HeapObject | GoroutineStack => Lifetime::Exists,
            SpanAlloc | HeapObjectAlloc | GoroutineStackAlloc => Lifetime::Alloc,
            SpanFree | HeapObjectFree | GoroutineStackFree => Lifetime::Free,
            _ => return None,
        };
        let what = match (self.event, lifetime) {
            (SpanFree, _) => AllocFreeWhat::Span { pages: None, class: None },
            (Span | SpanAlloc, _) => AllocFreeWhat::Span { pages: Some(second), class: Some(SpanClass(third)) },
            (HeapObjectFree, _) => AllocFreeWhat::HeapObject { type_id: None },
            (HeapObject | HeapObjectAlloc, _) => AllocFreeWhat::HeapObject { type_id: (second != 0).then_some(second) },
            (GoroutineStackFree, _) => AllocFreeWhat::GoroutineStack { size: None },
            // The runtime writes the bit length of the size, a power of two.
            _ => AllocFreeWhat::GoroutineStack {
                size: second.checked_sub(1).and_then(|bits| 1u64.checked_shl(u32::try_from(bits).ok()?)),
            },
        };
        Some(AllocFree { id, lifetime, what })
    }
}

/// A decoded event of the AllocFree experiment. The ID becomes an address
/// through the generation's [`HeapLayout`](crate::wire::v2::experiment::HeapLayout).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AllocFree {
    /// Which one, as the wire compresses it.
    pub id: u64,
    /// What happens to it.
    pub lifetime: Lifetime,
    /// What it is.
    pub what: AllocFreeWhat,
}

/// What happens to memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lifetime {
    /// It was there when the trace began.
    Exists,
    /// It is allocated.
    Alloc,
    /// It is freed.
    Free,
}

/// What kind of memory it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AllocFreeWhat {
    /// A span of the heap.
    Span {
        /// How many pages it has.
        pages: Option<u64>,
        /// Its class.
        class: Option<SpanClass>,
    },
    /// An object on the heap.
    HeapObject {
        /// Its type in the generation's type table, where known.
        type_id: Option<u64>,
    },
    /// The stack of a goroutine.
    GoroutineStack {
        /// Its size in bytes.
        size: Option<u64>,
    },
}

/// What a span is used for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SpanClass(pub u64);

impl SpanClass {
    /// The size class of a heap span's objects, and whether they hold no
    /// pointers; `None` for a span that is not part of the heap.
    pub fn heap(self) -> Option<(u64, bool)> {
        (self.0 & 1 == 0).then_some((self.0 >> 2, self.0 >> 1 & 1 == 1))
    }
}
