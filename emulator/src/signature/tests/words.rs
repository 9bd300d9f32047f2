//! AWS's answers, word for word, and the order in which faults are found.

use std::time::Duration;

use proptest::prelude::*;

use super::super::{Credentials, Reason, Verifier, VerifierOptions};
use super::{ACCESS_KEY, SECRET, instant, key};
use crate::http::Request;

const AT: &str = "20261120T101500Z";
const SCOPE: &str = "20261120/eu-west-1/execute-api/aws4_request";

fn verifier() -> Verifier {
    Verifier::new(key(ACCESS_KEY, SECRET).into(), "eu-west-1", "execute-api")
}

fn post(headers: &[(&str, &str)]) -> Request {
    Request {
        method: "POST".to_owned(),
        path: "/prod/execute".to_owned(),
        query: String::new(),
        headers: headers.iter().copied().collect(),
        body: b"{}".to_vec(),
    }
}

fn post_with(authorization: &str) -> Request {
    post(&[("host", "api"), ("x-amz-date", AT), ("authorization", authorization)])
}

fn authorization(credential: &str, signed_headers: &str, signature: &str) -> String {
    format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={signed_headers}, Signature={signature}")
}

/// Signs as a caller would that believes the refusal: with the string to sign that it is told.
fn sign(verifier: &Verifier, headers: &[(&str, &str)], now: Duration) -> Request {
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let credential = format!("{ACCESS_KEY}/{SCOPE}");
    let with = |signature: &str| {
        let authorization = authorization(&credential, &names.join(";"), signature);
        post(&[headers, &[("authorization", &authorization)]].concat())
    };
    let denial = verifier.verify(&with("unknown"), now).unwrap_err();
    let (_, string_to_sign) = denial.message.rsplit_once("should have been\n'").unwrap();
    with(&verifier.signature(SECRET, &SCOPE[..8], string_to_sign.strip_suffix("'\n").unwrap()))
}

#[track_caller]
fn assert_refused(request: &Request, error_type: &str, message: &str) {
    let denial = verifier().verify(request, instant(AT)).unwrap_err();
    assert_eq!((denial.error_type(), denial.message.as_str()), (error_type, message));
}

#[test]
fn a_request_without_a_claim_misses_its_token() {
    for request in [post(&[("host", "api")]), post_with(""), post_with(" \t ")] {
        assert_refused(&request, "MissingAuthenticationTokenException", "Missing Authentication Token");
    }
}

#[test]
fn a_bearer_token_is_no_pair() {
    assert_refused(
        &post_with("Bearer undefined"),
        "IncompleteSignatureException",
        "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with \
         Base64): 'wAcC+FEOZEM9oG80IgcFlfzgWWuds2FIJRrS4t+Gdmw='.",
    );
}

#[test]
fn white_space_within_a_credential_ends_it() {
    let request = post_with("AWS4-HMAC-SHA256 Credential= AKIDEXAMPLE/x, SignedHeaders=host, Signature=ab");
    let denial = verifier().verify(&request, instant(AT)).unwrap_err();
    assert!(denial.message.starts_with("Invalid key=value pair"), "{denial}");
}

#[test]
fn a_lone_token_lacks_every_part() {
    assert_refused(
        &post(&[("host", "api"), ("authorization", "undefined")]),
        "IncompleteSignatureException",
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. \
         Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a \
         'X-Amz-Date' or a 'Date' header. (Hashed with SHA-256 and encoded with Base64) \
         Authorization=6wRdeNJzEHNIsDAMAdKbdVLWIqu8b6+Bs+xVNZqplQw=",
    );
}

#[test]
fn a_truncated_header_is_told_what_is_missing() {
    let request = post_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/x, SignedHeaders=host");
    let denial = verifier().verify(&request, instant(AT)).unwrap_err();
    assert_eq!(denial.reason, Reason::IncompleteSignature);
    assert!(
        denial.message.starts_with("Authorization header requires 'Signature' parameter. (Hashed with"),
        "{denial}"
    );
}

#[test]
fn a_pair_is_no_algorithm() {
    assert_refused(
        &post_with("x-api-key=1XV"),
        "IncompleteSignatureException",
        "Authorization header must begin with the algorithm name, which cannot include an equal-sign",
    );
}

