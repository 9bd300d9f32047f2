use super::fetch::{Credentials, Violation, check_answer, check_preflight};
use crate::client::Client;
use crate::delivery::Delivery;
use crate::error::{Error, ErrorKind};
use bytes::Bytes;
use http::header::{ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderValue, ORIGIN};
use http::{HeaderMap, Method};
use std::future::{Future, IntoFuture};
use std::pin::Pin;

/// A preflight that is ready to be awaited; made by [`Client::preflight`].
#[must_use = "nothing is sent until this is awaited"]
#[derive(Debug)]
pub struct Preflight {
    client: Client,
    origin: String,
    credentials: Credentials,
    error_answer: bool,
}

/// What a browser would conclude.
#[derive(Debug, Clone)]
pub struct Cors {
    origin: String,
    credentials: Credentials,
    status: u16,
    request_headers: Vec<String>,
    headers: HeaderMap,
    verdict: Result<(), Violation>,
    error_answer: Option<Result<(), Violation>>,
}

impl Client {
    /// Asks the deployment, as a browser would, whether a page of `origin` (`https://app.example.com`) may send the
    /// requests that this client sends. Starts nothing.
    ///
    /// # Errors
    /// Awaiting it gives an [`Error`] only if there is no answer; a refusal is a [`Cors`] that says why.
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
        Preflight { client: self.clone(), origin: origin.into(), credentials: Credentials::Omit, error_answer: false }
    }

    /// The names of the headers that a page would need permission for, in the order that a browser lists them.
    fn unsafe_header_names(&self) -> Vec<String> {
        let shared = &self.shared;
        let mut names: Vec<String> = shared.headers.keys().map(ToString::to_string).collect();
        // What browsers set themselves, or let any page set.
        names.retain(|name| !matches!(name.as_str(), "user-agent" | "accept" | "accept-language" | "content-language"));
        names.push("content-type".to_owned());
        names.extend(shared.auth.header_names().map(str::to_owned));
        if shared.defaults.delivery == Delivery::Idempotent {
            names.extend(["idempotency-key".to_owned(), "x-amzn-requestid".to_owned()]);
        }
        names.sort();
        names.dedup();
        names
    }
}

impl Preflight {
    /// Whether the page's request carries cookies or HTTP authentication. Default: it does not.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = credentials;
        self
    }

    /// Also looks at an answer of the gateway's own, which carries no CORS headers unless the deployment adds them: a
    /// script then sees "CORS error" in the place of a 403 or 429. It is provoked by `GET` on the execute method, which
    /// starts nothing.
    pub fn with_error_answer(mut self) -> Self {
        self.error_answer = true;
        self
    }

    async fn run(self) -> Result<Cors, Error> {
        let origin = HeaderValue::from_str(&self.origin)
            .map_err(|_| Error::config("the origin is no header value: give one such as https://app.example.com"))?;
        let shared = &self.client.shared;
        let request_headers = self.client.unsafe_header_names();
        let uri = shared.endpoint.uri();
        let mut request = http::Request::new(Bytes::new());
        *request.method_mut() = Method::OPTIONS;
        *request.uri_mut() = uri.clone();
        request.headers_mut().insert(ORIGIN, origin.clone());
        request.headers_mut().insert(ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("POST"));
        if let Ok(names) = HeaderValue::from_str(&request_headers.join(",")) {
            request.headers_mut().insert(ACCESS_CONTROL_REQUEST_HEADERS, names);
        }
        let answer = shared.send_once(request).await?;
        let status = answer.status().as_u16();
        let verdict =
            check_preflight(&self.origin, self.credentials, "POST", &request_headers, status, answer.headers());
        let mut error_answer = None;
        if self.error_answer {
            let mut request = http::Request::new(Bytes::new());
            *request.uri_mut() = uri.clone();
            request.headers_mut().insert(ORIGIN, origin);
            let answer = shared.send_once(request).await?;
            if answer.status().is_success() {
                let message = "GET on the execute method succeeded, so there is no error answer to look at";
                return Err(Error::new(ErrorKind::Unrecognized, message));
            }
            error_answer = Some(check_answer(&self.origin, self.credentials, answer.headers()));
        }
        Ok(Cors {
            origin: self.origin,
            credentials: self.credentials,
            status,
            request_headers,
            headers: answer.headers().clone(),
            verdict,
            error_answer,
        })
    }
}

impl IntoFuture for Preflight {
    type Output = Result<Cors, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl Cors {
    /// Whether the browser would send the request.
    #[must_use]
    pub const fn is_allowed(&self) -> bool {
        self.verdict.is_ok()
    }

    /// The rule that stops it.
    #[must_use]
    pub fn violation(&self) -> Option<&Violation> {
        self.verdict.as_ref().err()
    }

    /// Whether a script could read an error answer of the gateway; `None` unless
    /// [`with_error_answer`](Preflight::with_error_answer) asked.
    #[must_use]
    pub fn error_answer(&self) -> Option<Result<(), &Violation>> {
        self.error_answer.as_ref().map(|verdict| verdict.as_ref().copied())
    }

    /// The HTTP status of the preflight.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The origin that was asked for.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether the request was judged with credentials.
    #[must_use]
    pub const fn credentials(&self) -> Credentials {
        self.credentials
    }

    /// The names of the headers that were asked for, in lower case: those of this client's requests.
    #[must_use]
    pub fn request_headers(&self) -> &[String] {
        &self.request_headers
    }

    /// For how long a browser may keep the verdict, in seconds; 5 if the answer does not say. Browsers cap it at 2 to
    /// 24 hours.
    #[must_use]
    pub fn max_age(&self) -> u64 {
        let value = self.headers.get("access-control-max-age").and_then(|value| value.to_str().ok());
        value.and_then(|value| value.trim().parse().ok()).unwrap_or(5)
    }
}
