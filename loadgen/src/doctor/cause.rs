//! What alone explains many findings: one cause is one finding.

use stepgate::wire;

use crate::contract::{Answer, CaseResult, Variant};

/// What is known when the cause of a finding is asked for.
#[derive(Debug, Default)]
pub(super) struct Symptoms {
    /// Whether requests are signed.
    pub(super) signs: bool,
    /// Whether the preflight of the method is answered, so that there is one.
    pub(super) opens: bool,
    /// The origin that the preflight allows.
    pub(super) origin: Option<String>,
    /// Why a start that nothing is wrong with was not answered; `None` where none was asked.
    pub(super) start: Option<Cause>,
}

impl Symptoms {
    /// Takes in the answer to a preflight of the method.
    pub(super) fn opened(&mut self, finding: &CaseResult<'_>) {
        let Some(answer) = finding.answer.as_ref().ok().filter(|answer| answer.status < 300) else { return };
        self.opens = true;
        self.origin = allowed_origin(finding, answer).map(str::to_owned);
    }

    /// How the origin that an answer allows differs from that of the preflight: no page can pass both.
    pub(super) fn other_origin(&self, finding: &CaseResult<'_>) -> Option<String> {
        let preflight = self.origin.as_deref()?;
        let answer = allowed_origin(finding, finding.answer.as_ref().ok()?)?;
        (answer != preflight)
            .then(|| format!("header {ALLOW_ORIGIN} is {answer:?}, while the preflight allows {preflight:?}"))
    }

    /// Why a preflight finds no method: only a start can tell whether the method itself is there.
    pub(super) fn of_no_preflight(&self) -> Cause {
        match &self.start {
            Some(cause) if !cause.is_of_access() => Cause::NoPreflight,
            _ => Cause::NoSuchMethod,
        }
    }
}

const ALLOW_ORIGIN: &str = "Access-Control-Allow-Origin";

/// The one origin that an answer allows; `None` where it allows all of them, or repeats the one that asked.
fn allowed_origin<'a>(finding: &CaseResult<'_>, answer: &'a Answer) -> Option<&'a str> {
    let allowed = answer.header(ALLOW_ORIGIN)?.trim();
    (allowed != "*" && finding.case.request.origin() != Some(allowed)).then_some(allowed)
}

/// Why answers are not those of the contract.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    /// Nothing is wrong.
    Nothing,
    /// There is no answer at all.
    NoAnswer(String),
    /// The target is no method of the API.
    NoSuchMethod,
    /// Requests came without the signature that it wants.
    WantsSignature,
    /// The key is not the one that signed.
    WrongSecret,
    /// AWS does not know the key, or its session has ended.
    UnknownKey,
    /// The caller is known and may not.
    NotAllowed,
    /// The gateway refuses without a reason: an API key, a resource policy, a firewall, or the stage.
    Forbidden,
    /// The template names a state machine that does not exist.
    NoStateMachine,
    /// The role of the API may not start it.
    RoleNotAllowed,
    /// What the gateway answers by itself bears no headers for browsers, or has another form.
    GatewayErrors(&'static str),
    /// A preflight is answered with another status than 204.
    PreflightStatus(u16),
    /// A preflight lacks headers.
    PreflightHeaders(String),
    /// An answer of the integration lacks headers.
    AnswerHeaders(String),
    /// The method has no OPTIONS beside it.
    NoPreflight,
    /// A route beside the execute method is missing: its HTTP method.
    NoRoute(String),
    /// The route that asks about an execution is missing, or wants a signature.
    NoRouteOrSignature,
    /// The route waits for its workflows.
    Waits,
    /// The validator refuses bodies that are JSON.
    Model,
    /// Executions have another name than the request id.
    OtherName,
    /// A start is answered with something else than what Step Functions said.
    OtherBody,
    /// Executions have another input than the body.
    OtherInput,
    /// Step Functions cannot read what the request template writes.
    Unreadable,
    /// The machine is not of the type that the action starts.
    OtherType,
    /// What the case itself says.
    Remedy(String),
}

