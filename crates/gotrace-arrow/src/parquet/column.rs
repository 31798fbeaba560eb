//! Columns of a row group, as their values become pages.

use super::packed;
use super::pages::{Compressor, DictionaryValues, Pages};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::NullBuffer;
use arrow_schema::Field;
use parquet::arrow::arrow_writer::{ArrowColumnWriter, compute_leaves};
use parquet::basic::Encoding;
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
    /// Truths, as bits.
    Flags,
    /// A form that the crate `parquet` makes.
    Other,
}

/// Memory that columns share while they make a page, with the compressor.
pub(super) struct Workshop {
    pub(super) compressor: Compressor,
    /// The page that is being made.
    page: Vec<u8>,
    /// Values of the page without nulls, or their keys.
    numbers: Vec<i64>,
    name_keys: Vec<i32>,
    keys: Vec<u32>,
}

impl Workshop {
    /// # Errors
    /// If there is no memory for it.
    pub(super) fn new() -> Result<Workshop> {
        let compressor = Compressor::new()?;
        let (page, numbers, name_keys, keys) = Default::default();
        Ok(Workshop { compressor, page, numbers, name_keys, keys })
    }
}

/// A column of a row group.
pub(super) struct Column {
    pages: Pages,
    nulls: u64,
    values: Values,
}

/// Facts about the values of a column, which its end needs besides its pages.
enum Values {
    Numbers { as_differences: bool, bounds: Bounds },
    Few { few: Box<Few>, bounds: Bounds },
    Names(Names),
    Flags { has: [bool; 2] },
    Other(Box<ArrowColumnWriter>),
}

/// The least and the greatest number of a column that has one.
type Bounds = Option<(i64, i64)>;

/// The place of a value that has none.
const UNKNOWN: u32 = u32::MAX;

/// Numbers that a column remembers from those that came lately.
const LATELY: usize = 512;

/// A multiplier whose products spread over the highest bits.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Different numbers, by their places.
struct Few {
    keys: FxHashMap<i64, u32>,
    values: Vec<i64>,
    /// Numbers that came lately with their places, by a hash that costs little.
    lately: [(i64, u32); LATELY],
}

impl Default for Few {
    fn default() -> Few {
        Few { keys: FxHashMap::default(), values: Vec::new(), lately: [(0, UNKNOWN); LATELY] }
    }
}

/// Different names, by their places.
#[derive(Default)]
struct Names {
    keys: FxHashMap<Box<str>, u32>,
    /// The names as they stand in the file, each with its length.
    values: Vec<u8>,
    bounds: Option<(Box<str>, Box<str>)>,
    /// Places by the key in a batch, or [`UNKNOWN`].
    by_key: Vec<u32>,
}

impl Column {
    /// Begins a column of a row group; `other` writes those of other forms.
    pub(super) fn new(form: Form, other: ArrowColumnWriter) -> Column {
        let numbers = |as_differences| Values::Numbers { as_differences, bounds: None };
        let (encoding, values) = match form {
            Form::Plain => (Encoding::PLAIN, numbers(false)),
            Form::Differences => (Encoding::DELTA_BINARY_PACKED, numbers(true)),
            Form::Few => (Encoding::RLE_DICTIONARY, Values::Few { few: Box::default(), bounds: None }),
            Form::Names => (Encoding::RLE_DICTIONARY, Values::Names(Names::default())),
            Form::Flags => (Encoding::PLAIN, Values::Flags { has: [false; 2] }),
            Form::Other => (Encoding::PLAIN, Values::Other(Box::new(other))),
        };
        Column { pages: Pages::new(encoding), nulls: 0, values }
    }

