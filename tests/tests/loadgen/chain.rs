//! Signed load with what the AWS SDK's default chain finds: profiles, processes, roles; built with the feature `aws-config`.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;
use stepgate_emulator::{Emulator, Serving, gateway, signature};

use super::loadgen::{Scratch, command};
use super::server::{Reply, Server, answer};

/// The deployment for the callers with these keys: access key, secret, session token.
fn protected(keys: &[(&str, &str, Option<&str>)]) -> Serving {
    let key = |(access, secret, token): &(&str, &str, Option<&str>)| {
        let identity = signature::CallerIdentity {
            access_key: (*access).into(),
            arn: "arn:aws:iam::123456789012:user/load".into(),
            account: "123456789012".into(),
        };
        let key = signature::AccessKey::new(identity, *secret);
        match token {
            Some(token) => key.with_session(*token, std::time::Duration::from_hours(1_000_000)),
            None => key,
        }
    };
    let credentials = keys.iter().map(key).collect();
    let options = gateway::GatewayOptions { credentials, ..gateway::GatewayOptions::default() };
    let emulator = Emulator::builder().parameter("Auth", "AWS_IAM").gateway_options(options).build().unwrap();
    emulator.serve("127.0.0.1:0".parse().unwrap()).unwrap()
}

/// A run with a configuration of its own, and nothing of this machine's: its exit code, its summary and what it said.
fn run(
    scratch: &Scratch,
    url: &str,
    load: &str,
    (config, credentials): (&str, &str),
    variables: &[(&str, &str)],
) -> (i32, serde_json::Value, String) {
    let scenario = format!(
        "schema = 1\nname = \"chain\"\n[target]\nauth = \"sigv4\"\n[load]\n{load}\n\
         [[payload]]\nname = \"p\"\njson = {{ order = \"{{{{ uuid() }}}}\" }}\n"
    );
    let (path, directory) = (scratch.write("chain.toml", &scenario), scratch.path("run"));
    let mut command = command(&[path.to_str().unwrap(), "--url", url, "-o", directory.to_str().unwrap()]);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
        command.env_remove(name);
    }
    command
        .env("AWS_CONFIG_FILE", scratch.write("config", config))
        .env("AWS_SHARED_CREDENTIALS_FILE", scratch.write("credentials", credentials))
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .envs(variables.iter().copied());
    let ended = command.output().unwrap();
    let said = String::from_utf8(ended.stdout).unwrap() + &String::from_utf8(ended.stderr).unwrap();
    let summary = fs::read_to_string(directory.join("summary.json")).unwrap_or_else(|_| "null".into());
    (ended.status.code().unwrap(), serde_json::from_str(&summary).unwrap(), said)
}

const CLOSED: &str = "executor = \"closed\"\nclients = 4\nrequests = 100";

#[test]
fn a_profile_with_a_session_token_and_a_region_signs() {
    let scratch = Scratch::new();
    let endpoint = protected(&[("AKIDPROFILE", "profile secret", Some("profile-token"))]);
    let config = "[profile load]\nregion = us-east-1\n";
    let credentials = "[default]\naws_access_key_id = AKIDOTHER\naws_secret_access_key = other\n\
        [load]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = profile secret\naws_session_token = profile-token\n";
    let named = [("AWS_PROFILE", "load")];
    let (exit, summary, said) = run(&scratch, endpoint.url(), CLOSED, (config, credentials), &named);
    assert_eq!((exit, &summary["outcomes"]["started"]), (0, &json!(100)), "{said}");
    assert!(!said.contains("profile secret") && !said.contains("profile-token"), "{said}");
    let scratch = Scratch::new();
    let region = [("AWS_REGION", "us-east-1")];
    let (exit, summary, said) = run(&scratch, endpoint.url(), CLOSED, (config, credentials), &region);
    assert_eq!((exit, &summary["outcomes"]["failed"]), (99, &json!({"forbidden": 100})), "the default profile: {said}");
}

#[test]
fn a_role_is_assumed_with_the_keys_of_its_source_profile() {
    let scratch = Scratch::new();
    let endpoint = protected(&[("ASIAROLE", "role secret", Some("role-token"))]);
    let sts = Server::start(|_| {
        let answered = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>\
            <Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>role secret</SecretAccessKey>\
            <SessionToken>role-token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>\
            <AssumedRoleUser><AssumedRoleId>AROA:load</AssumedRoleId><Arn>arn:aws:sts::123456789012:assumed-role/load/load</Arn>\
            </AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>";
        Reply::Bytes(answer(200, "id", "Content-Type: text/xml\r\n", answered))
    });
    let config = "[profile load]\nregion = us-east-1\nrole_arn = arn:aws:iam::123456789012:role/load\nsource_profile = base\n\
        [profile base]\nregion = us-east-1\n";
    let credentials = "[base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = base secret\n";
    let url = sts.url.trim_end_matches("/test/execute");
    let named = [("AWS_PROFILE", "load"), ("AWS_ENDPOINT_URL_STS", url)];
    let (exit, summary, said) = run(&scratch, endpoint.url(), CLOSED, (config, credentials), &named);
    assert_eq!((exit, &summary["outcomes"]["started"]), (0, &json!(100)), "{said}");
    let asked = &sts.requests()[0];
    assert!(asked.body.contains("Action=AssumeRole") && asked.body.contains("role%2Fload"), "{}", asked.body);
    assert!(asked.header("authorization").unwrap().contains("Credential=AKIDBASE/"), "{}", asked.head);
}

#[test]
fn keys_that_expire_are_renewed_while_the_run_goes_on() {
    let scratch = Scratch::new();
    let endpoint = protected(&[("AKIDFIRST", "first secret", None), ("AKIDSECOND", "second secret", None)]);
    // Its first answer is good for a minute. It is renewed after half of it, the soonest there is, or ten seconds later.
    let count = scratch.path("count");
    let script = format!(
        "#!/bin/sh\necho x >> {count}\nif [ \"$(wc -l < {count})\" -le 1 ]; then\n\
         echo '{{\"Version\":1,\"AccessKeyId\":\"AKIDFIRST\",\"SecretAccessKey\":\"first secret\",\"Expiration\":\"'\"$(date -u -d '+60 seconds' +%Y-%m-%dT%H:%M:%SZ)\"'\"}}'\n\
         else\necho '{{\"Version\":1,\"AccessKeyId\":\"AKIDSECOND\",\"SecretAccessKey\":\"second secret\",\"Expiration\":\"2099-01-01T00:00:00Z\"}}'\nfi\n",
        count = count.display()
    );
    let program = scratch.write("keys.sh", &script);
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let config = format!("[default]\nregion = us-east-1\ncredential_process = {}\n", program.display());
    let load = "executor = \"constant-arrival-rate\"\nrate = 20\nduration = \"45s\"\narrivals = \"uniform\"";
    let (_, summary, said) = run(&scratch, endpoint.url(), load, (&config, ""), &[]);
    assert_eq!(summary["outcomes"]["started"], 900, "{said}");
    assert_eq!(fs::read_to_string(&count).unwrap().lines().count(), 2, "asked twice");
    // Nobody waited for the second answer.
    let lag = summary["schedule_lag_us"]["max"].as_u64().unwrap();
    let apart = 1_000_000 / 20;
    assert!(summary["plan"]["sent"] == 900 && lag < 20 * apart, "lag of {lag} microseconds");
}
