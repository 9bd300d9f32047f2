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
        // What stands side by side is put together once, at its end.
        let mut part: Option<Vec<(char, char)>> = None;
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
                whole = self.both(whole, part.take())?;
                continue;
            }
            let part = part.get_or_insert_default();
            match character {
                '[' if !self.ecma => {
                    let inner = self.class()?;
                    self.add(part, &inner)?;
                }
                _ => self.range(part)?,
            }
        }
        self.depth -= 1;
        let class = self.both(whole, part)?.unwrap_or_else(|| Class::of(&[]));
        if negated {
            self.pay(class.len())?;
        }
        Ok(if negated { class.negated() } else { class })
    }

    /// What is in both, as far as there are two.
    fn both(&self, whole: Option<Class>, part: Option<Vec<(char, char)>>) -> Read<Option<Class>> {
        let Some(ranges) = part else { return Ok(whole) };
        self.pay(2 * ranges.len())?;
        let part = self.folded(Class::of(&ranges))?;
        let Some(whole) = whole else { return Ok(Some(part)) };
        self.pay(whole.len() + part.len())?;
        Ok(Some(whole.intersection(&part)))
    }

    fn add(&self, part: &mut Vec<(char, char)>, class: &Class) -> Read<()> {
        self.pay(class.len())?;
        part.extend(class.ranges());
        Ok(())
    }

    /// One character, a shorthand, or a range of characters.
    fn range(&mut self, part: &mut Vec<(char, char)>) -> Read<()> {
        let from = match self.class_atom()? {
            Escaped::Set(class) => return self.add(part, &class),
            Escaped::Character(character) => character,
        };
        let minus = self.peek() == Some('-');
        let next = self.characters.get(self.at + 1).copied();
        if !minus || matches!(next, None | Some(']')) || next == Some('[') && !self.ecma {
            part.push((from, from));
            return Ok(());
        }
        self.at += 1;
        match self.class_atom()? {
            Escaped::Character(to) if from <= to => part.push((from, to)),
            Escaped::Set(class) if self.ecma => {
                part.extend([(from, from), ('-', '-')]);
                self.add(part, &class)?;
            }
            Escaped::Character(_) | Escaped::Set(_) => return Err("illegal character range".to_owned()),
        }
        Ok(())
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
