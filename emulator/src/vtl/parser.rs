//! A place in a template's tokens, and what can be told from there.

use std::collections::VecDeque;

use super::lexer::{Lexer, Token};
use super::lexicon::TokenKind;
use crate::document::{LoadError, Position, Text};

/// Blocks, expressions, indices, arguments and strings nest at most this deep.
const DEPTH: usize = 64;

pub(super) type Parsed<T> = Result<T, LoadError>;

/// Parses one template; variables get numbers in the order of their first mention.
pub(super) struct Parser<'t, 'n> {
    /// The scalar that the template stands in, for positions.
    file: &'t Text,
    /// The text at hand: the template, or a string inside of it.
    text: &'t str,
    /// Where the text at hand begins in the file's.
    base: usize,
    pub(super) lexer: Lexer<'t>,
    /// Tokens that were looked at and not taken.
    ahead: VecDeque<Token>,
    /// Where the last token ended.
    pub(super) at: usize,
    depth: usize,
    pub(super) names: &'n mut Vec<String>,
    /// What renders as nothing since nobody knows it, with its place.
    pub(super) unknown: &'n mut Vec<LoadError>,
}

impl<'t, 'n> Parser<'t, 'n> {
    pub(super) fn new(file: &'t Text, names: &'n mut Vec<String>, unknown: &'n mut Vec<LoadError>) -> Self {
        let (text, lexer) = (&*file.value, Lexer::new(&file.value));
        Self { file, text, base: 0, lexer, ahead: VecDeque::new(), at: 0, depth: 0, names, unknown }
    }

    /// A parser of a string that stands at `at`, inside its quotes.
    pub(super) fn inside<'s>(&'s mut self, text: &'s str, at: usize) -> Parser<'s, 's> {
        let (base, depth) = (self.base + at, self.depth);
        let (names, unknown) = (&mut *self.names, &mut *self.unknown);
        Parser {
            file: self.file,
            text,
            base,
            lexer: Lexer::new(text),
            ahead: VecDeque::new(),
            at: 0,
            depth,
            names,
            unknown,
        }
    }

    /// The file position of an offset.
    pub(super) fn position(&self, at: usize) -> Position {
        let before = self.file.value.get(..self.base + at).unwrap_or(&self.file.value);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        self.file.position(u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
    }

    /// An error at a place of the text at hand.
    pub(super) fn error(&self, at: usize, message: impl Into<String>) -> LoadError {
        LoadError::at(&self.position(at), format!("mapping template: {}", message.into()))
    }

    /// An error at the next token, which is not what it should be.
    pub(super) fn expected<T>(&mut self, message: impl Into<String>) -> Parsed<T> {
        let at = self.place()?;
        Err(self.error(at, message))
    }

    pub(super) fn enter(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.error(self.at, format!("nested deeper than {DEPTH}, flatten it")));
        }
        Ok(())
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// The token behind `skipped` others, which is not taken.
    fn ahead(&mut self, skipped: usize) -> Parsed<&Token> {
        while self.ahead.len() <= skipped {
            let token = self.lexer.next().map_err(|at| self.unreadable(at))?;
            self.ahead.push_back(token);
        }
        Ok(&self.ahead[skipped])
    }

    fn unreadable(&self, at: usize) -> LoadError {
        match self.text[at..].chars().next() {
            Some('"' | '\'') => self.error(at, "the closing quote is missing"),
            Some(next) => self.error(at, format!("`{next}` cannot stand here")),
            None => {
                let end = self.text.chars().next_back().unwrap_or_default();
                self.error(at, format!("a template cannot end with `{end}`, put a space or a line end behind it"))
            }
        }
    }

    /// What the next token is.
    pub(super) fn peek(&mut self) -> Parsed<TokenKind> {
        Ok(self.ahead(0)?.kind)
    }

    /// What the token behind the next is.
    pub(super) fn peek_second(&mut self) -> Parsed<TokenKind> {
        Ok(self.ahead(1)?.kind)
    }

    /// What the token behind the next two is.
    pub(super) fn peek_third(&mut self) -> Parsed<TokenKind> {
        Ok(self.ahead(2)?.kind)
    }

    /// The text of the next token.
    pub(super) fn peek_image(&mut self) -> Parsed<&'t str> {
        let (start, end) = (self.ahead(0)?.start, self.ahead(0)?.end);
        Ok(self.since(start, end))
    }

    /// Where the next token begins.
    pub(super) fn place(&mut self) -> Parsed<usize> {
        Ok(self.ahead(0)?.start)
    }

    pub(super) fn next(&mut self) -> Parsed<Token> {
        self.ahead(0)?;
        let token = self.ahead.pop_front().expect("there is a token ahead once one was looked at");
        self.at = token.end;
        Ok(token)
    }

    /// Takes a token of a kind, if it is next.
    pub(super) fn take(&mut self, kind: TokenKind) -> Parsed<bool> {
        let follows = self.peek()? == kind;
        if follows {
            self.next()?;
        }
        Ok(follows)
    }

    /// A token of a kind, which is told as `what` where it is missing.
    pub(super) fn expect(&mut self, kind: TokenKind, what: &str) -> Parsed<Token> {
        if self.peek()? == kind { self.next() } else { self.expected(format!("{what} is expected")) }
    }

    /// Blanks and line ends.
    pub(super) fn skip_space(&mut self) -> Parsed<()> {
        self.take(TokenKind::Space).map(|_| ())
    }

    /// The text of a token.
    pub(super) fn image(&self, token: &Token) -> &'t str {
        self.since(token.start, token.end)
    }

    pub(super) fn since(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or_default()
    }
}
