//! `doctor`: the contract, asked of a deployment from outside.

use std::fs;

use uuid::Uuid;

use super::Io;
use super::arguments::DoctorArguments;
use super::load::variable;
use super::network::shown;
use crate::authorization::Authorization;
use crate::contract::{ExchangeRecorder, Http, cases};
use crate::doctor::diagnose;
use crate::endpoint::Endpoint;
use crate::engine::Peer;
use crate::exit::Exit;
use crate::mistake::Mistake;

pub(super) fn doctor(arguments: &DoctorArguments, io: &mut Io<'_>) -> Result<Exit, Mistake> {
    let endpoint = Endpoint::parse(&arguments.url).map_err(|mistake| super::load::named(&arguments.url, mistake))?;
    let authorization = Authorization::of(arguments.auth, None, &endpoint, &variable)?;
    let (route, proxy) = arguments.network.route(Some(&endpoint), None)?;
    if let Some(proxy) = proxy {
        let _ = writeln!(io.stderr, "{proxy}");
    }
    let peer = Peer::resolve(&endpoint, &route)?;
    let cases = cases().map_err(|e| Mistake::other(e.to_string()))?;
    let mut recorder = ExchangeRecorder::new(Http::new(peer, arguments.timeout), &endpoint);
    let uuid = || Uuid::new_v4().to_string();
    let secrets = authorization.secrets().and_of(&endpoint, &[]);
    let diagnosis =
        diagnose(&cases, &endpoint, &authorization, arguments.read_only, uuid, &mut recorder).hiding(&secrets);
    if let Some(file) = &arguments.record {
        let written = fs::write(file, recorder.to_json());
        written.map_err(|error| Mistake::other(format!("cannot write {}: {error}", file.display())))?;
    }
    if endpoint.tls && route.trust.insecure {
        let _ = writeln!(io.stderr, "{}", shown(&endpoint, true));
    }
    // A closed pipe is nobody's error.
    let _ =
        if arguments.json { writeln!(io.stdout, "{:#}", diagnosis.json()) } else { write!(io.stdout, "{diagnosis}") };
    Ok(diagnosis.exit())
}
