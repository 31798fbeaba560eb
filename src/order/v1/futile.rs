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
    fn push(&mut self, item: Item) {
        use EventType::*;
        let place = self.gone + self.held.len();
        let mut fate = Fate::Stays;
        match item.event {
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

    /// Takes the next events and gives those that stay, as far as that is known;
    /// if there will be no more, all that is open stays.
    pub(crate) fn sift(&mut self, items: &mut Vec<Item>, last: bool) {
        for item in items.drain(..) {
            self.push(item);
        }
        while let Some(&(item, fate)) = self.held.front()
            && (fate != Fate::Open || last)
        {
            self.held.pop_front();
            self.gone += 1;
            if fate != Fate::Goes {
                items.push(item);
            }
        }
    }
}
