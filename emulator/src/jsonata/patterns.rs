//! Regular expressions: how much work a search is, and patterns that are ready for one.
//!
//! The library's engine takes as long as the product of a text and of the places that a pattern may be at, and nothing stops
//! it. So a pattern is weighed: by the most places that it may be at together, which counted repetitions multiply.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::convert::Infallible;
use std::rc::Rc;

use jsonata_core::ast::{AstNode, BinaryOp};
use jsonata_core::evaluator::EvaluatorError;
use jsonata_core::functions::string::{RegexMatch, RegexMatches, build_regex};
use regex_syntax::hir::{Hir, HirKind, Look};

use super::walk::walk;

/// The functions that search by a pattern which they are given as an argument.
pub(super) const SEARCHING: [&str; 4] = ["contains", "match", "replace", "split"];
/// Heaviest pattern.
const MAX_WEIGHT: usize = 1_000;
/// Heaviest pattern that is a function of its own, as in `/a/($text)`: of what it is given nobody sees how long it is, and its
/// automaton is small enough to be kept whole, so that a byte takes it a step.
const MAX_FREE: usize = 8;
/// Most characters and ranges of characters in the classes of a pattern, each as often as it is repeated.
const MAX_RANGES: usize = 100_000;
/// Most work of one search: bytes of the text times the weight of the pattern.
const MAX_SEARCH: usize = 10_000_000;
/// What a word boundary weighs: beyond ASCII the engine goes through the text place by place for it.
const BOUNDARY: usize = 8;

/// How much a pattern is.
#[derive(Debug, Clone, Copy, Default)]
struct Weight {
    places: usize,
    ranges: usize,
    groups: usize,
}

impl Weight {
    fn of(hir: &Hir) -> Self {
        match hir.kind() {
            HirKind::Literal(literal) => Self { places: literal.0.len(), ..Self::default() },
            HirKind::Class(regex_syntax::hir::Class::Unicode(class)) => Self::class(class.ranges().len()),
            HirKind::Class(regex_syntax::hir::Class::Bytes(class)) => Self::class(class.ranges().len()),
            HirKind::Look(Look::WordUnicode | Look::WordUnicodeNegate) => Self { places: BOUNDARY, ..Self::default() },
            HirKind::Empty | HirKind::Look(_) => Self::default(),
            HirKind::Repetition(repetition) => {
                let times = repetition.max.unwrap_or(repetition.min).max(1) as usize;
                let once = Self::of(&repetition.sub);
                let (places, ranges) = (once.places.saturating_mul(times), once.ranges.saturating_mul(times));
                Self { places, ranges, ..once }
            }
            HirKind::Capture(capture) => {
                let inner = Self::of(&capture.sub);
                Self { groups: inner.groups + 1, ..inner }
            }
            HirKind::Concat(parts) | HirKind::Alternation(parts) => {
                parts.iter().map(Self::of).fold(Self::default(), |sum, part| Self {
                    places: sum.places.saturating_add(part.places),
                    ranges: sum.ranges.saturating_add(part.ranges),
                    groups: sum.groups + part.groups,
                })
            }
        }
    }

    fn class(ranges: usize) -> Self {
        Self { places: 1, ranges, groups: 0 }
    }

    /// Each place carries where the groups begin and end.
    fn whole(self) -> usize {
        self.places.max(1).saturating_mul(4 + self.groups) / 4
    }
}

/// The weight of a pattern; nothing for one that the engine refuses.
fn weigh(pattern: &str, flags: &str) -> Result<Option<Weight>, String> {
    let mut parser = regex_syntax::ParserBuilder::new();
    parser
        .case_insensitive(flags.contains('i'))
        .multi_line(flags.contains('m'))
        .dot_matches_new_line(flags.contains('s'));
    let Ok(hir) = parser.build().parse(pattern) else { return Ok(None) };
    let weight = Weight::of(&hir);
    if weight.whole() > MAX_WEIGHT || weight.ranges > MAX_RANGES {
        return Err(format!("the pattern `/{}/` is too large: say less of it by counting", shown(pattern)));
    }
    Ok(Some(weight))
}

fn shown(pattern: &str) -> String {
    pattern.chars().take(60).collect()
}

/// Checks a pattern of an expression; `is_argument` of one that a function is given which searches.
pub(super) fn check_pattern(pattern: &str, flags: &str, is_argument: bool) -> Result<(), String> {
    match weigh(pattern, flags)? {
        Some(weight) if !is_argument && weight.whole() > MAX_FREE => Err(format!(
            "the pattern `/{}/` is too large for one that is called as a function: give it to `$match` or `$contains`",
            shown(pattern)
        )),
        _ => Ok(()),
    }
}

