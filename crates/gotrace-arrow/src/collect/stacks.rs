//! Rows of stacks and their frames.

use super::events::Events;
use crate::out::Out;
use crate::stack_ids::StackIds;
use crate::table::Table;
use gotrace::export::folded;
use gotrace::timeline::names::NameId;
use gotrace::timeline::stacks::{KeptFrame, Stacks};
use rustc_hash::FxHashSet;

/// Makes the rows of the stacks that rows of other tables refer to.
pub(super) fn rows(out: &mut Out<'_>, ids: &StackIds, stacks: &Stacks, events: Option<&Events>) {
    let mut done = FxHashSet::default();
    let of_events = events.map(Events::stacks);
    for (ids, stacks) in [(ids, stacks)].into_iter().chain(of_events) {
        for (key, id) in ids.referred(stacks) {
            if done.insert(id) {
                row(out, id, stacks.frames(key), stacks);
            }
        }
    }
}

fn row(out: &mut Out<'_>, id: i64, frames: &[KeptFrame], stacks: &Stacks) {
    // Texts, not the keys of names: there are two lists of those.
    let name = |id: NameId| Some(stacks.names.get(id)).filter(|name| !name.is_empty());
    if let Some(row) = out.row(Table::Stacks) {
        let mut steps = Vec::new();
        folded::stack(&mut steps, frames, stacks);
        row.int(id)
            .text(frames.first().and_then(|frame| name(frame.func)))
            .text(frames.last().and_then(|frame| name(frame.func)))
            .int(frames.len() as i64)
            .text(Some(&steps))
            .end();
    }
    for (frame, depth) in frames.iter().zip(0i64..) {
        let Some(row) = out.row(Table::Frames) else { return };
        row.int(id)
            .int(depth)
            .text(name(frame.func))
            .text(name(frame.file))
            .id(name(frame.func).map(|_| frame.line))
            .end();
    }
}
