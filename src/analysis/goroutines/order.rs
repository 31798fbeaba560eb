//! Puts goroutines in the order of their numbers.

use super::Goroutine;

/// Puts goroutines in the order of their numbers; of one number, as they are. There
/// may be millions, and their numbers are most often all of a range.
pub(super) fn by_number(goroutines: &mut [Goroutine]) {
    if goroutines.is_sorted_by_key(|g| g.id) {
        return;
    }
    let mut from = dense(goroutines).unwrap_or_else(|| sparse(goroutines));
    for at in 0..goroutines.len() {
        // Whoever belongs here may have been moved when its place was filled.
        let mut source = from[at];
        while (source as usize) < at {
            source = from[source as usize];
        }
        from[at] = source;
        goroutines.swap(at, source as usize);
    }
}

/// The places of goroutines by their numbers, of which no two may be the same and
/// few of their range missing.
fn dense(goroutines: &[Goroutine]) -> Option<Vec<u32>> {
    let numbers = || goroutines.iter().map(|g| g.id.0);
    let (lowest, highest) = (numbers().min()?, numbers().max()?);
    let range = usize::try_from(highest - lowest).ok()?.checked_add(1)?;
    if range / 4 > goroutines.len() || u32::try_from(range).is_err() {
        return None;
    }
    const NOBODY: u32 = u32::MAX;
    let mut places = vec![NOBODY; range];
    for (number, place) in numbers().zip(0u32..) {
        let at = places.get_mut((number - lowest) as usize).filter(|at| **at == NOBODY)?;
        *at = place;
    }
    places.retain(|place| *place != NOBODY);
    Some(places)
}

fn sparse(goroutines: &[Goroutine]) -> Vec<u32> {
    let mut keys: Vec<_> = goroutines.iter().map(|g| g.id).zip(0u32..).collect();
    keys.sort_unstable();
    keys.into_iter().map(|(_, place)| place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::GoId;
    use crate::time::Time;
    use proptest::prelude::*;

    proptest! {
        /// However many numbers are missing or come again.
        #[test]
        fn it_is_a_stable_sort(mut ids in prop::collection::vec(0u64..300, 0..300), unique: bool, wide: bool) {
            if unique {
                let mut seen = std::collections::HashSet::new();
                ids.retain(|id| seen.insert(*id));
            }
            let goroutine = |(id, at): (&u64, i64)| {
                Goroutine::new(GoId(if wide { id << 50 } else { *id }), Time(at))
            };
            let mut goroutines: Vec<Goroutine> = ids.iter().zip(0..).map(goroutine).collect();
            let mut want: Vec<_> = goroutines.iter().map(|g| (g.id, g.created)).collect();
            want.sort();
            by_number(&mut goroutines);
            prop_assert_eq!(goroutines.iter().map(|g| (g.id, g.created)).collect::<Vec<_>>(), want);
        }
    }
}
