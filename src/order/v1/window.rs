//! The events that are merged and not yet handed out: those whose place, or
//! whose meaning, depends on what comes later.
//!
//! ```text
//!          handed out │ ready       │ held           │ being merged
//!   items  ...........│ a b c d e f │ SysCall h i j ─┼──>
//!                     │      ^      │                │
//!   exits             │      x      │  y             │
//! ```
//!
//! The end of a system call was written late and goes back to the time it
//! states. How far back the ends that are still to come may go, the index of
//! the file tells: up to there events are ready. A system call holds up what
//! follows until its goroutine's next event tells whether it blocks.

use super::item::{Blocks, Item};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The end of a system call: it happened earlier than it was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Exit {
    /// With the time that it happened.
    item: Item,
    /// How many items were written before it.
    before: usize,
    /// How many ends were.
    number: usize,
}

impl Exit {
    fn key(&self) -> (i64, usize) {
        (self.item.ticks, self.number)
    }
}

impl Ord for Exit {
    fn cmp(&self, other: &Exit) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for Exit {
    fn partial_cmp(&self, other: &Exit) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// A window on the merged events.
#[derive(Clone, Debug, Default)]
pub(crate) struct Window {
    /// By time. Those before `next` have been handed out.
    items: Vec<Item>,
    next: usize,
    /// How many there are up to the first that is not ready.
    ready: usize,
    /// How many came before these.
    gone: usize,
    /// Ends of system calls, to be put where their time says: first the one
    /// written first, of two of one time.
    exits: BinaryHeap<Reverse<Exit>>,
    /// How many ends of system calls were written so far.
    written: usize,
    /// Whether nothing more will come.
    ended: bool,
}

impl Window {
    /// A window on events that are all in their final order.
    pub(crate) fn of_all(items: Vec<Item>) -> Window {
        let mut window = Window { items, ..Window::default() };
        window.end();
        window
    }

    /// Where the next item will stand, counted from the first of all.
    #[inline(always)]
    pub(crate) fn place(&self) -> usize {
        self.gone + self.items.len()
    }

    /// Adds an item, which is no earlier than the last one.
    #[inline(always)]
    pub(crate) fn push(&mut self, item: Item) {
        self.items.push(item);
    }

    /// Adds the end of a system call.
    pub(crate) fn push_exit(&mut self, item: Item) {
        let exit = Exit { item, before: self.place(), number: self.written };
        self.exits.push(Reverse(exit));
        self.written += 1;
    }

    /// Tells what the system call at that place, which is open, has come to.
    pub(crate) fn close(&mut self, place: usize, blocks: bool) {
        if let Some(item) = place.checked_sub(self.gone).and_then(|i| self.items.get_mut(i)) {
            item.blocks = if blocks { Blocks::Yes } else { Blocks::No };
        }
    }

    /// Forgets what has been handed out, if that is the greater part.
    fn forget(&mut self) {
        if 2 * self.next >= self.items.len() {
            self.items.drain(..self.next);
            self.gone += self.next;
            self.ready -= self.next;
            self.next = 0;
        }
    }

    /// Finds out what is ready, given that no end of a system call will come
    /// that is earlier than `bound`.
    pub(crate) fn settle(&mut self, bound: i64) {
        let unsettled = self.items.get(self.ready..).unwrap_or_default();
        self.ready += unsettled.iter().take_while(|item| item.blocks != Blocks::Open && item.ticks <= bound).count();
    }

    /// Nothing more will come.
    pub(crate) fn end(&mut self) {
        self.ready = self.items.len();
        self.ended = true;
    }

    /// Moves what is ready to `out`.
    pub(crate) fn hand_out(&mut self, out: &mut Vec<Item>) {
        while let Some(Reverse(exit)) = self.exits.peek() {
            let ready = self.items.get(self.next..self.ready).unwrap_or_default();
            let earlier =
                |(i, item): (usize, &Item)| (item.ticks, self.gone + self.next + i) < (exit.item.ticks, exit.before);
            let earlier = ready.iter().enumerate().take_while(|&each| earlier(each)).count();
            if earlier == ready.len() && !self.ended {
                break;
            }
            out.extend_from_slice(ready.get(..earlier).unwrap_or_default());
            out.push(exit.item);
            self.next += earlier;
            self.exits.pop();
        }
        out.extend_from_slice(self.items.get(self.next..self.ready).unwrap_or_default());
        self.next = self.ready;
        self.forget();
    }
}
