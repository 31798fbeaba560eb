//! Moments and durations as options give them.

use gotrace::Time;
use std::str::FromStr;
use std::time::Duration;

/// Parses a duration such as `10ms`; returns it in nanoseconds.
pub(crate) fn time(text: &str) -> Result<i64, String> {
    let span: jiff::SignedDuration = text.parse().map_err(|e| format!("{e}; expected a time such as 10ms"))?;
    let time = Duration::try_from(span).map_err(|_| "expected a time such as 10ms".to_string())?;
    i64::try_from(time.as_nanos()).map_err(|_| "too long".into())
}

/// A moment, as an option gives it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Moment {
    /// Nanoseconds since the trace began.
    Relative(i64),
    /// Nanoseconds on the trace's clock.
    Absolute(i64),
}

impl Moment {
    /// Returns the moment on the clock of a trace that began at `start`.
    pub(crate) fn since(self, start: Time) -> Time {
        match self {
            Moment::Relative(nanos) => Time(start.0.saturating_add(nanos)),
            Moment::Absolute(time) => Time(time),
        }
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Moment::Relative(nanos) => f.write_str(&crate::human::moment(*nanos)),
            Moment::Absolute(time) => write!(f, "{time} ns on the trace's clock"),
        }
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Moment, String> {
        if let Ok(time) = text.parse() {
            return Ok(Moment::Absolute(time));
        }
        // `events` prints moments as seconds with a point.
        let seconds = text.contains('.') && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let with_unit = if seconds { format!("{text}s") } else { text.to_string() };
        time(&with_unit)
            .map(Moment::Relative)
            .map_err(|e| format!("{e}, since the trace's start, or a number of nanoseconds on its clock"))
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
        assert_eq!("0.006983017".parse(), Ok(Moment::Relative(6_983_017)), "as events prints it");
        assert_eq!("1m 2s".parse(), Ok(Moment::Relative(62_000_000_000)));
        for bad in ["", "ms", ".", "1.2.3", "1.5 parsecs", "-", "infs", "-1ms", "300000000h"] {
            assert!(bad.parse::<Moment>().is_err(), "{bad}");
        }
    }
}
