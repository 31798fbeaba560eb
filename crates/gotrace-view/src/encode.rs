//! Tiles as bytes, as docs/view-api.md says.

use bytes::Bytes;
use gotrace::Time;
use gotrace::lanes::{Band, Counter, Item, LaneKind, LaneState, Step, Tile};

/// Owner of a lane, on the wire.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct LaneId {
    pub(crate) kind: u8,
    pub(crate) id: f64,
}

impl LaneId {
    pub(crate) const fn new(kind: u8, id: f64) -> LaneId {
        LaneId { kind, id }
    }
}

pub(crate) const GOROUTINE: u8 = 2;
pub(crate) const GROUP: u8 = 3;
pub(crate) const PACKED: u8 = 4;
pub(crate) const TASKS: u8 = 6;
pub(crate) const REGIONS: u8 = 7;
const COUNTER: u8 = 8;

/// Writes one tile.
pub(crate) struct Encoder {
    bytes: Vec<u8>,
    from: i64,
    to: i64,
    cell: i64,
    unit: i64,
    /// Time that all Ps could have run in a nanosecond.
    procs: f64,
}

impl Encoder {
    /// Begins a tile of a stretch of the trace's clock; times on the wire are since `start`.
    pub(crate) fn new((from, to): (i64, i64), cell: i64, start: Time, procs: u64) -> Encoder {
        let span = to.saturating_sub(from).max(1);
        let unit = (span / i64::from(u32::MAX) + 1).cast_unsigned().next_power_of_two() as i64;
        let mut bytes = Vec::with_capacity(1 << 14);
        for value in [from.saturating_sub(start.0), to.saturating_sub(start.0), cell, unit] {
            bytes.extend_from_slice(&(value as f64).to_le_bytes());
        }
        Encoder { bytes, from, to, cell, unit, procs: procs.max(1) as f64 }
    }

    fn head(&mut self, lane: LaneId, count: usize) {
        self.bytes.extend_from_slice(&[lane.kind, 0, 0, 0]);
        self.bytes.extend_from_slice(&(count as u32).to_le_bytes());
        self.bytes.extend_from_slice(&lane.id.to_le_bytes());
    }

    /// Adds a lane.
    pub(crate) fn lane(&mut self, lane: LaneId, items: &[Item]) {
        self.head(lane, items.len());
        for item in items {
            let busy = item.busy() as f64;
            let (state, label, full) = match lane.kind {
                GROUP => (1, busy, item.nanos().min(self.cell).max(1) as f64 * self.procs),
                _ => (number(item.state()), item.label as f64, item.nanos().max(1) as f64),
            };
            let fill = (busy / full * 255.0).round().clamp(1.0, 255.0) as u8;
            self.item(item.start.0, item.end.0, label, item.spans, state, fill);
        }
    }

    /// Adds a lane of spans that follow each other, as far as they lie in the stretch; short
    /// ones that begin in one cell are merged.
    pub(crate) fn spans(&mut self, lane: LaneId, spans: &[(i64, i64, f64)]) {
        let mut merged: Vec<(i64, i64, f64, u32)> = Vec::new();
        for &(start, end, label) in spans {
            let (start, end) = (start.max(self.from), end.min(self.to));
            let cell = |time: i64| (time - self.from) / self.cell.max(1);
            match merged.last_mut() {
                Some((first, last, of, count)) if end - start < self.cell && cell(*first) == cell(start) => {
                    (*last, *count) = ((*last).max(end), *count + 1);
                    *of = if *of == label { label } else { 0.0 };
                }
                _ => merged.push((start, end, label, 1)),
            }
        }
        self.head(lane, merged.len());
        for (start, end, label, count) in merged {
            self.item(start, end, label, count, 1, 255);
        }
    }

    fn item(&mut self, start: i64, end: i64, label: f64, spans: u32, state: u8, fill: u8) {
        let at = |time: i64| ((time - self.from).max(0) / self.unit) as u32;
        let (begin, until) = (at(start), at(end));
        let flags = u8::from(start <= self.from) | u8::from(end >= self.to) << 1 | u8::from(spans != 1) << 2;
        self.bytes.extend_from_slice(&begin.to_le_bytes());
        self.bytes.extend_from_slice(&until.saturating_sub(begin).to_le_bytes());
        self.bytes.extend_from_slice(&label.to_le_bytes());
        self.bytes.extend_from_slice(&spans.to_le_bytes());
        self.bytes.extend_from_slice(&[state, fill, flags, 0]);
    }

    /// Adds a counter.
    pub(crate) fn counter(&mut self, counter: Counter, steps: &[Step], start: Time) {
        self.head(LaneId::new(COUNTER, f64::from(counter as u8)), steps.len());
        for step in steps {
            self.bytes.extend_from_slice(&(step.time.since(start) as f64).to_le_bytes());
            self.bytes.extend_from_slice(&step.value.to_le_bytes());
        }
    }

    pub(crate) fn finish(self) -> Bytes {
        Bytes::from(self.bytes)
    }
}

/// Returns the number of a state on the wire.
fn number(state: LaneState) -> u8 {
    match state {
        LaneState::Running => 1,
        LaneState::Runnable => 2,
        LaneState::Waiting => 3,
        LaneState::Syscall => 4,
        LaneState::Looking => 5,
        LaneState::Collecting => 7,
        LaneState::Stopped => 8,
        LaneState::Marking => 9,
        _ => 0,
    }
}

/// Returns whose lane it is, on the wire; `group` numbers functions.
pub(crate) fn lane_id(kind: &LaneKind, group: impl Fn(&[u8]) -> u32) -> LaneId {
    match kind {
        LaneKind::Proc(id) => LaneId::new(0, id.0 as f64),
        LaneKind::Thread(id) => LaneId::new(1, id.0 as f64),
        LaneKind::Goroutine(id) => LaneId::new(GOROUTINE, id.0 as f64),
        LaneKind::Group(name) => LaneId::new(GROUP, f64::from(group(name))),
        LaneKind::Packed(number) => LaneId::new(PACKED, f64::from(*number)),
        LaneKind::Band(band) => band_id(*band),
        _ => LaneId::new(u8::MAX, 0.0),
    }
}

/// Returns whose lane a band is, on the wire.
pub(crate) fn band_id(band: Band) -> LaneId {
    LaneId::new(5, f64::from(band as u8))
}

/// Writes all of a tile, in the order of its lanes.
pub(crate) fn whole(tile: &Tile, start: Time, group: impl Fn(&[u8]) -> u32) -> Bytes {
    let mut encoder = Encoder::new((tile.from.0, tile.to.0), tile.cell, start, tile.gomaxprocs.unwrap_or(1));
    for row in &tile.rows {
        encoder.lane(lane_id(&row.kind, &group), &row.items);
    }
    for steps in &tile.counters {
        encoder.counter(steps.counter, &steps.steps, start);
    }
    encoder.finish()
}
