//! Critical paths of many stretches of a trace, such as all requests: where the time of the
//! slow ones went beside that of the others.
//!
//! ```text
//! stretches ──> windows that have them ──> history, as far back as it is needed ──> paths ──> trees
//! ```

mod walks;

use crate::analysis::annotations::Stretch;
use crate::analysis::names::Names;
use crate::analysis::path::{History, Path, Tree};
use crate::base::time::Time;
use crate::error::Result;
use crate::error::warning::Warning;
use crate::trace::Trace;
use crate::window::Window;
use walks::Walks;

/// Bytes of the trace between two stretches that are read rather than passed over: to begin in
/// the middle of a generation, its beginning has to be read.
const READ_ON: u64 = 4 << 20;

/// Follows the paths of stretches, and gives each to `each`, with its place among the
/// stretches and the history that it is of. They come in no order. Memory grows with the
/// longest stretch, not with the trace.
///
/// ```
/// # let bytes = include_bytes!("../testdata/traces/go1.27/annotations.trace");
/// use gotrace::analysis::annotations::CollectAnnotations;
///
/// let trace = gotrace::Trace::parse(bytes)?;
/// let annotations = trace.analyze(CollectAnnotations::default())?.output;
/// let tasks = annotations.tasks(b"parent", false).expect("there are such tasks");
/// let stretches = annotations.stretches_of_tasks(&tasks);
/// gotrace::paths::follow(&trace, &stretches, |place, path, _| {
///     let nanos: i64 = path.segments.iter().map(|segment| segment.nanos()).sum();
///     assert_eq!(nanos, stretches[place].nanos());
/// })?;
/// # Ok::<(), gotrace::Error>(())
/// ```
///
/// # Errors
/// The first defect in the windows that are read, in strict mode.
pub fn follow(
    trace: &Trace<'_>,
    stretches: &[Stretch],
    mut each: impl FnMut(usize, Path, &History),
) -> Result<Vec<Warning>> {
    let mut places: Vec<(usize, &Stretch)> = stretches.iter().enumerate().collect();
    places.sort_by_key(|(_, stretch)| (stretch.start, stretch.end));
    let gap = time_of_bytes(trace, READ_ON);
    let (mut rest, mut warnings) = (&places[..], Vec::new());
    while let Some((_, first)) = rest.first() {
        let mut to = first.end;
        let mut goes_on = |(_, stretch): &&(usize, &Stretch)| {
            let near = stretch.start.since(to) <= gap;
            to = if near { to.max(stretch.end) } else { to };
            near
        };
        let count = rest.iter().take_while(&mut goes_on).count();
        let (now, later) = rest.split_at(count.max(1));
        rest = later;
        let window = Window::new(Some(first.start), Some(Time(to.0.saturating_add(1))));
        // Windows that touch one generation find the same defects in it.
        warnings.extend(window.analyze(trace, Walks::new(now, &mut each))?.warnings);
    }
    Ok(Warning::distinct(warnings))
}

/// Returns about how long a trace goes on in so many bytes, in nanoseconds.
fn time_of_bytes(trace: &Trace<'_>, bytes: u64) -> i64 {
    let generations = trace.generations();
    let (Some(first), Some(last)) = (generations.first(), generations.last()) else { return 0 };
    let all = (trace.bytes().len() as u64).max(1);
    // The last generation is as long as the others, roughly; of a single one nothing is known.
    let count = generations.len() as i64;
    let span = match count {
        1 => return i64::MAX,
        _ => last.start().since(first.start()).saturating_mul(count) / (count - 1),
    };
    (span as f64 * (bytes as f64 / all as f64)) as i64
}

/// Time of the typical among some stretches, and of the slowest, by what it went to.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Comparison {
    /// Time of those that took about as long as most: from the 40th to the 60th percentile.
    pub typical: Tree,
    /// Time of those that took longest: the slowest hundredth, one at least.
    pub slow: Tree,
    /// Names of the steps of both.
    pub names: Names,
}

/// Part of stretches that a [`Comparison`] is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    Typical,
    Slow,
}

/// Most stretches of each part whose paths are followed.
const FOLLOWED: usize = 500;

impl Comparison {
    /// Compares the typical of some stretches with the slowest: of each at most 500, evenly
    /// chosen.
    ///
    /// # Errors
    /// As [`follow`].
    pub fn of(trace: &Trace<'_>, stretches: &[Stretch]) -> Result<(Comparison, Vec<Warning>)> {
        Comparison::beside(trace, stretches, &[], |_, _, _| ())
    }

    /// Does as [`of`](Self::of), and also follows `others`, as [`follow`] does.
    ///
    /// # Errors
    /// As [`follow`].
    pub fn beside(
        trace: &Trace<'_>,
        stretches: &[Stretch],
        others: &[Stretch],
        mut each: impl FnMut(usize, Path, &History),
    ) -> Result<(Comparison, Vec<Warning>)> {
        let mut sorted: Vec<&Stretch> = stretches.iter().collect();
        sorted.sort_by_key(|stretch| stretch.nanos());
        let (typical, slow) = parts(sorted.len());
        let of = |part: Part, range: std::ops::Range<usize>| {
            let step = range.len().div_ceil(FOLLOWED).max(1);
            let chosen = sorted.get(range).unwrap_or_default();
            // From the slowest on.
            chosen.iter().rev().step_by(step).map(move |stretch| (part, **stretch)).collect::<Vec<_>>()
        };
        let chosen = [of(Part::Typical, typical), of(Part::Slow, slow)].concat();
        let compared = chosen.iter().map(|(_, stretch)| *stretch);
        let stretches: Vec<Stretch> = others.iter().copied().chain(compared).collect();
        let mut all = Comparison::default();
        let warnings = follow(trace, &stretches, |place, path, history| {
            let Some(place) = place.checked_sub(others.len()) else { return each(place, path, history) };
            let mut tree = Tree::default();
            tree.add(&path, history);
            let Comparison { typical, slow, names } = &mut all;
            let into = match chosen.get(place) {
                Some((Part::Slow, _)) => slow,
                _ => typical,
            };
            into.merge(&tree, &mut |name| names.intern(history.stacks.names.get(name)));
        })?;
        Ok((all, warnings))
    }
}

/// Returns the places of the typical and of the slowest among so many, sorted.
fn parts(count: usize) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
    let at = |percent: usize| count * percent / 100;
    let typical = at(40)..at(60).max(at(40) + 1).min(count);
    (typical, count - count.div_ceil(100)..count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_are_one_at_least_and_the_typical_are_in_the_middle() {
        for (count, typical, slow) in
            [(0, 0..0, 0..0), (1, 0..1, 0..1), (3, 1..2, 2..3), (10, 4..6, 9..10), (250, 100..150, 247..250)]
        {
            assert_eq!(parts(count), (typical, slow), "{count}");
        }
    }
}
