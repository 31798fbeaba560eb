//! Wakeups in vain, which go out: a goroutine is woken, finds that another one
//! was faster, and blocks again. All from the wakeup to the blocking goes, on
//! whichever Ps that was; the runtime up to Go 1.10 marks them.
//!
//! What began with a wakeup is held until its goroutine blocks, and with it all
//! that comes after: of a trace that has such wakeups, perhaps much.

use super::window::{DROPPED, Window};
use crate::order::{Record, note};
use crate::version::Version;
use crate::wire::v1::map::Decoded;
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
#[derive(Clone, Debug)]
pub(crate) struct Futile<'a> {
    file: &'a [u8],
    version: Version,
    held: VecDeque<(Record, Fate)>,
    /// How many came before these.
    gone: usize,
    wakeups: FxHashMap<u64, Wakeup>,
}

impl<'a> Futile<'a> {
    pub(crate) fn new(file: &'a [u8], version: Version) -> Futile<'a> {
        Futile { file, version, held: VecDeque::new(), gone: 0, wakeups: FxHashMap::default() }
    }

    /// Adds the next record.
    fn push(&mut self, record: Record) {
        use EventType::*;
        let place = self.gone + self.held.len();
        let mut fate = if record.note & DROPPED == 0 { Fate::Stays } else { Fate::Goes };
        let decoded =
            Decoded::at(self.file, record.offset, self.version).filter(|_| record.note & note::SYNTHETIC == 0);
        let event = decoded.map_or(Batch, |decoded| decoded.event.global());
        match event {
            GoUnblock => {
                let wakeup = self.wakeups.entry(decoded.map_or(0, |decoded| decoded.args[0])).or_default();
                let given_up = std::mem::replace(&mut wakeup.places, vec![place]);
                self.decide(given_up, Fate::Stays);
                fate = Fate::Open;
            }
            event @ (GoStart | GoPreempt | FutileWakeup) => {
                let wakeup = self.wakeups.entry(record.go).or_default();
                wakeup.places.push(place);
                wakeup.futile |= event == FutileWakeup;
                fate = Fate::Open;
            }
            GoBlock | GoBlockSend | GoBlockRecv | GoBlockSelect | GoBlockSync | GoBlockCond => {
                if let Some(wakeup) = self.wakeups.remove(&record.go) {
                    if wakeup.futile {
                        fate = Fate::Goes;
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

    /// Takes out the next record of the window that is known to stay. If nothing
    /// more will come, `last`, all that is open stays.
    pub(crate) fn next(&mut self, window: &mut Window, last: bool) -> Option<Record> {
        loop {
            while let Some(&(record, fate)) = self.held.front()
                && fate != Fate::Open
            {
                self.held.pop_front();
                self.gone += 1;
                if fate == Fate::Stays {
                    return Some(record);
                }
            }
            match window.next() {
                Some(record) => self.push(record),
                None if last => {
                    self.held.front_mut()?.1 = Fate::Stays;
                }
                None => return None,
            }
        }
    }
}