impl Cause {
    /// The cause of a finding.
    pub(super) fn of(finding: &CaseResult<'_>, symptoms: &Symptoms) -> Self {
        let answer = match &finding.answer {
            Ok(answer) => answer,
            Err(mistake) => return Self::NoAnswer(mistake.to_string()),
        };
        if Self::is_of_a_workflow_that_ended(answer) {
            return Self::Waits;
        }
        let refusal = Self::of_refusal(answer, symptoms).filter(|cause| {
            // Who may not start may do nothing else either: that refusal stands before every other.
            let barred = cause.is_of_access() && symptoms.start.as_ref() == Some(cause);
            // Where the contract has the gateway refuse, a refusal tells nothing; and who may start may do the rest.
            let expected = finding.case.expectation(Variant::Corrected);
            let start = finding.case.request.is_plain_start();
            let telling = !expected.headers.contains_key("x-amzn-ErrorType");
            // And of a method that is not there the gateway says the same, whether or not those that are want signatures.
            let elsewhere = symptoms.start.is_none()
                && matches!(cause, Self::NoSuchMethod | Self::WantsSignature)
                && !finding.case.request.is_preflight_of_execute()
                && !finding.case.request.is_plain_start();
            barred || telling && !elsewhere && (!cause.is_of_access() || start || symptoms.start.is_none())
        });
        refusal
            .or_else(|| Self::of_route(finding, answer, symptoms))
            .or_else(|| Self::of_model(finding, answer))
            .or_else(|| Self::of_start(finding, answer, symptoms))
            .or_else(|| Self::of_headers(finding, answer))
            .unwrap_or_else(|| Self::Remedy(finding.case.remedy.clone()))
    }

    /// The cause of a refusal that any start would meet.
    fn of_refusal(answer: &Answer, symptoms: &Symptoms) -> Option<Self> {
        let Symptoms { signs, opens, .. } = *symptoms;
        let kind = answer.header("x-amzn-ErrorType").unwrap_or_default();
        let kind = kind.split(':').next().unwrap_or_default();
        let message = String::from_utf8_lossy(&answer.body);
        match kind {
            "MissingAuthenticationTokenException" if !signs && opens => return Some(Self::WantsSignature),
            "MissingAuthenticationTokenException" => return Some(Self::NoSuchMethod),
            "InvalidSignatureException" | "SignatureDoesNotMatch" => return Some(Self::WrongSecret),
            "UnrecognizedClientException" | "ExpiredTokenException" | "InvalidClientTokenId" => {
                return Some(Self::UnknownKey);
            }
            "AccessDeniedException" if message.contains("execute-api:Invoke") => return Some(Self::NotAllowed),
            "ForbiddenException" => return Some(Self::Forbidden),
            _ => {}
        }
        let outcome = wire::classify(answer.status, answer, &answer.body);
        match outcome.fault().and_then(|fault| fault.reason.as_deref()) {
            Some("StateMachineDoesNotExist") => Some(Self::NoStateMachine),
            Some("InvalidArn") if !message.contains("execution") => Some(Self::NoStateMachine),
            Some("AccessDeniedException") => Some(Self::RoleNotAllowed),
            _ => None,
        }
    }

    /// Whether an answer is that of `StartSyncExecution`: no start is ever answered so.
    fn is_of_a_workflow_that_ended(answer: &Answer) -> bool {
        let body: Option<serde_json::Value> = serde_json::from_slice(&answer.body).ok();
        (200..300).contains(&answer.status) && body.is_some_and(|body| body.get("billingDetails").is_some())
    }

    /// A body that the contract delivers and the validator refuses.
    fn of_model(finding: &CaseResult<'_>, answer: &Answer) -> Option<Self> {
        let expected = finding.case.expectation(Variant::Corrected);
        let refused = answer.header("x-amzn-ErrorType").is_some_and(|kind| kind.starts_with("BadRequestException"))
            && String::from_utf8_lossy(&answer.body).contains("Invalid request body");
        (refused && !expected.headers.contains_key("x-amzn-ErrorType")).then_some(Self::Model)
    }

    /// A missing route beside an execute method that works.
    fn of_route(finding: &CaseResult<'_>, answer: &Answer, symptoms: &Symptoms) -> Option<Self> {
        let expected = finding.case.expectation(Variant::Corrected);
        let unknown =
            answer.header("x-amzn-ErrorType").is_some_and(|kind| kind.starts_with("MissingAuthenticationToken"));
        let barred = symptoms.start.as_ref().is_some_and(Self::is_of_access);
        if !unknown || barred || expected.headers.contains_key("x-amzn-ErrorType") {
            return None;
        }
        let request = &finding.case.request;
        if request.goes_to_executions() && symptoms.start.is_none() && !symptoms.signs && request.method == "GET" {
            // Nobody has asked the method itself, which alone could tell them apart.
            Some(Self::NoRouteOrSignature)
        } else if request.goes_to_executions() {
            Some(Self::NoRoute(request.method.clone()))
        } else {
            (request.method == "OPTIONS" && request.goes_to_execute() && !symptoms.opens).then_some(Self::NoPreflight)
        }
    }

