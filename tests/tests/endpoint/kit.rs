//! The kit for wiremock, held against what was recorded and against the emulator.

use contract_tests::answers::known_answers;
use regex::Regex;
use stepgate::Wiring;
use stepgate::testing::wiremock::{Answer, Deployment};
use stepgate_emulator::Serving;
use stepgate_loadgen::authorization::{Auth, Authorization};
use stepgate_loadgen::contract::{Case, Exchange, Variant, ask, cases};
use stepgate_loadgen::endpoint::Endpoint;
use wiremock::{Mock, MockServer, matchers};

use super::{as_posted, corrected, environment, http};

/// An answer as it was recorded or documented, with what differs from request to request replaced.
fn masked(text: &str) -> String {
    let masks = [
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID"),
        (r"\d\.\d+E9", "DATE"),
        (r"arn:aws:states:[a-z0-9-]+:\d+:(stateMachine|execution|express):[A-Za-z0-9_-]+", "ARN:$1"),
        (r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", "TRACE"),
    ];
    masks.iter().fold(text.to_owned(), |text, (pattern, with)| {
        Regex::new(pattern).unwrap().replace_all(&text, *with).into_owned()
    })
}

/// The answers of the kit, and the name under which each stands in the client's table of answers.
fn told() -> Vec<(Answer, &'static str)> {
    vec![
        (Answer::started(), "started, compact body with exponent date"),
        (Answer::creation_failed("InvalidName"), "our deployment: 403 CREATION_FAILED"),
        (Answer::throttled(), "our deployment: 429 of Step Functions"),
        (Answer::service_failed("ServiceUnavailable"), "our deployment: 502 of Step Functions"),
        (Answer::gateway_with_code(429), "our deployment: 429 of the gateway"),
        (Answer::gateway_with_code(504), "our deployment: the gateway's 504"),
        (Answer::failed_inside_200("ExecutionLimitExceeded"), "ExecutionLimitExceeded behind HTTP 200, as posted"),
        (Answer::failed_inside_200("InvalidArn"), "InvalidArn behind HTTP 200, as posted"),
        (Answer::failed_inside_200("InvalidExecutionInput"), "InvalidExecutionInput behind HTTP 200, as posted"),
        (Answer::failed_inside_200("InvalidName"), "InvalidName behind HTTP 200, as posted"),
        (Answer::failed_inside_200("StateMachineDeleting"), "StateMachineDeleting behind HTTP 200, as posted"),
        (Answer::failed_inside_200("KmsAccessDeniedException"), "KmsAccessDeniedException behind HTTP 200, as posted"),
        (
            Answer::failed_inside_200("StateMachineTypeNotSupported"),
            "StateMachineTypeNotSupported behind HTTP 200, as posted",
        ),
        (Answer::failed_inside_200("SerializationException"), "unparsable envelope behind 200, 60 bytes"),
        (Answer::failed_inside_200("UnknownOperationException"), "UnknownOperationException"),
        (Answer::failed_inside_200("KmsThrottlingException"), "key service throttled behind 200"),
        (Answer::failed_inside_200("InternalFailure"), "internal failure behind 200"),
        (Answer::throttled_inside_200(), "throttled behind 200"),
        (Answer::missing_authentication_token(), "unknown path"),
        (Answer::expired_token(), "expired token"),
        (Answer::gateway(403), "API key or firewall"),
        (Answer::gateway(401), "unauthorized"),
        (Answer::gateway(429), "gateway throttle"),
        (Answer::quota_exceeded(), "usage plan quota"),
        (Answer::gateway(413), "too large, JSON"),
        (Answer::too_large(), "too large, text/plain"),
        (Answer::gateway(400), "invalid body"),
        (Answer::gateway(415), "media type"),
        (Answer::gateway(404), "not found"),
        (Answer::gateway(504), "integration time-out: the trap"),
        (Answer::gateway(500), "configuration error"),
        (Answer::authorizer_failed(), "authorizer failure, null message"),
        (Answer::empty(502), "gateway's 502 without a body"),
    ]
}

#[tokio::test]
async fn the_kits_answers_are_those_that_were_recorded() {
    let vectors = known_answers();
    let server = MockServer::start().await;
    for (answer, what) in told() {
        let vector = vectors.iter().find(|vector| vector.what == what).unwrap_or_else(|| panic!("no vector {what}"));
        server.reset().await;
        Mock::given(matchers::any()).respond_with(answer).mount(&server).await;
        let got = reqwest::get(server.uri()).await.unwrap();
        assert_eq!(got.status().as_u16(), vector.status, "{what}");
        for (name, value) in &vector.headers {
            assert_eq!(masked(got.headers()[name].to_str().unwrap()), masked(value), "{what}: {name}");
        }
        assert_eq!(masked(&got.text().await.unwrap()), masked(&vector.body), "{what}");
    }
}

/// A deployment of the kit beside the same one of the emulator's.
struct Pair {
    kit: Deployment,
    emulator: Serving,
    _server: MockServer,
}

impl Pair {
    async fn start(variant: Variant) -> Self {
        let (wiring, emulator) = match variant {
            Variant::Corrected => (Wiring::Template, corrected()),
            Variant::AsPosted => (Wiring::AsPosted, as_posted()),
        };
        let server = MockServer::start().await;
        let kit = Deployment::wired(wiring).mount(&server).await;
        Self { kit, emulator, _server: server }
    }
}

/// What the kit does not know, because it reads no template and no signature.
const UNKNOWN: [&str; 1] = ["an_authorization_that_is_no_signature_is_told_on_an_unknown_path"];

fn asked(cases: &[Case]) -> impl Iterator<Item = &Case> {
    cases.iter().filter(|case| !case.request.unsigned && !UNKNOWN.contains(&case.name.as_str()))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kits_deployments_answer_their_columns_of_the_table() {
    let cases = cases().unwrap();
    for variant in [Variant::Corrected, Variant::AsPosted] {
        let pair = Pair::start(variant).await;
        let execute = Endpoint::parse(&pair.kit.url()).unwrap();
        let authorization = Authorization::of(Auth::None, None, &execute, &environment).unwrap();
        for case in asked(&cases) {
            let uuid = uuid::Uuid::new_v4().to_string();
            let finding = ask(case, variant, &execute, &authorization, &uuid, &mut http(&execute));
            assert_eq!(finding.differences, [""; 0], "{}", case.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kits_deployments_answer_as_the_emulator_does() {
    let cases = cases().unwrap();
    for variant in [Variant::Corrected, Variant::AsPosted] {
        let pair = Pair::start(variant).await;
        let mut differences = Vec::new();
        for case in asked(&cases) {
            let uuid = uuid::Uuid::new_v4().to_string();
            let [kit, emulator] = [pair.kit.url(), pair.emulator.url().to_owned()].map(|url| {
                let endpoint = Endpoint::parse(&url).unwrap();
                let message = case.request.message(&endpoint, &uuid);
                let answer = http(&endpoint).exchange(&message.endpoint, &message.to_bytes()).unwrap();
                let mut headers: Vec<_> = answer
                    .headers
                    .iter()
                    .filter(|(name, _)| {
                        !["connection", "content-length", "date"].contains(&name.to_ascii_lowercase().as_str())
                    })
                    .map(|(name, value)| (name.to_ascii_lowercase(), masked(value)))
                    .map(
                        |(name, value)| {
                            if name == "x-amz-apigw-id" { (name, value.len().to_string()) } else { (name, value) }
                        },
                    )
                    .collect();
                headers.sort();
                (answer.status, headers, masked(&String::from_utf8(answer.body).unwrap()))
            });
            if kit != emulator {
                differences.push(format!("{}: {kit:?}, and the emulator {emulator:?}", case.name));
            }
        }
        assert!(differences.is_empty(), "{variant:?}: {differences:#?}");
    }
}
