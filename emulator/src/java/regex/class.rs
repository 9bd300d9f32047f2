//! Sets of characters.

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange, HirKind};

/// A set of characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Class {
    set: ClassUnicode,
    /// The members below 128, by bit.
    ascii: u128,
}

impl Class {
    fn new(set: ClassUnicode) -> Self {
        let mut ascii = 0;
        for range in set.ranges() {
            for code in u32::from(range.start())..=u32::from(range.end()).min(127) {
                ascii |= 1 << code;
            }
        }
        Self { set, ascii }
    }

    pub(super) fn of(ranges: &[(char, char)]) -> Self {
        Self::new(ClassUnicode::new(ranges.iter().map(|(from, to)| ClassUnicodeRange::new(*from, *to))))
    }

    /// What is not one of the ranges.
    pub(super) fn without(ranges: &[(char, char)]) -> Self {
        Self::of(ranges).negated()
    }

    pub(super) fn negated(mut self) -> Self {
        self.set.negate();
        Self::new(self.set)
    }

    pub(super) fn union(mut self, other: &Self) -> Self {
        self.set.union(&other.set);
        Self::new(self.set)
    }

    pub(super) fn intersection(mut self, other: &Self) -> Self {
        self.set.intersect(&other.set);
        Self::new(self.set)
    }

    /// The same without regard to case: of ASCII letters alone, as Java does it, or by Unicode's simple folding.
    pub(super) fn folded(mut self, unicode: bool) -> Self {
        if unicode {
            self.set.case_fold_simple();
            return Self::new(self.set);
        }
        let mut other = Vec::new();
        for (from, to) in [('a', 'z'), ('A', 'Z')] {
            let mut letters = Self::of(&[(from, to)]).set;
            letters.intersect(&self.set);
            let flip = |letter: char| char::from(u8::try_from(letter).unwrap_or_default() ^ 0x20);
            other.extend(letters.ranges().iter().map(|it| (flip(it.start()), flip(it.end()))));
        }
        self.union(&Self::of(&other))
    }

    pub(super) fn ranges(&self) -> impl Iterator<Item = (char, char)> {
        self.set.ranges().iter().map(|range| (range.start(), range.end()))
    }

    /// How many characters it has.
    pub(super) fn characters(&self) -> usize {
        self.ranges().map(|(from, to)| to as usize - from as usize + 1).sum()
    }

    /// How many ranges it is made of, which is what it costs.
    pub(super) fn len(&self) -> usize {
        self.set.ranges().len()
    }

    pub(super) fn contains(&self, character: char) -> bool {
        if character.is_ascii() {
            return self.ascii >> u32::from(character) & 1 == 1;
        }
        let ranges = self.set.ranges();
        let at = ranges.partition_point(|range| range.end() < character);
        ranges.get(at).is_some_and(|range| range.start() <= character)
    }
}

/// Java's line terminators.
pub(super) const TERMINATORS: [(char, char); 4] =
    [('\n', '\n'), ('\r', '\r'), ('\u{85}', '\u{85}'), ('\u{2028}', '\u{2029}')];

/// `\d`, `\w`, `\s`, `\h`, `\v`: of ASCII, but for horizontal and vertical space.
pub(super) fn shorthand(letter: char, ecma: bool) -> Option<Class> {
    let ranges: &[(char, char)] = match letter {
        'd' => &[('0', '9')],
        'w' => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        's' if ecma => &[
            ('\t', '\r'),
            (' ', ' '),
            ('\u{a0}', '\u{a0}'),
            ('\u{1680}', '\u{1680}'),
            ('\u{2000}', '\u{200a}'),
            ('\u{2028}', '\u{2029}'),
            ('\u{202f}', '\u{202f}'),
            ('\u{205f}', '\u{205f}'),
            ('\u{3000}', '\u{3000}'),
            ('\u{feff}', '\u{feff}'),
        ],
        's' => &[('\t', '\r'), (' ', ' ')],
        'h' if !ecma => &[
            ('\t', '\t'),
            (' ', ' '),
            ('\u{a0}', '\u{a0}'),
            ('\u{1680}', '\u{1680}'),
            ('\u{180e}', '\u{180e}'),
            ('\u{2000}', '\u{200a}'),
            ('\u{202f}', '\u{202f}'),
            ('\u{205f}', '\u{205f}'),
            ('\u{3000}', '\u{3000}'),
        ],
        'v' if !ecma => &[('\n', '\r'), ('\u{85}', '\u{85}'), ('\u{2028}', '\u{2029}')],
        _ => return None,
    };
    Some(Class::of(ranges))
}

