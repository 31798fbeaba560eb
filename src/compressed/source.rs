//! Source of compressed data.

use super::Compression;
use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};

const BUFFER: usize = 64 << 10;

/// Compressed data, with the number of bytes taken from them.
pub(super) struct Source<R> {
    beginning: Vec<u8>,
    inner: BufReader<Chain<Cursor<Vec<u8>>, R>>,
    position: u64,
    /// Error of the source, which decoders would turn into another one.
    broken: Option<io::Error>,
}

impl<R: Read> Source<R> {
    pub(super) fn new(mut from: R) -> io::Result<Source<R>> {
        // Takes as much as comes at once, so that the next reader sees more than the magic
        // bytes.
        let (mut first, mut length) = (vec![0; BUFFER], 0);
        while length < Compression::MAGIC_LEN {
            match from.read(first.get_mut(length..).unwrap_or_default()) {
                Ok(0) => break,
                Ok(more) => length += more,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        first.truncate(length);
        let beginning = first.iter().copied().take(Compression::MAGIC_LEN).collect();
        let whole = Cursor::new(first).chain(from);
        Ok(Source { beginning, inner: BufReader::with_capacity(BUFFER, whole), position: 0, broken: None })
    }

    /// Returns the first bytes, as many as [`Compression::of`] needs.
    pub(super) fn beginning(&self) -> &[u8] {
        &self.beginning
    }

    /// Returns the number of bytes that have been taken.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Returns the error of the source, if there was one, and forgets it.
    pub(super) fn take_broken(&mut self) -> Option<io::Error> {
        self.broken.take()
    }

    /// Returns whether all data have been taken.
    pub(super) fn is_over(&mut self) -> io::Result<bool> {
        Ok(self.fill_buf()?.is_empty())
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into);
        match read {
            Ok(length) => {
                self.position += length as u64;
                Ok(length)
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => Err(e),
            Err(e) => {
                let told = io::Error::from(e.kind());
                self.broken = Some(e);
                Err(told)
            }
        }
    }
}

impl<R: Read> BufRead for Source<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        // In two steps, since a buffer that is returned must not be borrowed again.
        loop {
            match self.inner.fill_buf() {
                Ok(_) => break,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    let told = io::Error::from(e.kind());
                    self.broken = Some(e);
                    return Err(told);
                }
            }
        }
        Ok(self.inner.buffer())
    }

    fn consume(&mut self, amount: usize) {
        self.position += amount as u64;
        self.inner.consume(amount);
    }
}
