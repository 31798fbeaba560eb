//! An analysis of one's own, beside one of the library's in one pass over the trace: for
//! each function that goroutines began with, its longest stretch without a P although it
//! could run. `cargo run --example own_analysis -- trace.out`.

use gotrace::analysis::summary::CollectSummary;
use gotrace::analysis::{Analysis, Follower, Transition};
use gotrace::spec::v2::EventType;
use gotrace::{GoState, Trace, TraceFile};
use std::collections::BTreeMap;
use std::error::Error;

/// Finds the longest waits for a P.
#[derive(Default)]
struct LongestWaits {
    /// Nanoseconds, by function.
    longest: BTreeMap<String, i64>,
}

impl Analysis for LongestWaits {
    type Output = BTreeMap<String, i64>;

    fn wants(&self, event: EventType) -> bool {
        // Stands for all events that change what a goroutine does.
        event == EventType::GoStart
    }

    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        let waited = transition.before().is_some_and(|before| before.state() == GoState::Runnable);
        if waited && transition.to() == GoState::Running {
            let function = follower.stacks().names.get(transition.after().function());
            let longest = self.longest.entry(String::from_utf8_lossy(function).into_owned()).or_default();
            *longest = transition.took().max(*longest);
        }
    }

    fn finish(self, _: &Follower) -> Self::Output {
        self.longest
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: own_analysis TRACE")?;
    let file = TraceFile::open(path)?;
    let trace = Trace::parse(file.bytes())?;
    let (longest, summary) = trace.analyze((LongestWaits::default(), CollectSummary::default()))?.output;
    println!("{} events in {} ns", summary.events, summary.span());
    for (function, nanos) in longest {
        println!("{nanos:>12} ns  {function}");
    }
    Ok(())
}
