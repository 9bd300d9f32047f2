use super::Class;
use super::answer::AnswerFields;
use std::borrow::Cow;
use std::ops::Range;

/// What one answer says happened, borrowed from its bytes.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Outcome<'a> {
    /// The body has an execution ARN.
    Started(Accepted<'a>),
    /// `ExecutionAlreadyExists`: an execution of that name exists, closed or with another input. Under a name that
    /// only this caller uses, it is the caller's own.
    AlreadyExists(Fault<'a>),
    /// Step Functions refused: nothing was started, and the same request will be refused again.
    CreationFailed(Fault<'a>),
    /// Throttled by the gateway or by Step Functions: nothing was started, a later attempt may succeed.
    Throttled(Fault<'a>),
    /// The gateway's own 401 or 403: credentials, signature, API key, firewall, or an unknown path; its 500 for an
    /// authorizer that failed, before anything behind it was called; a challenge of AWS WAF's; a proxy's 407.
    Forbidden(Fault<'a>),
    /// The gateway's other 4xx: body, media type, size. Nothing was started.
    Rejected(Fault<'a>),
    /// A failure behind the URL: the execution may have been started.
    ServerError(Fault<'a>),
    /// An answer that neither the gateway nor Step Functions gives (HTML, an empty body, 2xx without an execution): it
    /// may have been started.
    Unrecognized(Fault<'a>),
}

impl<'a> Outcome<'a> {
    /// The plain tag of this outcome.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Started(_) => Class::Started,
            Self::AlreadyExists(_) => Class::AlreadyExists,
            Self::CreationFailed(_) => Class::CreationFailed,
            Self::Throttled(_) => Class::Throttled,
            Self::Forbidden(_) => Class::Forbidden,
            Self::Rejected(_) => Class::Rejected,
            Self::ServerError(_) => Class::ServerError,
            Self::Unrecognized(_) => Class::Unrecognized,
        }
    }

    /// Whether the request may have started an execution, see [`Class::may_have_started`].
    #[must_use]
    pub const fn may_have_started(&self) -> bool {
        self.class().may_have_started()
    }

    /// The fault, unless the execution was started.
    #[must_use]
    pub const fn fault(&self) -> Option<&Fault<'a>> {
        match self {
            Self::Started(_) => None,
            Self::AlreadyExists(fault)
            | Self::CreationFailed(fault)
            | Self::Throttled(fault)
            | Self::Forbidden(fault)
            | Self::Rejected(fault)
            | Self::ServerError(fault)
            | Self::Unrecognized(fault) => Some(fault),
        }
    }
}

/// A started execution.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted<'a> {
    execution_arn: Cow<'a, str>,
    /// Where the name stands in it.
    name: Range<usize>,
    start_date: Option<f64>,
    status: Option<Cow<'a, str>>,
    stop_date: Option<f64>,
}

impl<'a> Accepted<'a> {
    /// Takes an ARN that has a name in it.
    pub(super) fn new(execution_arn: Cow<'a, str>) -> Option<Self> {
        let name = name_of(&execution_arn)?;
        Some(Self { execution_arn, name, start_date: None, status: None, stop_date: None })
    }

    /// The same, with what an answer tells besides.
    pub(super) fn told(self, answer: AnswerFields<'a>) -> Self {
        let AnswerFields { start_date, status, stop_date, .. } = answer;
        Self { start_date, status, stop_date, ..self }
    }

    /// An execution that a message names.
    pub(crate) fn of_arn(execution_arn: &'a str) -> Option<Self> {
        Self::new(Cow::Borrowed(execution_arn))
    }

    /// The execution's ARN: `arn:…:execution:<machine>:<name>`, or `arn:…:express:<machine>:<name>:<id>` for an
    /// EXPRESS workflow.
    #[must_use]
    pub fn execution_arn(&self) -> &str {
        &self.execution_arn
    }

    /// The execution's name: the last segment of the ARN, the last but one for an EXPRESS workflow.
    #[must_use]
    pub fn name(&self) -> &str {
        self.execution_arn.get(self.name.clone()).unwrap_or_default()
    }

    /// When it started, in seconds since the Unix epoch with milliseconds as fraction; `None` where the deployment
    /// does not pass it on.
    #[must_use]
    pub const fn start_date(&self) -> Option<f64> {
        self.start_date
    }

    /// How far it has come, in the answers of `StartSyncExecution` (`SUCCEEDED`, `FAILED` or `TIMED_OUT`) and
    /// `DescribeExecution`; `None` in that of `StartExecution`.
    #[must_use]
    pub fn status(&self) -> Option<&str> {
        self.status.as_deref()
    }

    /// When it ended, in seconds since the Unix epoch with milliseconds as fraction; `None` where the answer does not say.
    #[must_use]
    pub const fn stop_date(&self) -> Option<f64> {
        self.stop_date
    }

    /// Whether it belongs to an EXPRESS workflow, whose names are not unique.
    #[must_use]
    pub fn is_express(&self) -> bool {
        self.execution_arn.split(':').nth(5) == Some("express")
    }
}

/// Where the name stands in `arn:partition:states:region:account:kind:machine:name[:id]`.
fn name_of(arn: &str) -> Option<Range<usize>> {
    // One pass over the bytes: a search for each colon costs more than it on segments as short as these.
    let mut colons = [0; 8];
    let mut count = 0;
    for (at, _) in arn.bytes().enumerate().filter(|(_, b)| *b == b':') {
        *colons.get_mut(count)? = at;
        count += 1;
    }
    let [arn_end, partition_end, service_end, _, account_end, kind_end, machine_end, name_end] = colons;
    if count < 7 || &arn[..arn_end] != "arn" || &arn[partition_end + 1..service_end] != "states" {
        return None;
    }
    let name = match (&arn[account_end + 1..kind_end], count) {
        ("execution", 7) => machine_end + 1..arn.len(),
        ("express", 8) => machine_end + 1..name_end,
        _ => return None,
    };
    (!name.is_empty()).then_some(name)
}

/// An answer that started nothing that we know of.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault<'a> {
    /// The error's name: of Step Functions without its namespace (`InvalidName`), of the gateway as in
    /// `x-amzn-ErrorType` (`MissingAuthenticationTokenException`).
    pub reason: Option<Cow<'a, str>>,
    /// The text for humans, as it came.
    pub message: Option<Cow<'a, str>>,
    /// Who worded the answer.
    pub speaker: Speaker,
}

/// Who worded an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Speaker {
    /// API Gateway itself; Step Functions may or may not have been reached.
    Gateway,
    /// Step Functions, through the gateway.
    StepFunctions,
    /// Something else on the way, or nothing that says who it is.
    Opaque,
}

/// `namespace#Name` and `Name:http://…` to `Name`, as the AWS SDKs read it.
pub(super) fn cut_error_type(name: Cow<'_, str>) -> Cow<'_, str> {
    match name {
        Cow::Borrowed(name) => Cow::Borrowed(bare_name(name)),
        Cow::Owned(name) => Cow::Owned(bare_name(&name).to_owned()),
    }
}

fn bare_name(name: &str) -> &str {
    let name = name.split(':').next().unwrap_or(name);
    name.rsplit_once('#').map_or(name, |(_, name)| name).trim_ascii()
}
