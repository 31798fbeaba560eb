//! Wakings and creations of goroutines, and the flows that lead from them to the next run.

use super::collect::{Out, args};
use super::label::Label;
use super::writer::{Flow, Happening, TrackWriter};
use crate::analysis::{Follower, Transition};
use crate::base::ids::GoId;
use crate::spec::state::GoState;
use rustc_hash::FxHashMap;

/// Flows from wakings whose goroutines have not run since.
#[derive(Default)]
pub(super) struct Wakings {
    flows: u64,
    open: FxHashMap<GoId, u64>,
}

impl Wakings {
    /// Writes a waking or a creation, on the P where it happened.
    #[inline(always)]
    pub(super) fn note<W: TrackWriter>(
        &mut self,
        out: &mut Out<'_, W>,
        transition: &Transition<'_, '_>,
        follower: &Follower,
    ) {
        match (transition.from, transition.to) {
            (GoState::Waiting, GoState::Runnable | GoState::Running) => {
                self.write(out, transition, Label::Wakes, follower);
            }
            (GoState::NotExist, GoState::Runnable | GoState::Waiting) => {
                self.write(out, transition, Label::Creates, follower);
            }
            (_, GoState::NotExist) if !self.open.is_empty() => {
                self.open.remove(&transition.id());
            }
            _ => {}
        }
    }

    #[inline(never)]
    fn write<W: TrackWriter>(
        &mut self,
        out: &mut Out<'_, W>,
        transition: &Transition<'_, '_>,
        label: Label,
        follower: &Follower,
    ) {
        let id = transition.id();
        if transition.is_restated() || !out.scope.has_moment(Some(id), transition.time()) {
            return;
        }
        let Some(track) = out.proc_or_thread(transition.proc(), transition.thread()) else { return };
        // One that is created to wait runs only when it is woken.
        let flow = (transition.to != GoState::Waiting).then(|| {
            self.flows += 1;
            self.open.insert(id, self.flows);
            Flow::Begins(self.flows)
        });
        let args = args([("goroutine", Some(id.0)), ("by", transition.goroutine().map(|waker| waker.0))]);
        let stack = transition.after().stack();
        let what = Happening { args: &args, stack, flow, ..Happening::new(label) };
        let time = out.time(transition.time());
        out.write(|writer| writer.instant(track, time, &what, follower.stacks()));
    }

    /// Returns the flow that leads to a run of a goroutine, which ends there.
    pub(super) fn take(&mut self, id: GoId) -> Option<u64> {
        if self.open.is_empty() { None } else { self.open.remove(&id) }
    }
}
