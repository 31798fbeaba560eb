//! `gotrace export folded` and `gotrace export speedscope`: profiles, for flame graphs.

use crate::global::Global;
use crate::outcome::Status;
use crate::output::{Content, Output};
use crate::pprof::Profiled;
use anyhow::Result;
use clap::Args;
use gotrace::export::{folded, speedscope};

/// Write a profile as folded stacks, for flame graphs
#[derive(Args)]
#[command(after_help = "\
The profiles are those of `gotrace pprof`, in nanoseconds: a line for each stack, with
semicolons between its functions. A wall profile has the states of goroutines as innermost
steps.

Examples:
  gotrace export folded wall trace.out | flamegraph.pl > wall.svg
  gotrace export folded sched trace.out | inferno-flamegraph > sched.svg")]
pub(super) struct Folded {
    #[command(flatten)]
    profiled: Profiled,
}

/// Write a profile for speedscope
#[derive(Args)]
#[command(after_help = "\
The profiles are those of `gotrace pprof`, in nanoseconds. A wall profile has the states of
goroutines as innermost frames. https://www.speedscope.app opens the file, and so does
`npx speedscope FILE`.

Examples:
  gotrace export speedscope wall trace.out -o wall.speedscope.json
  gotrace export speedscope sync trace.out --task request -o request.speedscope.json")]
pub(super) struct Speedscope {
    #[command(flatten)]
    profiled: Profiled,
}

impl Folded {
    pub(super) fn run(&self, global: &Global) -> Result<Status> {
        let input = self.profiled.open(global)?;
        let trace = input.trace()?;
        let (profile, warnings) = self.profiled.profile(&input, &trace, global)?;
        let mut out = Output::open(global, Content::Text)?;
        folded::write(&profile, self.profiled.period()?, &mut out)?;
        out.finish()?;
        Ok(input.warn(&warnings))
    }
}

impl Speedscope {
    pub(super) fn run(&self, global: &Global) -> Result<Status> {
        let input = self.profiled.open(global)?;
        let trace = input.trace()?;
        let (profile, warnings) = self.profiled.profile(&input, &trace, global)?;
        let name = format!("{} ({})", self.profiled.title(), input.name());
        let mut out = Output::open(global, Content::Exact)?;
        speedscope::write(&profile, &name, self.profiled.period()?, &mut out)?;
        out.finish()?;
        Ok(input.warn(&warnings))
    }
}
