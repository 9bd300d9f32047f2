//! What SAM adds to the document of an API: routes of events, CORS, authorization, gateway responses, models.
//!
//! The routes and answers are those that `aws-sam-translator` writes; `tests/referees/sam-translator` asks it.

use super::events::Route;
use super::resource::Resource;
use super::scope::Scope;
use super::types::Type;
use crate::document::{Entry, LoadError, Node, Position, scalar};
use crate::openapi::{METHODS, extension};

/// A document without paths.
pub(super) fn empty(position: &Position) -> Node {
    let version = Node::text(position, "3.0.1");
    Node::map(position, vec![("openapi", version), ("paths", Node::map(position, Vec::new()))])
}

/// Adds the routes of events that the document does not have yet.
pub(super) fn add_routes(scope: &Scope, document: &mut Node, routes: &[&Route<'_>]) -> Result<(), LoadError> {
    for route in routes {
        let position = &route.position;
        let operation = operation(scope, document, route)?;
        let key = if route.method == "any" { extension::ANY_METHOD } else { &route.method };
        let paths = document.get_or_insert("paths", position);
        let methods = paths.get_or_insert(&route.path, position);
        if methods.get(key).is_none() {
            methods.set(key, position, operation);
        }
    }
    Ok(())
}

fn operation(scope: &Scope, document: &mut Node, route: &Route<'_>) -> Result<Node, LoadError> {
    let position = &route.position;
    let text = |value: &str| Node::text(position, value);
    let map = |entries: Vec<(&str, Node)>| Node::map(position, entries);
    let (stack, arn) = (scope.stack(), route.target.called_arn(scope)?);
    let service = |target: &str| format!("arn:{}:apigateway:{}:{target}", stack.partition, stack.region);
    let mut operation = if route.target.kind == Type::ServerlessStateMachine {
        let unescape = route.properties.get("UnescapeMappingTemplate");
        let unescape = unescape.map_or(Ok(false), |node| scalar::flag(node, "`UnescapeMappingTemplate`"))?;
        let input = if unescape {
            r#"$util.escapeJavaScript($input.json('$')).replaceAll("\\'","'")"#
        } else {
            "$util.escapeJavaScript($input.json('$'))"
        };
        let template = format!(r#"{{"input": "{input}", "stateMachineArn": "{arn}"}}"#);
        let role = stack.generated_name(&format!("{}{}Role", route.target.id, route.event));
        let status = |code: &'static str| (code, map(vec![("statusCode", text(code))]));
        let integration = map(vec![
            ("type", text("aws")),
            ("httpMethod", text("POST")),
            ("uri", text(&service("states:action/StartExecution"))),
            ("credentials", text(&stack.iam_arn(&format!("role/{role}")))),
            ("requestTemplates", map(vec![("application/json", text(&template))])),
            ("responses", map(vec![status("200"), status("400")])),
        ]);
        let described = |code: &'static str, what: &str| (code, map(vec![("description", text(what))]));
        let responses = map(vec![described("200", "OK"), described("400", "Bad Request")]);
        map(vec![(extension::INTEGRATION, integration), ("responses", responses)])
    } else {
        let uri = service(&format!("lambda:path/2015-03-31/functions/{arn}/invocations"));
        let mut integration = vec![("type", text("aws_proxy")), ("httpMethod", text("POST")), ("uri", text(&uri))];
        integration.extend(route.properties.get("TimeoutInMillis").map(|timeout| ("timeoutInMillis", timeout.clone())));
        map(vec![(extension::INTEGRATION, map(integration)), ("responses", map(Vec::new()))])
    };
    if let Some(auth) = route.properties.get("Auth") {
        authorize(&mut operation, auth, "Authorizer", position)?;
    }
    if let Some(model) = route.properties.get("RequestModel") {
        const KEYS: [&str; 4] = ["Model", "Required", "ValidateBody", "ValidateParameters"];
        let what = "`RequestModel`";
        scope.notes().pass_over_keys(model.expect_map(what)?, what, what, &KEYS)?;
        request_model(document, &mut operation, model)?;
    }
    if let Some(parameters) = route.properties.get("RequestParameters") {
        let parameters = parameters.expect_list("`RequestParameters`")?.iter();
        let parameters = parameters.map(|node| parameter(scope, node));
        operation.set("parameters", position, Node::list(position, parameters.collect::<Result<_, _>>()?));
    }
    Ok(operation)
}

/// `method.request.header.NAME`, or a map of it to `{Required, Caching}`.
fn parameter(scope: &Scope, node: &Node) -> Result<Node, LoadError> {
    let (name, required) = match node.as_map() {
        Some([Entry { key, value, .. }]) => {
            let what = "the settings of a request parameter";
            scope.notes().pass_over_keys(value.expect_map(what)?, what, what, &["Caching", "Required"])?;
            (key.as_str(), value.get("Required"))
        }
        Some([_, other, ..]) => {
            let message = "a request parameter has one name; put others into entries of their own";
            return Err(LoadError::at(&other.position, message));
        }
        _ => (node.expect_str("a request parameter")?, None),
    };
    let place = name.strip_prefix("method.request.").and_then(|rest| rest.split_once('.'));
    let Some((place, name)) = place else {
        return Err(node.unexpected("a request parameter", "method.request.header.NAME or its like"));
    };
    let position = &node.position;
    let place = if place == "querystring" { "query" } else { place };
    let required = required.cloned().unwrap_or_else(|| Node::text(position, "false"));
    let fields =
        vec![("name", Node::text(position, name)), ("in", Node::text(position, place)), ("required", required)];
    Ok(Node::map(position, fields))
}

/// `RequestModel: {Model, Required, ValidateBody, ValidateParameters}`.
fn request_model(document: &mut Node, operation: &mut Node, model: &Node) -> Result<(), LoadError> {
    let position = &model.position;
    let text = |value: &str| Node::text(position, value);
    let name = model.require("`RequestModel`", "Model")?.expect_str("`Model`")?;
    let reference = Node::map(position, vec![("$ref", text(&format!("#/components/schemas/{name}")))]);
    let schema = Node::map(position, vec![("schema", reference)]);
    let content = Node::map(position, vec![("application/json", schema)]);
    operation.set("requestBody", position, Node::map(position, vec![("content", content)]));
    let flag = |key: &str| model.get(key).map_or(Ok(false), |node| scalar::flag(node, &format!("`{key}`")));
    let (body, parameters) = (flag("ValidateBody")?, flag("ValidateParameters")?);
    if body || parameters {
        let name = format!("body-{body}-params-{parameters}");
        let truth = |value: bool| text(if value { "true" } else { "false" });
        let fields = vec![("validateRequestBody", truth(body)), ("validateRequestParameters", truth(parameters))];
        document.get_or_insert(extension::REQUEST_VALIDATORS, position).set(
            &name,
            position,
            Node::map(position, fields),
        );
        operation.set(extension::REQUEST_VALIDATOR, position, text(&name));
    }
    Ok(())
}

/// Adds what the API's own properties ask for.
pub(super) fn add_settings(scope: &Scope, document: &mut Node, api: &Resource) -> Result<(), LoadError> {
    if let Some(models) = api.property(scope, "Models")? {
        let components = document.get_or_insert("components", &models.position);
        let schemas = components.get_or_insert("schemas", &models.position);
        for entry in models.expect_map("`Models`")? {
            schemas.set(&entry.key, &entry.position, entry.value.clone());
        }
    }
    let auth = api.property(scope, "Auth")?;
    if let Some(auth) = &auth {
        const KEYS: [&str; 5] =
            ["AddDefaultAuthorizerToCorsPreflight", "ApiKeyRequired", "Authorizers", "DefaultAuthorizer", "InvokeRole"];
        let what = format!("`Auth` of {}", api.what());
        scope.notes().pass_over_keys(auth.expect_map("`Auth`")?, &what, "`Auth` of APIs", &KEYS)?;
        let preflight = auth.get("AddDefaultAuthorizerToCorsPreflight");
        let preflight =
            preflight.map_or(Ok(true), |node| scalar::flag(node, "`AddDefaultAuthorizerToCorsPreflight`"))?;
        let methods = paths(document).iter_mut().flat_map(|path| path.value.entries_mut());
        for method in methods.filter(|method| METHODS.contains(&method.key.as_str())) {
            if preflight || method.key != "options" {
                authorize(&mut method.value, auth, "DefaultAuthorizer", &auth.position)?;
            }
        }
    }
    if let Some(cors) = api.property(scope, "Cors")? {
        const KEYS: [&str; 5] = ["AllowCredentials", "AllowHeaders", "AllowMethods", "AllowOrigin", "MaxAge"];
        scope.notes().pass_over_keys(cors.as_map().unwrap_or_default(), "`Cors`", "`Cors` of REST APIs", &KEYS)?;
        add_preflights(scope, document, &cors)?;
    }
    if let Some(responses) = api.property(scope, "GatewayResponses")? {
        const KEY: &str = extension::GATEWAY_RESPONSES;
        for entry in responses.expect_map("`GatewayResponses`")? {
            let response = gateway_response(entry)?;
            document.get_or_insert(KEY, &entry.position).set(&entry.key, &entry.position, response);
        }
    }
    Ok(())
}

fn paths(document: &mut Node) -> &mut [Entry] {
    let position = document.position.clone();
    document.get_or_insert("paths", &position).entries_mut()
}

/// Gives an operation the authorizer that `key` of `auth` names, and the API key that it asks for, unless it says so
/// itself.
fn authorize(operation: &mut Node, auth: &Node, key: &str, position: &Position) -> Result<(), LoadError> {
    if operation.get(extension::AUTH).is_none()
        && operation.get("security").is_none()
        && let Some(authorizer) = auth.get(key)
    {
        let name = authorizer.expect_str(&format!("`{key}`"))?;
        operation.set(
            extension::AUTH,
            position,
            Node::map(position, vec![("type", Node::text(&authorizer.position, name))]),
        );
    }
    if operation.get(extension::API_KEY_REQUIRED).is_none()
        && let Some(needed) = auth.get("ApiKeyRequired")
    {
        let needed = scalar::flag(needed, "`ApiKeyRequired`")?;
        operation.set(
            extension::API_KEY_REQUIRED,
            position,
            Node::text(position, if needed { "true" } else { "false" }),
        );
    }
    Ok(())
}

/// `OPTIONS` for every path that has none.
fn add_preflights(scope: &Scope, document: &mut Node, cors: &Node) -> Result<(), LoadError> {
    let position = &cors.position;
    let text = |value: &str| Node::text(position, value);
    let setting = |key: &str| match cors.as_map() {
        None if key == "AllowOrigin" => scalar::text(cors, "`Cors`").map(Some),
        None => Ok(None),
        Some(_) => cors.get(key).map(|node| scalar::text(node, &format!("`{key}`"))).transpose(),
    };
    let credentials = setting("AllowCredentials")?.filter(|allow| allow.eq_ignore_ascii_case("true"));
    for path in paths(document) {
        if path.value.get("options").is_some() {
            continue;
        }
        let all = path.value.get(extension::ANY_METHOD).is_some();
        let mut methods = METHODS.to_vec();
        methods
            .retain(|key| *key != extension::ANY_METHOD && (all || *key == "options" || path.value.get(key).is_some()));
        methods.sort_unstable();
        let methods = methods.join(",").to_uppercase();
        let mut headers = vec![("Access-Control-Allow-Origin", setting("AllowOrigin")?)];
        headers.push(("Access-Control-Allow-Methods", setting("AllowMethods")?.or(Some(format!("'{methods}'")))));
        headers.push(("Access-Control-Allow-Headers", setting("AllowHeaders")?));
        headers.push(("Access-Control-Max-Age", setting("MaxAge")?));
        headers.push(("Access-Control-Allow-Credentials", credentials.as_ref().map(|_| "'true'".to_owned())));
        let headers: Vec<_> = headers.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        let bytes = headers.iter().map(|(_, value)| value.len()).sum();
        scope.made("Cors", bytes, position)?;
        let mapped: Vec<_> =
            headers.iter().map(|(name, value)| (format!("method.response.header.{name}"), text(value))).collect();
        let declared = headers.iter().map(|(name, _)| (*name, Node::map(position, Vec::new()))).collect();
        let mapped = Node::map(position, mapped.iter().map(|(name, value)| (name.as_str(), value.clone())).collect());
        let template = |value: &str| Node::map(position, vec![("application/json", text(value))]);
        let response = Node::map(
            position,
            vec![("statusCode", text("200")), ("responseParameters", mapped), ("responseTemplates", template("{}\n"))],
        );
        let integration = Node::map(
            position,
            vec![
                ("type", text("mock")),
                ("requestTemplates", template("{\n  \"statusCode\" : 200\n}\n")),
                ("responses", Node::map(position, vec![("default", response)])),
            ],
        );
        let declared = Node::map(position, vec![("headers", Node::map(position, declared))]);
        let operation =
            vec![(extension::INTEGRATION, integration), ("responses", Node::map(position, vec![("200", declared)]))];
        path.value.set("options", position, Node::map(position, operation));
    }
    Ok(())
}

/// `{StatusCode, ResponseParameters: {Headers: …}, ResponseTemplates}` as a document writes it.
fn gateway_response(entry: &Entry) -> Result<Node, LoadError> {
    let position = &entry.position;
    let what = format!("gateway response `{}`", entry.key);
    entry.value.expect_keys(&what, &["StatusCode", "ResponseParameters", "ResponseTemplates"])?;
    let mut response = Node::map(position, Vec::new());
    if let Some(status) = entry.value.get("StatusCode") {
        response.set("statusCode", position, status.clone());
    }
    if let Some(templates) = entry.value.get("ResponseTemplates") {
        response.set("responseTemplates", position, templates.clone());
    }
    if let Some(parameters) = entry.value.get("ResponseParameters") {
        parameters.expect_keys("`ResponseParameters`", &["Headers", "Paths", "QueryStrings"])?;
        let mapped = response.get_or_insert("responseParameters", position);
        for (key, part) in [("Headers", "header"), ("Paths", "path"), ("QueryStrings", "querystring")] {
            let entries = parameters.get(key).map_or(Ok(&[][..]), |node| node.expect_map(&format!("`{key}`")))?;
            for entry in entries {
                mapped.set(&format!("gatewayresponse.{part}.{}", entry.key), &entry.position, entry.value.clone());
            }
        }
    }
    Ok(response)
}
