//! Strict JSON (RFC 8259) with positions; duplicate keys are refused.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Entry, Kind, LoadError, MAX_DEPTH, Node, Position, Text, fitted};

/// Reads a JSON file.
///
/// # Errors
/// When `text` is not JSON, has a key twice in one object, or is nested deeper than [`MAX_DEPTH`].
pub(crate) fn parse(file: &str, text: &str) -> Result<Node, LoadError> {
    let file = Arc::<str>::from(file);
    read(text, &|line, column| Position { file: Arc::clone(&file), line, column })
}

/// Reads JSON that stands inside another file, such as a state machine in a YAML block scalar.
///
/// # Errors
/// As [`parse`], with places in that other file.
pub(crate) fn parse_text(text: &Text) -> Result<Node, LoadError> {
    read(&text.value, &|line, column| text.position(line, column))
}

/// `place` gives the place in the file of a line and a column of the text.
fn read(text: &str, place: &dyn Fn(u32, u32) -> Position) -> Result<Node, LoadError> {
    let mut parser = Parser { place, rest: text, line: 1, column: 1 };
    parser.skip_space();
    let node = parser.value(0)?;
    parser.skip_space();
    if parser.rest.is_empty() { Ok(node) } else { Err(parser.expected("the end of the document")) }
}

/// Keys that are compared each with every other.
const FEW: usize = 16;

struct Parser<'a> {
    place: &'a dyn Fn(u32, u32) -> Position,
    rest: &'a str,
    line: u32,
    column: u32,
}

impl<'a> Parser<'a> {
    fn position(&self) -> Position {
        (self.place)(self.line, self.column)
    }

    fn fail(&self, message: impl Into<String>) -> LoadError {
        LoadError::at(&self.position(), message)
    }

