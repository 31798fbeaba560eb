//! A series of numbers as a line of bars.

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A bar for each value; 0 is the lowest, and only 0; the most is the highest.
pub(crate) fn sparkline(values: impl IntoIterator<Item = f64>, most: f64) -> String {
    let bar = |value: f64| {
        if value <= 0.0 || most <= 0.0 {
            return BARS[0];
        }
        let step = (value / most * 7.0).ceil().clamp(1.0, 7.0);
        BARS.get(step as usize).copied().unwrap_or('█')
    };
    values.into_iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_and_the_most_stand_out() {
        assert_eq!(sparkline([0.0, 0.01, 3.5, 7.0], 7.0), "▁▂▅█");
        assert_eq!(sparkline([0.0, 0.0], 0.0), "▁▁");
        assert_eq!(sparkline([], 1.0), "");
    }
}
