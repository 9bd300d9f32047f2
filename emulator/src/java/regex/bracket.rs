//! `[…]`: sets of characters, their unions and intersections.

use super::class::Class;
use super::escape::Escaped;
use super::parse::{Parser, Read};

impl Parser<'_> {
    /// `[…]`
    pub(super) fn class(&mut self) -> Read<Class> {
        self.enter()?;
        self.at += 1;
        let negated = self.raw() == Some('^');
        self.at += usize::from(negated);
        let mut whole: Option<Class> = None;
        let mut part: Option<Class> = None;
        loop {
            let Some(character) = self.peek() else { return Err("unclosed character class".to_owned()) };
            let first = part.is_none() && whole.is_none();
            if character == ']' && (!first || self.ecma) {
                self.at += 1;
                break;
            }
            if !self.ecma && self.starts("&&") {
                self.at += 2;
                while self.raw() == Some('&') {
                    self.at += 1;
                }
                whole = both(whole, part.take());
                if whole.is_none() {
                    continue;
                }
                continue;
            }
            let item = match character {
                '[' if !self.ecma => self.class()?,
                _ if !self.ecma && self.starts("\\Q") => self.quoted_class(),
                _ => self.range()?,
            };
            part = Some(match part {
                Some(part) => part.union(&item),
                None => item,
            });
        }
        self.depth -= 1;
        let class = both(whole, part).unwrap_or_else(|| Class::of(&[]));
        Ok(if negated { class.negated() } else { class })
    }

    fn quoted_class(&mut self) -> Class {
        self.at += 2;
        let mut ranges = Vec::new();
        while let Some(character) = self.raw().filter(|_| !self.starts("\\E")) {
            ranges.push((character, character));
            self.at += 1;
        }
        self.at += if self.starts("\\E") { 2 } else { 0 };
        self.folded(Class::of(&ranges))
    }

    /// One character, a shorthand, or a range of characters.
    fn range(&mut self) -> Read<Class> {
        let from = match self.class_atom()? {
            Escaped::Set(class) => return Ok(self.folded(class)),
            Escaped::Character(character) => character,
        };
        let next = self.characters.get(self.at + 1).copied();
        if self.peek() != Some('-') || matches!(next, None | Some(']')) || next == Some('[') && !self.ecma {
            return Ok(self.folded(Class::of(&[(from, from)])));
        }
        self.at += 1;
        let single = Class::of(&[(from, from), ('-', '-')]);
        let class = match self.class_atom()? {
            Escaped::Character(to) if from <= to => Class::of(&[(from, to)]),
            Escaped::Set(class) if self.ecma => single.union(&class),
            Escaped::Character(_) | Escaped::Set(_) => return Err("illegal character range".to_owned()),
        };
        Ok(self.folded(class))
    }

    fn class_atom(&mut self) -> Read<Escaped> {
        match self.peek() {
            None => Err("unclosed character class".to_owned()),
            Some('\\') => {
                self.at += 1;
                self.escaped(true)
            }
            Some(character) => {
                self.at += 1;
                Ok(Escaped::Character(character))
            }
        }
    }
}

fn both(left: Option<Class>, right: Option<Class>) -> Option<Class> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left.intersection(&right)),
        (left, right) => left.or(right),
    }
}
