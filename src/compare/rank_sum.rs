//! The Mann-Whitney U test.

/// Most values of a side for which the p-value is exact: the number of ways to draw one side
/// from both stays exact too.
const MOST_EXACT: usize = 25;

/// Result of the Mann-Whitney U test of two sides.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct RankSum {
    /// Share, from 0 to 1, of the pairs of a value of each side in which that of the second is the larger one;
    /// pairs of equal values count half. 0.5 where neither side tends to be larger.
    pub larger: f64,
    /// Probability, two-sided, that sides which do not differ are as far from that as these.
    pub p: f64,
}

/// Compares two sides by the Mann-Whitney U test, which asks only in which order the values stand:
/// it holds whatever their distribution is. Up to 25 values on a side, the p-value is exact, with
/// equal values too: all ways to draw one side from both are counted. Beyond, it is that of
/// the normal distribution, corrected for equal values and for continuity.
///
/// None if a side has no value.
pub fn rank_sum(first: &[f64], second: &[f64]) -> Option<RankSum> {
    if first.is_empty() || second.is_empty() {
        return None;
    }
    let ranked = Ranked::new(first, second);
    let pairs = first.len() as f64 * second.len() as f64;
    // Of the sum of ranks, what the pairs within the second side contribute is left out.
    let within = second.len() as f64 * (second.len() + 1) as f64 / 2.0;
    let u = ranked.sum_of(true) as f64 / 2.0 - within;
    let exact = first.len().max(second.len()) <= MOST_EXACT;
    let p = if exact { ranked.exact() } else { ranked.normal(u, pairs) };
    Some(RankSum { larger: u / pairs, p })
}

/// The values of both sides by their rank.
struct Ranked {
    /// Twice the rank of each value, with whether it is the second side's. Equal values share
    /// the mean of their ranks, which may end in a half.
    ranks: Vec<(usize, bool)>,
    /// Numbers of equal values.
    ties: Vec<usize>,
}

impl Ranked {
    fn new(first: &[f64], second: &[f64]) -> Ranked {
        let tagged =
            |values: &[f64], is_second| values.iter().map(move |value| (*value, is_second)).collect::<Vec<_>>();
        let mut all = [tagged(first, false), tagged(second, true)].concat();
        all.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        let mut ranked = Ranked { ranks: Vec::new(), ties: Vec::new() };
        for equal in all.chunk_by(|(a, _), (b, _)| a == b) {
            let rank = 2 * ranked.ranks.len() + equal.len() + 1;
            ranked.ranks.extend(equal.iter().map(|(_, is_second)| (rank, *is_second)));
            ranked.ties.push(equal.len());
        }
        ranked
    }

    /// Returns twice the sum of the ranks of a side.
    fn sum_of(&self, second: bool) -> usize {
        self.ranks.iter().filter(|(_, is_second)| *is_second == second).map(|(rank, _)| rank).sum()
    }

    /// Returns the p-value by counting all ways to draw the smaller side from both.
    fn exact(&self) -> f64 {
        let seconds = self.ranks.iter().filter(|(_, is_second)| *is_second).count();
        let second_is_smaller = 2 * seconds <= self.ranks.len();
        let drawn = seconds.min(self.ranks.len() - seconds);
        let most: usize = self.ranks.iter().map(|(rank, _)| rank).sum();
        // Number of ways to draw so many values, by the sum of their ranks.
        let mut ways = vec![vec![0u64; most + 1]; drawn + 1];
        if let Some(none) = ways.first_mut().and_then(|ways| ways.first_mut()) {
            *none = 1;
        }
        for (rank, _) in &self.ranks {
            for more in (1..=drawn).rev() {
                let (fewer, with) = ways.split_at_mut(more);
                let (Some(fewer), Some(with)) = (fewer.last(), with.first_mut()) else { continue };
                with.iter_mut().skip(*rank).zip(fewer).for_each(|(with, without)| *with += without);
            }
        }
        let Some(ways) = ways.last() else { return 1.0 };
        let seen = self.sum_of(second_is_smaller);
        let count = |ways: &[u64]| ways.iter().sum::<u64>() as f64;
        let at_most = count(ways.get(..=seen).unwrap_or(ways));
        let at_least = count(ways.get(seen..).unwrap_or(ways));
        (2.0 * at_most.min(at_least) / count(ways)).min(1.0)
    }

    /// Returns the p-value by the normal distribution.
    fn normal(&self, u: f64, pairs: f64) -> f64 {
        let all = self.ranks.len() as f64;
        let ties: f64 = self.ties.iter().map(|&equal| (equal as f64).powi(3) - equal as f64).sum();
        let variance = pairs / 12.0 * (all + 1.0 - ties / (all * (all - 1.0)));
        let off = ((u - pairs / 2.0).abs() - 0.5).max(0.0);
        if variance > 0.0 { two_tails(off / variance.sqrt()) } else { 1.0 }
    }
}

