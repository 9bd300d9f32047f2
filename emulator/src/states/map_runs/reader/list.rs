//! The items of a list in a JSON document, taken one by one: the document is never there as a whole.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::measure::Measure;
use crate::states::data::{ContainerVisitor, Containers};

/// A value, counted as it is made.
pub(super) struct Counted<'m>(pub(super) &'m Measure);

impl Counted<'_> {
    fn scalar<E: Error>(self, text: usize, value: impl FnOnce() -> Value) -> Result<Value, E> {
        self.0.item(text).map_err(E::custom)?;
        Ok(value())
    }
}

impl<'de> DeserializeSeed<'de> for Counted<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Counted<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        self.scalar(0, || Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        self.scalar(0, || value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        self.scalar(0, || value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        self.scalar(0, || Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.scalar(value.len(), || value.into())
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        self.scalar(0, || Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        self.0.item(0).map_err(A::Error::custom)?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Counted(self.0))? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        self.0.item(0).map_err(A::Error::custom)?;
        let mut object = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            self.0.field(name.len()).map_err(A::Error::custom)?;
            let value = fields.next_value_seed(Counted(self.0))?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

/// Where items go.
pub(super) struct Taken<'r> {
    pub(super) items: &'r mut Vec<Value>,
    /// How many there are at most.
    pub(super) most: usize,
    pub(super) measure: &'r Measure,
    /// Whether there was a list at all.
    pub(super) found: bool,
}

/// Goes down to a list and takes its items. What is not wanted is only looked through.
pub(super) struct ListAt<'r, 't> {
    /// The way down: names of fields, and places in lists.
    pub(super) steps: &'r [String],
    pub(super) taken: &'r mut Taken<'t>,
}

impl<'de> ContainerVisitor<'de> for ListAt<'_, '_> {
    fn list<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Some((step, below)) = self.steps.split_first() else {
            self.taken.found = true;
            while self.taken.items.len() < self.taken.most
                && let Some(item) = items.next_element_seed(Counted(self.taken.measure))?
            {
                self.taken.items.push(item);
            }
            while items.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        };
        // As for a JSON pointer (RFC 6901): no sign, and no zeros in front.
        let wanted = step.parse::<usize>().ok().filter(|place| place.to_string() == *step);
        for place in 0_usize.. {
            let more = if Some(place) == wanted {
                items.next_element_seed(Containers(ListAt { steps: below, taken: self.taken }))?
            } else {
                items.next_element::<IgnoredAny>()?.map(drop)
            };
            if more.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn object<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let before = self.taken.items.len();
        while let Some(name) = fields.next_key::<String>()? {
            match self.steps.split_first() {
                Some((step, below)) if *step == name => {
                    // Of fields with one name the last counts.
                    self.taken.items.truncate(before);
                    self.taken.found = false;
                    fields.next_value_seed(Containers(ListAt { steps: below, taken: self.taken }))?;
                }
                _ => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}
