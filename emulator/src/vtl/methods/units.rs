//! Texts as Java counts them, in UTF-16 units.

use crate::java;

/// The UTF-16 units of a text; a half of a pair is itself.
pub(super) fn utf16(text: &str) -> impl Iterator<Item = u32> {
    text.chars().flat_map(|character| {
        let mut pair = [0; 2];
        let length = character.encode_utf16(&mut pair).len();
        match java::half(character) {
            Some(half) => [half, 0].into_iter().take(1),
            None => pair.map(u32::from).into_iter().take(length),
        }
    })
}

/// Units of a character; half of a pair is one.
fn width(character: char) -> usize {
    if java::half(character).is_some() { 1 } else { character.len_utf16() }
}

/// How many units a text has.
pub(super) fn units(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(width).sum() }
}

/// The byte at which the UTF-16 unit `at` begins; one inside of a pair belongs to the pair.
pub(super) fn offset(text: &str, at: i128) -> Option<usize> {
    let at = usize::try_from(at).ok()?;
    if text.is_ascii() {
        return (at <= text.len()).then_some(at);
    }
    let mut seen = 0;
    for (byte, character) in text.char_indices() {
        if seen >= at {
            return Some(byte);
        }
        seen += width(character);
    }
    (seen >= at).then_some(text.len())
}

/// The units from `from` up to `to`. A pair that is cut in two leaves its half.
pub(super) fn cut(text: &str, from: i128, to: Option<i128>) -> Result<String, String> {
    let error = || out_of_range(from, units(text));
    let length = units(text);
    let (from, to) = (usize::try_from(from).map_err(|_| error())?, to.unwrap_or(length as i128));
    let to = usize::try_from(to).ok().filter(|to| from <= *to && *to <= length).ok_or_else(error)?;
    if text.is_ascii() {
        return Ok(text[from..to].to_owned());
    }
    let mut out = String::new();
    let mut at = 0;
    for character in text.chars() {
        let units = width(character);
        if at >= from && at + units <= to {
            out.push(character);
        } else if units == 2 {
            let mut halves = [0; 2];
            character.encode_utf16(&mut halves);
            for (half, place) in halves.iter().zip(at..) {
                if (from..to).contains(&place) {
                    out.push(java::lone((*half).into()));
                }
            }
        }
        at += units;
        if at >= to {
            break;
        }
    }
    Ok(out)
}

/// What is said of a place that a text does not have.
pub(super) fn out_of_range(at: i128, length: usize) -> String {
    format!("index {at} is out of range for length {length}")
}
