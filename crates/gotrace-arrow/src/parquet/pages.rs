//! Pages of a column in a row group.

use bytes::Bytes;
use parquet::basic::{Compression, Encoding, PageType, ZstdLevel};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, PageEncodingStats};
use parquet::file::statistics::Statistics;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

/// A compressor of pages. All columns of a file share one: its memory is a multiple of theirs.
pub(super) struct Compressor {
    zstd: zstd::bulk::Compressor<'static>,
    compressed: Vec<u8>,
}

impl Compressor {
    /// # Errors
    /// If there is no memory for it.
    pub(super) fn new() -> Result<Compressor> {
        let zstd = zstd::bulk::Compressor::new(ZstdLevel::default().compression_level())?;
        Ok(Compressor { zstd, compressed: Vec::new() })
    }

    fn compress(&mut self, page: &[u8]) -> Result<Bytes> {
        self.compressed.clear();
        self.compressed.reserve(zstd::zstd_safe::compress_bound(page.len()));
        self.zstd.compress_to_buffer(page, &mut self.compressed)?;
        Ok(Bytes::copy_from_slice(&self.compressed))
    }
}

/// Pages of a column in a row group, compressed.
pub(super) struct Pages {
    bytes: TrackedWrite<Vec<u8>>,
    encoding: Encoding,
    pages: i32,
    rows: u64,
    /// Bytes before compression.
    uncompressed: usize,
}

/// The dictionary of a column in a row group: its values as they stand in the file, and their
/// number.
pub(super) struct DictionaryValues {
    pub(super) values: Vec<u8>,
    pub(super) count: u32,
}

impl Pages {
    /// Returns no pages yet, whose values have that encoding.
    pub(super) fn new(encoding: Encoding) -> Pages {
        Pages { bytes: TrackedWrite::new(Vec::new()), encoding, pages: 0, rows: 0, uncompressed: 0 }
    }

    /// Adds a page of so many rows: their levels and their values.
    pub(super) fn add(&mut self, page: &[u8], rows: usize, compressor: &mut Compressor) -> Result<()> {
        let num_values = u32::try_from(rows).map_err(|_| ParquetError::General("too many rows in a page".into()))?;
        let data = Page::DataPage {
            buf: compressor.compress(page)?,
            num_values,
            encoding: self.encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        self.uncompressed += write(data, page.len(), &mut self.bytes)?;
        self.pages += 1;
        self.rows += u64::from(num_values);
        Ok(())
    }

    /// Returns the bytes of the column, and what is to be known of them.
    pub(super) fn finish(
        self,
        column: ColumnDescPtr,
        dictionary: Option<DictionaryValues>,
        statistics: Statistics,
        compressor: &mut Compressor,
    ) -> Result<(Bytes, ColumnCloseResult)> {
        let mut bytes = TrackedWrite::new(Vec::new());
        let mut uncompressed = self.uncompressed;
        let mut encodings = vec![Encoding::RLE, self.encoding];
        let pages = |page_type, encoding, count| PageEncodingStats { page_type, encoding, count };
        let mut numbers = vec![pages(PageType::DATA_PAGE, self.encoding, self.pages)];
        // It is known last, and stands first.
        if let Some(DictionaryValues { values, count }) = dictionary {
            let buf = compressor.compress(&values)?;
            let page = Page::DictionaryPage { buf, num_values: count, encoding: Encoding::PLAIN, is_sorted: false };
            uncompressed += write(page, values.len(), &mut bytes)?;
            encodings.push(Encoding::PLAIN);
            numbers.push(pages(PageType::DICTIONARY_PAGE, Encoding::PLAIN, 1));
        }
        let mut bytes = bytes.into_inner()?;
        let data_offset = bytes.len() as i64;
        bytes.extend_from_slice(&self.bytes.into_inner()?);
        let metadata = ColumnChunkMetaData::builder(column)
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_encodings(encodings)
            .set_page_encoding_stats(numbers)
            .set_num_values(self.rows as i64)
            .set_total_compressed_size(bytes.len() as i64)
            .set_total_uncompressed_size(uncompressed as i64)
            .set_dictionary_page_offset((data_offset > 0).then_some(0))
            .set_data_page_offset(data_offset)
            .set_statistics(statistics)
            .build()?;
        let close = ColumnCloseResult {
            bytes_written: bytes.len() as u64,
            rows_written: self.rows,
            metadata,
            bloom_filter: None,
            column_index: None,
            offset_index: None,
        };
        Ok((bytes.into(), close))
    }
}

/// Writes a page with its header; returns its size with the header, had it not been compressed.
fn write(page: Page, uncompressed: usize, to: &mut TrackedWrite<Vec<u8>>) -> Result<usize> {
    Ok(SerializedPageWriter::new(to).write_page(CompressedPage::new(page, uncompressed))?.uncompressed_size)
}