/// `\p{name}`: POSIX classes are of ASCII; the rest are Unicode's, as they are named in Java. Where case is ignored, what asks for one
/// case takes all that have one, of any alphabet.
pub(super) fn property(name: &str, ignores_case: bool) -> Option<Class> {
    let ranges: &[(char, char)] = match name {
        "Lower" => &[('a', 'z')],
        "Upper" => &[('A', 'Z')],
        "ASCII" => &[('\0', '\x7f')],
        "Alpha" => &[('a', 'z'), ('A', 'Z')],
        "Digit" => &[('0', '9')],
        "Alnum" => &[('a', 'z'), ('A', 'Z'), ('0', '9')],
        "Punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "Graph" => &[('!', '~')],
        "Print" => &[(' ', '~')],
        "Blank" => &[(' ', ' '), ('\t', '\t')],
        "Cntrl" => &[('\0', '\x1f'), ('\x7f', '\x7f')],
        "XDigit" => &[('0', '9'), ('a', 'f'), ('A', 'F')],
        "Space" => &[('\t', '\r'), (' ', ' ')],
        "L1" => &[('\0', '\u{ff}')],
        "all" => &[('\0', char::MAX)],
        _ => return unicode(name, ignores_case),
    };
    Some(Class::of(ranges))
}

/// Letters that have a case.
const LETTERS: &str = r"[\p{Lu}\p{Ll}\p{Lt}]";

/// A category by its short name, the only kind of name that Java takes just as it is written.
fn category(name: &str, ignores_case: bool) -> Option<String> {
    match name.as_bytes() {
        b"LC" => Some(LETTERS.to_owned()),
        b"Lu" | b"Ll" | b"Lt" if ignores_case => Some(LETTERS.to_owned()),
        [b'A'..=b'Z'] | [b'A'..=b'Z', b'a'..=b'z'] => Some(format!(r"\p{{gc={name}}}")),
        _ => None,
    }
}

/// A category, script or binary property of Unicode.
fn unicode(name: &str, ignores_case: bool) -> Option<Class> {
    /// Whatever has a case, numerals among it.
    const CASED: &str = r"[\p{Uppercase}\p{Lowercase}\p{Lt}]";
    let pattern = match name {
        "javaLowerCase" | "javaUpperCase" | "javaTitleCase" if ignores_case => CASED.to_owned(),
        "LD" | "javaLetterOrDigit" => r"[\p{L}\p{Nd}]".to_owned(),
        "javaLowerCase" => r"\p{Lowercase}".to_owned(),
        "javaUpperCase" => r"\p{Uppercase}".to_owned(),
        "javaAlphabetic" => r"\p{Alphabetic}".to_owned(),
        "javaDigit" => r"\p{Nd}".to_owned(),
        "javaLetter" => r"\p{L}".to_owned(),
        "javaTitleCase" => r"\p{Lt}".to_owned(),
        "javaSpaceChar" => r"\p{Z}".to_owned(),
        "javaWhitespace" => r"[\p{Z}\t-\r\x1c-\x1f--[\u{a0}\u{2007}\u{202f}]]".to_owned(),
        _ => {
            let (key, value) = match name.split_once('=') {
                Some((key, value)) => (key.to_ascii_lowercase(), value),
                None => (String::new(), name),
            };
            let plain = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b' ');
            let prefixed = name.strip_prefix("Is").filter(|rest| !rest.is_empty());
            match (key.as_str(), prefixed) {
                _ if !plain => return None,
                ("script" | "sc", _) => format!(r"\p{{sc={value}}}"),
                ("", Some(rest)) if rest.len() <= 2 => category(rest, ignores_case)?,
                ("", Some(rest)) => match rest.to_ascii_lowercase().as_str() {
                    "uppercase" | "lowercase" | "titlecase" if ignores_case => CASED.to_owned(),
                    "titlecase" => r"\p{Lt}".to_owned(),
                    _ => format!(r"\p{{{rest}}}"),
                },
                // Without a prefix Java knows the short names of categories only.
                ("general_category" | "gc", _) | ("", None) => category(value, ignores_case)?,
                _ => return None,
            }
        }
    };
    match regex_syntax::parse(&pattern).ok()?.into_kind() {
        HirKind::Class(regex_syntax::hir::Class::Unicode(set)) => Some(Class::new(set)),
        _ => None,
    }
}
