//! What stands behind a method.

use std::time::Duration;

use super::{IntegrationUri, Mapping, SelectionPattern};
use crate::vtl::Template;

/// The statuses of HTTP.
const STATUSES: std::ops::Range<u16> = 100..600;

/// What stands behind a method.
#[derive(Debug)]
pub(crate) struct Integration {
    /// Its kind.
    pub(crate) kind: IntegrationKind,
    /// What becomes of a content type that has no template.
    pub(crate) passthrough: Passthrough,
    /// Mapping templates of the request.
    pub(crate) request_templates: MappingTemplates,
    /// What its request is given from that of the caller.
    pub(crate) parameters: IntegrationParameters,
    /// Answers by selection pattern.
    pub(crate) responses: IntegrationResponses,
    /// Longest wait for the backend (AWS: 50 ms to 29 s, 29 s by default).
    pub(crate) timeout: Duration,
}

/// The kind of an integration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IntegrationKind {
    /// Answers by itself.
    Mock,
    /// Invokes a function, with the request as an event.
    LambdaProxy(String),
    /// Asks a web server.
    Http {
        /// Where.
        uri: IntegrationUri,
        /// How; `None` by the method of the request.
        http_method: Option<String>,
        /// Whether request and answer pass through (`http_proxy`), and no template sees them.
        proxy: bool,
    },
    /// Not answered here, and why: 501.
    Unserved(String),
    /// Calls an action of an AWS service.
    Aws {
        /// The service, such as `states`.
        service: String,
        /// The action named in the URI (`states:action/StartExecution`); `None` for `states:path//`, where the
        /// `X-Amz-Target` header names it.
        action: Option<String>,
    },
}

/// What becomes of a request whose content type has no mapping template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passthrough {
    /// The body goes to the backend as it is.
    WhenNoMatch,
    /// The body goes through only if there is no template at all.
    WhenNoTemplates,
    /// 415.
    Never,
}

/// Values that an integration's request is given from that of the caller.
#[derive(Debug, Default)]
pub(crate) struct IntegrationParameters {
    /// `integration.request.header.NAME`
    pub(crate) headers: Vec<Mapping>,
    /// `integration.request.querystring.NAME`, for web servers.
    pub(crate) queries: Vec<Mapping>,
    /// `integration.request.path.NAME`, for the URI of a web server.
    pub(crate) paths: Vec<Mapping>,
}

/// One answer of an integration.
#[derive(Debug)]
pub(crate) struct IntegrationResponse {
    /// Which statuses of the backend it answers; `None` for `default`.
    pub(crate) pattern: Option<SelectionPattern>,
    /// HTTP status of the answer.
    pub(crate) status: u16,
    /// The headers of the answer.
    pub(crate) headers: Vec<Mapping>,
    /// Mapping templates of the answer; none lets the backend's body through.
    pub(crate) templates: MappingTemplates,
}

impl Integration {
    /// An integration that is not answered here.
    #[must_use]
    pub(crate) fn unserved(why: String) -> Self {
        Self::of(IntegrationKind::Unserved(why))
    }

    /// An integration that maps nothing.
    #[must_use]
    pub(crate) fn of(kind: IntegrationKind) -> Self {
        Self {
            kind,
            passthrough: Passthrough::WhenNoMatch,
            request_templates: MappingTemplates::default(),
            parameters: IntegrationParameters::default(),
            responses: IntegrationResponses::default(),
            timeout: Duration::from_secs(29),
        }
    }
}

/// The integration responses of a method, and which of them each status of a backend selects.
#[derive(Debug, Default)]
pub(crate) struct IntegrationResponses {
    all: Vec<IntegrationResponse>,
    /// By status from 100 to 599: there are few enough to match every pattern once and for all.
    selected: Vec<Option<usize>>,
    default: Option<usize>,
}

impl IntegrationResponses {
    /// The answers of an integration, in document order.
    #[must_use]
    pub(crate) fn new(all: Vec<IntegrationResponse>) -> Self {
        let first = |status| all.iter().position(|it| it.pattern.as_ref().is_some_and(|it| it.is_match(status)));
        let selected = STATUSES.map(first).collect();
        let default = all.iter().position(|response| response.pattern.is_none());
        Self { all, selected, default }
    }

    /// The response of a status. Only that is matched, whatever the body says: so it is for every integration but
    /// Lambda's.
    #[must_use]
    pub(crate) fn select(&self, status: u16) -> Option<&IntegrationResponse> {
        let at = usize::from(status.checked_sub(STATUSES.start)?);
        let selected = self.selected.get(at)?.or(self.default)?;
        self.all.get(selected)
    }

    /// The answers, in document order.
    #[cfg(test)]
    pub(crate) fn all(&self) -> &[IntegrationResponse] {
        &self.all
    }

    /// The answers, for building others from them.
    #[cfg(test)]
    pub(crate) fn into_vec(self) -> Vec<IntegrationResponse> {
        self.all
    }
}

/// Mapping templates by content type.
#[derive(Debug, Default)]
pub(crate) struct MappingTemplates(Vec<(String, Template)>);

impl MappingTemplates {
    /// The templates of content types, in document order.
    #[must_use]
    pub(crate) fn new(templates: Vec<(String, Template)>) -> Self {
        Self(templates)
    }

    /// The text that they write as it stands.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|(_, template)| template.texts())
    }

    /// Whether there is none.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The template of a media type; parameters such as `charset` do not count on either side.
    #[must_use]
    pub(crate) fn get(&self, media: &str) -> Option<(&str, &Template)> {
        let found = self.0.iter().find(|(known, _)| media_type(Some(known)).eq_ignore_ascii_case(media));
        found.map(|(media, template)| (media.as_str(), template))
    }

    /// The first template.
    #[must_use]
    pub(crate) fn first(&self) -> Option<(&str, &Template)> {
        self.0.first().map(|(media, template)| (media.as_str(), template))
    }
}

/// A content type without its parameters; without a content type, JSON.
pub(crate) fn media_type(content_type: Option<&str>) -> &str {
    let content_type = content_type.unwrap_or_default();
    let end = content_type.bytes().position(|byte| byte == b';').unwrap_or(content_type.len());
    let media = content_type[..end].trim();
    if media.is_empty() { "application/json" } else { media }
}
