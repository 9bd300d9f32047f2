//! What a backslash begins.

use super::class::{Class, property, shorthand};
use super::parse::{Parser, Read};
use super::tree::{Assertion, Regex};
use crate::java::text::{lone, pair};

/// Units of work that making the set of a property costs, of which the largest has some 700 ranges.
const PROPERTY: usize = 20_000;

/// What an escape stands for.
pub(super) enum Escaped {
    Character(char),
    Set(Class),
}

impl Parser<'_> {
    /// What a backslash outside of a class begins.
    pub(super) fn escape(&mut self) -> Read<Regex> {
        self.at += 1;
        let Some(letter) = self.raw() else { return Err("unexpected end after a backslash".to_owned()) };
        self.at += 1;
        let unix = self.flags.unix_lines;
        let assertion = match letter {
            'b' | 'B' => Some(Assertion::WordBoundary { negated: letter == 'B', ascii: self.ecma }),
            'A' if !self.ecma => Some(Assertion::Start),
            'z' if !self.ecma => Some(Assertion::End),
            'Z' if !self.ecma => Some(Assertion::LastLineEnd { unix }),
            'G' if !self.ecma => Some(Assertion::LastMatch),
            _ => None,
        };
        if let Some(assertion) = assertion {
            return Ok(Regex::Assertion(assertion));
        }
        match letter {
            '1'..='9' => Ok(self.backreference(letter)),
            'k' if !self.ecma => {
                if self.raw() != Some('<') {
                    return Err(r"\k is not followed by `<` for a named group".to_owned());
                }
                self.at += 1;
                let name = self.name('>')?;
                let group = self.names.iter().find(|(known, _)| *known == name).map(|(_, group)| *group);
                let group = group.ok_or_else(|| format!("named capturing group <{name}> does not exist"))?;
                Ok(Regex::Backreference { group, fold: self.flags.fold })
            }
            'R' if !self.ecma => {
                let pair = Regex::Sequence(vec![Regex::Literal('\r'), Regex::Literal('\n')]);
                let one = Regex::Set(Class::of(&[('\n', '\r'), ('\u{85}', '\u{85}'), ('\u{2028}', '\u{2029}')]));
                Ok(Regex::Alternatives(vec![pair, one]))
            }
            _ => {
                self.at -= 1;
                match self.escaped(false)? {
                    Escaped::Set(class) => self.set(class),
                    Escaped::Character(character) => self.literal(character),
                }
            }
        }
    }

    /// As many digits as still name a group that has begun.
    fn backreference(&mut self, first: char) -> Regex {
        let mut group = first as usize - '0' as usize;
        while let Some(digit) = self.raw().and_then(|next| next.to_digit(10)) {
            let longer = group * 10 + digit as usize;
            if longer > self.groups {
                break;
            }
            group = longer;
            self.at += 1;
        }
        Regex::Backreference { group, fold: self.flags.fold }
    }

    /// What a backslash begins within and without a class; the letter behind it is next.
    pub(super) fn escaped(&mut self, in_class: bool) -> Read<Escaped> {
        let Some(letter) = self.raw() else { return Err("unexpected end after a backslash".to_owned()) };
        self.at += 1;
        if let Some(class) = shorthand(letter.to_ascii_lowercase(), self.ecma).filter(|_| letter.is_ascii_alphabetic())
        {
            let (lower, vertical_tab) = (letter.is_ascii_lowercase(), letter == 'v' && self.ecma);
            if !vertical_tab {
                return Ok(Escaped::Set(if lower { class } else { class.negated() }));
            }
        }
        Ok(Escaped::Character(match letter {
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'f' => '\u{c}',
            'v' if self.ecma => '\u{b}',
            'b' if self.ecma && in_class => '\u{8}',
            'a' if !self.ecma => '\u{7}',
            'e' if !self.ecma => '\u{1b}',
            'c' => {
                let control = self.raw().ok_or("illegal control escape sequence")?;
                self.at += 1;
                char::from_u32(u32::from(control) ^ 64).ok_or("illegal control escape sequence")?
            }
            'x' => self.hexadecimal(2)?,
            'u' => self.hexadecimal(4)?,
            '0' => self.octal()?,
            'p' | 'P' if !self.ecma => return self.property(letter == 'P'),
            letter if letter.is_ascii_alphabetic() && !self.ecma => {
                return Err(format!("illegal or unsupported escape sequence `\\{letter}`"));
            }
            other => other,
        }))
    }

    fn hexadecimal(&mut self, digits: usize) -> Read<char> {
        if digits == 2 && self.raw() == Some('{') && !self.ecma {
            let length = self.characters[self.at..].iter().position(|&character| character == '}');
            let length = length.ok_or("unclosed hexadecimal escape sequence")?;
            let text: String = self.characters[self.at + 1..self.at + length].iter().collect();
            self.at += length + 1;
            let code = u32::from_str_radix(&text, 16).ok().and_then(char::from_u32);
            return code.ok_or_else(|| "illegal hexadecimal escape sequence".to_owned());
        }
        let unit = self.unit(digits)?;
        if (0xD800..0xDC00).contains(&unit) && digits == 4 && self.starts("\\u") {
            self.at += 2;
            return pair(unit, self.unit(4)?).ok_or_else(|| "illegal Unicode escape sequence".to_owned());
        }
        Ok(lone(unit))
    }

    fn unit(&mut self, digits: usize) -> Read<u32> {
        let text: String = self.characters[self.at..].iter().take(digits).collect();
        self.at += digits;
        let hexadecimal = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let unit = u32::from_str_radix(&text, 16).ok().filter(|_| hexadecimal);
        unit.ok_or_else(|| "illegal hexadecimal or Unicode escape sequence".to_owned())
    }

    /// `\0` in ECMAScript; in Java `\0` with up to three digits up to 377.
    fn octal(&mut self) -> Read<char> {
        let mut code = 0;
        let mut digits = 0;
        while let Some(digit) = self.raw().and_then(|next| next.to_digit(8)).filter(|_| !self.ecma) {
            if digits == 3 || code * 8 + digit > 0o377 {
                break;
            }
            code = code * 8 + digit;
            digits += 1;
            self.at += 1;
        }
        if digits == 0 && !self.ecma {
            return Err("illegal octal escape sequence".to_owned());
        }
        Ok(char::from_u32(code).unwrap_or('\0'))
    }

    fn property(&mut self, negated: bool) -> Read<Escaped> {
        let name: String = if self.raw() == Some('{') {
            let length = self.characters[self.at..].iter().position(|&character| character == '}');
            let length = length.ok_or("unclosed character family")?;
            let name = self.characters[self.at + 1..self.at + length].iter().collect();
            self.at += length + 1;
            name
        } else {
            self.at += 1;
            self.characters.get(self.at - 1).into_iter().collect()
        };
        self.budget.work(PROPERTY)?;
        let class =
            property(&name, self.flags.fold).ok_or_else(|| format!("unknown character property name {{{name}}}"))?;
        let class = self.folded(class)?;
        self.pay(class.len())?;
        Ok(Escaped::Set(if negated { class.negated() } else { class }))
    }
}
