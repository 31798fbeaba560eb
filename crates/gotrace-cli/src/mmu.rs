//! `gotrace mmu`: minimum mutator utilization.

use crate::global::Global;
use crate::human::{duration, moment};
use crate::input::Input;
use crate::moment::time;
use crate::outcome::Status;
use crate::output::{Content, Output, Styles};
use crate::whole::Whole;
use crate::{json, table};
use anyhow::Result;
use clap::{Args, ValueEnum};
use gotrace::Time;
use gotrace::analysis::mmu::{CollectUtilization, Curve, Flags};
use gotrace::report::MmuReport;
use std::io::{self, Write};
use std::path::PathBuf;

/// Show the minimum mutator utilization: the least share of the processors that the
/// garbage collector left to the program
///
/// For each length of a window, it is the least share of the processors' time that
/// the program got in any stretch of that length. At 0% the program stood still for
/// that long; at 75% the collector took its usual quarter.
#[derive(Args)]
#[command(after_help = "\
Examples:
  gotrace mmu trace.out
  gotrace mmu trace.out --window 10ms                 the worst stretches of that length
  gotrace mmu trace.out --of stw,background,assist,sweep
  gotrace mmu trace.out --per-proc --json")]
pub(crate) struct Options {
    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    /// Work that counts as the collector's
    #[arg(long, value_name = "WHAT", value_delimiter = ',', default_value = "stw,background,assist")]
    of: Vec<Part>,

    /// Look at each P by itself; dedicated workers then do not count
    #[arg(long)]
    per_proc: bool,

    /// Look at windows of that length, such as 10ms; can be repeated
    #[arg(long, value_name = "TIME", value_parser = time)]
    window: Vec<i64>,

    /// List the N worst windows of each length
    #[arg(long, value_name = "N")]
    worst: Option<usize>,

    /// Print JSON; times in nanoseconds, utilizations from 0 to 1
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    within: Whole,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Stw,
    Background,
    Assist,
    Sweep,
}

/// The number of window lengths in JSON if none is asked for, as in Go's plot.
const PLOT: usize = 100;

/// The number of window lengths on the page if none is asked for.
const LINES: usize = 19;

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let has = |part| options.of.contains(&part);
    let mut flags = Flags::default();
    (flags.stw, flags.background) = (has(Part::Stw), has(Part::Background));
    (flags.assist, flags.sweep, flags.per_proc) = (has(Part::Assist), has(Part::Sweep), options.per_proc);
    let input = Input::open(&options.trace, global)?;
    let trace = input.trace()?;
    let (curve, warnings) = options.within.analyze(&input, &trace, CollectUtilization::new(flags, global.compat()))?;
    let mut out = Output::open(global, Content::Text)?;
    if !json::asked(options.json) {
        options.within.heading(&mut out)?;
    }
    if curve.is_empty() && !json::asked(options.json) {
        writeln!(out, "no utilization: the number of Ps (GOMAXPROCS) is not in this trace")?;
    } else if json::asked(options.json) {
        let windows = if options.window.is_empty() { plot(&curve, PLOT) } else { options.window.clone() };
        json::write(&mut out, &MmuReport::new(&curve, &windows, options.worst.unwrap_or(10)))?;
    } else {
        let (start, _) = curve.span();
        let origin = options.within.origin(&trace, Time(start));
        print(&mut out, options, &curve, origin)?;
    }
    out.finish()?;
    Ok(input.warn(&warnings))
}

/// Returns `count` window lengths in nanoseconds, spread evenly over six decades as in Go's
/// plot.
fn plot(curve: &Curve, count: usize) -> Vec<i64> {
    let mut least = 1_000_000_000i64;
    while least > 1 && curve.mmu(least) >= 0.0001 {
        least /= 1000;
    }
    let (start, end) = curve.span();
    let most = least.max(1).saturating_mul(1_000_000).min(end.saturating_sub(start).max(1));
    let (from, to) = ((least.max(1) as f64).ln(), (most as f64).ln());
    let at = |i: usize| i as f64 / (count - 1) as f64 * (to - from) + from;
    (0..count).map(|i| at(i).exp() as i64).collect()
}

/// Prints the page; moments count from `origin`.
fn print(out: &mut Output, options: &Options, curve: &Curve, origin: Time) -> io::Result<()> {
    const WIDTH: f64 = 50.0;
    let percent = |utilization: f64| format!("{:.1}%", utilization * 100.0);
    let mut windows = if options.window.is_empty() { plot(curve, LINES) } else { options.window.clone() };
    windows.dedup();
    let Styles { heading, .. } = out.styles;
    let styles = out.styles;
    if curve.points().all(|points| points.iter().rev().skip(1).all(|point| point.utilization == 1.0)) {
        return writeln!(out, "the collector took nothing of the program's processors in this trace");
    }
    writeln!(
        out,
        "{heading}the least of the processors that the program had{heading:#}, in any stretch of that length"
    )?;
    let rows = windows.iter().map(|&window| {
        let least = curve.mmu(window);
        let usual = curve.quantiles(window, &[1.0 - 0.99]).first().copied().unwrap_or(least);
        let bar = "#".repeat((least * WIDTH).round() as usize);
        vec![duration(window), percent(least), percent(usual), bar]
    });
    table::print(out, styles, &["window", "least", "99% have", "MMU"], rows)?;
    let worst = options.worst.unwrap_or(if options.window.is_empty() { 0 } else { 10 });
    for &window in windows.iter().filter(|_| worst > 0) {
        writeln!(out, "\n{heading}the worst windows of {}{heading:#}", duration(window))?;
        let rows = curve.worst(window, worst);
        let rows =
            rows.iter().map(|w| vec![moment(w.time.saturating_sub(origin.0)), percent(w.utilization), String::new()]);
        table::print(out, styles, &["begins at", "utilization", ""], rows)?;
    }
    Ok(())
}
