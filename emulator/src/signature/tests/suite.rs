//! `vectors/signature/suite.json`: every signed request of AWS's own test suite is accepted, and none with one
//! character changed.

use std::time::Duration;

use serde_json::Value;

use super::super::{Verifier, VerifierOptions};
use super::{instant, key};
use crate::http::Request;

struct Vector {
    name: String,
    request: Request,
    now: Duration,
    verifier: Verifier,
    canonical: String,
    string_to_sign: String,
}

fn vectors() -> Vec<Vector> {
    let suite: Value = serde_json::from_str(include_str!("../../../vectors/signature/suite.json")).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let vectors = suite["vectors"].as_array().unwrap().iter().map(|vector| {
        let string_to_sign = text(&vector["string_to_sign"]);
        let lines: Vec<&str> = string_to_sign.lines().collect();
        let scope: Vec<&str> = lines[2].split('/').collect();
        let request = parse(vector["request"].as_str().unwrap());
        let secret = text(vector.get("secret").unwrap_or(&suite["secret"]));
        let access_key = if vector.get("secret").is_some() { "ANOTREAL" } else { "AKIDEXAMPLE" };
        let mut key = key(access_key, &secret);
        if let Some(token) = vector.get("token") {
            key = key.with_session(text(token), Duration::MAX);
        }
        let options = VerifierOptions {
            normalise_path: vector.get("normalise_path") != Some(&Value::Bool(false)),
            token_after_signing: vector.get("token_after_signing").is_some(),
            ..VerifierOptions::default()
        };
        Vector {
            name: format!("{} ({})", text(&vector["name"]), text(&vector["form"])),
            now: instant(lines[1]),
            verifier: Verifier::new(key.into(), scope[1], scope[2]).with_options(options),
            canonical: text(&vector["canonical"]),
            string_to_sign,
            request,
        }
    });
    vectors.collect()
}

/// The suite's requests hold raw spaces and letters where HTTP would not take them, so that they get a reader of
/// their own.
fn parse(text: &str) -> Request {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let (method, target) = lines.next().unwrap().split_once(' ').unwrap();
    let target = target.strip_suffix(" HTTP/1.1").unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut fields: Vec<(&str, String)> = Vec::new();
    for line in lines {
        match line.split_once(':') {
            Some((name, value)) if !line.starts_with(' ') => fields.push((name, value.to_owned())),
            _ => fields.last_mut().unwrap().1.push_str(line),
        }
    }
    Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: fields.iter().map(|(name, value)| (*name, value.as_str())).collect(),
        body: body.as_bytes().to_vec(),
    }
}

/// Every copy of `text` with one character changed: letters and digits to their like, so that they stay legal where
/// they stand.
fn changed(text: &str) -> impl Iterator<Item = (usize, String)> {
    text.char_indices().map(|(at, old)| {
        let new = match old {
            'z' | 'Z' | '9' => char::from(u8::try_from(old).unwrap() - 1),
            'a'..='y' | 'A'..='Y' | '0'..='8' => char::from(u8::try_from(old).unwrap() + 1),
            _ => 'x',
        };
        (at, format!("{}{new}{}", &text[..at], &text[at + old.len_utf8()..]))
    })
}

/// Every copy of a request with one character of what is signed changed; what was changed, and where.
fn tampered(request: &Request, signed_headers: &[&str]) -> Vec<(String, usize, Request)> {
    let mut copies = Vec::new();
    for (at, method) in changed(&request.method) {
        copies.push(("method".to_owned(), at, Request { method, ..request.clone() }));
    }
    for (at, path) in changed(&request.path) {
        copies.push(("path".to_owned(), at, Request { path, ..request.clone() }));
    }
    for (at, query) in changed(&request.query) {
        copies.push(("query".to_owned(), at, Request { query, ..request.clone() }));
    }
    for (at, body) in changed(str::from_utf8(&request.body).unwrap()) {
        copies.push(("body".to_owned(), at, Request { body: body.into_bytes(), ..request.clone() }));
    }
    let fields: Vec<(&str, &str)> = request.headers.iter().collect();
    for (index, (name, value)) in fields.iter().enumerate() {
        let lower_case = name.to_ascii_lowercase();
        if lower_case != "authorization" && !signed_headers.contains(&lower_case.as_str()) {
            continue;
        }
        for (at, value) in changed(value) {
            let mut fields = fields.clone();
            fields[index].1 = &value;
            copies.push((lower_case.clone(), at, Request { headers: fields.into_iter().collect(), ..request.clone() }));
        }
        for (at, name) in changed(name) {
            let mut fields = fields.clone();
            fields[index].0 = &name;
            let headers = fields.into_iter().collect();
            copies.push((format!("name of {lower_case}"), at, Request { headers, ..request.clone() }));
        }
    }
    let longer = Request { body: [&request.body[..], b" "].concat(), ..request.clone() };
    copies.push(("body".to_owned(), request.body.len(), longer));
    copies
}

#[test]
fn every_signed_request_of_the_suite_is_accepted() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 78);
    for vector in vectors {
        let identity = vector.verifier.verify(&vector.request, vector.now);
        assert!(identity.is_ok(), "{}: {}", vector.name, identity.unwrap_err());
    }
}

#[test]
fn a_request_of_the_suite_with_one_character_changed_is_refused() {
    let mut accepted = Vec::new();
    let mut tried = 0;
    for vector in vectors() {
        let signed_headers = vector.canonical.lines().rev().nth(1).unwrap();
        let signed_headers: Vec<&str> = signed_headers.split(';').collect();
        for (part, at, request) in tampered(&vector.request, &signed_headers) {
            tried += 1;
            if vector.verifier.verify(&request, vector.now).is_ok() {
                accepted.push(format!("{}: {part} at {at}", vector.name));
            }
        }
    }
    // What `..` takes out of a path is not signed.
    let mut expected = Vec::new();
    for (name, dropped) in [("get-relative-normalized", 0..8), ("get-relative-relative-normalized", 0..18)] {
        for form in ["header", "query"] {
            expected.extend(dropped.clone().map(|at| format!("{name} ({form}): path at {at}")));
        }
    }
    assert_eq!(accepted, expected);
    assert!(tried > 20_000, "{tried}");
}

#[test]
fn a_refused_request_of_the_suite_is_told_what_should_have_been_signed() {
    for vector in vectors() {
        let signed = vector.canonical.clone();
        let Vector { name, mut request, now, verifier, .. } = vector;
        let signature = |text: &str| text.rsplit_once("Signature=").map(|(_, signature)| signature[..64].to_owned());
        let authorization = request.headers.get("authorization").and_then(signature);
        let signature = authorization.or_else(|| signature(&request.query)).unwrap();
        let wrong = "0".repeat(64);
        request.query = request.query.replace(&signature, &wrong);
        let fields: Vec<_> =
            request.headers.iter().map(|(name, value)| (name.to_owned(), value.replace(&signature, &wrong))).collect();
        request.headers = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();

        let denial = verifier.verify(&request, now).unwrap_err();
        assert_eq!(denial.error_type(), "InvalidSignatureException", "{name}");
        let dump = format!(
            "\n\nThe Canonical String for this request should have been\n'{signed}'\n\n\
             The String-to-Sign should have been\n'{}'\n",
            vector.string_to_sign
        );
        assert!(denial.message.ends_with(&dump), "{name}: {}", denial.message);
    }
}
