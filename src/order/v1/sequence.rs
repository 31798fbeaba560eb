//! The order of Go 1.5 and 1.6: every event has a number of its own. The end of
//! a system call states its real number and time, which it got before it was
//! written.

use super::Defects;
use super::gs::Gs;
use super::item::Item;
use super::merge::{Merged, cursors};
use crate::error::{Result, V1Error};
use crate::wire::v1::event::{Shapes, numbers, wrong};
use crate::wire::v1::spec::EventType;
use crate::wire::v1::tables::Index;

/// Puts all events in order.
pub(crate) fn by_number(file: &[u8], index: &Index, gs: &mut Gs, defects: &mut Defects) -> Result<Merged> {
    let shapes = Shapes::of(index.version);
    let mut numbered: Vec<(u64, Item)> = Vec::with_capacity(index.events);
    let mut futile = false;
    for mut cursor in cursors(index) {
        loop {
            let head = match cursor.read(file, &index.batches, &shapes, gs) {
                Ok(Some(head)) => head,
                Ok(None) => break,
                Err(e) => {
                    defects.give_up(e, cursor.skip_batch())?;
                    continue;
                }
            };
            let (mut seq, mut ticks) = (cursor.seq, head.ticks);
            if head.rule.event == EventType::GoSysExit {
                let ([.., real_seq, real_ticks], _) = numbers(file, head.at, &shapes)?;
                seq = real_seq;
                if real_ticks != 0 {
                    ticks = real_ticks as i64;
                }
            }
            futile |= head.rule.event == EventType::FutileWakeup;
            numbered.push((seq, Item::new(head.rule.event, head.at, cursor.proc, ticks, head.g, head.other)));
        }
    }
    // Go compares them as signed numbers; those of a good trace differ.
    numbered.sort_by_key(|&(seq, _)| seq as i64);
    let mut last = i64::MIN;
    let mut items = Vec::with_capacity(numbered.len());
    for (_, mut item) in numbered {
        if item.ticks < last {
            let what = V1Error::TimeOrder { event: item.event(), ticks: last.wrapping_sub(item.ticks) as u64 };
            defects.meet(wrong(item.at(), what))?;
            item.ticks = last;
        }
        last = item.ticks;
        items.push(item);
    }
    // What blocks is not known yet: as after a late exit.
    Ok(Merged { items, exits: Vec::new(), late: true, futile })
}
