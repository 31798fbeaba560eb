//! Slices: windows written as traces of their own.
//!
//! ```text
//! generations   |      1      |      2      |      3      |      4      |
//! window                 |---------------------------------------|
//! slice                  | 1  |      2      |      3      |  4   |
//!                        anew      copied        copied    cut off
//! ```
//!
//! Only the first part is read and written event by event, with the state at its beginning
//! in front. Of the last one only the place of the cut is looked for.

use super::begin::snapshot_at;
use super::copy::{Cut, copy};
use super::{Start, Window};
use crate::base::time::Time;
use crate::error;
use crate::error::warning::Warning;
use crate::event::Event;
use crate::export::EventWriter;
use crate::export::repair::batches::Batches;
use crate::export::repair::tables::Tables;
use crate::export::repair::{NEWEST, RepairWriter, Report};
use crate::generation::Generation;
use crate::order::state::guess::guess_last_time;
use crate::spec::v2::EventType;
use crate::spec::version::{HEADER_LEN, Version};
use crate::trace::Trace;
use crate::wire::text::ConvertError;
use crate::wire::v2::batch::BatchKind;
use std::io::Write;
use std::ops::Range;

/// Counts of what a slice consists of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct SliceReport {
    /// Number of generations that are copied whole.
    pub copied: u64,
    /// Number of events in the parts of generations.
    pub events: u64,
    /// Number of states at the beginning that are restated, and of events that damaged traces
    /// need besides.
    pub restated: u64,
    /// Number of events that are left out, because they contradict others, or are of an
    /// experiment with the memory of another trace.
    pub dropped: u64,
}

