use super::SigningError;
use jiff::Timestamp;
use std::io::Write;
use std::time::{Duration, SystemTime};

/// A date and time as a signature wants it: `20150830T123600Z`, whose first eight bytes are the day.
pub(super) type AmzDate = [u8; 16];

pub(super) const SECONDS_PER_DAY: u64 = 86_400;

/// Seconds since 1970, if the year has four digits: the signature's date has room for no more.
pub(super) fn seconds(time: SystemTime) -> Result<u64, SigningError> {
    const YEAR_10000: u64 = 253_402_300_800;
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::MAX).as_secs();
    if since < YEAR_10000 { Ok(since) } else { Err(SigningError::TimeOutOfRange) }
}

/// The UTC date and time of what [`seconds`] gives.
pub(super) fn amz_date(seconds: u64) -> AmzDate {
    let seconds = i64::try_from(seconds).expect("the year has four digits");
    let time = Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX);
    let mut date = *b"00000000T000000Z";
    write!(&mut date[..], "{}", time.strftime("%Y%m%dT%H%M%SZ")).expect("sixteen characters have their room");
    date
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_note_are_written_as_the_calendar_has_them() {
        for (seconds, date) in [
            (0, "19700101T000000Z"),
            (951_782_399, "20000228T235959Z"),
            (951_782_400, "20000229T000000Z"),
            (1_440_938_160, "20150830T123600Z"),
            (4_107_542_400, "21000301T000000Z"),
            (253_402_207_200, "99991230T220000Z"),
        ] {
            assert_eq!(str::from_utf8(&amz_date(seconds)).unwrap(), date);
        }
    }
}
