use super::fetch::{CredentialsMode, Violation, check_answer, check_preflight, is_forbidden_header};
use crate::auth::Anonymous;
use crate::call::{Call, Page, Settled, Target};
use crate::clock::{Deadline, within};
use crate::delivery::Delivery;
use crate::error::{Error, ErrorKind};
use crate::random::Random;
use crate::session::{Limits, Session};
use bytes::Bytes;
use http::header::{ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderValue, ORIGIN};
use http::{HeaderMap, Method};
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// A preflight that is ready to be awaited; made by [`Client::preflight`](crate::Client::preflight).
#[must_use = "nothing is sent until this is awaited"]
#[derive(Debug)]
pub struct Preflight {
    session: Arc<Session>,
    origin: String,
    credentials: CredentialsMode,
    error_answer: bool,
    timeout: Duration,
}

/// What a browser would conclude.
#[derive(Debug, Clone)]
pub struct Cors {
    origin: String,
    credentials: CredentialsMode,
    status: u16,
    request_headers: Vec<String>,
    dropped_headers: Vec<String>,
    headers: HeaderMap,
    verdict: Result<(), Violation>,
    error_answer: Option<Result<(), Violation>>,
}

impl Preflight {
    pub(crate) fn new(session: Arc<Session>, origin: String) -> Self {
        let timeout = session.limits.timeout;
        Self { session, origin, credentials: CredentialsMode::Omit, error_answer: false, timeout }
    }

    /// Whether the page's request carries cookies or HTTP authentication. Default: it does not.
    pub fn credentials(mut self, credentials: CredentialsMode) -> Self {
        self.credentials = credentials;
        self
    }

    /// Also looks at an answer of the gateway's own, which carries no CORS headers unless the deployment adds them: a
    /// script then sees "CORS error" in place of a 403 or 429. It is provoked by `GET` on a path below the execute method's
    /// that nobody has: the gateway answers that no such method exists. Only a deployment that takes every method on every
    /// path (`ANY /{proxy+}`) could start an execution by it; the call then fails and says so.
    pub fn with_error_answer(mut self) -> Self {
        self.error_answer = true;
        self
    }

    /// The bound of this call, credentials included. Default: the client's.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    async fn run(self) -> Result<Cors, Error> {
        self.session.check_runtime()?;
        let clock = Arc::clone(&self.session.clock);
        let deadline = Deadline::after(clock.as_ref(), self.timeout);
        let origin = origin(&self.origin)?;
        let names = self.unsafe_header_names();
        let names = within(clock.as_ref(), self.timeout, names).await;
        let names =
            names.ok_or_else(|| Error::new(ErrorKind::Timeout, "time was up while waiting for credentials"))??;
        let (dropped_headers, request_headers): (Vec<_>, Vec<_>) =
            names.into_iter().partition(|name| is_forbidden_header(name));
        let mut headers = HeaderMap::new();
        headers.insert(ORIGIN, origin);
        let mut error_answer = None;
        let mut asking = headers.clone();
        asking.insert(ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("POST"));
        let list = HeaderValue::from_str(&request_headers.join(",")).expect("names of headers are visible ASCII");
        asking.insert(ACCESS_CONTROL_REQUEST_HEADERS, list);
        let execute = self.session.endpoint.uri().clone();
        let answer = self.ask(Method::OPTIONS, execute, asking, deadline.left(clock.as_ref())).await?.answer;
        let verdict =
            check_preflight(&self.origin, self.credentials, "POST", &request_headers, answer.status, &answer.headers);
        if self.error_answer {
            let nobodys = self.session.endpoint.child(&Random::id())?;
            let settled = self.ask(Method::GET, nobodys, headers, deadline.left(clock.as_ref())).await?;
            if (200..300).contains(&settled.answer.status) {
                let message = "GET below the execute method succeeded, so there is no error answer to look at";
                return Err(settled.error(ErrorKind::Unrecognized, message));
            }
            error_answer = Some(check_answer(&self.origin, self.credentials, &settled.answer.headers));
        }
        Ok(Cors {
            origin: self.origin,
            credentials: self.credentials,
            status: answer.status,
            request_headers,
            dropped_headers,
            headers: answer.headers,
            verdict,
            error_answer,
        })
    }

    /// One request as a browser sends it: without what identifies the caller. Any answer will do.
    async fn ask(
        &self,
        method: Method,
        uri: http::Uri,
        headers: HeaderMap,
        timeout: Duration,
    ) -> Result<Settled, Error> {
        let session = Arc::clone(&self.session);
        let target = Target { uri, identity: Arc::new(Anonymous), pace: None };
        let limits = Limits { timeout, ..session.limits };
        Call { session, target, method, headers, body: Bytes::new(), limits, purpose: Page }.settle().await
    }

    /// The names of the headers that a page would need permission for, in the order that a browser lists them.
    async fn unsafe_header_names(&self) -> Result<Vec<String>, Error> {
        let session = &self.session;
        let mut names: Vec<String> = session.headers.keys().map(ToString::to_string).collect();
        // What browsers set themselves, or let any page set.
        names.retain(|name| !matches!(name.as_str(), "user-agent" | "accept" | "accept-language" | "content-language"));
        names.push("content-type".to_owned());
        let identifying = session.identity.header_names(session.clock.as_ref()).await?;
        names.extend(identifying.into_iter().map(str::to_owned));
        if session.delivery == Delivery::Idempotent {
            names.extend(["idempotency-key".to_owned(), "x-amzn-requestid".to_owned()]);
        }
        names.sort();
        names.dedup();
        Ok(names)
    }
}

