//! Scenarios: the TOML format, checked, with what the command line overrides.

mod check;
mod diagnostic;
mod disclosed;
mod header;
mod labelled;
mod overrides;
mod raw;
mod trace;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest, Sha256};

pub(crate) use self::diagnostic::Diagnostic;
pub(crate) use self::disclosed::disclosed;
pub(crate) use self::header::check_header;
pub(crate) use self::overrides::Overrides;
use crate::authorization::{Auth, Secrets};
use crate::judge::{State, Threshold};
use crate::mistake::Mistake;
use crate::payload::{Content, Order, Payload, Source, Variable};
use crate::record::{Kind, Labelled, Places};
pub(crate) use crate::units::{parse_count, parse_duration, parse_rate, parse_time, show_duration};

/// A checked scenario: every default filled in.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// Seed of arrivals and payloads.
    pub seed: u64,
    /// What the load is sent to.
    pub target: Target,
    /// When requests are sent.
    pub load: Load,
    /// What judgement leaves out at the beginning.
    pub warmup: Warmup,
    /// What they carry; never empty.
    pub payloads: Vec<Payload>,
    /// What must hold, as written in the file.
    pub thresholds: Vec<Threshold>,
    /// What a threshold counts as that the data cannot decide, unless it says so itself.
    pub(crate) on_inconclusive: State,
    /// What is written in the file and may be a secret.
    pub(crate) written_secrets: Vec<String>,
}

/// What a scenario may refer to.
pub struct Outside<'a> {
    /// Reads a file, by its path as written.
    pub open: &'a dyn Fn(&str) -> std::io::Result<String>,
    /// Opens a table, by the path of its file as written.
    pub data: &'a dyn Fn(&str) -> std::io::Result<Box<dyn Source>>,
    /// Looks up an environment variable.
    pub variable: Variable,
}

/// What the load is sent to.
#[derive(Debug, Clone)]
pub struct Target {
    /// Full URL of the execute method; `None`: the embedded endpoint.
    pub(crate) url: Option<String>,
    /// What an execution's name is expected to be, where anybody has said it.
    pub(crate) names: Option<Names>,
    /// Longest wait for a whole answer, from the moment a connection takes the request.
    pub(crate) timeout: Duration,
    /// Longest wait for a connection.
    pub(crate) connect_timeout: Duration,
    /// What shows who sends the requests.
    pub(crate) auth: Auth,
    /// The region to sign for, where neither the host nor the environment tells it.
    pub(crate) region: Option<String>,
    /// The faults of the embedded endpoint, a file as `stepgate-emulator --faults` reads it.
    pub(crate) faults: Option<PathBuf>,
    /// The quotas of the embedded endpoint.
    pub(crate) quotas: EmbeddedQuotas,
    /// The template that the embedded endpoint serves; `None`: the one of `deploy/`.
    pub(crate) template: Option<PathBuf>,
    /// Who answers the template's tasks in the place of functions and services, a file as `stepgate-emulator --mocks` reads
    /// it.
    pub(crate) mocks: Option<PathBuf>,
    /// Parameters of the template, as `NAME=VALUE`.
    pub(crate) parameters: Vec<String>,
    /// Additional request headers.
    pub(crate) headers: Vec<(String, String)>,
    /// What `env()` gave for them.
    pub(crate) variables: Vec<String>,
    /// Certificates to trust in place of the platform's roots, as PEM.
    pub(crate) ca: Option<String>,
    /// Most executions that a run may start.
    pub(crate) max_executions: Option<u64>,
}

impl Default for Target {
    fn default() -> Self {
        Self {
            url: None,
            names: None,
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            auth: Auth::None,
            region: None,
            faults: None,
            quotas: EmbeddedQuotas::Off,
            template: None,
            mocks: None,
            parameters: Vec::new(),
            headers: Vec::new(),
            variables: Vec::new(),
            ca: None,
            max_executions: None,
        }
    }
}

impl Target {
    /// What an execution's name is compared with.
    #[must_use]
    pub(crate) fn names(&self) -> Names {
        self.names.unwrap_or_default()
    }
}

/// Whether the embedded endpoint throttles as AWS does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EmbeddedQuotas {
    /// It never throttles.
    #[default]
    Off,
    /// By AWS's token buckets and concurrency, as `stepgate-emulator --quotas aws`.
    Aws,
}

