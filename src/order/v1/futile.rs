//! Wakeups in vain, which go out: a goroutine is woken, finds that another one
//! was faster, and blocks again. All from the wakeup to the blocking goes, on
//! whichever Ps that was; the runtime up to Go 1.10 marks them.
//!
//! What began with a wakeup is held until its goroutine blocks, and with it all
//! that comes after: of a trace that has such wakeups, perhaps much.

use super::item::Item;
use crate::order::state::Slot;
use crate::wire::v1::spec::EventType;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// What becomes of an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    Stays,
    Goes,
    /// It is not known yet.
    Open,
}

/// The events of a goroutine from when it was woken.
#[derive(Clone, Debug, Default)]
struct Wakeup {
    futile: bool,
    places: Vec<usize>,
}

/// A filter that takes wakeups in vain out of the events.
#[derive(Clone, Debug, Default)]
pub(crate) struct Futile {
    held: VecDeque<(Item, Fate)>,
    /// How many came before these.
    gone: usize,
    wakeups: FxHashMap<Slot, Wakeup>,
}

impl Futile {
    /// Adds the next event.
    pub(crate) fn push(&mut self, item: Item) {
        use EventType::*;
        let place = self.gone + self.held.len();
        let mut fate = Fate::Stays;
        match item.event() {
            GoUnblock => {
                let wakeup = self.wakeups.entry(item.other).or_default();
                let given_up = std::mem::replace(&mut wakeup.places, vec![place]);
                self.decide(given_up, Fate::Stays);
                fate = Fate::Open;
            }
            event @ (GoStart | GoPreempt | FutileWakeup) => {
                let wakeup = self.wakeups.entry(item.g).or_default();
                wakeup.places.push(place);
                wakeup.futile |= event == FutileWakeup;
                fate = Fate::Open;
            }
            GoBlock | GoBlockSend | GoBlockRecv | GoBlockSelect | GoBlockSync | GoBlockCond => {
                if let Some(wakeup) = self.wakeups.remove(&item.g) {
                    if wakeup.futile {
                        fate = Fate::Goes;
                    }
                    self.decide(wakeup.places, fate);
                }
            }
            _ => {}
        }
        self.held.push_back((item, fate));
    }

    fn decide(&mut self, places: Vec<usize>, fate: Fate) {
        for place in places {
            if let Some(held) = place.checked_sub(self.gone).and_then(|i| self.held.get_mut(i)) {
                held.1 = fate;
            }
        }
    }

    /// No more events will come: all that is open stays. Returns whether any
    /// was.
    pub(crate) fn end(&mut self) -> bool {
        self.wakeups.clear();
        let mut open = false;
        for (_, fate) in &mut self.held {
            if *fate == Fate::Open {
                (*fate, open) = (Fate::Stays, true);
            }
        }
        open
    }

    /// The time of the next event that stays, if that is known.
    pub(crate) fn next_ticks(&mut self) -> Option<i64> {
        while self.held.front()?.1 == Fate::Goes {
            self.held.pop_front();
            self.gone += 1;
        }
        self.held.front().filter(|(_, fate)| *fate == Fate::Stays).map(|(item, _)| item.ticks)
    }

    /// Takes that event out.
    pub(crate) fn next(&mut self) -> Option<Item> {
        self.next_ticks()?;
        self.gone += 1;
        self.held.pop_front().map(|(item, _)| item)
    }
}
