use super::model::{Execution, Status};
use super::pace::Pace;
use super::route::{described, refusal};
use crate::auth::Auth;
use crate::client::{Client, Shared};
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind};
use crate::retry::Pause;
use crate::transport::DynTransport;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// The Step Functions API, for what became of executions; made by [`Client::executions`].
///
/// Calls are spaced so that all of them together, through this value and its clones, stay under the account's quota.
/// All of them may be repeated, and are, three times after a passing failure.
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
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    transport: Arc<dyn DynTransport>,
    endpoint: Endpoint,
    auth: Auth,
    pace: Pace,
}

impl Client {
    /// The Step Functions API at `url`, `https://states.<region>.amazonaws.com/` or that of the emulator, with the
    /// credentials of this client.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for a URL that cannot be called, or whose region is not known.
    pub fn executions(&self, url: &str) -> Result<Executions, Error> {
        let endpoint = Endpoint::parse(url)?;
        let auth = self.shared.auth.for_states(endpoint.uri());
        let transport = self.shared.transport_for(&endpoint)?;
        let shared = Arc::clone(&self.shared);
        let inner = Inner { shared, transport, endpoint, auth, pace: Executions::pace(Executions::RATE)? };
        Ok(Executions { inner: Arc::new(inner) })
    }
}

impl Executions {
    /// Calls a second, unless told otherwise. `DescribeExecution` refills with 15 a second in the three large regions
    /// and 10 elsewhere (Step Functions quotas, "API action throttling").
    pub const RATE: f64 = 10.0;

    fn pace(per_second: f64) -> Result<Pace, Error> {
        let refused = || Error::config(format!("{per_second} calls a second is no rate: give a positive number"));
        Pace::per_second(per_second).ok_or_else(refused)
    }

