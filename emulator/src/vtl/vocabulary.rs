//! What a template may call, name and set: checked when it is compiled.

use super::ast::{Access, Call, Expression, Own, Root};
use super::method::Method;
use crate::java::Pattern;
use crate::jsonpath::Path;

/// Checks a call and compiles its literal arguments; `host` is what it is called on when that is known.
pub(super) fn call(host: Option<Root>, name: &str, arguments: Vec<Expression>) -> Result<Call, String> {
    let known = Method::named(name);
    let own: Option<(&str, &[Method])> = match host {
        Some(Root::Own(Own::Input)) => Some(("$input", &Method::INPUT)),
        Some(Root::Own(Own::Util)) => Some(("$util", &Method::UTIL)),
        Some(Root::Loop) => Some(("$foreach", &[])),
        _ => None,
    };
    let shadowed = matches!(host, Some(Root::Shadowed(..)));
    let method = match own {
        Some((object, methods)) => {
            let method = known.filter(|method| methods.contains(method));
            let method = method.ok_or_else(|| format!("{object} has no method `{name}`"))?;
            let fewest = usize::from(method != Method::Params);
            if !(fewest..=1).contains(&arguments.len()) {
                return Err(format!("{object}.{name} does not take {} arguments", arguments.len()));
            }
            method
        }
        None => known.filter(|method| shadowed || !method.is_own()).ok_or_else(|| {
            format!("the method `{name}` is not supported, only those of strings, numbers, lists and maps are")
        })?,
    };
    let literal = match arguments.first() {
        Some(Expression::Text(text)) => Some(text.as_ref()),
        _ => None,
    };
    let (mut pattern, mut path) = (None, None);
    if let Some(text) = literal {
        match method {
            Method::Matches | Method::ReplaceAll | Method::ReplaceFirst | Method::Split => {
                pattern = Some(Pattern::java(text)?);
            }
            Method::Json | Method::Path => path = Some(Path::parse(text).map_err(|error| error.to_string())?),
            _ => {}
        }
    }
    Ok(Call { method, arguments, pattern, path })
}

/// Whether the accesses after `$context` name something that a template may set.
pub(super) fn is_override(accesses: &[Access]) -> bool {
    matches!(accesses, [Access::Property(name), _, ..] if matches!(name.as_ref(), "responseOverride" | "requestOverride"))
}

/// First names below `$context` (developer guide, "Variables for data transformations").
pub(super) const CONTEXT: [&str; 41] = [
    "accountId",
    "apiId",
    "authenticate",
    "authorize",
    "authorizer",
    "awsEndpointRequestId",
    "cipherSuite",
    "customDomain",
    "deploymentId",
    "domainName",
    "domainPrefix",
    "endpointType",
    "error",
    "extendedRequestId",
    "httpMethod",
    "identity",
    "integration",
    "integrationErrorMessage",
    "integrationLatency",
    "integrationStatus",
    "isCanaryRequest",
    "path",
    "protocol",
    "requestId",
    "requestOverride",
    "requestTime",
    "requestTimeEpoch",
    "resourceId",
    "resourcePath",
    "responseLatency",
    "responseLength",
    "responseOverride",
    "stage",
    "status",
    "tlsVersion",
    "vpcId",
    "vpceId",
    "waf",
    "wafResponseCode",
    "webaclArn",
    "xrayTraceId",
];

/// What is said of a variable of `$context` that is not known: API Gateway may add some (developer guide, "Variables for data
/// transformations"), and refuses none.
pub(super) fn unknown_variable(root: Root, before: &[Access], name: &str) -> Option<String> {
    let asked = before.is_empty() && matches!(root, Root::Own(Own::Context));
    (asked && !CONTEXT.contains(&name)).then(|| format!("`$context.{name}` is not known here and renders as nothing"))
}

/// Refuses properties that API Gateway's own objects do not have.
pub(super) fn check_property(root: Root, before: &[Access], name: &str) -> Result<(), String> {
    const LOOP: [&str; 7] = ["index", "count", "hasNext", "first", "last", "parent", "topmost"];
    if !before.is_empty() {
        return Ok(());
    }
    match root {
        Root::Own(Own::Input) if name != "body" => Err(format!("$input has no property `{name}`, only body")),
        Root::Own(Own::Util) => Err(format!("$util has no property `{name}`, only methods")),
        Root::Loop if !LOOP.contains(&name) => Err(format!("$foreach has no property `{name}`")),
        _ => Ok(()),
    }
}
