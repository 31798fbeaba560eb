//! The frequent events, when all is as it should be.
//!
//! Nine of ten events start or stop a goroutine or wake one, and break no rule.
//! For those it is enough to look at one P and two goroutines, in a straight
//! line: what kind of event it is stands in a table, for a jump by it would be
//! foreseen badly. Whatever is not in it, or not so, is for the rules in full.

use super::{NOBODY, Replay, place};
use crate::error::GoPhase;
use crate::order::Record;
use crate::order::context::Context;
use crate::order::state::NONE;
use crate::order::v1::convert::usual;
use crate::order::v1::item::Item;
use crate::wire::v1::spec::EventType;
use crate::wire::v1::tables::NO_PROC;
use crate::wire::v2::spec::EventType as V2;

/// A frequent event.
#[derive(Clone, Copy)]
struct Plain {
    becomes: V2,
    /// What its goroutine has to be doing, and does then.
    before: GoPhase,
    after: GoPhase,
    /// The same for the other one. Those without another one have nobody, who
    /// runs always.
    other_before: GoPhase,
    other_after: GoPhase,
    /// Whether the goroutine takes the P, which has to run none.
    takes: bool,
    /// Whether it leaves it.
    leaves: bool,
    /// Whether it waits for the network then.
    network: bool,
    /// Whether it is a system call, which may block.
    opens: bool,
}

const fn plain(event: EventType) -> Option<Plain> {
    use EventType::*;
    use GoPhase::*;
    // A system call that begins becomes that, and more if it does not block.
    let begin = if matches!(event, GoSysCall) { Some(V2::GoSyscallBegin) } else { usual(event) };
    let Some(becomes) = begin else { return None };
    let runs = Plain {
        becomes,
        before: Running,
        after: Running,
        other_before: Running,
        other_after: Running,
        takes: false,
        leaves: false,
        network: false,
        opens: false,
    };
    Some(match event {
        GoStart => Plain { before: Runnable, takes: true, ..runs },
        GoBlock | GoBlockSend | GoBlockRecv | GoBlockSelect | GoBlockSync | GoBlockCond | GoSleep | GoBlockGC => {
            Plain { after: Waiting, leaves: true, ..runs }
        }
        GoBlockNet => Plain { after: Waiting, leaves: true, network: true, ..runs },
        GoSched | GoPreempt => Plain { after: Runnable, leaves: true, ..runs },
        GoUnblock => Plain { other_before: Waiting, other_after: Runnable, ..runs },
        GoSysCall => Plain { opens: true, ..runs },
        _ => return None,
    })
}

const PLAIN: [Option<Plain>; 64] = {
    let mut table = [None; 64];
    let mut i = 0;
    while i < EventType::ALL.len() {
        let event = EventType::ALL[i];
        table[event as usize % 64] = plain(event);
        i += 1;
    }
    table
};

impl Replay<'_> {
    /// Takes the next event if it is a frequent one and as it should be; returns
    /// whether it was. If not, nothing has changed.
    #[inline(always)]
    pub(super) fn plainly(&mut self, item: &Item) -> bool {
        let Some(plain) = &PLAIN[item.event as usize % 64] else { return false };
        let other = self.gs.get(item.other).life;
        if other.phase != plain.other_before || other.network {
            return false;
        }
        let g = self.gs.get(item.g);
        let special = g.life.in_c | g.life.late | g.life.timer;
        if g.life.phase != plain.before || special || item.g == NOBODY || item.proc == NO_PROC {
            return false;
        }
        let p = &mut self.ps[place(item.proc)];
        if p.g != if plain.takes { NOBODY } else { item.g } {
            return false;
        }
        let context = Context { go: g.id, g: NONE, p: u32::from(item.proc) };
        let record = Record::new(plain.becomes, p.thread, context, item.at, item.ticks);
        p.g = if plain.leaves { NOBODY } else { item.g };
        (g.life.phase, g.life.network, g.life.exists) = (plain.after, plain.network, true);
        if g.turn.syscall != 0 {
            self.window.close(std::mem::take(&mut g.turn.syscall) - 1, false);
        }
        if plain.opens {
            g.turn.syscall = self.window.place() + 1;
            self.window.push_syscall(record);
            return true;
        }
        self.gs.get(item.other).life.phase = plain.other_after;
        self.window.push(record);
        true
    }
}
