//! The scenario as written: what serde reads and what the JSON schema describes. Nothing here is checked yet.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de};
use toml::Spanned;

use super::{Arrivals, EmbeddedQuotas, Names, Saturation};
use crate::authorization::Auth;
use crate::judge::State;
use crate::mistake::Mistake;
use crate::payload::Order;
use crate::record::Kind;
use crate::units;

/// A load scenario for `loadgen`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "loadgen scenario")]
pub(super) struct Raw {
    /// Version of this format: 1.
    #[schemars(with = "u32")]
    pub(super) schema: Spanned<u32>,
    /// Name of the scenario, shown in reports and used for the run directory.
    #[schemars(with = "String")]
    pub(super) name: Spanned<String>,
    /// Seed of arrivals and payloads, 1 by default.
    pub(super) seed: Option<u64>,
    /// What the load is sent to.
    #[serde(default)]
    pub(super) target: TargetTable,
    /// When requests are sent.
    #[schemars(with = "LoadTable")]
    pub(super) load: Spanned<LoadTable>,
    /// Tables of data, by name, for `{{ data("name", "column") }}`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, DataTable>")]
    pub(super) data: BTreeMap<String, Spanned<DataTable>>,
    /// What requests carry; with several, each arrival picks one by weight.
    #[serde(default)]
    pub(super) payload: Vec<PayloadTable>,
    /// What a threshold counts as that the data cannot decide: `"pass"`, `"fail"`, or by default `"98"`, the exit code of a
    /// run that cannot tell. A threshold may say so for itself.
    pub(super) on_inconclusive: Option<Undecided>,
    /// What must hold, by metric: `failed = ["rate<1%"]`. A metric may have the tags class,
    /// stage and payload: `"response_time{stage:hold,payload:order}"`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Vec<RuleSchema>>")]
    pub(super) thresholds: BTreeMap<Spanned<String>, Vec<Spanned<WrittenRule>>>,
}

/// What the load is sent to.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TargetTable {
    /// Full URL of the execute method; absent: the embedded endpoint.
    #[schemars(with = "Option<String>")]
    pub(super) url: Option<Spanned<String>>,
    /// What an execution's name is expected to be. By default the `x-amzn-RequestId` of its answer, unless not one execution
    /// of the run has that name: then names are the service's own, and a note says so.
    pub(super) names: Option<Names>,
    /// Longest wait for a whole answer, `"30s"` by default.
    pub(super) timeout: Option<TimeText>,
    /// Longest wait for a connection, `"10s"` by default.
    pub(super) connect_timeout: Option<TimeText>,
    /// What shows who sends the requests: nothing by default. Secrets come from the environment.
    #[serde(default)]
    pub(super) auth: Auth,
    /// The region to sign for; by default that of the host, or `AWS_REGION`.
    pub(super) region: Option<String>,
    /// Faults of the embedded endpoint: a file as `stepgate-emulator --faults` reads it.
    pub(super) faults: Option<String>,
    /// Quotas of the embedded endpoint: `"aws"` throttles as AWS does, `"off"`, the default, never.
    #[serde(default)]
    pub(super) quotas: EmbeddedQuotas,
    /// Additional request headers.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub(super) headers: BTreeMap<Spanned<String>, String>,
    /// File of certificates (PEM) to trust in place of the platform's, for a private endpoint.
    #[schemars(with = "Option<String>")]
    pub(super) ca: Option<Spanned<String>>,
    /// Most executions that a run may start; needed off loopback beyond 10,000.
    #[schemars(with = "Option<u64>")]
    pub(super) max_executions: Option<Spanned<u64>>,
}

