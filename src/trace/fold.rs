//! Reading of generations in parallel, for answers that can be merged.

mod shares;

use crate::error::warning::{Warning, Warnings};
use crate::error::{Error, Result};
use crate::event::Event;
use crate::generation::Generation;
use crate::order::{Block, Order, Record};
use crate::trace::Trace;
use shares::{SMALLEST, Share, Shares};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The result of a [`Trace::fold`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Folded<A> {
    /// The merged result.
    pub output: A,
    /// The defects found, in lenient mode.
    pub warnings: Vec<Warning>,
    /// The number of generations that had to be read twice, because a guess at the state in
    /// which they begin turned out wrong.
    pub reread: usize,
}

impl<'a> Trace<'a> {
    /// Feeds every event to an accumulator, one for each generation, and
    /// merges the accumulators in order, with as many threads as the options allow.
    ///
    /// `each` gets the same events as [`events`](Self::events) gives, those of
    /// a generation in order. An accumulator sees one generation (the
    /// last one also the sync that ends the trace), so `merge` has to cope with
    /// things that span two. For an answer that cannot be merged, iterate instead.
    ///
    /// ```
    /// # let bytes = include_bytes!("../../testdata/traces/go1.27/hello.trace");
    /// use gotrace::{Options, Trace};
    ///
    /// let trace = Trace::with_options(bytes, Options::default().threads(2))?;
    /// let folded = trace.fold(|| 0, |count, _| *count += 1, |count, more| *count += more)?;
    /// assert_eq!(folded.output, trace.events().count());
    /// # Ok::<(), gotrace::Error>(())
    /// ```
    ///
    /// # Errors
    /// The first defect, in strict mode.
    pub fn fold<A: Send>(
        &self,
        init: impl Fn() -> A + Sync,
        each: impl Fn(&mut A, Event<'_>) + Sync,
        merge: impl Fn(&mut A, A) + Sync,
    ) -> Result<Folded<A>> {
        let folded = self.fold_while(&init, each, merge, || true)?;
        // Nobody gives up, so that there always is one.
        Ok(folded.unwrap_or_else(|| Folded { output: init(), warnings: Vec::new(), reread: 0 }))
    }

    /// Folds as [`fold`](Self::fold) does, unless `go_on` returns false, which is called before
    /// each generation: for those who may lose interest. Returns nothing then.
    ///
    /// # Errors
    /// The first defect, in strict mode.
    pub fn fold_while<A: Send>(
        &self,
        init: impl Fn() -> A + Sync,
        each: impl Fn(&mut A, Event<'_>) + Sync,
        merge: impl Fn(&mut A, A) + Sync,
        go_on: impl Fn() -> bool + Sync,
    ) -> Result<Option<Folded<A>>> {
        self.fold_guessing(SMALLEST, init, each, merge, go_on)
    }

    /// Folds as [`fold_while`](Self::fold_while) does, with guesses at generations of at least
    /// `smallest` bytes: for tests, whose generations are small.
    ///
    /// # Errors
    /// The first defect, in strict mode.
    #[doc(hidden)]
    pub fn fold_guessing<A: Send>(
        &self,
        smallest: usize,
        init: impl Fn() -> A + Sync,
        each: impl Fn(&mut A, Event<'_>) + Sync,
        merge: impl Fn(&mut A, A) + Sync,
        go_on: impl Fn() -> bool + Sync,
    ) -> Result<Option<Folded<A>>> {
        let fold = Fold {
            trace: self,
            init,
            each,
            merge,
            go_on: &go_on,
            progress: Mutex::new(Progress {
                shares: Shares::new(smallest),
                done: 0,
                order: Order::new(self.bytes(), self.leniency()),
                output: None,
                warnings: Warnings::beginning(self.warnings(), self.options().limits),
                reread: 0,
                over: None,
            }),
            turn: Condvar::new(),
        };
        let threads = self.options().threads.min(self.generations().len()).max(1);
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(|| fold.work());
            }
            fold.work();
        });
        fold.finish()
    }
}

/// A running fold, shared by its threads.
struct Fold<'t, A, I, F, M> {
    trace: &'t Trace<'t>,
    init: I,
    each: F,
    merge: M,
    go_on: &'t (dyn Fn() -> bool + Sync),
    progress: Mutex<Progress<'t, A>>,
    /// Notified when `Progress::done` changes.
    turn: Condvar,
}

