//! Time of day as Go prints it.

use crate::generation::WallTime;
use crate::wire::text::number;

/// Appends a time as Go's `time.RFC3339Nano` prints it, `offset` seconds ahead of UTC.
pub(crate) fn rfc3339_nano(out: &mut Vec<u8>, wall: WallTime, offset: i32) {
    const DAY: u64 = 86_400;
    // As Go does, count from a year far enough back that nothing is negative; absurd times
    // wrap around as they do there. Years begin in March, so that leap days come last.
    const EPOCH_YEAR: i64 = -292_277_022_400;
    const DAYS_TO_1970: u64 = 292_277_022_400 / 400 * 146_097 + 719_468;
    let seconds =
        (wall.secs as u64).wrapping_add_signed(i64::from(offset)).wrapping_add(DAYS_TO_1970.wrapping_mul(DAY));
    let (days, second) = (seconds / DAY, seconds % DAY);
    let (era, day) = (days / 146_097, days % 146_097);
    let year_of_era = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day + 2) / 153;
    let day = day - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = EPOCH_YEAR + (era * 400 + year_of_era) as i64 + i64::from(month <= 2);

    if year < 0 {
        out.push(b'-');
    }
    padded(out, year.unsigned_abs(), 4);
    for (mark, value) in
        [(b'-', month), (b'-', day), (b'T', second / 3600), (b':', second / 60 % 60), (b':', second % 60)]
    {
        out.push(mark);
        padded(out, value, 2);
    }
    if wall.nanos != 0 {
        out.push(b'.');
        padded(out, u64::from(wall.nanos), 9);
        while out.last() == Some(&b'0') {
            out.pop();
        }
    }
    if offset == 0 {
        return out.push(b'Z');
    }
    let minutes = u64::from(offset.unsigned_abs()) / 60;
    out.push(if offset < 0 { b'-' } else { b'+' });
    padded(out, minutes / 60, 2);
    out.push(b':');
    padded(out, minutes % 60, 2);
}

/// Appends `value` in `width` digits, or as many as it needs.
fn padded(out: &mut Vec<u8>, value: u64, width: usize) {
    let start = out.len();
    number(out, value);
    for _ in out.len() - start..width {
        out.insert(start, b'0');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The results are what Go 1.27.3 prints.
    #[test]
    fn as_go_prints() {
        for (secs, nanos, offset, want) in [
            (0, 0, 0, "1970-01-01T00:00:00Z"),
            (951_782_399, 120_000_000, 0, "2000-02-28T23:59:59.12Z"),
            (951_782_400, 1, 3600, "2000-02-29T01:00:00.000000001+01:00"),
            (1_763_900_000, 0, -12_600, "2025-11-23T08:43:20-03:30"),
            (-1, 999_999_999, 0, "1969-12-31T23:59:59.999999999Z"),
            (-62_167_219_201, 0, 0, "-0001-12-31T23:59:59Z"),
            (253_402_300_800, 0, 20_700, "10000-01-01T05:45:00+05:45"),
            (i64::MAX, 0, 0, "292277026596-12-04T15:30:07Z"),
            (i64::MIN, 0, 0, "292277026596-12-04T15:30:08Z"),
        ] {
            let mut out = Vec::new();
            rfc3339_nano(&mut out, WallTime { secs, nanos }, offset);
            assert_eq!(String::from_utf8_lossy(&out), want);
        }
    }
}
