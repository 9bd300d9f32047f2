use crate::attempt::Attempt;
use crate::call::{Call, Settled, Start, Whose};
use crate::ending::Verdict;
use crate::epoch;
use crate::error::Error;
use crate::wiring::Wiring;
use std::time::SystemTime;

/// A workflow execution that was started by this call.
#[derive(Debug, Clone, PartialEq)]
pub struct Started {
    execution_arn: String,
    name: String,
    start_date: Option<f64>,
    trace_id: Option<String>,
    expected_name: Option<String>,
    key_honoured: Option<bool>,
    deduplicated: bool,
    attempts: Vec<Attempt>,
}

impl Started {
    /// Makes the call.
    pub(crate) async fn settle(call: Call<Start>) -> Result<Self, Error> {
        let names = !matches!(call.session.wiring, Wiring::Unnamed);
        let (key, expected) = match call.purpose.whose() {
            Whose::Key(key) => (true, Some(key.to_string())),
            Whose::Name(name) => (false, Some(name.clone())),
            Whose::Id => (false, None),
        };
        let Settled { answer, attempts, .. } = call.settle().await?;
        let trace_id = answer.header("x-amzn-trace-id").map(str::to_owned);
        let execution = answer.execution.expect("a settled start names its execution");
        Ok(Self {
            trace_id,
            expected_name: expected.or(answer.request_id).filter(|_| names),
            key_honoured: key.then_some(!execution.express),
            deduplicated: answer.verdict == Verdict::Exists,
            execution_arn: execution.arn,
            name: execution.name,
            start_date: execution.start_date,
            attempts,
        })
    }

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

    /// Whether the deployment starts only one execution for the key. `None` without a key. `false` for an EXPRESS workflow, whose
    /// names are not unique. With a key the execution always has it as its name: any other is an
    /// [`ErrorKind::Mismatch`](crate::ErrorKind::Mismatch).
    #[must_use]
    pub const fn key_honoured(&self) -> Option<bool> {
        self.key_honoured
    }

    /// Whether the execution existed when the last attempt arrived: an earlier attempt, or an earlier call with the
    /// same key, had started it. `false` proves nothing: while an execution runs, Step Functions gives it back as if it
    /// were new.
    ///
    /// If the earlier call was another process's, its payload may have been another, too. Ask where that matters:
    ///
    /// ```
    /// # async fn doc(client: stepgate::Client) -> Result<(), stepgate::Error> {
    /// # let order = 17;
    /// let started = client.execute(&order).idempotency_key("order-17").await?;
    /// if started.is_deduplicated()
    ///     && let Some(execution) = client.execution(started.name()).await?
    ///     && execution.has_input(&order)? == Some(false)
    /// {
    ///     println!("order-17 was started with another input");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub const fn is_deduplicated(&self) -> bool {
        self.deduplicated
    }

    /// The earlier attempts that may have started executions of their own, beside this one: the duplicates to look
    /// for, by [`Attempt::expected_name`]. Always empty under
    /// [`Delivery::AtMostOnce`](crate::Delivery::AtMostOnce), and where the key was honoured.
    pub fn possible_duplicates(&self) -> impl Iterator<Item = &Attempt> {
        let earlier = match self.attempts.split_last() {
            Some((_, earlier)) if self.key_honoured != Some(true) => earlier,
            _ => &[],
        };
        earlier.iter().filter(|attempt| attempt.may_have_started())
    }
}
