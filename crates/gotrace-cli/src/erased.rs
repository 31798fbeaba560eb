//! Analyses behind one interface, so that the code that reads, orders and follows events is
//! compiled once for all of them, and not again for each: a third of the size, at some speed.

use gotrace::analysis::collector::Collected;
use gotrace::analysis::{Analysis, Follower, SharedEvent, Transition};
use gotrace::spec::v2::EventType;
use gotrace::{Event, Result, Trace, Warning, Window};

/// Shows the events of a window to an analysis, as long as `go_on` says so; returns the answer
/// and the defects that were passed over.
///
/// # Errors
/// Returns the first defect, in strict mode.
pub(crate) fn analyze_while<A: Analysis>(
    window: &Window,
    trace: &Trace<'_>,
    analysis: A,
    go_on: &mut dyn FnMut(&Event<'_>) -> bool,
) -> Result<Option<(A::Output, Vec<Warning>)>> {
    let mut slot = Slot { analysis: Some(analysis), output: None };
    let warnings = pass(window, trace, &mut slot, go_on)?;
    Ok(warnings.and_then(|warnings| Some((slot.output?, warnings))))
}

fn pass(
    window: &Window,
    trace: &Trace<'_>,
    analysis: &mut dyn Erased,
    go_on: &mut dyn FnMut(&Event<'_>) -> bool,
) -> Result<Option<Vec<Warning>>> {
    let analyzed = window.analyze_while(trace, Dyn(analysis), go_on)?;
    Ok(analyzed.map(|analyzed| analyzed.warnings))
}

/// An analysis, and then its answer.
struct Slot<A: Analysis> {
    analysis: Option<A>,
    output: Option<A::Output>,
}

/// An analysis without its types.
trait Erased {
    fn wants(&self, event: EventType) -> bool;
    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower);
    fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower);
    fn collected(&mut self, collected: &Collected);
    fn finish(&mut self, follower: &Follower);
}

impl<A: Analysis> Erased for Slot<A> {
    fn wants(&self, event: EventType) -> bool {
        self.analysis.wants(event)
    }

    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        self.analysis.goroutine(transition, follower);
    }

    fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        self.analysis.event(event, follower);
    }

    fn collected(&mut self, collected: &Collected) {
        if A::FOLLOWS_COLLECTOR {
            self.analysis.collected(collected);
        }
    }

    fn finish(&mut self, follower: &Follower) {
        self.output = self.analysis.take().map(|analysis| analysis.finish(follower));
    }
}

/// An erased analysis as an analysis again, of which there is one type.
struct Dyn<'a>(&'a mut dyn Erased);

impl Analysis for Dyn<'_> {
    type Output = ();

    // Whether the analysis needs it is known too late for the one type that there is.
    const FOLLOWS_COLLECTOR: bool = true;

    fn wants(&self, event: EventType) -> bool {
        self.0.wants(event)
    }

    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        self.0.goroutine(transition, follower);
    }

    fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        self.0.event(event, follower);
    }

    fn collected(&mut self, collected: &Collected) {
        self.0.collected(collected);
    }

    fn finish(self, follower: &Follower) {
        self.0.finish(follower);
    }
}
