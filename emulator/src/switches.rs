//! Behaviours of AWS that are only inferred: each has a named switch, for those who know better.
//!
//! Every switch has two ways; the first is the default. `--as-recorded` sets those that a recording of a deployment
//! decides ([`crate::recording`]).

/// A behaviour of AWS that is only inferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// Whether `x-amzn-RequestId` chooses the request id.
    CallerRequestIds,
    /// How templates read bodies that are not JSON.
    BodyParser,
    /// How validators read bodies that are not JSON.
    ValidatorParser,
    /// What a template that cannot be rendered is answered with.
    UnrenderableTemplate,
    /// What a stage that does not exist is answered with.
    UnknownStage,
    /// The form of 413, 414 and 431.
    FrontDoor,
    /// What is checked first.
    FirstCheck,
    /// Whether models check `format`.
    ModelFormats,
    /// Whether `x-amz-…` headers may be left out of the signature.
    UnsignedAmzHeaders,
    /// The package of errors that are not Step Functions' own.
    ErrorPackage,
    /// What a negative `MaxConcurrencyPath` does.
    NegativeConcurrency,
    /// The place that `EvaluationFailed` names.
    EvaluationLocation,
    /// The words for expressions of a wrong type.
    ExpressionTypeWords,
    /// The error of too many variables.
    VariablesLimit,
    /// The names in the pairs of an object that a distributed Map goes through.
    MapItemPairs,
    /// Whether an inline Map goes through an object.
    InlineMapObjects,
    /// The ending of result files with a document on every line.
    ResultLines,
    /// What an HTTP API answers for a web server that cannot be reached.
    BackendFailure,
    /// Whether a function sees the path that its route overwrites.
    OverwrittenPath,
    /// The error of a function that needs more memory than it has.
    OutOfMemory,
    /// What becomes of an `X-Forwarded-For` that the caller sends.
    ForwardedFor,
}

/// A switch as it is written and shown.
#[derive(Debug)]
pub struct SwitchRow {
    /// What it switches.
    pub switch: Switch,
    /// Its name, as in `--switch NAME=WAY`.
    pub name: &'static str,
    /// Its two ways, the default first.
    pub ways: [&'static str; 2],
    /// What is inferred, and from what.
    pub inferred: &'static str,
}

/// All switches, in the order of [`Switch`].
pub const SWITCHES: &[SwitchRow] = &[
    SwitchRow {
        switch: Switch::CallerRequestIds,
        name: "caller-request-ids",
        ways: ["yes", "no"],
        inferred: "that a mapping template sees the request id which the caller chose (documented, not measured in public)",
    },
    SwitchRow {
        switch: Switch::BodyParser,
        name: "body-parser",
        ways: ["lenient", "strict"],
        inferred: "that templates read what is not JSON, as json-smart does in permissive mode",
    },
    SwitchRow {
        switch: Switch::ValidatorParser,
        name: "validator-parser",
        ways: ["strict", "lenient"],
        inferred: "that a validator with a model refuses what is not strict JSON",
    },
    SwitchRow {
        switch: Switch::UnrenderableTemplate,
        name: "unrenderable-template",
        ways: ["500", "400"],
        inferred: "the answer to a body that the template cannot be rendered with (cut short, or a method that throws in Java)",
    },
    SwitchRow {
        switch: Switch::UnknownStage,
        name: "unknown-stage",
        ways: ["missing-authentication-token", "forbidden"],
        inferred: "the answer for a stage that does not exist",
    },
    SwitchRow {
        switch: Switch::FrontDoor,
        name: "front-door",
        ways: ["text", "json"],
        inferred: "the form of 413, 414 and 431, which gateway responses do not change",
    },
    SwitchRow {
        switch: Switch::FirstCheck,
        name: "first-check",
        ways: ["rate", "signature"],
        inferred: "that throttles count a call before its signature is looked at; key and validation come after both",
    },
    SwitchRow {
        switch: Switch::ModelFormats,
        name: "model-formats",
        ways: ["checked", "ignored"],
        inferred: "the rules for email, hostname, uri and other formats of models: those of the validator of draft 4",
    },
    SwitchRow {
        switch: Switch::UnsignedAmzHeaders,
        name: "unsigned-amz-headers",
        ways: ["allowed", "refused"],
        inferred: "that an `x-amz-…` header may stand outside the signature (clients are told to sign them)",
    },
    SwitchRow {
        switch: Switch::ErrorPackage,
        name: "error-package",
        ways: ["coral", "service"],
        inferred: "the package in `__type` of Step Functions' validation, throttling and access errors",
    },
    SwitchRow {
        switch: Switch::NegativeConcurrency,
        name: "negative-max-concurrency",
        ways: ["stalls", "fails"],
        inferred: "that an execution never enters a Map whose `MaxConcurrencyPath` is negative (recorded once; the history ends there)",
    },
    SwitchRow {
        switch: Switch::EvaluationLocation,
        name: "evaluation-location",
        ways: ["exact", "field"],
        inferred: "the place that `EvaluationFailed` names inside a field: `Output/list[0]`, or `Output` alone",
    },
    SwitchRow {
        switch: Switch::ExpressionTypeWords,
        name: "expression-type-words",
        ways: ["as-items", "plain"],
        inferred: "the words for expressions of a wrong type elsewhere than in `Items`, where they are recorded",
    },
    SwitchRow {
        switch: Switch::VariablesLimit,
        name: "variables-limit",
        ways: ["States.DataLimitExceeded", "States.Runtime"],
        inferred: "the error of variables over 256 KiB in one state or 10 MiB together (the limits are documented)",
    },
    SwitchRow {
        switch: Switch::MapItemPairs,
        name: "map-item-pairs",
        ways: ["Key-Value", "key-value"],
        inferred: "the names in an item when a distributed Map goes through an object (pairs are documented, their form is not)",
    },
    SwitchRow {
        switch: Switch::InlineMapObjects,
        name: "inline-map-objects",
        ways: ["refused", "pairs"],
        inferred: "that an inline Map refuses an object for its items (recorded once, while the guide allows objects in both modes)",
    },
    SwitchRow {
        switch: Switch::ResultLines,
        name: "result-lines",
        ways: ["jsonl", "json"],
        inferred: "the ending of result files whose `OutputType` is `JSONL`",
    },
    SwitchRow {
        switch: Switch::BackendFailure,
        name: "http-api-backend-failure",
        ways: ["503", "500"],
        inferred: "what an HTTP API answers for a web server that cannot be reached: `Service Unavailable`, or `Internal Server Error`",
    },
    SwitchRow {
        switch: Switch::OverwrittenPath,
        name: "overwritten-path",
        ways: ["seen", "unseen"],
        inferred: "that a function sees the path which its route in an HTTP API overwrites, as `rawPath` or `path`",
    },
    SwitchRow {
        switch: Switch::OutOfMemory,
        name: "out-of-memory",
        ways: ["Runtime.OutOfMemory", "Runtime.ExitError"],
        inferred: "the error of a function that needs more memory than it has (both were reported, the first more recently)",
    },
    SwitchRow {
        switch: Switch::ForwardedFor,
        name: "x-forwarded-for",
        ways: ["appended", "replaced"],
        inferred: "that the caller's address is appended to an `X-Forwarded-For` which it sends itself",
    },
];

impl Switch {
    /// How it is written and shown.
    #[must_use]
    pub fn row(self) -> &'static SwitchRow {
        &SWITCHES[self as usize]
    }

