//! `java.util.regex` on top of fancy-regex: the syntax where the two part, and Java's replacement strings.

use fancy_regex::{Captures, Regex, RegexBuilder};

/// Backtracking steps of one match.
const BACKTRACKS: usize = 1_000_000;
/// Bytes of one compiled expression.
const SIZE: usize = 1 << 20;

/// Whether a match has to take the whole text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    Whole,
    Part,
}

/// A compiled regular expression.
#[derive(Debug, Clone)]
pub(super) enum Pattern {
    /// One that is plain text.
    Literal(Box<str>),
    Regex(Box<Regex>),
}

impl Pattern {
    pub(super) fn compile(pattern: &str, kind: Match) -> Result<Self, String> {
        if kind == Match::Part
            && let Some(text) = literal(pattern)
        {
            return Ok(Self::Literal(text.into()));
        }
        let translated = translate(pattern);
        let anchored = match kind {
            Match::Whole => format!("^(?:{translated})$"),
            Match::Part => translated,
        };
        RegexBuilder::new(&anchored)
            .backtrack_limit(BACKTRACKS)
            .delegate_size_limit(SIZE)
            .delegate_dfa_size_limit(SIZE)
            .build()
            .map(|regex| Self::Regex(Box::new(regex)))
            .map_err(|error| format!("`{pattern}` is not a regular expression: {error}"))
    }

    pub(super) fn is_match(&self, text: &str) -> Result<bool, String> {
        match self {
            Self::Literal(literal) => Ok(text.contains(literal.as_ref())),
            Self::Regex(regex) => regex.is_match(text).map_err(|error| error.to_string()),
        }
    }

    /// `replaceAll`, or `replaceFirst` with a limit of one. The result may not grow past `limit` bytes.
    pub(super) fn replace(&self, text: &str, with: &str, times: usize, limit: usize) -> Result<String, String> {
        let mut out = String::with_capacity(text.len());
        let mut copied = 0;
        match self {
            Self::Literal(literal) => {
                let with = replacement(with, None)?;
                for (at, _) in text.match_indices(literal.as_ref()).take(times) {
                    out.push_str(&text[copied..at]);
                    out.push_str(&with);
                    copied = at + literal.len();
                    within(&out, limit)?;
                }
            }
            Self::Regex(regex) => {
                for captures in regex.captures_iter(text).take(times) {
                    let captures = captures.map_err(|error| error.to_string())?;
                    let Some(whole) = captures.get(0) else { continue };
                    out.push_str(&text[copied..whole.start()]);
                    out.push_str(&replacement(with, Some(&captures))?);
                    copied = whole.end();
                    within(&out, limit)?;
                }
            }
        }
        out.push_str(&text[copied..]);
        Ok(out)
    }

    /// `split`: an empty match at the start gives no empty part; without a limit, empty parts at the end are dropped.
    pub(super) fn split<'t>(&self, text: &'t str, limit: i128) -> Result<Vec<&'t str>, String> {
        let places: Vec<(usize, usize)> = match self {
            Self::Literal(literal) => {
                text.match_indices(literal.as_ref()).map(|(at, it)| (at, at + it.len())).collect()
            }
            Self::Regex(regex) => regex
                .find_iter(text)
                .map(|found| found.map(|found| (found.start(), found.end())).map_err(|error| error.to_string()))
                .collect::<Result<_, _>>()?,
        };
        let mut parts = Vec::new();
        let mut copied = 0;
        for (start, end) in places {
            if limit > 0 && parts.len() as i128 == limit - 1 {
                break;
            }
            if end == 0 || (start == end && start == text.len()) {
                continue;
            }
            parts.push(&text[copied..start]);
            copied = end;
        }
        parts.push(&text[copied..]);
        if limit == 0 && parts.len() > 1 {
            while parts.last().is_some_and(|part| part.is_empty()) {
                parts.pop();
            }
        }
        Ok(parts)
    }
}

fn within(out: &str, limit: usize) -> Result<(), String> {
    if out.len() > limit { Err(format!("a text grew past {limit} bytes")) } else { Ok(()) }
}

/// A replacement string: `$1`, `${name}`, and a backslash before anything that stands for itself.
fn replacement(with: &str, captures: Option<&Captures<'_, str>>) -> Result<String, String> {
    if !with.contains(['$', '\\']) {
        return Ok(with.to_owned());
    }
    let mut out = String::new();
    let mut rest = with.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\\' => out.push(rest.next().ok_or("character to be escaped is missing")?),
            '$' if rest.peek() == Some(&'{') => {
                rest.next();
                let name: String = rest.by_ref().take_while(|&next| next != '}').collect();
                let group = captures.and_then(|captures| captures.name(&name));
                out.push_str(group.ok_or_else(|| format!("no group with name {{{name}}}"))?.as_str());
            }
            '$' => {
                let digit = rest.next().and_then(|next| next.to_digit(10)).ok_or("illegal group reference")?;
                let groups = captures.map_or(1, Captures::len);
                let mut group = digit as usize;
                if group >= groups {
                    return Err(format!("no group {group}"));
                }
                // As many digits as still name a group.
                while let Some(digit) = rest.peek().and_then(|next| next.to_digit(10)) {
                    let longer = group * 10 + digit as usize;
                    if longer >= groups {
                        break;
                    }
                    group = longer;
                    rest.next();
                }
                out.push_str(captures.and_then(|captures| captures.get(group)).map_or("", |found| found.as_str()));
            }
            _ => out.push(character),
        }
    }
    Ok(out)
}