/// What an execution's name is expected to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Names {
    /// The `x-amzn-RequestId` of the answer.
    #[default]
    RequestId,
    /// The `Idempotency-Key` of the request: a UUID made from the seed and the arrival's number.
    Key,
    /// Whatever the service chooses: names are checked for being distinct and legal only.
    Service,
}

/// When requests are sent.
#[derive(Debug, Clone, Serialize)]
pub struct Load {
    /// The shape of the load over time.
    pub(crate) profile: Profile,
    /// How arrivals are spread around the rate.
    pub(crate) arrivals: Arrivals,
    /// Arrivals that come at once: instant and count.
    pub(crate) bursts: Vec<(Duration, u32)>,
    /// Most arrivals of the run.
    pub requests: Option<u64>,
    /// The most requests that may be in flight.
    pub(crate) max_in_flight: usize,
    /// What becomes of an arrival that finds so many in flight.
    pub(crate) on_saturation: Saturation,
    /// How long requests and embedded workflows may take to end when the load is over.
    pub(crate) graceful_stop: Duration,
}

impl Load {
    /// `rate` arrivals per second with every other setting at its default.
    #[must_use]
    pub fn constant(rate: f64, duration: Option<Duration>) -> Self {
        Self {
            profile: Profile::Constant { rate, duration },
            arrivals: Arrivals::Poisson,
            bursts: Vec::new(),
            requests: None,
            max_in_flight: 1_000,
            on_saturation: Saturation::Queue,
            graceful_stop: Duration::from_secs(30),
        }
    }
}

/// The shape of the load over time.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Profile {
    /// The same rate all the time.
    Constant {
        /// Arrivals per second.
        rate: f64,
        /// How long; `None` until `requests` have been sent.
        duration: Option<Duration>,
    },
    /// A rate that goes through stages.
    Ramping {
        /// Arrivals per second at the beginning.
        start_rate: f64,
        /// The stages, one after the other.
        stages: Vec<Stage>,
    },
    /// Recorded instants, in nanoseconds from the start, ascending.
    Trace {
        /// The instants.
        instants: Vec<u64>,
    },
    /// Clients that wait for their answers.
    Closed {
        /// How many.
        clients: usize,
        /// How long; `None` until `requests` have been sent.
        duration: Option<Duration>,
    },
}

impl Profile {
    /// How long it lasts, where it says so.
    pub(crate) fn duration(&self) -> Option<Duration> {
        match self {
            Self::Constant { duration, .. } | Self::Closed { duration, .. } => *duration,
            Self::Ramping { stages, .. } => Some(stages.iter().map(|stage| stage.duration).sum()),
            Self::Trace { .. } => None,
        }
    }
}

/// A stretch of time in which the rate goes linearly to another.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stage {
    /// Its name in reports.
    pub(crate) name: String,
    /// Arrivals per second at its end.
    pub(crate) target: f64,
    /// How long it takes.
    pub(crate) duration: Duration,
}

/// Without the name, which decides nothing that is sent.
impl Serialize for Stage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.target, self.duration).serialize(serializer)
    }
}

/// What judgement leaves out at the beginning of a run. It is sent and counted all the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Warmup {
    /// Nothing.
    #[default]
    None,
    /// What ends in so many seconds.
    Seconds(u64),
    /// What ends before the response times are steady.
    Auto,
}

impl Warmup {
    /// What ends in a time, rounded up to whole seconds.
    #[must_use]
    pub fn of(duration: Duration) -> Self {
        Self::Seconds(duration.as_secs() + u64::from(duration.subsec_nanos() > 0))
    }
}

/// How arrivals are spread around the rate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Arrivals {
    /// Independent of each other, as from many clients that know nothing of each other.
    #[default]
    Poisson,
    /// At equal distances.
    Uniform,
}

/// What becomes of an arrival that finds `max_in_flight` requests in flight.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Saturation {
    /// It waits, and its response time grows from the intended instant.
    #[default]
    Queue,
    /// It is dropped, and counts as never answered.
    Drop,
    /// The run ends (exit code 108).
    Abort,
}

