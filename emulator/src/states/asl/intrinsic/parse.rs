//! The grammar of calls.

use serde_json::Value;

use super::{Argument, Call, IntrinsicFunction, StatePath};

/// AWS allows ten levels of calls inside calls.
const MAX_DEPTH: usize = 10;

pub(super) fn parse(text: &str) -> Result<Call, String> {
    let mut parser = Parser { text, at: 0 };
    let call = parser.call(1)?;
    parser.skip_space();
    if parser.at < text.len() {
        return Err(parser.expected("the end of the intrinsic function"));
    }
    Ok(call)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn expected(&self, what: &str) -> String {
        format!("`{}`, character {}: expected {what}", self.text, self.text[..self.at].chars().count() + 1)
    }

    fn eat(&mut self, symbol: char) -> bool {
        let found = self.peek() == Some(symbol);
        if found {
            self.at += symbol.len_utf8();
        }
        found
    }

    /// Takes characters as long as they please.
    fn take_while(&mut self, pleases: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|symbol| !pleases(symbol)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn call(&mut self, depth: usize) -> Result<Call, String> {
        if depth > MAX_DEPTH {
            return Err(format!("`{}`: intrinsic functions may be nested {MAX_DEPTH} deep at most", self.text));
        }
        let name = self.take_while(|symbol| symbol.is_ascii_alphanumeric() || matches!(symbol, '.' | '_'));
        let function =
            IntrinsicFunction::named(name).ok_or_else(|| format!("`{name}` is not an intrinsic function"))?;
        if !self.eat('(') {
            return Err(self.expected("`(`"));
        }
        let mut arguments = Vec::new();
        self.skip_space();
        if !self.eat(')') {
            loop {
                self.skip_space();
                arguments.push(self.argument(depth)?);
                self.skip_space();
                if self.eat(')') {
                    break;
                }
                if !self.eat(',') {
                    return Err(self.expected("`,` or `)`"));
                }
            }
        }
        function.check_arguments(arguments.len())?;
        Ok(Call { function, arguments: arguments.into() })
    }

    fn argument(&mut self, depth: usize) -> Result<Argument, String> {
        match self.peek() {
            Some('\'') => self.string().map(|text| Argument::Literal(Box::new(Value::String(text)))),
            Some('$') => {
                let path = self.path();
                StatePath::parse(path).map(|path| Argument::Path(Box::new(path)))
            }
            Some('S') => self.call(depth + 1).map(Argument::Call),
            _ => {
                let word = self.take_while(|symbol| !matches!(symbol, ',' | ')') && !symbol.is_whitespace());
                match serde_json::from_str::<Value>(word) {
                    Ok(value) if !value.is_string() && !value.is_array() && !value.is_object() => {
                        Ok(Argument::Literal(Box::new(value)))
                    }
                    _ => Err(self.expected("a path, a 'string', a number, true, false, null or a call")),
                }
            }
        }
    }

    /// In strings a backslash takes the next character as it is; what it does before `{` and `}` is left to
    /// `States.Format`.
    fn string(&mut self) -> Result<String, String> {
        self.eat('\'');
        let mut text = String::new();
        loop {
            let Some(symbol) = self.peek() else { return Err(self.expected("a closing `'`")) };
            self.at += symbol.len_utf8();
            match symbol {
                '\'' => return Ok(text),
                '\\' => match self.peek() {
                    Some(escaped @ ('\'' | '\\')) => {
                        self.at += 1;
                        text.push(escaped);
                    }
                    Some('{' | '}') => text.push('\\'),
                    _ => return Err(self.expected("one of ' { } \\ after a backslash")),
                },
                _ => text.push(symbol),
            }
        }
    }

    /// A path ends at a `,` or `)` outside its own brackets and quotes.
    fn path(&mut self) -> &'a str {
        let rest = self.rest();
        let (mut depth, mut quote, mut end, mut escaped) = (0_usize, None, rest.len(), false);
        for (at, symbol) in rest.char_indices() {
            // A quote behind a backslash does not end a name.
            let is_escaped = escaped;
            escaped = !is_escaped && symbol == '\\' && quote.is_some();
            if is_escaped {
                continue;
            }
            match (quote, symbol) {
                (Some(open), _) if symbol == open => quote = None,
                (None, '\'' | '"') => quote = Some(symbol),
                (None, '[' | '(') => depth += 1,
                (None, ')' | ',') if depth == 0 => {
                    end = at;
                    break;
                }
                (None, ']' | ')') => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        self.at += end;
        rest[..end].trim_end()
    }
}
