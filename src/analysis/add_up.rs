//! Sums that stop at the greatest integer instead of overflowing.

/// Adds to a sum, which saturates. Only a damaged trace makes it too large; a branch for
/// that case costs less than `saturating_add`.
#[inline(always)]
pub(crate) fn add_up(sum: &mut i64, more: i64) {
    *sum = match sum.checked_add(more) {
        Some(sum) => sum,
        None => most(more),
    };
}

#[cold]
#[inline(never)]
fn most(more: i64) -> i64 {
    if more < 0 { i64::MIN } else { i64::MAX }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_saturates(sum in any::<i64>(), more in any::<i64>()) {
            let mut added = sum;
            add_up(&mut added, more);
            prop_assert_eq!(added, sum.saturating_add(more));
        }
    }
}
