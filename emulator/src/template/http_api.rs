//! HTTP APIs: of SAM, of `AWS::ApiGatewayV2`, and their OpenAPI documents.

use super::evaluator::Evaluator as _;
use super::events::{ApiKind, Route};
use super::http_integration as integration;
use super::parts::parts_of;
use super::resource::Resource;
use super::route_settings::RouteSettings;
use super::scope::Scope;
use super::types::Type;
use crate::deployment::{AuthorizationType, Cors, HttpApi, HttpIntegration, HttpRoute, ResourcePath};
use crate::document::{Entry, LoadError, Node, Notes, scalar};
use crate::openapi::METHODS;
use crate::openapi::extension::{self, INTEGRATIONS};

/// What may stand in documents; the rest is passed over.
const DOCUMENT: [&str; 9] = [
    "components",
    "externalDocs",
    "info",
    "openapi",
    "paths",
    "servers",
    "tags",
    extension::CORS,
    extension::IMPORTEXPORT_VERSION,
];
const PATH: [&str; 4] = ["description", "parameters", "servers", "summary"];
const OPERATION: [&str; 12] = [
    "deprecated",
    "description",
    "externalDocs",
    "operationId",
    "parameters",
    "requestBody",
    "responses",
    "security",
    "summary",
    "tags",
    extension::AUTH,
    extension::INTEGRATION,
];
/// The stage that needs no segment in a path.
const DEFAULT: &str = "$default";

/// Reads an API; `None` is the one that SAM makes for events that name none.
pub(super) fn load(
    stacks: &[&Scope],
    scope: &Scope,
    resource: Option<&Resource>,
    events: &[&Route<'_>],
) -> Result<HttpApi, LoadError> {
    let id = resource.map(|resource| resource.id.as_str());
    let staged = resource.map(|resource| staged(stacks, scope, resource)).transpose()?.flatten();
    let mut settings =
        staged.map_or_else(|| Ok(RouteSettings::default()), |(scope, stage)| RouteSettings::read(scope, stage))?;
    let mut routes = Vec::new();
    for event in events.iter().filter(|event| event.protocol == ApiKind::Http && event.api.as_deref() == id) {
        let method = event.method.to_uppercase();
        let path = (event.path != DEFAULT).then(|| ResourcePath::new(&event.path));
        if event.target.kind != Type::ServerlessFunction {
            let message = "a state machine has no event of type HttpApi; use an integration of the API";
            return Err(LoadError::at(&event.position, message));
        }
        let integration = HttpIntegration::Lambda {
            function: event.target.called_arn(scope)?,
            // SAM writes 2.0 unless the event says otherwise.
            format_2: event.properties.get("PayloadFormatVersion").is_none_or(integration::is_format_2),
            changes: Vec::new(),
            answer_changes: Vec::new(),
            timeout: integration::timeout(event.properties.get("TimeoutInMillis"))?,
        };
        let authorization = authorization(event.properties.get("Auth").and_then(|auth| auth.get("Authorizer")));
        let route = route(scope, method, path, (authorization, integration))?;
        settings.add(event, &route)?;
        routes.push(route);
    }
    let Some(resource) = resource else {
        settings.apply(scope, &mut routes)?;
        let id = scope.stack().api_id("ServerlessHttpApi");
        return Ok(HttpApi { id, stage: None, stage_variables: Vec::new(), routes, cors: None });
    };
    let (stage, variables) = stage(staged)?;
    let document = document(scope, resource)?;
    if let Some(document) = &document {
        routes.extend(documented(scope, document)?);
    }
    if resource.kind == Type::HttpApi {
        routes.extend(declared(stacks, scope, resource)?);
    }
    settings.apply(scope, &mut routes)?;
    let configured = resource.property(scope, "CorsConfiguration")?;
    let documented = document.as_ref().and_then(|document| document.get(extension::CORS));
    let cors = configured.as_ref().or(documented).map(|node| cors(node, scope.notes())).transpose()?;
    Ok(HttpApi { id: resource.name(scope)?, stage, stage_variables: variables, routes, cors })
}

/// Stage variables: names and values.
type Variables = Vec<(String, String)>;

/// A resource that is a stage, and the stack that has it.
type Staged<'a> = Option<(&'a Scope, &'a Resource)>;

/// The stage of an API; SAM's API is one itself.
fn staged<'a>(stacks: &[&'a Scope], scope: &'a Scope, api: &'a Resource) -> Result<Staged<'a>, LoadError> {
    if api.kind != Type::HttpApi {
        return Ok(Some((scope, api)));
    }
    let parts = parts_of(stacks, "ApiId", &api.name(scope)?)?;
    Ok(parts.into_iter().find(|(_, resource)| resource.kind == Type::HttpStage))
}

