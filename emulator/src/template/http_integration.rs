//! What stands behind routes of HTTP APIs: actions of Step Functions, functions, web servers.

use std::time::Duration;

use crate::deployment::{HttpIntegration, IntegrationUri, ParameterChange, SelectionExpression};
use crate::document::{Entry, LoadError, Node, Notes, scalar};

/// The actions of Step Functions, and their members as request parameters and as members of a call.
const ACTIONS: [(&str, &[(&str, &str)]); 3] = [
    ("StartExecution", &[("StateMachineArn", "stateMachineArn"), ("Name", "name"), ("Input", "input")]),
    (
        "StartSyncExecution",
        &[("StateMachineArn", "stateMachineArn"), ("Name", "name"), ("Input", "input"), ("TraceHeader", "traceHeader")],
    ),
    ("StopExecution", &[("ExecutionArn", "executionArn"), ("Error", "error"), ("Cause", "cause")]),
];
/// A parameter of every action; it changes no answer.
const REGION: &str = "Region";
/// The longest wait, and the one without any word of it.
const LONGEST: Duration = Duration::from_secs(30);

/// The names that the properties of an integration have.
pub(super) struct Keys {
    subtype: &'static str,
    kind: &'static str,
    uri: &'static str,
    method: &'static str,
    request: &'static str,
    response: &'static str,
    timeout: &'static str,
    /// Those that are read elsewhere or change no answer.
    others: &'static [&'static str],
}

/// Of OpenAPI documents.
pub(super) const DOCUMENTED: Keys = Keys {
    subtype: "integrationSubtype",
    kind: "type",
    uri: "uri",
    method: "httpMethod",
    request: "requestParameters",
    response: "responseParameters",
    timeout: "timeoutInMillis",
    others: &[
        "payloadFormatVersion",
        "credentials",
        "connectionType",
        "connectionId",
        "passthroughBehavior",
        "tlsConfig",
    ],
};
/// Of `AWS::ApiGatewayV2::Integration`.
pub(super) const DECLARED: Keys = Keys {
    subtype: "IntegrationSubtype",
    kind: "IntegrationType",
    uri: "IntegrationUri",
    method: "IntegrationMethod",
    request: "RequestParameters",
    response: "ResponseParameters",
    timeout: "TimeoutInMillis",
    others: &[
        "ApiId",
        "ConnectionId",
        "ConnectionType",
        "CredentialsArn",
        "Description",
        "PassthroughBehavior",
        "PayloadFormatVersion",
        "RequestTemplates",
        "TemplateSelectionExpression",
        "TlsConfig",
    ],
};

/// Passes over the keys of an integration in a document that are not known; those of a resource are known by its type.
fn check(node: &Node, keys: &Keys, notes: &Notes) -> Result<(), LoadError> {
    let interpreted = [keys.subtype, keys.kind, keys.uri, keys.method, keys.request, keys.response, keys.timeout];
    let known = [&interpreted[..], keys.others].concat();
    for entry in node.expect_map("an integration")?.iter().filter(|entry| !known.contains(&entry.key.as_str())) {
        notes.pass_over(format!("`{}` of integrations", entry.key), entry.unsupported("an integration", &known))?;
    }
    Ok(())
}

/// What stands behind a route.
pub(super) fn read(node: &Node, keys: &Keys, notes: &Notes) -> Result<HttpIntegration, LoadError> {
    check(node, keys, notes)?;
    let timeout = timeout(node.get(keys.timeout))?;
    let parameters = node.get(keys.request);
    let Some(subtype) = node.get(keys.subtype) else {
        let (kind, uri) = (node.get(keys.kind).and_then(Node::as_str), node.get(keys.uri).and_then(Node::as_str));
        let Some(uri) = uri else {
            return Ok(HttpIntegration::Unserved(format!("integration of type {}", kind.unwrap_or("unknown"))));
        };
        return match IntegrationUri::parse(uri) {
            Some(uri) if kind.is_some_and(|kind| kind.eq_ignore_ascii_case("http_proxy")) => {
                let method = node.get(keys.method).map(|node| scalar::text(node, "the method of an integration"));
                Ok(HttpIntegration::Http {
                    uri,
                    http_method: method.transpose()?.filter(|method| method != "ANY"),
                    changes: changes(parameters, false, notes)?,
                    answer_changes: answer_changes(node.get(keys.response), notes)?,
                    timeout,
                })
            }
            _ => Ok(match function_of(uri) {
                HttpIntegration::Lambda { function, format_2, .. } => HttpIntegration::Lambda {
                    function,
                    format_2,
                    changes: changes(parameters, false, notes)?,
                    answer_changes: answer_changes(node.get(keys.response), notes)?,
                    timeout,
                },
                integration => integration,
            }),
        };
    };
    let name = subtype.expect_str("the subtype of an integration")?;
    let action = name.strip_prefix("StepFunctions-").and_then(|name| ACTIONS.iter().find(|(known, _)| *known == name));
    let Some((action, known)) = action else {
        return Ok(HttpIntegration::Unserved(format!("integration subtype {name}")));
    };
    let mut members = Vec::new();
    for entry in parameters.map_or(Ok(&[][..]), |node| node.expect_map("`RequestParameters`"))? {
        let Some((_, member)) = known.iter().find(|(name, _)| *name == entry.key) else {
            if entry.key != REGION {
                let known = known.iter().map(|(name, _)| *name).chain([REGION]).collect::<Vec<_>>();
                let refusal = entry.unsupported(&format!("the parameters of {name}"), &known);
                notes.pass_over(format!("parameter `{}` of {name}", entry.key), refusal)?;
            }
            continue;
        };
        let text = scalar::text(&entry.value, &format!("`{}`", entry.key))?;
        let expression = SelectionExpression::parse(&text).map_err(|why| LoadError::at(&entry.value.position, why))?;
        doubt(&expression, &entry.value, notes);
        members.push(((*member).to_owned(), expression));
    }
    let answer_changes = answer_changes(node.get(keys.response), notes)?;
    Ok(HttpIntegration::StepFunctions { action: (*action).to_owned(), members, answer_changes, timeout })
}

