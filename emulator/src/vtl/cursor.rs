//! A place in a template's text, and what can be told from there.

use crate::document::{LoadError, Text};

/// Blocks, expressions, indices, arguments and strings nest at most this deep.
const DEPTH: usize = 64;

pub(super) type Parsed<T> = Result<T, LoadError>;

/// Where the parser stands.
pub(super) struct Cursor<'t> {
    /// The scalar that the template stands in, for positions.
    file: &'t Text,
    /// The text at hand: the template, or a string inside of it.
    text: &'t str,
    /// Where the text at hand begins in the file's.
    base: usize,
    /// Byte offset in the text at hand.
    pub(super) at: usize,
    depth: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(file: &'t Text) -> Self {
        Self { file, text: &file.value, base: 0, at: 0, depth: 0 }
    }

    /// A cursor over a string that stands at `at`, inside its quotes.
    pub(super) fn inside<'s>(&self, text: &'s str, at: usize) -> Cursor<'s>
    where
        't: 's,
    {
        Cursor { file: self.file, text, base: self.base + at, at: 0, depth: self.depth }
    }

    /// The file position of an offset.
    pub(super) fn position(&self, at: usize) -> crate::document::Position {
        let before = self.file.value.get(..self.base + at).unwrap_or(&self.file.value);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        self.file.position(u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
    }

    pub(super) fn error(&self, message: impl Into<String>) -> LoadError {
        self.error_at(self.at, message)
    }

    pub(super) fn error_at(&self, at: usize, message: impl Into<String>) -> LoadError {
        LoadError::at(&self.position(at), format!("mapping template: {}", message.into()))
    }

    pub(super) fn enter(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > DEPTH { Err(self.error(format!("nested deeper than {DEPTH}, flatten it"))) } else { Ok(()) }
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Only this is left of the template; a string in it may end with anything.
    pub(super) fn ends_template(&self, with: &str) -> bool {
        self.base == 0 && self.rest() == with
    }

    pub(super) fn since(&self, start: usize) -> &'t str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn bump(&mut self) {
        self.at += self.peek().map_or(0, char::len_utf8);
    }

    pub(super) fn take(&mut self, text: &str) -> bool {
        let follows = self.rest().starts_with(text);
        if follows {
            self.at += text.len();
        }
        follows
    }

    /// The text before `close`, which is taken too.
    pub(super) fn until(&mut self, close: &str) -> Option<&'t str> {
        let (inner, _) = self.rest().split_once(close)?;
        self.at += inner.len() + close.len();
        Some(inner)
    }

    /// Blanks and line ends.
    pub(super) fn skip_space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    pub(super) fn skip_blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t']).len();
    }

    /// The rest of a comment's line with its end.
    pub(super) fn skip_line(&mut self) {
        let rest = self.rest();
        self.at += rest.find(['\r', '\n']).unwrap_or(rest.len());
        self.line_end();
    }

    /// Blanks up to the end of the line, and that; nothing when something else stands there.
    pub(super) fn skip_rest_of_line(&mut self) {
        let start = self.at;
        self.skip_blanks();
        if !self.line_end() {
            self.at = start;
        }
    }

    fn line_end(&mut self) -> bool {
        self.take("\r\n") || self.take("\n") || self.take("\r")
    }

    pub(super) fn begins_reference(&self) -> bool {
        let Some(rest) = self.rest().strip_prefix('$') else { return false };
        let rest = rest.strip_prefix('!').unwrap_or(rest);
        rest.strip_prefix('{').unwrap_or(rest).starts_with(starts_name)
    }

    /// Steps over a `$` that begins no reference; a `!` behind it is lost.
    pub(super) fn skip_dollar(&mut self) {
        let lost = self.rest().strip_prefix("$!").is_some_and(|rest| !rest.starts_with(['$', '[', '.', '{']));
        self.at += if lost { 2 } else { 1 };
    }

    /// A `$` follows that is text, or several, and what swallows them: a directive that is no word of its own but part of
    /// the grammar, a comment in stars, or blanks before #set.
    pub(super) fn swallows_dollar(&mut self) -> bool {
        let start = self.at;
        while self.take("$!") || self.take("$") {}
        let dollars = self.at > start;
        let mut swallows = self.rest().starts_with("#*");
        let escaped = self.take("\\");
        swallows |= matches!(self.directive(), Some("if" | "elseif" | "else" | "end")) || self.begins_set();
        self.skip_blanks();
        swallows |= !escaped && self.begins_set();
        self.at = start;
        dollars && swallows
    }

    /// `.name` follows.
    pub(super) fn begins_property(&self) -> bool {
        self.rest().strip_prefix('.').is_some_and(|rest| rest.starts_with(|next: char| next.is_ascii_alphabetic()))
    }

    /// `#set (` or `#{set}(` follows.
    pub(super) fn begins_set(&self) -> bool {
        let rest = self.rest();
        rest.strip_prefix("#set")
            .or_else(|| rest.strip_prefix("#{set}"))
            .is_some_and(|rest| rest.trim_start_matches([' ', '\t']).starts_with('('))
    }

    /// The name of the directive that follows, which is not taken.
    pub(super) fn directive(&self) -> Option<&'t str> {
        let rest = self.rest().strip_prefix('#')?;
        let formal = rest.strip_prefix('{');
        let rest = formal.unwrap_or(rest);
        let ends = |character: char| !character.is_ascii_alphanumeric() && character != '_';
        let name = &rest[..rest.find(ends).unwrap_or(rest.len())];
        if formal.is_some() && !rest[name.len()..].starts_with('}') {
            return None;
        }
        (!name.is_empty()).then_some(name)
    }

    /// A directive that Velocity knows follows.
    pub(super) fn begins_directive(&self) -> bool {
        match self.directive() {
            Some(name) => ["set", "if", "elseif", "else", "end", "foreach", "define", "stop", "break"].contains(&name),
            None => false,
        }
    }

    /// Steps over `#name` or `#{name}`.
    pub(super) fn skip_directive(&mut self, name: &str) {
        let formal = self.rest().starts_with("#{");
        self.at += name.len() + if formal { 3 } else { 1 };
    }

    /// `#name(` follows: a directive or macro that is called.
    pub(super) fn calls(&self, name: &str) -> bool {
        let rest = self.rest().trim_start_matches(['#', '{']);
        rest.strip_prefix(name).is_some_and(|rest| rest.trim_start_matches('}').starts_with('('))
    }

    /// The parenthesis that opens a directive's argument.
    pub(super) fn open(&mut self) -> Parsed<()> {
        self.skip_space();
        if !self.take("(") {
            return Err(self.error("`(` is expected"));
        }
        self.skip_space();
        Ok(())
    }

    /// The parenthesis that closes a directive's argument swallows the rest of its line when that is blank.
    pub(super) fn close(&mut self) -> Parsed<()> {
        self.skip_space();
        if !self.take(")") {
            return Err(self.error("an operator or `)` is expected"));
        }
        self.skip_rest_of_line();
        Ok(())
    }

    pub(super) fn identifier(&mut self) -> &'t str {
        let rest = self.rest();
        let name = &rest[..rest.find(|character| !continues_name(character)).unwrap_or(rest.len())];
        self.at += name.len();
        name
    }
}

fn starts_name(character: char) -> bool {
    character.is_ascii_alphabetic() || character == '_'
}

fn continues_name(character: char) -> bool {
    starts_name(character) || character.is_ascii_digit() || character == '-'
}
