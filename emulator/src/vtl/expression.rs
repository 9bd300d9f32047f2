//! Text to expression: the language inside of parentheses.

use super::ast::{Expression, Operator};
use super::cursor::Parsed;
use super::parser::{Parser, nested};

impl Parser<'_, '_> {
    pub(super) fn expression(&mut self) -> Parsed<Expression> {
        self.cursor.enter()?;
        let expression = self.level(0)?;
        self.cursor.leave();
        Ok(expression)
    }

    /// Operators of one level of precedence, from the left.
    fn level(&mut self, level: usize) -> Parsed<Expression> {
        let Some(operators) = Operator::LEVELS.get(level) else { return self.unary() };
        let mut left = self.level(level + 1)?;
        let mut length = 0;
        while let Some(operator) = self.operator(operators) {
            // A chain of operators is a tree as deep as it is long.
            length += 1;
            if length > 512 {
                return Err(self.cursor.error("more than 512 operators in a row, split the expression"));
            }
            left = Expression::Binary(Box::new(left), operator, Box::new(self.level(level + 1)?));
        }
        Ok(left)
    }

    fn operator(&mut self, operators: &[(&str, Operator)]) -> Option<Operator> {
        self.cursor.skip_space();
        let rest = self.cursor.rest();
        let (spelling, operator) = operators.iter().find(|(spelling, _)| {
            let word = spelling.starts_with(|character: char| character.is_ascii_alphabetic());
            rest.strip_prefix(spelling)
                .is_some_and(|rest| !word || !rest.starts_with(|next: char| next.is_ascii_alphanumeric()))
        })?;
        // Velocity takes `-1` for a number wherever it stands: `$n -1` has no operator.
        if rest.strip_prefix('-').is_some_and(|rest| rest.starts_with(|next: char| next.is_ascii_digit())) {
            return None;
        }
        self.cursor.take(spelling);
        Some(*operator)
    }

    fn unary(&mut self) -> Parsed<Expression> {
        self.cursor.skip_space();
        let word = self.cursor.rest().strip_prefix("not").is_some_and(|rest| rest.starts_with([' ', '\t', '(', '$']));
        if self.cursor.take(if word { "not" } else { "!" }) {
            self.cursor.enter()?;
            let inner = self.unary()?;
            self.cursor.leave();
            return Ok(Expression::Not(Box::new(inner)));
        }
        if self.cursor.take("(") {
            let inner = self.expression()?;
            self.expect(")")?;
            return Ok(inner);
        }
        self.primary()
    }

    /// A value without operators: all that Velocity takes for an argument, an item or what a loop goes through.
    pub(super) fn parameter(&mut self) -> Parsed<Expression> {
        self.cursor.enter()?;
        self.cursor.skip_space();
        let value = self.primary()?;
        self.cursor.leave();
        self.cursor.skip_space();
        Ok(value)
    }

    /// What may stand in brackets behind a reference: less than an argument.
    pub(super) fn index(&mut self) -> Parsed<Expression> {
        let start = self.cursor.at;
        let value = self.parameter()?;
        match value {
            Expression::List(_) | Expression::Range(..) | Expression::Map(_) | Expression::Double(_) => Err(self
                .cursor
                .error_at(start, "an index is a whole number, a text, true, false or a reference; #set it before")),
            value => Ok(value),
        }
    }

    /// The comma between values, or one of those that may follow.
    pub(super) fn comma(&mut self, close: &str) -> Parsed<()> {
        if self.cursor.take(",") {
            return Ok(());
        }
        Err(self
            .cursor
            .error(format!("`,` or `{close}` is expected: no operators can stand here, #set the result before")))
    }

    fn expect(&mut self, text: &str) -> Parsed<()> {
        self.cursor.skip_space();
        if self.cursor.take(text) { Ok(()) } else { Err(self.cursor.error(format!("`{text}` is expected"))) }
    }

