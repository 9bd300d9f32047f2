use super::*;
use crate::credentials::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings};
use aws_sigv4::sign::v4::SigningParams;
use http::{HeaderMap, Request, Uri};
use proptest::prelude::*;
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn credentials(token: Option<&str>) -> Credentials {
    Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token.map(Into::into), None, "test")
}

fn request(url: &str) -> Request<&'static str> {
    Request::post(url).header("content-type", "application/json").body(r#"{"order":1}"#).unwrap()
}

/// What the crate `aws-sigv4` signs for the headers of such a request.
fn signed_by_aws<B: AsRef<[u8]>>(
    scope: &Scope,
    request: &Request<B>,
    credentials: &Credentials,
    time: SystemTime,
) -> HeaderMap {
    let mut settings = SigningSettings::default();
    // It is handed only what is to be signed.
    settings.excluded_headers = None;
    let identity = credentials.clone().into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(scope.region())
        .name(scope.service())
        .time(time)
        .settings(settings)
        .build()
        .unwrap();
    let headers = request.headers().iter().filter(|(name, _)| is_signed(name));
    let headers: Vec<_> = headers.map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    let uri = target::escaped(request.uri()).unwrap().to_string();
    let body = SignableBody::Bytes(request.body().as_ref());
    let signable = SignableRequest::new(request.method().as_str(), uri, headers.into_iter(), body).unwrap();
    let (signed, _) = aws_sigv4::http_request::sign(signable, &params.into()).unwrap().into_parts().0.into_parts();
    signed.iter().map(|header| (header.name().parse().unwrap(), header.value().parse().unwrap())).collect()
}

