//! Columns of a row group, as their values become pages.

use super::packed;
use super::pages::{Compressor, DictionaryValues, Pages};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::NullBuffer;
use arrow_schema::Field;
use bytes::Bytes;
use parquet::arrow::arrow_writer::{ArrowColumnWriter, compute_leaves};
use parquet::basic::Encoding;
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::ByteArray;
use parquet::errors::Result;
use parquet::file::statistics::Statistics;
use parquet::file::writer::SerializedRowGroupWriter;
use parquet::schema::types::ColumnDescPtr;
use rustc_hash::FxHashMap;
use std::io::Write;

/// The form in which a column is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// Numbers as they are.
    Plain,
    /// Numbers as differences from one to the next.
    Differences,
    /// Numbers of which there are few, by their place in a dictionary.
    Few,
    /// Names, by their place in a dictionary.
    Names,
    Flags,
    /// A form that the crate `parquet` makes.
    Other,
}

/// What columns share while they make a page.
pub(super) struct Workshop {
    pub(super) compressor: Compressor,
    /// The page that is being made.
    page: Vec<u8>,
    /// Its values without nulls, or their keys.
    numbers: Vec<i64>,
    keys: Vec<u32>,
}

impl Workshop {
    /// # Errors
    /// If there is no memory for it.
    pub(super) fn new() -> Result<Workshop> {
        let compressor = Compressor::new()?;
        Ok(Workshop { compressor, page: Vec::new(), numbers: Vec::new(), keys: Vec::new() })
    }
}

/// A column of a row group.
pub(super) struct Column {
    pages: Pages,
    nulls: u64,
    values: Values,
}

/// What is known of the values of a column, besides its pages.
enum Values {
    Numbers { form: Form, bounds: Option<(i64, i64)>, few: Few },
    Names(Names),
    Flags { any: [bool; 2] },
    Other(Box<ArrowColumnWriter>),
}

/// Different numbers, by their places.
#[derive(Default)]
struct Few {
    keys: FxHashMap<i64, u32>,
    values: Vec<i64>,
}

/// Different names, by their places.
#[derive(Default)]
struct Names {
    keys: FxHashMap<Box<str>, u32>,
    /// The names as they stand in the file, each with its length.
    values: Vec<u8>,
    bounds: Option<(Box<str>, Box<str>)>,
    /// Places by the key in a batch, or [`Names::UNKNOWN`].
    by_key: Vec<u32>,
}

impl Column {
    /// Begins a column of a row group; `other` writes those of other forms.
    pub(super) fn new(form: Form, other: ArrowColumnWriter) -> Column {
        let (encoding, values) = match form {
            Form::Plain => (Encoding::PLAIN, Values::Numbers { form, bounds: None, few: Few::default() }),
            Form::Differences => {
                (Encoding::DELTA_BINARY_PACKED, Values::Numbers { form, bounds: None, few: Few::default() })
            }
            Form::Few => (Encoding::RLE_DICTIONARY, Values::Numbers { form, bounds: None, few: Few::default() }),
            Form::Names => (Encoding::RLE_DICTIONARY, Values::Names(Names::default())),
            Form::Flags => (Encoding::PLAIN, Values::Flags { any: [false; 2] }),
            Form::Other => (Encoding::PLAIN, Values::Other(Box::new(other))),
        };
        Column { pages: Pages::new(encoding), nulls: 0, values }
    }

    /// Adds a page of values.
    pub(super) fn add(&mut self, field: &Field, array: &ArrayRef, workshop: &mut Workshop) -> Result<()> {
        let Workshop { compressor, page, numbers, keys } = workshop;
        let nulls = array.nulls();
        self.nulls += array.null_count() as u64;
        page.clear();
        packed::levels(page, array.len(), nulls);
        match &mut self.values {
            Values::Numbers { form, bounds, few } => {
                let values = valid(array.as_primitive::<Int64Type>().values(), nulls, numbers);
                widen(bounds, values);
                match form {
                    Form::Differences => packed::differences(page, values),
                    Form::Few => {
                        few.keys_of(values, keys);
                        packed::keys(page, keys, few.values.len());
                    }
                    _ => page.extend(values.iter().flat_map(|value| value.to_le_bytes())),
                }
            }
            Values::Names(names) => {
                names.keys_of(array, keys);
                packed::keys(page, keys, names.keys.len());
            }
            Values::Flags { any } => {
                let array = array.as_boolean();
                let values = match nulls {
                    None => array.values().clone(),
                    Some(_) => array.iter().flatten().collect(),
                };
                let set = values.count_set_bits();
                any[0] |= set < values.len();
                any[1] |= set > 0;
                packed::bits(page, &values);
            }
            Values::Other(writer) => {
                for leaf in compute_leaves(field, array)? {
                    writer.write(&leaf)?;
                }
                return Ok(());
            }
        }
        self.pages.add(page, array.len(), compressor)
    }

