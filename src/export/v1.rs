//! The form that `go tool trace -d` of Go 1.21 prints of a v1 trace: an event per line, in
//! order, as the format has it. Byte for byte that of Go 1.21.13, which prints a trace of
//! Go 1.5 or 1.6 only together with a program; any will do.
//!
//! As in Go's output, wakeups in vain are left out, and the ends of system calls stand
//! where they happened.

use crate::base::ids::StringId;
use crate::base::limits::Limits;
use crate::error::warning::{Warning, Warnings};
use crate::error::{Error, ErrorKind};
use crate::export::parsed::signed;
use crate::generation::Generation;
use crate::generation::v1::map::Decoded;
use crate::order::Record;
use crate::order::state::NONE;
use crate::order::v1::Ordering;
use crate::spec::v1::EventType;
use crate::spec::version::Version;
use crate::trace::Trace;
use crate::wire::text::{ConvertError, flush_if_full, number};

use std::io::Write;

/// Writes every event of a v1 trace; returns the defects that lenient reading got past.
/// `out` needs no buffer of its own.
///
/// # Errors
/// Returns an error if the trace is not one of v1, if the mode is strict and the trace has
/// a defect (events before it are written then), or if `out` cannot be written to.
pub fn write(trace: &Trace<'_>, out: &mut impl Write) -> std::result::Result<Vec<Warning>, ConvertError> {
    let version = trace.version();
    if !version.is_v1() {
        return Err(Error::at(5, ErrorKind::NotV1 { minor: version.minor() }).into());
    }
    let Some(generation) = trace.generations().first() else {
        return trace.defect().map_or(Ok(Vec::new()), |defect| Err(defect.clone().into()));
    };
    let mut text = Vec::new();
    let ended = events(generation, trace.leniency(), |record| {
        line(&mut text, generation, record);
        flush_if_full(&mut text, out)
    });
    out.write_all(&text)?;
    let mut warnings = Warnings::beginning(trace.warnings(), trace.options().limits);
    warnings.extend(ended?);
    Ok(warnings.take())
}

fn events(
    generation: &Generation<'_>,
    leniency: Option<Limits>,
    mut each: impl FnMut(&Record) -> std::io::Result<()>,
) -> std::result::Result<Vec<Warning>, ConvertError> {
    let Some(index) = &generation.v1 else { return Ok(Vec::new()) };
    let mut ordering = Ordering::as_written(generation.file, index, leniency)?;
    while let Some(record) = ordering.next()? {
        each(&record)?;
    }
    Ok(ordering.take_defects())
}

/// Appends the line of an event.
fn line(out: &mut Vec<u8>, generation: &Generation<'_>, record: &Record) {
    use EventType::*;
    let Some(raw) = Decoded::at(generation.file, record.offset, generation.version) else { return };
    let event = raw.event.global();
    let spec = event.spec();
    signed(out, record.time);
    field(out, b" ", spec.name.as_bytes());
    out.extend_from_slice(b" p=");
    match record.proc {
        NONE => out.extend_from_slice(b"-1"),
        proc => number(out, u64::from(proc)),
    }
    out.extend_from_slice(b" g=");
    // Events about the whole program belong to no goroutine.
    number(
        out,
        if matches!(event, STWStart | STWDone | GCStart | GCDone) { 0 } else { record.goroutine().map_or(0, |g| g.0) },
    );
    out.extend_from_slice(b" off=");
    number(out, record.offset as u64);
    for (i, arg) in spec.args.iter().enumerate() {
        // The time of a sample is the event's.
        let value = if event == CPUSample && i == 0 { 0 } else { raw.args.get(i).copied().unwrap_or_default() };
        field(out, b" ", arg.name.as_bytes());
        out.push(b'=');
        number(out, value);
    }
    let string = |id: u64| generation.string(StringId(id)).unwrap_or_default();
    let [_, second, third] = raw.args;
    match event {
        STWStart => field(out, b" kind=", stop_kind(generation.version, raw.args[0])),
        GoStartLabel => field(out, b" label=", string(third)),
        UserTaskCreate | UserRegion => field(out, b" name=", string(third)),
        UserLog => {
            field(out, b" category=", string(second));
            field(out, b" message=", raw.message(generation.file));
        }
        _ => {}
    }
    out.push(b'\n');
}

fn field(out: &mut Vec<u8>, label: &[u8], value: &[u8]) {
    out.extend_from_slice(label);
    out.extend_from_slice(value);
}

/// Returns Go 1.21's name of a kind of stop-the-world; Go 1.27 uses other words.
fn stop_kind(version: Version, kind: u64) -> &'static [u8] {
    match (version < Version::Go121, kind) {
        (true, 0) => b"mark termination",
        (true, 1) => b"sweep termination",
        (false, 6) => b"all goroutines stack trace",
        (false, 1..17) => {
            let names = crate::generation::tables::BUILTIN;
            names.get((crate::generation::tables::STW + kind) as usize).copied().unwrap_or_default()
        }
        _ => b"unknown",
    }
}