/// When requests are sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LoadTable {
    /// How arrivals come about.
    pub(super) executor: Executor,
    /// Arrivals per second (constant-arrival-rate).
    pub(super) rate: Option<RateText>,
    /// How long arrivals come (constant-arrival-rate, closed).
    pub(super) duration: Option<TimeText>,
    /// Arrivals per second at the beginning of the first stage, 0 by default (ramping-arrival-rate).
    pub(super) start_rate: Option<RateText>,
    /// Stages, one after the other (ramping-arrival-rate).
    #[schemars(with = "Option<Vec<StageTable>>")]
    pub(super) stages: Option<Spanned<Vec<StageTable>>>,
    /// Recorded instants: a text file with one arrival a line, in seconds from the start, or as a log has them: since 1970
    /// in seconds, milliseconds, microseconds or nanoseconds, or as RFC 3339 dates, and then the first is the start (trace).
    #[schemars(with = "Option<String>")]
    pub(super) file: Option<Spanned<String>>,
    /// Clients that each send the next request when the previous one is answered (closed).
    pub(super) clients: Option<usize>,
    /// Arrivals that come at once, in addition to the others.
    #[serde(default)]
    pub(super) bursts: Vec<Burst>,
    /// Most arrivals of the run.
    pub(super) requests: Option<u64>,
    /// How arrivals are spread around the rate (constant-arrival-rate, ramping-arrival-rate).
    pub(super) arrivals: Option<Arrivals>,
    /// Most requests in flight, 1000 by default (not closed, where each client has one).
    pub(super) max_in_flight: Option<usize>,
    /// What becomes of an arrival that finds `max_in_flight` requests in flight (not closed).
    pub(super) on_saturation: Option<Saturation>,
    /// What times and thresholds leave out at the beginning: a duration, rounded up to whole seconds, or `"auto"`, up to
    /// where the median response time is steady; nothing by default.
    #[schemars(with = "Option<String>")]
    pub(super) warmup: Option<Spanned<String>>,
    /// How long requests and embedded workflows may take to end when the load is over, `"30s"` by default. With `"0s"`
    /// whatever was due is sent all the same, if a connection comes about within a second; what is not answered by the end
    /// counts as unfinished.
    pub(super) graceful_stop: Option<DurationText>,
}

/// How arrivals come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Executor {
    /// Open loop: `rate` arrivals per second for `duration`, whatever the target does.
    ConstantArrivalRate,
    /// Open loop: the rate goes through `stages`.
    RampingArrivalRate,
    /// Open loop: arrivals at the instants of a file.
    Trace,
    /// Closed loop: `clients` that wait for their answers. Response times then say nothing about queueing.
    Closed,
}

/// A stretch of time in which the rate goes linearly to `target`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StageTable {
    /// Name in reports and thresholds; by default its number, from 1.
    #[schemars(with = "Option<String>")]
    pub(super) name: Option<Spanned<String>>,
    /// Arrivals per second at its end.
    pub(super) target: RateText,
    /// How long it takes; `"0s"` is a step.
    pub(super) duration: DurationText,
}

/// Arrivals that come at once.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Burst {
    /// When, from the start of the run.
    pub(super) at: DurationText,
    /// How many.
    pub(super) count: u32,
}

/// A table of data.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DataTable {
    /// A `.csv` file whose first line names the columns, or a `.jsonl` file with an object a line.
    pub(super) file: String,
    /// Which row an arrival gets.
    #[serde(default)]
    pub(super) order: Order,
}

/// What a request carries.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PayloadTable {
    /// Name in reports and thresholds.
    #[schemars(with = "String")]
    pub(super) name: Spanned<String>,
    /// What the request asks for: `execute` by default, `execute-sync` on a route that is wired to `StartSyncExecution`, or
    /// `execute-http` on one whose answers do not say what was started: they are counted by their HTTP status.
    /// What preflights and describes come to is reported apart.
    #[serde(default)]
    pub(super) kind: Kind,
    /// Share of the arrivals, relative to the other payloads; 1 by default.
    pub(super) weight: Option<u32>,
    /// JSON; strings may hold `{{ uuid() }}`, `{{ int(1, 100) }}`, `{{ float(0, 1) }}`, `{{ choice("a", "b") }}`,
    /// `{{ seq() }}`, `{{ hex(16) }}`, `{{ now() }}`, `{{ env("NAME") }}` and `{{ data("table", "column") }}`, and whatever
    /// else minijinja knows, such as `{{ seq() % 2 }}`, `{{ uuid() | upper }}` and `{% if seq() > 9 %}late{% endif %}`.
    #[schemars(with = "Option<serde_json::Value>")]
    pub(super) json: Option<Spanned<toml::Value>>,
    /// The page's origin, such as `"https://app.example.com"` (preflight).
    #[schemars(with = "Option<String>")]
    pub(super) origin: Option<Spanned<String>>,
    /// Headers that the page wants to send; `["content-type"]` by default (preflight).
    #[schemars(with = "Option<Vec<String>>")]
    pub(super) headers: Option<Spanned<Vec<String>>>,
}

