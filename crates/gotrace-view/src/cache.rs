//! Answers that were given lately.

use bytes::Bytes;
use rustc_hash::FxHashMap;
use std::sync::{Mutex, PoisonError};

/// So many bytes of answers are kept.
const KEPT: usize = 16 << 20;
/// Most bytes of an answer that is kept.
const MOST: usize = 4 << 20;

/// Answers by what was asked, those that were used last.
#[derive(Default)]
pub(crate) struct Cache(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    answers: FxHashMap<String, (u64, Bytes)>,
    bytes: usize,
    /// Number of look-ups so far.
    clock: u64,
}

impl Cache {
    /// Returns the answer to what was asked before.
    pub(crate) fn get(&self, asked: &str) -> Option<Bytes> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clock += 1;
        let clock = kept.clock;
        let (used, answer) = kept.answers.get_mut(asked)?;
        *used = clock;
        Some(answer.clone())
    }

    /// Keeps an answer, in the place of those that were used longest ago.
    pub(crate) fn put(&self, asked: String, answer: &Bytes) {
        let size = |asked: &str, answer: &Bytes| asked.len() + answer.len();
        if answer.len() > MOST {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clock += 1;
        let clock = kept.clock;
        kept.bytes += size(&asked, answer);
        if let Some((_, before)) = kept.answers.insert(asked.clone(), (clock, answer.clone())) {
            kept.bytes -= size(&asked, &before);
        }
        while kept.bytes > KEPT {
            let oldest = kept.answers.iter().min_by_key(|(_, (used, _))| *used).map(|(asked, _)| asked.clone());
            let Some((asked, (_, answer))) = oldest.and_then(|asked| kept.answers.remove_entry(&asked)) else { break };
            kept.bytes -= size(&asked, &answer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_last_stays() {
        let cache = Cache::default();
        let answer = Bytes::from(vec![0; 1 << 20]);
        for number in 0..40 {
            cache.put(number.to_string(), &answer);
            assert!(cache.get("0").is_some());
        }
        assert!(cache.get("39").is_some() && cache.get("1").is_none());
        assert!(cache.0.lock().unwrap().bytes <= KEPT);
        cache.put("large".into(), &Bytes::from(vec![0; MOST + 1]));
        assert!(cache.get("large").is_none());
    }
}
