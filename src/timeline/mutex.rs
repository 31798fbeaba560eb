//! Recognition of waits for a mutex.

use super::stacks::{StackKey, Stacks};

/// Functions of package sync in which waits are for a mutex.
const MUTEX: [&[u8]; 3] = [b"sync.(*Mutex).", b"sync.(*RWMutex).", b"internal/sync.(*Mutex)."];

/// Number of innermost frames that are searched for those functions.
const INNERMOST: usize = 4;

/// Returns whether a goroutine that waits at this stack in package sync waits for a mutex,
/// and not for a `WaitGroup` or a `Cond`.
pub(crate) fn is_mutex(key: StackKey, stacks: &Stacks) -> bool {
    let is_wait_group = |func: &[u8]| func.starts_with(b"sync.(*WaitGroup)") || func.starts_with(b"sync.(*Cond)");
    let funcs = stacks.frames(key).iter().map(|frame| stacks.names.get(frame.func));
    let mut inner = funcs.take(INNERMOST).take_while(|func| !is_wait_group(func));
    inner.any(|func| MUTEX.iter().any(|lock| func.starts_with(lock)))
}
