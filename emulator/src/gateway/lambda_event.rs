//! What a function is given that stands behind a route: the request as an event, in the formats 1.0 and 2.0.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::context::{RequestContext, common_log_time};
use super::exchange::{Exchange, query};
use super::served::Served;
use crate::deployment::{HttpApi, Stack};
use crate::http::Request;
use crate::vtl::Context as _;

/// The event of a REST API (developer guide, "Input format of a Lambda function for proxy integration").
pub(super) fn of_rest(served: &Served, exchange: &Exchange) -> Value {
    let method = served.method(exchange.method.expect("only a routed request is sent to a function"));
    let context = RequestContext { served, exchange, failure: None };
    let known = |name: &str| context.value(name).map_or(Value::Null, |value| Value::from(value.into_owned()));
    let mut event = common(exchange, &exchange.request, &format!("/{}", served.api.stage));
    event["resource"] = method.path.as_str().into();
    event["stageVariables"] = pairs_or_null(&served.api.stage_variables);
    event["requestContext"] = json!({
        "resourceId": known("resourceId"),
        "resourcePath": method.path.as_str(),
        "httpMethod": exchange.request.method,
        "extendedRequestId": exchange.ids.extended,
        "requestTime": known("requestTime"),
        "path": exchange.request.path,
        "accountId": served.stack.account,
        "protocol": "HTTP/1.1",
        "stage": served.api.stage,
        "domainPrefix": known("domainPrefix"),
        "requestTimeEpoch": millis(exchange),
        "requestId": exchange.ids.request,
        "identity": {
            "cognitoIdentityPoolId": null,
            "accountId": known("identity.accountId"),
            "cognitoIdentityId": null,
            "caller": known("identity.caller"),
            "sourceIp": exchange.source.to_string(),
            "principalOrgId": null,
            "accessKey": known("identity.accessKey"),
            "cognitoAuthenticationType": null,
            "cognitoAuthenticationProvider": null,
            "userArn": known("identity.userArn"),
            "userAgent": known("identity.userAgent"),
            "user": known("identity.user"),
        },
        "domainName": known("domainName"),
        "apiId": served.api.id,
    });
    event
}

/// The event of an HTTP API, in format 1.0 or 2.0 (developer guide, "Payload format version").
///
/// `request` is what the function sees of it: the caller's, with what the route changes in it.
pub(super) fn of_http(
    (api, stack): (&HttpApi, &Stack),
    exchange: &Exchange,
    request: &Request,
    route_key: &str,
    version_2: bool,
) -> Value {
    let host = exchange.request.headers.get("host").unwrap_or_default();
    let prefix = host.split(['.', ':']).next().unwrap_or_default();
    let stage = api.stage.as_deref().unwrap_or("$default");
    if !version_2 {
        let mut event =
            common(exchange, request, &api.stage.as_ref().map_or_else(String::new, |stage| format!("/{stage}")));
        event["version"] = "1.0".into();
        event["resource"] = route_key.split_once(' ').map_or(route_key, |(_, path)| path).into();
        event["stageVariables"] = pairs_or_null(&api.stage_variables);
        event["requestContext"] = json!({
            "accountId": stack.account,
            "apiId": api.id,
            "domainName": host,
            "domainPrefix": prefix,
            "extendedRequestId": exchange.ids.extended,
            "httpMethod": request.method,
            "identity": { "sourceIp": exchange.source.to_string(), "userAgent": request.headers.get("user-agent") },
            "path": exchange.request.path,
            "protocol": "HTTP/1.1",
            "requestId": exchange.ids.extended,
            "requestTime": common_log_time(exchange.at.as_secs()),
            "requestTimeEpoch": millis(exchange),
            "resourceId": route_key,
            "resourcePath": event["resource"],
            "stage": stage,
        });
        return event;
    }
    let mut event = json!({
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": request.path,
        "rawQueryString": request.query,
    });
    // What is empty is left out, and values of one name are joined.
    let mut headers = BTreeMap::<String, String>::new();
    let mut cookies = Vec::new();
    for (name, value) in exchange.headers(request) {
        if name.eq_ignore_ascii_case("cookie") {
            cookies.extend(value.split(';').map(|cookie| Value::from(cookie.trim())));
        } else {
            join(&mut headers, name.to_ascii_lowercase(), &value);
        }
    }
    let mut parameters = BTreeMap::new();
    for (name, value) in query(&request.query) {
        join(&mut parameters, name.into_owned(), &value);
    }
    if !cookies.is_empty() {
        event["cookies"] = cookies.into();
    }
    event["headers"] = json!(headers);
    if !parameters.is_empty() {
        event["queryStringParameters"] = json!(parameters);
    }
    event["requestContext"] = json!({
        "accountId": stack.account,
        "apiId": api.id,
        "domainName": host,
        "domainPrefix": prefix,
        "http": {
            "method": request.method,
            "path": exchange.request.path,
            "protocol": "HTTP/1.1",
            "sourceIp": exchange.source.to_string(),
            "userAgent": request.headers.get("user-agent").unwrap_or_default(),
        },
        "requestId": exchange.ids.extended,
        "routeKey": route_key,
        "stage": stage,
        "time": common_log_time(exchange.at.as_secs()),
        "timeEpoch": millis(exchange),
    });
    if !exchange.path_parameters.is_empty() {
        event["pathParameters"] = pairs_or_null(&exchange.path_parameters);
    }
    if !api.stage_variables.is_empty() {
        event["stageVariables"] = pairs_or_null(&api.stage_variables);
    }
    let (body, encoded) = body(&request.body);
    if !body.is_null() {
        event["body"] = body;
    }
    event["isBase64Encoded"] = encoded.into();
    event
}

