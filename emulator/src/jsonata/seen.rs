//! Values as expressions see them.

use std::fmt;

use jsonata_core::value::JValue;
use serde_json::Value;

use super::answer;

/// A value in the form that expressions work on. Clones share it, so that many evaluations can see it at the cost of one
/// conversion; it stays on its thread.
#[derive(Clone)]
pub struct ExpressionValue(JValue);

impl ExpressionValue {
    /// An object of these members.
    #[must_use]
    pub fn object<'n>(members: impl IntoIterator<Item = (&'n str, Self)>) -> Self {
        let mut object = Self::from(&Value::Object(serde_json::Map::new()));
        for (name, value) in members {
            object.set(name, value);
        }
        object
    }

    /// Sets a member of an object.
    ///
    /// # Panics
    ///
    /// When this is no object.
    pub fn set(&mut self, name: &str, value: Self) {
        self.0.as_object_mut().expect("only objects have members").insert(name.to_owned(), value.0);
    }

    /// A member of an object.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Self> {
        self.0.get(name).cloned().map(Self)
    }

    pub(super) fn into_library(self) -> JValue {
        self.0
    }
}

impl From<&Value> for ExpressionValue {
    fn from(value: &Value) -> Self {
        Self(answer::to_library(value))
    }
}

impl fmt::Debug for ExpressionValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
