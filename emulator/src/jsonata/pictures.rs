//! Bounds for the pictures by which numbers and times are written and read, before the library sees them.

/// Longest picture, in bytes.
const MAX_PICTURE: usize = 256;
/// Most digits of a part of a time: the library raises ten to their power.
const MAX_DIGITS: usize = 18;
/// Widest part of a time that is written as a word.
const MAX_WIDTH: u64 = 64;
/// Largest number that is written in Roman letters, a letter for each thousand.
const MAX_ROMAN: f64 = 1_000_000.0;
/// Longest text that is read by a picture, in bytes.
const MAX_READ: usize = 4_096;

/// A picture of a number, or of a time.
pub(super) fn check_picture(picture: &str) -> Result<(), String> {
    if picture.len() > MAX_PICTURE {
        return Err(format!("the picture is longer than {MAX_PICTURE} bytes"));
    }
    Ok(())
}

/// A picture of a number, and the number.
pub(super) fn check_integer(picture: &str, number: Option<f64>) -> Result<(), String> {
    check_picture(picture)?;
    let roman = picture.split(';').next().is_some_and(|primary| matches!(primary, "i" | "I"));
    if roman && number.is_some_and(|number| number.abs() > MAX_ROMAN) {
        return Err(format!("numbers above {MAX_ROMAN} are not written in Roman letters"));
    }
    Ok(())
}

/// A picture of a time: `[Y0001]`, `[MNn,3-3]`.
pub(super) fn check_time(picture: &str) -> Result<(), String> {
    check_picture(picture)?;
    for marker in picture.split('[').skip(1) {
        let marker = marker.split(']').next().unwrap_or(marker);
        let (form, width) = marker.split_once(',').unwrap_or((marker, ""));
        let as_word = form.contains(['N', 'n']);
        let digits = form.chars().filter(|c| c.is_numeric() || *c == '#').count();
        let most = if as_word { MAX_WIDTH } else { MAX_DIGITS as u64 };
        let mut numbers = width.split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty());
        if digits > MAX_DIGITS || numbers.any(|number| number.parse().map_or(true, |number: u64| number > most)) {
            return Err(format!("the part `[{marker}]` of the picture is wider than {most}"));
        }
    }
    Ok(())
}

/// A text that is read by a picture.
pub(super) fn check_read(text: &str) -> Result<(), String> {
    if text.len() > MAX_READ {
        return Err(format!("the text that a picture describes is longer than {MAX_READ} bytes"));
    }
    Ok(())
}
