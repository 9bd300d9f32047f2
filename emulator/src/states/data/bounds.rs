//! What data cannot be: deeper than anybody could read back, or what serde would take for something of its own.

use std::fmt;

use serde::de::{DeserializeSeed as _, Error, MapAccess, SeqAccess};
use serde_json::Value;

use super::containers::{ContainerVisitor, Containers};
pub(crate) use crate::java::jackson::MAX_DEPTH;

/// The name by which `serde_json` knows a text that it is to read again.
const PRIVATE: &str = "$serde_json::private::RawValue";

/// Why something is not data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutOfBounds {
    TooDeep,
    PrivateName,
}

impl fmt::Display for OutOfBounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooDeep => write!(f, "nested deeper than {MAX_DEPTH} levels"),
            Self::PrivateName => write!(f, "an object with the name `{PRIVATE}`, which is not kept here"),
        }
    }
}

/// Whether a tree is what data may be.
pub(crate) fn check(value: &Value) -> Result<(), OutOfBounds> {
    check_below(0, value)
}

/// Whether a tree may stand so many levels below the top of data.
pub(super) fn check_below(levels: usize, value: &Value) -> Result<(), OutOfBounds> {
    Levels(MAX_DEPTH.saturating_sub(levels)).check(value)
}

/// Reads a text through as if its tree were built, at a fraction of the cost.
pub(super) fn read_through(text: &str) -> Result<(), serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_str(text);
    Containers(Levels(MAX_DEPTH)).deserialize(&mut reader)?;
    reader.end()
}

/// How many levels there may be.
#[derive(Clone, Copy)]
struct Levels(usize);

impl Levels {
    fn below(self) -> Result<Self, OutOfBounds> {
        self.0.checked_sub(1).map(Self).ok_or(OutOfBounds::TooDeep)
    }

    fn check(self, value: &Value) -> Result<(), OutOfBounds> {
        match value {
            Value::Array(items) => {
                let below = self.below()?;
                items.iter().try_for_each(|item| below.check(item))
            }
            Value::Object(members) => {
                let below = self.below()?;
                members.iter().try_for_each(|(name, value)| {
                    check_name(name)?;
                    below.check(value)
                })
            }
            _ => Ok(()),
        }
    }
}

fn check_name(name: &str) -> Result<(), OutOfBounds> {
    if name == PRIVATE { Err(OutOfBounds::PrivateName) } else { Ok(()) }
}

impl<'de> ContainerVisitor<'de> for Levels {
    fn list<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let below = self.below().map_err(A::Error::custom)?;
        while items.next_element_seed(Containers(below))?.is_some() {}
        Ok(())
    }

    fn object<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let below = self.below().map_err(A::Error::custom)?;
        // A text without a backslash has its names as they are.
        while let Some(name) = members.next_key::<&str>()? {
            check_name(name).map_err(A::Error::custom)?;
            members.next_value_seed(Containers(below))?;
        }
        Ok(())
    }
}