impl Scenario {
    /// Reads and checks a scenario. `file` names it in errors.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn parse(file: &str, source: &str, outside: &Outside<'_>) -> Result<Self, Diagnostic> {
        check::check(file, source, outside)
    }

    /// A scenario without a file: one payload at a constant rate.
    #[must_use]
    pub fn ad_hoc(payload: Payload) -> Self {
        Self {
            name: "ad-hoc".into(),
            seed: 1,
            target: Target::default(),
            load: Load::constant(1.0, None),
            warmup: Warmup::None,
            payloads: vec![payload],
            thresholds: Vec::new(),
            on_inconclusive: State::Inconclusive,
            written_secrets: Vec::new(),
        }
    }

    /// What nobody else may see of it: what came from `env()`, what was written as a secret, and the values of headers whose
    /// names say so.
    #[must_use]
    pub(crate) fn secrets(&self) -> Secrets {
        let templates = self.payloads.iter().filter_map(|payload| payload.content.template());
        let variables: Vec<String> = templates.flat_map(crate::payload::Template::variables).collect();
        let variables = variables.iter().chain(&self.target.variables).chain(&self.written_secrets).map(String::as_str);
        Secrets::of(variables).and(&Secrets::of_headers(&self.target.headers))
    }

    /// SHA-256 of what decides arrivals and payloads (load and payloads, after overrides), but the seed.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "it cannot be")]
    pub fn digest(&self) -> [u8; 32] {
        let mut sha = Sha256::new();
        sha.update(b"stepgate scenario 1\n");
        // Plain data with text keys: serialisation has nothing that could fail.
        sha.update(serde_json::to_vec(&self.load).expect("a load has a form in JSON"));
        for payload in &self.payloads {
            sha.update(b"\n");
            sha.update(payload.weight.to_le_bytes());
            match &payload.content {
                Content::Execute(template) | Content::ExecuteSync(template) | Content::ExecuteHttp(template) => {
                    let kind = payload.content.kind();
                    if kind != Kind::Execute {
                        sha.update(kind.as_str());
                    }
                    sha.update(template.source().as_bytes());
                    template.tables().for_each(|table| table.digest(|bytes| sha.update(bytes)));
                }
                Content::Preflight { origin, headers } => {
                    let parts = ["preflight", origin.as_str()].into_iter().chain(headers.iter().map(String::as_str));
                    parts.for_each(|part| sha.update([part.as_bytes(), b"\n"].concat()));
                }
                Content::Describe => sha.update(b"describe"),
            }
        }
        sha.finalize().into()
    }

    /// What the places of its requests are called.
    #[must_use]
    pub fn places(&self) -> Places {
        let stages = match &self.load.profile {
            Profile::Ramping { stages, .. } => stages.iter().map(|stage| stage.name.clone()).collect(),
            Profile::Constant { .. } | Profile::Trace { .. } | Profile::Closed { .. } => vec!["all".into()],
        };
        let label = |payload: &Payload| Labelled { name: payload.name.clone(), kind: payload.content.kind() };
        Places { stages, payloads: self.payloads.iter().map(label).collect() }
    }

    /// Refuses a run with more arrivals than a table with `order = "unique"` has rows.
    ///
    /// # Errors
    /// Names the table, in words.
    pub(crate) fn check_rows(&self, planned: Option<u64>) -> Result<(), Mistake> {
        let arrivals = planned.or(self.load.requests);
        let templates = self.payloads.iter().filter_map(|payload| payload.content.template());
        let mut tables = templates.flat_map(crate::payload::Template::tables);
        let Some(table) = tables.find(|t| t.order == Order::Unique && arrivals.is_none_or(|n| n > t.rows())) else {
            return Ok(());
        };
        let (name, rows) = (&table.name, table.rows());
        Err(Mistake::usage(match arrivals {
            Some(arrivals) => format!(
                "the table `{name}` has {rows} rows for {arrivals} arrivals, and each is to get its own: add rows, or \
                 send at most -n {rows}"
            ),
            None => format!("the table `{name}` has {rows} rows, and a closed loop has no planned end: give -n"),
        }))
    }

    /// The JSON schema of the format, as `docs/schema/scenario.json` holds it.
    #[must_use]
    pub fn schema() -> String {
        crate::json::schema::<raw::Raw>()
    }
}
