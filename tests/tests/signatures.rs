//! The client's signers and the emulator's verifier, which share no code: each is the other's referee.

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use proptest::prelude::*;
use stepgate::sigv4::{Prepared, Scope, Signer};
use stepgate_emulator::http::{Headers, Request};
use stepgate_emulator::signature::{Identity, Key, Reason, Verifier};

const ACCESS_KEY: &str = "AKIDEXAMPLE";
const HOST: &str = "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com";

/// What a caller wants to send.
#[derive(Debug, Clone)]
struct Call {
    method: &'static str,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    secret: String,
    token: Option<String>,
    second: u64,
}

prop_compose! {
    fn call()(
        method in prop::sample::select(vec!["POST", "GET", "OPTIONS"]),
        path in "(/([a-zA-Z0-9._~!$&'()*+,;=:@-]|%20|%2[fF]|%25|%C3%A9|\\{|\\}){0,6}){1,4}",
        query in prop::option::of("(([a-zA-Z0-9._~*!'/-]|%20|%2[bB]|%26|%3D|\\+){1,4}=?([a-z0-9=~]|%7[eE]){0,4}&?){0,4}"),
        headers in prop::collection::vec(("x-[a-z-]{1,8}", "[a-zA-Z0-9;=]{1,4}( {1,3}[a-zA-Z0-9\",]{1,4}){0,2}"), 0..4),
        body in prop::collection::vec(any::<u8>(), 0..200),
        secret in "[a-zA-Z0-9/+]{1,80}",
        token in prop::option::of("[a-zA-Z0-9/+=]{1,80}"),
        second in 1_000_000_000_u64..4_000_000_000,
    ) -> Call {
        let target = match query {
            Some(query) => format!("{path}?{query}"),
            None => path,
        };
        Call { method, target, headers, body, secret, token, second }
    }
}

impl Call {
    fn request(&self) -> http::Request<Vec<u8>> {
        let mut request = http::Request::builder().method(self.method).uri(format!("https://{HOST}{}", self.target));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.body(self.body.clone()).unwrap()
    }

    fn credentials(&self) -> Credentials {
        Credentials::new(ACCESS_KEY, &self.secret, self.token.clone(), None, "test")
    }

    fn verifier(&self) -> Verifier {
        let arn = "arn:aws:iam::123456789012:user/example".to_owned();
        let identity = Identity { access_key: ACCESS_KEY.to_owned(), arn, account: "123456789012".to_owned() };
        let mut key = Key::new(identity, &self.secret);
        if let Some(token) = &self.token {
            key = key.with_session(token, Duration::MAX);
        }
        Verifier::new(key.into(), "eu-west-1", "execute-api")
    }

    /// The request as it arrives: the target and the headers that were sent, with the host.
    fn arrived(&self, target: &str, headers: &[(&str, &str)]) -> Request {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut fields: Headers = headers.iter().copied().collect();
        fields.push("Host", HOST);
        Request {
            method: self.method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: fields,
            body: self.body.clone(),
        }
    }

    fn by_signer(&self) -> Request {
        let mut request = self.request();
        let signer = Signer::new(Scope::execute_api("eu-west-1"));
        signer.sign(&mut request, &self.credentials(), UNIX_EPOCH + Duration::from_secs(self.second)).unwrap();
        let headers: Vec<(&str, &str)> =
            request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        self.arrived(request.uri().path_and_query().unwrap().as_str(), &headers)
    }

    fn by_prepared(&self) -> Request {
        let mut prepared = Prepared::new(Scope::execute_api("eu-west-1"), &self.request(), self.credentials()).unwrap();
        let target = prepared.path_and_query().to_owned();
        let signed = prepared.sign(&self.body, UNIX_EPOCH + Duration::from_secs(self.second)).unwrap();
        let lines = str::from_utf8(signed.lines()).unwrap().lines().filter_map(|line| line.split_once(": "));
        let own = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        self.arrived(&target, &lines.chain(own).collect::<Vec<_>>())
    }
}

proptest! {
    #[test]
    fn what_the_client_signs_the_emulator_accepts_and_nothing_else(call in call()) {
        let (verifier, now) = (call.verifier(), Duration::from_secs(call.second));
        for mut request in [call.by_signer(), call.by_prepared()] {
            let identity = verifier.verify(&request, now);
            prop_assert!(identity.is_ok(), "{request:?}\n{}", identity.unwrap_err());

            request.body.push(b' ');
            let denial = verifier.verify(&request, now).unwrap_err();
            prop_assert_eq!(denial.reason, Reason::InvalidSignature);
        }
    }
}
