//! The walk from the end of a path to its beginning.

use super::history::History;
use super::stay::{Began, State, Stay};
use super::{Doing, Link, LinkCause, Path, Segment};
use crate::analysis::names::NameId;
use crate::analysis::stacks::StackKey;
use crate::base::ids::GoId;
use crate::base::time::Time;

/// Most wakings from one goroutine to the next. Only events at one time, as coarse clocks and
/// damaged traces have them, could lead on without end.
const DEEPEST: usize = 64;

/// A stretch of a goroutine's life that is part of a path.
#[derive(Clone, Copy)]
struct Leg {
    goroutine: GoId,
    from: Time,
    to: Time,
    link: Option<usize>,
    depth: usize,
}

/// A path under construction.
struct Walk<'h> {
    history: &'h History,
    legs: Vec<Leg>,
    segments: Vec<Segment>,
    links: Vec<Link>,
}

impl History {
    /// Returns where the time of a goroutine went, from one time to another.
    pub fn path(&self, goroutine: GoId, start: Time, end: Time) -> Path {
        let whole = Leg { goroutine, from: start, to: end.max(start), link: None, depth: 0 };
        let mut walk = Walk { history: self, legs: vec![whole], segments: Vec::new(), links: Vec::new() };
        while let Some(leg) = walk.legs.pop() {
            walk.go(leg);
        }
        let Walk { mut segments, links, .. } = walk;
        segments.sort_unstable_by_key(|segment| segment.start);
        Path { goroutine, start, end: end.max(start), segments, links }
    }
}

