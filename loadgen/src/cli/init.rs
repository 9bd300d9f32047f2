//! `init`: a scenario to begin with, every line explained.

use std::fs::File;
use std::io::{self, Write};
use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;

use super::Io;
use crate::authorization::shown_url;
use crate::endpoint::Endpoint;
use crate::exit::Exit;
use crate::mistake::Mistake;

/// The arguments of `init`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  loadgen init https://….execute-api.eu-west-1.amazonaws.com/prod/execute
  loadgen init -o smoke.toml                             for the embedded endpoint (not AWS)
  loadgen init -o -                                      on stdout")]
pub(crate) struct InitArguments {
    /// Full URL of the execute method; without one, the embedded endpoint.
    pub(crate) url: Option<String>,
    /// The file to write, which must not exist yet; - is stdout.
    #[arg(short, long, value_name = "FILE", default_value = "scenario.toml")]
    pub(crate) output: PathBuf,
}

const SCENARIO: &str = include_str!("init.toml");

/// Hosts of API Gateway want signatures more often than not.
const SIGNED: &str = "execute-api";

pub(super) fn init(arguments: &InitArguments, io: &mut Io<'_>) -> Result<Exit, Mistake> {
    let endpoint = arguments.url.as_deref().map(Endpoint::parse).transpose()?;
    let scenario = scenario(arguments.url.as_deref(), endpoint.as_ref());
    if arguments.url.as_deref().is_some_and(|url| shown_url(url) != url) {
        let note = "the scenario holds the query of the URL: keep the file to yourself if that is a secret";
        let _ = writeln!(io.stderr, "note: {note}");
    }
    if arguments.output.as_os_str() == "-" {
        let _ = io.stdout.write_all(scenario.as_bytes());
        return Ok(Exit::Pass);
    }
    let shown = arguments.output.display();
    let written = File::create_new(&arguments.output).and_then(|mut file| file.write_all(scenario.as_bytes()));
    written.map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists => {
            Mistake::other(format!("{shown} is there already: name another file with -o, or remove it"))
        }
        _ => Mistake::other(format!("cannot write {shown}: {e}")),
    })?;
    let _ = writeln!(
        io.stdout,
        "{shown} is written. Next:\n  loadgen validate {shown}    what it would send\n  \
         loadgen try {shown}         one request, in full\n  loadgen {shown}"
    );
    Ok(Exit::Pass)
}

fn scenario(url: Option<&str>, endpoint: Option<&Endpoint>) -> String {
    let name = match endpoint {
        Some(endpoint) if endpoint.is_loopback() => "local",
        // A number says nothing of what it is.
        Some(endpoint) if endpoint.host.parse::<IpAddr>().is_err() => {
            endpoint.host.split('.').next().unwrap_or_default()
        }
        _ => "first",
    };
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
    let name = if name.is_empty() { "first" } else { &name };
    let target = match url {
        Some(url) => format!("url = {}", toml::Value::String(url.to_owned())),
        None => {
            "# url = \"https://….execute-api.eu-west-1.amazonaws.com/prod/execute\"   # absent: the embedded endpoint"
                .into()
        }
    };
    let open = if endpoint.is_some_and(|endpoint| endpoint.host.contains(SIGNED)) { "" } else { "# " };
    SCENARIO.replace("NAME", name).replace("# URL", &target).replace("# AUTH ", open)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorization::Auth;
    use crate::scenario::{Outside, Scenario};

    #[test]
    fn what_is_written_is_a_scenario_for_the_url() {
        let none = |_: &str| Err(io::ErrorKind::NotFound.into());
        let outside = Outside { open: &none, data: &|_| Err(io::ErrorKind::NotFound.into()), variable: |_| None };
        for (url, name, auth) in [
            (None, "first", Auth::None),
            (Some("http://127.0.0.1:8080/x"), "local", Auth::None),
            (Some("http://[2001:db8::1]/x"), "first", Auth::None),
            (Some("https://ab12.execute-api.eu-west-1.amazonaws.com/prod/execute"), "ab12", Auth::Sigv4),
        ] {
            let endpoint = url.map(|url| Endpoint::parse(url).unwrap());
            let scenario = Scenario::parse("x", &scenario(url, endpoint.as_ref()), &outside).unwrap();
            assert_eq!((scenario.name.as_str(), scenario.target.auth), (name, auth));
            assert_eq!(scenario.target.url.as_deref(), url);
        }
    }
}
