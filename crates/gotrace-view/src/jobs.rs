//! Work that takes a while, on threads of its own.

use crate::answer::Failure;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::Semaphore;

/// A request is given up after that long.
const PATIENCE: Duration = Duration::from_secs(120);

/// Interest of a client in an answer, which ends if it no longer waits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interest(Arc<AtomicBool>);

impl Interest {
    /// Returns whether the answer is still wanted.
    pub(crate) fn is_there(&self) -> bool {
        !self.0.load(Relaxed)
    }
}

/// Ends the interest when the request is dropped: the page has left it, or it has its answer.
struct Asking(Interest);

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.0.store(true, Relaxed);
    }
}

/// Does work for requests, a few at a time.
pub(crate) struct Jobs(Arc<Semaphore>);

impl Jobs {
    /// Returns one that does so many at a time.
    pub(crate) fn new(many: usize) -> Jobs {
        Jobs(Arc::new(Semaphore::new(many.max(1))))
    }

    /// Does something on a thread where it may take its time.
    ///
    /// # Errors
    /// As the work, or if it took too long.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Interest) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let asking = Asking(Interest::default());
        let interest = asking.0.clone();
        let all = async {
            let turn = Arc::clone(&self.0).acquire_owned().await.map_err(|_| Failure::given_up())?;
            // What nobody waits for any more takes its turn until it notices: otherwise those
            // whom a reader left behind would all work at once.
            let work = move || {
                let done = work(&interest);
                drop(turn);
                done
            };
            // A panic is that of the request alone, where panics do not end the process.
            let done = tokio::task::spawn_blocking(work).await;
            done.map_err(|_| Failure::new(500, "this went wrong inside gotrace"))?
        };
        let done = tokio::time::timeout(PATIENCE, all).await;
        drop(asking);
        done.map_err(|_| Failure::given_up())?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use std::time::Instant;

    /// Work that whoever asked has left is told so, and the next waits until it has ended.
    #[test]
    fn what_is_left_ends_before_the_next_begins() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (jobs, at_once, most) = (Jobs::new(1), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let job = |patient: bool| {
            let (at_once, most) = (Arc::clone(&at_once), Arc::clone(&most));
            jobs.run(move |interest: &Interest| {
                most.fetch_max(at_once.fetch_add(1, Relaxed) + 1, Relaxed);
                let begun = Instant::now();
                while interest.is_there() && !patient {
                    assert!(begun.elapsed() < Duration::from_secs(60), "it is never told");
                    std::thread::sleep(Duration::from_millis(1));
                }
                std::thread::sleep(Duration::from_millis(20));
                at_once.fetch_sub(1, Relaxed);
                if interest.is_there() { Ok(7) } else { Err(Failure::given_up()) }
            })
        };
        runtime.block_on(async {
            for _ in 0..3 {
                let left = tokio::time::timeout(Duration::from_millis(5), job(false)).await;
                assert!(left.is_err());
            }
            assert_eq!(job(true).await.unwrap(), 7);
        });
        assert_eq!(most.load(Relaxed), 1);
    }
}
