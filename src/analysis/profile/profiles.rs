//! The pass that makes several profiles.

use super::ledger::Ledger;
use super::profiler::{Rules, ends, profile};
use super::spans::Spans;
use super::{Filter, Profile, ProfileKind};
use crate::analysis::{Analysis, Compat, Follower, SharedEvent, Transition};
use crate::event::go::changes_go;
use crate::spec::v2::EventType;
use std::sync::Arc;

/// Makes several [`Profile`]s in one pass, for little more than the cost of one: the same
/// as a [`CollectProfile`](super::CollectProfile) of each kind makes. Memory grows with the different
/// stacks.
///
/// ```
/// # let bytes = include_bytes!("../../../testdata/traces/go1.27/mixed.trace");
/// use gotrace::analysis::profile::{ProfileKind, CollectProfiles};
///
/// let trace = gotrace::Trace::parse(bytes)?;
/// for profile in trace.analyze(CollectProfiles::of(ProfileKind::ALL))?.output {
///     println!("{:?}: {} stacks", profile.kind, profile.samples.len());
/// }
/// # Ok::<(), gotrace::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CollectProfiles {
    kinds: Vec<ProfileKind>,
    rules: Rules,
    /// States whose ends matter, a bit for each.
    ends: u8,
    ledger: Ledger,
    /// True if CPU samples are asked for.
    samples_too: bool,
    samples: Spans,
}

impl CollectProfiles {
    /// Returns a pass for some kinds, which has seen nothing yet.
    pub fn of(kinds: impl IntoIterator<Item = ProfileKind>) -> CollectProfiles {
        let kinds: Vec<ProfileKind> = kinds.into_iter().collect();
        let ends = kinds.iter().fold(0, |all, &kind| all | ends(kind, Compat::Right));
        CollectProfiles {
            samples_too: kinds.contains(&ProfileKind::Cpu),
            kinds,
            rules: Rules::default(),
            ends,
            ledger: Ledger::default(),
            samples: Spans::new(ProfileKind::Cpu),
        }
    }

    /// Returns the pass, counting only the time that passes the filter.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> CollectProfiles {
        self.rules.set_filter(filter);
        self
    }

    /// Returns the pass, counting also the states that go on when the trace ends, up to
    /// there. A wall profile does so anyway.
    #[must_use]
    pub fn unfinished(mut self, unfinished: bool) -> CollectProfiles {
        self.rules.unfinished = unfinished;
        self
    }

    fn profile(&self, kind: ProfileKind, follower: &Follower) -> Profile {
        let stacks = follower.stacks();
        let samples = match kind {
            ProfileKind::Cpu => self.samples.samples(stacks),
            _ => self.ledger.samples(kind, stacks),
        };
        profile(kind, samples, Arc::clone(stacks))
    }
}

impl Analysis for CollectProfiles {
    /// The profiles, in the order in which they were asked for.
    type Output = Vec<Profile>;

    #[inline(always)]
    fn wants(&self, event: EventType) -> bool {
        if event == EventType::CPUSample { self.samples_too } else { self.ends != 0 && changes_go(event) }
    }

    #[inline(always)]
    fn goroutine(&mut self, transition: &Transition<'_, '_>, _: &Follower) {
        if self.ends & transition.left.bit() != 0 {
            self.ledger.goroutine(&self.rules, transition);
        }
    }

    fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        self.samples.sample(&self.rules, event, follower);
    }

    fn finish(mut self, follower: &Follower) -> Vec<Profile> {
        let (kinds, unfinished) = (std::mem::take(&mut self.kinds), self.rules.unfinished);
        // The states that go on are added last, so profiles without them are made before.
        let finished = |kind: &ProfileKind| *kind != ProfileKind::Wall && !unfinished;
        let before: Vec<_> = kinds.iter().map(|kind| finished(kind).then(|| self.profile(*kind, follower))).collect();
        self.ledger.end(&self.rules, follower);
        let all = before.into_iter().zip(kinds);
        all.map(|(profile, kind)| profile.unwrap_or_else(|| self.profile(kind, follower))).collect()
    }
}