/// The text that the pattern stands for, when it stands for one.
fn literal(pattern: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = pattern.chars();
    while let Some(character) = rest.next() {
        match character {
            '\\' => out.push(rest.next().filter(|next| !next.is_alphanumeric())?),
            '.' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '^' | '$' => return None,
            _ => out.push(character),
        }
    }
    (!out.is_empty()).then_some(out)
}

/// Java's predefined classes are of ASCII, its quotation is `\Q…\E`, and only `&&` is an operator between classes.
fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    let mut classes = 0_usize;
    while let Some(character) = rest.chars().next() {
        if let Some(quoted) = rest.strip_prefix("\\Q") {
            let (text, after) = quoted.split_once("\\E").unwrap_or((quoted, ""));
            out.push_str(&fancy_regex::escape(text));
            rest = after;
            continue;
        }
        if let Some(posix) = rest.strip_prefix("\\p{").or_else(|| rest.strip_prefix("\\P{"))
            && let Some((name, after)) = posix.split_once('}')
            && let Some(class) = posix_class(name)
        {
            let negated = rest.starts_with("\\P");
            out.push_str(if negated { "[^" } else { "[" });
            out.push_str(class);
            out.push(']');
            rest = after;
            continue;
        }
        if let Some(escaped) = rest.strip_prefix('\\').and_then(|rest| rest.chars().next()) {
            match (escaped, classes > 0) {
                ('d', true) => out.push_str("0-9"),
                ('w', true) => out.push_str("a-zA-Z0-9_"),
                ('s', true) => out.push_str(r" \t\n\x0B\f\r"),
                ('d', false) => out.push_str("[0-9]"),
                ('w', false) => out.push_str("[a-zA-Z0-9_]"),
                ('s', false) => out.push_str(r"[ \t\n\x0B\f\r]"),
                ('D', _) => out.push_str("[^0-9]"),
                ('W', _) => out.push_str("[^a-zA-Z0-9_]"),
                ('S', _) => out.push_str(r"[^ \t\n\x0B\f\r]"),
                // Elsewhere an escaped mark stands for itself, which fancy-regex does not grant to all of them.
                (mark, _) if !mark.is_alphanumeric() => out.push_str(&fancy_regex::escape(&mark.to_string())),
                (letter, _) => {
                    out.push('\\');
                    out.push(letter);
                }
            }
            rest = &rest[1 + escaped.len_utf8()..];
            continue;
        }
        match character {
            '[' => classes += 1,
            ']' => classes = classes.saturating_sub(1),
            _ => {}
        }
        if classes > 0 && (character == '~' || rest.starts_with("--")) {
            out.push('\\');
        }
        out.push(character);
        rest = &rest[character.len_utf8()..];
    }
    out
}

fn posix_class(name: &str) -> Option<&'static str> {
    Some(match name {
        "Lower" => "a-z",
        "Upper" => "A-Z",
        "ASCII" => r"\x00-\x7F",
        "Alpha" => "a-zA-Z",
        "Digit" => "0-9",
        "Alnum" => "a-zA-Z0-9",
        "Punct" => r"!-/:-@\[-`{-\~",
        "Graph" => r"!-\~",
        "Print" => r" -\~",
        "Blank" => r" \t",
        "Cntrl" => r"\x00-\x1F\x7F",
        "XDigit" => "0-9a-fA-F",
        "Space" => r" \t\n\x0B\f\r",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replacements_are_javas() {
        for (pattern, text, with, expected) in [
            ("\\\\'", r"it\'s", "'", "it's"),
            ("(t)(e)", "text", "$2$1", "etxt"),
            ("(?<v>e)", "text", "${v}!", "te!xt"),
            ("t", "text", r"\$", "$ex$"),
            ("(t)", "text", "$10", "t0ext0"),
            ("\\d+", "a1b22", "#", "a#b#"),
            ("^.*#", "com.amazonaws#X", "", "X"),
            ("[\\w.]+", "a.b c", "x", "x x"),
            ("\\p{Alpha}", "a1", "", "1"),
            ("\\Qa.b\\E", "a.b axb", "!", "! axb"),
        ] {
            let replaced = Pattern::compile(pattern, Match::Part).unwrap().replace(text, with, usize::MAX, 1000);
            assert_eq!(replaced.as_deref(), Ok(expected), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_that_never_ends_is_cut_off() {
        let pattern = Pattern::compile("(x+x+)+\\1y", Match::Part).unwrap();
        assert!(pattern.is_match(&"x".repeat(64)).is_err());
    }

    #[test]
    fn splits_are_javas() {
        for (pattern, text, limit, expected) in [
            ("&", "a=1&b=2", 0, vec!["a=1", "b=2"]),
            ("t", "text", 0, vec!["", "ex"]),
            ("", "text", 0, vec!["t", "e", "x", "t"]),
            ("x", "text", 2, vec!["te", "t"]),
            ("z", "text", 0, vec!["text"]),
            (",", "a,,", 0, vec!["a"]),
            (",", "a,,", -1, vec!["a", "", ""]),
        ] {
            let pattern = Pattern::compile(pattern, Match::Part).unwrap();
            assert_eq!(pattern.split(text, limit).unwrap(), expected, "{text}");
        }
    }
}
