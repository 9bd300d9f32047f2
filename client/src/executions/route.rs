use super::model::Execution;
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::keys::IdempotencyKey;
use crate::wire::{self, Class};
use bytes::Bytes;

impl Client {
    /// Looks up the execution of this name (the idempotency key, or the request id) through the deployment's
    /// `GET /executions/{name}`, with this client's own authorisation. `None`: there is no such execution, so a start
    /// that "may have happened" did not happen, unless the request is still on its way.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] for what is no name; [`ErrorKind::Forbidden`] also if the deployment has no such route,
    /// which the gateway words as `Missing Authentication Token`; otherwise as for any request.
    ///
    /// ```
    /// # async fn doc(client: stepgate::Client) -> Result<(), stepgate::Error> {
    /// let key = "order-17";
    /// match client.execute("tea").idempotency_key(key).await {
    ///     Err(error) if error.may_have_started() => match client.execution(key).await? {
    ///         Some(execution) => println!("it runs: {:?}", execution.status),
    ///         None => println!("it does not"),
    ///     },
    ///     other => println!("{other:?}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn execution(&self, name: &str) -> Result<Option<Execution>, Error> {
        let name = IdempotencyKey::new(name)?;
        let shared = &self.shared;
        let mut request = http::Request::new(Bytes::new());
        *request.uri_mut() = shared.endpoint.sibling(&["executions", name.as_str()])?;
        *request.headers_mut() = shared.headers.clone();
        shared.auth.apply(&mut request, shared.clock.as_ref()).await?;
        let response = shared.send_once(request).await?;
        described(&response)
    }
}

/// `DescribeExecution`'s answer, whoever passes it on.
pub(super) fn described(response: &http::Response<Bytes>) -> Result<Option<Execution>, Error> {
    let status = response.status();
    if status.is_success()
        && let Ok(execution) = serde_json::from_slice(response.body())
    {
        return Ok(Some(execution));
    }
    match refusal(response) {
        error if error.reason() == Some("ExecutionDoesNotExist") => Ok(None),
        error => Err(error),
    }
}

/// The error in an answer that is not what was asked for. Nothing can have been started by asking.
pub(super) fn refusal(response: &http::Response<Bytes>) -> Error {
    let status = response.status().as_u16();
    let outcome = wire::classify(status, response.headers(), response.body());
    let fault = outcome.fault();
    let reason = fault.and_then(|fault| fault.reason.as_deref()).map(str::to_owned);
    let kind = match (outcome.class(), reason.as_deref()) {
        (Class::CreationFailed, Some("AccessDeniedException")) => ErrorKind::Forbidden,
        // Names that StartExecution does not have are listed nowhere; the status tells whose fault it is.
        (Class::CreationFailed | Class::AlreadyExists, _) => ErrorKind::Rejected,
        (Class::ServerError, Some(_)) if (400..500).contains(&status) => ErrorKind::Rejected,
        (class, _) => ErrorKind::of_class(class),
    };
    let name = reason.as_deref().unwrap_or("no reason given");
    Error::new(kind, format!("the execution cannot be looked up: HTTP {status}, {name}")).with_reason(reason)
}
