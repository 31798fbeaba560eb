//! Batches of the AllocFree experiment, which its events need to be understood.
//!
//! Recorded with `GODEBUG=traceallocfree=1` (Go 1.23+). The events give
//! addresses as multiples of an alignment above the heap's lowest address, and
//! types as numbers; these batches give the addresses, alignments and types.
//! Source: `runtime/traceallocfree.go` and `runtime/tracetype.go` of Go 1.27.

use crate::base::bytes::uvarint;
use crate::base::ids::ThreadId;
use crate::error::{Error, ErrorKind, Result};
use crate::wire::v2::batch::Batch;
use crate::wire::v2::event::bad_varint;

/// The number of the AllocFree experiment.
pub const ALLOC_FREE: u8 = 1;

/// A batch of experimental data, not decoded.
#[derive(Clone, Copy, Debug)]
pub struct ExperimentalBatch<'a> {
    /// The experiment's number.
    pub experiment: u8,
    /// The M that wrote the batch, if one did.
    pub thread: Option<ThreadId>,
    /// The offset of the data in the file, in bytes.
    pub offset: usize,
    /// The bytes behind the batch's header.
    pub data: &'a [u8],
}

impl<'a> ExperimentalBatch<'a> {
    pub(crate) fn new(batch: &Batch<'a>) -> ExperimentalBatch<'a> {
        ExperimentalBatch {
            experiment: batch.experiment,
            thread: batch.thread,
            offset: batch.data_offset,
            data: batch.data,
        }
    }

    /// Returns the name that Go gives the experiment, if it is a known one.
    pub fn name(&self) -> Option<&'static str> {
        (self.experiment == ALLOC_FREE).then_some("AllocFree")
    }

    /// Decodes a batch of the AllocFree experiment.
    ///
    /// # Errors
    /// `UnknownExperiment` for another experiment; `ExpectedEntry`,
    /// `Truncated` or `VarintOverflow` for bad data.
    pub fn alloc_free(&self) -> Result<AllocFreeBatch<'a>> {
        if self.experiment != ALLOC_FREE {
            return Err(Error::at(self.offset, ErrorKind::UnknownExperiment { id: self.experiment }));
        }
        let mut pos = 1;
        match self.data.first() {
            None => Ok(AllocFreeBatch::Types(Vec::new())),
            Some(0) => {
                let mut types = Vec::new();
                while pos < self.data.len() {
                    types.push(self.heap_type(&mut pos)?);
                }
                Ok(AllocFreeBatch::Types(types))
            }
            Some(1) => Ok(AllocFreeBatch::Layout(HeapLayout {
                min_address: self.number(&mut pos)?,
                page_size: self.number(&mut pos)?,
                min_align: self.number(&mut pos)?,
                min_stack: self.number(&mut pos)?,
            })),
            Some(&found) => {
                let expected = "a batch of types or of heap layout";
                Err(Error::at(self.offset, ErrorKind::ExpectedEntry { expected, found }))
            }
        }
    }

    fn heap_type(&self, pos: &mut usize) -> Result<HeapType<'a>> {
        let id = self.number(pos)?;
        let address = self.number(pos)?;
        let size = self.number(pos)?;
        let pointer_bytes = self.number(pos)?;
        let len = self.number(pos)?;
        let end = usize::try_from(len).ok().and_then(|len| pos.checked_add(len));
        let name = end.and_then(|end| self.data.get(*pos..end)).ok_or_else(|| {
            Error::at(self.offset + self.data.len(), ErrorKind::Truncated { inside: "a type's name" })
        })?;
        *pos += name.len();
        Ok(HeapType { id, address, size, pointer_bytes, name })
    }

    fn number(&self, pos: &mut usize) -> Result<u64> {
        uvarint(self.data, pos).map_err(|e| bad_varint(self.offset, *pos, self.data.len(), e, "an experimental batch"))
    }
}

/// A decoded batch of the AllocFree experiment.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum AllocFreeBatch<'a> {
    /// A part of the type table.
    Types(Vec<HeapType<'a>>),
    /// The compression of addresses, equal in every generation.
    Layout(HeapLayout),
}

/// A Go type of heap objects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HeapType<'a> {
    /// The number that events of its generation use.
    pub id: u64,
    /// The address of the type's descriptor in the program.
    pub address: u64,
    /// The size of the type in bytes.
    pub size: u64,
    /// The length of its beginning that holds pointers, in bytes.
    pub pointer_bytes: u64,
    /// The name; not necessarily UTF-8.
    pub name: &'a [u8],
}

/// The parameters by which AllocFree events compress addresses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HeapLayout {
    /// The lowest address of the heap.
    pub min_address: u64,
    /// The size of a page, the unit of span numbers, in bytes.
    pub page_size: u64,
    /// The unit of object numbers in bytes.
    pub min_align: u64,
    /// The unit of goroutine stack numbers in bytes.
    pub min_stack: u64,
}

impl HeapLayout {
    /// Returns the address of the span with that number.
    pub fn span_address(&self, id: u64) -> u64 {
        self.min_address.wrapping_add(id.wrapping_mul(self.page_size))
    }

    /// Returns the address of the heap object with that number.
    pub fn object_address(&self, id: u64) -> u64 {
        self.min_address.wrapping_add(id.wrapping_mul(self.min_align))
    }

    /// Returns the address of the goroutine stack with that number.
    pub fn stack_address(&self, id: u64) -> u64 {
        self.min_address.wrapping_add(id.wrapping_mul(self.min_stack))
    }
}
