//! `x-amazon-apigateway-integration`: what stands behind a method.

use std::time::Duration;

use super::document::Document;
use super::mapping;
use crate::deployment::{
    Integration, IntegrationKind, IntegrationParameters, IntegrationResponse, IntegrationResponses, IntegrationUri,
    Mapping, MappingSource, MappingTemplates, MethodParameter, MethodResponse, Passthrough, SelectionPattern,
};
use crate::document::{Entry, LoadError, Node, scalar};
use crate::vtl::Template;

const KEYS: [&str; 16] = [
    "type",
    "httpMethod",
    "uri",
    "credentials",
    "passthroughBehavior",
    "requestTemplates",
    "requestParameters",
    "responses",
    "timeoutInMillis",
    "connectionType",
    "connectionId",
    "tlsConfig",
    // Their one supported value changes nothing.
    "cacheKeyParameters",
    "cacheNamespace",
    "contentHandling",
    "responseTransferMode",
];

/// Milliseconds; the longest is what a Regional API may raise its quota to.
const TIMEOUT: u32 = 29_000;
const TIMEOUTS: std::ops::RangeInclusive<u32> = 50..=300_000;

/// A method and its path, as import errors name them.
pub(super) struct Place<'a> {
    pub(super) http_method: &'a str,
    pub(super) path: &'a str,
}

impl Place<'_> {
    /// An import error of API Gateway: what it could not put where, and why.
    pub(super) fn unable(&self, thing: &str, cause: &str) -> String {
        format!("Unable to put {thing} on '{}' for resource at path '{}': {cause}", self.http_method, self.path)
    }
}

/// Reads an integration; `declared` are the parameters and answers of its method.
pub(super) fn load(
    document: &Document<'_>,
    place: &Place<'_>,
    node: &Node,
    declared: (&[MethodParameter], &[MethodResponse]),
) -> Result<Integration, LoadError> {
    const WHAT: &str = "`x-amazon-apigateway-integration`";
    document.expect_keys(node, WHAT, &KEYS, &[])?;
    only(node, "responseTransferMode", &["BUFFERED"])?;
    // Nothing is cached, and bodies are text.
    for key in ["contentHandling", "cacheNamespace", "cacheKeyParameters"] {
        let entry = node.entry(key).filter(|entry| entry.value.as_list().is_none_or(|keys| !keys.is_empty()));
        if let Some(entry) = entry {
            let refusal = entry.value.unexpected(&format!("`{key}`"), "left out");
            document.notes.pass_over(format!("`{key}` of integrations"), refusal)?;
        }
    }
    let kind = kind(place, node)?;
    let private = node.get("connectionType").is_some_and(|kind| kind.as_str() == Some("VPC_LINK"));
    if private && matches!(kind, IntegrationKind::Http { .. }) {
        // The network in between changes no answer: its server needs a double either way.
        for entry in ["connectionType", "connectionId"].into_iter().filter_map(|key| node.entry(key)) {
            let refusal = entry.value.unexpected(&format!("`{}`", entry.key), "left out");
            document.notes.pass_over("VPC links of integrations", refusal)?;
        }
    } else {
        only(node, "connectionType", &["INTERNET"])?;
        only(node, "connectionId", &[])?;
    }
    if let Some(settings) = node.get("tlsConfig") {
        document.notes.pass_over("`tlsConfig` of integrations", settings.unexpected("`tlsConfig`", "left out"))?;
    }
    let timeout =
        node.get("timeoutInMillis").map(|node| scalar::whole(node, "`timeoutInMillis`", TIMEOUTS)).transpose()?;
    Ok(Integration {
        parameters: parameters(document, place, node, declared.0, matches!(kind, IntegrationKind::Http { .. }))?,
        kind,
        passthrough: passthrough(node)?,
        request_templates: templates(document, node.get("requestTemplates"), "`requestTemplates`")?,
        responses: responses(document, place, node, declared.1)?,
        timeout: Duration::from_millis(timeout.unwrap_or(TIMEOUT).into()),
    })
}

/// Refuses any value of `key` but the `allowed` ones.
fn only(node: &Node, key: &str, allowed: &[&str]) -> Result<(), LoadError> {
    match node.get(key) {
        Some(value) if !value.as_str().is_some_and(|text| allowed.contains(&text)) => {
            let expected = if allowed.is_empty() { "left out".to_owned() } else { allowed.join(" or ") };
            Err(LoadError { is_unsupported: true, ..value.unexpected(&format!("`{key}`"), &expected) })
        }
        _ => Ok(()),
    }
}

