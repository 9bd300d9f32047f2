//! The client's signers and the emulator's verifier, which share no code: what one signs, the other accepts, and nothing
//! else.

#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

use aws_credential_types::Credentials;
use proptest::prelude::*;
use std::time::{Duration, SystemTime};
use stepgate::sigv4::{Prepared, Scope, Signer, UNSIGNED};
use stepgate_emulator::http::Request;
use stepgate_emulator::signature::{AccessKey, CallerIdentity, Reason, Verifier};

const REGION: &str = "eu-west-1";

/// What is sent, before it is signed.
#[derive(Debug, Clone)]
struct Unsigned {
    method: String,
    scheme: &'static str,
    host: String,
    port: Option<u16>,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    secret: String,
    token: Option<String>,
    at: Duration,
}

fn unsigned() -> impl Strategy<Value = Unsigned> {
    let path = "(/([a-zA-Z0-9._~!$&'()*+,;=:@|^{}\"é語-]|%[0-9a-fA-F]{2}){0,6}){1,5}|(/(prod|\\.|\\.\\.|)){1,5}";
    let query = "|\\?([a-zA-Z0-9._~!$'()*+,;:@/?é-]|%[2-7][0-9a-fA-F]|%[cC]3%[aA]9|&|=){0,30}";
    let names = ["content-type", "idempotency-key", "x-amz-extra", "x-list", "accept"];
    let names: Vec<_> = names.iter().chain(UNSIGNED).filter(|name| **name != "authorization").copied().collect();
    let header = (prop::sample::select(names), "[!-~]{0,4}( {1,3}[!-~]{1,4}){0,2} ?");
    let origin = (prop::sample::select(vec!["http", "https"]), "[a-z]{1,8}\\.example", prop::option::of(1_u16..));
    (
        origin,
        (path, query),
        prop::sample::select(vec!["POST", "GET"]),
        prop::collection::vec(header, 0..6),
        prop::collection::vec(any::<u8>(), 0..200),
        ("[!-~]{1,80}", prop::option::of("[!-~]{1,60}")),
        1_000_000_u64..253_402_000_000,
    )
        .prop_map(|((scheme, host, port), (path, query), method, headers, body, (secret, token), at)| Unsigned {
            method: method.into(),
            scheme,
            host,
            port,
            target: path + &query,
            headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            body,
            secret,
            token,
            at: Duration::from_secs(at),
        })
}

impl Unsigned {
    fn credentials(&self) -> Credentials {
        Credentials::new("AKIDEXAMPLE", &self.secret, self.token.clone(), None, "test")
    }

    fn verifier(&self) -> Verifier {
        let identity = CallerIdentity {
            access_key: "AKIDEXAMPLE".into(),
            arn: "arn:aws:iam::123456789012:user/example".into(),
            account: "123456789012".into(),
        };
        let key = AccessKey::new(identity, &self.secret);
        let key = match &self.token {
            Some(token) => key.with_session(token.clone(), Duration::MAX),
            None => key,
        };
        Verifier::new(key.into(), REGION, "execute-api")
    }

    /// The request as it arrives, signed by the ordinary signer or by the prepared one.
    fn sent(&self, prepared: bool) -> Request {
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        let mut request = http::Request::builder()
            .method(self.method.as_str())
            .uri(format!("{}://{}{port}{}", self.scheme, self.host, self.target));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let mut request = request.body(self.body.clone()).unwrap();
        let time = SystemTime::UNIX_EPOCH + self.at;
        let mut headers = Vec::new();
        if prepared {
            let mut prepared = Prepared::new(Scope::execute_api(REGION), &request, self.credentials()).unwrap();
            let signed = prepared.sign(&self.body, time).unwrap();
            let lines = String::from_utf8(signed.lines().to_vec()).unwrap();
            let pairs = lines.split_terminator("\r\n").map(|line| line.split_once(": ").unwrap());
            headers.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
            *request.uri_mut() = prepared.path_and_query().parse().unwrap();
        } else {
            Signer::new(Scope::execute_api(REGION)).sign(&mut request, &self.credentials(), time).unwrap();
        }
        let own_port = if self.scheme == "https" { 443 } else { 80 };
        let host = if self.port == Some(own_port) { self.host.clone() } else { format!("{}{port}", self.host) };
        headers.push(("Host".to_owned(), host));
        for (name, value) in request.headers() {
            headers.push((name.to_string(), value.to_str().unwrap().to_owned()));
        }
        Request {
            method: self.method.clone(),
            path: request.uri().path().to_owned(),
            query: request.uri().query().unwrap_or_default().to_owned(),
            headers: headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
            body: self.body.clone(),
        }
    }
}

proptest! {
    #[test]
    fn the_emulator_accepts_what_the_client_signs(unsigned in unsigned(), prepared in any::<bool>()) {
        let verified = unsigned.verifier().verify(&unsigned.sent(prepared), unsigned.at).map(|_| ());
        prop_assert_eq!(verified, Ok(()));
    }

    #[test]
    fn the_emulator_refuses_what_was_changed_on_the_way(unsigned in unsigned(), change in 0..5) {
        let mut request = unsigned.sent(false);
        match change {
            0 => request.body.push(b' '),
            1 => request.path.push('x'),
            2 => request.query.push_str("&added=1"),
            3 => request.method = "PUT".into(),
            _ => {
                let another = |(name, value)| (name, if name == "Host" { "another.example" } else { value });
                request.headers = request.headers.iter().map(another).collect();
            }
        }
        let denial = unsigned.verifier().verify(&request, unsigned.at).unwrap_err();
        prop_assert_eq!(denial.reason, Reason::InvalidSignature);
    }

    #[test]
    fn a_signature_holds_for_five_minutes_either_way(unsigned in unsigned(), seconds in 0_u64..300) {
        let request = unsigned.sent(false);
        for off in [Duration::from_secs(seconds), Duration::from_mins(5)] {
            prop_assert!(unsigned.verifier().verify(&request, unsigned.at + off).is_ok());
            prop_assert!(unsigned.verifier().verify(&request, unsigned.at.saturating_sub(off)).is_ok());
        }
        let late = unsigned.at + Duration::from_secs(301 + seconds);
        prop_assert_eq!(unsigned.verifier().verify(&request, late).unwrap_err().reason, Reason::InvalidSignature);
    }
}