    /// Writes the column to its row group.
    pub(super) fn finish<W: Write + Send>(
        self,
        column: ColumnDescPtr,
        to: &mut SerializedRowGroupWriter<'_, W>,
        compressor: &mut Compressor,
    ) -> Result<()> {
        let nulls = Some(self.nulls);
        let (dictionary, statistics) = match self.values {
            Values::Numbers { form, bounds, few } => {
                let (least, most) = bounds.unzip();
                let dictionary = (form == Form::Few).then(|| few.dictionary());
                (dictionary, Statistics::int64(least, most, None, nulls, false))
            }
            Values::Names(names) => {
                let (least, most) = names.bounds.clone().unzip();
                let bytes = |name: Box<str>| ByteArray::from(name.as_bytes().to_vec());
                let statistics = Statistics::byte_array(least.map(bytes), most.map(bytes), None, nulls, false);
                (Some(names.dictionary()), statistics)
            }
            Values::Flags { any } => {
                let least = if any[0] { Some(false) } else { any[1].then_some(true) };
                let most = if any[1] { Some(true) } else { any[0].then_some(false) };
                (None, Statistics::boolean(least, most, None, nulls, false))
            }
            Values::Other(writer) => return writer.close()?.append_to_row_group(to),
        };
        let (bytes, close): (Bytes, ColumnCloseResult) =
            self.pages.finish(column, dictionary, statistics, compressor)?;
        to.append_column(&bytes, close)
    }
}

impl Few {
    /// Sets `keys` to the places of numbers, which are given one if they have none.
    fn keys_of(&mut self, numbers: &[i64], keys: &mut Vec<u32>) {
        keys.clear();
        keys.extend(numbers.iter().map(|&number| {
            *self.keys.entry(number).or_insert_with(|| {
                self.values.push(number);
                // A row group has fewer rows.
                (self.values.len() - 1) as u32
            })
        }));
    }

    fn dictionary(self) -> DictionaryValues {
        let values = self.values.iter().flat_map(|value| value.to_le_bytes()).collect();
        DictionaryValues { values, count: self.values.len() as u32 }
    }
}

impl Names {
    const UNKNOWN: u32 = u32::MAX;

    /// Sets `keys` to the places of the names in an array, which are given one if they have
    /// none.
    fn keys_of(&mut self, array: &ArrayRef, keys: &mut Vec<u32>) {
        let array = array.as_dictionary::<Int32Type>();
        let names = array.values().as_string::<i32>();
        let mut by_key = std::mem::take(&mut self.by_key);
        // Another batch may have another dictionary.
        by_key.clear();
        by_key.resize(names.len(), Names::UNKNOWN);
        keys.clear();
        let mut place = |key: i32| match by_key.get_mut(key as usize) {
            Some(place) => {
                if *place == Names::UNKNOWN {
                    *place = self.place(names.value(key as usize));
                }
                *place
            }
            None => 0,
        };
        let mut valid_keys = Vec::new();
        let array_keys = array.keys();
        for &key in valid(array_keys.values(), array_keys.nulls(), &mut valid_keys) {
            keys.push(place(key));
        }
        self.by_key = by_key;
    }

    /// Returns the place of a name.
    fn place(&mut self, name: &str) -> u32 {
        if let Some(&place) = self.keys.get(name) {
            return place;
        }
        let place = self.keys.len() as u32;
        self.keys.insert(name.into(), place);
        self.values.extend_from_slice(&(name.len() as u32).to_le_bytes());
        self.values.extend_from_slice(name.as_bytes());
        match &mut self.bounds {
            None => self.bounds = Some((name.into(), name.into())),
            Some((least, _)) if name < &**least => *least = name.into(),
            Some((_, most)) if name > &**most => *most = name.into(),
            Some(_) => {}
        }
        place
    }

    fn dictionary(self) -> DictionaryValues {
        DictionaryValues { values: self.values, count: self.keys.len() as u32 }
    }
}

/// Returns the values that are not null, in `memory` if some are.
fn valid<'v, T: Copy>(values: &'v [T], nulls: Option<&NullBuffer>, memory: &'v mut Vec<T>) -> &'v [T] {
    let Some(nulls) = nulls else { return values };
    memory.clear();
    memory.reserve(values.len());
    for (values, mut word) in values.chunks(64).zip(nulls.inner().bit_chunks().iter_padded()) {
        if word == u64::MAX {
            memory.extend_from_slice(values);
            continue;
        }
        while word != 0 {
            memory.extend(values.get(word.trailing_zeros() as usize));
            word &= word - 1;
        }
    }
    memory
}

/// Widens bounds so that values lie within them.
fn widen(bounds: &mut Option<(i64, i64)>, values: &[i64]) {
    let Some(&first) = values.first() else { return };
    let (least, most) = bounds.unwrap_or((first, first));
    let least = values.iter().copied().fold(least, i64::min);
    *bounds = Some((least, values.iter().copied().fold(most, i64::max)));
}