    /// What is wrong with every start alike, once the plain one has shown it.
    fn of_start(finding: &CaseResult<'_>, answer: &Answer, symptoms: &Symptoms) -> Option<Self> {
        let expected = finding.case.expectation(Variant::Corrected);
        let all = |starts: &[&str]| {
            finding.differences.iter().all(|difference| starts.iter().any(|start| difference.starts_with(start)))
        };
        let named = finding.differences.iter().any(|difference| difference.starts_with("the execution's name is "));
        let outcome = wire::classify(answer.status, answer, &answer.body);
        let cause = match outcome.fault().and_then(|fault| fault.reason.as_deref()) {
            Some("SerializationException" | "InvalidExecutionInput") => Self::Unreadable,
            Some("StateMachineTypeNotSupported") => Self::OtherType,
            // What every start after the first meets where all have one name.
            Some("ExecutionAlreadyExists") => Self::OtherName,
            _ if answer.status != expected.status || answer.status >= 300 => return None,
            _ if named && all(&["the execution's name is ", "body is "]) => Self::OtherName,
            _ if all(&["the execution's input is "]) => match symptoms.start {
                // What cannot be read may by chance be read as something else.
                Some(Self::Unreadable) => Self::Unreadable,
                _ => Self::OtherInput,
            },
            None if all(&["body is ", "nothing was started", "the execution's input is "]) => Self::OtherBody,
            _ => return None,
        };
        // Where one start could be read, another that could not is a matter of its body.
        let of_first = matches!(cause, Self::Unreadable | Self::OtherType);
        let shows = finding.case.request.is_plain_start() && (!of_first || symptoms.start.is_none());
        (shows || symptoms.start.as_ref() == Some(&cause)).then_some(cause)
    }

    /// The cause of differences in nothing but the headers that browsers ask for, or the form of the gateway's own errors.
    fn of_headers(finding: &CaseResult<'_>, answer: &Answer) -> Option<Self> {
        if finding.case.request.method == "OPTIONS" && (200..300).contains(&answer.status) {
            let of_status = |difference: &String| difference.starts_with("status is ");
            if finding.differences.iter().all(of_status) {
                return Some(Self::PreflightStatus(answer.status));
            }
        }
        let of_gateway = answer.header("x-amzn-ErrorType").is_some();
        let mut headers = Vec::new();
        for difference in &finding.differences {
            match difference.strip_prefix("header ").and_then(|rest| rest.split(' ').next()) {
                Some(name) if name.starts_with("Access-Control-") => headers.push(name),
                None if of_gateway && difference.starts_with("body is ") => {}
                _ => return None,
            }
        }
        if of_gateway {
            return Some(Self::GatewayErrors(if answer.status < 500 { "DEFAULT_4XX" } else { "DEFAULT_5XX" }));
        }
        let headers = headers.join(" and ");
        let preflight = finding.case.request.method == "OPTIONS";
        Some(if preflight { Self::PreflightHeaders(headers) } else { Self::AnswerHeaders(headers) })
    }

    /// Whether it is about who calls, and what: the same for every request to the method.
    pub(super) const fn is_of_access(&self) -> bool {
        matches!(
            self,
            Self::NoSuchMethod
                | Self::WantsSignature
                | Self::WrongSecret
                | Self::UnknownKey
                | Self::NotAllowed
                | Self::Forbidden
        )
    }

    /// In a few words; `None` where the case says it best.
    pub(super) fn title(&self) -> Option<String> {
        Some(match self {
            Self::NoAnswer(_) => "the target does not answer".into(),
            Self::NoSuchMethod => "the URL names no method of the API".into(),
            Self::WantsSignature => "the deployment requires signatures".into(),
            Self::WrongSecret => "the signature was not made with the key's secret".into(),
            Self::UnknownKey => "AWS does not know the key".into(),
            Self::NotAllowed => "the caller may not invoke the API".into(),
            Self::Forbidden => "the gateway refuses the caller".into(),
            Self::NoStateMachine => "the state machine does not exist".into(),
            Self::RoleNotAllowed => "the API's role may not start the state machine".into(),
            Self::GatewayErrors(_) => "browsers cannot read the gateway's own errors, or these have another form \
                than the contract's"
                .into(),
            Self::PreflightStatus(status) => format!("a preflight is answered with {status}"),
            Self::PreflightHeaders(headers) => format!("a preflight comes without the right {headers}"),
            Self::AnswerHeaders(headers) => format!("answers come without the right {headers}"),
            Self::NoPreflight => "preflights are not answered".into(),
            Self::NoRoute(method) => format!("there is no {method} of /executions/{{name}}"),
            Self::NoRouteOrSignature => "there is no GET of /executions/{name}, or it requires a signature".into(),
            Self::Waits => "the route waits for an EXPRESS workflow, and the contract is that of a start".into(),
            Self::Model => "bodies that are JSON are refused".into(),
            Self::OtherName => "executions are not named by the request".into(),
            Self::OtherBody => "a start is not answered with what Step Functions says".into(),
            Self::OtherInput => "executions do not get the body as their input".into(),
            Self::Unreadable => "Step Functions cannot read what the request template writes".into(),
            Self::OtherType => "the state machine is not of the type that the integration starts".into(),
            Self::Nothing | Self::Remedy(_) => return None,
        })
    }

