//! Tokens to expression: the language inside of parentheses.

use super::ast::{Expression, Operator};
use super::lexicon::TokenKind;
use super::parser::{Parsed, Parser};
use super::reference::VALUES;
use crate::java::{decimal, lone};

impl Parser<'_, '_> {
    pub(super) fn expression(&mut self) -> Parsed<Expression> {
        self.enter()?;
        let expression = self.level(0)?;
        self.leave();
        Ok(expression)
    }

    /// Operators of one level of precedence, from the left.
    fn level(&mut self, level: usize) -> Parsed<Expression> {
        let Some(operators) = Operator::LEVELS.get(level) else { return self.unary() };
        let first = self.level(level + 1)?;
        let mut rest = Vec::new();
        while let TokenKind::Symbol(operator) = self.peek()?
            && operators.contains(&operator)
        {
            self.next()?;
            rest.push((operator, self.level(level + 1)?));
        }
        Ok(if rest.is_empty() { first } else { Expression::Chain(Box::new(first), rest) })
    }

    fn unary(&mut self) -> Parsed<Expression> {
        self.skip_space()?;
        if self.take(TokenKind::Not)? {
            self.enter()?;
            let inner = self.unary()?;
            self.leave();
            return Ok(Expression::Not(Box::new(inner)));
        }
        let inner = if self.take(TokenKind::ParenOpen)? {
            let inner = self.expression()?;
            self.close()?;
            inner
        } else {
            self.value()?
        };
        self.skip_space()?;
        Ok(inner)
    }

    /// A value without operators: all that Velocity takes for an argument, an item or what a loop goes through.
    pub(super) fn parameter(&mut self) -> Parsed<Expression> {
        self.skip_space()?;
        let value = self.value()?;
        self.skip_space()?;
        Ok(value)
    }

    /// A value and nothing around it.
    pub(super) fn value(&mut self) -> Parsed<Expression> {
        self.enter()?;
        let value = match self.peek()? {
            TokenKind::Identifier | TokenKind::CurlyOpen if self.begins_reference()? => {
                Expression::Reference(self.reference()?)
            }
            TokenKind::String => self.string()?,
            TokenKind::BracketOpen => self.list()?,
            TokenKind::BraceOpen => self.map()?,
            TokenKind::Integer => self.integer()?,
            TokenKind::Fraction => self.fraction()?,
            TokenKind::True | TokenKind::False => Expression::Bool(self.next()?.kind == TokenKind::True),
            _ => {
                return self.expected(
                    "a value is expected: a reference, text in quotes, a number, true, false, a list or a map",
                );
            }
        };
        self.leave();
        Ok(value)
    }

    /// Text in quotes, a doubled quote standing for one.
    fn string(&mut self) -> Parsed<Expression> {
        let token = self.next()?;
        let image = self.image(&token);
        let image = image.get(1..image.len() - 1).unwrap_or_default();
        if !self.image(&token).starts_with('"') {
            return Ok(Expression::Text(image.replace("''", "'").into()));
        }
        let Some(text) = unicode_escapes(image) else {
            return Err(self.error(token.start, "`\\u` needs four hexadecimal digits behind it"));
        };
        let text = text.replace("\"\"", "\"");
        if !image.contains(['$', '#']) {
            return Ok(Expression::Text(text.into()));
        }
        // A blank behind the text closes what is open there; it is taken away again.
        let closed = !text.contains("##");
        let text = if closed { text + " " } else { text };
        self.enter()?;
        let block = self.inside(&text, token.start + 1).template()?;
        self.leave();
        Ok(Expression::Interpolated { block, closed })
    }

    fn list(&mut self) -> Parsed<Expression> {
        self.next()?;
        let mut items = Vec::new();
        if self.take(TokenKind::BracketClose)? {
            return Ok(Expression::List(items));
        }
        let place = self.place()?;
        items.push(self.parameter()?);
        if self.take(TokenKind::Range)? {
            let to = self.parameter()?;
            let Some(from) = items.pop().filter(|from| ends_range(from) && ends_range(&to)) else {
                return Err(self.error(place, "a range has two ends, whole numbers or references, such as [1..$n]"));
            };
            self.expect(TokenKind::BracketClose, "`]`")?;
            return Ok(Expression::Range(Box::new(from), Box::new(to)));
        }
        while self.take(TokenKind::Comma)? {
            items.push(self.parameter()?);
        }
        self.end_of_values(TokenKind::BracketClose, ']')?;
        Ok(Expression::List(items))
    }

    /// What closes values between which commas stand.
    pub(super) fn end_of_values(&mut self, close: TokenKind, shown: char) -> Parsed<()> {
        if self.take(close)? {
            return Ok(());
        }
        self.expected(format!("`,` or `{shown}` is expected: no operators can stand here, #set the result before"))
    }

    fn map(&mut self) -> Parsed<Expression> {
        self.next()?;
        let mut entries = Vec::new();
        self.skip_space()?;
        if VALUES.contains(&self.peek()?) {
            entries.push(self.entry()?);
            while self.take(TokenKind::Comma)? {
                entries.push(self.entry()?);
            }
        }
        if !self.take(TokenKind::CurlyClose)? {
            self.end_of_values(TokenKind::BraceClose, '}')?;
        }
        Ok(Expression::Map(entries))
    }

    fn entry(&mut self) -> Parsed<(Expression, Expression)> {
        let key = self.parameter()?;
        self.expect(TokenKind::Colon, "`:`")?;
        Ok((key, self.parameter()?))
    }

    fn integer(&mut self) -> Parsed<Expression> {
        let token = self.next()?;
        let text = self.image(&token).trim_end_matches('.');
        let exact = || decimal(text).map(|text| Expression::Exact(text.into()));
        let number = text.parse().ok().map(Expression::Integer).or_else(exact);
        number.ok_or_else(|| self.error(token.start, format!("`{text}` is not a number")))
    }

    fn fraction(&mut self) -> Parsed<Expression> {
        let token = self.next()?;
        let text = self.image(&token);
        let number = text.parse().ok().map(Expression::Double);
        number.ok_or_else(|| self.error(token.start, format!("`{text}` is not a number")))
    }
}

fn ends_range(value: &Expression) -> bool {
    matches!(value, Expression::Integer(_) | Expression::Exact(_) | Expression::Reference(_))
}

/// `\u0041` inside of double quotes is a letter; `None` where digits are missing.
fn unicode_escapes(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\\u") {
        out.push_str(before);
        let digits = after.get(..4).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
        out.push(lone(u32::from_str_radix(digits, 16).ok()?));
        rest = &after[4..];
    }
    out.push_str(rest);
    Some(out)
}
