//! The members of a call: read without copying, checked against the constraints of the service's model.

use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::error::ApiError;
use crate::java::may_hold_halves;

/// The top level of an envelope, in its order; of members that are there twice the last one counts.
#[derive(Debug)]
pub(super) struct Members<'b>(Vec<(Cow<'b, str>, Member<'b>)>);

/// One member, as far as a call of this service can use it.
#[derive(Debug, Clone, PartialEq)]
enum Member<'b> {
    Null,
    Flag(bool),
    Number(f64),
    Text(Cow<'b, str>),
    List,
    Map,
}

/// The constraints of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct TextConstraint {
    pub(super) least: usize,
    pub(super) most: usize,
    /// Lengths are bytes of UTF-8, and the value is not shown.
    pub(super) sensitive: bool,
}

/// The violations of a call, all of them reported together.
#[derive(Debug, Default)]
pub(super) struct Violations(Vec<String>);

impl Violations {
    /// Adds one; an empty `value` is not shown.
    pub(super) fn add(&mut self, value: &str, member: &str, constraint: &str) {
        let space = if value.is_empty() { "" } else { " " };
        self.0
            .push(format!("Value{space}{value} at '{member}' failed to satisfy constraint: Member must {constraint}"));
    }

    /// Adds one if the value of a member is none of a set.
    pub(super) fn check_value(&mut self, member: &str, value: Option<&str>, values: &[&str]) {
        if let Some(value) = value.filter(|value| !values.contains(value)) {
            let constraint = format!("satisfy enum value set: [{}]", values.join(", "));
            self.add(&format!("'{value}'"), member, &constraint);
        }
    }

    /// Nothing, or the error.
    pub(super) fn check(self) -> Result<(), ApiError> {
        if self.0.is_empty() { Ok(()) } else { Err(ApiError::validation(&self.0)) }
    }
}

