//! Tracks in the form of Perfetto: a protocol buffer of packets.
//!
//! Perfetto sorts packets by their times, and those of one time stay in the order of the
//! file. So a slice is written when it is over, both its ends at once; and names, stacks and
//! tracks before the first packet that refers to them, but for the tracks of goroutines
//! whose functions are learned late.

mod interned;
mod proto;
#[cfg(test)]
mod tests;

use super::label::Label;
use super::track::{Described, Shape, Track};
use super::writer::{Flow, Happening, Name, Times, TrackWriter, Value};
use crate::generation::WallTime;
use crate::timeline::stacks::{StackKey, Stacks};
use interned::Interned;
use prost::Message;
use proto::{
    ChildTracksOrdering, Clock, ClockSnapshot, CounterDescriptor, DebugAnnotation, SiblingMergeBehavior,
    StateDescriptor, TracePacket, TrackDescriptor, TrackEvent, Type, Unit,
};
use rustc_hash::FxHashMap;
use std::io::{self, Write};

/// Number of the sequence that all packets are of.
const SEQUENCE: u32 = 1;

/// Tag of `Trace.packet`, a field 1 with a length.
const PACKET: u8 = 1 << 3 | 2;

/// Writes tracks in the form of Perfetto.
pub(super) struct Perfetto<O> {
    out: O,
    /// True if states are written as such; else they are slices.
    states: bool,
    wall: Option<WallTime>,
    begun: bool,
    interned: Interned,
    /// Ends of the last states of tracks, which are not written: where another state begins,
    /// that ends it.
    ends: FxHashMap<Track, i64>,
    /// Bytes of a packet.
    bytes: Vec<u8>,
    /// The packet of the last event, kept to save allocations.
    packet: TracePacket,
}

impl<O: Write> Perfetto<O> {
    /// Returns a writer of a trace that began at some time of the wall clock.
    pub(super) fn new(out: O, states: bool, wall: Option<WallTime>) -> Perfetto<O> {
        let packet = TracePacket {
            trusted_packet_sequence_id: Some(SEQUENCE),
            sequence_flags: Some(TracePacket::SEQ_NEEDS_INCREMENTAL_STATE),
            track_event: Some(TrackEvent::default()),
            ..TracePacket::default()
        };
        Perfetto {
            out,
            states,
            wall,
            begun: false,
            interned: Interned::default(),
            ends: FxHashMap::default(),
            bytes: Vec::new(),
            packet,
        }
    }

    /// Writes a packet, behind those that all traces begin with.
    fn packet(&mut self, packet: &TracePacket) -> io::Result<()> {
        if !std::mem::replace(&mut self.begun, true) {
            self.write(&TracePacket {
                trusted_packet_sequence_id: Some(SEQUENCE),
                sequence_flags: Some(TracePacket::SEQ_INCREMENTAL_STATE_CLEARED),
                first_packet_on_sequence: Some(true),
                interned_data: Some(Interned::beginning()),
                ..TracePacket::default()
            })?;
            if let Some(snapshot) = self.wall.and_then(snapshot) {
                let (id, clock_snapshot) = (Some(SEQUENCE), Some(snapshot));
                let packet = TracePacket { trusted_packet_sequence_id: id, clock_snapshot, ..TracePacket::default() };
                self.write(&packet)?;
            }
        }
        self.write(packet)
    }

    fn write(&mut self, packet: &TracePacket) -> io::Result<()> {
        self.bytes.clear();
        self.bytes.push(PACKET);
        packet.encode_length_delimited(&mut self.bytes).map_err(io::Error::other)?;
        self.out.write_all(&self.bytes)
    }

    /// Writes an event that `fill` fills in, behind the names and stacks that it is the first
    /// to have.
    fn event(
        &mut self,
        (track, time, kind): (Track, i64, Type),
        fill: impl FnOnce(&mut TrackEvent, &mut Interned),
    ) -> io::Result<()> {
        let mut packet = std::mem::take(&mut self.packet);
        packet.timestamp = Some(time.unsigned_abs());
        if let Some(event) = &mut packet.track_event {
            event.debug_annotations.clear();
            event.flow_ids.clear();
            event.terminating_flow_ids.clear();
            (event.name, event.name_iid, event.callstack_iid, event.counter_value) = (None, None, None, None);
            event.track_uuid = Some(track.uuid());
            event.set_type(kind);
            fill(event, &mut self.interned);
        }
        if let Some(news) = self.interned.news() {
            let interned_data = Some(news);
            self.packet(&TracePacket { interned_data, track_event: None, timestamp: None, ..packet.clone() })?;
        }
        let written = self.packet(&packet);
        self.packet = packet;
        written
    }

    /// Writes an event that is, or begins, something.
    fn happens(&mut self, at: (Track, i64, Type), what: &Happening<'_>, known: &Stacks) -> io::Result<()> {
        self.event(at, |event, interned| {
            match what.name {
                // There may be as many of these as goroutines.
                Name::Label(label @ Label::Goroutine(_)) => event.name = Some(label.text(&known.names).into_owned()),
                Name::Label(label) => event.name_iid = Some(interned.label(label, known)),
                Name::Text(text) => event.name = Some(String::from_utf8_lossy(text).into_owned()),
            }
            annotate(event, what.args, interned);
            event.callstack_iid = interned.stack(what.stack, known);
            match what.flow {
                Some(Flow::Begins(flow)) => event.flow_ids.push(flow),
                Some(Flow::Ends(flow)) => event.terminating_flow_ids.push(flow),
                None => {}
            }
        })
    }
}

