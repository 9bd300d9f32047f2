//! `doctor`: the contract, asked of a deployment from outside.

use url::Url;
use uuid::Uuid;

use super::Io;
use super::arguments::{DoctorArguments, DoctorAuth};
use super::load::Failure;
use crate::contract::{Authorization, Http, cases};
use crate::doctor::diagnose;
use crate::engine::Endpoint;
use crate::exit::Exit;

pub(super) fn doctor(arguments: &DoctorArguments, io: &mut Io<'_>) -> Result<Exit, Failure> {
    // Refuses what is no target in the same words as a run.
    Endpoint::parse(&arguments.url).map_err(Failure::usage)?;
    let url = Url::parse(&arguments.url).map_err(|e| Failure::usage(e.to_string()))?;
    let authorization = match arguments.auth {
        DoctorAuth::None => Authorization::None,
        DoctorAuth::Sigv4 => {
            let variable = |name: &str| std::env::var(name).ok();
            Authorization::sigv4(&url, variable).map_err(|e| Failure::usage(e.to_string()))?
        }
    };
    let cases = cases().map_err(|e| Failure::other(e.to_string()))?;
    let mut http = Http { timeout: arguments.timeout };
    let diagnosis =
        diagnose(&cases, &url, &authorization, arguments.read_only, || Uuid::new_v4().to_string(), &mut http);
    // A closed pipe is nobody's error.
    let _ =
        if arguments.json { writeln!(io.stdout, "{:#}", diagnosis.json()) } else { write!(io.stdout, "{diagnosis}") };
    Ok(diagnosis.exit())
}
