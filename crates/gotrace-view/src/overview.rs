//! Reads all of a trace once, and tells what there is as it comes.

use crate::encode;
use crate::follow::{Learn, Learned};
use crate::meta::{Meta, utc};
use crate::opened::{Opened, Source};
use crate::view::View;
use gotrace::lanes::{Checkpoints, Overview, Tile};
use gotrace::{Time, Trace, Version};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Least number of cells of the overview, which has up to twice as many.
const CELLS: u32 = 4096;
/// So many functions are told with it: those that it has lanes of are among them.
const FUNCTIONS: usize = 512;

impl View {
    /// Shows a trace from now on: reads all of it once, for the overview, on a thread of its
    /// own.
    pub fn show(self: &Arc<View>, source: Source) {
        let trace = source.trace;
        let start = trace.start().unwrap_or_default();
        let name = source.name.clone();
        self.update(|meta| {
            meta.name = name;
            introduce(meta, trace, start);
        });
        if self.open(Opened { source, start }) {
            let view = Arc::clone(self);
            std::thread::spawn(move || read(&view));
        }
    }
}

/// Takes note of what is known before the first event.
pub(crate) fn introduce(meta: &mut Meta, trace: &Trace<'_>, start: Time) {
    let version = trace.version();
    meta.bytes = trace.bytes().len() as u64;
    meta.format = Some(format(version));
    meta.v1 = version.is_v1();
    meta.generations = trace.generations().len();
    meta.start = Some(start.0);
    meta.warnings = trace.warnings().iter().map(ToString::to_string).collect();
    let starts = || trace.generations().iter().map(|generation| generation.start().0);
    let clock = trace.generations().iter().find_map(|generation| generation.clock_snapshot());
    meta.wall_start = clock.map(|clock| utc(clock.wall_at(start)));
    if let (Some(first), Some(last), count @ 2..) = (starts().min(), starts().max(), meta.generations as i64) {
        meta.estimated_span = Some((last - first) / (count - 1) * count);
    }
}

/// Makes the overview.
pub(crate) fn read(view: &View) {
    let Ok(opened) = view.opened() else {
        return view.end(|meta| meta.error = Some("the file was written to while it was opened".into()));
    };
    let (trace, start) = (opened.source.trace, opened.start);
    let (reached, mut end) = (AtomicU64::new(0), 0);
    let tile = |tile: Tile, events: u64| {
        let bytes = encode::whole(&tile, start, |name| view.functions.number(name));
        let until = tile.to.since(start);
        end = until;
        view.update(|meta| {
            meta.events = events;
            meta.read_bytes = meta.read_bytes.max(reached.load(Relaxed));
            meta.procs = meta.procs.max(tile.gomaxprocs.unwrap_or(0));
            meta.functions = view.functions.first(FUNCTIONS);
            meta.estimated_span = estimate(meta, until);
            meta.read_generations = trace.generations().iter().filter(|g| g.start() < tile.to).count();
        });
        view.add_frame(1, &bytes);
        view.add_meta(2);
    };
    let learned = |learned: Learned| {
        view.functions.remember(learned.functions.iter().map(|(id, name)| (*id, name.as_slice())));
        view.update(|meta| {
            meta.has = learned.has;
            (meta.goroutines, meta.threads) = (learned.goroutines, learned.threads);
        });
    };
    let watch = |event: &gotrace::Event<'_>| {
        reached.fetch_max(event.offset().unwrap_or(0), Relaxed);
    };
    let analyzed = trace.analyze_watched((Learn::new(learned), Overview::new(trace, CELLS, tile)), watch);
    view.end(|meta| match analyzed {
        Ok(analyzed) => {
            meta.events = analyzed.output.1;
            meta.read_bytes = meta.bytes;
            meta.read_generations = meta.generations;
            (meta.span, meta.estimated_span) = (Some(end), Some(end));
            // Those of before are among them.
            meta.warnings = analyzed.warnings.iter().map(ToString::to_string).collect();
        }
        Err(e) => meta.error = Some(e.to_string()),
    });
    // By now the page has what it draws first.
    let _ = view.checkpoints.set(Checkpoints::of(trace, view.meta().events, || true));
}

/// Foretells how long the trace is, of which so many nanoseconds have been read.
fn estimate(meta: &Meta, until: i64) -> Option<i64> {
    match meta.estimated_span {
        Some(told) if meta.generations > 1 => Some(told.max(until)),
        _ if meta.read_bytes == 0 => Some(until),
        _ => Some(((until as f64 * (meta.bytes as f64 / meta.read_bytes as f64)) as i64).max(until)),
    }
}

/// Names a format after the releases of Go that write it.
fn format(version: Version) -> String {
    let releases = match version {
        Version::Go105 => "1.5",
        Version::Go107 => "1.7",
        Version::Go108 => "1.8",
        Version::Go109 => "1.9",
        Version::Go110 => "1.10",
        Version::Go111 => "1.11",
        Version::Go119 => "1.19",
        Version::Go121 => "1.21",
        Version::Go122 => "1.22",
        Version::Go123 => "1.23",
        Version::Go125 => "1.25",
        Version::Go126 => "1.26",
        _ => "of a later release",
    };
    format!("Go {releases}")
}
