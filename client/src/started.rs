use crate::attempt::Attempt;
use crate::epoch;
use std::time::SystemTime;

/// A workflow execution that was started by this call.
#[derive(Debug, Clone, PartialEq)]
pub struct Started {
    pub(crate) execution_arn: String,
    pub(crate) name: String,
    pub(crate) start_date: Option<f64>,
    pub(crate) trace_id: Option<String>,
    pub(crate) expected_name: Option<String>,
    pub(crate) key_honoured: Option<bool>,
    pub(crate) deduplicated: bool,
    pub(crate) attempts: Vec<Attempt>,
}

impl Started {
    /// The execution's ARN.
    #[must_use]
    pub fn execution_arn(&self) -> &str {
        &self.execution_arn
    }

    /// The execution's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When it started, to the millisecond. `None` if the answer does not say: a deployment that does not pass it on,
    /// or an execution that an earlier attempt had started.
    #[must_use]
    pub fn start_date(&self) -> Option<SystemTime> {
        epoch::from_seconds(self.start_date?)
    }

    /// The gateway's request id, from the header `x-amzn-RequestId`.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.attempts.last().and_then(Attempt::request_id)
    }

    /// The header `X-Amzn-Trace-Id`, for X-Ray.
    #[must_use]
    pub fn trace_id(&self) -> Option<&str> {
        self.trace_id.as_deref()
    }

    /// Every attempt of the call, the last of which was answered with this execution.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }

    /// Whether the execution has the name that the deployment ought to give it: the idempotency key if one was sent,
    /// else the request id. `None` if the deployment lets Step Functions choose, or the request id is not known.
    #[must_use]
    pub fn name_as_expected(&self) -> Option<bool> {
        self.expected_name.as_deref().map(|expected| expected == self.name)
    }

    /// Whether the deployment made one execution of the key, by this answer. `None` without a key. `false` for an
    /// EXPRESS workflow, whose names are not unique.
    #[must_use]
    pub const fn key_honoured(&self) -> Option<bool> {
        self.key_honoured
    }

    /// Whether the execution existed when the last attempt arrived: an earlier attempt, or an earlier call with the
    /// same key, had started it.
    #[must_use]
    pub const fn is_deduplicated(&self) -> bool {
        self.deduplicated
    }

    /// The earlier attempts that may have started executions of their own, beside this one: the duplicates to look
    /// for, by [`Attempt::request_id`] where it is known. Always empty under
    /// [`Delivery::AtMostOnce`](crate::Delivery::AtMostOnce), and where the key was honoured.
    pub fn possible_duplicates(&self) -> impl Iterator<Item = &Attempt> {
        let earlier = match self.attempts.split_last() {
            Some((_, earlier)) if self.key_honoured != Some(true) => earlier,
            _ => &[],
        };
        earlier.iter().filter(|attempt| attempt.may_have_started())
    }
}
