//! One API at work, of either kind.

use super::GatewayOptions;
use super::backend::{BackendAnswer, BackendCall, BackendReply, BackendTarget, Received};
use super::http_api::HttpGateway;
use super::rest::RestGateway;
use crate::deployment::{Api, Deployment};
use crate::http::{Arrival, Request, Response};

/// What answers an integration's calls.
pub trait Backend {
    /// Answers one action of a service: HTTP status and body.
    fn call(&self, service: &str, action: &str, body: &[u8]) -> (u16, Vec<u8>);
}

/// An API at work.
#[derive(Debug)]
pub struct Gateway(AnyGateway);

#[derive(Debug)]
enum AnyGateway {
    Rest(Box<RestGateway>),
    Http(Box<HttpGateway>),
}

impl Gateway {
    /// Serves the API of a deployment.
    #[must_use]
    pub fn new(deployment: &Deployment, options: GatewayOptions) -> Self {
        Self(match &deployment.api {
            Api::Rest(api) => AnyGateway::Rest(Box::new(RestGateway::new(api, &deployment.stack, options))),
            Api::Http(api) => AnyGateway::Http(Box::new(HttpGateway::new(api, &deployment.stack, &options))),
        })
    }

    /// Whether its paths begin at the root, which it then shares with the Step Functions API.
    #[must_use]
    pub fn is_at_root(&self) -> bool {
        matches!(&self.0, AnyGateway::Http(gateway) if gateway.is_at_root())
    }

    /// Takes a request up to the call of its backend, or to its answer where none is called.
    #[must_use]
    pub fn receive(&self, request: Request, arrival: &Arrival) -> Received {
        match &self.0 {
            AnyGateway::Rest(gateway) => gateway.receive(request, arrival),
            AnyGateway::Http(gateway) => gateway.receive(request, arrival),
        }
    }

    /// Makes the answer out of the backend's.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "a call is finished once")]
    pub fn finish(&self, call: BackendCall, reply: BackendReply) -> Response {
        match &self.0 {
            AnyGateway::Rest(gateway) => gateway.finish(&call, reply),
            AnyGateway::Http(gateway) => gateway.finish(&call, reply),
        }
    }

    /// The answer when the backend did not answer within [`BackendCall::timeout`]. What it was asked may have been done.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "a call that timed out cannot be finished as well")]
    pub fn time_out(&self, call: BackendCall) -> Response {
        match &self.0 {
            AnyGateway::Rest(gateway) => gateway.time_out(&call),
            AnyGateway::Http(gateway) => gateway.time_out(&call),
        }
    }

    /// Answers a request with a backend that answers at once; functions and web servers it has none.
    #[must_use]
    pub fn handle(&self, request: Request, arrival: &Arrival, backend: &impl Backend) -> Response {
        match self.receive(request, arrival) {
            Received::Answer(response) => response,
            Received::Call(call) => {
                let reply = if let BackendTarget::Action { service, action } = &call.target {
                    let (status, body) = backend.call(service, action, &call.body);
                    BackendAnswer::of_action(status, body).into()
                } else {
                    BackendReply::Unserved("only actions of services are answered".to_owned())
                };
                self.finish(*call, reply)
            }
        }
    }
}
