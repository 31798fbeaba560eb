//! Facts that are known of a trace by now.

use serde::Serialize;

/// Facts that are known of a trace by now: `/api/meta`.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Meta {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) format: Option<String>,
    pub(crate) v1: bool,
    pub(crate) wall_start: Option<String>,
    /// When the trace begins, on its clock.
    pub(crate) start: Option<i64>,
    pub(crate) generations: usize,
    pub(crate) read_generations: usize,
    pub(crate) read_bytes: u64,
    pub(crate) done: bool,
    pub(crate) span: Option<i64>,
    pub(crate) estimated_span: Option<i64>,
    pub(crate) events: u64,
    pub(crate) goroutines: u64,
    pub(crate) threads: u64,
    pub(crate) procs: u64,
    pub(crate) has: Has,
    /// The functions of the groups that the overview has lanes of, by their numbers.
    pub(crate) functions: Vec<String>,
    pub(crate) warnings: Vec<String>,
    pub(crate) error: Option<String>,
}

/// Kinds of things that there are in a trace.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Has {
    pub(crate) tasks: bool,
    pub(crate) regions: bool,
    pub(crate) logs: bool,
    pub(crate) samples: bool,
    pub(crate) stacks: bool,
}

/// Writes a time of day as RFC 3339 does, in UTC.
pub(crate) fn utc(wall: gotrace::WallTime) -> String {
    const DAY: i64 = 86_400;
    let (day, second) = (wall.secs.div_euclid(DAY), wall.secs.rem_euclid(DAY));
    // Years that begin in March have their odd day at the end; 400 of them are as long as
    // any other 400 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    let shifted = day + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}.{:09}Z", wall.nanos)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gotrace::WallTime;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(utc(WallTime::new(0, 0)), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(utc(WallTime::new(1_795_935_415, 1)), "2026-11-29T06:56:55.000000001Z");
        assert_eq!(utc(WallTime::new(951_782_399, 0)), "2000-02-28T23:59:59.000000000Z");
        assert_eq!(utc(WallTime::new(951_868_800, 0)), "2000-03-01T00:00:00.000000000Z");
        assert_eq!(utc(WallTime::new(-1, 0)), "1969-12-31T23:59:59.000000000Z");
    }
}
