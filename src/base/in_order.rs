//! Work on several threads, whose results are taken in order.
//!
//! ```text
//! source ── parts ──────> threads: each fetches the next part ──> pieces, by number ──> caller
//! (one at a time)         and makes a piece of it beside the others
//! ```
//!
//! The calling thread does the same while no piece is there for it to take, so that no thread is
//! idle, and with one thread there is no other.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The number of pieces for each thread that are on their way at one time.
const AHEAD: u64 = 2;

/// Work that is done part by part.
pub(crate) trait Parts: Sync {
    /// The input, from which one thread at a time fetches.
    type Source: Send;
    /// The memory of one thread, with the part that it works on.
    type Desk;
    /// The result of a part.
    type Piece: Send;

    /// Returns the memory of a thread.
    fn desk(&self) -> Self::Desk;

    /// Fetches the next part; returns false if there is none.
    fn fetch(&self, source: &mut Self::Source, desk: &mut Self::Desk) -> bool;

    /// Makes the piece of the part that was fetched.
    fn make(&self, desk: &mut Self::Desk) -> Self::Piece;
}

/// Works with so many threads, and gives all pieces to `take` in order, on this thread, until it
/// breaks; returns with what.
pub(crate) fn in_order<P: Parts, B>(
    parts: &P,
    source: P::Source,
    threads: usize,
    mut take: impl FnMut(P::Piece) -> ControlFlow<B>,
) -> Option<B> {
    let crew = Crew {
        parts,
        most: AHEAD * threads.max(1) as u64,
        source: Mutex::new((0, source)),
        pending: Mutex::new(Pending { pieces: BTreeMap::new(), fetched: 0, taken: 0, ended: None, stops: false }),
        changed: Condvar::new(),
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|| crew.help());
        }
        let broke = crew.take_all(&mut take);
        crew.lock().stops = true;
        crew.changed.notify_all();
        broke
    })
}

/// The threads, with what they share.
struct Crew<'p, P: Parts> {
    parts: &'p P,
    /// The most parts on their way at one time.
    most: u64,
    /// The source, and the number of the next part.
    source: Mutex<(u64, P::Source)>,
    pending: Mutex<Pending<P::Piece>>,
    /// Notified when `pending` changes.
    changed: Condvar,
}

struct Pending<T> {
    /// The pieces that are to be taken, by number.
    pieces: BTreeMap<u64, T>,
    /// The number of parts that threads set out to fetch, and of pieces that were taken.
    fetched: u64,
    taken: u64,
    /// The number of parts, once there are no more.
    ended: Option<u64>,
    /// True if nobody waits for more.
    stops: bool,
}

impl<P: Parts> Crew<'_, P> {
    fn lock(&self) -> MutexGuard<'_, Pending<P::Piece>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'g>(&self, pending: MutexGuard<'g, Pending<P::Piece>>) -> MutexGuard<'g, Pending<P::Piece>> {
        self.changed.wait(pending).unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes one piece after the other, until there are no more.
    fn help(&self) {
        let _stop = StopOnPanic(self);
        let mut desk = self.parts.desk();
        loop {
            let mut pending = self.lock();
            while pending.fetched >= pending.taken + self.most && pending.ended.is_none() && !pending.stops {
                pending = self.wait(pending);
            }
            if pending.stops || pending.ended.is_some() {
                return;
            }
            pending.fetched += 1;
            drop(pending);
            self.make_next(&mut desk);
        }
    }

    /// Fetches the next part and makes its piece, if there is one.
    fn make_next(&self, desk: &mut P::Desk) {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        let number = source.0;
        let fetched = self.parts.fetch(&mut source.1, desk);
        source.0 += u64::from(fetched);
        drop(source);
        if fetched {
            let piece = self.parts.make(desk);
            self.lock().pieces.insert(number, piece);
        } else {
            self.lock().ended.get_or_insert(number);
        }
        self.changed.notify_all();
    }

    /// Takes the pieces in order, and makes others while there are none.
    fn take_all<B>(&self, take: &mut impl FnMut(P::Piece) -> ControlFlow<B>) -> Option<B> {
        let mut desk = self.parts.desk();
        loop {
            let mut pending = self.lock();
            let number = pending.taken;
            if let Some(piece) = pending.pieces.remove(&number) {
                drop(pending);
                if let ControlFlow::Break(with) = take(piece) {
                    return Some(with);
                }
                self.lock().taken += 1;
                self.changed.notify_all();
            } else if pending.stops || pending.ended == Some(number) {
                return None;
            } else if pending.ended.is_none() && pending.fetched < number + self.most {
                pending.fetched += 1;
                drop(pending);
                self.make_next(&mut desk);
            } else {
                drop(self.wait(pending));
            }
        }
    }
}

/// Lets nobody wait for a thread that panicked.
struct StopOnPanic<'c, 'p, P: Parts>(&'c Crew<'p, P>);

impl<P: Parts> Drop for StopOnPanic<'_, '_, P> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.lock().stops = true;
            self.0.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Squares of numbers up to a limit.
    struct Squares(u64);

    impl Parts for Squares {
        type Source = u64;
        type Desk = u64;
        type Piece = u64;

        fn desk(&self) -> u64 {
            0
        }

        fn fetch(&self, source: &mut u64, desk: &mut u64) -> bool {
            *desk = *source;
            *source += 1;
            *desk < self.0
        }

        fn make(&self, desk: &mut u64) -> u64 {
            *desk * *desk
        }
    }

    #[test]
    fn pieces_come_in_order() {
        for (threads, parts, most) in [(1, 0, 9), (1, 9, 4), (2, 0, 1), (2, 1, 1), (3, 500, 499), (8, 500, 1000)] {
            let mut taken = Vec::new();
            let broke = in_order(&Squares(parts), 0, threads, |piece| {
                taken.push(piece);
                if taken.len() == most { ControlFlow::Break("enough") } else { ControlFlow::Continue(()) }
            });
            let want: Vec<u64> = (0..parts).map(|n| n * n).take(most).collect();
            assert_eq!(taken, want, "{threads} threads");
            assert_eq!(broke, (want.len() == most).then_some("enough"), "{threads} threads");
        }
    }

    #[test]
    #[should_panic = "a scoped thread panicked"]
    fn nobody_waits_for_a_thread_that_panicked() {
        struct Panics(std::thread::ThreadId);
        impl Parts for Panics {
            type Source = ();
            type Desk = ();
            type Piece = ();
            fn desk(&self) {}
            fn fetch(&self, _: &mut (), _: &mut ()) -> bool {
                true
            }
            fn make(&self, _: &mut ()) {
                assert_eq!(std::thread::current().id(), self.0);
            }
        }
        in_order(&Panics(std::thread::current().id()), (), 2, |()| ControlFlow::<()>::Continue(()));
    }
}
