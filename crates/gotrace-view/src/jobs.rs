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
pub(crate) struct Jobs(Semaphore);

impl Jobs {
    /// Returns one that does so many at a time.
    pub(crate) fn new(many: usize) -> Jobs {
        Jobs(Semaphore::new(many.max(1)))
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
            let _turn = self.0.acquire().await.map_err(|_| Failure::given_up())?;
            // A panic is that of the request alone, where panics do not end the process.
            let done = tokio::task::spawn_blocking(move || work(&interest)).await;
            done.map_err(|_| Failure::new(500, "this went wrong inside gotrace"))?
        };
        let done = tokio::time::timeout(PATIENCE, all).await;
        drop(asking);
        done.map_err(|_| Failure::given_up())?
    }
}
