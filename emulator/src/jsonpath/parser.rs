//! Text to path.

use serde_json::{Map, Value};

use super::ast::{Argument, Comparison, Filter, FunctionCall, Operand, PathFunction, Route, Step};
use super::error::PathError;
use crate::budget::Budget;
use crate::java::{Pattern, Syntax};

/// Parentheses, nots and paths inside filters may nest this deep.
const DEPTH: usize = 32;
/// Units of work that a character of a path costs.
const CHARACTER: usize = 20;

pub(super) fn parse(source: &str, budget: &Budget) -> Result<Route, PathError> {
    let mut parser = Parser { source, characters: source.chars().collect(), at: 0, depth: 0, budget };
    budget.work(source.len() * CHARACTER).map_err(|exhausted| parser.error(exhausted.to_string()))?;
    parser.skip_space();
    let steps = match parser.peek() {
        Some('$' | '@') => {
            parser.at += 1;
            Vec::new()
        }
        // Jayway writes `$.` before it.
        Some('.') if !parser.follows("..") => {
            parser.at += 1;
            let below = if parser.peek() == Some('[') { None } else { Some(parser.name()?) };
            [Some(Step::Descend), below].into_iter().flatten().collect()
        }
        Some('.' | '[') => Vec::new(),
        None => return Err(parser.error("a path is expected, such as $.name")),
        Some(_) => vec![parser.name()?],
    };
    let (steps, call) = parser.steps(steps, false)?;
    parser.skip_space();
    match parser.peek() {
        None => Ok(Route { steps, call }),
        Some(character) => Err(parser.error(format!("`{character}` is not expected after a complete path"))),
    }
}

struct Parser<'s> {
    source: &'s str,
    characters: Vec<char>,
    at: usize,
    depth: usize,
    budget: &'s Budget,
}

type Parsed<T> = Result<T, PathError>;

