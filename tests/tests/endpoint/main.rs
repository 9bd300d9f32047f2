//! The endpoint over raw HTTP: the contract table on both deployments, and what was asked for byte for byte.

#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

mod bytes;
mod doctor;
mod faults;
mod fidelity;
mod kit;
mod recording;
mod table;
mod variants;

use std::time::Duration;

use stepgate_emulator::{Emulator, Serving, gateway, signature};
use stepgate_loadgen::contract::Http;
use stepgate_loadgen::endpoint::Endpoint;
use stepgate_loadgen::engine::{Peer, Route};

/// The corrected deployment, open to everyone.
fn corrected() -> Serving {
    let emulator = Emulator::builder().parameter("Auth", "NONE").build().unwrap();
    emulator.serve("127.0.0.1:0".parse().unwrap()).unwrap()
}

/// The corrected deployment as it is meant to be: for callers with a key.
fn protected() -> Serving {
    let variable = |name: &str| environment(name).unwrap();
    let identity = signature::CallerIdentity {
        access_key: variable("AWS_ACCESS_KEY_ID"),
        arn: "arn:aws:iam::123456789012:user/doctor".into(),
        account: "123456789012".into(),
    };
    let key = signature::AccessKey::new(identity, variable("AWS_SECRET_ACCESS_KEY"));
    let options = gateway::GatewayOptions { credentials: key.into(), ..gateway::GatewayOptions::default() };
    let emulator = Emulator::builder().parameter("Auth", "AWS_IAM").gateway_options(options).build().unwrap();
    emulator.serve("127.0.0.1:0".parse().unwrap()).unwrap()
}

/// The environment of a caller of [`protected`].
fn environment(name: &str) -> Option<String> {
    let value = match name {
        "AWS_ACCESS_KEY_ID" => "AKIDDOCTOR",
        "AWS_SECRET_ACCESS_KEY" => "a secret of the doctor's",
        "AWS_REGION" => "us-east-1",
        _ => return None,
    };
    Some(value.to_owned())
}

/// The deployment as it was posted.
fn as_posted() -> Serving {
    Emulator::builder().as_posted().build().unwrap().serve("127.0.0.1:0".parse().unwrap()).unwrap()
}

/// Waits long enough for a busy machine; nothing here takes time by itself.
fn http(endpoint: &Endpoint) -> Http {
    Http::new(Peer::resolve(endpoint, &Route::default()).unwrap(), Duration::from_secs(30))
}
