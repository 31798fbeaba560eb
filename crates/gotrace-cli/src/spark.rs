//! A series of numbers as a line of bars.

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Returns a bar for each value. Only 0 gets the lowest bar, and `most` gets the highest.
pub(crate) fn sparkline(values: impl IntoIterator<Item = f64>, most: f64) -> String {
    sparkline_with_gaps(values.into_iter().map(Some), most)
}

/// Returns a bar for each value, as [`sparkline`] does, and a space where there is none.
pub(crate) fn sparkline_with_gaps(values: impl IntoIterator<Item = Option<f64>>, most: f64) -> String {
    let bar = |value: f64| {
        if value <= 0.0 || most <= 0.0 {
            return BARS[0];
        }
        let step = (value / most * 7.0).ceil().clamp(1.0, 7.0);
        BARS.get(step as usize).copied().unwrap_or('█')
    };
    values.into_iter().map(|value| value.map_or(' ', bar)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_and_the_most_stand_out() {
        assert_eq!(sparkline([0.0, 0.01, 3.5, 7.0], 7.0), "▁▂▅█");
        assert_eq!(sparkline([0.0, 0.0], 0.0), "▁▁");
        assert_eq!(sparkline([], 1.0), "");
        assert_eq!(sparkline_with_gaps([Some(1.0), None, Some(0.0)], 1.0), "█ ▁");
    }
}
