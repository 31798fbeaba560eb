//! The order of Go 1.5 and 1.6: every event has a number of its own. The end of
//! a system call states its real number and time, which it got before it was
//! written.
//!
//! All events are read before the first comes out. Merging the Ps by number
//! would not do for damaged traces, where numbers are missing or come twice.

use super::gs::Gs;
use super::item::{Blocks, Item};
use super::merge::{Merged, cursors};
use super::window::Window;
use crate::error::{Result, V1Error};
use crate::wire::v1::event::{Shapes, numbers, wrong};
use crate::wire::v1::spec::EventType;
use crate::wire::v1::tables::Index;

/// Puts all events in order.
pub(crate) fn by_number(file: &[u8], index: &Index, out: &mut Merged) -> Result<()> {
    let shapes = Shapes::of(index.version);
    let mut numbered: Vec<(u64, Item)> = Vec::with_capacity(index.events);
    for mut cursor in cursors(index) {
        loop {
            let head = match cursor.read(file, index, &shapes, &mut out.gs) {
                Ok(Some(head)) => head,
                Ok(None) => break,
                Err(e) => {
                    out.defects.meet(e)?;
                    cursor.skip_batch();
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
            numbered.push((seq, head.item(ticks, cursor.proc)));
        }
    }
    // Go compares them as signed numbers; those of a good trace differ.
    numbered.sort_by_key(|&(seq, _)| seq as i64);
    let mut last = i64::MIN;
    let mut items = Vec::with_capacity(numbered.len());
    for (_, mut item) in numbered {
        if item.ticks < last {
            let what = V1Error::TimeOrder { event: item.event, ticks: last.wrapping_sub(item.ticks) as u64 };
            out.defects.meet(wrong(item.at, what))?;
            item.ticks = last;
        }
        last = item.ticks;
        items.push(item);
    }
    mark_blocking(&mut items, &out.gs);
    out.window = Window::of_all(items);
    Ok(())
}

/// Marks the system calls whose goroutine blocks next.
fn mark_blocking(items: &mut [Item], gs: &Gs) {
    let mut blocks_next = vec![false; gs.ids.len()];
    for item in items.iter_mut().rev() {
        let Some(next) = blocks_next.get_mut(item.g as usize) else { continue };
        let blocks = std::mem::replace(next, item.event == EventType::GoSysBlock);
        if item.event == EventType::GoSysCall {
            item.blocks = if blocks { Blocks::Yes } else { Blocks::No };
        }
    }
}
