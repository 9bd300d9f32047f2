//! Workflow variables: what `Assign` sets and later states read as `$name`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::states::data::{Data, in_memory};

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

#[derive(Debug, Clone)]
struct Kept {
    all: BTreeMap<String, Arc<Variable>>,
    /// How much they take as JSON, in bytes.
    size: usize,
    /// The names; the values have shares of their own, as many branches may see the same.
    names: VariablesShare,
}

/// The value of a variable, as a tree and as a text.
#[derive(Debug)]
struct Variable {
    data: Data,
    _both: VariablesShare,
}

/// The bytes that the variables of all branches of a run take together, about. Counted by an atomic number because runs go
/// from thread to thread.
#[derive(Debug, Clone, Default)]
pub(crate) struct VariableBytes(Arc<AtomicUsize>);

impl VariableBytes {
    /// How many there are.
    pub(crate) fn total(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// A part of the [`VariableBytes`], given back when it goes; a copy is counted too.
#[derive(Debug)]
struct VariablesShare {
    of: VariableBytes,
    bytes: usize,
}

impl VariablesShare {
    fn new(of: &VariableBytes, bytes: usize) -> Self {
        let mut share = Self { of: of.clone(), bytes: 0 };
        share.grow(bytes);
        share
    }

    fn grow(&mut self, bytes: usize) {
        self.bytes += bytes;
        self.of.0.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl Clone for VariablesShare {
    fn clone(&self) -> Self {
        Self::new(&self.of, self.bytes)
    }
}

impl Drop for VariablesShare {
    fn drop(&mut self) {
        self.of.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// What an `Assign` sets, in its order. It is counted from the beginning, before any branch has it.
#[derive(Debug)]
pub(crate) struct Assigned {
    all: Vec<(String, Arc<Variable>)>,
    size: usize,
    bytes: VariableBytes,
}

impl Assigned {
    /// Nothing yet, to be counted among these bytes.
    pub(crate) fn new(bytes: &VariableBytes) -> Self {
        Self { all: Vec::new(), size: 0, bytes: bytes.clone() }
    }

    /// One more.
    pub(crate) fn set(&mut self, name: String, data: Data) {
        let text = data.text().len();
        self.size += text;
        let both = VariablesShare::new(&self.bytes, size_of::<Variable>() + text + in_memory(data.value()));
        self.all.push((name, Arc::new(Variable { data, _both: both })));
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// How much they take as JSON, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// One object of all. Names need no escapes ([`check_name`]).
    pub(crate) fn text(&self) -> String {
        let names: usize = self.all.iter().map(|(name, _)| name.len() + r#""":,"#.len()).sum();
        let mut text = String::with_capacity(self.size + names + "{}".len());
        for (name, variable) in &self.all {
            text.extend([if text.is_empty() { "{\"" } else { ",\"" }, name, "\":", variable.data.text()]);
        }
        text.push('}');
        text
    }
}

impl Variables {
    /// The value of `$name`.
    pub(crate) fn get(&self, name: &str) -> Option<&Data> {
        self.0.as_ref()?.all.get(name).map(|variable| &variable.data)
    }

    /// Every variable by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Data)> {
        self.0.iter().flat_map(|kept| kept.all.iter()).map(|(name, variable)| (name.as_str(), &variable.data))
    }

    /// Sets variables; the units of work that this takes besides what is assigned.
    pub(crate) fn assign(&mut self, assigned: Assigned) -> usize {
        let kept = self.0.get_or_insert_with(|| {
            Arc::new(Kept {
                all: BTreeMap::new(),
                size: 0,
                names: VariablesShare::new(&assigned.bytes, size_of::<Kept>()),
            })
        });
        let copied = if Arc::get_mut(kept).is_none() { kept.all.len() } else { 0 };
        let kept = Arc::make_mut(kept);
        kept.size += assigned.size;
        for (name, variable) in assigned.all {
            // Nodes of the map are half full at least.
            let place = 2 * size_of::<(String, Arc<Variable>)>() + name.len();
            match kept.all.insert(name, variable) {
                Some(before) => kept.size -= before.data.text().len(),
                None => kept.names.grow(place),
            }
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
    use serde_json::Value;

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

    fn set(variables: &mut Variables, bytes: &VariableBytes, all: &[(&str, i32)]) -> usize {
        let mut assigned = Assigned::new(bytes);
        for (name, value) in all {
            assigned.set((*name).to_owned(), Data::from(Value::from(*value)));
        }
        variables.assign(assigned)
    }

    #[test]
    fn a_branch_keeps_what_it_assigns_to_itself() {
        let (mut outer, bytes) = (Variables::default(), VariableBytes::default());
        assert_eq!(set(&mut outer, &bytes, &[("x", 1)]), 0);
        let mut inner = outer.clone();
        let copied = set(&mut inner, &bytes, &[("x", 22), ("y", 3)]);
        assert_eq!((outer.get("x").map(Data::text), outer.get("y"), outer.size()), (Some("1"), None, 1));
        assert_eq!((inner.get("x").map(Data::text), inner.size()), (Some("22"), 3));
        assert_eq!((copied, set(&mut inner, &bytes, &[("x", 4)])), (COPY, 0), "copied once");
        assert_eq!(inner.size(), 2);
    }

    #[test]
    fn what_branches_share_is_counted_once_and_given_back_with_the_last_of_them() {
        let bytes = VariableBytes::default();
        let list = || Data::from(Value::from(vec![1; 1_000]));
        let (text, tree) = (list().text().len(), in_memory(list().value()));
        let assigned = || {
            let mut assigned = Assigned::new(&bytes);
            assigned.set("x".to_owned(), list());
            assigned
        };
        let mut outer = Variables::default();
        outer.assign(assigned());
        let one = bytes.total();
        assert!(tree >= 1_000 * size_of::<Value>() && (text + tree..text + tree + 500).contains(&one), "{one}");
        let mut inner = outer.clone();
        assert_eq!(bytes.total(), one, "a branch that only sees it");
        set(&mut inner, &bytes, &[("y", 1)]);
        assert!(bytes.total() - one < 800, "names are copied, values are not: {}", bytes.total() - one);
        inner.assign(assigned());
        assert!(bytes.total() > 2 * one);
        drop(inner);
        assert_eq!(bytes.total(), one);
        outer.assign(assigned());
        assert_eq!(bytes.total(), one, "what is set again takes the place of what was there");
        drop(outer);
        assert_eq!(bytes.total(), 0);
    }

    #[test]
    fn what_is_assigned_is_one_object_in_its_order() {
        let mut assigned = Assigned::new(&VariableBytes::default());
        for (name, value) in [("größe", "[1, \"\\n\"]"), ("a", "{}")] {
            assigned.set(name.to_owned(), Data::parse(value).unwrap());
        }
        assert_eq!(assigned.text(), "{\"größe\":[1, \"\\n\"],\"a\":{}}");
    }
}
