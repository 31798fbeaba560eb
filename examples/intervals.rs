//! A table for other programs: each state that each goroutine was in, as CSV.
//! `cargo run --example intervals -- trace.out > states.csv`.

use gotrace::timeline::{GoActivity, Interval};
use gotrace::{Trace, TraceFile};
use std::error::Error;
use std::io::{BufWriter, Write};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: intervals TRACE")?;
    let file = TraceFile::open(path)?;
    let trace = Trace::parse(file.bytes())?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    writeln!(out, "goroutine,state,start,end,begun,ended")?;
    for interval in trace.intervals() {
        if let Interval::Goroutine(id, span) = interval? {
            let state = match span.state {
                GoActivity::Runnable => "runnable",
                GoActivity::Running { .. } => "running",
                GoActivity::Syscall { .. } => "syscall",
                GoActivity::Waiting { .. } => "waiting",
            };
            let (start, end) = (span.start, span.end);
            writeln!(out, "{id},{state},{start},{end},{},{}", span.begun(), span.ended())?;
        }
    }
    Ok(())
}
