//! Points in time on the command line.

use gotrace::Time;
use std::str::FromStr;

/// A point in time, as given.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Moment {
    /// Nanoseconds since the trace began.
    Relative(i64),
    /// Nanoseconds on the trace's clock.
    Absolute(i64),
}

impl Moment {
    /// The time it means in a trace that began at `start`.
    pub(crate) fn since(self, start: Time) -> Time {
        match self {
            Moment::Relative(nanos) => Time(start.0.saturating_add(nanos)),
            Moment::Absolute(time) => Time(time),
        }
    }
}

impl FromStr for Moment {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Moment, &'static str> {
        if let Ok(time) = text.parse() {
            return Ok(Moment::Absolute(time));
        }
        let unit = text.find(|c: char| c.is_ascii_alphabetic() || c == 'µ').unwrap_or(text.len());
        let (value, unit) = text.split_at(unit);
        let nanos = match unit {
            "ns" => 1.0,
            "us" | "µs" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 60e9,
            _ => return Err("expected a duration since the trace's start, as 1.5ms, or nanoseconds on its clock"),
        };
        match value.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Moment::Relative((value * nanos).round() as i64)),
            _ => Err("expected a number before the unit, as 1.5ms"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units() {
        assert_eq!("1.5ms".parse(), Ok(Moment::Relative(1_500_000)));
        assert_eq!("2µs".parse(), Ok(Moment::Relative(2_000)));
        assert_eq!("123".parse(), Ok(Moment::Absolute(123)));
        for bad in ["", "ms", "1.5", "1.5 parsecs", "-", "infs"] {
            assert!(bad.parse::<Moment>().is_err(), "{bad}");
        }
    }
}
