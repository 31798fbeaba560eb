//! Prints what happened to one goroutine, with its stacks:
//! `cargo run --example per_goroutine -- trace.out 7`.

use gotrace::{EventKind, GoId, StateTransition, Trace, TraceFile};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(path), Some(id)) = (args.next(), args.next()) else {
        return Err("usage: per_goroutine TRACE GOROUTINE".into());
    };
    let id = GoId(id.parse()?);
    let file = TraceFile::open(path)?;
    let trace = Trace::parse(file.bytes())?;
    for event in trace.events_of_goroutine(id) {
        let event = event?;
        let EventKind::StateTransition(StateTransition::Goroutine { id: of, from, to, reason, stack }) = event.kind()
        else {
            continue;
        };
        if of != id {
            continue;
        }
        println!("{} {from} -> {to} {}", event.time(), String::from_utf8_lossy(reason));
        for frame in stack.iter().flat_map(|stack| stack.frames()) {
            println!("    {}:{}", String::from_utf8_lossy(&frame.name()), frame.line);
        }
    }
    Ok(())
}
