//! `gotrace pprof --json`.

use super::Frame;
use super::goroutines::state;
use super::stack::stack;
use super::text::{name, texts};
use crate::analysis::profile::{FunctionTotal, Profile, Sample};
use crate::error::warning::Warning;
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;
use std::time::Duration;

/// Profile of goroutines' time.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct ProfileReport<'a> {
    /// Number of spans or CPU samples.
    pub count: u64,
    /// Functions, the most time first.
    pub functions: Vec<ProfiledFunction<'a>>,
    /// Time of all spans or samples, in nanoseconds.
    pub nanos: i64,
    /// Stacks, the most time first.
    pub samples: Vec<ProfiledStack<'a>>,
    /// Subject of the profile: `net`, `sync`, `syscall`, `sched`, `wall` or `cpu`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Defects of the trace that were met.
    pub warnings: Vec<String>,
}

/// Time of one function.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct ProfiledFunction<'a> {
    /// Time of stacks that it is in, in nanoseconds.
    pub cumulative: i64,
    /// Number of spans or samples in `cumulative`.
    pub cumulative_count: u64,
    /// Time of stacks in which it is the innermost, in nanoseconds.
    pub flat: i64,
    /// Number of spans or samples in `flat`.
    pub flat_count: u64,
    /// Name of the function; null for spans without a stack, in which the scheduler ran.
    pub function: Option<Cow<'a, str>>,
}

/// Time of one stack.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct ProfiledStack<'a> {
    /// Number of spans or samples.
    pub count: u64,
    /// Time of the spans or samples, in nanoseconds.
    pub nanos: i64,
    /// Reason for which the goroutines waited, in the runtime's words; null if they did
    /// not, and in other profiles than `wall`.
    pub reason: Option<Cow<'a, str>>,
    /// Stack of the spans or samples.
    pub stack: Vec<Frame<'a>>,
    /// State of the goroutines; null in other profiles than `wall`.
    pub state: Option<String>,
}

impl<'a> ProfileReport<'a> {
    /// Reports a profile; in a CPU profile each sample stands for `period`.
    pub fn new(profile: &'a Profile, period: Duration, warnings: &[Warning]) -> ProfileReport<'a> {
        let samples: Vec<_> = profile.samples.iter().map(|s| ProfiledStack::new(s, profile, period)).collect();
        let functions = profile.functions();
        ProfileReport {
            count: profile.total().0,
            functions: functions.into_iter().map(|of| ProfiledFunction::new(&of, profile, period)).collect(),
            nanos: samples.iter().map(|sample| sample.nanos).fold(0, i64::saturating_add),
            samples,
            kind: format!("{:?}", profile.kind).to_lowercase(),
            warnings: texts(warnings),
        }
    }
}

impl<'a> ProfiledFunction<'a> {
    fn new(of: &FunctionTotal, profile: &'a Profile, period: Duration) -> ProfiledFunction<'a> {
        ProfiledFunction {
            cumulative: profile.time(of.cumulative, period),
            cumulative_count: of.cumulative.0,
            flat: profile.time(of.flat, period),
            flat_count: of.flat.0,
            function: name(profile.stacks.names.get(of.function)),
        }
    }
}

impl<'a> ProfiledStack<'a> {
    fn new(sample: &Sample, profile: &'a Profile, period: Duration) -> ProfiledStack<'a> {
        ProfiledStack {
            count: sample.count,
            nanos: profile.time((sample.count, sample.nanos), period),
            reason: name(profile.stacks.names.get(sample.reason)),
            stack: stack(&profile.stacks, sample.stack),
            state: sample.state.map(state),
        }
    }
}