impl Window {
    /// Writes this window of a trace as a trace of its own, which Go's own tools open.
    /// Calls `watch` with an event now and then. Returns also the defects that were passed
    /// over in lenient mode.
    ///
    /// Where the window begins and ends with generations of a trace of Go 1.22 or newer, a copy
    /// of their bytes is that trace. Any other one is of Go 1.26, in as many generations as
    /// the window touches; it begins with the states at that moment. A damaged or older trace
    /// gives one generation.
    ///
    /// If no event is in the window, the report says so.
    ///
    /// ```
    /// # let bytes = include_bytes!("../../testdata/traces/go1.27/mixed.trace");
    /// use gotrace::{Time, Trace, Window};
    ///
    /// let trace = Trace::parse(bytes)?;
    /// let first = trace.events().next().expect("a trace has events")?;
    /// let mut slice = Vec::new();
    /// let window = Window::new(Some(Time(first.time().0 + 20_000_000)), None);
    /// let (report, _) = window.slice(&trace, &mut slice, |_| ())?;
    /// assert!(report.events > 0);
    /// assert!(Trace::parse(&slice)?.events().all(|event| event.is_ok()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns the first defect in what is read, in strict mode; or the error if the sink cannot
    /// be written to.
    pub fn slice(
        &self,
        trace: &Trace<'_>,
        mut out: impl Write,
        mut watch: impl FnMut(&Event<'_>),
    ) -> Result<(SliceReport, Vec<Warning>), ConvertError> {
        let done = match Parts::of(trace, *self, &mut watch)? {
            Some(parts) => parts.write(trace, *self, &mut out, &mut watch)?,
            None => write_anew(trace, *self, None, &mut out, &mut watch)?,
        };
        out.flush()?;
        Ok(done)
    }
}

/// The generations that a slice is made of, in a trace in which they can be copied.
#[derive(Debug)]
struct Parts {
    /// Index of the generation whose last part is written anew, if there is one.
    anew: Option<usize>,
    /// Indexes of the generations that are copied.
    whole: Range<usize>,
    /// The generation whose first part is copied, if there is one.
    cut: Option<(usize, Cut)>,
    /// End in front of later events: a number for another generation, and the time.
    ends: Option<(u64, Time)>,
}

impl Parts {
    /// Returns the parts of a window; none if it has to be written anew.
    fn of(trace: &Trace<'_>, window: Window, watch: &mut dyn FnMut(&Event<'_>)) -> error::Result<Option<Parts>> {
        let all = trace.generations();
        let is_good = !trace.version().is_v1() && trace.warnings().is_empty() && trace.defect().is_none();
        // A trace that follows another in the file has its own numbers.
        if !is_good || !all.iter().all(|generation| generation.is_complete() && !generation.begins_trace()) {
            return Ok(None);
        }
        // Experiments describe the memory in the first generation alone.
        let experiments = all.first().is_some_and(|first| first.batches_of(BatchKind::Experimental).next().is_some());
        let (begins, is_border) = window.from().map_or((0, true), |from| place(all, from));
        let anew = (!is_border || experiments && begins > 0).then(|| begins.saturating_sub(usize::from(!is_border)));
        let first = anew.map_or(begins, |anew| anew + 1);
        let (ends, is_border) = window.to().map_or((all.len(), true), |to| place(all, to));
        let to = window.to().filter(|_| !is_border);
        // The part of one generation is written as a whole.
        if to.is_some() && ends <= first {
            return Ok(Some(Parts { anew, whole: first..first, cut: None, ends: None }));
        }
        // Parts have to fit together, so that is read which is not a copy as a whole. Before Go
        // 1.26 a trace may lack the end of its last generation unnoticed.
        let unsure = ends == all.len() && trace.version() < Version::Go126;
        // The state at the beginning comes from the generation in front as well, which must not be
        // one that contradicts what is copied.
        let read = anew.map_or(first, |anew| anew.saturating_sub(1));
        let cut = match anew.is_some() || to.is_some() || unsure {
            true => Cut::of(trace, read, ends - 1, to.unwrap_or(Time(i64::MAX)), watch),
            false => Ok(None),
        };
        let cut = match cut {
            Ok(cut) => cut.map(|cut| (ends - 1, cut)),
            Err(e) if !trace.is_lenient() => return Err(e),
            Err(_) => return Ok(None),
        };
        // The first generation alone has not mentioned all goroutines before the cut.
        if let (None, Some((0, _))) = (anew, &cut) {
            return Ok(None);
        }
        let last = cut.as_ref().map_or(ends, |(place, _)| *place);
        let goes_on = cut.is_some() || is_border && ends < all.len();
        let number = ends.checked_sub(1).and_then(|last| all.get(last)).map_or(0, Generation::number);
        let ends = window.to().filter(|_| goes_on).map(|to| (number.wrapping_add(1), to));
        Ok(Some(Parts { anew, whole: first..last.max(first), cut, ends }))
    }

