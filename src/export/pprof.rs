//! Profiles in the form that `go tool pprof` reads: a gzip-compressed protocol
//! buffer (`proto/profile.proto` of github.com/google/pprof).

mod proto;

use crate::analysis::names::NameId;
use crate::analysis::profile::{Profile, ProfileKind};
use crate::analysis::stacks::KeptFrame;
use crate::spec::state::GoState;
use flate2::Compression;
use flate2::write::GzEncoder;
use prost::Message;
use rustc_hash::FxHashMap;
use std::io::{self, Write};
use std::time::Duration;

/// Usual time between two samples of the CPU profiler, unless the program sets another: a
/// hundred samples a second of CPU time.
pub const USUAL_CPU_PERIOD: Duration = Duration::from_millis(10);

/// Writes a profile.
///
/// Sample types are those of Go's tools: `contentions/count` and `delay/nanoseconds`; for
/// [`ProfileKind::Wall`] `spans/count` and `wall/nanoseconds`, with the labels `state` and
/// `reason`; for [`ProfileKind::Cpu`] `samples/count` and `cpu/nanoseconds`, where each
/// sample stands for `cpu_period`, which the trace does not have.
///
/// # Errors
/// Returns the error if `out` cannot be written to.
pub fn write(profile: &Profile, cpu_period: Duration, out: impl Write) -> io::Result<()> {
    let mut gzip = GzEncoder::new(out, Compression::default());
    gzip.write_all(&message(profile, cpu_period).encode_to_vec())?;
    gzip.finish()?.flush()
}