/// The stage's name, unless it is `$default`, and its variables.
fn stage(staged: Staged<'_>) -> Result<(Option<String>, Variables), LoadError> {
    let Some((scope, staged)) = staged else { return Ok((None, Vec::new())) };
    let name = staged.text(scope, "StageName")?.filter(|name| name != DEFAULT);
    let variables = staged.property(scope, "StageVariables")?;
    let entries = variables.as_ref().map_or(Ok(&[][..]), |node| node.expect_map("`StageVariables`"))?;
    let text = |entry: &Entry| Ok((entry.key.clone(), scalar::text(&entry.value, "a stage variable")?));
    Ok((name, entries.iter().map(text).collect::<Result<_, LoadError>>()?))
}

fn document(scope: &Scope, api: &Resource) -> Result<Option<Node>, LoadError> {
    let key = if api.kind == Type::HttpApi { "Body" } else { "DefinitionBody" };
    if let Some(body) = api.property(scope, key)? {
        return Ok(Some(body));
    }
    if let Some(location) = api.property(scope, "BodyS3Location")? {
        let Some(path) = scope.assets().of(api, "BodyS3Location", Some(&location)) else {
            let message = format!("the document of {} lies in S3; put it into `Body`", api.what());
            return Err(LoadError::unsupported(&api.position, message));
        };
        return scope.source().named_document(path.expect_str("an asset")?, &path.position, scope.notes()).map(Some);
    }
    let Some(uri) = api.property(scope, "DefinitionUri")? else { return Ok(None) };
    let named = uri.expect_str("`DefinitionUri`")?;
    scope.source().named_document(named, &uri.position, scope.notes()).map(Some)
}

/// The routes of an OpenAPI document.
fn documented(scope: &Scope, document: &Node) -> Result<Vec<HttpRoute>, LoadError> {
    let mut routes = Vec::new();
    let pass_over = |node: &Node, what: &str, kind: &str, known: &[&str]| {
        // Extensions of others need no word.
        let is_foreign = |key: &str| key.starts_with("x-") && !key.starts_with("x-amazon-");
        let entries: Vec<_> = node.expect_map(what)?.iter().filter(|entry| !is_foreign(&entry.key)).cloned().collect();
        scope.notes().pass_over_keys(&entries, what, kind, known)
    };
    pass_over(document, "an OpenAPI document", "the OpenAPI document of an HTTP API", &DOCUMENT)?;
    for path in document.require("an OpenAPI document", "paths")?.expect_map("`paths`")? {
        let what = format!("path `{}`", path.key);
        pass_over(&path.value, &what, "paths of HTTP APIs", &[&METHODS[..], &PATH].concat())?;
        for operation in path.value.expect_map(&what)? {
            if !METHODS.contains(&operation.key.as_str()) {
                continue;
            }
            let what = format!("{} {}", operation.key, path.key);
            pass_over(&operation.value, &what, "operations of HTTP APIs", &OPERATION)?;
            let method =
                if operation.key == extension::ANY_METHOD { "ANY".to_owned() } else { operation.key.to_uppercase() };
            let path = (path.key != "/$default").then(|| ResourcePath::new(&path.key));
            let integration = operation.value.get(extension::INTEGRATION);
            let integration = integration.map_or_else(
                || Ok(HttpIntegration::Unserved("it has no integration".to_owned())),
                |node| {
                    integration::read(shared(document, node, scope.notes())?, &integration::DOCUMENTED, scope.notes())
                },
            )?;
            let auth = operation.value.get(extension::AUTH).and_then(|auth| auth.get("type"));
            let authorization = match (auth, operation.value.get("security").and_then(Node::as_list)) {
                (None, Some([_, ..])) => Err("an authorizer of its document".to_owned()),
                (auth, _) => authorization(auth),
            };
            routes.push(route(scope, method, path, (authorization, integration))?);
        }
    }
    Ok(routes)
}

/// An integration, or the one of the document's components that it names.
fn shared<'n>(document: &'n Node, node: &'n Node, notes: &Notes) -> Result<&'n Node, LoadError> {
    let Some(reference) = node.get("$ref") else { return Ok(node) };
    let entries = node.as_map().unwrap_or_default();
    notes.pass_over_keys(entries, "an integration", "integrations that are named by `$ref`", &["$ref"])?;
    let target = reference.expect_str("`$ref`")?;
    let name = target.strip_prefix(&format!("#/components/{INTEGRATIONS}/"));
    let found = name.and_then(|name| document.get("components")?.get(INTEGRATIONS)?.get(name));
    found.ok_or_else(|| {
        let message = format!("`{target}` names nothing in `components/{INTEGRATIONS}` of this document");
        LoadError::at(&reference.position, message)
    })
}

