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

/// The variables that a line of states sees. A branch begins with those around it and keeps its own to itself: cheap
/// to clone, and nothing at all where none is used.
#[derive(Debug, Clone, Default)]
pub(crate) struct Variables(Option<Arc<BTreeMap<String, Data>>>);

impl Variables {
    /// The value of `$name`.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.as_ref()?.get(name).map(Data::value)
    }

    /// Every variable by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Data)> {
        self.0.iter().flat_map(|all| all.iter()).map(|(name, value)| (name.as_str(), value))
    }

    /// Sets variables.
    pub(crate) fn assign(&mut self, assigned: impl IntoIterator<Item = (String, Value)>) {
        let all = Arc::make_mut(self.0.get_or_insert_default());
        all.extend(assigned.into_iter().map(|(name, value)| (name, Data::from(value))));
    }

    /// How much they take as JSON, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.0.iter().flat_map(|all| all.values()).map(|value| value.text().len()).sum()
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
        outer.assign([("x".to_owned(), Value::from(1))]);
        let mut inner = outer.clone();
        inner.assign([("x".to_owned(), Value::from(2)), ("y".to_owned(), Value::from(3))]);
        assert_eq!((outer.get("x"), outer.get("y")), (Some(&Value::from(1)), None));
        assert_eq!((inner.get("x"), inner.size()), (Some(&Value::from(2)), 2));
    }
}
