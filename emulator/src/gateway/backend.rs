//! Between a gateway and what stands behind its routes.

use std::borrow::Cow;
use std::time::Duration;

use super::exchange::Exchange;
use crate::http::Response;

/// What comes of a request.
#[derive(Debug)]
pub(crate) enum Received {
    /// Its answer.
    Answer(Response),
    /// A call of its backend.
    Call(Box<BackendCall>),
}

/// A call that an integration makes, and what is kept for the answer.
#[derive(Debug)]
pub(crate) struct BackendCall {
    /// Who is called.
    pub(crate) target: BackendTarget,
    /// The body.
    pub(crate) body: Vec<u8>,
    /// Longest wait; after it comes [`super::Gateway::time_out`].
    pub(crate) timeout: Duration,
    pub(super) exchange: Exchange,
}

/// Who is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BackendTarget {
    /// An action of an AWS service.
    Action {
        /// The service, such as `states`.
        service: String,
        /// The action, such as `StartExecution`; empty when the request names none.
        action: String,
    },
    /// A function, by its ARN or name, with the body as its event.
    Function(String),
    /// A web server.
    Web {
        /// HTTP method.
        method: String,
        /// The whole URL, query included.
        url: String,
        /// The headers, `Host` included.
        headers: Vec<(String, String)>,
    },
}

/// What comes of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BackendReply {
    /// An answer; that of a function has status 200.
    Answered(BackendAnswer),
    /// None, and why: nobody answers for it here.
    Unserved(String),
    /// None: the function has failed, or the web server cannot be reached.
    Failed,
}

/// The headers of a backend's answer.
pub(crate) type BackendHeaders = Cow<'static, [(Cow<'static, str>, Cow<'static, str>)]>;

/// An answer of a backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BackendAnswer {
    /// HTTP status.
    pub(crate) status: u16,
    /// The headers.
    pub(crate) headers: BackendHeaders,
    /// The body.
    pub(crate) body: Vec<u8>,
}

/// The one header that is known of an answer of an action.
const OF_ACTIONS: &[(Cow<'static, str>, Cow<'static, str>)] =
    &[(Cow::Borrowed("Content-Type"), Cow::Borrowed("application/x-amz-json-1.0"))];

impl BackendAnswer {
    /// The answer of an action of an AWS service.
    #[must_use]
    pub(crate) fn of_action(status: u16, body: Vec<u8>) -> Self {
        Self { status, headers: Cow::Borrowed(OF_ACTIONS), body }
    }

    /// What a function has returned.
    #[must_use]
    pub(crate) fn of_function(body: Vec<u8>) -> Self {
        Self { status: 200, headers: Cow::Borrowed(&[]), body }
    }

    /// The value of a header; of the last one where there are several.
    #[must_use]
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().rfind(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_ref())
    }
}

impl From<BackendAnswer> for BackendReply {
    fn from(answer: BackendAnswer) -> Self {
        Self::Answered(answer)
    }
}
