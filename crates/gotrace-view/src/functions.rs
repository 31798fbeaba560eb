//! The functions that goroutines began with, by numbers that stay.

use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Number of goroutines whose functions are remembered from the first reading on.
const MOST: usize = 500_000;

/// Numbers for functions: the keys of their groups are `f0`, `f1` and so on.
#[derive(Default)]
pub(crate) struct Functions(Mutex<Known>);

#[derive(Default)]
struct Known {
    names: Vec<Arc<[u8]>>,
    numbers: FxHashMap<Arc<[u8]>, u32>,
    of: FxHashMap<u64, u32>,
}

impl Functions {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the number of a function, which gets one if it has none.
    pub(crate) fn number(&self, name: &[u8]) -> u32 {
        self.lock().number(name)
    }

    /// Returns the name of a function.
    pub(crate) fn name(&self, number: u32) -> Option<Arc<[u8]>> {
        self.lock().names.get(number as usize).cloned()
    }

    /// Returns the name of the group that a key stands for.
    pub(crate) fn of_key(&self, key: &str) -> Option<Arc<[u8]>> {
        self.name(key.strip_prefix('f')?.parse().ok()?)
    }

    /// Returns the first names, as text.
    pub(crate) fn first(&self, many: usize) -> Vec<String> {
        self.lock().names.iter().take(many).map(|name| text(name)).collect()
    }

    /// Remembers which functions goroutines began with.
    pub(crate) fn remember<'n>(&self, goroutines: impl IntoIterator<Item = (u64, &'n [u8])>) {
        let mut known = self.lock();
        for (id, name) in goroutines {
            let number = known.number(name);
            if known.of.len() < MOST {
                known.of.insert(id, number);
            }
        }
    }

    /// Returns the function that a goroutine began with, if it is remembered.
    pub(crate) fn of(&self, goroutine: u64) -> Option<Arc<[u8]>> {
        let known = self.lock();
        known.names.get(*known.of.get(&goroutine)? as usize).cloned()
    }
}

impl Known {
    fn number(&mut self, name: &[u8]) -> u32 {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let name: Arc<[u8]> = Arc::from(name);
        let number = self.names.len() as u32;
        self.names.push(Arc::clone(&name));
        self.numbers.insert(name, number);
        number
    }
}

/// Text from a trace: what is not UTF-8 is replaced.
pub(crate) fn text(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}

/// Returns a text; none for an empty one.
pub(crate) fn some_text(name: &[u8]) -> Option<String> {
    (!name.is_empty()).then(|| text(name))
}
