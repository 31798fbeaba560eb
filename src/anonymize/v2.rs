//! Traces of Go 1.22 and newer: batches as they are, but for tables of strings and types.

use super::pseudonyms::{Kind, Pseudonyms};
use super::roles::Roles;
use super::types;
use crate::base::bytes::put_uvarint;
use crate::base::ids::{StringId, WIRE_NONE};
use crate::error::Result;
use crate::export::repair::batches;
use crate::export::repair::tables::TableBatches;
use crate::generation::Generation;
use crate::spec::v2::EventType;
use crate::spec::version::HEADER_LEN;
use crate::trace::Trace;
use crate::wire::text::ConvertError;
use crate::wire::v2::batch::{Batch, BatchKind, Frame, Frames};
use crate::wire::v2::event::RawEvents;
use crate::wire::v2::experiment::{AllocFreeBatch, ExperimentalBatch};
use crate::wire::v2::{stacks, strings};
use rustc_hash::FxHashMap;
use std::io::Write;

/// Returns an error if anything that may hold names cannot be read.
pub(super) fn check(trace: &Trace<'_>) -> Result<()> {
    for generation in trace.generations() {
        roles(generation)?;
        for batch in generation.experimental_batches() {
            batch.alloc_free()?;
        }
    }
    Ok(())
}

/// Writes the trace, generation by generation.
pub(super) fn write(
    trace: &Trace<'_>,
    names: &mut Pseudonyms,
    out: &mut impl Write,
) -> std::result::Result<(), ConvertError> {
    out.write_all(trace.bytes().get(..HEADER_LEN).unwrap_or_default())?;
    for generation in trace.generations() {
        let texts = roles(generation)?.rename(names);
        let range = generation.byte_range();
        let file = generation.file.get(..range.end).unwrap_or_default();
        for frame in Frames::new(file, range.start) {
            let (frame, version) = (frame?, generation.version);
            match frame {
                Frame::EndOfGeneration(_) => out.write_all(&[EventType::EndOfGeneration as u8])?,
                Frame::Batch(batch) => match batch.kind(version) {
                    BatchKind::Strings => write_strings(&batch, &texts, out)?,
                    BatchKind::Experimental => write_types(&batch, names, out)?,
                    _ => out.write_all(file.get(batch.offset..batch.end()).unwrap_or_default())?,
                },
            }
        }
    }
    Ok(())
}

/// Returns what the strings of a generation name.
fn roles<'t>(generation: &Generation<'t>) -> Result<Roles<'t>> {
    use EventType as E;
    let mut roles = Roles::default();
    for batch in generation.batches() {
        match batch.kind(generation.version) {
            BatchKind::Strings => strings::read(&batch, |StringId(id), _, text| roles.string(id, text))?,
            BatchKind::Stacks => stacks::read(&batch, |_, _, frames| {
                frames.for_each(|frame| roles.frame(frame.func.0, frame.file.0));
            })?,
            BatchKind::Events => {
                for event in RawEvents::new(&batch) {
                    let event = event?;
                    match (event.event, event.args()) {
                        (E::GoBlock | E::GoStop | E::STWBegin, &[reason, ..]) => roles.reason(reason),
                        (E::GoLabel, &[label, ..]) => roles.other(label, Kind::Label),
                        (E::UserTaskBegin, &[_, _, name, ..]) => roles.other(name, Kind::Task),
                        (E::UserRegionBegin | E::UserRegionEnd, &[_, name, ..]) => roles.other(name, Kind::Region),
                        (E::UserLog, &[_, category, message, ..]) => {
                            roles.other(category, Kind::Category);
                            roles.other(message, Kind::Message);
                        }
                        _ => {}
                    }
                }
            }
            BatchKind::Samples | BatchKind::Sync | BatchKind::Experimental => {}
        }
    }
    Ok(roles)
}

/// Writes a batch of strings with their new texts; two batches, if those are too long for one.
fn write_strings(
    batch: &Batch<'_>,
    texts: &FxHashMap<u64, Vec<u8>>,
    out: &mut impl Write,
) -> std::result::Result<(), ConvertError> {
    let mut table = TableBatches::new(EventType::Strings);
    strings::read(batch, |StringId(id), _, _| {
        let text = texts.get(&id).map(Vec::as_slice).unwrap_or_default();
        table.entry(EventType::String, &[id, text.len() as u64]).extend_from_slice(text);
    })?;
    let mut all = table.take_all();
    if all.is_empty() {
        all.push(vec![EventType::Strings as u8]);
    }
    for data in all {
        header(batch).write(&data, out)?;
    }
    Ok(())
}

/// Writes a batch of an experiment with other names of types.
fn write_types(
    batch: &Batch<'_>,
    names: &mut Pseudonyms,
    out: &mut impl Write,
) -> std::result::Result<(), ConvertError> {
    let AllocFreeBatch::Types(types) = ExperimentalBatch::new(batch).alloc_free()? else {
        header(batch).write(batch.data, out)?;
        return Ok(());
    };
    // The first byte says that types follow.
    let mut data: Vec<u8> = batch.data.first().copied().into_iter().collect();
    for of in types {
        let name = types::pseudonym(of.name, names);
        let numbers = [of.id, of.address, of.size, of.pointer_bytes, name.len() as u64];
        numbers.iter().for_each(|&number| put_uvarint(&mut data, number));
        data.extend_from_slice(&name);
    }
    header(batch).write(&data, out)?;
    Ok(())
}

fn header(batch: &Batch<'_>) -> batches::Frame {
    batches::Frame {
        generation: batch.generation,
        thread: batch.thread.map_or(WIRE_NONE, |m| m.0),
        time: batch.time.0,
        experiment: batch.experiment,
    }
}