/// What both kinds of API have in format 1.0; `stage` is what its paths begin with.
fn common(exchange: &Exchange, request: &Request, stage: &str) -> Value {
    let (headers, all_headers) =
        grouped(exchange.headers(request).map(|(name, value)| (name.into_owned(), value.into_owned())));
    let (parameters, all_parameters) =
        grouped(query(&request.query).map(|(name, value)| (name.into_owned(), value.into_owned())));
    let (body, encoded) = body(&request.body);
    json!({
        "resource": null,
        "path": request.path.strip_prefix(stage).filter(|path| !path.is_empty()).unwrap_or("/"),
        "httpMethod": request.method,
        "headers": headers,
        "multiValueHeaders": all_headers,
        "queryStringParameters": parameters,
        "multiValueQueryStringParameters": all_parameters,
        "pathParameters": pairs_or_null(&exchange.path_parameters),
        "stageVariables": null,
        "requestContext": null,
        "body": body,
        "isBase64Encoded": encoded,
    })
}

/// The last value of each name, and all values of each; null where there is none.
fn grouped(pairs: impl Iterator<Item = (String, String)>) -> (Value, Value) {
    let (mut last, mut all) = (Map::new(), Map::new());
    for (name, value) in pairs {
        let values = all.entry(name.clone()).or_insert_with(|| Value::Array(Vec::new()));
        values.as_array_mut().expect("only lists are put into it").push(value.clone().into());
        last.insert(name, value.into());
    }
    if last.is_empty() { (Value::Null, Value::Null) } else { (last.into(), all.into()) }
}

fn pairs_or_null(pairs: &[(String, String)]) -> Value {
    if pairs.is_empty() {
        return Value::Null;
    }
    pairs.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect::<Map<_, _>>().into()
}

fn join(into: &mut BTreeMap<String, String>, name: String, value: &str) {
    into.entry(name).and_modify(|joined| joined.extend([",", value])).or_insert_with(|| value.to_owned());
}

/// A body as text; what is no text is encoded.
fn body(bytes: &[u8]) -> (Value, bool) {
    use base64::Engine as _;
    match std::str::from_utf8(bytes) {
        Ok("") => (Value::Null, false),
        Ok(text) => (text.into(), false),
        Err(_) => (base64::engine::general_purpose::STANDARD.encode(bytes).into(), true),
    }
}

fn millis(exchange: &Exchange) -> Value {
    u64::try_from(exchange.at.as_millis()).unwrap_or(u64::MAX).into()
}
