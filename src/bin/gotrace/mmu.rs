//! `gotrace mmu`.

use crate::human::duration;
use crate::input::Input;
use crate::moment::time;
use crate::output::{Content, Output, Styles};
use crate::{Global, Status, table};
use anyhow::Result;
use clap::{Args, ValueEnum};
use gotrace::analysis::mmu::{Curve, Flags, Utilization};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::PathBuf;

/// Show the minimum mutator utilization: how little of the processors the program
/// had, while the garbage collector ran
///
/// For each length of a window: the least share of the processors' time that the
/// program got in any stretch of that length. At 0% the program stood still for
/// as long; at 75% the collector took its usual quarter.
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

    /// What counts as the collector's
    #[arg(long, value_name = "WHAT", value_delimiter = ',', default_value = "stw,background,assist")]
    of: Vec<Part>,

    /// Each P by itself; dedicated workers then do not count
    #[arg(long)]
    per_proc: bool,

    /// Look at windows of that length, as 10ms; can be repeated
    #[arg(long, value_name = "TIME", value_parser = time)]
    window: Vec<i64>,

    /// List the N worst windows of each length
    #[arg(long, value_name = "N")]
    worst: Option<usize>,

    /// Print JSON; times in nanoseconds, utilizations from 0 to 1
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Stw,
    Background,
    Assist,
    Sweep,
}

/// The quantiles of Go's plot: what 100%, 99.9%, 99% and 95% of windows have.
const QUANTILES: [f64; 4] = [0.0, 1.0 - 0.999, 1.0 - 0.99, 1.0 - 0.95];
/// How many lengths are looked at where none is asked for: Go's plot has 100.
const PLOT: usize = 100;
const LINES: usize = 19;

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let has = |part| options.of.contains(&part);
    let mut flags = Flags::default();
    (flags.stw, flags.background) = (has(Part::Stw), has(Part::Background));
    (flags.assist, flags.sweep, flags.per_proc) = (has(Part::Assist), has(Part::Sweep), options.per_proc);
    let input = Input::open(&options.trace, global)?;
    let trace = input.trace()?;
    let (curve, warnings) = input.analyze(&trace, Utilization::new(flags, global.compat()))?;
    let mut out = Output::open(global, Content::Text)?;
    if curve.is_empty() && !options.json {
        writeln!(out, "this trace does not tell how many Ps there are; nothing can be said")?;
    } else if options.json {
        let windows = if options.window.is_empty() { plot(&curve, PLOT) } else { options.window.clone() };
        writeln!(out, "{:#}", report(&curve, &windows, options.worst.unwrap_or(10)))?;
    } else {
        print(&mut out, options, &curve)?;
    }
    out.finish()?;
    Ok(input.warn(&warnings))
}

/// The lengths that Go's plot has: spread evenly over six decades.
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

fn print(out: &mut Output, options: &Options, curve: &Curve) -> io::Result<()> {
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
    table::below(out, styles, &["window", "least", "99% have", "MMU"], rows)?;
    let worst = options.worst.unwrap_or(if options.window.is_empty() { 0 } else { 10 });
    for &window in windows.iter().filter(|_| worst > 0) {
        writeln!(out, "\n{heading}the worst windows of {}{heading:#}", duration(window))?;
        let (start, _) = curve.span();
        let rows = curve.worst(window, worst);
        let rows =
            rows.iter().map(|w| vec![duration(w.time.saturating_sub(start)), percent(w.utilization), String::new()]);
        table::below(out, styles, &["begins at", "utilization", ""], rows)?;
    }
    Ok(())
}

fn report(curve: &Curve, windows: &[i64], worst: usize) -> Value {
    let (start, end) = curve.span();
    let windows = windows.iter().map(|&window| {
        let list = curve.worst(window, worst);
        json!({
            "window": window,
            "mmu": curve.mmu(window),
            "quantiles": curve.quantiles(window, &QUANTILES),
            "worst": list.iter().map(|w| json!({ "time": w.time, "utilization": w.utilization })).collect::<Value>(),
        })
    });
    json!({
        "start": start,
        "end": end,
        "quantiles": QUANTILES,
        "windows": windows.collect::<Value>(),
        "changes": curve.points().map(<[_]>::len).sum::<usize>(),
    })
}
