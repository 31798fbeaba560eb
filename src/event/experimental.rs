//! Events of experiments, and the decoding of those of AllocFree.

use crate::spec::v2::{Arg, EventType};

/// An event of an experiment: its type and its numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Experimental {
    /// The type of the event.
    pub event: EventType,
    pub(super) values: [u64; 4],
}

impl Experimental {
    /// Iterates over the arguments with their names.
    pub fn args(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.event.spec().args.iter().skip(1).map(|a: &Arg| a.name).zip(self.values)
    }

    /// Decodes an event of the AllocFree experiment; `None` for other events.
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
#[non_exhaustive]
pub struct AllocFree {
    /// The number of the span, object or stack, as the wire compresses it.
    pub id: u64,
    /// The change of the memory.
    pub lifetime: Lifetime,
    /// The kind of memory.
    pub what: AllocFreeWhat,
}

/// A change of memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lifetime {
    /// There when the trace began.
    Exists,
    /// Allocated.
    Alloc,
    /// Freed.
    Free,
}

/// A kind of memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AllocFreeWhat {
    /// A span of the heap.
    Span {
        /// The number of pages; `None` when freed.
        pages: Option<u64>,
        /// The class; `None` when freed.
        class: Option<SpanClass>,
    },
    /// An object on the heap.
    HeapObject {
        /// The type's ID in the generation's type table, if known.
        type_id: Option<u64>,
    },
    /// The stack of a goroutine.
    GoroutineStack {
        /// The size in bytes; `None` when freed.
        size: Option<u64>,
    },
}

/// The use of a span, as the runtime numbers it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SpanClass(pub u64);

impl SpanClass {
    /// Returns the size class of a heap span's objects, and true if they hold no
    /// pointers; `None` for a span that is not part of the heap.
    pub fn heap(self) -> Option<(u64, bool)> {
        (self.0 & 1 == 0).then_some((self.0 >> 2, self.0 >> 1 & 1 == 1))
    }
}
