//! Tests of the follower against a plain model.

use super::{Follower, Observer, SharedEvent, Transition};
use crate::base::ids::GoId;
use crate::event::EventKind;
use crate::event::transition::StateTransition;
use crate::spec::state::GoState;
use crate::spec::v2::EventType;
use crate::trace::Trace;
use std::collections::BTreeMap;

/// An observer that wants every event, and takes no notes.
struct AllEvents;

impl Observer for AllEvents {
    const DETAILS: bool = true;

    fn wants(&self, _: EventType) -> bool {
        true
    }

    fn goroutine(self, _: &Transition<'_, '_>, _: &Follower) {}

    fn event(self, _: &SharedEvent<'_, '_>, _: &mut Follower) {}
}

/// The follower knows of goroutines what the events say, in traces of every version: which
/// exist, in which state, since when, with which stack and function.
#[test]
fn it_knows_what_the_events_say() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/traces");
    let mut seen = 0;
    for version in std::fs::read_dir(root).unwrap() {
        let path = version.unwrap().path().join("mixed.trace");
        let Ok(bytes) = std::fs::read(&path) else { continue };
        let trace = Trace::parse(&bytes).unwrap();
        let mut follower = Follower::default();
        let mut model: BTreeMap<GoId, (GoState, i64, Option<Vec<u8>>)> = BTreeMap::new();
        let mut synced = 0;
        for event in trace.events().map(Result::unwrap) {
            follower.turn_to(event.generation().map(|generation| generation.index()), event.time());
            follower.show(&event, AllEvents);
            match event.kind() {
                EventKind::Sync(_) => synced = event.time().0,
                EventKind::StateTransition(StateTransition::Goroutine { id, from, to, stack, .. }) => {
                    let root = stack.and_then(|stack| stack.frames().last()).map(|frame| frame.func.to_vec());
                    // Traces up to Go 1.21 begin with the creation of the goroutines that
                    // existed.
                    let began = event.stack_numbered(event.creation_stack());
                    let began = began.and_then(|stack| stack.frames().last()).map(|frame| match frame.func {
                        b"runtime.main" => b"main.main".to_vec(),
                        func => func.to_vec(),
                    });
                    let root = root.or(began);
                    let before = model.remove(&id);
                    let first = before.is_none() && from == GoState::Undetermined;
                    let mut now = before.unwrap_or((to, synced, None));
                    if from != to && !first {
                        (now.0, now.1) = (to, event.time().0);
                    }
                    now.2 = now.2.or(root);
                    if to != GoState::NotExist {
                        model.insert(id, now);
                    }
                    seen += 1;
                }
                _ => {}
            }
        }
        let names = &follower.stacks().names;
        let root = |root| Some(names.get(root).to_vec()).filter(|root| !root.is_empty());
        let got: BTreeMap<_, _> =
            follower.alive().into_iter().map(|(_, g)| (g.id, (g.state, g.since.0, root(g.root)))).collect();
        assert_eq!(got, model, "{}", path.display());
    }
    assert!(seen > 10_000, "{seen}");
}
