//! Answers: header sets, and the gateway responses.

use std::borrow::Cow;

use super::Gateway;
use super::context::RequestContext;
use super::exchange::Exchange;
use super::failure::{Failure, Kind};
use super::integration::media_type;
use super::parameter::{self, Mapping};
use crate::deployment::{self, Parameter};
use crate::document::{LoadError, Text};
use crate::http::Response;
use crate::vtl::Context;

/// Headers that a mapping may not set under their own name: they come back remapped (recorded).
const REMAPPED: [&str; 14] = [
    "authorization",
    "connection",
    "content-length",
    "content-md5",
    "date",
    "expect",
    "host",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "trailer",
    "upgrade",
    "user-agent",
    "www-authenticate",
];

type Headers = Vec<(Cow<'static, str>, String)>;

/// The headers that mappings set.
#[derive(Debug)]
pub(super) struct Head(Headers);

impl Head {
    pub(super) fn new() -> Self {
        Self(Vec::new())
    }

    /// Sets a header, under another name where API Gateway keeps that one for itself.
    pub(super) fn set(&mut self, name: &str, value: String) {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        if is("transfer-encoding") || !is_token(name) {
            return;
        }
        let remapped = REMAPPED.into_iter().any(is);
        let name = if remapped { format!("x-amzn-Remapped-{name}") } else { name.to_owned() };
        self.0.retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
        self.0.push((Cow::Owned(name), value));
    }

    pub(super) fn set_default(&mut self, name: &str, value: &str) {
        if !self.0.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
            self.set(name, value.to_owned());
        }
    }

    /// All headers: the content type, then the gateway's own, which nothing replaces, then these.
    pub(super) fn into_headers(mut self, media: String, own: Headers) -> Headers {
        let set = self.0.iter().position(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let media = set.map_or(media, |at| self.0.remove(at).1);
        self.0.retain(|(name, _)| !own.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)));
        let mut headers = Vec::with_capacity(1 + own.len() + self.0.len());
        headers.push((Cow::Borrowed("Content-Type"), media));
        headers.extend(own);
        headers.extend(self.0);
        headers
    }
}

/// RFC 9110, section 5.6.2; anything else cannot be written as the name of a header.
fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// The two ids that every answer carries.
pub(super) fn ids(exchange: &Exchange) -> Headers {
    vec![
        (Cow::Borrowed("x-amzn-RequestId"), exchange.ids.request.clone()),
        (Cow::Borrowed("x-amz-apigw-id"), exchange.ids.extended.clone()),
    ]
}

/// The customised gateway responses.
#[derive(Debug)]
pub(super) struct GatewayResponses(Vec<GatewayResponse>);

#[derive(Debug)]
struct GatewayResponse {
    kind: String,
    status: Option<u16>,
    headers: Vec<Mapping>,
    templates: Vec<(String, Vec<Piece>)>,
}

/// A piece of a gateway response's template, which is not Velocity.
#[derive(Debug)]
enum Piece {
    Text(String),
    Variable(Mapping),
}

impl GatewayResponses {
    pub(super) fn compile(responses: &[deployment::GatewayResponse]) -> Result<Self, LoadError> {
        let compile = |response: &deployment::GatewayResponse| {
            let template = |(media, text): &(String, Text)| Ok((media.clone(), pieces(text)?));
            Ok(GatewayResponse {
                kind: response.kind.clone(),
                status: response.status,
                headers: parameter::compile(&response.parameters, "gatewayresponse.header.")?,
                templates: response.templates.iter().map(template).collect::<Result<_, LoadError>>()?,
            })
        };
        responses.iter().map(compile).collect::<Result<_, LoadError>>().map(Self)
    }

    /// The response of a type, else the default of its status.
    fn get(&self, kind: Kind) -> Option<&GatewayResponse> {
        let default = if kind.status() < 500 { "DEFAULT_4XX" } else { "DEFAULT_5XX" };
        [kind.name(), default].into_iter().find_map(|name| self.0.iter().find(|response| response.kind == name))
    }
}

