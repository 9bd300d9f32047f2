//! The query language of a machine and of each state.

use crate::document::{LoadError, Node};
use crate::states::asl::place::Place;
use crate::states::asl::{Formula, PayloadTemplate, Reach};

/// `QueryLanguage`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    JsonPath,
    Jsonata,
}

impl Language {
    /// The language of a machine or a state; `whole` is that of the machine. The states inside of a state of JSONata
    /// have the machine's language, not the one of that state (measured on AWS).
    pub(super) fn of(what: &str, node: &Node, whole: Self) -> Result<Self, LoadError> {
        let Some(written) = node.get("QueryLanguage") else { return Ok(whole) };
        let field = format!("`QueryLanguage` of {what}");
        match (written.expect_str(&field)?, whole) {
            ("JSONata", _) => Ok(Self::Jsonata),
            ("JSONPath", Self::JsonPath) => Ok(Self::JsonPath),
            ("JSONPath", Self::Jsonata) => Err(LoadError::at(
                &written.position,
                format!("{field} cannot be JSONPath, because the whole state machine is JSONata"),
            )),
            _ => Err(written.unexpected(&field, "JSONPath or JSONata")),
        }
    }

    /// A template such as `Parameters`, `Arguments`, `Output` or `Assign`.
    pub(super) fn template(
        self,
        what: &str,
        node: &Node,
        field: &str,
        reach: Reach,
    ) -> Result<Option<PayloadTemplate>, LoadError> {
        let Some(value) = node.get(field) else { return Ok(None) };
        let loaded = match self {
            Self::JsonPath => PayloadTemplate::load(value),
            Self::Jsonata => PayloadTemplate::load_jsonata(&Place::field(field), value, reach),
        };
        loaded.map(Some).map_err(|mut error| {
            error.message = format!("`{field}` of {what}: {}", error.message);
            error
        })
    }

    /// The expression in a field that may hold one in place of a value.
    pub(super) fn formula(self, what: &str, node: &Node, field: &str) -> Result<Option<Formula>, LoadError> {
        let text = node.get(field).and_then(|value| Some((value, value.as_str()?)));
        let Some((value, text)) = text.filter(|_| self == Self::Jsonata) else { return Ok(None) };
        Formula::parse(&Place::field(field), text, Reach::default())
            .map_err(|why| LoadError::at(&value.position, format!("`{field}` of {what}: {why}")))
    }

    /// Refuses the fields of the other language in words that say so, before they are refused as unknown.
    pub(super) fn check_fields(self, what: &str, node: &Node) -> Result<(), LoadError> {
        let (foreign, other): (&[&str], &str) = match self {
            Self::JsonPath => (&["Arguments", "Output", "Items", "Condition"], "JSONata"),
            Self::Jsonata => (
                &[
                    "InputPath",
                    "OutputPath",
                    "ResultPath",
                    "ResultSelector",
                    "Parameters",
                    "ItemsPath",
                    "Variable",
                    "SecondsPath",
                    "TimestampPath",
                    "TimeoutSecondsPath",
                    "HeartbeatSecondsPath",
                    "MaxConcurrencyPath",
                    "ToleratedFailureCountPath",
                    "ToleratedFailurePercentagePath",
                    "MaxItemsPath",
                    "MaxItemsPerBatchPath",
                    "MaxInputBytesPerBatchPath",
                    "ErrorPath",
                    "CausePath",
                ],
                "JSONPath",
            ),
        };
        let Some(entry) = foreign.iter().find_map(|field| node.entry(field)) else { return Ok(()) };
        let remedy = match self {
            Self::JsonPath => "set `\"QueryLanguage\": \"JSONata\"` or use the fields of JSONPath",
            Self::Jsonata => "use the fields of JSONata",
        };
        let message = format!("{what} uses `{}`, which belongs to {other}: {remedy}", entry.key);
        Err(LoadError::at(&entry.position, message))
    }
}
