//! The smallest program that embeds the crate: it counts how often goroutines waited, and
//! for what. Build it with `--no-default-features`.

use gotrace::{EventKind, GoState, StateTransition, Trace, TraceFile};
use std::collections::BTreeMap;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = TraceFile::open(std::env::args().nth(1).ok_or("usage: embed TRACE")?)?;
    let trace = Trace::parse(file.bytes())?;
    let mut waits = BTreeMap::new();
    for event in trace.events() {
        if let EventKind::StateTransition(StateTransition::Goroutine { to: GoState::Waiting, reason, .. }) =
            event?.kind()
        {
            *waits.entry(String::from_utf8_lossy(reason)).or_insert(0) += 1;
        }
    }
    println!("{waits:#?}");
    Ok(())
}