impl Parser<'_> {
    fn error(&self, message: impl Into<String>) -> PathError {
        PathError { path: self.source.to_owned(), column: self.at + 1, message: message.into() }
    }

    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn follows(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(offset, character)| self.characters.get(self.at + offset) == Some(&character))
    }

    fn follows_in_any_case(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(offset, character)| {
            self.characters.get(self.at + offset).is_some_and(|found| found.eq_ignore_ascii_case(&character))
        })
    }

    fn take(&mut self, text: &str) -> bool {
        let follows = self.follows(text);
        if follows {
            self.at += text.chars().count();
        }
        follows
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    /// `text` after optional space.
    fn take_after_space(&mut self, text: &str) -> bool {
        self.skip_space();
        self.take(text)
    }

    fn expect(&mut self, text: &str) -> Parsed<()> {
        if self.take_after_space(text) { Ok(()) } else { Err(self.error(format!("`{text}` is expected"))) }
    }

    /// The steps that follow; `inside` a filter, a space or an operator ends them.
    fn steps(&mut self, mut steps: Vec<Step>, inside: bool) -> Parsed<(Vec<Step>, Option<FunctionCall>)> {
        loop {
            match self.peek() {
                Some('.') if self.follows("..") => {
                    self.at += 2;
                    steps.push(Step::Descend);
                    match self.peek() {
                        Some('[') => {}
                        Some('.') | None => return Err(self.error("a name, `*` or `[` is expected after `..`")),
                        Some(_) => steps.push(if inside { self.name_inside()? } else { self.name()? }),
                    }
                }
                Some('.') => {
                    self.at += 1;
                    if self.peek() == Some('[') {
                        continue;
                    }
                    match self.function()? {
                        Some(call) => return Ok((steps, Some(call))),
                        None => steps.push(if inside { self.name_inside()? } else { self.name()? }),
                    }
                }
                Some('[') => {
                    self.at += 1;
                    steps.push(self.bracket()?);
                }
                _ => return Ok((steps, None)),
            }
        }
    }

    fn name(&mut self) -> Parsed<Step> {
        self.name_until(|character| matches!(character, '.' | '['))
    }

    /// A name inside a filter also ends at what can follow an operand.
    fn name_inside(&mut self) -> Parsed<Step> {
        self.name_until(|character| {
            matches!(character, '.' | '[' | ']' | ')' | ',' | '=' | '!' | '<' | '>') || character.is_whitespace()
        })
    }

    fn name_until(&mut self, ends: impl Fn(char) -> bool) -> Parsed<Step> {
        let start = self.at;
        while let Some(character) = self.peek().filter(|&character| !ends(character)) {
            if character.is_whitespace() || character == '(' || character == ')' {
                return Err(self.error(format!("`{character}` cannot stand in a plain name, use ['name']")));
            }
            self.at += 1;
        }
        let name: String = self.characters[start..self.at].iter().collect();
        match name.as_str() {
            "" => Err(self.error("a name is expected")),
            "*" => Ok(Step::Wildcard),
            _ => Ok(Step::Member(name)),
        }
    }

    /// `length()` and its kin; `None` when a plain name follows.
    fn function(&mut self) -> Parsed<Option<FunctionCall>> {
        let length = self.characters[self.at..].iter().take_while(|character| character.is_ascii_alphabetic()).count();
        if length == 0 || self.characters.get(self.at + length) != Some(&'(') {
            return Ok(None);
        }
        let name: String = self.characters[self.at..self.at + length].iter().collect();
        let Some(function) = PathFunction::named(&name) else {
            return Err(self.error(format!("`{name}()` is not a function of Jayway's JSONPath")));
        };
        self.at += length + 1;
        let (mut arguments, mut parsed) = (Vec::new(), 0);
        while !self.take_after_space(")") {
            if parsed > 0 {
                self.expect(",")?;
                self.skip_space();
            }
            // Jayway drops arguments in single quotes.
            let dropped = self.peek() == Some('\'');
            let argument = self.argument()?;
            if !dropped {
                arguments.push(argument);
            }
            parsed += 1;
        }
        Ok(Some(FunctionCall { function, arguments }))
    }

    fn argument(&mut self) -> Parsed<Argument> {
        if self.peek() != Some('$') {
            return Ok(Argument::Literal(self.literal()?));
        }
        self.enter()?;
        self.at += 1;
        let (steps, call) = self.steps(Vec::new(), true)?;
        self.depth -= 1;
        Ok(Argument::Path(Route { steps, call }))
    }

    fn enter(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > DEPTH { Err(self.error(format!("nested deeper than {DEPTH}"))) } else { Ok(()) }
    }

    fn bracket(&mut self) -> Parsed<Step> {
        self.skip_space();
        let step = match self.peek() {
            Some('\'' | '"') => {
                let mut names = vec![self.quoted()?];
                while self.take_after_space(",") {
                    self.skip_space();
                    names.push(self.quoted()?);
                }
                match names.pop() {
                    Some(name) if names.is_empty() => Step::Member(name),
                    last => Step::Members(names.into_iter().chain(last).collect()),
                }
            }
            Some('*') => {
                self.at += 1;
                Step::Wildcard
            }
            Some('?') => {
                self.at += 1;
                self.expect("(")?;
                self.enter()?;
                let filter = self.either()?;
                self.depth -= 1;
                self.expect(")")?;
                Step::Filter(filter)
            }
            Some(':' | '-' | '0'..='9') => self.indices()?,
            _ => return Err(self.error("a quoted name, an index, a slice, `*` or `?(` is expected")),
        };
        self.expect("]")?;
        Ok(step)
    }

    fn indices(&mut self) -> Parsed<Step> {
        let first = self.integer()?;
        if self.take_after_space(":") {
            self.skip_space();
            let last = self.integer()?;
            // Jayway takes a step and does not follow it.
            if self.take_after_space(":") {
                self.skip_space();
                self.integer()?;
            }
            if first.is_none() && last.is_none() {
                return Err(self.error("a slice needs an end, such as [1:] or [:3]"));
            }
            return Ok(Step::Slice(first, last));
        }
        let Some(first) = first else { return Err(self.error("an index is expected")) };
        let mut indices = vec![first];
        while self.take_after_space(",") {
            self.skip_space();
            let Some(index) = self.integer()? else { return Err(self.error("an index is expected")) };
            indices.push(index);
        }
        Ok(if indices.len() == 1 { Step::Index(first) } else { Step::Indices(indices) })
    }

    fn integer(&mut self) -> Parsed<Option<i64>> {
        let start = self.at;
        self.take("-");
        while self.peek().is_some_and(|character| character.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start {
            return Ok(None);
        }
        let text: String = self.characters[start..self.at].iter().collect();
        text.parse().map(Some).map_err(|_| self.error(format!("`{text}` is not an index")))
    }

    /// A name or text in quotes of either kind, backslash escaping the next character.
    fn quoted(&mut self) -> Parsed<String> {
        let Some(quote @ ('\'' | '"')) = self.peek() else { return Err(self.error("a quoted name is expected")) };
        self.at += 1;
        let mut text = String::new();
        while let Some(character) = self.peek() {
            self.at += 1;
            match character {
                '\\' => match self.peek() {
                    Some(escaped) => {
                        self.at += 1;
                        text.push(match escaped {
                            'n' => '\n',
                            't' => '\t',
                            'r' => '\r',
                            other => other,
                        });
                    }
                    None => break,
                },
                _ if character == quote => return Ok(text),
                _ => text.push(character),
            }
        }
        Err(self.error("the closing quote is missing"))
    }

    fn either(&mut self) -> Parsed<Filter> {
        let mut filter = self.both()?;
        while self.take_after_space("||") {
            filter = Filter::Or(Box::new(filter), Box::new(self.both()?));
        }
        Ok(filter)
    }

    fn both(&mut self) -> Parsed<Filter> {
        let mut filter = self.term()?;
        while self.take_after_space("&&") {
            filter = Filter::And(Box::new(filter), Box::new(self.term()?));
        }
        Ok(filter)
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
        let (steps, call) = self.steps(Vec::new(), true)?;
        self.depth -= 1;
        Ok(operand(Route { steps, call }))
    }

    fn literal(&mut self) -> Parsed<Value> {
        match self.peek() {
            Some('\'' | '"') => Ok(Value::String(self.quoted()?)),
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
            let name = self.quoted()?;
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