    /// Another rate of calls a second, to be shared by this value and its later clones.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for what is no positive number.
    pub fn rate(&self, per_second: f64) -> Result<Self, Error> {
        let Inner { shared, transport, endpoint, auth, .. } = &*self.inner;
        let inner = Inner {
            shared: Arc::clone(shared),
            transport: Arc::clone(transport),
            endpoint: endpoint.clone(),
            auth: auth.clone(),
            pace: Self::pace(per_second)?,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The execution with this ARN; `None` if there is none. History is kept for 90 days.
    ///
    /// # Errors
    /// As for any request. EXPRESS executions cannot be described: `InvalidArn`.
    pub async fn describe(&self, execution_arn: &str) -> Result<Option<Execution>, Error> {
        described(&self.call("DescribeExecution", &json!({ "executionArn": execution_arn })).await?)
    }

    /// Executions of a state machine, the latest first, page by page; all of them, or those in one status.
    pub fn list(&self, state_machine_arn: &str, status: Option<Status>) -> ListPages {
        let mut query = json!({ "stateMachineArn": state_machine_arn, "maxResults": 1000 });
        if let Some(status) = status {
            query["statusFilter"] = json!(status.as_str());
        }
        ListPages { executions: self.clone(), query, ended: false }
    }

    /// Stops an execution. One that has ended already stays as it ended.
    ///
    /// # Errors
    /// As for any request; [`Error::reason`] is `ExecutionDoesNotExist` if there is none.
    pub async fn stop(&self, execution_arn: &str, error: &str, cause: &str) -> Result<(), Error> {
        let query = json!({ "executionArn": execution_arn, "error": error, "cause": cause });
        let response = self.call("StopExecution", &query).await?;
        if response.status().is_success() { Ok(()) } else { Err(refusal(&response)) }
    }

    /// Waits until the execution has ended, asking after 0.5 s, 1 s, 2 s, … at most every 15 s.
    ///
    /// # Errors
    /// [`ErrorKind::Timeout`] if it has not ended within `timeout`; [`ErrorKind::Rejected`] if there is no such
    /// execution; otherwise as for any request. However the execution ended, that is no error.
    pub async fn wait(&self, execution_arn: &str, timeout: Duration) -> Result<Execution, Error> {
        let clock = &self.inner.shared.clock;
        let start = clock.elapsed();
        let mut pause = Duration::from_millis(500);
        loop {
            let Some(execution) = self.describe(execution_arn).await? else {
                let message = "there is no such execution to wait for";
                return Err(Error::new(ErrorKind::Rejected, message).with_reason(Some("ExecutionDoesNotExist".into())));
            };
            if execution.status.is_closed() {
                return Ok(execution);
            }
            let left = timeout.saturating_sub(clock.elapsed().saturating_sub(start));
            if left.is_zero() {
                return Err(Error::new(ErrorKind::Timeout, "the execution has not ended in time"));
            }
            clock.sleep(pause.min(left)).await;
            pause = (pause * 2).min(Duration::from_secs(15));
        }
    }

    /// One action, repeated after a passing failure.
    async fn call(&self, action: &str, query: &Value) -> Result<http::Response<Bytes>, Error> {
        const ATTEMPTS: u32 = 4;
        let Inner { shared, transport, pace, .. } = &*self.inner;
        let mut attempt = 1;
        loop {
            pace.turn(shared.clock.as_ref()).await;
            let outcome = shared.send_once_by(transport.as_ref(), self.request(action, query).await?).await;
            let pause = match &outcome {
                Ok(response) => match refusal(response).kind() {
                    _ if response.status().is_success() => return outcome,
                    ErrorKind::Throttled => Pause::Long,
                    ErrorKind::Server => Pause::Short,
                    _ => return outcome,
                },
                Err(_) => Pause::Short,
            };
            if attempt == ATTEMPTS {
                return outcome;
            }
            shared.clock.sleep(shared.backoff.wait(pause, attempt, shared.random.unit(), None)).await;
            attempt += 1;
        }
    }

    async fn request(&self, action: &str, query: &Value) -> Result<http::Request<Bytes>, Error> {
        let Inner { shared, endpoint, auth, .. } = &*self.inner;
        let target = HeaderValue::try_from(format!("AWSStepFunctions.{action}"))
            .map_err(|source| Error::config("the action is no header value").with_source(source))?;
        let mut request = http::Request::new(Bytes::from(query.to_string()));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = endpoint.uri().clone();
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.0"));
        request.headers_mut().insert(HeaderName::from_static("x-amz-target"), target);
        auth.apply(&mut request, shared.clock.as_ref()).await?;
        Ok(request)
    }
}

/// The pages of a list; made by [`Executions::list`].
///
/// ```
/// # async fn doc(executions: stepgate::Executions, machine: &str) -> Result<(), stepgate::Error> {
/// use stepgate::Status;
///
/// let mut pages = executions.list(machine, Some(Status::Running));
/// while let Some(page) = pages.next().await? {
///     for execution in page {
///         println!("{} since {:?}", execution.name, execution.start_date);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing is asked for until `next`"]
pub struct ListPages {
    executions: Executions,
    query: Value,
    ended: bool,
}

impl ListPages {
    /// The next page, of up to 1,000 rows; `None` after the last. A page may be empty though more follow.
    ///
    /// # Errors
    /// As for any request. The same page can then be asked for again.
    pub async fn next(&mut self) -> Result<Option<Vec<Execution>>, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Page {
            executions: Vec<Execution>,
            next_token: Option<String>,
        }
        if self.ended {
            return Ok(None);
        }
        let response = self.executions.call("ListExecutions", &self.query).await?;
        if !response.status().is_success() {
            return Err(refusal(&response));
        }
        let page: Page = serde_json::from_slice(response.body())
            .map_err(|source| Error::new(ErrorKind::Unrecognized, "the answer is no list").with_source(source))?;
        match page.next_token {
            Some(token) => self.query["nextToken"] = Value::String(token),
            None => self.ended = true,
        }
        Ok(Some(page.executions))
    }
}
