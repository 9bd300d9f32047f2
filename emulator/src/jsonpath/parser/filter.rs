//! The filters of a path, `?( … )`, and the values in them.

use serde_json::{Map, Value};

use super::{Backslash, Parsed, Parser};
use crate::java::{Pattern, Syntax};
use crate::jsonpath::ast::{Comparison, Filter, Operand, Route};

impl Parser<'_> {
    pub(super) fn either(&mut self) -> Parsed<Filter> {
        self.chain("||", Self::both, Filter::Or)
    }

    fn both(&mut self) -> Parsed<Filter> {
        self.chain("&&", Self::term, Filter::And)
    }

    /// Filters with an operator between them, or one alone.
    fn chain(
        &mut self,
        operator: &str,
        part: fn(&mut Self) -> Parsed<Filter>,
        together: fn(Box<[Filter]>) -> Filter,
    ) -> Parsed<Filter> {
        let first = part(self)?;
        if !self.take_after_space(operator) {
            return Ok(first);
        }
        let mut parts = vec![first, part(self)?];
        while self.take_after_space(operator) {
            parts.push(part(self)?);
        }
        Ok(together(parts.into()))
    }

    fn term(&mut self) -> Parsed<Filter> {
        self.enter()?;
        self.skip_space();
        let filter = if self.peek() == Some('!') && !self.follows("!=") {
            self.at += 1;
            self.skip_space();
            if matches!(self.peek(), Some('@' | '$')) {
                // Jayway forgets the `!` before a comparison.
                match self.comparison()? {
                    exists @ Filter::Exists(_) => Filter::Not(Box::new(exists)),
                    comparison => comparison,
                }
            } else {
                Filter::Not(Box::new(self.term()?))
            }
        } else if self.take("(") {
            let inner = self.either()?;
            self.expect(")")?;
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(filter)
    }

    fn comparison(&mut self) -> Parsed<Filter> {
        let left = self.operand()?;
        self.skip_space();
        if self.take("=~") {
            self.skip_space();
            return Ok(Filter::Matches(left, self.regex()?));
        }
        for (spelling, comparison) in Comparison::SPELLINGS {
            let word = spelling.starts_with(|character: char| character.is_ascii_alphabetic());
            let ends = |next: Option<&char>| next.is_none_or(|next| !next.is_alphanumeric());
            if self.follows_in_any_case(spelling) && (!word || ends(self.characters.get(self.at + spelling.len()))) {
                self.at += spelling.len();
                self.skip_space();
                return Ok(Filter::Compare(left, comparison, self.operand()?));
            }
        }
        match left {
            Operand::Literal(_) => Err(self.error("a comparison is expected")),
            Operand::Current(route) | Operand::Root(route) => Ok(Filter::Exists(route)),
        }
    }

    fn operand(&mut self) -> Parsed<Operand> {
        let operand: fn(Route) -> Operand = match self.peek() {
            Some('@') => Operand::Current,
            Some('$') => Operand::Root,
            _ => return Ok(Operand::Literal(self.literal()?)),
        };
        self.at += 1;
        self.enter()?;
        let route = self.steps(Vec::new(), true)?;
        self.depth -= 1;
        Ok(operand(route))
    }

    pub(super) fn literal(&mut self) -> Parsed<Value> {
        match self.peek() {
            Some('\'' | '"') => Ok(Value::String(self.quoted(Backslash::Escapes)?)),
            Some('[') => {
                self.enter()?;
                self.at += 1;
                let mut list = Vec::new();
                while !self.take_after_space("]") {
                    if !list.is_empty() {
                        self.expect(",")?;
                        self.skip_space();
                    }
                    list.push(self.literal()?);
                }
                self.depth -= 1;
                Ok(Value::Array(list))
            }
            Some('{') => self.map(),
            _ => {
                let word: String = self.characters[self.at..]
                    .iter()
                    .take_while(|character| character.is_alphanumeric() || matches!(character, '-' | '+' | '.' | '_'))
                    .collect();
                let value = match word.as_str() {
                    "true" => Value::Bool(true),
                    "false" => Value::Bool(false),
                    "null" => Value::Null,
                    number => match (number.parse::<i64>(), number.parse::<f64>()) {
                        (Ok(number), _) => Value::from(number),
                        (_, Ok(number)) if number.is_finite() => Value::from(number),
                        // Inferred: published machines compare with a word without quotes, so AWS takes it for a text.
                        _ if number.starts_with(char::is_alphabetic) => Value::from(number),
                        _ => return Err(self.error("a value is expected: a path, a number, text in quotes or a list")),
                    },
                };
                self.at += word.chars().count();
                Ok(value)
            }
        }
    }

    fn map(&mut self) -> Parsed<Value> {
        self.enter()?;
        self.at += 1;
        let mut map = Map::new();
        while !self.take_after_space("}") {
            if !map.is_empty() {
                self.expect(",")?;
                self.skip_space();
            }
            let name = self.quoted(Backslash::Escapes)?;
            self.expect(":")?;
            self.skip_space();
            map.insert(name, self.literal()?);
        }
        self.depth -= 1;
        Ok(Value::Object(map))
    }

    fn regex(&mut self) -> Parsed<Pattern> {
        if !self.take("/") {
            return Err(self.error("a regular expression is expected, such as /^a.*/i"));
        }
        let mut pattern = String::new();
        loop {
            match self.peek() {
                None => return Err(self.error("the closing `/` is missing")),
                Some('/') => break,
                Some('\\') if self.characters.get(self.at + 1) == Some(&'/') => {
                    self.at += 2;
                    pattern.push('/');
                }
                Some('\\') => {
                    pattern.push('\\');
                    self.at += 1;
                    pattern.extend(self.peek());
                    self.at += 1;
                }
                Some(character) => {
                    pattern.push(character);
                    self.at += 1;
                }
            }
        }
        self.at += 1;
        let mut flags = String::new();
        while let Some(flag @ ('d' | 'i' | 'm' | 's' | 'u' | 'x')) = self.peek() {
            flags.push(flag);
            self.at += 1;
        }
        let pattern = if flags.is_empty() { pattern } else { format!("(?{flags}){pattern}") };
        Pattern::compile(&pattern, Syntax::Java, self.budget).map_err(|why| self.error(why))
    }
}
