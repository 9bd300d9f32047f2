use crate::clock::Clock;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::secrets::Secrets;
use bytes::Bytes;
use http::header::HeaderValue;
use std::any::Any;
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::SystemTime;

pub(super) type Waiting<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// A way of showing who calls.
pub(crate) trait Identity: Debug + Send + Sync {
    /// Adds what identifies the caller; to each attempt anew, since a signature has a time.
    fn authorize<'a>(&'a self, request: &'a mut http::Request<Bytes>, clock: &'a dyn Clock) -> Waiting<'a, Receipt>;

    /// The names of the headers that [`authorize`](Self::authorize) adds.
    fn header_names<'a>(&'a self, clock: &'a dyn Clock) -> Waiting<'a, Vec<&'static str>>;

    /// The same caller to the Step Functions API at `uri`.
    fn for_states(&self, uri: &http::Uri, region: Option<&str>) -> Result<Arc<dyn Identity>, Error>;

    /// Mends what the refusal complains of. Whether that is worth another attempt, and what was mended.
    fn mend(&self, receipt: &Receipt, refusal: &Refusal<'_>) -> Option<Cause>;

    /// Notes what no error may repeat.
    fn confide(&self, receipt: &Receipt, secrets: &mut Secrets);
}

/// What a request was authorised with; known to the identity that made it, and to nobody else.
#[cfg_attr(not(feature = "sigv4"), expect(dead_code, reason = "only signatures age, and have a region"))]
#[derive(Default)]
pub(crate) struct Receipt(pub(super) Option<Box<dyn Any + Send + Sync>>);

/// What a refusal says.
#[cfg_attr(not(feature = "sigv4"), expect(dead_code, reason = "only signatures age, and have a region"))]
pub(crate) struct Refusal<'a> {
    pub(crate) reason: &'a str,
    /// The gateway's time, from the header `Date`.
    pub(crate) date: Option<SystemTime>,
    /// Our own time when it came.
    pub(crate) now: SystemTime,
}

/// A cause of refusals that can be mended, each once a call.
#[cfg_attr(not(feature = "sigv4"), expect(dead_code, reason = "only signatures age, and have a region"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    Clock,
    Credentials,
}

/// An identity that is settled once the endpoint is known.
pub(crate) trait Setup: Send {
    /// `region`: what the caller said it is. `jitter`: uniform over [0, 1).
    fn identity(self: Box<Self>, endpoint: &Endpoint, region: Region, jitter: f64) -> Result<Arc<dyn Identity>, Error>;
}

/// The region as far as the caller tells it.
#[cfg_attr(not(feature = "sigv4"), expect(dead_code, reason = "only signatures age, and have a region"))]
#[derive(Debug, Clone, Default)]
pub(crate) struct Region {
    pub(crate) explicit: Option<String>,
    /// Where nothing tells another one.
    pub(crate) fallback: Option<String>,
}

impl Region {
    /// For callers who sign nothing: what would be ignored is refused.
    pub(crate) fn unused(&self) -> Result<(), Error> {
        match &self.explicit {
            Some(_) => Err(Error::config(
                "`region` is for signatures, and this client signs nothing: give `credentials`, or leave it out",
            )),
            None => Ok(()),
        }
    }
}

/// A header value that neither logs nor HPACK tables keep.
pub(crate) fn secret(value: &str, what: &str) -> Result<HeaderValue, Error> {
    if value.trim().is_empty() {
        return Err(Error::config(format!("the {what} is empty: is the variable set that it comes from?")));
    }
    let legal = value.is_ascii().then(|| HeaderValue::try_from(value).ok()).flatten();
    let mut value =
        legal.ok_or_else(|| Error::config(format!("the {what} holds characters that a header cannot carry")))?;
    value.set_sensitive(true);
    Ok(value)
}

/// The name of a region as signatures have it, such as `eu-west-1`.
#[cfg(feature = "sigv4")]
pub(crate) fn region(name: &str, what: &str) -> Result<String, Error> {
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.is_empty() || !name.bytes().all(legal) {
        return Err(Error::config(format!(
            "{what} `{}` is not the name of a region: give one such as `eu-west-1`",
            name.escape_debug()
        )));
    }
    Ok(name.to_owned())
}