impl Walk<'_> {
    /// Goes through a stretch of a goroutine's life.
    fn go(&mut self, leg: Leg) {
        let history = self.history;
        let mut rest = history.stays_after(leg.goroutine, leg.from).peekable();
        let mut at = leg.from;
        while let Some(stay) = rest.next_if(|stay| stay.start < leg.to) {
            let (from, to) = (stay.start.max(at), stay.end.min(leg.to));
            if at < from {
                self.before(&leg, &stay, at, from);
            }
            if from < to {
                self.stay(&leg, &stay, rest.peek(), (from, to));
            }
            at = at.max(to);
        }
        self.add(&leg, at, leg.to, Doing::Unknown);
    }

    fn add(&mut self, leg: &Leg, start: Time, end: Time, doing: Doing) {
        if start < end {
            self.segments.push(Segment { start, end, goroutine: leg.goroutine, doing, link: leg.link });
        }
    }

    /// Goes on with another goroutine.
    fn follow(&mut self, leg: &Leg, (start, end): (Time, Time), by: GoId, by_stack: StackKey, cause: LinkCause) {
        self.links.push(Link { goroutine: leg.goroutine, start, end, cause, by, by_stack, before: leg.link });
        let link = Some(self.links.len() - 1);
        self.legs.push(Leg { goroutine: by, from: start, to: end, link, depth: leg.depth + 1 });
    }

    /// Explains the time before a state, in which the goroutine was in none.
    fn before(&mut self, leg: &Leg, stay: &Stay, from: Time, to: Time) {
        match stay.began {
            Began::Created(Some(by)) if leg.depth < DEEPEST && !self.is_polled(stay.stack) => {
                self.follow(leg, (from, to), by, stay.stack, LinkCause::Created);
            }
            // Only timers make goroutines run that no goroutine creates: time.AfterFunc.
            Began::Created(_) if stay.state == State::Runnable => {
                self.add(leg, from, to, Doing::Waiting { reason: self.history.sleep, stack: StackKey::EMPTY });
            }
            _ => self.add(leg, from, to, Doing::Unknown),
        }
    }

    /// Explains a part of a state, which the next one follows.
    fn stay(&mut self, leg: &Leg, stay: &Stay, next: Option<&Stay>, (from, to): (Time, Time)) {
        let next = next.filter(|next| next.start == stay.end);
        match stay.state {
            State::Running(_) => {
                // That of who woke or created another is not its own.
                let own = next.filter(|next| next.began == Began::Otherwise);
                self.running(leg, (from, to), own.map_or(StackKey::EMPTY, |next| next.stack));
            }
            State::Runnable => self.runnable(leg, (from, to), next),
            State::Syscall => self.add(leg, from, to, Doing::Syscall { stack: stay.stack }),
            State::Waiting(reason) => {
                let ends = next.filter(|_| stay.end <= leg.to);
                match ends.map(|next| (next.began, next.stack)) {
                    Some((Began::Woken(Some(by)), by_stack))
                        if by != leg.goroutine
                            && leg.depth < DEEPEST
                            && self.is_what_it_waited_for(reason, by_stack) =>
                    {
                        let is_guess = self.is_guess(reason, stay.stack);
                        let cause = LinkCause::Woken { reason, stack: stay.stack, is_guess };
                        self.follow(leg, (from, to), by, by_stack, cause);
                    }
                    _ => self.add(leg, from, to, Doing::Waiting { reason, stack: stay.stack }),
                }
            }
        }
    }

    /// Adds a run, without the times in which the goroutine assisted marking.
    fn running(&mut self, leg: &Leg, (from, to): (Time, Time), stack: StackKey) {
        let assists = self.history.assists.get(&leg.goroutine).map_or(&[][..], Vec::as_slice);
        let first = assists.partition_point(|&(_, end)| end <= from);
        let mut at = from;
        for &(start, end) in assists.get(first..).unwrap_or_default().iter().take_while(|(start, _)| *start < to) {
            let (start, end) = (start.max(at), end.min(to));
            self.add(leg, at, start, Doing::Running { stack });
            self.add(leg, start, end, Doing::Assisting);
            at = at.max(end);
        }
        self.add(leg, at, to, Doing::Running { stack });
    }

    /// Adds a wait for a P, without the times in which the world was stopped.
    fn runnable(&mut self, leg: &Leg, (from, to): (Time, Time), next: Option<&Stay>) {
        let proc = next.and_then(|next| match next.state {
            State::Running(proc) => proc,
            _ => None,
        });
        let behind = proc.and_then(|proc| self.history.busiest(proc, from, to));
        let doing = Doing::Runnable { proc, behind };
        let stops = &self.history.stops;
        let first = stops.partition_point(|&(_, end, _)| end <= from);
        let mut at = from;
        for &(start, end, reason) in stops.get(first..).unwrap_or_default().iter().take_while(|(start, ..)| *start < to)
        {
            let (start, end) = (start.max(at), end.min(to));
            self.add(leg, at, start, doing);
            self.add(leg, start, end, Doing::Stopped { reason });
            at = at.max(end);
        }
        self.add(leg, at, to, doing);
    }

    /// Returns whether the goroutine in whose name a wait ends, with that stack, is what was
    /// waited for. The network and timers are polled by whichever goroutine stops or starts
    /// next, and what waits for the collector is woken by any of its workers.
    fn is_what_it_waited_for(&self, reason: NameId, by_stack: StackKey) -> bool {
        let names = &self.history.stacks.names;
        let reason = names.get(reason);
        if matches!(reason, b"network" | b"sleep" | b"preempted" | b"") || reason.starts_with(b"GC ") {
            return false;
        }
        !self.is_polled(by_stack)
    }

    /// Returns whether a goroutine with that stack polls the network, or runs a timer of another.
    fn is_polled(&self, by_stack: StackKey) -> bool {
        let names = &self.history.stacks.names;
        let polls =
            |name: &[u8]| matches!(name, b"time.sendTime" | b"time.goFunc" | b"runtime.timerproc" | b"runtime.netpoll");
        self.history.stacks.frames(by_stack).iter().any(|frame| polls(names.get(frame.func)))
    }

    /// Returns whether another goroutine could have ended such a wait as well.
    fn is_guess(&self, reason: NameId, stack: StackKey) -> bool {
        let names = &self.history.stacks.names;
        names.get(reason) == b"select"
            || self.history.stacks.frames(stack).iter().any(|frame| names.get(frame.func) == b"sync.(*Cond).Wait")
    }
}