/// The routes that are resources of the template.
fn declared(stacks: &[&Scope], scope: &Scope, api: &Resource) -> Result<Vec<HttpRoute>, LoadError> {
    let mut routes = Vec::new();
    // Quick create: one route to one target.
    if let Some(target) = api.text(scope, "Target")? {
        let key = api.text(scope, "RouteKey")?.unwrap_or_else(|| DEFAULT.to_owned());
        let integration = integration::quick(&target);
        let (method, path) = route_key(&key);
        routes.push(route(scope, method, path, (Ok(AuthorizationType::None), integration))?);
    }
    let parts = parts_of(stacks, "ApiId", &api.name(scope)?)?;
    for &(scope, resource) in parts.iter().filter(|(_, resource)| resource.kind == Type::HttpRoute) {
        let key = resource.text(scope, "RouteKey")?.unwrap_or_else(|| DEFAULT.to_owned());
        let (method, path) = route_key(&key);
        // `integrations/ID`, joined or substituted.
        let target = resource.text(scope, "Target")?.unwrap_or_default();
        let id = target.strip_prefix("integrations/").unwrap_or(&target);
        let mut integration = HttpIntegration::Unserved(format!("its target `{target}` is not an integration"));
        for (of, candidate) in parts.iter().filter(|(_, resource)| resource.kind == Type::HttpIntegration) {
            if candidate.name(*of)? == id {
                let properties = of.required(&candidate.properties, "an integration")?;
                integration = integration::with_format(
                    integration::read(&properties, &integration::DECLARED, scope.notes())?,
                    properties.get("PayloadFormatVersion"),
                );
            }
        }
        let kind = resource.property(scope, "AuthorizationType")?;
        routes.push(route(scope, method, path, (authorization(kind.as_ref()), integration))?);
    }
    Ok(routes)
}

/// `POST /start`, or `$default`.
fn route_key(key: &str) -> (String, Option<ResourcePath>) {
    match key.split_once(' ') {
        Some((method, path)) => (method.to_uppercase(), Some(ResourcePath::new(path.trim()))),
        None => ("ANY".to_owned(), None),
    }
}

/// A route; one that is not answered here is noted.
fn route(
    scope: &Scope,
    http_method: String,
    path: Option<ResourcePath>,
    (authorization, integration): (Result<AuthorizationType, String>, HttpIntegration),
) -> Result<HttpRoute, LoadError> {
    let (authorization, integration) = match authorization {
        _ if scope.no_auth() => (AuthorizationType::None, integration),
        Ok(authorization) => (authorization, integration),
        Err(authorizer) => (
            AuthorizationType::None,
            HttpIntegration::Unserved(format!("it wants {authorizer}, which is not checked here")),
        ),
    };
    if let HttpIntegration::Unserved(why) = &integration {
        let at = path.as_ref().map_or(DEFAULT, ResourcePath::as_str);
        let refusal = LoadError { is_unsupported: true, ..LoadError::nowhere(format!("unsupported: {why}")) };
        scope.notes().pass_over(format!("route {http_method} {at}, answered 501: {why}"), refusal)?;
    }
    Ok(HttpRoute { http_method, path, authorization, integration, throttle: None })
}

fn authorization(kind: Option<&Node>) -> Result<AuthorizationType, String> {
    match kind.and_then(Node::as_str) {
        None | Some("NONE") => Ok(AuthorizationType::None),
        Some("AWS_IAM") => Ok(AuthorizationType::Iam),
        Some(other) => Err(format!("authorizer `{other}`")),
    }
}

/// `CorsConfiguration`, of SAM or of `AWS::ApiGatewayV2::Api`, or the same in a document, whose keys begin with small
/// letters; `true` of SAM allows every origin.
fn cors(node: &Node, notes: &Notes) -> Result<Cors, LoadError> {
    const KEYS: [&str; 6] =
        ["AllowCredentials", "AllowHeaders", "AllowMethods", "AllowOrigins", "ExposeHeaders", "MaxAge"];
    if node.as_map().is_none() {
        let origins = if scalar::flag(node, "`CorsConfiguration`")? { vec!["*".to_owned()] } else { Vec::new() };
        return Ok(Cors { origins, ..Cors::default() });
    }
    // Documents begin them with a small letter.
    for entry in node.as_map().unwrap_or_default() {
        let is_known = |key: &&str| {
            let (first, rest) = entry.key.split_at_checked(1).unwrap_or_default();
            key[1..] == *rest && key[..1].eq_ignore_ascii_case(first)
        };
        if !KEYS.iter().any(is_known) {
            let refusal = entry.unsupported("the CORS of an HTTP API", &KEYS);
            notes.pass_over(format!("`{}` in the CORS of HTTP APIs", entry.key), refusal)?;
        }
    }
    let get = |key: &str| {
        let mut small = key.to_owned();
        small[..1].make_ascii_lowercase();
        node.get(key).or_else(|| node.get(&small))
    };
    let list = |key: &str| {
        let items = get(key).map_or(Ok(&[][..]), |node| node.expect_list(&format!("`{key}`")))?;
        items.iter().map(|item| scalar::text(item, &format!("`{key}`"))).collect::<Result<Vec<_>, _>>()
    };
    let credentials = get("AllowCredentials").map_or(Ok(false), |node| scalar::flag(node, "`AllowCredentials`"));
    let max_age = get("MaxAge").map(|node| scalar::whole(node, "`MaxAge`", 0..=86_400)).transpose()?;
    Ok(Cors {
        origins: list("AllowOrigins")?,
        methods: list("AllowMethods")?,
        headers: list("AllowHeaders")?,
        exposed: list("ExposeHeaders")?,
        max_age,
        credentials: credentials?,
    })
}
