//! The URI of a web server behind a route.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::budget::{Budget, Exhausted};

/// What a value keeps as it is when it is put into a URI. Slashes stay: a greedy path variable has them.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/')
    .remove(b':')
    .remove(b'@')
    .remove(b',');

/// What a byte may become in a URI.
pub(crate) const ENCODED: usize = "%00".len();

/// A URI that is completed for each request, as `https://example.com/{path}?v=${stageVariables.version}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IntegrationUri(Vec<UriPiece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum UriPiece {
    Text(String),
    PathParameter(String),
    StageVariable(String),
}

impl IntegrationUri {
    /// Reads a URI; `None` for one that is not of a web server.
    #[must_use]
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if !["http://", "https://", "${stageVariables."].iter().any(|start| text.starts_with(start)) {
            return None;
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, behind)) = after.split_once('}') else { break };
            let variable = before.strip_suffix('$').zip(name.strip_prefix("stageVariables."));
            pieces.push(UriPiece::Text(variable.map_or(before, |(before, _)| before).to_owned()));
            pieces.push(match variable {
                Some((_, name)) => UriPiece::StageVariable(name.to_owned()),
                None => UriPiece::PathParameter(name.to_owned()),
            });
            rest = behind;
        }
        pieces.push(UriPiece::Text(rest.to_owned()));
        Some(Self(pieces))
    }

    /// The URL for a request. A path parameter that has no value stays as it is written, as API Gateway leaves it.
    ///
    /// # Errors
    /// It would be longer than the budget allows.
    pub(crate) fn complete<'v>(
        &self,
        parameter: impl Fn(&str) -> Result<Option<Cow<'v, str>>, Exhausted>,
        variables: &[(String, String)],
        budget: &Budget,
    ) -> Result<String, Exhausted> {
        let mut url = String::new();
        for piece in &self.0 {
            match piece {
                UriPiece::Text(text) => url.push_str(text),
                UriPiece::PathParameter(name) => match parameter(name)? {
                    Some(value) => {
                        budget.copy(ENCODED * value.len())?;
                        url.extend(utf8_percent_encode(&value, KEPT));
                    }
                    None => url.extend(["{", name, "}"]),
                },
                UriPiece::StageVariable(name) => {
                    let value = variables.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value);
                    budget.copy(value.len())?;
                    url.push_str(value);
                }
            }
        }
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_is_completed_by_parameters_and_stage_variables() {
        let variables = [("host".to_owned(), "api.example.com".to_owned())];
        let complete = |uri: &str| {
            let parameter = |name: &str| Ok((name == "p").then_some("a b/ü?".into()));
            IntegrationUri::parse(uri).map(|uri| uri.complete(parameter, &variables, &Budget::default()).unwrap())
        };
        for (uri, url) in [
            ("http://a/b", "http://a/b"),
            ("https://${stageVariables.host}/{p}", "https://api.example.com/a%20b/%C3%BC%3F"),
            ("${stageVariables.host}/x", "api.example.com/x"),
            ("http://a/{q}/${stageVariables.none}?x={p}", "http://a/{q}/?x=a%20b/%C3%BC%3F"),
            ("http://a/{open", "http://a/{open"),
        ] {
            assert_eq!(complete(uri).as_deref(), Some(url));
        }
        assert_eq!((complete("arn:aws:lambda"), complete("ftp://a")), (None, None));
    }
}
