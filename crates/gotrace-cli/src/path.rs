//! `gotrace path`: the critical path of a request, a region or a goroutine.

mod page;

use crate::global::Global;
use crate::input::Input;
use crate::json;
use crate::outcome::{Status, Usage};
use crate::output::{Content, Output};
use crate::select::missing;
use crate::within::Within;
use anyhow::{Result, anyhow};
use clap::Args;
use gotrace::analysis::annotations::{Annotations, CollectAnnotations, CollectStretches, NoSuch, Stretch};
use gotrace::analysis::durations::Durations;
use gotrace::analysis::path::{CollectHistory, History, Path};
use gotrace::paths::{Comparison, follow};
use gotrace::report::{PathComparison, PathParts, PathReport, PathsReport};
use gotrace::{GoId, Trace, Warning};
use page::Page;
use std::path::PathBuf;

/// Show the critical path: where the time of a request went, across the goroutines that it
/// waited for
///
/// While a goroutine runs, is ready, or is in a system call, its time is its own. While it
/// waits, the time belongs to the goroutine that woke it, for what that did meanwhile; if that
/// waited too, to the one that woke it, and so on. So each nanosecond has one place in the
/// tree. With `select` or a sync.Cond, another goroutine could have ended the wait as well:
/// that is marked with a question mark.
///
/// A task's path is that of the goroutine that ended it. With a type of tasks or regions, the
/// typical ones are compared with the slowest. Without any of these options it is the path of
/// the main goroutine: what the program as a whole waited for; of the one that ran longest, if
/// the trace does not have that.
#[derive(Args)]
#[command(after_help = "\
Examples:
  gotrace path trace.out                            what the program waited for
  gotrace path trace.out --task request             slow requests beside typical ones
  gotrace path trace.out --task request --slowest 5
  gotrace path trace.out --task 17 --segments       one, step by step
  gotrace path trace.out --task request --what-if   what could be won, at most
  gotrace path trace.out --region query
  gotrace path trace.out -g 34 --from 1.2s --to 1.25s
  gotrace path trace.out --task 17 --folded | flamegraph.pl > path.svg")]
pub(crate) struct Options {
    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    /// The path of goroutine G
    #[arg(short, long, value_name = "G", conflicts_with_all = ["task", "region"], help_heading = "Selection")]
    goroutine: Option<u64>,

    /// The path of TASK: the task of that number, or all tasks of that type (type:TYPE for a
    /// type that is a number)
    #[arg(long, value_name = "TASK", help_heading = "Selection")]
    task: Option<String>,

    /// The path of regions of TYPE; with --task, of such regions of the task
    #[arg(long, value_name = "TYPE", help_heading = "Selection")]
    region: Option<String>,

    #[command(flatten)]
    within: Within,

    /// Show the paths of the N slowest
    #[arg(long, value_name = "N", default_value_t = 1)]
    slowest: usize,

    /// Show the first N parts of each; 0 for all
    #[arg(long, value_name = "N", default_value_t = 8)]
    top: usize,

    /// Follow N wakings from one goroutine to the next; 0 for all
    #[arg(long, value_name = "N", default_value_t = 4)]
    depth: usize,

    /// Show the segments in order of time as well
    #[arg(long)]
    segments: bool,

    /// Show how long it would take at least if one thing took no time
    #[arg(long)]
    what_if: bool,

    /// Print lines for a flame graph: steps with semicolons between them, and nanoseconds
    #[arg(long, conflicts_with_all = ["json", "segments", "what_if"])]
    folded: bool,

    /// Print JSON; times in nanoseconds
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let input = Input::open(&options.trace, global)?;
    let trace = input.trace()?;
    let (found, warnings) = match options.task.is_some() || options.region.is_some() {
        true => Found::of_stretches(options, &input, &trace, global)?,
        false => Found::of_goroutine(options, &input, &trace)?,
    };
    let mut out = Output::open(global, Content::Text)?;
    if json::asked(options.json) {
        json::write(&mut out, &PathsReport::new(found.paths, found.durations.as_ref(), found.comparison))?;
    } else {
        let (styles, start) = (out.styles, crate::within::start(&trace));
        let page = Page { options, found: &found, start, styles };
        if options.folded {
            page.folded(&mut out)?;
        } else {
            options.within.heading(&mut out)?;
            page.print(&mut out)?;
        }
    }
    out.finish()?;
    Ok(input.warn(&warnings))
}

/// Findings about paths.
pub(crate) struct Found {
    /// Paths, the longest first.
    paths: Vec<PathReport>,
    /// Lengths of the complete tasks or regions, if the question is about such.
    durations: Option<Durations>,
    comparison: Option<PathComparison>,
}

