//! Profiles in the form of speedscope: JSON, `sampled` profiles whose samples are stacks of
//! indexes of shared frames (`https://www.speedscope.app/file-format-schema.json`).

use super::folded::{NO_STACK, function, state};
use super::json::fields::quote;
use crate::analysis::names::NameId;
use crate::analysis::profile::Profile;
use crate::timeline::stacks::{KeptFrame, Stacks};
use rustc_hash::FxHashMap;
use std::io::{self, Write};
use std::time::Duration;

/// Writes a profile under a name. Weights are nanoseconds; a [`ProfileKind::Wall`](crate::analysis::profile::ProfileKind::Wall) profile
/// has the state, with the reason, as the innermost frame, and in a [`ProfileKind::Cpu`](crate::analysis::profile::ProfileKind::Cpu)
/// profile each sample stands for `cpu_period`.
///
/// # Errors
/// If `out` cannot be written to.
pub fn write(profile: &Profile, name: &str, cpu_period: Duration, out: &mut impl Write) -> io::Result<()> {
    let mut frames = Frames::default();
    let (mut samples, mut weights, mut total) = (Vec::new(), Vec::new(), 0i64);
    for (at, sample) in profile.samples.iter().enumerate() {
        let stack = profile.stacks.frames(sample.stack);
        let mut indexes: Vec<usize> = stack.iter().rev().map(|frame| frames.of(frame, &profile.stacks)).collect();
        indexes.extend(state(sample, profile).map(|state| frames.named(&state)));
        if indexes.is_empty() {
            indexes.push(frames.named(NO_STACK));
        }
        // The format has no negative weights, which a damaged trace may have.
        let weight = profile.time((sample.count, sample.nanos), cpu_period).max(0);
        total = total.saturating_add(weight);
        let separator = if at == 0 { "" } else { "," };
        write!(samples, "{separator}\n{indexes:?}")?;
        write!(weights, "{separator}{weight}")?;
    }
    let mut quoted = Vec::new();
    quote(&mut quoted, name.as_bytes());
    out.write_all(b"{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\n\"exporter\":\"gotrace ")?;
    out.write_all(env!("CARGO_PKG_VERSION").as_bytes())?;
    out.write_all(b"\",\"name\":")?;
    out.write_all(&quoted)?;
    out.write_all(b",\"activeProfileIndex\":0,\n\"shared\":{\"frames\":[")?;
    out.write_all(&frames.text)?;
    out.write_all(b"]},\n\"profiles\":[{\"type\":\"sampled\",\"name\":")?;
    out.write_all(&quoted)?;
    write!(out, ",\"unit\":\"nanoseconds\",\"startValue\":0,\"endValue\":{total},\n\"samples\":[")?;
    out.write_all(&samples)?;
    out.write_all(b"],\n\"weights\":[")?;
    out.write_all(&weights)?;
    out.write_all(b"]}]}\n")?;
    out.flush()
}

/// Frames, each once, as the text of a list.
#[derive(Default)]
struct Frames {
    text: Vec<u8>,
    count: usize,
    by_place: FxHashMap<(NameId, NameId, u64, u64), usize>,
    by_name: FxHashMap<Vec<u8>, usize>,
}

impl Frames {
    /// Returns the index of a frame.
    fn of(&mut self, frame: &KeptFrame, stacks: &Stacks) -> usize {
        let pc = if frame.func == NameId::EMPTY { frame.pc } else { 0 };
        let key = (frame.func, frame.file, frame.line, pc);
        if let Some(&index) = self.by_place.get(&key) {
            return index;
        }
        let index = self.add(&function(frame.func, frame.pc, &stacks.names));
        let file = stacks.names.get(frame.file);
        if !file.is_empty() {
            self.text.extend_from_slice(b",\"file\":");
            quote(&mut self.text, file);
            self.text.extend_from_slice(format!(",\"line\":{}", frame.line).as_bytes());
        }
        self.text.push(b'}');
        self.by_place.insert(key, index);
        index
    }

    /// Returns the index of a frame that has a name and nothing else.
    fn named(&mut self, name: &[u8]) -> usize {
        if let Some(&index) = self.by_name.get(name) {
            return index;
        }
        let index = self.add(name);
        self.text.push(b'}');
        self.by_name.insert(name.to_vec(), index);
        index
    }

    /// Begins a frame.
    fn add(&mut self, name: &[u8]) -> usize {
        self.text.extend_from_slice(if self.count == 0 { b"\n{\"name\":" } else { b",\n{\"name\":" });
        quote(&mut self.text, name);
        self.count += 1;
        self.count - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Trace;
    use crate::analysis::profile::{CollectProfile, ProfileKind};
    use serde_json::Value;

    #[test]
    fn samples_are_stacks_of_frames() {
        let trace = Trace::parse(include_bytes!("../../testdata/traces/go1.27/mixed.trace")).unwrap();
        for kind in ProfileKind::ALL {
            let profile = trace.analyze(CollectProfile::new(kind)).unwrap().output;
            let mut out = Vec::new();
            write(&profile, "a \"name\"", Duration::from_millis(10), &mut out).unwrap();
            let read: Value = serde_json::from_slice(&out).unwrap();
            let (frames, written) = (read["shared"]["frames"].as_array().unwrap(), &read["profiles"][0]);
            let (samples, weights) = (written["samples"].as_array().unwrap(), written["weights"].as_array().unwrap());
            assert_eq!((samples.len(), weights.len()), (profile.samples.len(), profile.samples.len()));
            let total: i64 = weights.iter().map(|weight| weight.as_i64().unwrap()).sum();
            assert_eq!(Some(total), written["endValue"].as_i64(), "{kind:?}");
            for (sample, stack) in profile.samples.iter().zip(samples) {
                let names: Vec<&str> = stack
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|at| frames[at.as_u64().unwrap() as usize]["name"].as_str().unwrap())
                    .collect();
                let stacks = &profile.stacks;
                let want = stacks.frames(sample.stack).iter().rev();
                for (frame, name) in want.zip(&names) {
                    assert_eq!(function(frame.func, frame.pc, &stacks.names).as_ref(), name.as_bytes(), "{kind:?}");
                }
            }
        }
    }
}
