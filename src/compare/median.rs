//! Medians, with what is known of the true one.

/// An interval that holds the true median with some confidence.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Returns the median of values in ascending order: the mean of the middle two, if there are
/// two; none of no values.
pub fn median(sorted: &[f64]) -> Option<f64> {
    let upper = *sorted.get(sorted.len() / 2)?;
    match sorted.len().is_multiple_of(2) {
        true => sorted.get(sorted.len() / 2 - 1).map(|lower| lower + (upper - lower) / 2.0),
        false => Some(upper),
    }
}

/// Returns the narrowest interval between the `k`-th least and the `k`-th greatest of values in
/// ascending order that holds the true median with at least that `confidence`, such as 0.95,
/// whatever the distribution. There is none of fewer than six values for 0.95.
pub fn interval(sorted: &[f64], confidence: f64) -> Option<Interval> {
    let n = sorted.len();
    // The logarithm of the probability that `below` values lie below the median, and the sum of
    // these probabilities.
    let (mut log, mut outside) = (-(n as f64) * std::f64::consts::LN_2, 0.0);
    let mut found = None;
    for (below, (low, high)) in sorted.iter().zip(sorted.iter().rev()).take(n.div_ceil(2)).enumerate() {
        outside += log.exp();
        if 1.0 - 2.0 * outside < confidence {
            break;
        }
        found = Some(Interval { low: *low, high: *high });
        log += ((n - below) as f64 / (below + 1) as f64).ln();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upto(n: usize) -> Vec<f64> {
        (1..=n).map(|value| value as f64).collect()
    }

    #[test]
    fn the_middle_one_or_between_two() {
        let medians = [0, 1, 2, 3, 4].map(|n| median(&upto(n)));
        assert_eq!(medians, [None, Some(1.0), Some(1.5), Some(2.0), Some(2.5)]);
        assert_eq!(median(&[f64::MAX, f64::MAX]), Some(f64::MAX));
    }

    /// The ranks of the ends are those of tables of the sign test
    /// (`scipy.stats.binom.ppf(0.025, n, 0.5)`).
    #[test]
    fn intervals_are_those_of_the_sign_test() {
        for (n, want) in [
            (0, None),
            (4, None),
            (5, None),
            (6, Some((1.0, 6.0))),
            (8, Some((1.0, 8.0))),
            (9, Some((2.0, 8.0))),
            (10, Some((2.0, 9.0))),
            (12, Some((3.0, 10.0))),
            (20, Some((6.0, 15.0))),
            (25, Some((8.0, 18.0))),
            (100, Some((40.0, 61.0))),
            (2000, Some((956.0, 1045.0))),
        ] {
            let got = interval(&upto(n), 0.95).map(|Interval { low, high }| (low, high));
            assert_eq!(got, want, "{n}");
        }
    }
}
