//! zstd: consecutive frames, some of them to be skipped.

use super::source::Source;
use super::{CompressionErrorKind, Stopped};
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::io::{self, Read};

/// Last block of a frame: empty, with a checksum.
const LAST_BLOCK: [u8; 7] = [1, 0, 0, 0, 0, 0, 0];

/// Frames of a zstd file.
pub(super) struct Zstd<R> {
    source: Source<R>,
    decoder: Box<FrameDecoder>,
    /// True if a frame is being read.
    inside: bool,
    /// Error that ended the frame, to be returned when all data before it are out.
    end: Option<CompressionErrorKind>,
    over: bool,
}

impl<R: Read> Zstd<R> {
    pub(super) fn new(source: Source<R>) -> Zstd<R> {
        Zstd { source, decoder: Box::default(), inside: false, end: None, over: false }
    }

    pub(super) fn source(&self) -> &Source<R> {
        &self.source
    }

    pub(super) fn read(&mut self, into: &mut [u8]) -> Result<usize, Stopped> {
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.inside && !self.begin()? {
                return Ok(0);
            }
            let length = self.decoder.read(into).map_err(Stopped::Broken)?;
            if length > 0 {
                return Ok(length);
            }
            if let Some(kind) = self.end.take() {
                self.over = true;
                return Err(kind.into());
            }
            if self.decoder.is_finished() {
                self.inside = false;
                let stated = self.decoder.get_checksum_from_data();
                if stated.is_some() && stated != self.decoder.get_calculated_checksum() {
                    self.over = true;
                    return Err(CompressionErrorKind::Checksum.into());
                }
            } else if let Err(e) = self.decoder.decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1)) {
                if let Some(broken) = self.source.take_broken() {
                    return Err(Stopped::Broken(broken));
                }
                self.end = Some(if is_cut(&e) {
                    CompressionErrorKind::Cut
                } else {
                    CompressionErrorKind::Damaged { expected: "a block of a zstd frame" }
                });
                // The decoder holds data back that a later block might refer to, until the
                // frame ends: this ends it. If not even that can be decoded, there is
                // nothing more to get.
                if self.decoder.decode_blocks(&LAST_BLOCK[..], BlockDecodingStrategy::UptoBlocks(1)).is_err() {
                    continue;
                }
            }
        }
    }

    /// Begins the next frame; returns false if there is none.
    fn begin(&mut self) -> Result<bool, Stopped> {
        let mut first = self.source.position() == 0;
        while !self.over {
            match self.source.is_over() {
                Ok(false) => {}
                Ok(true) => self.over = true,
                Err(e) => return Err(Stopped::Broken(self.source.take_broken().unwrap_or(e))),
            }
            if self.over {
                break;
            }
            match self.decoder.init(&mut self.source) {
                Ok(()) => {
                    self.inside = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    let skipped = io::copy(&mut self.source.by_ref().take(length.into()), &mut io::sink());
                    if let Err(e) = skipped {
                        return Err(Stopped::Broken(self.source.take_broken().unwrap_or(e)));
                    }
                    first = false;
                }
                Err(e) => {
                    self.over = true;
                    if let Some(broken) = self.source.take_broken() {
                        return Err(Stopped::Broken(broken));
                    }
                    return Err(header_defect(&e, first).into());
                }
            }
        }
        Ok(false)
    }
}

/// Returns the error for a frame header that cannot be read.
fn header_defect(e: &FrameDecoderError, first: bool) -> CompressionErrorKind {
    match e {
        FrameDecoderError::WindowSizeTooBig { requested, max } => CompressionErrorKind::Needs {
            needs: format!("a window of {} MiB in memory, at most {} MiB are had", requested >> 20, max >> 20),
        },
        FrameDecoderError::DictNotProvided { dict_id } => {
            CompressionErrorKind::Needs { needs: format!("the dictionary {dict_id}") }
        }
        FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::BadMagicNumber(_)) if !first => {
            CompressionErrorKind::Trailing
        }
        e if is_cut(e) => CompressionErrorKind::Cut,
        _ => CompressionErrorKind::Damaged { expected: "the header of a zstd frame" },
    }
}

/// Returns whether the cause of an error is that the data end.
fn is_cut(e: &FrameDecoderError) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(e);
    while let Some(error) = cause {
        if error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::UnexpectedEof) {
            return true;
        }
        cause = error.source();
    }
    false
}