/// The variables of an expression that are set, and given to functions that search, and used in no other way.
pub(super) fn searched(tree: &mut AstNode) -> BTreeSet<String> {
    let (mut given, mut used) = (BTreeMap::<String, usize>::new(), BTreeMap::<String, usize>::new());
    let Ok(()) = walk(tree, true, &mut |node, _| {
        match node {
            AstNode::Variable(name) => *used.entry(name.clone()).or_default() += 1,
            AstNode::Binary { op: BinaryOp::ColonEqual, lhs, .. } => {
                if let AstNode::Variable(name) = &**lhs {
                    *given.entry(name.clone()).or_default() += 1;
                }
            }
            AstNode::Function { name, args, .. } => {
                // Whoever is called is used.
                *used.entry(name.clone()).or_default() += 1;
                let arguments = args.iter().filter(|_| SEARCHING.contains(&name.as_str()));
                for argument in arguments {
                    if let AstNode::Variable(name) = argument {
                        *given.entry(name.clone()).or_default() += 1;
                    }
                }
            }
            _ => {}
        }
        Ok::<(), Infallible>(())
    });
    given.into_iter().filter(|(name, count)| used.get(name) == Some(count)).map(|(name, _)| name).collect()
}

/// Told of a match, or of a part of a text; whether it wants more.
type ToldOfMatch<'t> = dyn FnMut(&RegexMatch<'_>) -> Result<bool, EvaluatorError> + 't;
type ToldOfPart<'t> = dyn FnMut(&str) -> Result<bool, EvaluatorError> + 't;
type Search = dyn Fn(&str, &mut ToldOfMatch<'_>) -> Result<(), EvaluatorError>;
type Split = dyn Fn(&str, &mut ToldOfPart<'_>) -> Result<(), EvaluatorError>;

/// A pattern that is ready to search.
pub(super) struct SearchPattern {
    weight: usize,
    /// Tells of every match.
    pub(super) search: Box<Search>,
    /// Tells of every part between matches.
    pub(super) split: Box<Split>,
    /// Whether there is a match.
    pub(super) is_in: Box<dyn Fn(&str) -> bool>,
}

/// The patterns that were searched for, by their text and flags.
#[derive(Default)]
pub(super) struct Patterns(RefCell<HashMap<(String, String), Rc<SearchPattern>>>);

impl Patterns {
    /// A pattern for a search in a text of so many bytes, unless that would be too much.
    pub(super) fn for_text(
        &self,
        pattern: &str,
        flags: &str,
        length: usize,
    ) -> Result<Rc<SearchPattern>, EvaluatorError> {
        let known = self.of(pattern, flags)?;
        if length.saturating_mul(known.weight) > MAX_SEARCH {
            let why = format!("the pattern `/{}/` is too large for a text of {length} bytes", shown(pattern));
            return Err(EvaluatorError::EvaluationError(why));
        }
        Ok(known)
    }

    fn of(&self, pattern: &str, flags: &str) -> Result<Rc<SearchPattern>, EvaluatorError> {
        let key = (pattern.to_owned(), flags.to_owned());
        if let Some(known) = self.0.borrow().get(&key) {
            return Ok(Rc::clone(known));
        }
        let weight = weigh(pattern, flags).map_err(EvaluatorError::EvaluationError)?.map_or(MAX_WEIGHT, Weight::whole);
        let regex = build_regex(pattern, flags)?;
        let (searched, splits) = (regex.clone(), regex.clone());
        let made = Rc::new(SearchPattern {
            weight,
            search: Box::new(move |text, told| {
                let mut matches = RegexMatches::new(&searched, text).counting_utf16();
                let mut current = matches.next_match()?;
                while let Some(found) = current {
                    let more = told(&found)?;
                    // Looked for before the end, as the reference does: one of nothing is an error.
                    current = matches.next_match()?;
                    if !more {
                        break;
                    }
                }
                Ok(())
            }),
            split: Box::new(move |text, told| {
                for part in splits.split(text) {
                    if !told(part)? {
                        break;
                    }
                }
                Ok(())
            }),
            is_in: Box::new(move |text| regex.is_match(text)),
        });
        self.0.borrow_mut().insert(key, Rc::clone(&made));
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_weighs_what_counted_repetitions_make_of_it() {
        let whole = |pattern: &str| weigh(pattern, "").map(|weight| weight.map(Weight::whole));
        for (pattern, weight) in [
            ("", 1),
            ("abc", 3),
            ("a+", 1),
            ("[a-z]{3,20}", 20),
            ("(?:a{10}){10}", 100),
            ("(a)(b)(c)(d)", 8),
            (r"\bx", 9),
        ] {
            assert_eq!(whole(pattern), Ok(Some(weight)), "{pattern}");
        }
        assert!(whole("(?:a{100}){100}").is_err() && whole(r"\w{900}").is_err());
        assert_eq!(whole("(?=a)"), Ok(None), "what the engine refuses says so when it is used");
        assert!(check_pattern("a{9}", "", true).is_ok() && check_pattern("a{9}", "", false).is_err());
    }
}
