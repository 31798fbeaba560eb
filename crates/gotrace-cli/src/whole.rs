//! The options that select a part for reports about the program as a whole: time, and
//! nothing else.

use crate::within::Within;
use clap::Args;
use std::ops::Deref;

/// Options that select a stretch of time, in a report that is not made for some goroutines
/// or Ps alone: it says so if it is asked to.
#[derive(Args)]
pub(crate) struct Whole {
    #[command(flatten)]
    within: Within,

    #[command(flatten)]
    refused: Refused,
}

impl Deref for Whole {
    type Target = Within;

    fn deref(&self) -> &Within {
        &self.within
    }
}

/// The options of the other reports, which have no value that is right here.
#[derive(Args)]
struct Refused {
    #[arg(short, long, hide = true, value_parser = refuse)]
    goroutine: Option<Never>,
    #[arg(long, hide = true, value_parser = refuse)]
    function: Option<Never>,
    #[arg(long, hide = true, value_parser = refuse)]
    task: Option<Never>,
    #[arg(long, hide = true, value_parser = refuse)]
    region: Option<Never>,
    #[arg(short, long, hide = true, value_parser = refuse)]
    proc: Option<Never>,
    #[arg(short = 'm', long, hide = true, value_parser = refuse)]
    thread: Option<Never>,
    #[arg(long, hide = true, value_parser = refuse)]
    state: Option<Never>,
    #[arg(long, hide = true, value_parser = refuse)]
    reason: Option<Never>,
}

/// The value of an option that is always refused.
#[derive(Clone, Copy)]
enum Never {}

fn refuse(_: &str) -> Result<Never, &'static str> {
    Err("this report is about the program as a whole, and selects by --from and --to alone; \
         `goroutines`, `latency`, `pprof`, `count` and `events` take this option")
}
