//! The report on a trace whose events have no consistent order.

use crate::base::bytes::uvarint;
use crate::base::ids::{GoId, ProcId, optional};
use crate::error::{Stuck, StuckThread};
use crate::order::Order;
use crate::order::state::{NONE, Thread};
use crate::spec::v2::EventType;

/// Collects each M's next event, and the states that block it.
#[cold]
pub(super) fn stuck(order: &Order<'_>) -> Stuck {
    let mut threads = Vec::new();
    let mut named = Vec::new();
    for entry in order.frontier.entries() {
        let Some(&Thread { id, cx: context, cursor, .. }) = order.state.ms.get(entry.m) else { continue };
        let offset = cursor.start;
        let Some(event) = order.file.get(offset).copied().and_then(EventType::from_wire) else { continue };
        let mut pos = offset + 1;
        let spec = event.spec();
        let mut args = Vec::new();
        for arg in spec.args {
            let Ok(value) = uvarint(order.file, &mut pos) else { break };
            if arg.name == "g" {
                named.push(value);
            }
            args.push(value);
        }
        named.push(context.go);
        threads.push(StuckThread {
            thread: optional(id),
            proc: (context.p != NONE).then_some(ProcId(u64::from(context.p))),
            goroutine: optional(context.go),
            event,
            time: entry.time,
            args: args.split_off(1.min(args.len())),
            offset,
        });
    }
    named.sort_unstable();
    named.dedup();
    // Sorted by ID, for the order in the tables depends on earlier contents.
    let mut procs: Vec<_> =
        order.state.ps.iter().map(|(id, p)| (ProcId(u64::from(id)), p.status, p.seq.number())).collect();
    procs.sort_unstable_by_key(|&(id, ..)| id);
    let named = order.state.gs.iter().filter(|(_, g)| named.binary_search(&g.id).is_ok());
    let mut goroutines: Vec<_> = named.map(|(_, g)| (GoId(g.id), g.status, g.seq.number())).collect();
    goroutines.sort_unstable_by_key(|&(id, ..)| id);
    Stuck { threads, procs, goroutines }
}
