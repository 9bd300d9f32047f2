use crate::wire::Class;
use std::fmt;

/// What went wrong, and what to do about it.
///
/// Whether a workflow may have been started is a question of its own:
/// [`Error::may_have_started`](super::Error::may_have_started).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client or the call is set up wrongly: URL, header, key, a feature that is not compiled in.
    ///
    /// *What to do:* mend the code or the setting that the message names. Nothing was sent.
    Config,
    /// The payload cannot be delivered: it does not serialise, holds NaN or an infinity, is larger than 262,144 bytes
    /// (the quota of Step Functions), or holds what the declared deployment cannot pass on.
    ///
    /// *What to do:* change the payload; for a large one, store it and send a reference. Nothing was sent.
    Payload,
    /// The idempotency key was used with another payload.
    ///
    /// *What to do:* derive the key from what makes the call unique. Nothing was sent.
    KeyReused,
    /// No credentials were available, or signing failed.
    ///
    /// *What to do:* look at the source: profile, role and expiry of the provider.
    Credentials,
    /// No connection: name lookup, TCP or TLS. The request was not written.
    ///
    /// *What to do:* check the URL and the network. It was tried again as often as the call allows.
    Connect,
    /// The server refused the request without processing it (HTTP/2: `REFUSED_STREAM`, `GOAWAY`; RFC 9113 §8.7. TLS 1.3
    /// over HTTP/1.1: the client certificate, or that there is none). Nothing was started.
    ///
    /// *What to do:* look at the source: give a certificate that it takes, or try again later. It was tried once more, on
    /// another connection.
    Refused,
    /// The connection broke after the request began to be written. The workflow may have been started.
    ///
    /// *What to do:* look the execution up by [`Attempt::expected_name`](crate::Attempt::expected_name) before calling again;
    /// or call again under [`Error::key`](super::Error::key), if there is one and the deployment honours keys.
    Interrupted,
    /// Time was up: the attempt's, or the whole call's. [`Error::phase`](super::Error::phase) says where.
    ///
    /// *What to do:* if it may have started, as for [`Interrupted`](Self::Interrupted); otherwise allow more time.
    Timeout,
    /// The answer is another request's, or the execution that it names is not named after the key: the connection was out
    /// of step, or the deployment does not honour keys. [`Error::execution_arn`](super::Error::execution_arn) is the
    /// execution that it names, whoever started it. This call's workflow may have been started.
    ///
    /// *What to do:* look the execution up by key or name. If it happens to every call with a key, the deployment does not
    /// honour keys: call without.
    Mismatch,
    /// An execution of that name exists already, and this call cannot tell whose it is.
    ///
    /// *What to do:* look the execution up.
    AlreadyExists,
    /// Step Functions refused to start the execution; [`Error::reason`](super::Error::reason) has the error's name
    /// (`InvalidName`, `StateMachineDoesNotExist`, `ExecutionLimitExceeded`, …). One kind, whether the deployment says
    /// so with HTTP 403 and `CREATION_FAILED`, or with HTTP 200 and `__type`.
    ///
    /// *What to do:* mend what the reason names, in the payload or in the deployment.
    CreationFailed,
    /// Throttled by the gateway or by Step Functions until attempts, time or retry budget ran out; or the usage plan's
    /// quota is used up.
    ///
    /// *What to do:* call less often, or have the quota raised (`StartExecution`: 300 a second in the large regions,
    /// 150 elsewhere). Nothing was started by the throttled attempts.
    Throttled,
    /// The caller was refused: no or wrong credentials, an expired token, signature, API key, a firewall, or a path that
    /// does not exist (which the gateway words as `Missing Authentication Token`).
    ///
    /// *What to do:* check the URL with its stage, `execute-api:Invoke` on the method, the key, and the clock.
    Forbidden,
    /// The gateway refused the request: body, media type or size.
    ///
    /// *What to do:* see the message. Sending the same again cannot help.
    Rejected,
    /// The gateway, Step Functions or something between failed (500, 502, 503, 504, an unknown error name). The
    /// workflow may have been started: the gateway's time-out of 29 s strikes after the start.
    ///
    /// *What to do:* as for [`Interrupted`](Self::Interrupted).
    Server,
    /// A synchronous execution ran and failed; [`Error::reason`](super::Error::reason) and
    /// [`Error::cause`](super::Error::cause) are the workflow's own.
    ///
    /// *What to do:* mend the workflow or its input. It ran: calling again runs it again.
    WorkflowFailed,
    /// A synchronous execution ran and exceeded its own time limit.
    ///
    /// *What to do:* as for [`WorkflowFailed`](Self::WorkflowFailed).
    WorkflowTimedOut,
    /// A synchronous execution succeeded, and its output is not of the type that was asked for.
    ///
    /// *What to do:* compare the type with the workflow's output. It ran.
    Output,
    /// An answer that neither the gateway nor Step Functions gives: HTML, an empty body, a redirect, a success without an
    /// execution, more than 4 MiB, or an encoding that was not asked for. The workflow may have been started. Also a look-up or
    /// preflight whose answer shows that it started an execution.
    ///
    /// *What to do:* check that the URL is that of the execute method, and whether something between here and there changes answers.
    Unrecognized,
}

impl ErrorKind {
    /// The name in `snake_case`, as spans and metrics write it in `error.type`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Payload => "payload",
            Self::KeyReused => "key_reused",
            Self::Credentials => "credentials",
            Self::Connect => "connect",
            Self::Refused => "refused",
            Self::Interrupted => "interrupted",
            Self::Timeout => "timeout",
            Self::Mismatch => "mismatch",
            Self::AlreadyExists => "already_exists",
            Self::CreationFailed => "creation_failed",
            Self::Throttled => "throttled",
            Self::Forbidden => "forbidden",
            Self::Rejected => "rejected",
            Self::Server => "server",
            Self::WorkflowFailed => "workflow_failed",
            Self::WorkflowTimedOut => "workflow_timed_out",
            Self::Output => "output",
            Self::Unrecognized => "unrecognized",
        }
    }

    pub(crate) const fn of_class(class: Class) -> Self {
        match class {
            Class::AlreadyExists => Self::AlreadyExists,
            Class::CreationFailed => Self::CreationFailed,
            Class::Throttled => Self::Throttled,
            Class::Forbidden => Self::Forbidden,
            Class::Rejected => Self::Rejected,
            Class::ServerError => Self::Server,
            Class::Started | Class::Unrecognized => Self::Unrecognized,
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}
