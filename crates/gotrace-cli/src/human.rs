//! Durations, sizes, counts, times and names as text for a page.

use crate::plain;
use gotrace::WallTime;
use gotrace::analysis::durations::Durations;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::borrow::Cow;

/// Returns a duration, given in nanoseconds, in a fitting unit, to three digits: `1.23 ms`.
pub(crate) fn duration(nanos: i64) -> String {
    let magnitude = nanos.unsigned_abs() as f64;
    let (unit, name) = match magnitude {
        m if m < 999.5 => return format!("{nanos} ns"),
        m if m < 999.5e3 => (1e3, "µs"),
        m if m < 999.5e6 => (1e6, "ms"),
        _ => (1e9, "s"),
    };
    format!("{} {name}", three_digits(nanos as f64 / unit))
}

/// Returns a moment, given in nanoseconds since the trace's start, in a fitting unit, to
/// the nanosecond and without a space, so that it can be given to `--from`: `31.602176ms`.
pub(crate) fn moment(nanos: i64) -> String {
    let (unit, name) = match nanos.unsigned_abs() {
        0 => return "0s".into(),
        n if n < 1_000 => return format!("{nanos}ns"),
        n if n < 1_000_000 => (1_000, "µs"),
        n if n < 1_000_000_000 => (1_000_000, "ms"),
        _ => (1_000_000_000, "s"),
    };
    let sign = if nanos < 0 { "-" } else { "" };
    let (whole, rest) = (nanos.unsigned_abs() / unit, nanos.unsigned_abs() % unit);
    let digits = unit.ilog10() as usize;
    let fraction = format!("{rest:0digits$}");
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{fraction}{name}")
}

/// Returns a quantile or another figure of a distribution, in nanoseconds, as text; `-` if
/// the distribution is empty.
pub(crate) fn of_all(all: &Durations, figure: impl Fn(&Durations) -> i64) -> String {
    if all.is_empty() { "-".into() } else { duration(figure(all)) }
}

/// Returns a size, given in bytes, in a fitting unit, to three digits: `4.56 MiB`.
pub(crate) fn bytes(size: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if size < 1024 {
        return format!("{size} B");
    }
    let mut value = size as f64 / 1024.0;
    let mut name = UNITS[0];
    for &larger in &UNITS[1..] {
        if value < 999.5 {
            break;
        }
        value /= 1024.0;
        name = larger;
    }
    format!("{} {name}", three_digits(value))
}

/// Returns a number to three digits: `1.23`, `45.6`, `789`.
pub(crate) fn three_digits(value: f64) -> String {
    match value.abs() {
        m if m < 9.995 => format!("{value:.2}"),
        m if m < 99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// Returns a number with its thousands set apart: `12,345`.
pub(crate) fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i != 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Returns a number with its noun in the singular or plural: `1 goroutine`, `2 goroutines`.
pub(crate) fn count(value: u64, what: &str) -> String {
    format!("{} {what}{}", number(value), if value == 1 { "" } else { "s" })
}

/// Returns the share of `part` in `whole`, in percent; `-` if `whole` is 0.
pub(crate) fn percent(part: i64, whole: i64) -> String {
    if whole <= 0 {
        return "-".into();
    }
    let percent = part as f64 / whole as f64 * 100.0;
    if percent >= 9.95 || percent == 0.0 { format!("{percent:.0}%") } else { format!("{percent:.1}%") }
}

/// Returns a date and time of day in the system's time zone, to the millisecond.
pub(crate) fn wall(wall: WallTime) -> Option<String> {
    let time = Timestamp::new(wall.secs, i32::try_from(wall.nanos).ok()?).ok()?;
    Some(time.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S%.3f %:z").to_string())
}

/// Returns the present date and time, as a part of a file's name: `20261123-121314`, UTC.
#[cfg(feature = "http")]
pub(crate) fn wall_name() -> String {
    Timestamp::now().strftime("%Y%m%d-%H%M%S").to_string()
}

/// Returns the function that gives, for a Unix time in seconds, by how many seconds local
/// time is ahead of UTC, as Go sees it.
pub(crate) fn utc_offset() -> impl Fn(i64) -> i32 {
    let zone = match std::env::var("TZ") {
        Err(_) => TimeZone::system(),
        // Go knows names and files, but not the rules that POSIX allows.
        Ok(name) => {
            let name = name.strip_prefix(':').unwrap_or(&name);
            let file = || TimeZone::tzif(name, &std::fs::read(name).ok().filter(|_| name.starts_with('/'))?).ok();
            jiff::tz::db().get(name).ok().or_else(file).unwrap_or(TimeZone::UTC)
        }
    };
    move |secs| Timestamp::from_second(secs).map_or(0, |time| zone.to_offset(time).seconds())
}

/// Returns a name from outside, fit for a terminal: one line, and no character that changes
/// how others are shown.
pub(crate) fn name(bytes: &[u8]) -> Cow<'_, str> {
    plain::line(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_change_where_they_should() {
        assert_eq!(
            [0, 999, 1_000, 999_499, 999_500, 1_234_567_890].map(duration),
            ["0 ns", "999 ns", "1.00 µs", "999 µs", "1.00 ms", "1.23 s"]
        );
        assert_eq!(
            [0, 1023, 1024, 4 << 20, u64::MAX].map(bytes),
            ["0 B", "1023 B", "1.00 KiB", "4.00 MiB", "16777216 TiB"]
        );
        assert_eq!(
            [0, 999, 1_000, 31_602_176, 20_000_000, 1_000_000_001, -1_500].map(moment),
            ["0s", "999ns", "1µs", "31.602176ms", "20ms", "1.000000001s", "-1.5µs"]
        );
        assert_eq!([0, 999, 1_000, 1_234_567].map(number), ["0", "999", "1,000", "1,234,567"]);
    }
}