/// Signs with both signers and returns what both say, and `aws-sigv4` too.
fn signed_twice<B: AsRef<[u8]>>(
    scope: &Scope,
    mut request: Request<B>,
    credentials: &Credentials,
    time: SystemTime,
) -> Request<B> {
    let by_aws = signed_by_aws(scope, &request, credentials, time);
    let mut prepared = Prepared::new(scope.clone(), &request, credentials.clone()).unwrap();
    Signer::new(scope.clone()).sign(&mut request, credentials, time).unwrap();
    let signed = prepared.sign(request.body().as_ref(), time).unwrap();
    let header = |name: &str| request.headers().get(name).map(http::HeaderValue::as_bytes);
    let names = ["x-amz-date", "authorization", "x-amz-security-token"];
    for name in names {
        assert_eq!(header(name), by_aws.get(name).map(http::HeaderValue::as_bytes), "{name}");
    }
    assert_eq!(
        header("authorization").unwrap().escape_ascii().to_string(),
        signed.authorization().escape_ascii().to_string()
    );
    assert_eq!(header("x-amz-date"), Some(signed.amz_date()));
    assert_eq!(header("x-amz-security-token"), signed.security_token());
    let mut lines = Vec::new();
    for name in names {
        if let Some(value) = header(name) {
            lines.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
    }
    assert_eq!(signed.lines(), lines);
    assert_eq!(prepared.path_and_query(), request.uri().path_and_query().unwrap().as_str());
    request
}

fn requests() -> impl Strategy<Value = Request<Vec<u8>>> {
    let url = (
        prop_oneof![
            "https?://[a-z][a-z0-9.-]{0,12}[a-z](:(80|443|[1-9][0-9]{0,3}))?",
            Just("http://[::1]:8080".into())
        ],
        prop_oneof![
            "(/([a-zA-Z0-9._~!$&'()*+,;=:@|^`{}\"é語-]|%[0-9a-fA-F]{2}|%){0,6}){0,5}",
            "(/(prod|\\.|\\.\\.|\\.a|)){0,6}/?",
        ],
        prop_oneof![
            Just(String::new()),
            "\\?([a-zA-Z0-9._~!$'()*+,;:@/?|\"é-]|%[0-7][0-9a-fA-F]|%[cC]3%[aA]9|%|&|=){0,30}",
            "\\?(a|b|B|%61|)=(1|2|%20|)(&(a|b|B|%61|)(=(1|2|%20|))?){0,4}",
        ],
    )
        .prop_map(|(origin, path, query)| format!("{origin}{path}{query}"))
        .prop_filter("a URI that can be signed", |url| {
            url.parse::<Uri>().is_ok_and(|uri| target::escaped(&uri).is_ok())
        });
    let names =
        ["content-type", "x-api-key", "accept", "x-zeta", "idempotency-key", "host", "a", "x-amz-date", "x-amz-e"];
    let names: Vec<_> = names.iter().chain(UNSIGNED).copied().collect();
    let headers = prop::collection::vec((prop::sample::select(names), "[ -~\t]{0,12}|[a ]{0,8}"), 0..6);
    let method = prop::sample::select(vec!["POST", "GET", "OPTIONS", "PUT"]);
    (method, url, headers, prop::collection::vec(any::<u8>(), 0..300)).prop_map(|(method, url, headers, body)| {
        let request = headers.into_iter().fold(Request::builder().method(method).uri(url), |request, (name, value)| {
            request.header(name, value.trim_matches('\t'))
        });
        request.body(body).unwrap()
    })
}

#[test]
fn a_prepared_signature_allocates_nothing_not_even_in_a_new_second() {
    let shape = request("https://api.example.com/prod/execute");
    let mut prepared = Prepared::new(Scope::execute_api("eu-west-1"), &shape, credentials(Some("token"))).unwrap();
    prepared.sign(b"", at(1_800_000_000)).unwrap();
    let counted = allocation_counter::measure(|| {
        for second in 0..10 {
            prepared.sign(&[b'x'; 500], at(1_800_000_000 + second)).unwrap();
        }
    });
    assert_eq!(counted.count_total, 0);
}

proptest! {
    #[test]
    fn a_signature_is_that_of_aws_sigv4(
        request in requests(),
        region in "[a-z]{2}-[a-z]{4,9}-[1-9]",
        service in prop::sample::select(vec![Scope::EXECUTE_API, Scope::STATES]),
        (id, secret, token) in ("[A-Z0-9]{1,20}", "[!-~]{1,100}", prop::option::of("[!-~]{1,400}")),
        time in 0_u64..253_402_300_800,
    ) {
        let credentials = Credentials::new(id, secret, token, None, "test");
        signed_twice(&Scope::new(&region, service), request, &credentials, at(time));
    }

    #[test]
    fn a_prepared_signer_forgets_nothing_and_keeps_nothing_too_long_however_the_clock_steps(
        steps in prop::collection::vec(
            (prop_oneof![0_i64..3, 80_000_i64..90_000, -90_000_i64..0], any::<bool>(), 0_usize..200),
            1..12,
        ),
    ) {
        let shape = request("https://api.example.com/prod/execute?b=1&a=2");
        let scope = Scope::execute_api("eu-west-1");
        let mut prepared = Prepared::new(scope.clone(), &shape, credentials(None)).unwrap();
        let mut now = 1_800_000_000_u64;
        for (step, temporary, length) in steps {
            now = now.saturating_add_signed(step);
            let current = credentials(temporary.then_some("token"));
            if prepared.credentials() != &current {
                prepared.set_credentials(current.clone()).unwrap();
            }
            let mut signed = shape.clone().map(|_| vec![b'x'; length]);
            Signer::new(scope.clone()).sign(&mut signed, &current, at(now)).unwrap();
            let prepared = prepared.sign(signed.body(), at(now)).unwrap();
            prop_assert_eq!(prepared.authorization(), signed.headers()["authorization"].as_bytes());
        }
    }
}

fn sign(request: &mut Request<&'static str>) -> Result<(), SigningError> {
    Signer::new(Scope::execute_api("eu-west-1")).sign(request, &credentials(Some("token")), at(1_800_000_000))
}

#[test]
fn a_uri_travels_as_it_was_signed() {
    for (raw, escaped) in [
        ("/prod/caf\u{e9}", "/prod/caf%C3%A9"),
        ("/prod/{a|b}\"^\\", "/prod/%7Ba%7Cb%7D%22%5E%5C"),
        ("/prod/a%20b?q={\u{e9}}", "/prod/a%20b?q=%7B%C3%A9%7D"),
    ] {
        let mut written_raw = request(&format!("https://api.example.com{raw}"));
        let mut written_escaped = request(&format!("https://api.example.com{escaped}"));
        sign(&mut written_raw).unwrap();
        sign(&mut written_escaped).unwrap();
        assert_eq!(written_raw.uri().path_and_query().unwrap(), escaped);
        assert_eq!(written_raw.headers(), written_escaped.headers(), "{raw}");
        // What an HTTP stack built on the `url` crate, such as reqwest, makes of it.
        let sent = url::Url::parse(&written_raw.uri().to_string()).unwrap();
        assert_eq!(sent[url::Position::BeforePath..], *escaped);
    }
}

#[test]
fn a_request_signed_again_has_only_the_new_signature() {
    let mut once = request("https://api.example.com/prod/execute");
    let mut again = once.clone();
    sign(&mut again).unwrap();
    let signer = Signer::new(Scope::execute_api("eu-west-1"));
    for request in [&mut once, &mut again] {
        signer.sign(request, &credentials(None), at(1_800_000_060)).unwrap();
    }
    assert_eq!(again.headers(), once.headers());
    assert!(!again.headers().contains_key("x-amz-security-token"));
}

#[test]
fn a_request_that_cannot_be_signed_stays_as_it_was() {
    let refusal = |url: &str, change: fn(&mut Request<&'static str>)| {
        let mut request = request(url);
        change(&mut request);
        let before = format!("{request:?}");
        let error = sign(&mut request).unwrap_err();
        assert_eq!(format!("{request:?}"), before);
        error
    };
    assert!(matches!(refusal("/prod/execute", |_| {}), SigningError::NoHost));
    assert!(matches!(refusal("https://user:secret@api.example.com/", |_| {}), SigningError::UserInfo));
    let long = format!("https://api.example.com/{}", "a".repeat(MAX_URI));
    assert!(matches!(refusal(&long, |_| {}), SigningError::UriTooLong(length) if length == MAX_URI + 24));
    for query in ["%ff", "a=%C3", "a=%c3%28", "%E9=1"] {
        let error = refusal(&format!("https://api.example.com/?{query}"), |_| {});
        assert!(matches!(error, SigningError::QueryNotUtf8), "{query}");
    }
    let name = refusal("https://api.example.com/", |request| {
        request.headers_mut().insert("x-name", http::HeaderValue::from_bytes("Zo\u{eb}".as_bytes()).unwrap());
    });
    assert!(matches!(name, SigningError::HeaderNotAscii(name) if name == "x-name"));
}

#[test]
fn times_and_credentials_that_no_header_can_carry_are_refused() {
    let signer = Signer::for_uri(&Uri::from_static("https://a.execute-api.eu-west-1.amazonaws.com/")).unwrap();
    let shape = request("https://api.example.com/prod/execute");
    for time in [SystemTime::UNIX_EPOCH - Duration::from_secs(1), at(253_402_300_800)] {
        let error = signer.sign(&mut shape.clone(), &credentials(None), time).unwrap_err();
        assert!(matches!(error, SigningError::TimeOutOfRange));
        let mut prepared = Prepared::new(signer.scope().clone(), &shape, credentials(None)).unwrap();
        assert!(matches!(prepared.sign(b"", time), Err(SigningError::TimeOutOfRange)));
    }
    let broken = [
        ("AKID\n", "secret", None),
        ("AKID", "secret", Some("to ken".to_owned())),
        ("AK\u{e9}", "secret", None),
        ("AKID", "secret\n", None),
    ];
    for (id, secret, token) in broken {
        let broken = Credentials::new(id, secret, token, None, "test");
        let error = signer.sign(&mut shape.clone(), &broken, at(0)).unwrap_err();
        assert!(matches!(error, SigningError::UnusableCredentials));
        let mut prepared = Prepared::new(signer.scope().clone(), &shape, credentials(None)).unwrap();
        assert!(matches!(prepared.set_credentials(broken), Err(SigningError::UnusableCredentials)));
        assert_eq!(prepared.credentials(), &credentials(None));
    }
}

#[test]
fn nothing_printed_tells_a_secret() {
    let mut request = request("https://api.example.com/prod/execute?key=hidden");
    let mut prepared =
        Prepared::new(Scope::execute_api("eu-west-1"), &request, credentials(Some("hidden-token"))).unwrap();
    sign(&mut request).unwrap();
    let printed = format!("{prepared:?} {:?} {:?}", prepared.clone().sign(b"", at(0)).unwrap(), request.headers());
    prepared.sign(b"", at(0)).unwrap();
    for secret in ["hidden", "wJalr", "Signature"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[test]
fn credentials_of_a_variable_that_is_set_to_nothing_are_refused() {
    let shape = request("https://api.example.com/prod/execute");
    for (id, secret, token) in [("", "secret", None), ("AKID", "", None), ("AKID", "secret", Some(String::new()))] {
        let empty = Credentials::new(id, secret, token, None, "test");
        let error = Signer::new(Scope::execute_api("eu-west-1")).sign(&mut shape.clone(), &empty, at(0)).unwrap_err();
        assert!(matches!(error, SigningError::EmptyCredentials), "{error}");
        let prepared = Prepared::new(Scope::execute_api("eu-west-1"), &shape, empty);
        assert!(matches!(prepared.unwrap_err(), SigningError::EmptyCredentials));
    }
}

/// Every request that botocore signed for `tests/referees/sigv4-oracle`.
#[test]
fn the_signatures_are_those_of_botocore() {
    let vectors: Value = serde_json::from_str(include_str!("../../vectors/sigv4/execute-api.json")).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 20, "the vectors shrank to {}", cases.len());
    for case in cases {
        let text = |key: &str| case[key].as_str();
        let mut unsigned = Request::builder().method(text("method").unwrap()).uri(text("url").unwrap());
        for list in ["headers", "unsigned_headers"] {
            for header in case[list].as_array().into_iter().flatten() {
                unsigned = unsigned.header(header[0].as_str().unwrap(), header[1].as_str().unwrap());
            }
        }
        let unsigned = unsigned.body(text("body").unwrap()).unwrap();
        let credentials = Credentials::new(
            text("access_key_id").unwrap(),
            text("secret_access_key").unwrap(),
            text("session_token").map(Into::into),
            None,
            "vectors",
        );
        let scope = Scope::new(text("region").unwrap(), text("service").unwrap());
        let signed = signed_twice(&scope, unsigned, &credentials, at(case["time"].as_u64().unwrap()));
        let authorization = signed.headers()["authorization"].to_str().unwrap();
        assert_eq!(authorization, text("authorization").unwrap(), "{}", case["name"]);
    }
}

/// The suite that AWS publishes with its signers, read where cargo keeps the `aws-sigv4` crate.
#[test]
fn the_signatures_are_those_of_the_aws_signing_test_suite() {
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    // Without a platform, metadata asks for the crates of all of them.
    let version = run("rustc", &["-vV"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let arguments = ["metadata", "--format-version", "1", "--offline", "--locked", "--filter-platform", host];
    let metadata: Value = serde_json::from_str(&run(env!("CARGO"), &arguments)).unwrap();
    let mut packages = metadata["packages"].as_array().unwrap().iter();
    let manifest = packages.find(|package| package["name"] == "aws-sigv4").unwrap()["manifest_path"].as_str().unwrap();
    let suite = Path::new(manifest).with_file_name("aws-signing-test-suite/v4");
    let mut checked = 0;
    for case in std::fs::read_dir(suite).unwrap() {
        checked += usize::from(check_suite_case(&case.unwrap().path()));
    }
    assert!(checked >= 26, "only {checked} cases of the suite were checked");
}

/// Whether the case is about a signature as API Gateway wants it: a normalised path, escaped as it travels, and a session
/// token that is signed.
fn check_suite_case(folder: &Path) -> bool {
    if !folder.join("context.json").exists() {
        return false;
    }
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap();
    let context: Value = serde_json::from_str(&read("context.json")).unwrap();
    let text = read("request.txt");
    let (head, body) = text.split_once("\n\n").unwrap_or((text.as_str(), ""));
    let mut lines = head.lines();
    let target = lines.next().unwrap().split(' ').collect::<Vec<_>>();
    let &[method, path, _] = target.as_slice() else { return false };
    let continued = head.contains("\n ");
    let escaped_once =
        folder.ends_with("get-space-normalized") || !path.split('?').next().unwrap_or_default().is_ascii();
    if continued || escaped_once || context["normalize"] == false || context["omit_session_token"] == true {
        return false;
    }
    let mut request = Request::builder().method(method).uri(format!("https://example.amazonaws.com{path}"));
    for line in lines {
        let (name, value) = line.split_once(':').unwrap();
        request = request.header(name, value);
    }
    if context["sign_body"] == true {
        let canonical = read("header-canonical-request.txt");
        request = request.header("x-amz-content-sha256", canonical.lines().last().unwrap());
    }
    let request = request.body(body.to_owned()).unwrap();
    let credentials = &context["credentials"];
    let secret = |key: &str| credentials[key].as_str().map(ToOwned::to_owned);
    let credentials = Credentials::new(
        secret("access_key_id").unwrap(),
        secret("secret_access_key").unwrap(),
        secret("token"),
        None,
        "suite",
    );
    assert_eq!(context["timestamp"], "2015-08-30T12:36:00Z");
    let scope = Scope::new(context["region"].as_str().unwrap(), context["service"].as_str().unwrap());
    let signed = signed_twice(&scope, request, &credentials, at(1_440_938_160));
    let authorization = signed.headers()["authorization"].to_str().unwrap();
    assert!(authorization.ends_with(&read("header-signature.txt")), "{}: {authorization}", folder.display());
    true
}
