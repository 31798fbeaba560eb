//! From merged events to their final order: ends of system calls go where their
//! time says, wakeups in vain go out.

use super::gs::Gs;
use super::item::Item;
use super::merge::{Exit, Merged};
use crate::wire::v1::spec::EventType;
use rustc_hash::FxHashMap;

/// All events in their final order, handed out once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settled {
    items: Vec<Item>,
    next: usize,
    exits: Vec<Exit>,
    next_exit: usize,
}

impl Settled {
    pub(crate) fn new(merged: Merged, gs: &Gs) -> Settled {
        let Merged { items, mut exits, late, futile } = merged;
        // Stable: two of one time stay as they were.
        exits.sort_by_key(|exit| exit.item.ticks);
        let mut settled = Settled { items, next: 0, exits, next_exit: 0 };
        if late || futile {
            let mut items = Vec::with_capacity(settled.items.len() + settled.exits.len());
            while let Some(item) = settled.next() {
                items.push(item);
            }
            if futile {
                remove_futile(&mut items);
            }
            mark_blocking(&mut items, gs);
            settled = Settled { items, ..Settled::default() };
        }
        settled
    }

    /// The time of the first, in ticks.
    pub(crate) fn start(&self) -> Option<i64> {
        let first = self.items.first().map(|item| item.ticks);
        let exit = self.exits.first().map(|exit| exit.item.ticks);
        first.into_iter().chain(exit).min()
    }

    #[inline(always)]
    pub(crate) fn next(&mut self) -> Option<Item> {
        let item = self.items.get(self.next);
        if let Some(exit) = self.exits.get(self.next_exit)
            && item.is_none_or(|item| (exit.item.ticks, exit.before) <= (item.ticks, self.next))
        {
            self.next_exit += 1;
            return Some(exit.item);
        }
        self.next += 1;
        item.copied()
    }
}

/// Marks the system calls whose goroutine blocks next.
fn mark_blocking(items: &mut [Item], gs: &Gs) {
    let mut blocks_next = vec![false; gs.ids.len()];
    for item in items.iter_mut().rev() {
        let Some(next) = blocks_next.get_mut(item.g as usize) else { continue };
        let blocks = std::mem::replace(next, item.event() == EventType::GoSysBlock);
        if item.event() == EventType::GoSysCall {
            item.set_blocks(blocks);
        }
    }
}

/// Takes out wakeups in vain: a goroutine is woken, finds that another one was
/// faster, and blocks again. All from the wakeup to the blocking goes, on
/// whichever Ps that was; the runtime up to Go 1.10 marks them.
fn remove_futile(items: &mut Vec<Item>) {
    #[derive(Default)]
    struct Wakeup {
        futile: bool,
        events: Vec<usize>,
    }
    use EventType::*;
    let mut wakeups: FxHashMap<u32, Wakeup> = FxHashMap::default();
    let mut out = vec![false; items.len()];
    for (i, item) in items.iter().enumerate() {
        match item.event() {
            GoUnblock => wakeups.entry(item.other).or_default().events = vec![i],
            event @ (GoStart | GoPreempt | FutileWakeup) => {
                let wakeup = wakeups.entry(item.g).or_default();
                wakeup.events.push(i);
                wakeup.futile |= event == FutileWakeup;
            }
            GoBlock | GoBlockSend | GoBlockRecv | GoBlockSelect | GoBlockSync | GoBlockCond => {
                if let Some(wakeup) = wakeups.remove(&item.g).filter(|wakeup| wakeup.futile) {
                    for i in wakeup.events.into_iter().chain([i]) {
                        if let Some(out) = out.get_mut(i) {
                            *out = true;
                        }
                    }
                }
            }
            _ => {}
        }
    }
    let mut out = out.into_iter();
    items.retain(|_| !out.next().unwrap_or_default());
}
