//! Salvage of a damaged trace of Go 1.5 to 1.21, which is one generation.

use super::Salvaged;
use crate::base::limits::Limits;
use crate::error::warning::{Repair, Warning};
use crate::error::{Error, ErrorKind};
use crate::generation::Generation;
use crate::generation::v1::index::Index;
use crate::spec::version::Version;

/// The ticks a second of a clock that counts nanoseconds, which the runtime
/// divides by 16. On x86 it counts the processor's cycles and divides those by
/// 64; most processors come within a factor of two of this
/// (`traceTickDiv`, `runtime/trace.go` of Go 1.21).
pub(crate) const USUAL_V1_HZ: u64 = 62_500_000;

/// Reads all that can be read of `file` behind its header, which ends at `start`.
pub(crate) fn salvage_v1(file: &[u8], version: Version, start: usize, limits: Limits) -> Salvaged<'_> {
    let (mut index, mut warnings) = Index::salvage(file, start, version, limits);
    if index.events == 0 {
        return Salvaged { generations: Vec::new(), warnings: warnings.take() };
    }
    if index.hz.is_none() {
        let e = Error::at(file.len(), ErrorKind::MissingFrequency);
        warnings.push(Warning::new(e, Repair::FrequencyAssumed(USUAL_V1_HZ), 0));
        index.hz = Some(USUAL_V1_HZ);
    }
    Salvaged { generations: vec![Generation::of_v1(file, start, index, false)], warnings: warnings.take() }
}
