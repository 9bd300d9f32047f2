//! Reading a document for its lists and objects alone.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// Looks at a list or an object as it is read.
pub(crate) trait ContainerVisitor<'de>: Sized {
    fn list<A: SeqAccess<'de>>(self, items: A) -> Result<(), A::Error>;
    fn object<A: MapAccess<'de>>(self, members: A) -> Result<(), A::Error>;
}

/// Reads a value, and shows it to the visitor if it is a list or an object; everything else passes.
pub(crate) struct Containers<V>(pub(crate) V);

impl<'de, V: ContainerVisitor<'de>> DeserializeSeed<'de> for Containers<V> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, V: ContainerVisitor<'de>> Visitor<'de> for Containers<V> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<(), A::Error> {
        self.0.list(items)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<(), A::Error> {
        self.0.object(members)
    }
}
