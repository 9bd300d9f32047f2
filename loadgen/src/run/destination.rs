//! Where a scenario's requests go, with what shows who sends them.

use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use super::embedded::Embedded;
use super::rehearsal::takes_posts;
use crate::authorization::{API_KEY, Authorization};
use crate::endpoint::Endpoint;
use crate::engine::{Peer, Route};
use crate::exit::Exit;
use crate::mistake::Mistake;
use crate::scenario::Scenario;

/// How often a look-up that takes long looks for a signal.
const GLANCE: Duration = Duration::from_millis(50);

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
    /// An embedded endpoint makes keys of its own, which come alone: a session token of the environment belongs to
    /// another key and would spoil every signature.
    ///
    /// # Errors
    /// The endpoint does not start, or a secret is missing from the environment.
    pub(crate) fn of(
        scenario: &Scenario,
        endpoint: Option<&Endpoint>,
        program: &Path,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Mistake> {
        let target = &scenario.target;
        let authorize = |endpoint: &Endpoint, variable: &dyn Fn(&str) -> Option<String>| {
            Authorization::of(target.auth, target.region.as_deref(), endpoint, variable)
        };
        if let Some(endpoint) = endpoint {
            let authorization = authorize(endpoint, variable)?;
            return Ok(Self { endpoint: endpoint.clone(), authorization, embedded: None });
        }
        let embedded = Embedded::start(program, target, scenario.places().starting_kind(), &[])
            .map_err(|e| Mistake::other(format!("cannot start the embedded endpoint: {e}")))?;
        let endpoint = Endpoint::parse(embedded.url())?;
        if target.template.is_some() {
            takes_posts(&endpoint)?;
        }
        let own = |name: &str| {
            let of_child = name.starts_with("AWS_") || name == API_KEY;
            if of_child { embedded.variable(name) } else { variable(name) }
        };
        let authorization = authorize(&endpoint, &own)?;
        Ok(Self { endpoint, authorization, embedded: Some(embedded) })
    }

    /// The peer to connect to. A name server that does not answer keeps nobody from ending the run.
    ///
    /// # Errors
    /// The name cannot be resolved, TLS cannot be set up, or `stop` says that nobody waits any more.
    pub(crate) fn look_up(&self, route: &Route, stop: &dyn Fn() -> bool) -> Result<Peer, Mistake> {
        let (found, looked_up) = channel();
        let (endpoint, route) = (self.endpoint.clone(), route.clone());
        let ask = move || {
            // After a signal nobody waits for it.
            let _ = found.send(Peer::resolve(&endpoint, &route));
        };
        let started = thread::Builder::new().name("look-up".into()).spawn(ask);
        started.map_err(|e| Mistake::other(format!("cannot start a thread: {e}")))?;
        loop {
            match looked_up.recv_timeout(GLANCE) {
                Ok(peer) => return peer,
                Err(RecvTimeoutError::Timeout) if stop() => {
                    return Err(Mistake::new(Exit::Interrupted, "a signal came before the start: nothing was sent"));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Mistake::other("the thread that looks up the name ended early"));
                }
            }
        }
    }
}
