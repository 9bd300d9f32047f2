//! Values that an HTTP API selects from a request or an answer.

use crate::jsonpath::Path;

/// A value that is selected from a request: text with `${…}` places, or one place alone.
#[derive(Debug, Clone)]
pub(crate) struct SelectionExpression(Vec<SelectionPiece>);

/// A piece of such an expression.
#[derive(Debug, Clone)]
pub(crate) enum SelectionPiece {
    /// Text that stands as it is.
    Text(String),
    /// `$request.body` or `$request.body.path`
    Body(Option<Path>),
    /// `$request.header.name`
    Header(String),
    /// `$request.querystring.name`
    Query(String),
    /// `$request.path.name`
    PathParameter(String),
    /// `$request.path`
    Path,
    /// `$response.header.name`
    ResponseHeader(String),
    /// `$response.body` or `$response.body.path`
    ResponseBody(Option<Path>),
    /// `$context.name`
    Context(String),
    /// `$stageVariables.name`
    StageVariable(String),
}

/// The variables of `$context` that have a value here, besides those of authorizers (developer guide, "Customize HTTP API
/// access logs").
const CONTEXT: [&str; 19] = [
    "accountId",
    "apiId",
    "domainName",
    "domainPrefix",
    "extendedRequestId",
    "httpMethod",
    "identity.accountId",
    "identity.caller",
    "identity.sourceIp",
    "identity.user",
    "identity.userAgent",
    "identity.userArn",
    "path",
    "protocol",
    "requestId",
    "requestTime",
    "requestTimeEpoch",
    "routeKey",
    "stage",
];

impl SelectionExpression {
    /// Reads an expression.
    ///
    /// # Errors
    /// At a place that selects nothing that is known; says which.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.starts_with('$') && !text.starts_with("${") {
            return Ok(Self(vec![SelectionPiece::parse(text)?]));
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, behind)) = after.split_once('}') else { break };
            pieces.push(SelectionPiece::Text(before.to_owned()));
            pieces.push(SelectionPiece::parse(&format!("${name}"))?);
            rest = behind;
        }
        pieces.push(SelectionPiece::Text(rest.to_owned()));
        Ok(Self(pieces))
    }

    /// The variables of `$context` in it that never have a value here.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter_map(|piece| match piece {
                SelectionPiece::Context(name) => Some(name.as_str()),
                _ => None,
            })
            .filter(|name| !CONTEXT.contains(name) && !name.starts_with("authorizer."))
    }

    /// Its pieces.
    #[must_use]
    pub(crate) fn pieces(&self) -> &[SelectionPiece] {
        &self.0
    }
}

impl SelectionPiece {
    fn parse(text: &str) -> Result<Self, String> {
        let unknown = || format!("`{text}` selects nothing of a request");
        if let Some(name) = text.strip_prefix("$context.") {
            return Ok(Self::Context(name.to_owned()));
        }
        if let Some(name) = text.strip_prefix("$stageVariables.") {
            return Ok(Self::StageVariable(name.to_owned()));
        }
        let body = |path: &str| match path.strip_prefix('.') {
            None if path.is_empty() => Ok(None),
            Some(path) => Path::parse(&format!("$.{path}")).map(Some).map_err(|why| why.to_string()),
            None => Err(unknown()),
        };
        if let Some(rest) = text.strip_prefix("$response.") {
            return match rest.strip_prefix("header.") {
                Some(name) => Ok(Self::ResponseHeader(name.to_owned())),
                None => body(rest.strip_prefix("body").ok_or_else(unknown)?).map(Self::ResponseBody),
            };
        }
        let rest = text.strip_prefix("$request.").ok_or_else(unknown)?;
        if let Some(path) = rest.strip_prefix("body") {
            return body(path).map(Self::Body);
        }
        match rest.split_once('.') {
            None if rest == "path" => Ok(Self::Path),
            Some(("header", name)) => Ok(Self::Header(name.to_owned())),
            Some(("querystring", name)) => Ok(Self::Query(name.to_owned())),
            Some(("path", name)) => Ok(Self::PathParameter(name.to_owned())),
            _ => Err(unknown()),
        }
    }
}
