use crate::builder::{ClientBuilder, default_clock, default_transport};
use crate::cors::Preflight;
use crate::delivery::Delivery;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::execute::Execute;
use crate::execute_sync::ExecuteSync;
use crate::executions::{Executions, FindExecution};
use crate::keys::Pins;
use crate::look_ups::LookUps;
use crate::payload;
use crate::session::{Echo, Session};
use crate::wiring::Wiring;
use http::header::HOST;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::sync::Arc;

/// Starts executions of one workflow, through the URL of its execute method.
///
/// Cheap to clone; clones share connections, credentials, the retry budget and what was learnt about the deployment. It
/// can be used from several runtimes: each has connections of its own.
#[derive(Clone)]
pub struct Client {
    session: Arc<Session>,
}

impl Client {
    /// A builder for the full URL of the execute method, such as
    /// `https://a1b2c3.execute-api.eu-west-1.amazonaws.com/prod/execute`. The URL is all that is needed.
    pub fn builder(url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(url.into())
    }

    /// Starts an execution with `payload` as its input.
    ///
    /// The payload is serialised here and now, by value or by reference; the call is sent when the returned [`Execute`]
    /// is awaited, and can be adjusted before.
    ///
    /// # Errors
    /// Awaiting it returns the [`Error`], also one about the payload.
    ///
    /// ```
    /// # use stepgate::Client;
    /// #[derive(serde::Serialize)]
    /// struct Order { id: u32 }
    ///
    /// # async fn doc(client: Client) -> Result<(), stepgate::Error> {
    /// let order = Order { id: 17 };
    /// let started = client.execute(&order).await?;
    /// println!("{} since {:?}", started.execution_arn(), started.start_date());
    /// # Ok(())
    /// # }
    /// ```
    pub fn execute<T: Serialize>(&self, payload: T) -> Execute {
        Execute::new(Arc::clone(&self.session), payload::serialize(&payload))
    }

    /// Runs an EXPRESS workflow to its end, on a deployment whose method is wired to `StartSyncExecution`, and gives
    /// its output as `O`.
    ///
    /// It reads the whole answer of `StartSyncExecution`. A method that gives out `$.output` alone, as CDK's
    /// `StepFunctionsRestApi` does by default, tells neither whether the workflow succeeded nor who speaks: such an answer is
    /// [`Unrecognized`](crate::ErrorKind::Unrecognized).
    ///
    /// An output that the method's template puts in by value is read too. By value a text that holds JSON cannot be told from
    /// Step Functions' own form, and counts as that: `"17"` is a number.
    ///
    /// API Gateway waits 29 s unless its quota was raised, and an EXPRESS workflow has no unique name: an ambiguous
    /// failure can be recognised, but the call cannot be repeated safely. So it carries no key, and a client of
    /// [`Delivery::Idempotent`] makes it at most once.
    ///
    /// # Errors
    /// As [`execute`](Self::execute); and [`WorkflowFailed`](crate::ErrorKind::WorkflowFailed),
    /// [`WorkflowTimedOut`](crate::ErrorKind::WorkflowTimedOut) although the deployment answers them with HTTP 200;
    /// [`Output`](crate::ErrorKind::Output) if the output cannot be read as `O`.
    ///
    /// ```
    /// # async fn doc(client: stepgate::Client) -> Result<(), stepgate::Error> {
    /// #[derive(serde::Deserialize)]
    /// struct Quote { cents: u64 }
    ///
    /// let completed = client.execute_sync::<Quote>("tea").await?;
    /// println!("{} cents", completed.output.cents);
    /// # Ok(())
    /// # }
    /// ```
    pub fn execute_sync<O: DeserializeOwned>(&self, payload: impl Serialize) -> ExecuteSync<O> {
        ExecuteSync::new(self.execute(payload))
    }

