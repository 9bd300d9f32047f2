//! `doctor`: the contract, asked of a deployment from outside.

use uuid::Uuid;

use super::Io;
use super::arguments::DoctorArguments;
use super::load::variable;
use super::network::shown;
use crate::authorization::Authorization;
use crate::contract::{Http, cases};
use crate::doctor::diagnose;
use crate::endpoint::Endpoint;
use crate::engine::Peer;
use crate::exit::{Exit, Failure};

pub(super) fn doctor(arguments: &DoctorArguments, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let endpoint = Endpoint::parse(&arguments.url).map_err(Failure::usage)?;
    let authorization = Authorization::of(arguments.auth, None, &endpoint, &variable).map_err(Failure::usage)?;
    let (route, proxy) = arguments.network.route(Some(&endpoint), None)?;
    if let Some(proxy) = proxy {
        let _ = writeln!(io.stderr, "{proxy}");
    }
    let peer = Peer::resolve(&endpoint, &route).map_err(Failure::other)?;
    let cases = cases().map_err(|e| Failure::other(e.to_string()))?;
    let mut http = Http::new(peer, arguments.timeout);
    let uuid = || Uuid::new_v4().to_string();
    let diagnosis = diagnose(&cases, &endpoint, &authorization, arguments.read_only, uuid, &mut http);
    if endpoint.tls && route.trust.insecure {
        let _ = writeln!(io.stderr, "{}", shown(&endpoint, true));
    }
    // A closed pipe is nobody's error.
    let _ =
        if arguments.json { writeln!(io.stdout, "{:#}", diagnosis.json()) } else { write!(io.stdout, "{diagnosis}") };
    Ok(diagnosis.exit())
}