/// How long an integration is waited for: 50 ms to 30 s.
pub(super) fn timeout(node: Option<&Node>) -> Result<Duration, LoadError> {
    let Some(node) = node else { return Ok(LONGEST) };
    let most = u32::try_from(LONGEST.as_millis()).expect("30 s are few milliseconds");
    scalar::whole(node, "the time-out of an integration, in milliseconds", 50..=most)
        .map(|millis| Duration::from_millis(millis.into()))
}

/// Says which variables have no value here.
fn doubt(expression: &SelectionExpression, node: &Node, notes: &Notes) {
    for name in expression.unknown() {
        let message = format!("`$context.{name}` has no value here, and what it is part of is left out");
        notes.warn(LoadError::at(&node.position, message).to_string());
    }
}

/// What is changed in requests, or in answers.
fn changes(node: Option<&Node>, of_answer: bool, notes: &Notes) -> Result<Vec<ParameterChange>, LoadError> {
    let entries = node.map_or(Ok(&[][..]), |node| node.expect_map("a map of parameters"))?;
    let change = |entry: &Entry| {
        let value = scalar::text(&entry.value, &format!("`{}`", entry.key))?;
        let change = ParameterChange::parse(&entry.key, &value, of_answer);
        let change = change.map_err(|why| LoadError::at(&entry.position, why))?;
        doubt(&change.value, &entry.value, notes);
        Ok(change)
    };
    entries.iter().map(change).collect()
}

/// What is changed in answers, by status: a map as documents have it, or the list of `AWS::ApiGatewayV2::Integration`.
fn answer_changes(node: Option<&Node>, notes: &Notes) -> Result<Vec<(u16, Vec<ParameterChange>)>, LoadError> {
    let entries = node.map_or(Ok(&[][..]), |node| node.expect_map("`ResponseParameters`"))?;
    let of_status = |entry: &Entry| {
        let status = entry.key.parse().ok().filter(|status| (100..600).contains(status)).ok_or_else(|| {
            let message = format!("`{}` is not the status of an answer, as 200 is", entry.key);
            LoadError::at(&entry.position, message)
        })?;
        let Some(list) = entry.value.get("ResponseParameters") else {
            return Ok((status, changes(Some(&entry.value), true, notes)?));
        };
        let change = |node: &Node| {
            let text = |key: &str| scalar::text(node.require("a response parameter", key)?, &format!("`{key}`"));
            let (destination, source) = (text("Destination")?, text("Source")?);
            ParameterChange::parse(&destination, &source, true).map_err(|why| LoadError::at(&node.position, why))
        };
        let list = list.expect_list("`ResponseParameters`")?;
        Ok((status, list.iter().map(change).collect::<Result<_, LoadError>>()?))
    };
    entries.iter().map(of_status).collect()
}

/// The target of an API that is one route: a web server or a function.
pub(super) fn quick(target: &str) -> HttpIntegration {
    match IntegrationUri::parse(target) {
        Some(uri) => HttpIntegration::Http {
            uri,
            http_method: None,
            changes: Vec::new(),
            answer_changes: Vec::new(),
            timeout: LONGEST,
        },
        None => function_of(target),
    }
}

/// A function, named by its ARN or by the URI that invokes it; anything else is not called.
fn function_of(uri: &str) -> HttpIntegration {
    match uri.find(":lambda:").map(|_| uri.rsplit("/functions/").next().unwrap_or(uri)) {
        Some(function) => HttpIntegration::Lambda {
            function: function.trim_end_matches("/invocations").to_owned(),
            // What an integration in a document has unless it says otherwise.
            format_2: true,
            changes: Vec::new(),
            answer_changes: Vec::new(),
            timeout: LONGEST,
        },
        None => HttpIntegration::Unserved(format!("integration with `{uri}`")),
    }
}

/// With the version of the event that a function is given, which an integration says by itself.
pub(super) fn with_format(integration: HttpIntegration, version: Option<&Node>) -> HttpIntegration {
    match (integration, version) {
        (HttpIntegration::Lambda { function, changes, answer_changes, timeout, .. }, Some(version)) => {
            HttpIntegration::Lambda { function, format_2: is_format_2(version), changes, answer_changes, timeout }
        }
        (integration, _) => integration,
    }
}

/// Whether the version of an event is 2.0; YAML reads it without quotes as a number.
pub(super) fn is_format_2(version: &Node) -> bool {
    scalar::text(version, "`PayloadFormatVersion`").is_ok_and(|text| text.starts_with('2'))
}
