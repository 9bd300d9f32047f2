//! Signed load: the emulator's verifier, which shares no code with the signer, takes every request.

use serde_json::json;
use stepgate_emulator::{Emulator, Serving, gateway, signature};

use super::loadgen::{Run, Scratch, command, output};
use super::server::Server;

const SCENARIO: &str = "schema = 1\nname = \"signed\"\n[target]\nauth = \"AUTH\"\nnames = \"key\"\n[load]\n\
    executor = \"closed\"\nclients = 4\nrequests = 300\n[[payload]]\nname = \"p\"\n\
    json = { order = \"{{ uuid() }}\", who = \"ü {{ seq() }}\" }\n";

/// The deployment as it is meant to be, for callers with a key.
fn protected(token: Option<&str>) -> Serving {
    let identity = signature::CallerIdentity {
        access_key: "AKIDLOAD".into(),
        arn: "arn:aws:iam::123456789012:user/load".into(),
        account: "123456789012".into(),
    };
    let mut key = signature::AccessKey::new(identity, "a secret of the load's");
    if let Some(token) = token {
        key = key.with_session(token, std::time::Duration::from_hours(1_000_000));
    }
    let options = gateway::GatewayOptions { credentials: key.into(), ..gateway::GatewayOptions::default() };
    let emulator = Emulator::builder().parameter("Auth", "AWS_IAM").gateway_options(options).build().unwrap();
    emulator.serve("127.0.0.1:0".parse().unwrap()).unwrap()
}

fn run(auth: &str, url: &str, variables: &[(&str, &str)]) -> (i32, serde_json::Value, String) {
    let scratch = Scratch::new();
    let path = scratch.write("signed.toml", &SCENARIO.replace("AUTH", auth));
    let directory = scratch.path("run");
    let mut command = command(&[path.to_str().unwrap(), "--url", url, "-o", directory.to_str().unwrap()]);
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION"] {
        command.env_remove(name);
    }
    let ended = command.envs(variables.iter().copied()).output().unwrap();
    let summary = std::fs::read_to_string(directory.join("summary.json")).unwrap_or_else(|_| "null".into());
    let manifest = std::fs::read_to_string(directory.join("manifest.json")).unwrap_or_default();
    assert!(!manifest.contains("secret of") && !manifest.contains("hidden"), "{manifest}");
    let said = String::from_utf8(ended.stdout).unwrap() + &String::from_utf8(ended.stderr).unwrap();
    (ended.status.code().unwrap(), serde_json::from_str(&summary).unwrap(), said)
}

#[test]
fn every_signed_request_is_accepted_with_and_without_a_session_token() {
    let key = [
        ("AWS_ACCESS_KEY_ID", "AKIDLOAD"),
        ("AWS_SECRET_ACCESS_KEY", "a secret of the load's"),
        ("AWS_REGION", "us-east-1"),
    ];
    for token in [None, Some("a-session-token")] {
        let endpoint = protected(token);
        let token: Vec<_> = token.map(|token| ("AWS_SESSION_TOKEN", token)).into_iter().collect();
        let (exit, summary, said) = run("sigv4", endpoint.url(), &[&key[..], &token].concat());
        assert_eq!((exit, &summary["outcomes"]["started"]), (0, &json!(300)), "{said}");
        assert_eq!(summary["names"]["mismatched"], 0);
        assert!(!said.contains("secret of"), "{said}");
    }
}

#[test]
fn a_wrong_secret_is_forbidden_and_nothing_is_started() {
    let endpoint = protected(None);
    let key = [("AWS_ACCESS_KEY_ID", "AKIDLOAD"), ("AWS_SECRET_ACCESS_KEY", "wrong"), ("AWS_REGION", "us-east-1")];
    let (exit, summary, said) = run("sigv4", endpoint.url(), &key);
    assert_eq!((exit, &summary["outcomes"]["failed"]), (99, &json!({"forbidden": 300})), "{said}");
}

#[test]
fn keys_and_tokens_come_from_the_environment() {
    for (auth, variable, header, value) in [
        ("api-key", "STEPGATE_API_KEY", "x-api-key", "hidden"),
        ("bearer", "STEPGATE_BEARER_TOKEN", "authorization", "Bearer hidden"),
    ] {
        let server = Server::start(|request| {
            let key = request.header("idempotency-key").unwrap();
            super::server::Reply::Bytes(super::server::started(key))
        });
        let (exit, _, said) = run(auth, &server.url, &[(variable, "hidden")]);
        assert_eq!(exit, 0, "{said}");
        assert!(server.requests().iter().all(|request| request.header(header) == Some(value)));
        assert!(!said.contains("hidden"), "{said}");
        let (exit, _, said) = run(auth, &server.url, &[]);
        assert_eq!(exit, 2, "{said}");
        assert!(said.contains(&format!("{variable} is not set")), "{said}");
    }
}

#[test]
fn the_embedded_endpoint_checks_signatures_with_a_key_of_its_own() {
    let scratch = Scratch::new();
    let path = scratch.write("signed.toml", &SCENARIO.replace("AUTH", "sigv4").replace("300", "40"));
    let run = Run::of(&[path.to_str().unwrap()]);
    assert_eq!((run.exit, &run.summary["outcomes"]["started"]), (0, &json!(40)), "{}{}", run.stdout, run.stderr);
    assert!(!run.stderr.contains("SECRET"), "{}", run.stderr);
    let tried = output(&["try", path.to_str().unwrap()]);
    let said = String::from_utf8(tried.stdout).unwrap();
    assert_eq!(tried.status.code(), Some(0), "{said}");
    assert!(said.contains("> authorization: …") && !said.contains("Signature="), "{said}");
}