#[test]
fn a_presigned_url_is_told_what_is_missing() {
    let mut request = post(&[("host", "api")]);
    request.query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20261120T101500Z&X-Amz-Signature=".to_owned();
    assert_refused(
        &request,
        "IncompleteSignatureException",
        "AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include \
         'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. Re-examine the \
         query-string parameters.",
    );
}

#[test]
fn a_presigned_url_is_good_for_as_long_as_it_says() {
    let mut request = post(&[("host", "api")]);
    let presigned = |expires: &str| {
        format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date={AT}&X-Amz-Signature=ab&X-Amz-SignedHeaders=host\
             &X-Amz-Credential={ACCESS_KEY}/{SCOPE}{expires}"
        )
    };
    let refused = |request: &Request, after: u64| {
        verifier().verify(request, instant(AT) + Duration::from_secs(after)).unwrap_err().message
    };
    for (expires, last) in [("&X-Amz-Expires=60", 60), ("&X-Amz-Expires=3600", 3_600), ("", 300)] {
        request.query = presigned(expires);
        let (in_time, late) = (refused(&request, last), refused(&request, last + 1));
        assert!(in_time.starts_with("The request signature we calculated"), "{expires}: {in_time}");
        assert!(late.starts_with("Signature expired: "), "{expires}: {late}");
    }
    for expires in ["0", "604801", "-1", "%2B60", "soon", ""] {
        request.query = presigned(&format!("&X-Amz-Expires={expires}"));
        assert!(refused(&request, 0).starts_with("X-Amz-Expires must be"), "{expires}");
    }
}

#[test]
fn two_claims_are_one_too_many() {
    let mut request = post_with("Bearer x");
    request.query = "X-Amz-Algorithm".to_owned();
    assert_refused(
        &request,
        "InvalidSignatureException",
        "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    );
}

#[test]
fn a_date_in_another_form_is_refused() {
    let authorization = authorization("a", "host", "b");
    assert_refused(
        &post(&[("x-amz-date", "201"), ("date", "Fri, 20 Nov 2026 10:15:00 GMT"), ("authorization", &authorization)]),
        "IncompleteSignatureException",
        "Date must be in ISO-8601 'basic format'. Got '201'. See http://en.wikipedia.org/wiki/ISO_8601",
    );
}

#[test]
fn a_signature_is_good_for_five_minutes_either_way() {
    let (verifier, at) = (verifier(), instant(AT));
    let request = sign(&verifier, &[("host", "api"), ("x-amz-date", AT)], at);
    let last = instant("20261120T102000Z") + Duration::from_millis(999);
    for now in [at, instant("20261120T101000Z"), last] {
        assert!(verifier.verify(&request, now).is_ok(), "{now:?}");
    }
    let late = verifier.verify(&request, instant("20261120T102001Z")).unwrap_err();
    assert_eq!(late.error_type(), "InvalidSignatureException");
    assert_eq!(
        late.message,
        "Signature expired: 20261120T101500Z is now earlier than 20261120T101501Z (20261120T102001Z - 5 min.)"
    );
    let early = verifier.verify(&request, instant("20261120T100959Z")).unwrap_err();
    assert_eq!(
        early.message,
        "Signature not yet current: 20261120T101500Z is still later than 20261120T101459Z (20261120T100959Z + 5 min.)"
    );
}

#[test]
fn a_wider_window_says_its_own_minutes() {
    let verifier =
        verifier().with_options(VerifierOptions { window: Duration::from_mins(15), ..VerifierOptions::default() });
    let request = post_with(&authorization("a", "host", "b"));
    let denial = verifier.verify(&request, instant(AT) + Duration::from_secs(1_000)).unwrap_err();
    assert!(denial.message.ends_with(" - 15 min.)"), "{denial}");
}

#[test]
fn the_date_header_of_http_serves_where_x_amz_date_is_absent() {
    let (verifier, at) = (verifier(), instant(AT));
    for date in ["Fri, 20 Nov 2026 10:15:00 GMT", AT] {
        let request = sign(&verifier, &[("date", date), ("host", "api")], at);
        assert!(verifier.verify(&request, at).is_ok(), "{date}");
    }
}

#[test]
fn the_host_must_be_signed() {
    assert_refused(
        &post_with(&authorization("a", "x-amz-date", "b")),
        "InvalidSignatureException",
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    );
}

#[test]
fn a_signed_header_must_be_there() {
    assert_refused(
        &post_with(&authorization("a", "accept;host", "b")),
        "IncompleteSignatureException",
        "'accept' is named as a SignedHeader, but it does not exist in the HTTP request.",
    );
}

#[test]
fn amazon_headers_must_be_signed_where_that_is_asked_for() {
    let (verifier, at) = (verifier(), instant(AT));
    let mut request = sign(&verifier, &[("host", "api"), ("x-amz-date", AT)], at);
    request.headers.push("X-Amz-Target", "AWSStepFunctions.StartExecution");
    assert!(verifier.verify(&request, at).is_ok());

    let strict = verifier.with_options(VerifierOptions { require_amz_headers: true, ..VerifierOptions::default() });
    let denial = strict.verify(&request, at).unwrap_err();
    assert_eq!(denial.message, "'x-amz-target' must be a 'SignedHeader' in the AWS Authorization.");
}

#[test]
fn other_algorithms_are_not_supported() {
    assert_refused(
        &post_with("AWS4-ECDSA-P256-SHA256 Credential=a, SignedHeaders=host, Signature=b"),
        "IncompleteSignatureException",
        "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256' (only AWS4-HMAC-SHA256 for now). ",
    );
}

#[test]
fn a_credential_has_five_elements() {
    for credential in ["AKIDEXAMPLE", "a/b/c/d", "a/b/c/d/e/f"] {
        assert_refused(
            &post_with(&authorization(credential, "host", "b")),
            "IncompleteSignatureException",
            &format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got \
                 '{credential}'"
            ),
        );
    }
}

