//! A trace cut into generations.

use crate::generation::Generation;
use crate::spec::version::Version;
use std::fmt;

/// The bytes of a trace, and the generations that they are cut into.
pub(crate) struct Framed<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) version: Version,
    pub(crate) generations: Vec<Generation<'a>>,
}

impl fmt::Debug for Framed<'_> {
    /// Shows how long the file is, and not all of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Framed")
            .field("bytes", &self.bytes.len())
            .field("version", &self.version)
            .field("generations", &self.generations)
            .finish()
    }
}

impl<'a> Framed<'a> {
    /// Returns the generation that a byte of the file belongs to.
    pub(crate) fn generation_at(&self, offset: usize) -> Option<&Generation<'a>> {
        let after = self.generations.partition_point(|g| g.byte_range().start <= offset);
        self.generations.get(after.checked_sub(1)?)
    }
}