fn kind(place: &Place<'_>, node: &Node) -> Result<IntegrationKind, LoadError> {
    let kind = node.require("an integration", "type")?;
    match kind.expect_str("the type of an integration")?.to_ascii_lowercase().as_str() {
        "mock" => Ok(IntegrationKind::Mock),
        "aws" => aws(place, node),
        "aws_proxy" => lambda(node),
        "http" => web(node, false),
        "http_proxy" => web(node, true),
        _ => {
            let refusal = kind.unexpected("the type of an integration", "mock, aws, aws_proxy, http or http_proxy");
            Err(LoadError { is_unsupported: true, ..refusal })
        }
    }
}

/// A function's URI is `…:lambda:path/2015-03-31/functions/ARN/invocations`.
fn lambda(node: &Node) -> Result<IntegrationKind, LoadError> {
    let uri = node.require("an integration of type aws_proxy", "uri")?;
    let function = uri.as_str().and_then(|uri| uri.split_once("/functions/")).map(|(_, function)| function);
    let function = function.and_then(|function| function.strip_suffix("/invocations"));
    let refusal = || uri.unexpected("the URI of a Lambda proxy integration", "one of a function's invocations");
    function.map(|function| IntegrationKind::LambdaProxy(function.to_owned())).ok_or_else(refusal)
}

fn web(node: &Node, proxy: bool) -> Result<IntegrationKind, LoadError> {
    const NEED: &str = "an integration of type http";
    let uri = node.require(NEED, "uri")?;
    let parsed = uri.as_str().and_then(IntegrationUri::parse);
    let method = node.require(NEED, "httpMethod")?.expect_str("`httpMethod`")?.to_uppercase();
    Ok(IntegrationKind::Http {
        uri: parsed.ok_or_else(|| uri.unexpected("the URI of an integration of type http", "an http or https URL"))?,
        http_method: (method != "ANY").then_some(method),
        proxy,
    })
}

fn aws(place: &Place<'_>, node: &Node) -> Result<IntegrationKind, LoadError> {
    const NEED: &str = "an integration of type aws";
    let method = node.require(NEED, "httpMethod")?;
    let credentials = node.require(NEED, "credentials")?;
    let role = credentials.as_str().is_some_and(|arn| arn.starts_with("arn:") && arn.contains(":role/"));
    if !role {
        return Err(credentials.unexpected("`credentials`", "the ARN of a role that API Gateway may assume"));
    }
    let uri = node.require(NEED, "uri")?;
    let invalid = || {
        let cause = "AWS ARN for integration must contain path or action";
        LoadError::at(&uri.position, place.unable("integration", cause))
    };
    let parts: Vec<_> = uri.expect_str("`uri`")?.splitn(6, ':').collect();
    let ["arn", _, "apigateway", _, service, target] = parts.as_slice() else { return Err(invalid()) };
    if *service != "states" {
        return Err(LoadError::unsupported(
            &uri.position,
            format!("unsupported service `{service}` in `uri`; supported here: states"),
        ));
    }
    if method.as_str() != Some("POST") {
        return Err(method.unexpected("`httpMethod`", "POST, as Step Functions asks"));
    }
    let is_name = |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
    let action = match target.split_once('/').ok_or_else(invalid)? {
        ("action", name) if is_name(&name) => Some(name.to_owned()),
        ("path", "" | "/") => None,
        ("action" | "path", _) => {
            let message = format!(
                "`uri` must end with states:action/NAME, or states:path// with the header X-Amz-Target, found `{target}`"
            );
            return Err(LoadError::at(&uri.position, message));
        }
        _ => return Err(invalid()),
    };
    Ok(IntegrationKind::Aws { service: (*service).to_owned(), action })
}

fn passthrough(node: &Node) -> Result<Passthrough, LoadError> {
    let Some(behavior) = node.get("passthroughBehavior") else { return Ok(Passthrough::WhenNoMatch) };
    match behavior.expect_str("`passthroughBehavior`")?.to_ascii_lowercase().as_str() {
        "when_no_match" => Ok(Passthrough::WhenNoMatch),
        "when_no_templates" => Ok(Passthrough::WhenNoTemplates),
        "never" => Ok(Passthrough::Never),
        _ => Err(behavior.unexpected("`passthroughBehavior`", "when_no_match, when_no_templates or never")),
    }
}

/// Mapping templates by content type.
fn templates(document: &Document<'_>, node: Option<&Node>, what: &str) -> Result<MappingTemplates, LoadError> {
    let entries = node.map_or(Ok(&[][..]), |node| node.expect_map(what))?;
    let template = |entry: &Entry| {
        let text = entry.value.expect_text(&format!("the template of `{}`", entry.key))?;
        let template = Template::parse(text)?;
        for unknown in template.unknown() {
            document.warn(unknown.position.as_ref().unwrap_or(&entry.value.position), &unknown.message);
        }
        Ok((entry.key.clone(), template))
    };
    entries.iter().map(template).collect::<Result<_, LoadError>>().map(MappingTemplates::new)
}

