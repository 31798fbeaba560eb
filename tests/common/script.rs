//! A short notation for traces.
//!
//! A line is a batch: a thread, optionally the time at which it begins, and its events,
//! separated by `;`, perhaps none. Each event comes one tick behind the one before, or as many
//! as `+N` in front of it says.
//!
//! ```text
//! M1 @10: ProcStatus 0 PRunning; GoStatus 1 1 Running; +5 GoBlock 'select' @main.f
//! M2: GoUnblock 1 1
//! generation
//! samples: 12 1 0 1 @main.f
//! ```
//!
//! | argument | |
//! |---|---|
//! | `17` | a number |
//! | `-` | none, all ones |
//! | `Running`, `PIdle` | a status of a G, of a P |
//! | `'text'` | a string of the table |
//! | `@main.f` | a stack of the table with that frame |
//!
//! Arguments left out at the end are 0. `!` in front of an event marks it
//! (mark 0). `generation` begins the next one, whose number may follow.

use super::builder::{Built, Generation, NO, TraceBuilder};
use gotrace::Version;
use gotrace::spec::v2::EventType;

/// Builds the trace that a script describes.
pub fn build(version: Version, script: &str) -> Built {
    trace(version, script).build_marked()
}

/// Returns the trace that a script describes, to be changed before it is built.
pub fn trace(version: Version, script: &str) -> TraceBuilder {
    let mut trace = TraceBuilder::new(version);
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(number) = line.strip_prefix("generation") {
            let next = trace.generations.last().map_or(1, |g| g.number + 1);
            trace.generation(number.trim().parse().unwrap_or(next));
            continue;
        }
        if trace.generations.is_empty() {
            trace.generation(1);
        }
        let generation = trace.last();
        let (head, events) = line.split_once(':').unwrap_or_else(|| panic!("no colon: {line}"));
        if head == "samples" {
            for sample in events.split(';') {
                let numbers: Vec<_> = sample.split_whitespace().map(|word| number(generation, word)).collect();
                generation.samples.push(numbers.try_into().expect("time, M, P, G, stack"));
            }
            continue;
        }
        let (thread, time) = head.split_once('@').unwrap_or((head, "10"));
        let thread = thread.trim().strip_prefix('M').unwrap_or_else(|| panic!("no thread: {line}"));
        let thread = number(generation, thread);
        generation.batch(thread, time.parse().unwrap());
        for event in events.split(';').filter(|event| !event.trim().is_empty()) {
            add(generation, event.trim());
        }
    }
    trace
}

/// Adds an event to the last batch.
fn add(generation: &mut Generation, event: &str) {
    let mut words: Vec<String> = Vec::new();
    // A space within quotes does not end a word.
    for (at, part) in event.split('\'').enumerate() {
        match at % 2 {
            0 => words.extend(part.split_whitespace().map(String::from)),
            _ => words.push(format!("'{part}")),
        }
    }
    let mut words = words.into_iter().peekable();
    let dt = words.next_if(|w| w.starts_with('+')).map_or(1, |w| w[1..].parse().unwrap());
    let name = words.next().unwrap_or_default();
    let (marked, name) = name.strip_prefix('!').map_or((false, &name[..]), |name| (true, name));
    let event = EventType::from_name(name).unwrap_or_else(|| panic!("no event {name:?}"));
    let mut args: Vec<u64> = words.map(|word| number(generation, &word)).collect();
    args.resize(event.spec().args.len() - 1, 0);
    let batch = generation.batches.last_mut().unwrap();
    if marked {
        batch.mark(0);
    }
    batch.event(dt, event, &args);
}

fn number(generation: &mut Generation, word: &str) -> u64 {
    match word {
        "-" => NO,
        // The names of the statuses of Gs and Ps differ, the numbers do not.
        "Bad" => 0,
        "Runnable" | "PRunning" => 1,
        "Running" | "PIdle" => 2,
        "Syscall" | "PSyscall" => 3,
        "Waiting" | "PAbandoned" => 4,
        _ => match word.split_at(1) {
            ("'", text) => generation.string(text),
            ("@", function) => generation.stack(&[function]),
            _ => word.parse().unwrap_or_else(|_| panic!("no number: {word}")),
        },
    }
}