    fn primary(&mut self) -> Parsed<Expression> {
        match self.cursor.peek() {
            Some('$') if self.cursor.begins_reference() => Ok(Expression::Reference(self.reference()?)),
            Some('\'') => Ok(Expression::Text(self.quoted('\'')?.0.into())),
            Some('"') => self.interpolated(),
            Some('[') => self.list(),
            Some('{') => self.map(),
            Some('-' | '.' | '0'..='9') => self.number(),
            _ => {
                for (word, value) in [("true", true), ("false", false)] {
                    let rest = self.cursor.rest().strip_prefix(word);
                    if rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_alphanumeric())) {
                        self.cursor.take(word);
                        return Ok(Expression::Bool(value));
                    }
                }
                Err(self
                    .cursor
                    .error("a value is expected: a reference, text in quotes, a number, true, false, a list or a map"))
            }
        }
    }

    /// Text in quotes, a doubled quote standing for one, and where it begins.
    fn quoted(&mut self, quote: char) -> Parsed<(String, usize)> {
        let open = self.cursor.at;
        self.cursor.bump();
        let start = self.cursor.at;
        let mut text = String::new();
        loop {
            match self.cursor.peek() {
                None => return Err(self.cursor.error_at(open, "the closing quote is missing")),
                Some(character) if character == quote => {
                    self.cursor.bump();
                    if self.cursor.peek() != Some(quote) {
                        return Ok((text, start));
                    }
                    text.push(quote);
                    self.cursor.bump();
                }
                Some(character) => {
                    text.push(character);
                    self.cursor.bump();
                }
            }
        }
    }

    fn interpolated(&mut self) -> Parsed<Expression> {
        let (text, start) = self.quoted('"')?;
        let text = unicode_escapes(&text);
        if !text.contains(['$', '#']) {
            return Ok(Expression::Text(text.into()));
        }
        self.cursor.enter()?;
        let block = nested(self.cursor.inside(&text, start), self.names, self.unknown)?;
        self.cursor.leave();
        Ok(Expression::Interpolated(block))
    }

    fn list(&mut self) -> Parsed<Expression> {
        self.cursor.bump();
        let mut items = Vec::new();
        self.cursor.skip_space();
        if self.cursor.take("]") {
            return Ok(Expression::List(items));
        }
        loop {
            items.push(self.parameter()?);
            if self.cursor.take("]") {
                return Ok(Expression::List(items));
            }
            if self.cursor.take("..") {
                let to = self.parameter()?;
                let (Some(from), true, true) = (items.pop().filter(ends_range), items.is_empty(), ends_range(&to))
                else {
                    return Err(self
                        .cursor
                        .error("a range has two ends, whole numbers or references, such as [1..$n]"));
                };
                self.expect("]")?;
                return Ok(Expression::Range(Box::new(from), Box::new(to)));
            }
            self.comma("]")?;
        }
    }

    fn map(&mut self) -> Parsed<Expression> {
        self.cursor.bump();
        let mut entries = Vec::new();
        self.cursor.skip_space();
        if self.cursor.take("}") {
            return Ok(Expression::Map(entries));
        }
        loop {
            let key = self.parameter()?;
            self.expect(":")?;
            entries.push((key, self.parameter()?));
            if self.cursor.take("}") {
                return Ok(Expression::Map(entries));
            }
            self.comma("}")?;
        }
    }

    fn number(&mut self) -> Parsed<Expression> {
        let rest = self.cursor.rest();
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let mut length = usize::from(rest.starts_with('-'));
        let whole = digits(&rest[length..]);
        length += whole;
        let mut double = false;
        // `1..3` is a range.
        if rest[length..].starts_with('.') && !rest[length..].starts_with("..") {
            let fraction = digits(&rest[length + 1..]);
            double = whole + fraction > 0;
            length += 1 + fraction;
        }
        if whole > 0 && rest[length..].starts_with(['e', 'E']) {
            let sign = usize::from(rest[length + 1..].starts_with(['+', '-']));
            let exponent = digits(&rest[length + 1 + sign..]);
            if exponent > 0 {
                double = true;
                length += 1 + sign + exponent;
            }
        }
        let text = &rest[..length];
        let parsed =
            if double { text.parse().ok().map(Expression::Double) } else { text.parse().ok().map(Expression::Integer) };
        let Some(number) = parsed else { return Err(self.cursor.error(format!("`{text}` is not a number"))) };
        self.cursor.take(text);
        Ok(number)
    }
}

fn ends_range(value: &Expression) -> bool {
    matches!(value, Expression::Integer(_) | Expression::Reference(_))
}

/// `\u0041` inside of double quotes is a letter.
fn unicode_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\\u") {
        out.push_str(before);
        let unit = after.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32);
        if let Some(character) = unit {
            out.push(character);
            rest = &after[4..];
        } else {
            out.push_str("\\u");
            rest = after;
        }
    }
    out.push_str(rest);
    out
}