/// An origin as a browser writes it: scheme, host and a port that is not the scheme's own; or `null`.
fn origin(text: &str) -> Result<HeaderValue, Error> {
    let is_origin = |url: Url| match url.origin() {
        origin @ url::Origin::Tuple(..) => origin.ascii_serialization() == text,
        // Of a scheme that the URL standard does not know, as a browser's extensions have.
        url::Origin::Opaque(_) => url.has_host() && url.path().is_empty() && url.as_str() == text,
    };
    let value = HeaderValue::from_str(text).ok();
    value.filter(|_| text == "null" || Url::parse(text).is_ok_and(is_origin)).ok_or_else(|| {
        Error::config(format!(
            "`{}` is not an origin as browsers write it: give one such as https://app.example.com, without a path",
            text.escape_debug()
        ))
    })
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
    pub const fn credentials(&self) -> CredentialsMode {
        self.credentials
    }

    /// The names of the headers that were asked for, in lower case: those of this client's requests that a page
    /// may set.
    #[must_use]
    pub fn request_headers(&self) -> &[String] {
        &self.request_headers
    }

    /// Headers of this client's requests that no page can set, in lower case, such as `cookie` and `origin`. A browser drops
    /// them without a word, so a page's request goes out without them, and it is judged so.
    #[must_use]
    pub fn dropped_headers(&self) -> &[String] {
        &self.dropped_headers
    }

    /// For how long a browser may keep the verdict, in seconds; 5 if the answer does not say. Browsers cap it at 2 to
    /// 24 hours.
    #[must_use]
    pub fn max_age(&self) -> u64 {
        let value = self.headers.get("access-control-max-age").and_then(|value| value.to_str().ok());
        value.and_then(|value| value.trim().parse().ok()).unwrap_or(5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_browser_sends_is_an_origin() {
        for legal in
            ["https://app.example.com", "http://localhost:3000", "http://[::1]:8080", "null", "app-extension://abcdef"]
        {
            assert_eq!(origin(legal).unwrap(), legal);
        }
        for other in [
            "",
            "*",
            "localhost:3000",
            "app.example.com",
            "http://localhost:3000/",
            "http://localhost/path",
            "http://ü",
            "https://app.example.com:443",
            "HTTPS://app.example.com",
            "https://a@app.example.com",
            "null\r\n",
            "https://a?b",
        ] {
            assert_eq!(origin(other).unwrap_err().kind(), ErrorKind::Config, "{other}");
        }
    }
}
