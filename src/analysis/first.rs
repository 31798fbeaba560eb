//! The first few of a long list.

use std::cmp::Ordering;

/// Keeps the first `most` of a list, in order.
pub(crate) fn first<T>(list: &mut Vec<T>, most: usize, order: impl Fn(&T, &T) -> Ordering) {
    if most < list.len() {
        // Sorting all of many names for the sake of a few takes longer than reading them.
        list.select_nth_unstable_by(most, &order);
        list.truncate(most);
    }
    list.sort_unstable_by(order);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn they_are_those_of_the_sorted_list(list in prop::collection::vec(0u8..20, 0..30), most in 0usize..40) {
            let (mut some, mut all) = (list.clone(), list);
            first(&mut some, most, u8::cmp);
            all.sort();
            all.truncate(most);
            prop_assert_eq!(some, all);
        }
    }
}