    /// Adds a page of values.
    pub(super) fn add(&mut self, field: &Field, array: &ArrayRef, workshop: &mut Workshop) -> Result<()> {
        let Workshop { compressor, page, numbers, name_keys, keys } = workshop;
        let nulls = array.nulls();
        self.nulls += array.null_count() as u64;
        page.clear();
        packed::levels(page, array.len(), nulls);
        match &mut self.values {
            Values::Numbers { as_differences, bounds } => {
                let values = valid(array.as_primitive::<Int64Type>().values(), nulls, numbers);
                widen(bounds, values);
                match as_differences {
                    true => packed::differences(page, values),
                    false => packed::plain(page, values),
                }
            }
            Values::Few { few, bounds } => {
                let values = valid(array.as_primitive::<Int64Type>().values(), nulls, numbers);
                let known = few.values.len();
                few.keys_of(values, keys);
                widen(bounds, few.values.get(known..).unwrap_or_default());
                packed::keys(page, keys, few.values.len());
            }
            Values::Names(names) => {
                names.keys_of(array, name_keys, keys);
                packed::keys(page, keys, names.keys.len());
            }
            Values::Flags { has: [has_false, has_true] } => {
                let array = array.as_boolean();
                let values = match nulls {
                    None => array.values().clone(),
                    Some(_) => array.iter().flatten().collect(),
                };
                let set = values.count_set_bits();
                *has_false |= set < values.len();
                *has_true |= set > 0;
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
        let of_numbers = |bounds: Bounds| {
            let (least, most) = bounds.unzip();
            Statistics::int64(least, most, None, nulls, false)
        };
        let (dictionary, statistics) = match self.values {
            Values::Numbers { bounds, .. } => (None, of_numbers(bounds)),
            Values::Few { few, bounds } => (Some(few.dictionary()), of_numbers(bounds)),
            Values::Names(mut names) => {
                let (least, most) = names.bounds.take().unzip();
                let bytes = |name: Box<str>| ByteArray::from(name.into_string().into_bytes());
                let statistics = Statistics::byte_array(least.map(bytes), most.map(bytes), None, nulls, false);
                (Some(names.dictionary()), statistics)
            }
            Values::Flags { has: [has_false, has_true] } => {
                let any = has_false || has_true;
                let (least, most) = (any.then_some(!has_false), any.then_some(has_true));
                (None, Statistics::boolean(least, most, None, nulls, false))
            }
            Values::Other(writer) => return writer.close()?.append_to_row_group(to),
        };
        let (bytes, close) = self.pages.finish(column, dictionary, statistics, compressor)?;
        to.append_column(&bytes, close)
    }
}

impl Few {
    /// Sets `keys` to the places of numbers, which are given one if they have none.
    fn keys_of(&mut self, numbers: &[i64], keys: &mut Vec<u32>) {
        keys.clear();
        for &number in numbers {
            // The highest bits, as many as tell the places apart.
            let hash = number.cast_unsigned().wrapping_mul(SPREAD) >> (u64::BITS - LATELY.ilog2());
            keys.push(match self.lately.get_mut(hash as usize) {
                Some((known, key)) if *known == number && *key != UNKNOWN => *key,
                place => {
                    // A row group has fewer rows than there are keys.
                    let next = self.values.len() as u32;
                    let key = *self.keys.entry(number).or_insert(next);
                    if key == next {
                        self.values.push(number);
                    }
                    if let Some(place) = place {
                        *place = (number, key);
                    }
                    key
                }
            });
        }
    }

    fn dictionary(self) -> DictionaryValues {
        let values = self.values.iter().flat_map(|value| value.to_le_bytes()).collect();
        DictionaryValues { values, count: self.values.len() as u32 }
    }
}

impl Names {
    /// Sets `keys` to the places of the names in an array, which are given one if they have
    /// none.
    fn keys_of(&mut self, array: &ArrayRef, numbers: &mut Vec<i32>, keys: &mut Vec<u32>) {
        let array = array.as_dictionary::<Int32Type>();
        let names = array.values().as_string::<i32>();
        // Another batch may have another dictionary.
        let mut by_key = std::mem::take(&mut self.by_key);
        by_key.clear();
        by_key.resize(names.len(), UNKNOWN);
        keys.clear();
        keys.extend(valid(array.keys().values(), array.keys().nulls(), numbers).iter().map(|&key| {
            match by_key.get_mut(key as usize) {
                Some(place) if *place != UNKNOWN => *place,
                Some(place) => {
                    *place = self.place(names.value(key as usize));
                    *place
                }
                None => 0,
            }
        }));
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
