//! Text made inert: whatever a target or a scenario says stands on the page as text.

use std::fmt::{self, Display, Write};

/// Text for an element's content or a quoted attribute. Marks of HTML become entities; characters that would not be
/// seen, or that would turn the text around them, become their code points.
pub(crate) struct Text<T>(pub(crate) T);

impl<T: Display> Display for Text<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{}", self.0)
    }
}

struct Escaping<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| match c {
            '&' => self.0.write_str("&amp;"),
            '<' => self.0.write_str("&lt;"),
            '>' => self.0.write_str("&gt;"),
            '"' => self.0.write_str("&quot;"),
            '\'' => self.0.write_str("&#39;"),
            '\n' | '\t' => self.0.write_char(c),
            hidden if is_hidden(hidden) => write!(self.0, "\\u{{{:x}}}", u32::from(hidden)),
            c => self.0.write_char(c),
        })
    }
}

/// Control characters, marks that change the direction of text, and characters of no width.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// A count with its thousands apart, by spaces that do not break.
pub(super) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len());
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// A number with as many digits as help: three, and none after the point where it is whole.
pub(super) fn number(value: f64) -> String {
    let text = match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    };
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A paragraph.
pub(super) fn note(text: &str) -> String {
    format!("<p class=\"note\">{}</p>\n", Text(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_mark_of_html_survives() {
        let hostile = "</script><img src=x onerror=\"alert('1')\">&amp;";
        let text = Text(hostile).to_string();
        assert_eq!(text, "&lt;/script&gt;&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;amp;");
    }

    #[test]
    fn what_would_not_be_seen_is_spelt_out() {
        assert_eq!(Text("a\u{202e}b\u{0}\u{200b}\nü").to_string(), "a\\u{202e}b\\u{0}\\u{200b}\nü");
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([0.0, 0.126, 9.996, 49.93, 1234.5].map(number), ["0", "0.13", "10", "49.9", "1234"]);
        assert_eq!(grouped(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(grouped(999), "999");
    }
}