    /// Looks up the execution of this name (the idempotency key, or the request id) through the deployment's
    /// `GET /executions/{name}` beside the execute method, or its [`look_up_route`](ClientBuilder::look_up_route), with this
    /// client's own authorisation and query.
    ///
    /// `None` says that Step Functions does not know it *now*, which proves nothing: its answers lag behind, and the
    /// request that may have started it may still be on its way. [`within`](FindExecution::within) goes on asking for a
    /// while.
    ///
    /// The deployment has to have that route. One that takes every method on every path (`ANY /{proxy+}`) starts an execution
    /// when it is asked; the answer shows it and ends the look-up, as an error that has
    /// [`execution_arn`](Error::execution_arn) and [`may_have_started`](Error::may_have_started). So a look-up that is lost, or
    /// answered with 5xx, may have started one too, and is not repeated, until an answer has shown that the route is what it
    /// ought to be, or [`look_up_route`](ClientBuilder::look_up_route) says so.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) for what cannot be a name; [`Forbidden`](crate::ErrorKind::Forbidden) also if
    /// the deployment has no such route, which the gateway words as `Missing Authentication Token`; otherwise as for any
    /// request.
    ///
    /// ```
    /// # async fn doc(client: stepgate::Client) -> Result<(), stepgate::Error> {
    /// use std::time::Duration;
    ///
    /// let key = "order-17";
    /// match client.execute("tea").idempotency_key(key).await {
    ///     Err(error) if error.may_have_started() => {
    ///         match client.execution(key).within(Duration::from_secs(30)).await? {
    ///             Some(execution) => println!("it runs: {:?}", execution.status),
    ///             None => println!("no such execution: sending it again under the same key does no harm"),
    ///         }
    ///     }
    ///     other => println!("{other:?}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn execution(&self, name: impl Into<String>) -> FindExecution {
        FindExecution::new(Arc::clone(&self.session), name.into())
    }

    /// The Step Functions API at `url`, with the credentials of this client: `https://states.<region>.amazonaws.com/`, or
    /// another of AWS's own hosts for it, in whose region calls are signed.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) for a URL that cannot be called, or whose host does not tell the region
    /// that signatures need: see [`executions_in`](Self::executions_in). Also for AWS's own host if this client signs nothing.
    pub fn executions(&self, url: &str) -> Result<Executions, Error> {
        Executions::new(Arc::clone(&self.session), url, None)
    }

    /// The Step Functions API at a `url` whose host does not tell its region, such as an emulator's.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) for a URL that cannot be called, or whose host tells another region; for what is
    /// no region's name; for AWS's own host if this client signs nothing.
    pub fn executions_in(&self, url: &str, region: &str) -> Result<Executions, Error> {
        Executions::new(Arc::clone(&self.session), url, Some(region))
    }

    /// Asks the deployment, as a browser would, whether a page of `origin` (`https://app.example.com`) may send the
    /// requests that this client sends. The request id is left out unless it is the key: a page has no use for it.
    ///
    /// Starts nothing where the path has an `OPTIONS` method of its own. Where it takes every HTTP method (`ANY`, as CDK's
    /// `StepFunctionsRestApi` makes it) and has none, every preflight starts an execution, a browser's too. So none is sent
    /// again once it was written, and one whose answer shows a start is an error that has
    /// [`execution_arn`](Error::execution_arn).
    ///
    /// # Errors
    /// Awaiting it gives an [`Error`] for what no browser sends as an origin, and if there is no answer; a refusal is a [`Cors`](crate::cors::Cors) that says
    /// why.
    ///
    /// ```
    /// # async fn doc(client: stepgate::Client) -> Result<(), stepgate::Error> {
    /// let cors = client.preflight("https://app.example.com").await?;
    /// if let Some(violation) = cors.violation() {
    ///     println!("a browser would not send it: {violation}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn preflight(&self, origin: impl Into<String>) -> Preflight {
        Preflight::new(Arc::clone(&self.session), origin.into())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.session.fmt(formatter)
    }
}

impl ClientBuilder {
    /// The client. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Config`](crate::ErrorKind::Config) for a setting that cannot work.
    pub fn build(mut self) -> Result<Client, Error> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        self.check()?;
        let mut endpoint = Endpoint::parse(&self.url)?;
        if let Some(host) = &self.host {
            endpoint = endpoint.named(host)?;
        }
        if let Some(host) = endpoint.host_header() {
            self.headers.insert(HOST, host);
        }
        let look_ups = LookUps::new(&endpoint, self.look_up_route.as_deref())?;
        let identity = self.identity(&endpoint)?;
        let needs_runtime = self.needs_runtime || self.transport.is_none();
        let transport = match self.transport.take() {
            Some(transport) => transport,
            None => default_transport(&endpoint, &self.http.take().unwrap_or_default(), self.connect_timeout)?,
        };
        let clock = self.clock.take().map_or_else(default_clock, Ok)?;
        let session = Session {
            endpoint,
            wiring: self.wiring,
            delivery: self.delivery,
            limits: self.limits,
            identity,
            headers: self.headers,
            backoff: self.backoff,
            budget: self.budget,
            keys: self.keys,
            look_ups,
            pins: Arc::new(Pins::default()),
            request_ids: Echo::default(),
            trace_ids: Echo::default(),
            transport,
            clock,
            random: self.random,
            needs_runtime,
        };
        Ok(Client { session: Arc::new(session) })
    }

    /// Settings that each are possible, and together are not.
    fn check(&self) -> Result<(), Error> {
        if self.http.is_some() && self.transport.is_some() {
            return Err(Error::config(
                "`http` has settings of the built-in transport, which is not used beside one of your own: set them there",
            ));
        }
        match &self.wiring {
            Wiring::Unnamed if self.delivery == Delivery::Idempotent => {
                Err(Error::config("a deployment that gives no names honours no keys: choose another delivery"))
            }
            // The variant can be made without its constructor.
            Wiring::Direct { state_machine_arn } => Wiring::direct(state_machine_arn.as_str()).map(|_| ()),
            _ => Ok(()),
        }
    }
}

#[cfg(all(test, feature = "reqwest-0_13"))]
mod tests {
    #[test]
    fn a_reqwest_client_alone_is_enough_to_build_one() {
        let builder = super::Client::builder("http://127.0.0.1:9/execute").http_client(reqwest::Client::new());
        builder.build().unwrap();
    }
}
