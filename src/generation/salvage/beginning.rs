//! Where the batches of a file begin that does not begin with a header: behind
//! what was saved with it, or, of a tail, at the first batch.

use super::NEAR_TICKS;
use super::header::{Header, header_at};
use crate::error::{Error, ErrorKind, Lookalike, Result};
use crate::limits::MAX_BATCH_SIZE;
use crate::version::{HEADER_LEN, Version};
use crate::warning::{Repair, Warning};
use crate::wire::v2::batch::{Frame, Frames};
use crate::wire::v2::spec::EventType;

/// How far into a file its header is looked for, in bytes: behind what `curl -i`
/// saves with it, and the like.
const MOST_LEADING: usize = 64 << 10;

/// How many frames in a row make a file without a header a trace.
const ENOUGH_FRAMES: usize = 3;

/// Finds where the batches of a file begin that does not begin with a header,
/// for which reason `e` says.
///
/// # Errors
/// With `e`, if there is nothing that looks like a trace.
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
    // The tail of a ring buffer: batches from anywhere on.
    if !matches!(e.kind(), ErrorKind::NotATrace { found: Lookalike::Unknown }) {
        return Err(e);
    }
    let found = (0..file.len().min(2 * MAX_BATCH_SIZE as usize)).find(|&at| is_beginning(file, at));
    let Some(at) = found else { return Err(e) };
    Ok((guess_version(file, at), at, Some(Warning::new(e, Repair::VersionGuessed, 0))))
}

/// Whether frames in a row begin there that belong together.
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

/// What the frames of a file from `at` on tell of its version.
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
