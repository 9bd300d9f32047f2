//! A regular expression as read.

use super::class::Class;

/// One part.
#[derive(Debug, Clone)]
pub(super) enum Regex {
    /// Matches nothing, successfully.
    Empty,
    /// One character.
    Literal(char),
    /// One character of a set.
    Set(Class),
    /// One after the other.
    Sequence(Vec<Regex>),
    /// The first that lets the rest match.
    Alternatives(Vec<Regex>),
    /// `(…)`, numbered from 1.
    Capture(usize, Box<Regex>),
    /// `x*`, `x+?`, `x{2,3}+`.
    Repeat { node: Box<Regex>, least: u32, most: u32, greed: Greed },
    /// A place.
    Assertion(Assertion),
    /// What a group matched, again.
    Backreference { group: usize, fold: bool },
    /// `(?=…)`, `(?<!…)` and their kin.
    Look { behind: bool, negative: bool, node: Box<Regex> },
    /// `(?>…)`
    Atomic(Box<Regex>),
}

/// How a repetition chooses its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Greed {
    Greedy,
    Lazy,
    Possessive,
}

/// A place between characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Assertion {
    /// `\A`, and `^` in one line.
    Start,
    /// `^` with the flag `m`.
    LineStart { unix: bool },
    /// `\z`, and `$` of ECMAScript.
    End,
    /// `\Z`, and `$` in one line: the end, or before the last line's terminator.
    LastLineEnd { unix: bool },
    /// `$` with the flag `m`.
    LineEnd { unix: bool },
    /// `\b` and `\B`.
    WordBoundary { negated: bool, ascii: bool },
    /// `\G`: where the last match ended.
    LastMatch,
}

impl Regex {
    /// The fewest and the most characters that it can match; `None` for no bound.
    pub(super) fn width(&self) -> (u32, Option<u32>) {
        match self {
            Self::Empty | Self::Assertion(_) | Self::Look { .. } => (0, Some(0)),
            Self::Literal(_) | Self::Set(_) => (1, Some(1)),
            Self::Capture(_, node) | Self::Atomic(node) => node.width(),
            Self::Backreference { .. } => (0, None),
            Self::Sequence(nodes) => nodes.iter().fold((0, Some(0_u32)), |(least, most), node| {
                let (low, high) = node.width();
                // Java's sum overflows where such a repetition follows what has a width.
                let overflows = most != Some(0) && node.is_endless() && !node.is_plainly_greedy();
                let high = if overflows { None } else { high };
                (least.saturating_add(low), most.zip(high).and_then(|(most, high)| most.checked_add(high)))
            }),
            Self::Alternatives(nodes) => {
                let widths = nodes.iter().map(Self::width);
                widths
                    .reduce(|(least, most), (low, high)| (least.min(low), most.zip(high).map(|(a, b)| a.max(b))))
                    .unwrap_or((0, Some(0)))
            }
            Self::Repeat { node, least, most, .. } => {
                let (low, high) = node.width();
                let high = match (high, *most) {
                    (Some(0), _) => Some(0),
                    // Java takes a bound for granted that it does not have: `(?<=a*)b` is read.
                    (_, u32::MAX) if matches!(**node, Self::Literal(_) | Self::Set(_)) => Some(1 << 30),
                    (_, u32::MAX) => None,
                    (high, most) => high.and_then(|high| high.checked_mul(most)),
                };
                (low.saturating_mul(*least), high)
            }
        }
    }

    fn is_endless(&self) -> bool {
        matches!(self, Self::Repeat { most: u32::MAX, .. })
    }

    /// `*` or `+` with nothing behind it.
    fn is_plainly_greedy(&self) -> bool {
        matches!(self, Self::Repeat { least: 0 | 1, greed: Greed::Greedy, .. })
    }
}