    fn write(
        self,
        trace: &Trace<'_>,
        window: Window,
        mut out: impl Write,
        watch: &mut dyn FnMut(&Event<'_>),
    ) -> Result<(SliceReport, Vec<Warning>), ConvertError> {
        let Parts { anew, whole, cut, ends } = self;
        let cut = cut.filter(|(_, cut)| cut.events > 0);
        let generations = trace.generations().get(whole).unwrap_or_default();
        if let (None, None, [first, .., last] | [first @ last]) = (anew, &cut, generations) {
            let range = first.byte_range().start..last.byte_range().end;
            out.write_all(trace.bytes().get(..HEADER_LEN).unwrap_or_default())?;
            out.write_all(trace.bytes().get(range).unwrap_or_default())?;
            return Ok((SliceReport { copied: generations.len() as u64, ..SliceReport::default() }, Vec::new()));
        }
        let goes_on = !generations.is_empty() || cut.is_some();
        let (mut report, warnings) = match anew {
            Some(last) => {
                let to = if goes_on { None } else { window.to };
                write_anew(trace, Window::new(window.from, to), Some(last), &mut out, watch)?
            }
            None => {
                out.write_all(&NEWEST.header())?;
                (SliceReport::default(), Vec::new())
            }
        };
        for generation in generations {
            copy(generation, None, &mut out)?;
            report.copied += 1;
        }
        if let Some((place, cut)) = &cut {
            if let Some(generation) = trace.generations().get(*place) {
                copy(generation, Some(cut), &mut out)?;
            }
            report.events += cut.events;
        }
        if let (true, Some((number, to))) = (goes_on, ends) {
            write_end(trace, number, to, &mut out)?;
        }
        Ok((report, warnings))
    }
}

/// Returns the index of the generation that a moment is in, or which it is in front of; and
/// whether it is in front of that, and behind all events of the one before.
fn place(all: &[Generation<'_>], time: Time) -> (usize, bool) {
    // The sync comes later than the header says only where generations overlap.
    let mut place = all.partition_point(|generation| generation.start() < time);
    while let Some(before) = place.checked_sub(1)
        && all.get(before).is_some_and(|generation| begin_of(all, generation) >= time)
    {
        place = before;
    }
    let before = place.checked_sub(1).and_then(|before| all.get(before));
    (place, before.is_none_or(|before| guess_last_time(before) < time.0))
}

/// Returns the time of the sync that a generation begins with, as far as it is known without
/// reading the one in front.
fn begin_of(all: &[Generation<'_>], generation: &Generation<'_>) -> Time {
    let before = generation.index().checked_sub(1).and_then(|before| all.get(before));
    let last = before.map_or(i64::MIN, guess_last_time);
    generation.start().max(Time(last.saturating_add(1)))
}

/// Writes the events of a window anew, those of the generations up to an index if one is
/// given.
fn write_anew<'t>(
    trace: &'t Trace<'t>,
    window: Window,
    last: Option<usize>,
    out: impl Write,
    watch: &mut dyn FnMut(&Event<'_>),
) -> Result<(SliceReport, Vec<Warning>), ConvertError> {
    let (start, mut blocks) = window.start_of(trace)?;
    let from = start.as_ref().map(|start| start.from);
    let mut writer = match &start {
        None => RepairWriter::newest(trace, out)?,
        Some(Start { from, state, .. }) => {
            let number = last.and_then(|last| trace.generations().get(last)).map(Generation::number);
            let begin = |tables: &mut Tables<'t>| state.begin(trace, *from, tables);
            RepairWriter::beginning_with(trace, out, number, begin)?
        }
    };
    let (mut events, mut ended) = (0, None);
    'blocks: while blocks.next_block()? {
        let index = blocks.generation.map(Generation::index);
        if index > last && last.is_some() {
            break;
        }
        for (n, &record) in blocks.records.records().iter().enumerate() {
            let event = Event::new(trace.framed(), blocks.generation, record);
            if n == 0 {
                watch(&event);
            }
            if let Some(to) = window.to.filter(|to| *to <= event.time()) {
                ended = Some(to);
                break 'blocks;
            }
            if from.is_none_or(|from| from <= event.time()) {
                events += u64::from(event.wire_type() != EventType::Sync);
                writer.event(&event)?;
            }
        }
    }
    let report = writer.finish_at(ended.map(|to| to.0.max(1) as u64))?;
    let Report { kept, synthesised, dropped, experimental, .. } = report;
    let events = if events == 0 { 0 } else { kept };
    let report = SliceReport { events, restated: synthesised, dropped: dropped + experimental, copied: 0 };
    Ok((report, blocks.warnings.list().to_vec()))
}

/// Writes a generation without events: readers put the end of a trace a nanosecond behind
/// its last event, or behind the beginning of such a generation.
fn write_end(trace: &Trace<'_>, number: u64, to: Time, out: impl Write) -> Result<(), ConvertError> {
    let mut batches = Batches::new(out);
    batches.set_generation(number);
    let time = (to.0.max(2) as u64) - 1;
    batches.sync(NEWEST, time, snapshot_at(trace, Time(time as i64)))?;
    batches.finish(NEWEST)?;
    Ok(())
}
