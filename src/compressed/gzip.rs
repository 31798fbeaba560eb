//! gzip: consecutive members.

use super::source::Source;
use super::{CompressionErrorKind, Stopped};
use flate2::{Crc, Decompress, FlushDecompress, Status};
use std::io::{self, BufRead, Read};

/// Members of a gzip file.
pub(super) struct Gzip<R> {
    source: Source<R>,
    inflate: Decompress,
    /// Checksum of the member's decompressed data.
    crc: Crc,
    at: At,
}

/// Part of the file that comes next.
enum At {
    Header,
    Body,
    Trailer,
    /// Gap behind a member.
    Between,
    /// Nothing: the file has ended, or has an error that is still to be returned.
    End(Option<CompressionErrorKind>),
}

/// Flags of a member's header.
const CRC16: u8 = 2;
const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;

impl<R: Read> Gzip<R> {
    pub(super) fn new(source: Source<R>) -> Gzip<R> {
        Gzip { source, inflate: Decompress::new(false), crc: Crc::new(), at: At::Header }
    }

    pub(super) fn source(&self) -> &Source<R> {
        &self.source
    }

    pub(super) fn read(&mut self, into: &mut [u8]) -> Result<usize, Stopped> {
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            match &mut self.at {
                At::Header => {
                    self.header()?;
                    self.inflate.reset(false);
                    self.crc.reset();
                    self.at = At::Body;
                }
                At::Body => match self.body(into)? {
                    0 => {}
                    length => return Ok(length),
                },
                At::Trailer => {
                    let stated: [u8; 8] = self.take()?;
                    let [a, b, c, d] = self.crc.sum().to_le_bytes();
                    let [e, f, g, h] = self.crc.amount().to_le_bytes();
                    if stated != [a, b, c, d, e, f, g, h] {
                        return Err(self.ended(CompressionErrorKind::Checksum));
                    }
                    self.at = At::Between;
                }
                At::Between => self.at = self.behind_a_member()?,
                At::End(defect) => return defect.take().map_or(Ok(0), |kind| Err(Stopped::Defect(kind))),
            }
        }
    }

    fn header(&mut self) -> Result<(), Stopped> {
        let [first, second, method, flags, ..]: [u8; 10] = self.take()?;
        if [first, second, method] != [0x1f, 0x8b, 8] {
            return Err(self.ended(CompressionErrorKind::Damaged { expected: "the header of a gzip member" }));
        }
        if flags & EXTRA != 0 {
            let length: [u8; 2] = self.take()?;
            self.skip(u16::from_le_bytes(length).into())?;
        }
        for text in [NAME, COMMENT] {
            if flags & text != 0 {
                while self.take::<1>()? != [0] {}
            }
        }
        if flags & CRC16 != 0 {
            self.skip(2)?;
        }
        Ok(())
    }

    /// Decompresses a part of a member; 0 bytes do not mean its end.
    fn body(&mut self, into: &mut [u8]) -> Result<usize, Stopped> {
        let (before_in, before_out) = (self.inflate.total_in(), self.inflate.total_out());
        let input = match self.source.fill_buf() {
            Ok(input) => input,
            Err(e) => return Err(self.broken(e)),
        };
        let is_over = input.is_empty();
        let flush = if is_over { FlushDecompress::Finish } else { FlushDecompress::None };
        let status = self.inflate.decompress(input, into, flush);
        // The decoder's own counts must not lead beyond the buffers.
        let taken = usize::try_from(self.inflate.total_in() - before_in).unwrap_or(0).min(input.len());
        let made = usize::try_from(self.inflate.total_out() - before_out).unwrap_or(0).min(into.len());
        self.source.consume(taken);
        self.crc.update(into.get(..made).unwrap_or_default());
        match status {
            Ok(Status::StreamEnd) => self.at = At::Trailer,
            Ok(_) if made == 0 && is_over => self.at = At::End(Some(CompressionErrorKind::Cut)),
            Ok(_) => {}
            Err(_) => self.at = At::End(Some(CompressionErrorKind::Damaged { expected: "deflated data" })),
        }
        Ok(made)
    }

    /// Returns the part that follows a member: another member, the end, or an error.
    fn behind_a_member(&mut self) -> Result<At, Stopped> {
        loop {
            let next = match self.source.fill_buf() {
                Ok(next) => next,
                Err(e) => return Err(self.broken(e)),
            };
            // Tapes and disks pad with zeros.
            let zeros = next.iter().take_while(|byte| **byte == 0).count();
            let at = match next.get(zeros) {
                None if next.is_empty() => Some(At::End(None)),
                None => None,
                Some(0x1f) => Some(At::Header),
                Some(_) => Some(At::End(Some(CompressionErrorKind::Trailing))),
            };
            self.source.consume(zeros);
            if let Some(at) = at {
                return Ok(at);
            }
        }
    }

    /// Reads the next `N` bytes.
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Stopped> {
        let mut bytes = [0; N];
        self.source.read_exact(&mut bytes).map_err(|e| self.broken(e))?;
        Ok(bytes)
    }

    fn skip(&mut self, length: u64) -> Result<(), Stopped> {
        let skipped = io::copy(&mut self.source.by_ref().take(length), &mut io::sink()).map_err(|e| self.broken(e))?;
        if skipped < length { Err(self.ended(CompressionErrorKind::Cut)) } else { Ok(()) }
    }

    fn broken(&mut self, e: io::Error) -> Stopped {
        match self.source.take_broken() {
            Some(broken) => Stopped::Broken(broken),
            None if e.kind() == io::ErrorKind::UnexpectedEof => self.ended(CompressionErrorKind::Cut),
            None => Stopped::Broken(e),
        }
    }

    fn ended(&mut self, kind: CompressionErrorKind) -> Stopped {
        self.at = At::End(None);
        Stopped::Defect(kind)
    }
}
