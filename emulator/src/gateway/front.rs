//! One API at work, of either kind.

use super::GatewayOptions;
use super::backend::{BackendCall, BackendReply, Received};
use super::http_api::HttpGateway;
use super::rest::RestGateway;
use crate::deployment::{Api, Deployment};
use crate::http::{Arrival, Request, Response};

/// An API at work.
#[derive(Debug)]
pub(crate) struct Gateway(AnyGateway);

#[derive(Debug)]
enum AnyGateway {
    Rest(Box<RestGateway>),
    Http(Box<HttpGateway>),
}

impl Gateway {
    /// Serves the API of a deployment.
    #[must_use]
    pub(crate) fn new(deployment: &Deployment, options: GatewayOptions) -> Self {
        Self(match &deployment.api {
            Api::Rest(api) => AnyGateway::Rest(Box::new(RestGateway::new(api, &deployment.stack, options))),
            Api::Http(api) => AnyGateway::Http(Box::new(HttpGateway::new(api, &deployment.stack, &options))),
        })
    }

    /// Whether its paths begin at the root, which it then shares with the Step Functions API.
    #[must_use]
    pub(crate) fn is_at_root(&self) -> bool {
        matches!(&self.0, AnyGateway::Http(gateway) if gateway.is_at_root())
    }

    /// Takes a request up to the call of its backend, or to its answer where none is called.
    #[must_use]
    pub(crate) fn receive(&self, request: Request, arrival: &Arrival) -> Received {
        match &self.0 {
            AnyGateway::Rest(gateway) => gateway.receive(request, arrival),
            AnyGateway::Http(gateway) => gateway.receive(request, arrival),
        }
    }

    /// Makes the answer out of the backend's.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "a call is finished once")]
    pub(crate) fn finish(&self, call: BackendCall, reply: BackendReply) -> Response {
        match &self.0 {
            AnyGateway::Rest(gateway) => gateway.finish(&call, reply),
            AnyGateway::Http(gateway) => gateway.finish(&call, reply),
        }
    }

    /// The answer when the backend did not answer within [`BackendCall::timeout`]. What it was asked may have been done.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "a call that timed out cannot be finished as well")]
    pub(crate) fn time_out(&self, call: BackendCall) -> Response {
        match &self.0 {
            AnyGateway::Rest(gateway) => gateway.time_out(&call),
            AnyGateway::Http(gateway) => gateway.time_out(&call),
        }
    }
}