/// Returns the probability that a normal value is at least `z` deviations off, on either side.
fn two_tails(z: f64) -> f64 {
    let x = z / std::f64::consts::SQRT_2;
    let bell = (-x * x).exp();
    let root = std::f64::consts::PI.sqrt();
    if x < 3.0 {
        // The series of the error function.
        let (mut term, mut sum) = (x, x);
        for n in 1..100 {
            term *= 2.0 * x * x / f64::from(2 * n + 1);
            sum += term;
        }
        return (1.0 - 2.0 / root * bell * sum).clamp(0.0, 1.0);
    }
    // The continued fraction of its complement, which does not cancel.
    let fraction = (1..60).rev().fold(0.0, |rest, n| f64::from(n) / 2.0 / (x + rest));
    bell / root / (x + fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floats(values: &[i32]) -> Vec<f64> {
        values.iter().copied().map(f64::from).collect()
    }

    /// Expected values were counted by trying all ways to draw a side, with
    /// `itertools.combinations` of Python; without equal values they are those of
    /// `scipy.stats.mannwhitneyu(method="exact")`.
    #[test]
    fn few_values_are_exact() {
        let cases: &[(&[i32], &[i32], f64, f64)] = &[
            (&[1], &[2], 1.0, 1.0),
            (&[1, 2, 3, 4], &[5, 6, 7, 8], 1.0, 1.0 / 35.0),
            (&[5, 6, 7, 8], &[1, 2, 3, 4], 0.0, 1.0 / 35.0),
            (&[1, 3, 5, 7], &[2, 4, 6, 8], 0.625, 24.0 / 35.0),
            (&[1, 2, 3, 4, 5], &[6, 7, 8, 9], 1.0, 1.0 / 63.0),
            (&[6, 7, 8, 9], &[1, 2, 3, 4, 5], 0.0, 1.0 / 63.0),
            (&[19, 22, 16, 29, 24], &[20, 11, 17, 12], 0.15, 1.0 / 9.0),
            // Equal values.
            (&[1, 2, 3, 4], &[4, 5, 6, 7], 0.96875, 2.0 / 35.0),
            (&[1, 1, 2, 2], &[1, 2, 2, 2], 0.625, 1.0),
            (&[5, 5, 5, 5], &[5, 5, 5, 5], 0.5, 1.0),
            (&[3, 3, 3, 3, 3, 1], &[3, 3, 3, 3, 9, 9], 26.0 / 36.0, 3.0 / 11.0),
            (&[0, 0, 0, 0, 5], &[0, 0, 7, 8, 9], 0.76, 1.0 / 6.0),
            (&[1, 2, 3, 4, 5, 6], &[2, 3, 4, 5, 6, 7], 23.5 / 36.0, 5.0 / 11.0),
        ];
        for (first, second, larger, p) in cases {
            let got = rank_sum(&floats(first), &floats(second)).unwrap();
            assert!((got.larger - larger).abs() < 1e-12 && (got.p - p).abs() < 1e-12, "{first:?} {second:?}: {got:?}");
        }
        assert_eq!((rank_sum(&[], &[1.0]), rank_sum(&[1.0], &[])), (None, None));
    }

    /// Expected values are those of `scipy.stats.mannwhitneyu(method="asymptotic")`.
    #[test]
    fn many_values_are_nearly_exact() {
        let upto = |n: i32, shift: i32, step: i32| (0..n).map(|i| f64::from(i / step + shift)).collect::<Vec<_>>();
        for (first, second, larger, p) in [
            (upto(30, 0, 1), upto(30, 0, 1), 0.5, 1.0),
            (upto(30, 0, 1), upto(30, 2, 1), 0.564_444_444_444, 0.395_083_093_639_198_5),
            (upto(30, 0, 1), upto(30, 5, 1), 0.652_777_777_778, 0.042_747_353_305_713_914),
            (upto(30, 0, 1), upto(30, 12, 1), 0.82, 2.122_623_190_540_466_5e-5),
            (upto(30, 0, 1), upto(30, 30, 1), 1.0, 3.019_859_359_162_151e-11),
            (upto(40, 0, 3), upto(26, 1, 3), 0.400_961_538_462, 0.177_151_823_645_462_34),
            (vec![7.0; 30], vec![7.0; 40], 0.5, 1.0),
        ] {
            let got = rank_sum(&first, &second).unwrap();
            assert!((got.larger - larger).abs() < 1e-9 && (got.p / p - 1.0).abs() < 1e-9, "{larger} {p}: {got:?}");
        }
    }

    /// Checks that of all ways to part values into two sides, at most a share of `alpha` has a p-value of
    /// at most `alpha`: where nothing changed, no more often is a change told.
    #[test]
    fn chance_is_told_for_a_change_no_more_often_than_said() {
        for values in [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [1, 1, 1, 2, 2, 3, 3, 3, 3, 4], [0, 0, 0, 0, 0, 0, 0, 1, 2, 3]]
        {
            let values = floats(&values);
            let mut found = Vec::new();
            for chosen in (0u32..1 << values.len()).filter(|chosen| chosen.count_ones() == 5) {
                let side = |is: bool| {
                    let of_it = |at: &usize| (chosen >> at & 1 == 1) == is;
                    (0..values.len()).filter(of_it).map(|at| values[at]).collect::<Vec<_>>()
                };
                found.push(rank_sum(&side(false), &side(true)).unwrap().p);
            }
            assert_eq!(found.len(), 252);
            for alpha in [0.01, 0.05, 0.1, 0.5] {
                let told = found.iter().filter(|p| **p <= alpha).count();
                assert!(told as f64 <= alpha * 252.0, "{values:?}: {told} at {alpha}");
            }
        }
    }
}
