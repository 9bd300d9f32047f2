//! Tokens to reference: `$name`, `$!name`, `${name}` with what follows it.

use super::ast::{Access, Own, Reference, Root};
use super::lexicon::TokenKind;
use super::parser::{Parsed, Parser};
use super::vocabulary;

/// What a value can begin with.
pub(super) const VALUES: [TokenKind; 9] = [
    TokenKind::String,
    TokenKind::Integer,
    TokenKind::BracketOpen,
    TokenKind::BraceOpen,
    TokenKind::True,
    TokenKind::False,
    TokenKind::Identifier,
    TokenKind::CurlyOpen,
    TokenKind::Fraction,
];

impl<'t> Parser<'t, '_> {
    /// Whether a reference is next.
    pub(super) fn begins_reference(&mut self) -> Parsed<bool> {
        Ok(match self.peek()? {
            TokenKind::Identifier => true,
            TokenKind::CurlyOpen => self.peek_second()? == TokenKind::Identifier,
            _ => false,
        })
    }

    pub(super) fn reference(&mut self) -> Parsed<Reference> {
        self.named().map(|(reference, _)| reference)
    }

    /// A reference, and its first token as it is written.
    pub(super) fn named(&mut self) -> Parsed<(Reference, &'t str)> {
        let first = self.next()?;
        let image = self.image(&first);
        let formal = first.kind == TokenKind::CurlyOpen;
        let dollar = image.rfind('$');
        let start = first.start + dollar.unwrap_or_default();
        let quiet = image[dollar.unwrap_or_default()..].starts_with("$!");
        let name = if formal { self.next_name()? } else { self.image(&first).trim_start_matches(not_in_name) };
        // Without a `$`, behind a #set behind a reference, a word is not one.
        let root = if dollar.is_none() || image.contains("\\!") { Root::Nothing } else { self.root(name) };
        let mut accesses = Vec::new();
        self.indices(&mut accesses)?;
        while self.peek()? == TokenKind::Dot && self.peek_second()? == TokenKind::Identifier {
            self.next()?;
            let access = self.property(root, &accesses)?;
            accesses.push(access);
            self.indices(&mut accesses)?;
        }
        if formal {
            self.expect(TokenKind::CurlyClose, "`}`")?;
        }
        let source = self.since(start, self.at).into();
        Ok((Reference { source, quiet, formal, root, accesses, position: self.position(start) }, image))
    }

    fn next_name(&mut self) -> Parsed<&'t str> {
        let name = self.expect(TokenKind::Identifier, "a name")?;
        Ok(self.image(&name))
    }

    fn indices(&mut self, accesses: &mut Vec<Access>) -> Parsed<()> {
        while self.take(TokenKind::IndexOpen)? {
            self.enter()?;
            self.skip_space()?;
            if matches!(self.peek()?, TokenKind::BracketOpen | TokenKind::BraceOpen | TokenKind::Fraction) {
                return self.expected("an index is a whole number, a text, true, false or a reference; #set it before");
            }
            let index = self.value()?;
            self.skip_space()?;
            self.expect(TokenKind::IndexClose, "`]`")?;
            self.leave();
            accesses.push(Access::Index(index));
        }
        Ok(())
    }

    /// `name`, or `name(arguments)`.
    fn property(&mut self, root: Root, before: &[Access]) -> Parsed<Access> {
        let place = self.place()?;
        let called = self.peek_second()? == TokenKind::ParenOpen && {
            let third = self.peek_third()?;
            matches!(third, TokenKind::CallClose | TokenKind::Space) || VALUES.contains(&third)
        };
        let name = self.next_name()?;
        if called {
            return self.call(root, before, name, place);
        }
        vocabulary::check_property(root, before, name).map_err(|why| self.error(place, why))?;
        if let Some(unknown) = vocabulary::unknown_variable(root, before, name) {
            let unknown = self.error(place, unknown);
            self.unknown.push(unknown);
        }
        Ok(Access::Property(name.into()))
    }

    fn call(&mut self, root: Root, before: &[Access], name: &str, place: usize) -> Parsed<Access> {
        let mut arguments = Vec::new();
        self.enter()?;
        self.next()?;
        if self.peek()? != TokenKind::CallClose {
            arguments.push(self.parameter()?);
            while self.take(TokenKind::Comma)? {
                arguments.push(self.parameter()?);
            }
        }
        self.end_of_values(TokenKind::CallClose, ')')?;
        self.leave();
        let host = before.is_empty().then_some(root);
        vocabulary::call(host, name, arguments).map(Access::Call).map_err(|why| self.error(place, why))
    }

    fn root(&mut self, name: &str) -> Root {
        let known = self.names.iter().position(|known| known == name);
        let own = match name {
            "input" => Own::Input,
            "util" => Own::Util,
            "context" => Own::Context,
            "stageVariables" => Own::StageVariables,
            "foreach" => return Root::Loop,
            "velocityCount" => return Root::Count,
            "velocityHasNext" => return Root::HasNext,
            _ => {
                return Root::Variable(known.unwrap_or_else(|| {
                    self.names.push(name.to_owned());
                    self.names.len() - 1
                }));
            }
        };
        known.map_or(Root::Own(own), |slot| Root::Shadowed(slot, own))
    }
}

/// What may stand before a name in its token.
fn not_in_name(character: char) -> bool {
    matches!(character, '\\' | '$' | '!' | '#')
}