impl Found {
    /// Follows the path of a goroutine.
    fn of_goroutine(options: &Options, input: &Input, trace: &Trace<'_>) -> Result<(Found, Vec<Warning>)> {
        let (history, warnings) = options.within.analyze(input, trace, CollectHistory::default())?;
        let main = GoId(1);
        let id = match options.goroutine {
            Some(id) => GoId(id),
            None if history.life(main).is_some() => main,
            None => history.longest_running().unwrap_or(main),
        };
        let Some((start, end)) = history.life(id) else {
            return Err(anyhow!("{}: there is no goroutine {id} in that time", input.name()));
        };
        let path = history.path(id, start, end);
        let paths = vec![PathReport::new(&path, &history, None, options.parts())];
        Ok((Found { paths, durations: None, comparison: None }, warnings))
    }

    /// Follows the paths of tasks or regions.
    fn of_stretches(
        options: &Options,
        input: &Input,
        trace: &Trace<'_>,
        global: &Global,
    ) -> Result<(Found, Vec<Warning>)> {
        let (mut stretches, mut warnings) = options.stretches(input, trace, global)?;
        options.clip(&mut stretches, trace)?;
        if stretches.is_empty() {
            return Err(anyhow!("{}: none of these tasks or regions is in that time", input.name()));
        }
        let complete: Vec<Stretch> = stretches.iter().filter(|stretch| stretch.is_complete).copied().collect();
        let mut durations = Durations::default();
        complete.iter().for_each(|stretch| durations.add(stretch.nanos()));
        // Those that are cut come last, however long they are.
        stretches.sort_by_key(|stretch| (!stretch.is_complete, -stretch.nanos()));
        stretches.truncate(options.slowest);
        let mut paths: Vec<(usize, PathReport)> = Vec::new();
        let each = |place, path: Path, history: &History| {
            paths.push((place, PathReport::new(&path, history, stretches.get(place), options.parts())));
        };
        let (mut comparison, compares) = (None, complete.len() > 1);
        let more = match compares {
            true => Comparison::beside(trace, &complete, &stretches, each).map(|(compared, more)| {
                let Comparison { typical, slow, names, .. } = compared;
                comparison = Some(PathComparison::new(&typical, &slow, &names, options.parts()));
                more
            }),
            false => follow(trace, &stretches, each),
        };
        warnings.extend(more.map_err(|e| input.error(&e))?);
        paths.sort_by_key(|(place, _)| *place);
        let paths = paths.into_iter().map(|(_, path)| path).collect();
        Ok((Found { paths, durations: Some(durations), comparison }, Warning::distinct(warnings)))
    }
}

impl Options {
    /// Returns the parts of the report that are wanted.
    fn parts(&self) -> PathParts {
        PathParts { causes: self.what_if, segments: self.segments }
    }

    /// Returns the tasks or regions that are asked for, and the defects met.
    fn stretches(&self, input: &Input, trace: &Trace<'_>, global: &Global) -> Result<(Vec<Stretch>, Vec<Warning>)> {
        if let (Some(task), None) = (&self.task, &self.region) {
            let (stretches, warnings) = input.analyze(trace, CollectStretches::of_tasks(task.as_bytes()))?;
            if !stretches.is_empty() {
                return Ok((stretches, warnings));
            }
            // A task may be there all the same, without beginning and end.
        }
        let (annotations, warnings) = input.analyze(trace, CollectAnnotations::new(global.compat()))?;
        let stretches = self.chosen(&annotations).map_err(|none| missing(input, &none))?;
        Ok((stretches, warnings))
    }

    /// Returns those of the tasks or regions of a trace that are asked for.
    fn chosen(&self, annotations: &Annotations) -> Result<Vec<Stretch>, NoSuch> {
        let tasks = self.task.as_ref().map(|task| annotations.tasks(task.as_bytes(), self.region.is_some()));
        let tasks = tasks.transpose()?;
        match (&self.region, tasks) {
            (Some(region), tasks) => annotations.stretches_of_regions(region.as_bytes(), tasks.as_ref()),
            (None, tasks) => Ok(annotations.stretches_of_tasks(&tasks.unwrap_or_default())),
        }
    }

    /// Clips tasks and regions to the time that is asked for, and drops those outside.
    fn clip(&self, stretches: &mut Vec<Stretch>, trace: &Trace<'_>) -> Result<()> {
        let window = self.within.window(trace)?;
        if self.slowest == 0 {
            return Err(Usage("--slowest 0".into()).into());
        }
        for stretch in stretches.iter_mut() {
            stretch.start = window.from().map_or(stretch.start, |from| from.max(stretch.start));
            stretch.end = window.to().map_or(stretch.end, |to| to.min(stretch.end));
        }
        stretches.retain(|stretch| stretch.start <= stretch.end);
        Ok(())
    }

    /// Returns what the paths are of, in words: one, and several.
    fn subject(&self) -> (&'static str, &'static str) {
        match (&self.region, &self.task) {
            (Some(_), _) => ("region", "regions"),
            (None, Some(_)) => ("task", "tasks"),
            (None, None) => ("goroutine", "goroutines"),
        }
    }
}
