//! Between a gateway and what stands behind its routes.

use std::borrow::Cow;
use std::time::Duration;

use super::exchange::Exchange;
use crate::http::{Response, date, request_id};

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

impl BackendCall {
    /// The answer of an action of an AWS service, which comes `at` this time since the Unix epoch.
    #[must_use]
    pub(crate) fn answer_of_action(&self, status: u16, body: Vec<u8>, at: Duration) -> BackendAnswer {
        let action = Some(ActionAnswer { seed: self.exchange.backend_seed, at });
        BackendAnswer { status, headers: Cow::Borrowed(OF_ACTIONS), body, action }
    }
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
    /// That it is the answer of an action.
    action: Option<ActionAnswer>,
}

/// What the further headers of an action's answer are made of when a mapping asks for one: few do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ActionAnswer {
    seed: [u8; 16],
    at: Duration,
}

impl ActionAnswer {
    /// As recorded of `StartExecution`.
    fn header(&self, name: &str, length: usize) -> Option<String> {
        match name.to_ascii_lowercase().as_str() {
            "x-amzn-requestid" => Some(request_id(self.seed)),
            "date" => Some(date(self.at)),
            "content-length" => Some(length.to_string()),
            "connection" => Some("keep-alive".to_owned()),
            _ => None,
        }
    }
}

/// The header of an action's answer that an HTTP API passes on.
const OF_ACTIONS: &[(Cow<'static, str>, Cow<'static, str>)] =
    &[(Cow::Borrowed("Content-Type"), Cow::Borrowed("application/x-amz-json-1.0"))];

impl BackendAnswer {
    /// An answer with headers of its own.
    #[must_use]
    pub(crate) fn new(status: u16, headers: BackendHeaders, body: Vec<u8>) -> Self {
        Self { status, headers, body, action: None }
    }

    /// What a function has returned.
    #[must_use]
    pub(crate) fn of_function(body: Vec<u8>) -> Self {
        Self::new(200, Cow::Borrowed(&[]), body)
    }

    /// The same with other headers for the caller; mappings still find those of an action.
    #[must_use]
    pub(crate) fn with_headers(self, headers: BackendHeaders) -> Self {
        Self { headers, ..self }
    }

    /// The value of a header; of the last one where there are several.
    #[must_use]
    pub(crate) fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        let listed = self.headers.iter().rfind(|(known, _)| known.eq_ignore_ascii_case(name));
        let listed = listed.map(|(_, value)| Cow::Borrowed(value.as_ref()));
        listed.or_else(|| self.action.as_ref()?.header(name, self.body.len()).map(Cow::Owned))
    }
}

impl From<BackendAnswer> for BackendReply {
    fn from(answer: BackendAnswer) -> Self {
        Self::Answered(answer)
    }
}
