//! Pattern-defeating quicksort, with the very choices of Go's `slices.SortFunc`.
//!
//! It is unstable: among equal elements its choices decide the order, and
//! Go's output shows that order (of events with equal times, of CPU samples,
//! of rows with equal sizes). Hence no other sort will do. The algorithm is
//! Orson Peters' (<https://arxiv.org/pdf/2106.05123.pdf>); the constants are
//! those of Go 1.27's `slices/zsortanyfunc.go`.

/// A comparison: true if the first argument comes strictly before the second.
type Less<'f, T> = &'f dyn Fn(&T, &T) -> bool;

/// The longest range that is sorted by insertion.
const MAX_INSERTION: usize = 12;
/// The shortest range whose pivot is a median of medians, and in which a few elements
/// out of place are shifted instead of partitioning.
const LONG: usize = 50;
/// The shortest range for which a pivot is chosen at all.
const SHORT: usize = 8;
/// The most elements out of place in a range that still counts as nearly sorted.
const MAX_SHIFTS: usize = 5;
/// The number of swaps that choosing a pivot takes in a descending range.
const ALL_SWAPS: usize = 4 * 3;

/// Sorts `data`, not stably.
pub(crate) fn sort<T: Copy>(data: &mut [T], less: Less<'_, T>) {
    let limit = usize::BITS - data.len().leading_zeros();
    sort_range(data, 0, data.len(), limit, less);
}

fn sort_range<T: Copy>(data: &mut [T], mut a: usize, mut b: usize, mut limit: u32, less: Less<'_, T>) {
    let (mut balanced, mut partitioned) = (true, true);
    loop {
        let len = b - a;
        if len <= MAX_INSERTION {
            return insertion_sort(data, a, b, less);
        }
        if limit == 0 {
            return heap_sort(&mut data[a..b], less);
        }
        if !balanced {
            scatter(data, a, b);
            limit -= 1;
        }
        let (mut pivot, swaps) = choose_pivot(data, a, b, less);
        let mut ascending = swaps == 0;
        if swaps == ALL_SWAPS {
            data[a..b].reverse();
            pivot = (b - 1) - (pivot - a);
            ascending = true;
        }
        if balanced && partitioned && ascending && shift_few(data, a, b, less) {
            return;
        }
        // The element before the range is its lower bound: if the pivot equals
        // it, there may be many such.
        if a > 0 && !less(&data[a - 1], &data[pivot]) {
            a = partition_equal(data, a, b, pivot, less);
            continue;
        }
        let (mid, was_partitioned) = partition(data, a, b, pivot, less);
        partitioned = was_partitioned;
        let (left, right) = (mid - a, b - mid);
        balanced = left.min(right) >= len / 8;
        if left < right {
            sort_range(data, a, mid, limit, less);
            a = mid + 1;
        } else {
            sort_range(data, mid + 1, b, limit, less);
            b = mid;
        }
    }
}

fn insertion_sort<T>(data: &mut [T], a: usize, b: usize, less: Less<'_, T>) {
    for i in a + 1..b {
        let mut j = i;
        while j > a && less(&data[j], &data[j - 1]) {
            data.swap(j, j - 1);
            j -= 1;
        }
    }
}

fn heap_sort<T>(data: &mut [T], less: Less<'_, T>) {
    let sift = |data: &mut [T], mut root: usize, end: usize| loop {
        let mut child = 2 * root + 1;
        if child >= end {
            return;
        }
        if child + 1 < end && less(&data[child], &data[child + 1]) {
            child += 1;
        }
        if !less(&data[root], &data[child]) {
            return;
        }
        data.swap(root, child);
        root = child;
    };
    let len = data.len();
    for root in (0..=len.saturating_sub(1) / 2).rev() {
        sift(data, root, len);
    }
    for end in (0..len).rev() {
        data.swap(0, end);
        sift(data, 0, end);
    }
}