impl<'b> Members<'b> {
    /// Reads an envelope; an empty one has no members.
    pub(super) fn parse(body: &'b [u8]) -> Result<Self, ApiError> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self(Vec::new()));
        }
        serde_json::from_slice(body).map_err(|_| ApiError::serialization())
    }

    /// Whether a member is there, whatever it is.
    pub(super) fn has(&self, name: &str) -> bool {
        *self.get(name) != Member::Null
    }

    /// Whether it may hold characters that stand for half of a surrogate pair.
    pub(super) fn has_rare_characters(&self) -> bool {
        self.0.iter().any(|(_, member)| matches!(member, Member::Text(text) if may_hold_halves(text.as_bytes())))
    }

    fn get(&self, name: &str) -> &Member<'b> {
        self.0.iter().rev().find(|(key, _)| key == name).map_or(&Member::Null, |(_, member)| member)
    }

    /// A text.
    pub(super) fn text(
        &self,
        name: &str,
        rule: TextConstraint,
        violations: &mut Violations,
    ) -> Result<Option<&str>, ApiError> {
        let text = match self.get(name) {
            Member::Null => return Ok(None),
            Member::Text(text) => text,
            Member::Number(_) => return Err(ApiError::wrong_member("NUMBER_VALUE can not be converted to a String")),
            Member::Flag(true) => return Err(ApiError::wrong_member("TRUE_VALUE can not be converted to a String")),
            Member::Flag(false) => return Err(ApiError::wrong_member("FALSE_VALUE can not be converted to a String")),
            Member::List => return Err(ApiError::wrong_member("Unexpected token received from parser")),
            Member::Map => return Err(ApiError::wrong_member("Start of structure or map found where not expected.")),
        };
        let length = if rule.sensitive || text.is_ascii() { text.len() } else { text.encode_utf16().count() };
        let shown = || if rule.sensitive { String::new() } else { format!("'{text}'") };
        if length < rule.least {
            violations.add(&shown(), name, &format!("have length greater than or equal to {}", rule.least));
        }
        if length > rule.most {
            violations.add(&shown(), name, &format!("have length less than or equal to {}", rule.most));
        }
        Ok(Some(text))
    }

    /// A text that must be there.
    pub(super) fn required(
        &self,
        name: &str,
        rule: TextConstraint,
        violations: &mut Violations,
    ) -> Result<&str, ApiError> {
        let found = self.text(name, rule, violations)?;
        if found.is_none() {
            violations.add("null", name, "not be null");
        }
        Ok(found.unwrap_or_default())
    }

    /// A text of a set, whose values stand in the order in which AWS names them.
    pub(super) fn one_of(
        &self,
        name: &str,
        values: &[&str],
        violations: &mut Violations,
    ) -> Result<Option<&str>, ApiError> {
        const ANY: TextConstraint = TextConstraint { least: 0, most: usize::MAX, sensitive: false };
        let found = self.text(name, ANY, violations)?;
        violations.check_value(name, found, values);
        Ok(found)
    }

    /// `includedData`: whether the answer is to be without what a key may keep secret.
    pub(super) fn metadata_only(&self, violations: &mut Violations) -> Result<bool, ApiError> {
        let included = self.one_of("includedData", &["ALL_DATA", "METADATA_ONLY"], violations)?;
        Ok(included == Some("METADATA_ONLY"))
    }

    /// A text that must be there, and nothing else is asked of the call.
    pub(super) fn only(&self, name: &str, rule: TextConstraint) -> Result<&str, ApiError> {
        let mut violations = Violations::default();
        let text = self.required(name, rule, &mut violations)?;
        violations.check()?;
        Ok(text)
    }

    /// A whole number.
    pub(super) fn number(&self, name: &str, most: u32, violations: &mut Violations) -> Result<Option<u32>, ApiError> {
        match self.get(name) {
            Member::Null => Ok(None),
            Member::Number(number) => {
                let shown = format!("'{}'", number.trunc());
                if *number < 0.0 {
                    violations.add(&shown, name, "have value greater than or equal to 0");
                }
                if *number > f64::from(most) {
                    violations.add(&shown, name, &format!("have value less than or equal to {most}"));
                }
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts of floats saturate")]
                Ok(Some(*number as u32))
            }
            Member::Text(_) => Err(ApiError::wrong_member("STRING_VALUE can not be converted to an Integer")),
            _ => Err(ApiError::wrong_member("Unexpected token received from parser")),
        }
    }

    /// A number that need not be whole.
    pub(super) fn fraction(
        &self,
        name: &str,
        range: RangeInclusive<f64>,
        violations: &mut Violations,
    ) -> Result<Option<f64>, ApiError> {
        match self.get(name) {
            Member::Null => Ok(None),
            Member::Number(number) => {
                if *number < *range.start() {
                    let constraint = format!("have value greater than or equal to {}", range.start());
                    violations.add(&format!("'{number}'"), name, &constraint);
                }
                if *number > *range.end() {
                    violations.add(
                        &format!("'{number}'"),
                        name,
                        &format!("have value less than or equal to {}", range.end()),
                    );
                }
                Ok(Some(*number))
            }
            Member::Text(_) => Err(ApiError::wrong_member("STRING_VALUE can not be converted to a Float")),
            _ => Err(ApiError::wrong_member("Unexpected token received from parser")),
        }
    }

    /// True or false.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.get(name) {
            Member::Null => Ok(None),
            Member::Flag(flag) => Ok(Some(*flag)),
            _ => Err(ApiError::wrong_member("Unexpected token received from parser")),
        }
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Top;
        impl<'de> Visitor<'de> for Top {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(4);
                while let Some(MemberName(key)) = map.next_key()? {
                    members.push((key, map.next_value()?));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Top)
    }
}

/// The name of a member, borrowed where it can be.
struct MemberName<'b>(Cow<'b, str>);

impl<'de> Deserialize<'de> for MemberName<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Member::deserialize(deserializer)? {
            Member::Text(text) => Ok(Self(text)),
            _ => Err(serde::de::Error::custom("not a string")),
        }
    }
}

impl<'de> Deserialize<'de> for Member<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Member<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Member::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
                Ok(Member::Flag(value))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
                Ok(Member::Number(value as f64))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
                Ok(Member::Number(value as f64))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
                Ok(Member::Number(value))
            }

            fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
                Ok(Member::Text(Cow::Borrowed(value)))
            }

            fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
                Ok(Member::Text(Cow::Owned(value.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Member::List)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Member::Map)
            }
        }
        deserializer.deserialize_any(Any)
    }
}
