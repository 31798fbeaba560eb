use super::proto::{TracePacket, Type};
use crate::timeline::Interval;
use crate::tracks::{ExportError, Form, Tracks, Written};
use crate::{GoId, Trace, Window};
use prost::Message;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

const MIXED: &[u8] = include_bytes!("../../../testdata/traces/go1.27/mixed.trace");

/// The message that a file is.
#[derive(Clone, PartialEq, Message)]
struct File {
    #[prost(message, repeated, tag = "1")]
    packet: Vec<TracePacket>,
}

fn export(tracks: Tracks<'_>) -> (Vec<TracePacket>, Written) {
    let trace = Trace::parse(MIXED).unwrap();
    let mut out = Vec::new();
    let written = tracks.write(&trace, &mut out, |_| true).unwrap().unwrap();
    assert_eq!(written.bytes, out.len() as u64);
    (File::decode(&*out).unwrap().packet, written)
}

/// Returns the packets of a type, with their tracks.
fn events(packets: &[TracePacket], kind: Type) -> Vec<(u64, &TracePacket)> {
    let of = |packet: &TracePacket| packet.track_event.as_ref().is_some_and(|event| event.r#type() == kind);
    let track = |packet: &TracePacket| packet.track_event.as_ref().and_then(|event| event.track_uuid).unwrap();
    packets.iter().filter(|packet| of(packet)).map(|packet| (track(packet), packet)).collect()
}

/// Returns the names of tracks that are below one, by their numbers.
fn below(packets: &[TracePacket], name: &str) -> BTreeMap<u64, String> {
    let tracks: Vec<_> = packets.iter().filter_map(|packet| packet.track_descriptor.as_ref()).collect();
    let mut found = BTreeMap::new();
    let mut above = BTreeSet::from([tracks.iter().find(|track| track.name() == name).unwrap().uuid()]);
    // A group is described before what is below it.
    for track in tracks {
        if above.contains(&track.parent_uuid()) {
            above.insert(track.uuid());
            found.insert(track.uuid(), track.name().to_owned());
        }
    }
    found
}

#[test]
fn states_are_those_of_the_intervals() {
    let trace = Trace::parse(MIXED).unwrap();
    let mut want: BTreeMap<String, (usize, i64)> = BTreeMap::new();
    for interval in trace.intervals() {
        if let Interval::Goroutine(id, span) = interval.unwrap() {
            let sum = want.entry(format!("G{id}")).or_default();
            *sum = (sum.0 + 1, sum.1 + if span.ended() { span.nanos() } else { 0 });
        }
    }
    for form in [Form::Perfetto, Form::PerfettoSlices] {
        let (packets, written) = export(Tracks::new(form).goroutines(None));
        assert_eq!((written.goroutines, written.left_out), (want.len() as u64, 0));
        let tracks = below(&packets, "Goroutines");
        let mut got: BTreeMap<String, (usize, i64)> = BTreeMap::new();
        let mut open: BTreeMap<u64, u64> = BTreeMap::new();
        // Sorted by time; those of one time stay in the order of the file.
        let mut all: Vec<_> = packets.iter().filter(|packet| packet.track_event.is_some()).collect();
        all.sort_by_key(|packet| packet.timestamp());
        for packet in all {
            let track = packet.track_event.as_ref().unwrap().track_uuid();
            let Some(name) = tracks.get(&track) else { continue };
            let event = packet.track_event.as_ref().unwrap();
            let sum = got.entry(name.clone()).or_default();
            if let Some(start) = open.remove(&track) {
                sum.1 += (packet.timestamp() - start) as i64;
            }
            if event.name_iid.is_some() {
                sum.0 += 1;
                open.insert(track, packet.timestamp());
            }
        }
        // Regions have tracks of their own below those of goroutines.
        got.retain(|name, _| name.starts_with('G'));
        assert_eq!(got, want, "{form:?}");
        assert_eq!(events(&packets, Type::State).is_empty(), form == Form::PerfettoSlices);
    }
}

#[test]
fn flows_begin_at_a_waking_and_end_at_a_run() {
    let (packets, _) = export(Tracks::new(Form::Perfetto));
    let procs = below(&packets, "Ps");
    let mut begun = BTreeMap::new();
    for (_, packet) in events(&packets, Type::Instant) {
        for flow in &packet.track_event.as_ref().unwrap().flow_ids {
            assert_eq!(begun.insert(*flow, packet.timestamp()), None, "a flow begins once");
        }
    }
    let mut ended = 0;
    for (track, packet) in events(&packets, Type::SliceBegin) {
        for flow in &packet.track_event.as_ref().unwrap().terminating_flow_ids {
            assert!(begun.remove(flow).unwrap() <= packet.timestamp() && procs.contains_key(&track));
            ended += 1;
        }
    }
    assert!(ended > 100 && begun.len() < ended / 10, "{ended} of {}", begun.len());
}

#[test]
fn only_the_first_goroutines_have_tracks() {
    let (all, _) = export(Tracks::new(Form::Perfetto).goroutines(None));
    let (few, written) = export(Tracks::new(Form::Perfetto).goroutines(Some(3)));
    let goroutines = |packets: &[TracePacket]| {
        packets
            .iter()
            .filter_map(|packet| packet.track_descriptor.as_ref())
            .filter(|track| track.state.is_some())
            .count()
    };
    assert_eq!((goroutines(&all) as u64, goroutines(&few)), (written.goroutines, 3));
    assert_eq!(written.left_out, written.goroutines - 3);
    assert_eq!(below(&few, "Ps"), below(&all, "Ps"), "others stay");
}

#[test]
fn a_window_has_what_is_in_it() {
    let trace = Trace::parse(MIXED).unwrap();
    let start = trace.events().next().unwrap().unwrap().time();
    let at = |nanos| Some(crate::Time(start.0 + nanos));
    let selection =
        crate::Selection::default().window(Window::new(at(10_000_000), at(20_000_000))).goroutines([GoId(1)]);
    let selected = selection.resolve(Default::default()).unwrap();
    let scope = crate::selection::Scope::new(Some(&selected)).unwrap();
    let (packets, written) = export(Tracks::new(Form::Perfetto).scope(scope));
    assert_eq!(written.goroutines, 1);
    let times: Vec<u64> = packets.iter().filter_map(|packet| packet.timestamp).collect();
    assert!(times.iter().all(|time| (10_000_000..=20_000_000).contains(time)), "{times:?}");
    assert!(times.len() > 100);
}

/// A writer that has no room for more than some bytes.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(data.len()).ok_or(io::ErrorKind::StorageFull)?;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_cannot_be_written_ends_the_export() {
    let trace = Trace::parse(MIXED).unwrap();
    for form in [Form::Perfetto, Form::PerfettoSlices, Form::Chrome] {
        for room in [0, 10, 1000, 100_000] {
            match Tracks::new(form).write(&trace, Full(room), |_| true) {
                Err(ExportError::Io(e)) => assert_eq!(e.kind(), io::ErrorKind::StorageFull, "{form:?} {room}"),
                other => panic!("{form:?} {room}: {other:?}"),
            }
        }
        assert!(Tracks::new(form).write(&trace, io::sink(), |_| false).unwrap().is_none());
    }
}
