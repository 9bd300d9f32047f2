//! What Jackson, the parser of Step Functions, says about text that is not JSON.
//!
//! Three of the texts are recorded; the others are those of the same parser.

/// The complaint about `text`, which some JSON parser has refused.
pub(crate) fn complaint(text: &str) -> String {
    scanned(text).0
}

/// The same, and the place where the parser had come to: `[Source: (String)"…"; line: 1, column: 4]`.
pub(crate) fn complaint_at(text: &str) -> (String, String) {
    let (why, read) = scanned(text);
    let before = &text[..read];
    let row = before.rfind('\n').map_or(0, |end| end + 1);
    let (line, column) = (before.matches('\n').count() + 1, before[row..].encode_utf16().count() + 1);
    let (shown, rest): (String, usize) = (text.chars().take(SHOWN).collect(), text.chars().skip(SHOWN).count());
    let cut = if rest > 0 { format!("[truncated {rest} chars]") } else { String::new() };
    (why, format!("[Source: (String)\"{shown}\"{cut}; line: {line}, column: {column}]"))
}

/// The complaint, and how many bytes the parser has read.
fn scanned(text: &str) -> (String, usize) {
    let mut scanner = Scanner { text: text.char_indices().peekable(), source: text };
    scanner.skip_space();
    if scanner.text.peek().is_none() {
        return ("Invalid execution input.".to_owned(), text.len());
    }
    // Either the document is wrong, or what comes after it, or only our parser refuses it.
    let whole = scanner.value(0).and_then(|()| {
        scanner.skip_space();
        if scanner.peek().is_some() { scanner.value(0) } else { Ok(()) }
    });
    let why = whole.err().unwrap_or_else(|| "Invalid execution input.".to_owned());
    (why, scanner.text.peek().map_or(text.len(), |(at, _)| *at))
}

const EXPECTED: &str = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
/// How much of a document Jackson shows with its complaint, in characters.
const SHOWN: usize = 500;
/// Most lists and objects inside each other that data may have here. AWS's own bound is not known. `serde_json` reads 127 levels,
/// so that what a state puts around its data (the list of outputs, the context object, an envelope) can be read back too.
pub(crate) const MAX_DEPTH: usize = 120;

struct Scanner<'t> {
    text: std::iter::Peekable<std::str::CharIndices<'t>>,
    source: &'t str,
}

type Scanned = Result<(), String>;