    /// One of its two ways by name.
    #[must_use]
    pub fn way(self, turned: bool) -> &'static str {
        self.row().ways[usize::from(turned)]
    }
}

/// Which way each switch is set; by default none is turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Switches(u32);

impl Switches {
    /// The same with a switch set: turned away from its default, or back to it.
    ///
    /// ```
    /// use stepgate_emulator::switches::{Switch, Switches};
    ///
    /// let switches = Switches::default().set(Switch::FrontDoor, true);
    /// assert!(switches.is_turned(Switch::FrontDoor) && !switches.is_turned(Switch::UnknownStage));
    /// ```
    #[must_use]
    pub const fn set(self, switch: Switch, turned: bool) -> Self {
        let bit = 1 << switch as u32;
        Self(if turned { self.0 | bit } else { self.0 & !bit })
    }

    /// Whether a switch is turned away from its default.
    #[must_use]
    pub const fn is_turned(self, switch: Switch) -> bool {
        self.0 & (1 << switch as u32) != 0
    }

    /// The way that this switch goes.
    pub(crate) fn way(self, switch: Switch) -> &'static str {
        switch.way(self.is_turned(switch))
    }
}

/// Reads `NAME=WAY`.
///
/// # Errors
/// Names what there is instead.
pub fn parse(text: &str) -> Result<(Switch, bool), String> {
    let (name, way) = text.split_once('=').ok_or("expected NAME=WAY")?;
    let Some(row) = SWITCHES.iter().find(|row| row.name == name) else {
        let names: Vec<&str> = SWITCHES.iter().map(|row| row.name).collect();
        return Err(format!("no switch `{name}`; there are {}", names.join(", ")));
    };
    match row.ways.iter().position(|known| *known == way) {
        Some(turned) => Ok((row.switch, turned == 1)),
        None => Err(format!("`{name}` is {} or {}, not `{way}`", row.ways[0], row.ways[1])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches_stand_in_the_order_of_their_rows() {
        for row in SWITCHES {
            assert_eq!(row.switch.row().name, row.name);
            for (turned, way) in row.ways.iter().enumerate() {
                assert_eq!(parse(&format!("{}={way}", row.name)), Ok((row.switch, turned == 1)));
            }
        }
    }

    #[test]
    fn a_switch_that_is_written_wrongly_is_told_what_there_is() {
        assert_eq!(parse("front-door"), Err("expected NAME=WAY".to_owned()));
        assert_eq!(parse("front-door=xml"), Err("`front-door` is text or json, not `xml`".to_owned()));
        assert!(parse("back-door=json").unwrap_err().contains("there are caller-request-ids, body-parser"));
    }
}