/// Splits a range by its pivot; returns where the pivot is then, and whether
/// the range was split that way already.
fn partition<T>(data: &mut [T], a: usize, b: usize, pivot: usize, less: Less<'_, T>) -> (usize, bool) {
    data.swap(a, pivot);
    let (mut i, mut j) = (a + 1, b - 1);
    let mut swapped = false;
    loop {
        while i <= j && less(&data[i], &data[a]) {
            i += 1;
        }
        while i <= j && !less(&data[j], &data[a]) {
            j -= 1;
        }
        if i > j {
            data.swap(j, a);
            return (j, !swapped);
        }
        data.swap(i, j);
        swapped = true;
        i += 1;
        j -= 1;
    }
}

/// Splits a range without elements below its pivot into those equal to it and
/// those above; returns where the latter begin.
fn partition_equal<T>(data: &mut [T], a: usize, b: usize, pivot: usize, less: Less<'_, T>) -> usize {
    data.swap(a, pivot);
    let (mut i, mut j) = (a + 1, b - 1);
    loop {
        while i <= j && !less(&data[a], &data[i]) {
            i += 1;
        }
        while i <= j && less(&data[a], &data[j]) {
            j -= 1;
        }
        if i > j {
            return i;
        }
        data.swap(i, j);
        i += 1;
        j -= 1;
    }
}

/// Sorts a nearly sorted range; returns whether it is sorted now.
fn shift_few<T>(data: &mut [T], a: usize, b: usize, less: Less<'_, T>) -> bool {
    let mut i = a + 1;
    for _ in 0..MAX_SHIFTS {
        while i < b && !less(&data[i], &data[i - 1]) {
            i += 1;
        }
        if i == b {
            return true;
        }
        if b - a < LONG {
            return false;
        }
        data.swap(i, i - 1);
        if i - a >= 2 {
            let mut j = i - 1;
            while j >= 1 && less(&data[j], &data[j - 1]) {
                data.swap(j, j - 1);
                j -= 1;
            }
        }
        if b - i >= 2 {
            let mut j = i + 1;
            while j < b && less(&data[j], &data[j - 1]) {
                data.swap(j, j - 1);
                j += 1;
            }
        }
    }
    false
}

/// Swaps three elements around the middle with others, to break patterns that
/// make partitions lopsided. The "random" numbers depend on the length only.
fn scatter<T>(data: &mut [T], a: usize, b: usize) {
    let len = b - a;
    if len < SHORT {
        return;
    }
    let mut random = len as u64;
    let mask = (1usize << (usize::BITS - len.leading_zeros())) - 1;
    let middle = a + (len / 4) * 2;
    for at in middle - 1..=middle + 1 {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let mut other = random as usize & mask;
        if other >= len {
            other -= len;
        }
        data.swap(at, a + other);
    }
}

/// Chooses a pivot; returns it with the swaps that sorting the candidates
/// would have taken.
fn choose_pivot<T>(data: &[T], a: usize, b: usize, less: Less<'_, T>) -> (usize, usize) {
    let quarter = (b - a) / 4;
    let (mut i, mut j, mut k) = (a + quarter, a + quarter * 2, a + quarter * 3);
    let mut swaps = 0;
    if b - a >= SHORT {
        if b - a >= LONG {
            i = median(data, i - 1, i, i + 1, &mut swaps, less);
            j = median(data, j - 1, j, j + 1, &mut swaps, less);
            k = median(data, k - 1, k, k + 1, &mut swaps, less);
        }
        j = median(data, i, j, k, &mut swaps, less);
    }
    (j, swaps)
}

fn median<T>(data: &[T], a: usize, b: usize, c: usize, swaps: &mut usize, less: Less<'_, T>) -> usize {
    let mut in_order = |x: usize, y: usize| {
        if less(&data[y], &data[x]) {
            *swaps += 1;
            (y, x)
        } else {
            (x, y)
        }
    };
    let (a, b) = in_order(a, b);
    let (b, _) = in_order(b, c);
    in_order(a, b).1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sorts_and_loses_nothing(mut data in proptest::collection::vec((0u8..20, any::<u16>()), 0..600)) {
            let mut want = data.clone();
            sort(&mut data, &|a, b| a.0 < b.0);
            prop_assert!(data.is_sorted_by_key(|e| e.0));
            want.sort_unstable();
            data.sort_unstable();
            prop_assert_eq!(data, want);
        }
    }
}