impl Scanner<'_> {
    fn skip_space(&mut self) {
        while self.text.next_if(|(_, symbol)| matches!(symbol, ' ' | '\t' | '\n' | '\r')).is_some() {}
    }

    fn next(&mut self) -> Option<char> {
        self.text.next().map(|(_, symbol)| symbol)
    }

    fn peek(&mut self) -> Option<char> {
        self.text.peek().map(|(_, symbol)| *symbol)
    }

    fn unexpected(symbol: char, expected: &str) -> Scanned {
        Err(format!("Unexpected character ('{symbol}' (code {})): {expected}", u32::from(symbol)))
    }

    /// The same of a character that has only been looked at: Jackson has read it.
    fn unexpected_next(&mut self, symbol: char, expected: &str) -> Scanned {
        self.next();
        Self::unexpected(symbol, expected)
    }

    fn end(expected: &str) -> Scanned {
        Err(format!("Unexpected end-of-input{expected}"))
    }

    fn value(&mut self, depth: usize) -> Scanned {
        match self.peek() {
            Some('{' | '[') if depth == MAX_DEPTH => {
                Err(format!("Document nesting depth ({}) exceeds the maximum allowed ({MAX_DEPTH})", depth + 1))
            }
            None => Self::end(""),
            Some('{') => self.object(depth),
            Some('[') => self.array(depth),
            Some('"') => self.string(),
            Some('-' | '0'..='9') => self.number(),
            Some(symbol) if symbol.is_alphabetic() || symbol == '_' || symbol == '$' => self.word(),
            Some(symbol) => self.unexpected_next(symbol, &format!("expected a valid value {EXPECTED}")),
        }
    }

    fn object(&mut self, depth: usize) -> Scanned {
        self.next();
        self.skip_space();
        if self.peek() == Some('}') {
            self.next();
            return Ok(());
        }
        loop {
            self.skip_space();
            match self.peek() {
                Some('"') => self.string()?,
                Some(symbol) => {
                    return self.unexpected_next(symbol, "was expecting double-quote to start field name");
                }
                None => return Self::end(": expected close marker for Object"),
            }
            self.skip_space();
            match self.next() {
                Some(':') => {}
                Some(symbol) => {
                    return Self::unexpected(symbol, "was expecting a colon to separate field name and value");
                }
                None => return Self::end(" within/between Object entries"),
            }
            self.skip_space();
            self.value(depth + 1)?;
            self.skip_space();
            match self.next() {
                Some(',') => {}
                Some('}') => return Ok(()),
                Some(symbol) => return Self::unexpected(symbol, "was expecting comma to separate Object entries"),
                None => return Self::end(": expected close marker for Object"),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Scanned {
        self.next();
        self.skip_space();
        if self.peek() == Some(']') {
            self.next();
            return Ok(());
        }
        loop {
            self.skip_space();
            self.value(depth + 1)?;
            self.skip_space();
            match self.next() {
                Some(',') => {}
                Some(']') => return Ok(()),
                Some(symbol) => return Self::unexpected(symbol, "was expecting comma to separate Array entries"),
                None => return Self::end(": expected close marker for Array"),
            }
        }
    }

    fn string(&mut self) -> Scanned {
        self.next();
        loop {
            match self.next() {
                None => return Self::end(": was expecting closing quote for a string value"),
                Some('"') => return Ok(()),
                Some('\\') => match self.next() {
                    Some('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't') => {}
                    Some('u') => {
                        for _ in 0..4 {
                            match self.next() {
                                Some(symbol) if symbol.is_ascii_hexdigit() => {}
                                Some(symbol) => {
                                    return Self::unexpected(
                                        symbol,
                                        "expected a hex-digit for character escape sequence",
                                    );
                                }
                                None => return Self::end(" in character escape sequence"),
                            }
                        }
                    }
                    Some(symbol) => {
                        return Err(format!("Unrecognized character escape '{symbol}' (code {})", u32::from(symbol)));
                    }
                    None => return Self::end(" in character escape sequence"),
                },
                Some(symbol) if symbol < ' ' => {
                    return Err(format!(
                        "Illegal unquoted character ((CTRL-CHAR, code {})): has to be escaped using backslash to be included in string value",
                        u32::from(symbol)
                    ));
                }
                Some(_) => {}
            }
        }
    }

    fn number(&mut self) -> Scanned {
        if self.peek() == Some('-') {
            self.next();
            match self.peek() {
                Some('0'..='9') => {}
                Some(symbol) => {
                    return self
                        .unexpected_next(symbol, "expected digit (0-9) to follow minus sign, for valid numeric value");
                }
                None => return Self::end(""),
            }
        }
        let zero = self.next() == Some('0');
        if zero && matches!(self.peek(), Some('0'..='9')) {
            return Err("Invalid numeric value: Leading zeroes not allowed".to_owned());
        }
        self.digits();
        if self.peek() == Some('.') {
            self.next();
            self.some_digits("Decimal point not followed by a digit")?;
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            self.next();
            if matches!(self.peek(), Some('+' | '-')) {
                self.next();
            }
            self.some_digits("Exponent indicator not followed by a digit")?;
        }
        match self.peek() {
            Some(symbol) if symbol.is_alphanumeric() => {
                self.unexpected_next(symbol, "Expected space separating root-level values")
            }
            _ => Ok(()),
        }
    }

    fn digits(&mut self) -> bool {
        let mut any = false;
        while matches!(self.peek(), Some('0'..='9')) {
            self.next();
            any = true;
        }
        any
    }

    fn some_digits(&mut self, expected: &str) -> Scanned {
        if self.digits() {
            return Ok(());
        }
        match self.peek() {
            Some(symbol) => self.unexpected_next(symbol, expected),
            None => Self::end(""),
        }
    }

    fn word(&mut self) -> Scanned {
        let Some((start, _)) = self.text.peek().copied() else { return Self::end("") };
        let part = |symbol: char| symbol.is_alphanumeric() || symbol == '_' || symbol == '$';
        while self.text.next_if(|(_, symbol)| part(*symbol)).is_some() {}
        let end = self.text.peek().map_or(self.source.len(), |(at, _)| *at);
        match &self.source[start..end] {
            "null" | "true" | "false" => Ok(()),
            word => Err(format!("Unrecognized token '{word}': was expecting {EXPECTED}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn complaints_are_those_recorded_on_aws() {
        let token = "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
        for (text, expected) in [
            ("not some json", token),
            ("{'not': 'json'", "Unexpected character (''' (code 39)): was expecting double-quote to start field name"),
            ("", "Invalid execution input."),
            (
                r#"{"a" 1}"#,
                "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value",
            ),
            (r#"{"a":1,}"#, "Unexpected character ('}' (code 125)): was expecting double-quote to start field name"),
            ("01", "Invalid numeric value: Leading zeroes not allowed"),
            (r#""\x""#, "Unrecognized character escape 'x' (code 120)"),
        ] {
            assert_eq!(complaint(text), expected, "{text}");
        }
    }

    #[test]
    fn a_complaint_says_how_far_the_parser_has_read() {
        // The first one is recorded.
        for (text, place) in [
            ("not a definition", "line: 1, column: 4"),
            ("{\"a\":1,}", "line: 1, column: 9"),
            ("{\n  \"a\" 1}", "line: 2, column: 8"),
            ("{\"a\":", "line: 1, column: 6"),
        ] {
            assert_eq!(complaint_at(text).1, format!("[Source: (String)\"{text}\"; {place}]"));
        }
        let long = complaint_at(&"x".repeat(512)).1;
        assert!(long.ends_with("x\"[truncated 12 chars]; line: 1, column: 513]"), "{long}");
    }

    proptest! {
        #[test]
        fn there_is_a_complaint_about_everything(text in "[ -~\\n]{0,40}|[{}\\[\\]\",:0-9etrufalsn\\\\ ]{0,40}") {
            prop_assert!(!complaint(&text).is_empty());
            prop_assert!(complaint_at(&text).1.ends_with(']'));
        }
    }
}
