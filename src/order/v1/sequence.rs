//! The order of Go 1.5 and 1.6, where every event has a number of its own. The end of
//! a system call states the number and time that it really had, before it was
//! written.
//!
//! All events are read before the first is output. Merging the Ps by number
//! would fail on damaged traces, where numbers are missing or used twice.

use super::cursor::Until;
use super::head::Head;
use super::item::Item;
use super::merge::{STRETCH, cursors};
use super::replay::Replay;
use crate::error::{Result, V1Error};
use crate::generation::v1::index::{Index, NO_EXIT};
use crate::spec::v1::EventType;
use crate::wire::v1::event::{Shapes, numbers, wrong};

/// Returns all events in order.
pub(crate) fn by_number(file: &[u8], index: &Index, out: &mut Replay<'_>) -> Result<Vec<Item>> {
    let shapes = Shapes::of(index.version);
    let mut numbered: Vec<(u64, Item)> = Vec::with_capacity(index.events);
    for mut cursor in cursors(index) {
        let mut head = Head::NONE;
        loop {
            match cursor.read::<false>(file, index, &shapes, Until::NOW, out, &mut head) {
                Ok(true) => {}
                Ok(false) => break,
                Err(e) => {
                    out.order_defects.report_unreadable(e, cursor.skip_batch())?;
                    continue;
                }
            }
            let (mut seq, mut ticks) = (cursor.seq, head.ticks);
            if head.event == EventType::GoSysExit {
                let ([.., real_seq, real_ticks], _) = numbers(file, head.at, &shapes)?;
                seq = real_seq;
                if real_ticks != 0 {
                    ticks = real_ticks as i64;
                }
            }
            // The number has put the end of a system call at its place, so its time needs no move.
            numbered.push((seq, Item { exit: 0, ..head.item(ticks, cursor.proc) }));
        }
    }
    // Go compares the numbers as signed; in a good trace they differ.
    numbered.sort_by_key(|&(seq, _)| seq as i64);
    let mut last = i64::MIN;
    let mut items = Vec::with_capacity(numbered.len());
    for (_, mut item) in numbered {
        if item.ticks < last {
            let what = V1Error::TimeOrder { event: item.event, ticks: last.wrapping_sub(item.ticks) as u64 };
            out.order_defects.report(wrong(item.at, what))?;
            item.ticks = last;
        }
        last = item.ticks;
        items.push(item);
    }
    Ok(items)
}

/// Replays a stretch of events; returns whether there are others left.
pub(crate) fn replay(items: &mut std::vec::IntoIter<Item>, out: &mut Replay<'_>) -> Result<bool> {
    for item in items.by_ref().take(STRETCH) {
        out.event(item)?;
    }
    out.window.settle(NO_EXIT);
    Ok(items.len() > 0)
}
