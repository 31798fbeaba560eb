//! Search for the first batch of a file that does not begin with a header: one with other
//! data in front, or the tail of a trace.

use super::header::{Header, header_at, starts};
use super::{NEAR_TICKS, is_readable};
use crate::base::limits::MAX_BATCH_SIZE;
use crate::error::warning::{Repair, Warning};
use crate::error::{Error, ErrorKind, Lookalike, Result};
use crate::spec::v2::EventType;
use crate::spec::version::{HEADER_LEN, Version};
use crate::wire::v2::batch::{Frame, Frames};

/// The bytes at the beginning of a file in which a header is looked for; `curl -i`, for
/// example, saves the response's headers in front of it.
const MOST_LEADING: usize = 64 << 10;

/// The number of frames in a row that make a file without a header a trace.
const ENOUGH_FRAMES: usize = 3;

/// Finds the first batch of a file that does not begin with a header; returns the version,
/// the batch's offset and a warning. `e` is the error of reading the header.
///
/// # Errors
/// With `e`, if nothing looks like a trace.
pub(crate) fn find_beginning(file: &[u8], e: Error) -> Result<(Version, usize, Option<Warning>)> {
    if !matches!(e.kind(), ErrorKind::NotATrace { .. }) {
        return Err(e);
    }
    let near = file.len().min(MOST_LEADING);
    for at in 1..near {
        if let Some(version) = header_at(file, at) {
            let warning = Warning::new(e, Repair::HeaderFound(at as u64), 0);
            return Ok((version, at + HEADER_LEN, Some(warning)));
        }
    }
    // A file without any header may be the tail of a ring buffer: batches from anywhere on.
    if !matches!(e.kind(), ErrorKind::NotATrace { found: Lookalike::Unknown }) {
        return Err(e);
    }
    let found = (0..file.len().min(2 * MAX_BATCH_SIZE as usize)).find(|&at| is_beginning(file, at));
    let Some(at) = found else { return Err(e) };
    Ok((guess_version(file, at), at, Some(Warning::new(e, Repair::VersionGuessed, 0))))
}

/// Returns whether plausible frames in a row begin anywhere in a piece of a file, the first
/// with readable events.
pub(crate) fn frames_within(piece: &[u8], version: Version) -> bool {
    starts(piece, 0..piece.len()).any(|at| {
        is_beginning(piece, at)
            && Header::at(piece, at).is_some_and(|header| is_readable(&header.batch(piece), version))
    })
}

/// Returns whether frames in a row begin there whose generations and times belong together.
fn is_beginning(file: &[u8], at: usize) -> bool {
    let Some(first) = Header::at(file, at) else { return false };
    let mut batches = 0;
    for frame in Frames::new(file, at).take(2 * ENOUGH_FRAMES) {
        match frame {
            Ok(Frame::Batch(batch)) => {
                let follows = batch.generation.checked_sub(first.generation).is_some_and(|more| more < 2);
                if !follows || batch.time.0.abs_diff(first.time) >= NEAR_TICKS || batch.data.is_empty() {
                    return false;
                }
                batches += 1;
            }
            Ok(Frame::EndOfGeneration(_)) => {}
            Err(_) => break,
        }
    }
    batches >= ENOUGH_FRAMES
}

/// Guesses the version from the frames of a file from `at` on.
fn guess_version(file: &[u8], at: usize) -> Version {
    let mut version = Version::Go123;
    for frame in Frames::new(file, at).map_while(Result::ok) {
        match frame {
            Frame::EndOfGeneration(_) => return Version::Go126,
            Frame::Batch(batch) if batch.data.first() == Some(&(EventType::Sync as u8)) => version = Version::Go125,
            Frame::Batch(_) => {}
        }
    }
    version
}