/// The HTTP status of an answer, as a number or as text. What is below 200 is none.
pub(super) fn status(node: &Node) -> Result<u16, LoadError> {
    let status = scalar::whole(node, "a status", 200..=599)?;
    u16::try_from(status).map_err(|_| node.unexpected("a status", "a whole number from 200 to 599"))
}

/// `requestParameters`. Actions of services read no query string and no path: those are passed over.
fn parameters(
    document: &Document<'_>,
    place: &Place<'_>,
    node: &Node,
    declared: &[MethodParameter],
    web: bool,
) -> Result<IntegrationParameters, LoadError> {
    const GROUPS: [&str; 3] = ["header", "querystring", "path"];
    let destination = |destination: &Entry| {
        let rest = destination.key.strip_prefix("integration.request.");
        let group =
            rest.and_then(|rest| rest.split_once('.')).filter(|(_, name)| !name.is_empty()).map(|(group, _)| group);
        let Some((rest, group)) = rest.zip(group).filter(|(_, group)| GROUPS.contains(group)) else {
            let known = GROUPS.map(|group| format!("integration.request.{group}.NAME")).join(", ");
            let message = format!("unsupported destination `{}`; supported here: {known}", destination.key);
            return Err(LoadError::at(&destination.position, message));
        };
        if !web && group != "header" {
            let message = format!("`{}` changes no answer: an action reads neither", destination.key);
            let refusal = LoadError { is_unsupported: true, ..LoadError::at(&destination.position, message) };
            document.notes.pass_over("query strings and paths of requests to actions of AWS services", refusal)?;
        }
        Ok(rest.to_owned())
    };
    let accepts = |source: &MappingSource| source.may_stand_in_request(declared);
    let mut parameters = IntegrationParameters::default();
    let refuse = |cause: &str| place.unable("integration", cause);
    for Mapping { name, source } in mapping::all(node.get("requestParameters"), destination, accepts, refuse)? {
        let (group, name) = name.split_once('.').expect("only names with their group are let through");
        let group = match group {
            "header" => &mut parameters.headers,
            "path" => &mut parameters.paths,
            _ => &mut parameters.queries,
        };
        group.push(Mapping { name: name.to_owned(), source });
    }
    Ok(parameters)
}

fn responses(
    document: &Document<'_>,
    place: &Place<'_>,
    node: &Node,
    declared: &[MethodResponse],
) -> Result<IntegrationResponses, LoadError> {
    let entries = node.get("responses").map_or(Ok(&[][..]), |node| node.expect_map("`responses` of an integration"))?;
    let responses = entries.iter().map(|entry| response(document, place, entry, declared));
    responses.collect::<Result<_, _>>().map(IntegrationResponses::new)
}

fn response(
    document: &Document<'_>,
    place: &Place<'_>,
    entry: &Entry,
    declared: &[MethodResponse],
) -> Result<IntegrationResponse, LoadError> {
    let what = format!("integration response `{}`", entry.key);
    let node = &entry.value;
    let known = ["statusCode", "responseParameters", "responseTemplates", "contentHandling"];
    document.expect_keys(node, &what, &known, &[])?;
    if let Some(handling) = node.get("contentHandling") {
        let refusal = handling.unexpected("`contentHandling`", "left out");
        document.notes.pass_over("`contentHandling` of integration responses", refusal)?;
    }
    let pattern = (entry.key != "default").then(|| SelectionPattern::parse(&entry.key)).transpose();
    let status = status(node.require(&what, "statusCode")?)?;
    let method_response = declared.iter().find(|response| response.status == status);
    let header = |destination: &Entry| {
        let unable = |cause: &str| LoadError::at(&destination.position, place.unable("integration response", cause));
        let target = destination.key.as_str();
        let Some(method_response) = method_response else {
            return Err(unable(&mapping::invalid("No method response exists for method.")));
        };
        let Some(header) = target.strip_prefix("method.response.header.") else {
            return Err(unable(&mapping::invalid_parameter(target)));
        };
        if !method_response.headers.iter().any(|declared| declared == header) {
            let error = unable(&mapping::invalid_parameter(target));
            if !document.options.lenient_headers {
                return Err(error);
            }
            document.warn(&destination.position, &format!("let pass: {}", error.message));
        }
        Ok(header.to_owned())
    };
    let refuse = |cause: &str| place.unable("integration response", cause);
    let accepts = MappingSource::may_stand_in_response;
    Ok(IntegrationResponse {
        pattern: pattern.map_err(|why| LoadError::at(&entry.position, why))?,
        status,
        headers: mapping::all(node.get("responseParameters"), header, accepts, refuse)?,
        templates: templates(document, node.get("responseTemplates"), "`responseTemplates`")?,
    })
}
