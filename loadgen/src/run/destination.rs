//! Where a scenario's requests go, with what shows who sends them.

use std::path::Path;

use super::embedded::Embedded;
use crate::authorization::Authorization;
use crate::endpoint::Endpoint;
use crate::mistake::Mistake;
use crate::scenario::Target;

/// A target, ready but for its address. An embedded one serves as long as the value lives.
#[derive(Debug)]
pub(crate) struct Destination {
    /// Where to.
    pub(crate) endpoint: Endpoint,
    /// What shows who sends the requests.
    pub(crate) authorization: Authorization,
    /// The child that serves, if nothing else is the target.
    pub(crate) embedded: Option<Embedded>,
}

impl Destination {
    /// The target of a scenario: `endpoint`, or without one the embedded endpoint, which `program` serves.
    ///
    /// An embedded endpoint makes a key of its own, which comes alone: a session token of the environment belongs to
    /// another key and would spoil every signature.
    ///
    /// # Errors
    /// The endpoint does not start, or a secret is missing from the environment.
    pub(crate) fn of(
        target: &Target,
        endpoint: Option<&Endpoint>,
        program: &Path,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Mistake> {
        let authorize = |endpoint: &Endpoint, variable: &dyn Fn(&str) -> Option<String>| {
            Authorization::of(target.auth, target.region.as_deref(), endpoint, variable)
        };
        if let Some(endpoint) = endpoint {
            let authorization = authorize(endpoint, variable)?;
            return Ok(Self { endpoint: endpoint.clone(), authorization, embedded: None });
        }
        let embedded = Embedded::start(program, target)
            .map_err(|e| Mistake::other(format!("cannot start the embedded endpoint: {e}")))?;
        let endpoint = Endpoint::parse(embedded.url())?;
        let own = |name: &str| if name.starts_with("AWS_") { embedded.variable(name) } else { variable(name) };
        let authorization = authorize(&endpoint, &own)?;
        Ok(Self { endpoint, authorization, embedded: Some(embedded) })
    }
}