#[test]
fn all_that_is_wrong_with_a_scope_is_said_at_once() {
    let scope = authorization("AKIDEXAMPLE/20261120/us-east-1/states/aws4_request", "host", "b");
    assert_refused(
        &post_with(&scope),
        "InvalidSignatureException",
        "Credential should be scoped to a valid region. Credential should be scoped to correct service: \
         'execute-api'. ",
    );
    let scope = authorization("AKIDEXAMPLE/20261119/eu-west-1/execute-api/aws5_request", "host", "b");
    assert_refused(
        &post_with(&scope),
        "InvalidSignatureException",
        "Credential should be scoped with a valid terminator: 'aws4_request'. Date in Credential scope does not match \
         YYYYMMDD from ISO-8601 version of date from HTTP: '20261119' != '20261120', from '20261120T101500Z'.",
    );
}

#[test]
fn an_unknown_key_is_an_unrecognized_client() {
    assert_refused(
        &post_with(&authorization(&format!("AKIDOTHER/{SCOPE}"), "host", "b")),
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    );
}

#[test]
fn a_wrong_secret_is_a_wrong_signature() {
    let other = Verifier::new(key(ACCESS_KEY, "another").into(), "eu-west-1", "execute-api");
    let request = sign(&verifier(), &[("host", "api"), ("x-amz-date", AT)], instant(AT));
    let denial = other.verify(&request, instant(AT)).unwrap_err();
    assert_eq!(denial.reason, Reason::InvalidSignature);
    assert!(!denial.message.contains("another"), "{denial}");
}

#[test]
fn a_signature_in_upper_case_or_cut_short_is_wrong() {
    let request = sign(&verifier(), &[("host", "api"), ("x-amz-date", AT)], instant(AT));
    let right = request.headers.get("authorization").unwrap();
    let (parts, signature) = right.rsplit_once('=').unwrap();
    for wrong in [signature.to_ascii_uppercase(), signature[1..].to_owned(), format!("{signature}0")] {
        let request = post_with(&format!("{parts}={wrong}"));
        assert_eq!(verifier().verify(&request, instant(AT)).unwrap_err().reason, Reason::InvalidSignature, "{wrong}");
    }
}