/// A condition with its terms.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    /// The condition: `"p(99)<800ms"`.
    pub(super) threshold: String,
    /// How sure a conclusion is to be, 0.95 by default.
    pub(super) confidence: Option<f64>,
    /// What it counts as when the data cannot tell; by default what the scenario says.
    pub(super) on_inconclusive: Option<Undecided>,
    /// Whether the run ends as soon as it surely fails (exit code 108).
    #[serde(default)]
    pub(super) abort_on_fail: bool,
    /// How long the run goes on in any case, rounded up to whole seconds.
    pub(super) delay_abort_eval: Option<DurationText>,
    /// In which stretches it has to hold, each by itself: `"30s"`, at least 10 s; by default in the run as a whole.
    pub(super) window: Option<DurationText>,
}

/// What a threshold counts as that the data cannot decide.
#[derive(Debug, Clone, Copy, JsonSchema)]
pub(super) struct Undecided(#[schemars(with = "UndecidedSchema")] pub(super) State);

/// The words for it, for the schema only.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "read by the schema generator only")]
enum UndecidedSchema {
    /// As one that holds.
    #[schemars(rename = "pass")]
    Pass,
    /// As one that does not.
    #[schemars(rename = "fail")]
    Fail,
    /// As what it is: the run ends with exit code 98.
    #[schemars(rename = "98")]
    ExitCode,
    /// The same.
    #[schemars(rename = "inconclusive")]
    Inconclusive,
}

impl<'de> Deserialize<'de> for Undecided {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = State;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("\"pass\", \"fail\" or \"98\"")
            }

            fn visit_str<E: de::Error>(self, word: &str) -> Result<State, E> {
                State::of_undecided(word).ok_or_else(|| E::invalid_value(de::Unexpected::Str(word), &self))
            }
        }
        deserializer.deserialize_str(Visitor).map(Self)
    }
}

/// A rule in either way of writing it.
#[derive(Debug, Deserialize)]
pub(super) struct WrittenRule(#[serde(deserialize_with = "Rule::read")] pub(super) Rule);

/// The two ways of writing a threshold, for the schema only.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "read by the schema generator only")]
enum RuleSchema {
    /// The condition alone.
    Condition(String),
    /// With its terms.
    Rule(Rule),
}

impl Rule {
    /// Reads a condition, or a table with its terms.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Rule;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a condition such as \"rate<1%\", or a table with a `threshold`")
            }

            fn visit_str<E: de::Error>(self, condition: &str) -> Result<Rule, E> {
                Ok(Rule {
                    threshold: condition.into(),
                    confidence: None,
                    on_inconclusive: None,
                    abort_on_fail: false,
                    delay_abort_eval: None,
                    window: None,
                })
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Rule, A::Error> {
                Rule::deserialize(de::value::MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// A duration such as `"30s"`, `"1m30s"` or `"500ms"`.
#[derive(Debug, Clone, Copy, JsonSchema)]
pub(super) struct DurationText(#[schemars(with = "String")] pub(super) Duration);

impl<'de> Deserialize<'de> for DurationText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(DurationVisitor(units::parse_duration)).map(Self)
    }
}

/// A duration of at least `"1ms"`.
#[derive(Debug, Clone, Copy, JsonSchema)]
pub(super) struct TimeText(#[schemars(with = "String")] pub(super) Duration);

impl<'de> Deserialize<'de> for TimeText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(DurationVisitor(units::parse_time)).map(Self)
    }
}

struct DurationVisitor(fn(&str) -> Result<Duration, Mistake>);

impl de::Visitor<'_> for DurationVisitor {
    type Value = Duration;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a duration with its unit such as \"30s\"")
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Duration, E> {
        (self.0)(value).map_err(E::custom)
    }
}

/// Arrivals per second: a number, or a text such as `"3000/m"` or `"2.5k"`.
#[derive(Debug, Clone, Copy, JsonSchema)]
pub(super) struct RateText(#[schemars(with = "RateSchema")] pub(super) f64);

/// The two ways of writing a rate, for the schema only.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "read by the schema generator only")]
enum RateSchema {
    /// Arrivals per second.
    Number(f64),
    /// With a unit.
    Text(String),
}

impl<'de> Deserialize<'de> for RateText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = f64;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a rate such as 50 or \"3000/m\"")
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<f64, E> {
                units::check_rate(value as f64).map_err(E::custom)
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<f64, E> {
                units::check_rate(value).map_err(E::custom)
            }

            fn visit_str<E: de::Error>(self, value: &str) -> Result<f64, E> {
                units::parse_rate(value).map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Visitor).map(Self)
    }
}