    fn expected(&self, what: &str) -> LoadError {
        match self.peek() {
            Some(found) => self.fail(format!("expected {what}, found `{}`", found.escape_debug())),
            None => self.fail(format!("expected {what}, found the end of the text")),
        }
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.rest = &self.rest[next.len_utf8()..];
        if next == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(next)
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.next();
        }
        found
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let start = self.rest;
        while self.peek().is_some_and(&wanted) {
            self.next();
        }
        &start[..start.len() - self.rest.len()]
    }

    fn skip_space(&mut self) {
        self.take_while(|c| matches!(c, ' ' | '\t' | '\n' | '\r'));
    }

    fn value(&mut self, depth: usize) -> Result<Node, LoadError> {
        if depth > MAX_DEPTH {
            return Err(self.fail(format!("nested deeper than {MAX_DEPTH}")));
        }
        let position = self.position();
        let kind = match self.peek() {
            Some('{') => self.object(depth)?,
            Some('[') => self.array(depth)?,
            Some('"') => Kind::String(self.string()?),
            Some('-' | '0'..='9') => self.number(&position)?,
            Some('a'..='z') => self.word(&position)?,
            _ => return Err(self.expected("a JSON value")),
        };
        Ok(Node { position, kind })
    }

    fn object(&mut self, depth: usize) -> Result<Kind, LoadError> {
        self.next();
        let mut entries: Vec<Entry> = Vec::new();
        // The keys of a long object; those of a short one are looked through.
        let mut keys: HashSet<String> = HashSet::new();
        self.skip_space();
        if self.eat('}') {
            return Ok(Kind::Map(entries));
        }
        loop {
            let position = self.position();
            if self.peek() != Some('"') {
                return Err(self.expected("a key in double quotes"));
            }
            let key = self.string()?.value;
            let is_there = if entries.len() < FEW {
                entries.iter().any(|entry| entry.key == key)
            } else {
                if keys.is_empty() {
                    keys.extend(entries.iter().map(|entry| entry.key.clone()));
                }
                !keys.insert(key.clone())
            };
            if is_there {
                return Err(LoadError::at(&position, format!("key `{key}` stands twice in this object")));
            }
            self.skip_space();
            if !self.eat(':') {
                return Err(self.expected("`:` after the key"));
            }
            self.skip_space();
            let value = self.value(depth + 1)?;
            entries.push(Entry { key, position, value });
            self.skip_space();
            if self.eat('}') {
                return Ok(Kind::Map(fitted(entries)));
            }
            if !self.eat(',') {
                return Err(self.expected("`,` or `}`"));
            }
            self.skip_space();
        }
    }

    fn array(&mut self, depth: usize) -> Result<Kind, LoadError> {
        self.next();
        let mut items = Vec::new();
        self.skip_space();
        if self.eat(']') {
            return Ok(Kind::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.skip_space();
            if self.eat(']') {
                return Ok(Kind::List(fitted(items)));
            }
            if !self.eat(',') {
                return Err(self.expected("`,` or `]`"));
            }
            self.skip_space();
        }
    }

    fn string(&mut self) -> Result<Text, LoadError> {
        self.next();
        let start = self.position();
        let mut value = String::new();
        loop {
            match self.peek() {
                Some('"') => {
                    self.next();
                    return Ok(Text { value, start, indent: 1 });
                }
                Some('\\') => value.push(self.escape()?),
                Some(c) if c >= ' ' => value.push_str(self.plain()),
                Some(_) => return Err(self.expected("no control character inside a string; write it as an escape")),
                None => return Err(self.expected("`\"` that ends the string")),
            }
        }
    }

    /// What of a string needs no second look: it has no line ends.
    fn plain(&mut self) -> &'a str {
        let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | ..b' ');
        let end = self.rest.as_bytes().iter().position(is_special).unwrap_or(self.rest.len());
        let (plain, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.column += u32::try_from(plain.chars().count()).unwrap_or(u32::MAX);
        plain
    }

    fn escape(&mut self) -> Result<char, LoadError> {
        let start = self.position();
        self.next();
        let escaped = match self.next() {
            Some('"') => '"',
            Some('\\') => '\\',
            Some('/') => '/',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => return self.unicode(&start),
            _ => {
                return Err(LoadError::at(
                    &start,
                    "unknown escape; JSON has \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX",
                ));
            }
        };
        Ok(escaped)
    }

    fn unicode(&mut self, start: &Position) -> Result<char, LoadError> {
        let lone = || LoadError::at(start, "half of a surrogate pair; write both halves, or the character itself");
        let high = self.hex(start)?;
        if !(0xd800..0xe000).contains(&high) {
            return char::from_u32(high).ok_or_else(lone);
        }
        if high >= 0xdc00 || !(self.eat('\\') && self.eat('u')) {
            return Err(lone());
        }
        let low = self.hex(start)?;
        if !(0xdc00..0xe000).contains(&low) {
            return Err(lone());
        }
        char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)).ok_or_else(lone)
    }

    fn hex(&mut self, start: &Position) -> Result<u32, LoadError> {
        let mut value = 0;
        for _ in 0..4 {
            let digit = self.next().and_then(|c| c.to_digit(16));
            value = value * 16 + digit.ok_or_else(|| LoadError::at(start, "\\u needs four hexadecimal digits"))?;
        }
        Ok(value)
    }

    fn number(&mut self, position: &Position) -> Result<Kind, LoadError> {
        let digits = self.take_while(|c| matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'));
        serde_json::from_str(digits)
            .map(Kind::Number)
            .map_err(|_| LoadError::at(position, format!("`{digits}` is not a JSON number, or out of range")))
    }

    fn word(&mut self, position: &Position) -> Result<Kind, LoadError> {
        match self.take_while(|c| c.is_ascii_alphanumeric() || c == '_') {
            "null" => Ok(Kind::Null),
            "true" => Ok(Kind::Bool(true)),
            "false" => Ok(Kind::Bool(false)),
            word => Err(LoadError::at(position, format!("expected a JSON value, found `{word}`"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn error(text: &str) -> String {
        parse("t.json", text).unwrap_err().to_string()
    }

    #[test]
    fn every_node_knows_where_it_stands() {
        let tree = parse("t.json", "{\n  \"a\": [1, \"é\", {\"b\": null}]\n}").unwrap();
        let b = tree.get("a").unwrap().as_list().unwrap()[2].entry("b").unwrap();
        assert_eq!((b.position.line, b.position.column), (2, 18));
        assert_eq!((b.value.position.line, b.value.position.column), (2, 23));
    }

    #[test]
    fn json_inside_another_file_points_into_that_file() {
        let start = Position { file: Arc::from("template.yaml"), line: 10, column: 9 };
        let text = Text { value: "{\n  oops\n}".to_owned(), start, indent: 9 };
        let message = "template.yaml:11:11: expected a key in double quotes, found `o`";
        assert_eq!(parse_text(&text).unwrap_err().to_string(), message);
    }

    #[test]
    fn what_is_not_json_is_refused_with_its_place() {
        for (json, message) in [
            ("", "t.json:1:1: expected a JSON value, found the end of the text"),
            ("{\"a\": 1,\n \"a\": 2}", "t.json:2:2: key `a` stands twice in this object"),
            ("{\"a\": 1,}", "t.json:1:9: expected a key in double quotes, found `}`"),
            ("[1 2]", "t.json:1:4: expected `,` or `]`, found `2`"),
            ("[01]", "t.json:1:2: `01` is not a JSON number, or out of range"),
            ("[1e999]", "t.json:1:2: `1e999` is not a JSON number, or out of range"),
            ("tru", "t.json:1:1: expected a JSON value, found `tru`"),
            ("\"\\ud800\"", "t.json:1:2: half of a surrogate pair; write both halves, or the character itself"),
            ("\"\\x\"", "t.json:1:2: unknown escape; JSON has \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX"),
            ("\"a", "t.json:1:3: expected `\"` that ends the string, found the end of the text"),
            ("{} {}", "t.json:1:4: expected the end of the document, found `{`"),
        ] {
            assert_eq!(error(json), message);
        }
        assert!(error(&"[".repeat(MAX_DEPTH + 2)).ends_with("nested deeper than 128"));
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in "(?s).{0,80}") {
            let _ = parse("t.json", &text);
        }

        #[test]
        fn it_agrees_with_serde_json(text in "(\\{|\\}|\\[|\\]|,|:|\"|\\\\|a|\\\\n|\\\\u00e9|\\\\ud83d|\\\\ude00|1|-|\\.|e|null|true| |\n){0,16}") {
            let ours = parse("t.json", &text).map(|node| node.to_json());
            match serde_json::from_str::<serde_json::Value>(&text) {
                Ok(value) => prop_assert!(ours == Ok(value) || ours.is_err_and(|error| error.message.contains("stands twice"))),
                Err(_) => prop_assert!(ours.is_err()),
            }
        }
    }
}
