//! The filter of futile wakeups: a goroutine is woken, finds that another one
//! was faster, and blocks again. All events from the wakeup to the blocking are left out, on
//! whichever Ps they are; the runtime up to Go 1.10 marks such wakeups.
//!
//! Every event from a wakeup on is held until its goroutine blocks, for only then it is known
//! whether the wakeup was futile; in a trace with futile wakeups that may be many.

use super::window::{DROPPED, Window};
use crate::generation::v1::map::Decoded;
use crate::order::state::record::{Record, note};
use crate::spec::v1::EventType;
use crate::spec::version::Version;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// The decision about an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    Kept,
    Dropped,
    /// Not decided yet.
    Undecided,
}

/// The events of a goroutine since it was woken.
#[derive(Clone, Debug, Default)]
struct Wakeup {
    futile: bool,
    places: Vec<usize>,
}

/// A filter that removes futile wakeups from the events.
#[derive(Clone, Debug)]
pub(crate) struct Futile<'a> {
    file: &'a [u8],
    version: Version,
    held: VecDeque<(Record, Fate)>,
    /// The number of records that came before the held ones.
    gone: usize,
    wakeups: FxHashMap<u64, Wakeup>,
}

impl<'a> Futile<'a> {
    pub(crate) fn new(file: &'a [u8], version: Version) -> Futile<'a> {
        Futile { file, version, held: VecDeque::new(), gone: 0, wakeups: FxHashMap::default() }
    }

    /// Adds the next record, and decides about earlier ones.
    fn push(&mut self, record: Record) {
        use EventType::*;
        let place = self.gone + self.held.len();
        let mut fate = if record.note & DROPPED == 0 { Fate::Kept } else { Fate::Dropped };
        let decoded =
            Decoded::at(self.file, record.offset, self.version).filter(|_| record.note & note::SYNTHETIC == 0);
        let event = decoded.map_or(Batch, |decoded| decoded.event.global());
        match event {
            GoUnblock => {
                let wakeup = self.wakeups.entry(decoded.map_or(0, |decoded| decoded.args[0])).or_default();
                let given_up = std::mem::replace(&mut wakeup.places, vec![place]);
                self.decide(given_up, Fate::Kept);
                fate = Fate::Undecided;
            }
            event @ (GoStart | GoPreempt | FutileWakeup) => {
                let wakeup = self.wakeups.entry(record.go).or_default();
                wakeup.places.push(place);
                wakeup.futile |= event == FutileWakeup;
                fate = Fate::Undecided;
            }
            GoBlock | GoBlockSend | GoBlockRecv | GoBlockSelect | GoBlockSync | GoBlockCond => {
                if let Some(wakeup) = self.wakeups.remove(&record.go) {
                    if wakeup.futile {
                        fate = Fate::Dropped;
                    }
                    self.decide(wakeup.places, fate);
                }
            }
            _ => {}
        }
        self.held.push_back((record, fate));
    }

    fn decide(&mut self, places: Vec<usize>, fate: Fate) {
        for place in places {
            if let Some(held) = place.checked_sub(self.gone).and_then(|i| self.held.get_mut(i)) {
                held.1 = fate;
            }
        }
    }

    /// Returns the next record of the window that is known to be kept. With `last`, nothing
    /// more will come, and all undecided records are kept.
    pub(crate) fn next(&mut self, window: &mut Window, last: bool) -> Option<Record> {
        loop {
            while let Some(&(record, fate)) = self.held.front()
                && fate != Fate::Undecided
            {
                self.held.pop_front();
                self.gone += 1;
                if fate == Fate::Kept {
                    return Some(record);
                }
            }
            match window.next() {
                Some(record) => self.push(record),
                None if last => {
                    self.held.front_mut()?.1 = Fate::Kept;
                }
                None => return None,
            }
        }
    }
}
