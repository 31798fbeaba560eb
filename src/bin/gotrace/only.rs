//! The options of the commands that count only some of the goroutines' time.

use crate::Usage;
use crate::input::Input;
use crate::moment::Moment;
use anyhow::{Result, anyhow};
use clap::Args;
use gotrace::analysis::Compat;
use gotrace::analysis::profile::Filter;
use gotrace::analysis::profile::functions::GoroutinesOf;
use gotrace::analysis::profile::regions::{RegionIntervals, Wanted};
use gotrace::{GoId, TaskId, Time, Trace};

/// Which time counts.
#[derive(Args)]
#[command(next_help_heading = "What counts")]
pub(crate) struct Only {
    /// Only goroutine G; can be repeated
    #[arg(short, long, value_name = "G", conflicts_with = "function")]
    goroutine: Vec<u64>,

    /// Only goroutines that began with a function whose name matches
    #[arg(long, value_name = "REGEX")]
    function: Option<String>,

    /// Only while in a region of that type
    #[arg(long, value_name = "TYPE")]
    region: Option<String>,

    /// Only while in a region of that task, or of tasks of that type; and all of
    /// goroutines created in one
    #[arg(long, value_name = "ID|TYPE")]
    task: Option<String>,

    /// Only from TIME on: since the trace's start, as 1.5ms (ns, us, ms, s), or a
    /// number of nanoseconds on the trace's clock
    #[arg(long, value_name = "TIME")]
    from: Option<Moment>,

    /// Only before TIME
    #[arg(long, value_name = "TIME")]
    to: Option<Moment>,
}

impl Only {
    /// What is to be counted; some of it takes a pass of its own to find out.
    pub(crate) fn filter(&self, input: &Input, trace: &Trace<'_>, compat: Compat) -> Result<Filter> {
        let mut filter = Filter::default();
        if self.from.is_some() || self.to.is_some() {
            let start = trace.events().next().and_then(Result::ok).map_or(Time(0), |event| event.time());
            filter.from = self.from.map(|from| from.since(start));
            filter.to = self.to.map(|to| to.since(start));
        }
        if !self.goroutine.is_empty() {
            filter.goroutines = Some(self.goroutine.iter().map(|&id| GoId(id)).collect());
        }
        if let Some(pattern) = &self.function {
            let pattern = regex_lite::Regex::new(pattern).map_err(|e| Usage(format!("--function: {e}")))?;
            let wanted = GoroutinesOf::new(|func: &[u8]| pattern.is_match(&String::from_utf8_lossy(func)));
            let (found, _) = input.analyze(trace, wanted)?;
            if found.is_empty() {
                return Err(anyhow!("{}: no goroutine began with a function that matches", input.name()));
            }
            filter.goroutines = Some(found);
        }
        if self.region.is_some() || self.task.is_some() {
            let mut wanted = Wanted::default();
            wanted.region = self.region.clone().map(String::into_bytes);
            match self.task.as_deref().map(|task| (task, task.parse())) {
                Some((_, Ok(id))) => wanted.task = Some(TaskId(id)),
                Some((kind, Err(_))) => wanted.task_type = Some(kind.into()),
                None => {}
            }
            let (found, _) = input.analyze(trace, RegionIntervals::of(wanted, compat))?;
            if found.is_empty() {
                return Err(anyhow!("{}: there is no such region", input.name()));
            }
            filter.intervals = Some(found);
        }
        Ok(filter)
    }
}