#[test]
fn a_temporary_key_needs_its_token_before_it_expires() {
    let at = instant(AT);
    let temporary = key(ACCESS_KEY, SECRET).with_session("token/1+2==", at + Duration::from_mins(1));
    let verifier = Verifier::new(temporary.into(), "eu-west-1", "execute-api");
    let headers = [("host", "api"), ("x-amz-date", AT), ("x-amz-security-token", "token/1+2==")];
    let request = sign(&verifier, &headers, at);
    assert_eq!(verifier.verify(&request, at).map(|identity| identity.access_key.as_str()), Ok(ACCESS_KEY));

    let expired = verifier.verify(&request, at + Duration::from_mins(1)).unwrap_err();
    assert_eq!(expired.error_type(), "ExpiredTokenException");
    assert_eq!(expired.message, "The security token included in the request is expired");

    let unsigned = authorization(&format!("{ACCESS_KEY}/{SCOPE}"), "host", "b");
    for token in ["token/1+2=", ""] {
        let request =
            post(&[("host", "api"), ("x-amz-date", AT), ("x-amz-security-token", token), ("authorization", &unsigned)]);
        assert_eq!(verifier.verify(&request, at).unwrap_err().reason, Reason::UnrecognizedClient, "{token}");
    }
    assert_eq!(verifier.verify(&post_with(&unsigned), at).unwrap_err().reason, Reason::UnrecognizedClient);
}

#[test]
fn a_token_with_a_key_that_has_none_is_noticed_after_the_signature() {
    let (verifier, at) = (verifier(), instant(AT));
    let mut request = sign(&verifier, &[("host", "api"), ("x-amz-date", AT)], at);
    request.headers.push("X-Amz-Security-Token", "token");
    let denial = verifier.verify(&request, at).unwrap_err();
    assert_eq!(denial.reason, Reason::UnrecognizedClient);
    assert_eq!(denial.message, "The security token included in the request is invalid");

    request.body.push(b' ');
    assert_eq!(verifier.verify(&request, at).unwrap_err().reason, Reason::InvalidSignature);
}

#[test]
fn no_key_is_known_where_none_was_given() {
    let verifier = Verifier::new(Credentials::default(), "eu-west-1", "execute-api");
    let request = post_with(&authorization(&format!("{ACCESS_KEY}/{SCOPE}"), "host", "b"));
    assert_eq!(verifier.verify(&request, instant(AT)).unwrap_err().reason, Reason::UnrecognizedClient);
}

#[test]
fn a_refusal_is_no_longer_than_a_few_times_its_request() {
    let names = "x-long;".repeat(5_000);
    let claim = authorization(&format!("{ACCESS_KEY}/{SCOPE}"), &format!("{names}host"), "b");
    let long = "a".repeat(50_000);
    let request = post(&[("host", "api"), ("x-long", &long), ("x-amz-date", AT), ("authorization", &claim)]);
    let denial = verifier().verify(&request, instant(AT)).unwrap_err();
    assert!(denial.message.len() < 4 * (long.len() + claim.len()), "{}", denial.message.len());
}

proptest! {
    #[test]
    fn no_text_in_a_request_makes_the_verifier_panic(
        authorization in "\\PC{0,80}",
        date in "\\PC{0,20}",
        path in "\\PC{0,20}",
        query in "\\PC{0,60}",
    ) {
        let headers = [("host", "api"), ("x-amz-date", date.as_str()), ("authorization", authorization.as_str())];
        let mut request = post(&headers);
        request.path.clone_from(&path);
        request.query.clone_from(&query);
        prop_assert!(verifier().verify(&request, instant(AT)).is_err());
    }

    #[test]
    fn no_claim_that_looks_right_is_accepted_without_its_signature(
        credential in "(AKIDEXAMPLE|[A-Z/]{0,9})(/20261120)?/eu-west-1/execute-api/(aws4_request|.{0,5})",
        signed_headers in "(host|x-amz-date|;|[a-z]){0,6}",
        signature in "[0-9a-f]{0,64}",
        path in "[/.%a2é]{0,20}",
        query in "[%&=+2fX é]{0,20}",
        presigned in any::<bool>(),
    ) {
        let mut request = if presigned {
            let mut request = post(&[("host", "api"), ("x-amz-date", AT)]);
            request.query = format!(
                "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}&X-Amz-Date={AT}\
                 &X-Amz-SignedHeaders={signed_headers}&X-Amz-Signature={signature}&{query}"
            );
            request
        } else {
            let mut request = post_with(&authorization(&credential, &signed_headers, &signature));
            request.query.clone_from(&query);
            request
        };
        request.path.clone_from(&path);
        prop_assert!(verifier().verify(&request, instant(AT)).is_err());
    }
}