/// Returns the profile as a message.
fn message(profile: &Profile, cpu_period: Duration) -> proto::Profile {
    let mut tables = Tables::default();
    // String 0 is the empty one, as the format demands.
    tables.string(b"");
    let mut value_type = |kind: &str, unit: &str| {
        let (r#type, unit) = (tables.string(kind.as_bytes()), tables.string(unit.as_bytes()));
        proto::ValueType { r#type, unit }
    };
    let nanos = i64::try_from(cpu_period.as_nanos()).unwrap_or(i64::MAX);
    let (period_type, period, count, value) = match profile.kind {
        ProfileKind::Cpu => {
            (value_type("cpu", "nanoseconds"), nanos, value_type("samples", "count"), value_type("cpu", "nanoseconds"))
        }
        ProfileKind::Wall => {
            (value_type("trace", "count"), 1, value_type("spans", "count"), value_type("wall", "nanoseconds"))
        }
        _ => (value_type("trace", "count"), 1, value_type("contentions", "count"), value_type("delay", "nanoseconds")),
    };
    let samples = profile.samples.iter().map(|sample| {
        let frames = profile.stacks.frames(sample.stack);
        let location_id = frames.iter().map(|frame| tables.location(frame, profile)).collect();
        let count = i64::try_from(sample.count).unwrap_or(i64::MAX);
        let value = profile.time((sample.count, sample.nanos), cpu_period);
        let label = tables.labels(sample.state, sample.reason, profile);
        proto::Sample { location_id, value: vec![count, value], label }
    });
    let sample = samples.collect();
    proto::Profile {
        sample_type: vec![count, value],
        sample,
        location: tables.locations,
        function: tables.functions,
        string_table: tables.strings,
        period_type: Some(period_type),
        period,
    }
}

/// Tables that samples refer to, with each entry once.
#[derive(Default)]
struct Tables {
    strings: Vec<Vec<u8>>,
    string_ids: FxHashMap<Vec<u8>, i64>,
    functions: Vec<proto::Function>,
    function_ids: FxHashMap<(NameId, NameId), u64>,
    locations: Vec<proto::Location>,
    location_ids: FxHashMap<(u64, NameId, NameId, u64), u64>,
}

impl Tables {
    fn string(&mut self, text: &[u8]) -> i64 {
        if let Some(&id) = self.string_ids.get(text) {
            return id;
        }
        let id = self.strings.len() as i64;
        self.strings.push(text.to_vec());
        self.string_ids.insert(text.to_vec(), id);
        id
    }

    fn location(&mut self, frame: &KeptFrame, profile: &Profile) -> u64 {
        let key = (frame.pc, frame.func, frame.file, frame.line);
        if let Some(&id) = self.location_ids.get(&key) {
            return id;
        }
        let function_id = self.function(frame, profile);
        let id = self.locations.len() as u64 + 1;
        let line = proto::Line { function_id, line: i64::try_from(frame.line).unwrap_or(i64::MAX) };
        self.locations.push(proto::Location { id, address: frame.pc, line: vec![line] });
        self.location_ids.insert(key, id);
        id
    }

    fn function(&mut self, frame: &KeptFrame, profile: &Profile) -> u64 {
        if let Some(&id) = self.function_ids.get(&(frame.func, frame.file)) {
            return id;
        }
        let id = self.functions.len() as u64 + 1;
        let names = &profile.stacks.names;
        let name = self.string(&text(names.get(frame.func)));
        let filename = self.string(&text(names.get(frame.file)));
        self.functions.push(proto::Function { id, name, system_name: name, filename });
        self.function_ids.insert((frame.func, frame.file), id);
        id
    }

    fn labels(&mut self, state: Option<GoState>, reason: NameId, profile: &Profile) -> Vec<proto::Label> {
        let Some(state) = state else { return Vec::new() };
        let state = match state {
            GoState::Running => "running",
            GoState::Runnable => "runnable",
            GoState::Waiting => "waiting",
            GoState::Syscall => "syscall",
            GoState::NotExist | GoState::Undetermined => "unknown",
        };
        let mut labels = vec![proto::Label { key: self.string(b"state"), str: self.string(state.as_bytes()) }];
        if reason != NameId::EMPTY {
            let reason = text(profile.stacks.names.get(reason));
            labels.push(proto::Label { key: self.string(b"reason"), str: self.string(&reason) });
        }
        labels
    }
}

/// Returns a name as UTF-8, which protocol buffers require of strings and Go does not.
fn text(name: &[u8]) -> Vec<u8> {
    match String::from_utf8_lossy(name) {
        std::borrow::Cow::Borrowed(same) => same.as_bytes().to_vec(),
        std::borrow::Cow::Owned(mended) => mended.into_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Trace;
    use crate::analysis::profile::CollectProfile;
    use flate2::read::GzDecoder;
    use std::io::Read;

    /// Checks that what is read back is what was counted, frame by frame.
    #[test]
    fn profiles_come_back() {
        let bytes = include_bytes!("../../testdata/traces/go1.27/mixed.trace");
        let trace = Trace::parse(bytes).unwrap();
        for kind in [ProfileKind::Sched, ProfileKind::Sync, ProfileKind::Wall, ProfileKind::Cpu] {
            let profile = trace.analyze(CollectProfile::new(kind)).unwrap().output;
            assert!(profile.total().0 > 0, "{kind:?}");
            let (mut file, mut raw) = (Vec::new(), Vec::new());
            write(&profile, USUAL_CPU_PERIOD, &mut file).unwrap();
            GzDecoder::new(&*file).read_to_end(&mut raw).unwrap();
            let read = proto::Profile::decode(&*raw).unwrap();
            assert_eq!(read.string_table[0], b"");
            let (count, nanos) = profile.total();
            let sum = |at: usize| read.sample.iter().map(|sample| sample.value[at]).sum::<i64>();
            let want = if kind == ProfileKind::Cpu { count as i64 * 10_000_000 } else { nanos };
            assert_eq!((sum(0), sum(1)), (count as i64, want), "{kind:?}");
            for (sample, written) in profile.samples.iter().zip(&read.sample) {
                let frames = profile.stacks.frames(sample.stack);
                assert_eq!(frames.len(), written.location_id.len());
                for (frame, id) in frames.iter().zip(&written.location_id) {
                    let location = &read.location[*id as usize - 1];
                    let function = &read.function[location.line[0].function_id as usize - 1];
                    assert_eq!((location.id, location.address), (*id, frame.pc));
                    assert_eq!(location.line[0].line, frame.line as i64);
                    assert_eq!(read.string_table[function.name as usize], profile.stacks.names.get(frame.func));
                }
                assert_eq!(written.label.is_empty(), kind != ProfileKind::Wall);
            }
        }
    }
}