    /// What to do.
    pub(super) fn remedy(&self) -> String {
        match self {
            Self::NoAnswer(_) => {
                "look at host, port and scheme of the URL, at the proxy (--proxy) and at the certificate (--cacert)".into()
            }
            Self::NoSuchMethod => {
                "write the whole URL of the execute method with its stage, and deploy the API to that stage".into()
            }
            Self::WantsSignature => "sign: --auth sigv4, with the keys of a caller in the environment".into(),
            Self::WrongSecret => {
                "set the AWS_SECRET_ACCESS_KEY that belongs to AWS_ACCESS_KEY_ID, and AWS_REGION to the API's".into()
            }
            Self::UnknownKey => {
                "renew the session, or unset an AWS_SESSION_TOKEN that does not belong to the key".into()
            }
            Self::NotAllowed => {
                "allow the caller execute-api:Invoke on the API, in its own policy and in the API's resource policy".into()
            }
            Self::Forbidden => {
                "look at the stage in the URL, at the API's resource policy and firewall, and send an API key where one is \
                 asked for (--auth api-key)"
                    .into()
            }
            Self::NoStateMachine => {
                "give the request template the ARN of a state machine of this account and region (stateMachineArn)".into()
            }
            Self::RoleNotAllowed => {
                "allow the role in `credentials` of the integration states:StartExecution (or StartSyncExecution) on the \
                 state machine"
                    .into()
            }
            Self::GatewayErrors(response) => {
                format!(
                    "set {response} in x-amazon-apigateway-gateway-responses, with Access-Control-Allow-Origin and the template of \
                     deploy/openapi.yaml"
                )
            }
            Self::PreflightStatus(_) => {
                "set 204 as the status of the OPTIONS method's mock and of its response; browsers take any 2xx".into()
            }
            Self::PreflightHeaders(headers) => {
                format!("map {headers} in the integration response of the OPTIONS method")
            }
            Self::AnswerHeaders(headers) => {
                format!("map {headers} in every integration response of the method, and declare it in its responses")
            }
            Self::NoPreflight => {
                "add the OPTIONS method of deploy/openapi.yaml beside the POST: a mock, open to everyone".into()
            }
            Self::NoRoute(method) => {
                format!("add the method {method} /executions/{{name}} of deploy/openapi.yaml")
            }
            Self::NoRouteOrSignature => {
                "where calls are signed, sign: --auth sigv4, with the keys of a caller in the environment; else add the method \
                 GET /executions/{name} of deploy/openapi.yaml"
                    .into()
            }
            Self::Waits => {
                "nothing, where that is meant: load it with kind = \"execute-sync\", and call it with `execute_sync`; where it is \
                 to start a STANDARD workflow, call StartExecution in the integration's uri"
                    .into()
            }
            Self::Model => "let the body's model allow every JSON value".into(),
            Self::OtherName => {
                "take the execution's name from the Idempotency-Key header, else from $context.requestId, as \
                 deploy/openapi.yaml does"
                    .into()
            }
            Self::OtherBody => {
                "leave the 2xx integration response without a mapping template, so that the backend's body passes through"
                    .into()
            }
            Self::OtherInput | Self::Unreadable => {
                "write the body as text into the request template: \"input\": \
                 \"$util.escapeJavaScript($input.json('$')).replaceAll(\"\\\\'\", \"'\")\""
                    .into()
            }
            Self::OtherType => {
                "call StartExecution in the integration's uri: StartSyncExecution starts EXPRESS state machines only".into()
            }
            Self::Nothing => String::new(),
            Self::Remedy(remedy) => remedy.clone(),
        }
    }
}
