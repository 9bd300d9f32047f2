//! Text in eighty columns, and text from elsewhere.

use super::HEADING;

/// Columns of a screen.
pub(super) const WIDTH: usize = 80;

/// Words in lines that fit beside a heading, broken at single blanks: two or more hold what belongs apart.
pub(super) fn wrap(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for (i, word) in text.split(' ').enumerate() {
        let line = lines.last_mut().expect("there is always a line");
        let blank = usize::from(i > 0);
        if !line.trim().is_empty() && line.chars().count() + blank + word.chars().count() > WIDTH - HEADING {
            line.truncate(line.trim_end().len());
            lines.push(word.to_owned());
        } else {
            line.push_str(&" "[..blank]);
            line.push_str(word);
        }
    }
    lines
}

/// What came from outside, without the control characters by which it could write elsewhere on a terminal.
pub(super) fn inert(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_within_the_screen() {
        let host = "2 CPUs; wakes late by p50 240µs p99 700µs, spinning p50 10µs p99 70µs and more";
        let lines = wrap(host);
        assert_eq!(lines.join(" "), host);
        assert!(lines.len() == 2 && lines.iter().all(|line| line.chars().count() + HEADING <= WIDTH), "{lines:?}");
    }

    #[test]
    fn names_from_the_target_cannot_write_elsewhere_on_the_terminal() {
        assert_eq!(inert("request 1 got `\u{1b}[2J`"), "request 1 got `\u{fffd}[2J`");
    }
}
