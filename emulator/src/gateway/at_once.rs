//! An API whose backend answers at once: for tests and benchmarks, without a server.

use super::backend::{BackendReply, BackendTarget, Received};
use super::front::Gateway;
use crate::http::{Arrival, Request, Response};

/// What answers an integration's calls.
pub(crate) trait Backend {
    /// Answers one action of a service: HTTP status and body.
    fn call(&self, service: &str, action: &str, body: &[u8]) -> (u16, Vec<u8>);
}

impl Gateway {
    /// Answers a request with a backend that answers at once; functions and web servers it has none.
    #[must_use]
    pub(crate) fn handle(&self, request: Request, arrival: &Arrival, backend: &impl Backend) -> Response {
        match self.receive(request, arrival) {
            Received::Answer(response) => response,
            Received::Call(call) => {
                let reply = if let BackendTarget::Action { service, action } = &call.target {
                    let (status, body) = backend.call(service, action, &call.body);
                    call.answer_of_action(status, body, arrival.at).into()
                } else {
                    BackendReply::Unserved("only actions of services are answered".to_owned())
                };
                self.finish(*call, reply)
            }
        }
    }
}
