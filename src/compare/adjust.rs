//! Correction for many comparisons.

/// Returns p-values corrected for their number by the procedure of Benjamini and Hochberg: of
/// those that are called changes because they are at most `a`, a share of `a` is expected to be
/// none. Where nothing changed at all, any is called a change with a probability of at
/// most `a`. Both hold for figures that are independent or go up and down together.
pub fn adjust(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    let of = |at: &usize| values.get(*at).copied().unwrap_or(1.0);
    order.sort_by(|a, b| of(b).total_cmp(&of(a)));
    let mut adjusted = vec![1.0; values.len()];
    let mut least: f64 = 1.0;
    for (place, at) in order.iter().enumerate() {
        let rank = values.len() - place;
        least = least.min(of(at) * values.len() as f64 / rank as f64);
        if let Some(slot) = adjusted.get_mut(*at) {
            *slot = least;
        }
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values are those of `scipy.stats.false_discovery_control`.
    #[test]
    fn corrected_as_others_do() {
        let cases: &[(&[f64], &[f64])] = &[
            (&[], &[]),
            (&[0.04], &[0.04]),
            (&[0.01, 0.04], &[0.02, 0.04]),
            (&[0.9, 0.001, 0.03, 0.02], &[0.9, 0.004, 0.04, 0.04]),
            (&[0.5, 0.5, 0.5], &[0.5, 0.5, 0.5]),
            (
                &[0.002, 0.041, 0.008, 0.205, 0.039, 0.042, 0.06, 0.074],
                &[0.016, 0.0672, 0.032, 0.205, 0.0672, 0.0672, 0.08, 0.084_571_428_571_428_58],
            ),
        ];
        for (values, want) in cases {
            let got = adjust(values);
            assert_eq!(got.len(), want.len());
            assert!(got.iter().zip(*want).all(|(got, want)| (got - want).abs() < 1e-12), "{values:?}: {got:?}");
        }
    }
}
