//! Text to path.

mod filter;

use super::ast::{Argument, FunctionCall, PathFunction, Route, Step};
use super::error::PathError;
use crate::budget::Budget;

/// Parentheses, nots and paths inside filters may nest this deep.
const DEPTH: usize = 32;
/// Units of work that a character of a path costs.
const CHARACTER: usize = 20;

/// What a backslash does in a name in quotes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Backslash {
    /// It escapes whatever follows, as in Jayway's JSONPath.
    Escapes,
    /// It stands for itself, but before the quote that ends the name and before a backslash.
    Stands,
}

pub(super) fn parse(source: &str, backslash: Backslash, budget: &Budget) -> Result<Route, PathError> {
    let mut parser = Parser { source, characters: source.chars().collect(), at: 0, depth: 0, backslash, budget };
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
    let route = parser.steps(steps, false)?;
    parser.skip_space();
    match parser.peek() {
        None => Ok(route),
        Some(character) => Err(parser.error(format!("`{character}` is not expected after a complete path"))),
    }
}

struct Parser<'s> {
    source: &'s str,
    characters: Vec<char>,
    at: usize,
    depth: usize,
    backslash: Backslash,
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
    fn steps(&mut self, mut steps: Vec<Step>, inside: bool) -> Parsed<Route> {
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
                        Some(call) => return Ok(Route { steps: steps.into(), call: Some(Box::new(call)) }),
                        None => steps.push(if inside { self.name_inside()? } else { self.name()? }),
                    }
                }
                Some('[') => {
                    self.at += 1;
                    steps.push(self.bracket()?);
                }
                _ => return Ok(Route { steps: steps.into(), call: None }),
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
            _ => Ok(Step::Member(name.into())),
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
        let route = self.steps(Vec::new(), true)?;
        self.depth -= 1;
        Ok(Argument::Path(route))
    }

    fn enter(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > DEPTH { Err(self.error(format!("nested deeper than {DEPTH}"))) } else { Ok(()) }
    }

    fn bracket(&mut self) -> Parsed<Step> {
        self.skip_space();
        let step = match self.peek() {
            Some('\'' | '"') => {
                let mut names = vec![self.quoted(self.backslash)?];
                while self.take_after_space(",") {
                    self.skip_space();
                    names.push(self.quoted(self.backslash)?);
                }
                match names.pop() {
                    Some(name) if names.is_empty() => Step::Member(name.into()),
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
                Step::Filter(Box::new(filter))
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
            return Ok(Step::Slice(Box::new([first, last])));
        }
        let Some(first) = first else { return Err(self.error("an index is expected")) };
        let mut indices = vec![first];
        while self.take_after_space(",") {
            self.skip_space();
            let Some(index) = self.integer()? else { return Err(self.error("an index is expected")) };
            indices.push(index);
        }
        Ok(if indices.len() == 1 { Step::Index(first) } else { Step::Indices(indices.into()) })
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

    /// A name or text in quotes of either kind.
    fn quoted(&mut self, backslash: Backslash) -> Parsed<String> {
        let Some(quote @ ('\'' | '"')) = self.peek() else { return Err(self.error("a quoted name is expected")) };
        self.at += 1;
        let mut text = String::new();
        while let Some(character) = self.peek() {
            self.at += 1;
            match character {
                '\\' => match self.peek() {
                    Some(other) if backslash == Backslash::Stands && other != quote && other != '\\' => text.push('\\'),
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
}
