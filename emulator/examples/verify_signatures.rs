//! Verifies signed requests, one JSON object a line from stdin, and answers each with a line: `accepted` or the
//! refusal. `tests/referees/sigv4-verifier` drives it with requests that botocore signed.

use std::error::Error;
use std::io::{self, BufRead, Write};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use stepgate_emulator::http::Request;
use stepgate_emulator::signature::{AccessKey, CallerIdentity, Verifier};

#[derive(Deserialize)]
struct Signed {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    /// Base 64.
    body: String,
    access_key: String,
    secret: String,
    token: Option<String>,
    region: String,
    service: String,
    /// Seconds since the Unix epoch.
    now: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let signed: Signed = serde_json::from_str(&line?)?;
        let identity = CallerIdentity { access_key: signed.access_key, arn: String::new(), account: String::new() };
        let mut key = AccessKey::new(identity, signed.secret);
        if let Some(token) = signed.token {
            key = key.with_session(token, Duration::MAX);
        }
        let request = Request {
            method: signed.method,
            path: signed.path,
            query: signed.query,
            headers: signed.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
            body: STANDARD.decode(signed.body)?,
        };
        let verifier = Verifier::new(key.into(), signed.region, signed.service);
        match verifier.verify(&request, Duration::from_secs(signed.now)) {
            Ok(_) => writeln!(out, "accepted")?,
            Err(denial) => writeln!(out, "{}", denial.to_string().replace('\n', "\\n"))?,
        }
    }
    Ok(())
}
