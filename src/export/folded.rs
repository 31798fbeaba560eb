//! Folded stacks, as flame graphs read them: a line for each, its steps from the outermost on
//! with semicolons between them, a space, and a number.
//!
//! ```text
//! main.main;main.work;sync.(*Mutex).Lock 1200
//! ```

use crate::analysis::names::{NameId, Names};
use crate::analysis::profile::{Profile, Sample};
use crate::spec::state::GoState;
use crate::timeline::stacks::{KeptFrame, Stacks};
use std::borrow::Cow;
use std::io::{self, Write};
use std::time::Duration;

/// Appends a step to a line's steps. What would end it or the line stands as a comma or a
/// space.
pub fn step(steps: &mut Vec<u8>, text: &[u8]) {
    if !steps.is_empty() {
        steps.push(b';');
    }
    steps.extend(text.iter().map(|byte| match byte {
        b';' => b',',
        b'\n' | b'\r' => b' ',
        byte => *byte,
    }));
}

/// Appends the functions of a stack, from the outermost on; for one that has no name its
/// program counter.
pub fn stack(steps: &mut Vec<u8>, frames: &[KeptFrame], stacks: &Stacks) {
    for frame in frames.iter().rev() {
        step(steps, &function(frame.func, frame.pc, &stacks.names));
    }
}

/// Returns the name of a frame's function; its program counter if it has none.
pub(crate) fn function(func: NameId, pc: u64, names: &Names) -> Cow<'_, [u8]> {
    match names.get(func) {
        b"" => format!("{pc:#x}").into_bytes().into(),
        name => name.into(),
    }
}

/// Writes a line.
///
/// # Errors
/// If `out` cannot be written to.
pub fn line(out: &mut impl Write, steps: &[u8], value: i64) -> io::Result<()> {
    out.write_all(steps)?;
    writeln!(out, " {value}")
}

/// Writes a profile, in nanoseconds. A [`ProfileKind::Wall`](crate::analysis::profile::ProfileKind::Wall) profile has the state, with the
/// reason, as the innermost step; in a [`ProfileKind::Cpu`](crate::analysis::profile::ProfileKind::Cpu) profile each sample stands for
/// `cpu_period`. Names are as they are in the trace; bytes of them that are not UTF-8 become
/// U+FFFD.
///
/// # Errors
/// If `out` cannot be written to.
pub fn write(profile: &Profile, cpu_period: Duration, out: &mut impl Write) -> io::Result<()> {
    let mut steps = Vec::new();
    for sample in &profile.samples {
        steps.clear();
        stack(&mut steps, profile.stacks.frames(sample.stack), &profile.stacks);
        if let Some(state) = state(sample, profile) {
            step(&mut steps, &state);
        }
        if steps.is_empty() {
            steps.extend_from_slice(NO_STACK);
        }
        line(out, String::from_utf8_lossy(&steps).as_bytes(), profile.time((sample.count, sample.nanos), cpu_period))?;
    }
    out.flush()
}

/// Step of a span without a stack: the scheduler, or one whose stack the trace lacks.
pub(super) const NO_STACK: &[u8] = b"(no stack)";

/// Returns the state of a sample's goroutine as a step, if the profile has states.
pub(super) fn state(sample: &Sample, profile: &Profile) -> Option<Cow<'static, [u8]>> {
    let reason = profile.stacks.names.get(sample.reason);
    let state: &'static [u8] = match sample.state? {
        GoState::Running => b"[running]",
        GoState::Runnable => b"[runnable]",
        GoState::Syscall => b"[syscall]",
        GoState::Waiting if sample.reason == NameId::EMPTY => b"[waiting]",
        GoState::Waiting => return Some([b"[waiting: ", reason, b"]"].concat().into()),
        GoState::NotExist | GoState::Undetermined => b"[unknown]",
    };
    Some(state.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Trace;
    use crate::analysis::profile::{CollectProfile, ProfileKind};

    #[test]
    fn steps_do_not_end_lines() {
        let mut steps = Vec::new();
        for text in ["a;b", "c\nd", "e"] {
            step(&mut steps, text.as_bytes());
        }
        assert_eq!(steps, b"a,b;c d;e");
    }

    #[test]
    fn lines_have_all_time() {
        let trace = Trace::parse(include_bytes!("../../testdata/traces/go1.27/mixed.trace")).unwrap();
        for kind in ProfileKind::ALL {
            let profile = trace.analyze(CollectProfile::new(kind)).unwrap().output;
            let mut out = Vec::new();
            write(&profile, Duration::from_millis(10), &mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            let values = text.lines().map(|line| line.rsplit_once(' ').unwrap().1.parse::<i64>().unwrap());
            let (count, nanos) = profile.total();
            let want = if kind == ProfileKind::Cpu { count as i64 * 10_000_000 } else { nanos };
            assert_eq!((values.sum::<i64>(), text.lines().count()), (want, profile.samples.len()), "{kind:?}");
            assert_eq!(text.contains("[running]"), kind == ProfileKind::Wall, "{kind:?}");
        }
    }
}
