//! Goroutine transitions, decoded in few steps, for
//! analyses that look at every transition and need little else of it.

use crate::base::bytes::short_uvarint;
use crate::base::ids::{GoId, StringId};
use crate::event::transition::StateTransition;
use crate::event::{Event, EventKind};
use crate::generation::stack::Stack;
use crate::order::note;
use crate::spec::state::GoState;
use crate::spec::v2::EventType;

/// A transition of a goroutine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct GoChange {
    pub(crate) id: GoId,
    pub(crate) from: GoState,
    pub(crate) to: GoState,
    /// The reason for blocking or stopping, in the generation's strings; else 0.
    pub(crate) reason: StringId,
    /// The stack of the event's context in the generation's table; 0 for none.
    pub(crate) stack: u64,
    /// The goroutine's own stack in the generation's table; 0 for none.
    pub(crate) own_stack: u64,
}

/// Returns whether events of that type change the state of a goroutine.
#[inline]
pub(crate) fn changes_go(event: EventType) -> bool {
    use EventType::*;
    matches!(
        event,
        GoCreate
            | GoCreateBlocked
            | GoCreateSyscall
            | GoStart
            | GoDestroy
            | GoDestroySyscall
            | GoStop
            | GoBlock
            | GoUnblock
            | GoSwitch
            | GoSwitchDestroy
            | GoSyscallBegin
            | GoSyscallEnd
            | GoSyscallEndBlocked
            | GoStatus
            | GoStatusStack
    )
}

impl GoChange {
    /// Returns the transition of an event of that type, from its goroutine `own`, its first
    /// argument and its stack; `None` for types that need more.
    #[inline(always)]
    fn by(event: EventType, own: GoId, first: u64, stack: u64) -> Option<GoChange> {
        use EventType as E;
        use GoState::*;
        let (other, none) = (GoId(first), StringId(0));
        let (from, to, id, reason, own_stack) = match event {
            E::GoStart => (Runnable, Running, other, none, 0),
            E::GoUnblock => (Waiting, Runnable, other, none, 0),
            E::GoBlock => (Running, Waiting, own, StringId(first), stack),
            E::GoStop => (Running, Runnable, own, StringId(first), stack),
            E::GoSyscallBegin => (Running, Syscall, own, none, stack),
            E::GoSyscallEnd => (Syscall, Running, own, none, 0),
            E::GoDestroy => (Running, NotExist, own, none, 0),
            _ => return None,
        };
        Some(GoChange { id, from, to, reason, stack, own_stack })
    }
}

impl<'t> Event<'t> {
    /// Returns the transition of a goroutine that [`kind`](Self::kind) would return; `None` for
    /// other events.
    #[inline(never)]
    pub(crate) fn go_change(&self) -> Option<GoChange> {
        match self.hot_go_change() {
            None if changes_go(self.record.event) => self.rare_go_change(),
            change => change,
        }
    }

    /// Returns the goroutine in whose context the event happened.
    #[inline(always)]
    fn own(&self) -> GoId {
        GoId(self.record.go)
    }

    /// Returns the transition from arguments that ordering has cached in the record; `None` if it
    /// has not. `event` is the event's type, which callers know as a constant.
    #[inline(always)]
    pub(crate) fn cached_change(&self, event: EventType) -> Option<GoChange> {
        let (first, stack) = self.record.cached().get()?;
        GoChange::by(event, self.own(), first, stack)
    }

    /// Returns the transition of a frequent type of event, from its first few arguments.
    #[inline(always)]
    pub(super) fn hot_go_change(&self) -> Option<GoChange> {
        use EventType as E;
        let (first, stack) = match self.record.event {
            E::GoStart => {
                let [_, id] = self.first_args();
                (id, 0)
            }
            E::GoUnblock => {
                let [_, id, _, stack] = self.first_args();
                (id, stack)
            }
            E::GoBlock | E::GoStop => {
                let [_, reason, stack] = self.first_args();
                (reason, stack)
            }
            E::GoSyscallBegin => {
                let [_, _, stack] = self.first_args();
                (0, stack)
            }
            E::GoSyscallEnd | E::GoDestroy => (0, 0),
            E::GoCreate => return Some(self.creation()),
            _ => return None,
        };
        GoChange::by(self.record.event, self.own(), first, stack)
    }

