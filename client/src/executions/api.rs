use super::action::Actions;
use super::description::described;
use super::model::{Execution, Status};
use super::pages::ListPages;
use super::poll::{Poll, is_passing};
use crate::call::Target;
use crate::clock::Deadline;
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind};
use crate::pace::Pace;
use crate::session::Session;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// The Step Functions API, for what became of executions; made by [`Client::executions`](crate::Client::executions).
///
/// Calls are spaced so that all of them together, through this value and its clones, stay under the account's quota.
/// All of them may be repeated, and are, as often as the client's other calls. Each has the client's time-out as its bound.
///
/// ```
/// # async fn doc(client: stepgate::Client) -> Result<(), stepgate::Error> {
/// use std::time::Duration;
///
/// let executions = client.executions("https://states.eu-west-1.amazonaws.com/")?;
/// let started = client.execute("tea").await?;
/// let ended = executions.wait(started.execution_arn(), Duration::from_mins(2)).await?;
/// println!("{:?}: {:?}", ended.status, ended.output);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Executions {
    actions: Actions,
}

impl Executions {
    /// Calls a second, unless told otherwise. `DescribeExecution` refills with 15 a second in the three large regions
    /// and 10 elsewhere (Step Functions quotas, "API action throttling").
    pub const RATE: f64 = 10.0;

    /// How long [`wait`](Self::wait) goes on asking for an execution that Step Functions does not know: 10 s. Right after
    /// a start it may not know it yet, for "this operation is eventually consistent. The results are best effort and may
    /// not reflect very recent updates and changes" (API reference, `DescribeExecution`).
    pub const SETTLING: Duration = Duration::from_secs(10);

    pub(crate) fn new(session: Arc<Session>, url: &str, region: Option<&str>) -> Result<Self, Error> {
        let endpoint = Endpoint::parse(url)?;
        let identity = session.identity.for_states(endpoint.uri(), region)?;
        let target = Target { uri: endpoint.uri().clone(), identity, pace: Some(pace(Self::RATE)?) };
        Ok(Self { actions: Actions { session, target } })
    }

    /// Another rate of calls a second, to be shared by this value and its later clones.
    ///
    /// # Errors
    /// [`Config`](ErrorKind::Config) unless it is a positive number.
    pub fn rate(&self, per_second: f64) -> Result<Self, Error> {
        let Actions { session, target } = self.actions.clone();
        Ok(Self { actions: Actions { session, target: Target { pace: Some(pace(per_second)?), ..target } } })
    }

    /// The execution with this ARN; `None` if Step Functions does not know it now, which right after a start proves
    /// nothing. History is kept for 90 days.
    ///
    /// # Errors
    /// As for any request. EXPRESS executions cannot be described: `InvalidArn`.
    pub async fn describe(&self, execution_arn: &str) -> Result<Option<Execution>, Error> {
        self.describe_by(execution_arn, self.actions.session.limits.timeout).await
    }

    async fn describe_by(&self, execution_arn: &str, timeout: Duration) -> Result<Option<Execution>, Error> {
        let query = json!({ "executionArn": execution_arn });
        described(self.actions.call("DescribeExecution", &query, Some(execution_arn), timeout).await)
    }

    /// Executions of a state machine, the latest first, page by page; all of them, or those in one status.
    pub fn list(&self, state_machine_arn: &str, status: Option<Status>) -> ListPages {
        let mut query = json!({ "stateMachineArn": state_machine_arn, "maxResults": 1000 });
        if let Some(status) = status {
            query["statusFilter"] = json!(status.as_str());
        }
        ListPages::new(self.actions.clone(), query)
    }

    /// Stops an execution. One that has ended already stays as it ended.
    ///
    /// # Errors
    /// As for any request; [`Error::reason`] is `ExecutionDoesNotExist` if there is none.
    pub async fn stop(&self, execution_arn: &str, error: &str, cause: &str) -> Result<(), Error> {
        let query = json!({ "executionArn": execution_arn, "error": error, "cause": cause });
        self.actions.call("StopExecution", &query, None, self.actions.session.limits.timeout).await.map(|_| ())
    }

    /// Waits until the execution has ended, asking after 0.5 s, 1 s, 2 s, … at most every 15 s. For one that Step
    /// Functions does not know, it goes on asking for [`SETTLING`](Self::SETTLING). It goes on through failures that may
    /// pass, such as 503, throttling and a lost connection.
    ///
    /// # Errors
    /// [`Timeout`](ErrorKind::Timeout) if it has not ended within `timeout`, which bounds everything, with the last
    /// question's failure as its source if there was one;
    /// [`Rejected`](ErrorKind::Rejected) if there is no such execution; otherwise as for any request. However the
    /// execution ended, that is no error.
    pub async fn wait(&self, execution_arn: &str, timeout: Duration) -> Result<Execution, Error> {
        let session = &self.actions.session;
        let clock = session.clock.as_ref();
        let deadline = Deadline::after(clock, timeout);
        let settling = Deadline::after(clock, Self::SETTLING);
        let mut poll = Poll::until(deadline);
        loop {
            let limit = deadline.left(clock).min(session.limits.timeout);
            let failure = match self.describe_by(execution_arn, limit).await {
                Ok(Some(execution)) if execution.status.is_closed() => return Ok(execution),
                Ok(None) if settling.left(clock).is_zero() => {
                    let message = "there is no such execution to wait for";
                    return Err(
                        Error::new(ErrorKind::Rejected, message).with_reason(Some("ExecutionDoesNotExist".into()))
                    );
                }
                Err(error) if !is_passing(&error) => return Err(error),
                Err(error) => Some(error),
                Ok(_) => None,
            };
            if !poll.turn(clock).await || deadline.left(clock).is_zero() {
                let ended = Error::new(ErrorKind::Timeout, "the execution has not ended in time");
                return Err(match failure {
                    Some(failure) => ended.with_attempts(failure.attempts().to_vec()).with_source(failure),
                    None => ended,
                });
            }
        }
    }
}

fn pace(per_second: f64) -> Result<Arc<Pace>, Error> {
    let refused = || Error::config(format!("{per_second} calls a second is not possible: give a positive number"));
    Pace::per_second(per_second).map(Arc::new).ok_or_else(refused)
}