/// `$context.…`, `$stageVariables.…` and `$method.request.…` are replaced, all else stands as it is (developer guide, "Set
/// up a gateway response": simple substitution, no Velocity).
fn pieces(text: &Text) -> Result<Vec<Piece>, LoadError> {
    let mut pieces = Vec::new();
    let mut rest = text.value.as_str();
    while let Some(at) = rest.find('$') {
        let after = &rest[at + 1..];
        let formal = after.starts_with('{');
        let name_start = usize::from(formal);
        let length = after[name_start..]
            .find(|character: char| !character.is_ascii_alphanumeric() && !matches!(character, '.' | '_' | '-'))
            .unwrap_or(after.len() - name_start);
        let name = after[name_start..name_start + length].trim_end_matches('.');
        let end = name_start + name.len() + usize::from(formal);
        let known = ["context.", "stageVariables.", "method.request."].iter().any(|prefix| name.starts_with(prefix));
        if !known || (formal && !after[name_start + name.len()..].starts_with('}')) {
            pieces.push(Piece::Text(rest[..=at].to_owned()));
            rest = after;
            continue;
        }
        pieces.push(Piece::Text(rest[..at].to_owned()));
        let parameter = Parameter { position: text.start.clone(), target: name.to_owned(), source: name.to_owned() };
        pieces.extend(parameter::compile(&[parameter], "")?.into_iter().map(Piece::Variable));
        rest = &after[end..];
    }
    pieces.push(Piece::Text(rest.to_owned()));
    Ok(pieces)
}

impl Gateway {
    /// The answer to a failure.
    pub(super) fn fail(&self, exchange: &Exchange, failure: &Failure) -> Response {
        let (kind, error_type) = match failure {
            Failure::Response { kind, error_type, .. } => (*kind, error_type.unwrap_or(kind.error_type())),
            Failure::Front { status, message } => {
                let headers = Head::new().into_headers("text/plain".to_owned(), ids(exchange));
                return Response { status: *status, headers, body: message.as_bytes().to_vec() };
            }
        };
        let context = RequestContext { gateway: self, exchange, failure: Some(failure) };
        let scope = self.scope(exchange, &context, None);
        let mut own = ids(exchange);
        own.push((Cow::Borrowed("x-amzn-ErrorType"), error_type.to_owned()));
        let mut head = Head::new();
        let custom = self.responses.get(kind);
        for mapping in custom.iter().flat_map(|custom| &custom.headers) {
            if let Some(value) = mapping.source.value(&scope) {
                head.set(&mapping.name, value);
            }
        }
        let status = custom.and_then(|custom| custom.status).unwrap_or(kind.status());
        let template = custom.and_then(|custom| choose(&custom.templates, exchange.request.headers.get("accept")));
        let (media, body) = if let Some((media, pieces)) = template {
            let text = pieces.iter().map(|piece| match piece {
                Piece::Text(text) => text.clone(),
                Piece::Variable(variable) => variable.source.value(&scope).unwrap_or_default(),
            });
            (media.to_owned(), text.collect::<String>())
        } else {
            let message = context.value("error.messageString").unwrap_or_default();
            // Recorded: 36 bytes, so there is a blank, which the documented default template does not have.
            let blank = if kind == Kind::ApiConfigurationError { " " } else { "" };
            ("application/json".to_owned(), format!("{{\"message\":{blank}{message}}}"))
        };
        Response { status, headers: head.into_headers(media, own), body: body.into_bytes() }
    }
}

fn choose<'t>(templates: &'t [(String, Vec<Piece>)], accept: Option<&str>) -> Option<(&'t str, &'t [Piece])> {
    let get = |media: &str| templates.iter().find(|(known, _)| known.eq_ignore_ascii_case(media));
    let accepted = accept.and_then(|accept| accept.rsplit(',').map(str::trim).find_map(|it| get(media_type(Some(it)))));
    let found = accepted.or_else(|| get("application/json")).or_else(|| templates.first());
    found.map(|(media, pieces)| (media.as_str(), pieces.as_slice()))
}