    /// Returns the transition of a `GoCreate`.
    #[inline(always)]
    pub(crate) fn creation(&self) -> GoChange {
        let [_, id, own_stack, stack] = self.first_args();
        let (from, to) = (GoState::NotExist, GoState::Runnable);
        GoChange { id: GoId(id), from, to, reason: StringId(0), stack, own_stack }
    }

    #[inline(never)]
    fn rare_go_change(&self) -> Option<GoChange> {
        let EventKind::StateTransition(StateTransition::Goroutine { id, from, to, stack: own, .. }) = self.any_kind()
        else {
            return None;
        };
        let number = |stack: Option<Stack<'_>>| stack.map_or(0, |stack| stack.id().0);
        let (stack, own_stack) = (number(self.stack()), number(own));
        Some(GoChange { id, from, to, reason: StringId(0), stack, own_stack })
    }

    /// Decodes the first arguments, if they are short varints in the file.
    #[inline(always)]
    fn first_args<const N: usize>(&self) -> [u64; N] {
        let mut first = [0; N];
        if self.record.note & note::SYNTHETIC != 0 || self.is_v1() {
            return self.long_args();
        }
        let rest = self.trace.bytes.get(self.record.offset..);
        let Some(bytes) = rest.and_then(<[u8]>::first_chunk) else { return self.long_args() };
        let mut pos = 1;
        for arg in &mut first {
            match short_uvarint(bytes, &mut pos) {
                Some(value) => *arg = value,
                None => return self.long_args(),
            }
        }
        first
    }

    /// Decodes the first arguments of any event: if one is large, the event is synthetic or of
    /// v1, or it is at the very end of the file.
    #[inline(never)]
    fn long_args<const N: usize>(&self) -> [u64; N] {
        let mut first = [0; N];
        first.iter_mut().zip(self.args()).for_each(|(first, arg)| *first = arg);
        first
    }

    /// Returns the stack of that ID in the generation's table.
    #[inline]
    pub(crate) fn stack_numbered(&self, id: u64) -> Option<Stack<'t>> {
        Stack::new(self.generation?, id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Trace;

    /// Checks that the short paths agree with the long one, in traces of every version.
    #[test]
    fn changes_are_transitions() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/traces");
        let (mut seen, mut told) = (0, 0);
        for version in std::fs::read_dir(root).unwrap() {
            for file in std::fs::read_dir(version.unwrap().path()).unwrap() {
                let bytes = std::fs::read(file.unwrap().path()).unwrap();
                let trace = Trace::parse(&bytes).unwrap();
                for event in trace.events().map_while(Result::ok) {
                    let short = event.go_change();
                    if let Some(change) = event.cached_change(event.wire_type()) {
                        assert_eq!(Some(change), short, "{event:?}");
                        told += 1;
                    }
                    let EventKind::StateTransition(StateTransition::Goroutine { id, from, to, reason, stack }) =
                        event.any_kind()
                    else {
                        assert!(short.is_none(), "{event:?}");
                        continue;
                    };
                    let short = short.unwrap();
                    assert_eq!((short.id, short.from, short.to), (id, from, to), "{event:?}");
                    assert_eq!(event.stack_numbered(short.stack), event.stack(), "{event:?}");
                    assert_eq!(event.stack_numbered(short.own_stack), stack, "{event:?}");
                    assert_eq!(event.string(short.reason.0), reason, "{event:?}");
                    seen += 1;
                }
            }
        }
        assert!(seen > 100_000 && told > seen / 2, "{told} of {seen}");
    }
}
