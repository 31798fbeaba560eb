//! Reading generations side by side, for answers that can be merged.

use crate::error::{Error, Result};
use crate::event::Event;
use crate::generation::Generation;
use crate::order::{Block, Order, Record};
use crate::stream::TypeCounts;
use crate::trace::Trace;
use crate::warning::{Warning, Warnings};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What a [`Trace::fold`] has come to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Folded<A> {
    /// The merged result.
    pub output: A,
    /// The defects met, in lenient mode.
    pub warnings: Vec<Warning>,
    /// How many generations had to be read twice, since what reading them
    /// ahead took for granted turned out untrue.
    pub reread: usize,
}

impl<'a> Trace<'a> {
    /// Feeds every event to an accumulator, one for each generation, and
    /// merges those in order, with as many threads as the options allow.
    ///
    /// `each` gets the very events that [`events`](Self::events) gives. Within
    /// a generation they come in order; an accumulator sees one generation (the
    /// last one also the sync that ends the trace), so `merge` has to cope with
    /// what spans two. For an answer that cannot be merged, iterate instead.
    ///
    /// ```
    /// # let bytes = include_bytes!("../testdata/traces/go1.27/hello.trace");
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
        let feed = |output: &mut A, trace: &Trace<'_>, generation: Option<&Generation<'_>>, records: &[Record]| {
            for &record in records {
                each(output, Event::new(trace, generation, record));
            }
        };
        self.fold_records(init, feed, merge)
    }

    /// Counts the events by their wire type's number, as
    /// [`fold`](Self::fold) does.
    ///
    /// # Errors
    /// The first defect, in strict mode.
    pub fn count_by_type(&self) -> Result<Folded<[u64; 256]>> {
        let feed = |counts: &mut TypeCounts, _: &Trace<'_>, _: Option<&Generation<'_>>, records: &[Record]| {
            counts.add(records);
        };
        let folded = self.fold_records(TypeCounts::default, feed, TypeCounts::merge)?;
        Ok(Folded { output: folded.output.total(), warnings: folded.warnings, reread: folded.reread })
    }

    fn fold_records<'t, A: Send>(
        &'t self,
        init: impl Fn() -> A + Sync,
        feed: impl Fn(&mut A, &'t Trace<'t>, Option<&'t Generation<'t>>, &[Record]) + Sync,
        merge: impl Fn(&mut A, A) + Sync,
    ) -> Result<Folded<A>> {
        let fold = Fold {
            trace: self,
            init,
            feed,
            merge,
            progress: Mutex::new(Progress {
                next: 0,
                done: 0,
                order: Order::new(self.bytes(), self.leniency()),
                output: None,
                warnings: Warnings::beginning(self.warnings(), self.options().limits),
                reread: 0,
                failed: None,
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

/// A fold under way, shared by its threads.
struct Fold<'t, A, I, F, M> {
    trace: &'t Trace<'t>,
    init: I,
    feed: F,
    merge: M,
    progress: Mutex<Progress<'t, A>>,
    /// Told when `Progress::done` changes.
    turn: Condvar,
}

struct Progress<'t, A> {
    /// The next generation that no thread has taken.
    next: usize,
    /// How many generations have been merged.
    done: usize,
    /// The ordering, as the last one merged left it.
    order: Order<'t>,
    output: Option<A>,
    warnings: Warnings,
    reread: usize,
    failed: Option<Error>,
}

impl<'t, A, I, F, M> Fold<'t, A, I, F, M>
where
    I: Fn() -> A,
    F: Fn(&mut A, &'t Trace<'t>, Option<&'t Generation<'t>>, &[Record]),
    M: Fn(&mut A, A),
{
    fn lock(&self) -> MutexGuard<'_, Progress<'t, A>> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What each thread does: take a generation, read it ahead, and when its
    /// turn comes, merge it.
    fn work(&self) {
        loop {
            let index = {
                let mut progress = self.lock();
                if progress.failed.is_some() {
                    return;
                }
                let index = progress.next;
                progress.next += 1;
                index
            };
            let Some(generation) = self.trace.generations().get(index) else { return };
            self.trace.approach(generation);
            // The one whose turn it is needs no guess.
            let guessed = self.lock().done != index;
            let ahead = if guessed { self.read_ahead(index, generation) } else { None };

            let mut progress = self.lock();
            while progress.done < index && progress.failed.is_none() {
                progress = self.turn.wait(progress).unwrap_or_else(PoisonError::into_inner);
            }
            if progress.failed.is_some() {
                return;
            }
            let confirmed = ahead.and_then(|(mut order, began, output)| {
                order.confirm(&progress.order, began).then_some((order, output))
            });
            let output = match confirmed {
                Some((order, output)) => {
                    progress.order = order;
                    output
                }
                None => {
                    progress.reread += usize::from(guessed);
                    // No other thread needs the ordering before `done` moves on.
                    let mut order = std::mem::replace(&mut progress.order, Order::new(&[], None));
                    drop(progress);
                    let mut output = (self.init)();
                    let read = self.read(&mut order, generation, &mut output);
                    progress = self.lock();
                    progress.failed = read.err();
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
            drop(progress);
            self.turn.notify_all();
            self.trace.leave(generation);
        }
    }

    /// Reads a generation before those in front of it; nothing if it cannot be.
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
            (self.feed)(output, self.trace, Some(generation), block.records());
            block.clear();
            match over {
                Ok(true) => return Ok(()),
                Ok(false) => over = order.advance(&mut block),
                Err(e) => return Err(e),
            }
        }
    }

    fn finish(self) -> Result<Folded<A>> {
        let mut progress = self.progress.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(e) = progress.failed {
            return Err(e);
        }
        let mut output = progress.output.unwrap_or_else(|| (self.init)());
        let mut block = Block::default();
        progress.order.sync(progress.order.last_time, &mut block);
        (self.feed)(&mut output, self.trace, None, block.records());
        if let Some(defect) = self.trace.defect().filter(|_| !self.trace.is_lenient()) {
            return Err(defect.clone());
        }
        Ok(Folded { output, warnings: progress.warnings.take(), reread: progress.reread })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::Blocks;
    use crate::trace::Mode;
    use crate::trace::Options;

    /// Every committed trace, with its bytes.
    fn traces() -> Vec<(String, Vec<u8>)> {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/traces");
        let mut found = Vec::new();
        for version in std::fs::read_dir(root).unwrap() {
            for file in std::fs::read_dir(version.unwrap().path()).unwrap() {
                let path = file.unwrap().path();
                found.push((path.display().to_string(), std::fs::read(path).unwrap()));
            }
        }
        assert!(!found.is_empty());
        found
    }

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

    /// A generation whose guess is confirmed has the very records, and leaves
    /// the very state, that reading in sequence gives.
    #[test]
    fn confirmed_guesses_are_exact() {
        let (mut confirmed, mut guessed) = (0, 0);
        for (name, bytes) in traces() {
            let trace = Trace::parse(&bytes).unwrap();
            let mut sequence = Order::new(&bytes, None);
            for (at, generation) in trace.generations().iter().enumerate() {
                let before = sequence.clone();
                let Ok(want) = read_all(&mut sequence, generation) else { break };
                if at == 0 {
                    continue;
                }
                guessed += 1;
                let mut ahead = Order::guessing(&bytes, None, generation, &trace.generations()[at - 1]);
                let began = ahead.last_time;
                let got = read_all(&mut ahead, generation);
                if let (Ok(got), true) = (got, ahead.confirm(&before, began)) {
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

    /// Any number of threads gives what one stream gives, good traces and bad.
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
                    let folded = trace.fold_records(
                        Vec::new,
                        |all: &mut Vec<Record>, _, _, records| all.extend_from_slice(records),
                        |all, more| all.extend(more),
                    );
                    match (folded, &ended) {
                        (Ok(folded), Ok(())) => assert!(folded.output == want, "{name}, {threads} threads"),
                        (Err(got), Err(want)) => assert_eq!(got.to_string(), *want, "{name}, {threads} threads"),
                        (got, want) => panic!("{name}, {threads} threads: {:?} for {want:?}", got.map(|f| f.reread)),
                    }
                }
            }
        }
    }
}
