//! The functions that search, which look at the time between matches.

use std::borrow::Cow;
use std::rc::Rc;

use jsonata_core::evaluator::EvaluatorError;
use jsonata_core::functions::string::{RegexMatch, substitute_capture_groups};
use jsonata_core::value::JValue;

use super::patterns::SearchPattern;
use super::state::{Outcome, State, builtin, failed, number, text};

/// The pattern that is to be searched for in a text, if the two are given and the search is not too much.
fn search<'v>(state: &State, arguments: &'v [JValue]) -> Result<Option<(&'v str, Rc<SearchPattern>)>, EvaluatorError> {
    let (Some(JValue::String(text)), Some(JValue::Regex { pattern, flags })) = (arguments.first(), arguments.get(1))
    else {
        return Ok(None);
    };
    state.patterns.for_text(pattern, flags, text.len()).map(|known| Some((&**text, known)))
}

/// How many at most; nothing where the library knows better what is wrong.
fn limit(arguments: &[JValue], at: usize, round: fn(f64) -> f64) -> Option<usize> {
    match arguments.get(at) {
        None | Some(JValue::Undefined) => Some(usize::MAX),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and casts saturate")]
        Some(JValue::Number(number)) if *number >= 0.0 => Some(round(*number) as usize),
        Some(_) => None,
    }
}

fn listed(list: &mut Vec<JValue>, item: JValue) -> Result<(), EvaluatorError> {
    list.push(item);
    State::fits_in_list(list.len())
}

pub(super) fn contains(state: &Rc<State>, arguments: &[JValue]) -> Outcome {
    if let Some((text, pattern)) = search(state, arguments)? {
        return Ok(JValue::Bool((pattern.is_in)(text)));
    }
    match arguments {
        [JValue::String(text), JValue::String(part)] => Ok(JValue::Bool(text.contains(&**part))),
        _ => builtin(state, "contains", arguments),
    }
}

pub(super) fn matches(state: &Rc<State>, arguments: &[JValue]) -> Outcome {
    let (Some((text, pattern)), Some(most)) = (search(state, arguments)?, limit(arguments, 2, f64::ceil)) else {
        return builtin(state, "match", arguments);
    };
    let mut list = Vec::new();
    if most > 0 {
        (pattern.search)(text, &mut |found| {
            state.on_time()?;
            listed(&mut list, described(found))?;
            Ok(list.len() < most)
        })?;
    }
    Ok(JValue::sequence(list))
}

/// A match as `$match` tells it.
fn described(found: &RegexMatch<'_>) -> JValue {
    let groups = found.groups.iter().map(|group| group.map_or(JValue::Undefined, JValue::string));
    let index = found.utf16_span.map_or(0, |(start, _)| start);
    #[expect(clippy::default_trait_access, reason = "the type is of a crate that only the library knows")]
    let mut object = JValue::object(Default::default());
    if let Some(members) = object.as_object_mut() {
        members.insert("match".to_owned(), JValue::string(found.text));
        members.insert("index".to_owned(), JValue::from_f64(index as f64));
        members.insert("groups".to_owned(), JValue::array(groups.collect()));
    }
    object
}

pub(super) fn split(state: &Rc<State>, arguments: &[JValue]) -> Outcome {
    let (Some(JValue::String(whole)), Some(most)) = (arguments.first(), limit(arguments, 2, f64::floor)) else {
        return builtin(state, "split", arguments);
    };
    state.sizes.copies().charge(whole.len()).map_err(failed)?;
    let mut parts = Vec::new();
    let mut part = |part: &str| -> Result<bool, EvaluatorError> {
        if parts.len() < most {
            state.on_time()?;
            listed(&mut parts, JValue::string(part))?;
        }
        Ok(parts.len() < most)
    };
    match arguments.get(1) {
        Some(JValue::Regex { .. }) => {
            if let Some((text, pattern)) = search(state, arguments)? {
                (pattern.split)(text, &mut part)?;
            }
        }
        Some(JValue::String(separator)) if separator.is_empty() => {
            let mut letter = [0; 4];
            for character in whole.chars() {
                if !part(character.encode_utf8(&mut letter))? {
                    break;
                }
            }
        }
        Some(JValue::String(separator)) => {
            for between in whole.split(&**separator) {
                if !part(between)? {
                    break;
                }
            }
        }
        _ => return builtin(state, "split", arguments),
    }
    Ok(JValue::array(parts))
}

pub(super) fn replace(state: &Rc<State>, arguments: &[JValue]) -> Outcome {
    let with = text(arguments, 2);
    let searched = search(state, arguments)?;
    let (Some((text, pattern)), Some(JValue::String(_)), Some(most)) =
        (searched, arguments.get(2), limit(arguments, 3, f64::ceil))
    else {
        return replace_text(state, arguments);
    };
    state.sizes.copies().charge(text.len()).map_err(failed)?;
    if most == 0 {
        return Ok(JValue::string(text));
    }
    // `$0` stands for the whole match, and no group is longer.
    let references = with.matches('$').count();
    let (mut out, mut copied, mut count) = (String::new(), 0, 0_usize);
    (pattern.search)(text, &mut |found| {
        state.on_time()?;
        out.push_str(&text[copied..found.byte_start]);
        State::fits(out.len() + with.len() + references.saturating_mul(found.text.len()))?;
        substitute_capture_groups(&mut out, with, found.text, found.groups.len(), |group| {
            Ok::<_, EvaluatorError>(found.groups[group].map(Cow::Borrowed))
        })?;
        copied = found.byte_end;
        count += 1;
        Ok(count < most)
    })?;
    out.push_str(&text[copied..]);
    state.bounded(out.len() as f64)?;
    Ok(JValue::string(out))
}

/// What is no pattern is replaced by the library, and so is what a function replaces: it looks at the time between them.
fn replace_text(state: &Rc<State>, arguments: &[JValue]) -> Outcome {
    let (whole, with) = (text(arguments, 0), text(arguments, 2));
    if let Some(JValue::String(pattern)) = arguments.get(1)
        && !pattern.is_empty()
    {
        let times = whole.matches(&**pattern).count() as f64;
        let most = number(arguments, 3).map_or(times, |most| times.min(most.max(0.0)));
        state.bounded(most * with.len() as f64)?;
    }
    state.sizes.copies().charge(whole.len()).map_err(failed)?;
    builtin(state, "replace", arguments)
}
