//! Workflow variables: what `Assign` sets and later states read as `$name`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::states::data::Data;

/// Largest variable, and most that one `Assign` may set together, in bytes of JSON (Step Functions quotas).
pub(crate) const MAX_ASSIGNED: usize = 262_144;
/// Most that an execution may keep in variables, in bytes of JSON (Step Functions quotas).
pub(crate) const MAX_KEPT: usize = 10 * 1024 * 1024;
/// Longest name, in characters (developer guide, "Variable name syntax").
const MAX_NAME: usize = 80;

/// Units of work for a variable that is copied with all others, because a branch sets its first.
const COPY: usize = 100;

/// The variables that a line of states sees. A branch begins with those around it and keeps its own to itself: cheap
/// to clone, and nothing at all where none is used.
#[derive(Debug, Clone, Default)]
pub(crate) struct Variables(Option<Arc<Kept>>);

#[derive(Debug, Clone, Default)]
struct Kept {
    all: BTreeMap<String, Data>,
    /// How much they take as JSON, in bytes.
    size: usize,
}

impl Variables {
    /// The value of `$name`.
    pub(crate) fn get(&self, name: &str) -> Option<&Data> {
        self.0.as_ref()?.all.get(name)
    }

    /// Every variable by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Data)> {
        self.0.iter().flat_map(|kept| kept.all.iter()).map(|(name, value)| (name.as_str(), value))
    }

    /// Sets variables; the units of work that this takes besides what is assigned.
    pub(crate) fn assign(&mut self, assigned: impl IntoIterator<Item = (String, Value)>) -> usize {
        let kept = self.0.get_or_insert_default();
        let copied = if Arc::get_mut(kept).is_none() { kept.all.len() } else { 0 };
        let kept = Arc::make_mut(kept);
        for (name, value) in assigned {
            let value = Data::from(value);
            kept.size += value.text().len();
            let before = kept.all.insert(name, value);
            kept.size -= before.map_or(0, |before| before.text().len());
        }
        copied * COPY
    }

    /// How much they take as JSON, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.0.as_ref().map_or(0, |kept| kept.size)
    }
}

/// Whether `Assign` may set a variable of that name: a letter or `_` first, then letters, digits and `_`.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    let mut symbols = name.chars();
    let first = symbols.next().is_some_and(|symbol| symbol.is_alphabetic() || symbol == '_');
    if !first || !symbols.all(|symbol| symbol.is_alphanumeric() || symbol == '_') {
        return Err(format!("`{name}` cannot be a variable: begin with a letter, go on with letters, digits and `_`"));
    }
    if name.chars().count() > MAX_NAME {
        return Err(format!("variable `{name}` has more than {MAX_NAME} characters"));
    }
    if name == "states" {
        return Err("`states` cannot be a variable: the name is reserved".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_identifiers_other_than_states() {
        for name in ["x", "_x1", "größe", "States"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for name in ["", "1x", "a-b", "a.b", "a.$", "states", "$x", &"x".repeat(81)] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_branch_keeps_what_it_assigns_to_itself() {
        let mut outer = Variables::default();
        assert_eq!(outer.assign([("x".to_owned(), Value::from(1))]), 0);
        let mut inner = outer.clone();
        let copied = inner.assign([("x".to_owned(), Value::from(22)), ("y".to_owned(), Value::from(3))]);
        assert_eq!((outer.get("x").map(Data::text), outer.get("y"), outer.size()), (Some("1"), None, 1));
        assert_eq!((inner.get("x").map(Data::text), inner.size()), (Some("22"), 3));
        assert_eq!((copied, inner.assign([("x".to_owned(), Value::from(4))])), (COPY, 0), "copied once");
        assert_eq!(inner.size(), 2);
    }
}