/// Adds arguments to an event.
fn annotate(event: &mut TrackEvent, args: &[(&'static str, Value<'_>)], interned: &mut Interned) {
    for &(name, value) in args {
        let name_iid = Some(interned.argument(name));
        event.debug_annotations.push(match value {
            Value::Number(number) => DebugAnnotation { name_iid, uint_value: Some(number), string_value: None },
            Value::Text(text) => {
                let text = Some(String::from_utf8_lossy(text).into_owned());
                DebugAnnotation { name_iid, uint_value: None, string_value: text }
            }
        });
    }
}

/// Returns the clocks at time 0.
fn snapshot(wall: WallTime) -> Option<ClockSnapshot> {
    let seconds = u64::try_from(wall.secs).ok()?;
    let wall = seconds.checked_mul(1_000_000_000)?.checked_add(u64::from(wall.nanos))?;
    let clock = |id, time| Clock { clock_id: Some(id), timestamp: Some(time) };
    Some(ClockSnapshot { clocks: vec![clock(Clock::BOOTTIME, 0), clock(Clock::REALTIME, wall)] })
}

impl<O: Write> TrackWriter for Perfetto<O> {
    type Output = O;

    fn describe(&mut self, described: &Described<'_>) -> io::Result<()> {
        let &Described { track, parent, name, shape, rank } = described;
        let merge = if shape == Shape::Shared { SiblingMergeBehavior::ByTrackName } else { SiblingMergeBehavior::None };
        let unit = match shape {
            Shape::Numbers => Some(Unit::Count),
            Shape::Bytes => Some(Unit::SizeBytes),
            _ => None,
        };
        let descriptor = TrackDescriptor {
            uuid: Some(track.uuid()),
            parent_uuid: parent.map(Track::uuid),
            name: Some(name.to_owned()),
            child_ordering: (shape == Shape::Group).then_some(ChildTracksOrdering::Explicit as i32),
            sibling_order_rank: parent.map(|_| i32::try_from(rank).unwrap_or(i32::MAX)),
            sibling_merge_behavior: Some(merge as i32),
            counter: unit.map(|unit| CounterDescriptor { unit: Some(unit as i32) }),
            state: (shape == Shape::States && self.states).then_some(StateDescriptor {}),
        };
        self.packet(&TracePacket {
            trusted_packet_sequence_id: Some(SEQUENCE),
            track_descriptor: Some(descriptor),
            ..TracePacket::default()
        })
    }

    fn slice(
        &mut self,
        track: Track,
        times: Times,
        what: &Happening<'_>,
        end: StackKey,
        known: &Stacks,
    ) -> io::Result<()> {
        self.happens((track, times.from, Type::SliceBegin), what, known)?;
        if !times.ended {
            return Ok(());
        }
        self.event((track, times.to, Type::SliceEnd), |event, interned| {
            event.callstack_iid = interned.stack(end, known);
        })
    }

    fn state(&mut self, track: Track, times: Times, what: &Happening<'_>, known: &Stacks) -> io::Result<()> {
        if !self.states {
            return self.slice(track, times, what, StackKey::EMPTY, known);
        }
        if let Some(end) = self.ends.remove(&track).filter(|end| *end != times.from) {
            self.event((track, end, Type::State), |_, _| ())?;
        }
        if times.ended {
            self.ends.insert(track, times.to);
        }
        self.happens((track, times.from, Type::State), what, known)
    }

    fn begin(&mut self, track: Track, time: i64, what: &Happening<'_>, known: &Stacks) -> io::Result<()> {
        self.happens((track, time, Type::SliceBegin), what, known)
    }

    fn end(&mut self, track: Track, time: i64, args: &[(&'static str, Value<'_>)]) -> io::Result<()> {
        self.event((track, time, Type::SliceEnd), |event, interned| annotate(event, args, interned))
    }

    fn instant(&mut self, track: Track, time: i64, what: &Happening<'_>, known: &Stacks) -> io::Result<()> {
        self.happens((track, time, Type::Instant), what, known)
    }

    fn counter(&mut self, track: Track, time: i64, value: u64) -> io::Result<()> {
        self.event((track, time, Type::Counter), |event, _| {
            event.counter_value = Some(i64::try_from(value).unwrap_or(i64::MAX));
        })
    }

    fn finish(mut self, _: &Stacks) -> io::Result<O> {
        // A state that nothing follows, as that of a goroutine that ended.
        let mut ends: Vec<(Track, i64)> = std::mem::take(&mut self.ends).into_iter().collect();
        ends.sort_unstable_by_key(|(track, _)| track.uuid());
        for (track, end) in ends {
            self.event((track, end, Type::State), |_, _| ())?;
        }
        self.out.flush()?;
        Ok(self.out)
    }
}
