//! The JSON object of an answer, read with tolerance: of any key only a value of the expected type counts, the last of
//! equal keys wins, strings are borrowed unless they hold an escape.

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

#[derive(Debug, Default)]
pub(super) struct AnswerFields<'a> {
    pub(super) execution_arn: Option<Cow<'a, str>>,
    pub(super) start_date: Option<f64>,
    /// How far the execution has come, where the answer tells more than that it was started.
    pub(super) status: Option<Cow<'a, str>>,
    pub(super) stop_date: Option<f64>,
    /// `__type`, with its namespace.
    pub(super) service_error: Option<Cow<'a, str>>,
    /// `message`, `Message` or `errorMessage`: the gateway and the protocols of AWS use all three.
    pub(super) message: Option<Cow<'a, str>>,
    /// `code` of our own deployment's error answers.
    pub(super) code: Option<Cow<'a, str>>,
    /// `reason` of our own deployment's error answers: the name of the Step Functions error.
    pub(super) reason: Option<Cow<'a, str>>,
}

impl<'a> AnswerFields<'a> {
    /// `None` if the body is not one whole JSON object. A byte-order mark in front of it is passed over, as RFC 8259 §8.1
    /// allows: an execution may be named behind it.
    pub(super) fn parse(body: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)).ok()
    }
}

#[derive(Deserialize)]
enum Key {
    #[serde(rename = "executionArn")]
    ExecutionArn,
    #[serde(rename = "startDate")]
    StartDate,
    #[serde(rename = "status")]
    Status,
    #[serde(rename = "stopDate")]
    StopDate,
    #[serde(rename = "__type")]
    Type,
    #[serde(rename = "message", alias = "Message", alias = "errorMessage")]
    Message,
    #[serde(rename = "code")]
    Code,
    #[serde(rename = "reason")]
    Reason,
    #[serde(other)]
    Other,
}

impl<'de> Deserialize<'de> for AnswerFields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = AnswerFields<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut answer = AnswerFields::default();
        while let Some(key) = map.next_key()? {
            match key {
                Key::ExecutionArn => answer.execution_arn = map.next_value::<Value<'de>>()?.text(),
                Key::StartDate => answer.start_date = map.next_value::<Value<'de>>()?.number(),
                Key::Status => answer.status = map.next_value::<Value<'de>>()?.text(),
                Key::StopDate => answer.stop_date = map.next_value::<Value<'de>>()?.number(),
                Key::Type => answer.service_error = map.next_value::<Value<'de>>()?.text(),
                Key::Message => answer.message = map.next_value::<Value<'de>>()?.text().or(answer.message),
                Key::Code => answer.code = map.next_value::<Value<'de>>()?.text(),
                Key::Reason => answer.reason = map.next_value::<Value<'de>>()?.text(),
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(answer)
    }
}

/// A value as it is written, of which only text and numbers matter: what is too large for a double, or no text, costs this
/// value and not the whole answer.
#[derive(Deserialize)]
struct Value<'a>(#[serde(borrow)] &'a RawValue);

impl<'a> Value<'a> {
    fn text(self) -> Option<Cow<'a, str>> {
        /// Borrowed unless it holds an escape, which a bare `Cow` never is.
        #[derive(Deserialize)]
        struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

        serde_json::from_str::<Text<'a>>(self.0.get()).ok().map(|Text(text)| text)
    }

    fn number(self) -> Option<f64> {
        serde_json::from_str(self.0.get()).ok()
    }
}