struct Progress<'t, A> {
    /// The generations that no thread has taken.
    shares: Shares,
    /// The number of generations merged.
    done: usize,
    /// The ordering, in the state after the last merged generation.
    order: Order<'t>,
    output: Option<A>,
    warnings: Warnings,
    reread: usize,
    /// The reason for which no more generations are read, if there is one.
    over: Option<Over>,
}

/// Reason for which a fold ends before the trace does.
enum Over {
    Failed(Error),
    GivenUp,
}

impl<'t, A, I, F, M> Fold<'t, A, I, F, M>
where
    I: Fn() -> A,
    F: Fn(&mut A, Event<'_>),
    M: Fn(&mut A, A),
{
    fn lock(&self) -> MutexGuard<'_, Progress<'t, A>> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs one thread of the fold: takes generations, reads them ahead if that pays and, when
    /// their turn comes, merges them.
    fn work(&self) {
        loop {
            let (share, is_known) = {
                let mut progress = self.lock();
                if self.is_over(&mut progress) {
                    return;
                }
                let Some(share) = progress.shares.take(self.trace.generations()) else { return };
                // A generation whose turn has come begins in a known state, so it needs no guess.
                let is_known = progress.done == share.range.start;
                (share, is_known)
            };
            let Share { range, guesses } = share;
            let guesses = guesses && !is_known;
            let mut ahead = None;
            if guesses && let Some(generation) = self.trace.generations().get(range.start) {
                self.trace.prefetch(generation);
                ahead = self.read_ahead(range.start, generation);
            }
            let mut progress = self.lock();
            while progress.done < range.start && progress.over.is_none() {
                progress = self.turn.wait(progress).unwrap_or_else(PoisonError::into_inner);
            }
            if progress.over.is_some() {
                return;
            }
            let mut read = ahead.and_then(|(mut order, began, output)| {
                order.confirm(&mut progress.order, began).then_some((order, output))
            });
            if guesses {
                progress.shares.note(read.is_some());
                progress.reread += usize::from(read.is_none());
            }
            for generation in self.trace.generations().get(range).unwrap_or_default() {
                if self.is_over(&mut progress) {
                    break;
                }
                progress = self.merge_next(progress, generation, read.take());
                self.trace.release(generation);
            }
            drop(progress);
            self.turn.notify_all();
        }
    }

    /// Returns whether no more generations are to be read; asks whether they are wanted.
    fn is_over(&self, progress: &mut Progress<'t, A>) -> bool {
        if progress.over.is_none() && !(self.go_on)() {
            progress.over = Some(Over::GivenUp);
            self.turn.notify_all();
        }
        progress.over.is_some()
    }

    /// Merges the generation whose turn it is, `read` ahead or to be read now.
    fn merge_next<'f>(
        &'f self,
        mut progress: MutexGuard<'f, Progress<'t, A>>,
        generation: &'t Generation<'t>,
        read: Option<(Order<'t>, A)>,
    ) -> MutexGuard<'f, Progress<'t, A>> {
        let output = match read {
            Some((order, output)) => {
                progress.order = order;
                output
            }
            None => {
                // Until `done` changes no other thread needs the ordering, so a placeholder does.
                let mut order = std::mem::replace(&mut progress.order, Order::new(&[], None));
                drop(progress);
                self.trace.prefetch(generation);
                let mut output = (self.init)();
                let read = self.read(&mut order, generation, &mut output);
                progress = self.lock();
                progress.over = read.err().map(Over::Failed);
                progress.order = order;
                output
            }
        };
        let warnings = progress.order.take_warnings();
        progress.warnings.extend(warnings);
        match &mut progress.output {
            Some(whole) => (self.merge)(whole, output),
            none => *none = Some(output),
        }
        progress.done += 1;
        progress
    }

    /// Reads a generation before the ones in front of it are done, from a guessed state; `None` if
    /// it fails.
    fn read_ahead(&self, index: usize, generation: &'t Generation<'t>) -> Option<(Order<'t>, i64, A)> {
        let before = self.trace.generations().get(index.checked_sub(1)?)?;
        let mut order = Order::guessing(self.trace.bytes(), self.trace.leniency(), generation, before);
        let began = order.last_time;
        let mut output = (self.init)();
        self.read(&mut order, generation, &mut output).ok()?;
        Some((order, began, output))
    }

    fn read(&self, order: &mut Order<'t>, generation: &'t Generation<'t>, output: &mut A) -> Result<()> {
        let mut block = Block::default();
        let mut over = order.enter(generation, &mut block).map(|()| false);
        loop {
            self.feed(output, generation, block.records());
            block.clear();
            match over {
                Ok(true) => return Ok(()),
                Ok(false) => over = order.advance(&mut block),
                Err(e) => return Err(e),
            }
        }
    }

    /// Feeds the events of records to an accumulator.
    fn feed(&self, output: &mut A, generation: &Generation<'_>, records: &[Record]) {
        for &record in records {
            (self.each)(output, Event::new(self.trace.framed(), Some(generation), record));
        }
    }

    fn finish(self) -> Result<Option<Folded<A>>> {
        let mut progress = self.progress.into_inner().unwrap_or_else(PoisonError::into_inner);
        match progress.over {
            Some(Over::Failed(e)) => return Err(e),
            Some(Over::GivenUp) => return Ok(None),
            None => {}
        }
        let mut output = progress.output.unwrap_or_else(|| (self.init)());
        let mut block = Block::default();
        progress.order.sync(progress.order.last_time, &mut block);
        for &record in block.records() {
            (self.each)(&mut output, Event::new(self.trace.framed(), None, record));
        }
        if let Some(defect) = self.trace.defect().filter(|_| !self.trace.is_lenient()) {
            return Err(defect.clone());
        }
        Ok(Some(Folded { output, warnings: progress.warnings.take(), reread: progress.reread }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Mode;
    use crate::trace::Options;
    use crate::trace::stream::Blocks;
    use crate::trace::testdata::traces;
    use std::sync::atomic::AtomicUsize;
    use std::sync::atomic::Ordering::Relaxed;

    fn read_all<'t>(order: &mut Order<'t>, generation: &Generation<'t>) -> Result<Vec<Record>> {
        let (mut block, mut all) = (Block::default(), Vec::new());
        order.enter(generation, &mut block)?;
        loop {
            let over = order.advance(&mut block)?;
            all.extend_from_slice(block.records());
            block.clear();
            if over {
                return Ok(all);
            }
        }
    }

    /// Checks that a generation whose guess is confirmed has the same records, and leaves
    /// the same state, as reading in sequence.
    #[test]
    fn confirmed_guesses_are_exact() {
        let (mut confirmed, mut guessed) = (0, 0);
        for (name, bytes) in traces() {
            let trace = Trace::parse(&bytes).unwrap();
            let mut sequence = Order::new(&bytes, None);
            for (at, generation) in trace.generations().iter().enumerate() {
                let mut before = sequence.clone();
                let Ok(want) = read_all(&mut sequence, generation) else { break };
                if at == 0 {
                    continue;
                }
                guessed += 1;
                let mut ahead = Order::guessing(&bytes, None, generation, &trace.generations()[at - 1]);
                let began = ahead.last_time;
                let got = read_all(&mut ahead, generation);
                if let (Ok(got), true) = (got, ahead.confirm(&mut before, began)) {
                    confirmed += 1;
                    let differs = got.iter().zip(&want).find(|(got, want)| got != want);
                    assert!(got == want, "{name}: records of generation {at}: {differs:?}");
                    assert_eq!(ahead.last_time, sequence.last_time, "{name}");
                    let summary = |order: &Order<'_>| {
                        let state = &order.state;
                        let mut gs: Vec<_> =
                            state.gs.iter().map(|(slot, g)| (g.id, g.status, state.gs.regions(slot).len())).collect();
                        gs.sort_by_key(|g| g.0);
                        let mut ms: Vec<_> = state.ms.iter().map(|m| (m.id, m.cx.go, m.cx.p)).collect();
                        ms.sort_unstable();
                        let ps: Vec<_> = state.ps.iter().map(|(id, p)| (id, p.status, p.sweeping)).collect();
                        let mut tasks: Vec<_> = state.tasks.keys().copied().collect();
                        tasks.sort_unstable();
                        format!("{gs:?} {ms:?} {ps:?} {tasks:?} {:?}", state.gc)
                    };
                    assert_eq!(summary(&ahead), summary(&sequence), "{name}: state after generation {at}");
                }
            }
        }
        assert!(confirmed * 2 > guessed, "most guesses are true: {confirmed} of {guessed}");
        println!("{confirmed} of {guessed} guesses confirmed");
    }

    /// Checks that any number of threads gives the same as one stream, for good traces and bad.
    #[test]
    fn threads_change_nothing() {
        for (name, bytes) in traces() {
            for mode in [Mode::Strict, Mode::Lenient] {
                let options = Options::default().mode(mode);
                let Ok(trace) = Trace::with_options(&bytes, options) else { continue };
                let mut blocks = Blocks::new(&trace);
                let mut want = Vec::new();
                let ended = loop {
                    match blocks.next_block() {
                        Ok(true) => want.extend_from_slice(blocks.records.records()),
                        Ok(false) => break Ok(()),
                        Err(e) => break Err(e.to_string()),
                    }
                };
                let ahead = Trace::with_options(&bytes, options.threads(2)).unwrap();
                let mut times = Vec::new();
                let _ = ahead.for_each(|event| {
                    times.push(event.time().0);
                    std::ops::ControlFlow::Continue(())
                });
                assert!(times.iter().copied().eq(want.iter().map(|record| record.time)), "{name}, ordered ahead");
                for threads in [1, 2, 4] {
                    let trace = Trace::with_options(&bytes, options.threads(threads)).unwrap();
                    let folded = trace.fold_guessing(
                        0,
                        Vec::new,
                        |all, event| all.push(event.record()),
                        |all, more| all.extend(more),
                        || true,
                    );
                    match (folded.map(Option::unwrap), &ended) {
                        (Ok(folded), Ok(())) => assert!(folded.output == want, "{name}, {threads} threads"),
                        (Err(got), Err(want)) => assert_eq!(got.to_string(), *want, "{name}, {threads} threads"),
                        (got, want) => panic!("{name}, {threads} threads: {:?} for {want:?}", got.map(|f| f.reread)),
                    }
                }
            }
        }
    }

    /// A fold that nobody wants any more ends with nothing, after a generation or two.
    #[test]
    fn a_fold_is_given_up() {
        let (_, bytes) = traces().into_iter().find(|(name, _)| name.ends_with("go1.27/mixed.trace")).unwrap();
        for threads in [1, 2] {
            let trace = Trace::with_options(&bytes, Options::default().threads(threads)).unwrap();
            let (begun, merged) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let go_on = || begun.fetch_add(1, Relaxed) < 2;
            let merge = |_: &mut (), ()| _ = merged.fetch_add(1, Relaxed);
            let folded = trace.fold_while(|| (), |(), _| (), merge, go_on).unwrap();
            assert!(folded.is_none() && merged.load(Relaxed) <= 1, "{threads} threads");
            assert!(trace.fold_while(|| (), |(), _| (), |(), ()| (), || true).unwrap().is_some());
        }
    }
}
