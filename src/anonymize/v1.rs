//! Traces of Go 1.5 to 1.21: events as they are, but for strings and messages of logs.

use super::pseudonyms::{Kind, Pseudonyms};
use super::roles::Roles;
use crate::base::bytes::put_uvarint;
use crate::error::Result;
use crate::spec::v1::{EventType, lead};
use crate::spec::version::{HEADER_LEN, Version};
use crate::trace::Trace;
use crate::wire::text::ConvertError;
use crate::wire::v1::event::{RawEvent, RawEvents};
use std::io::Write;

/// Writes the trace.
pub(super) fn write(
    trace: &Trace<'_>,
    names: &mut Pseudonyms,
    out: &mut impl Write,
) -> std::result::Result<(), ConvertError> {
    let (bytes, version) = (trace.bytes(), trace.version());
    let texts = roles(bytes, version)?.rename(names);
    out.write_all(bytes.get(..HEADER_LEN).unwrap_or_default())?;
    for event in RawEvents::new(bytes, version) {
        let event = event?;
        let whole = bytes.get(event.offset..event.offset + event.size).unwrap_or_default();
        let text = match (event.event, event.numbers.first()) {
            (EventType::String, Some(id)) => texts.get(id).cloned().unwrap_or_default(),
            (EventType::UserLog, _) => names.of(Kind::Message, event.data, None),
            _ => {
                out.write_all(whole)?;
                continue;
            }
        };
        let before = whole.len().saturating_sub(sized(event.data).len());
        out.write_all(whole.get(..before).unwrap_or_default())?;
        out.write_all(&sized(&text))?;
    }
    Ok(())
}

/// Returns a text behind its length.
fn sized(text: &[u8]) -> Vec<u8> {
    let mut data = Vec::new();
    put_uvarint(&mut data, text.len() as u64);
    data.extend_from_slice(text);
    data
}

/// Returns what the strings name.
fn roles(bytes: &[u8], version: Version) -> Result<Roles<'_>> {
    use EventType as E;
    let mut roles = Roles::default();
    for event in RawEvents::new(bytes, version) {
        let RawEvent { event, numbers, data, .. } = event?;
        let args = numbers.get(lead(version)..).unwrap_or_default();
        match (event, args) {
            (E::String, _) => numbers.first().into_iter().for_each(|&id| roles.string(id, data)),
            (E::Stack, _) if version >= Version::Go107 => {
                for frame in numbers.get(2..).unwrap_or_default().chunks_exact(4) {
                    if let &[_, function, file, _] = frame {
                        roles.frame(function, file);
                    }
                }
            }
            (E::GoStartLabel, &[_, _, label, ..]) => roles.other(label, Kind::Label),
            (E::UserTaskCreate, &[_, _, name, ..]) => roles.other(name, Kind::Task),
            (E::UserRegion, &[_, _, name, ..]) => roles.other(name, Kind::Region),
            (E::UserLog, &[_, category, ..]) => roles.other(category, Kind::Category),
            _ => {}
        }
    }
    Ok(roles)
}
