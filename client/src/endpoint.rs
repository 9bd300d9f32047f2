use crate::error::Error;
use http::header::HeaderValue;
use http::uri::Authority;
use std::fmt;
use url::Url;

/// The URL of the execute method, checked once.
#[derive(Clone)]
pub(crate) struct Endpoint {
    url: Url,
    uri: http::Uri,
    /// What requests name as their host, where that is not the URL's.
    host: Option<Authority>,
}

impl Endpoint {
    pub(crate) fn parse(url: &str) -> Result<Self, Error> {
        let parsed = Url::parse(url).map_err(|source| {
            Error::config("the URL is not absolute: give https://host/stage/execute").with_source(source)
        })?;
        if !matches!(parsed.scheme(), "http" | "https") || parsed.host_str().is_none_or(str::is_empty) {
            return Err(Error::config(format!("the URL has scheme `{}`: give an http or https URL", parsed.scheme())));
        }
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(Error::config("the URL holds credentials: pass them to the builder instead"));
        }
        Self::of(parsed)
    }

    fn of(mut url: Url) -> Result<Self, Error> {
        url.set_fragment(None);
        let uri = http::Uri::try_from(url.as_str())
            .map_err(|source| Error::config("the URL cannot be sent in a request").with_source(source))?;
        Ok(Self { url, uri, host: None })
    }

    /// The same place, under the name that requests give it.
    pub(crate) fn named(self, host: &str) -> Result<Self, Error> {
        let name = Authority::try_from(host).ok().filter(|name| !name.host().is_empty() && !host.contains('@'));
        let host = name.ok_or_else(|| {
            Error::config(format!(
                "`{}` is not a host: give one such as `a1b2c3.execute-api.eu-west-1.amazonaws.com`",
                host.escape_debug()
            ))
        })?;
        Ok(Self { host: Some(host), ..self })
    }

    /// The header `host`, where requests name another than the URL's.
    pub(crate) fn host_header(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(self.host.as_ref()?.as_str()).ok()
    }

    /// The host that requests name.
    pub(crate) fn host(&self) -> &str {
        self.host.as_ref().map_or_else(|| self.url.host_str().unwrap_or_default(), Authority::host)
    }

    pub(crate) fn uri(&self) -> &http::Uri {
        &self.uri
    }

    #[cfg(feature = "hyper")]
    pub(crate) fn is_secure(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// A path beside the execute method; below it where that is the root of a stage, beside which are other stages.
    pub(crate) fn beside(&self, segments: &[&str]) -> Result<http::Uri, Error> {
        let mut url = self.url.clone();
        // http and https URLs always have a path.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty();
            if !self.is_stage() {
                path.pop();
            }
            path.extend(segments);
        }
        Ok(Self::of(url)?.uri)
    }

    /// Whether it is the root of a stage: on the gateway's own hosts the first segment of a path is the stage's name.
    fn is_stage(&self) -> bool {
        let is_gateway = self.host().split('.').any(|label| matches!(label, "execute-api" | "execute-api-fips"));
        let segments = self.url.path_segments().into_iter().flatten();
        is_gateway && segments.filter(|segment| !segment.is_empty()).count() == 1
    }

    /// Where a link on the execute method leads to, which has to be on its own host: what identifies the caller goes along.
    /// The query stays, for it may be what does.
    pub(crate) fn link(&self, link: &str) -> Result<http::Uri, Error> {
        let mut url = self.url.join(link).ok().filter(|url| url.origin() == self.url.origin()).ok_or_else(|| {
            Error::config(format!("`{}` is no path on the host of the execute method", link.escape_debug()))
        })?;
        url.set_query(self.url.query());
        Ok(Self::of(url)?.uri)
    }

    /// A path below the execute method.
    pub(crate) fn child(&self, segment: &str) -> Result<http::Uri, Error> {
        let mut url = self.url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(segment);
        }
        Ok(Self::of(url)?.uri)
    }
}

impl fmt::Debug for Endpoint {
    /// Without what the query says, which may be a secret.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let query = if self.url.query().is_some() { "?REDACTED" } else { "" };
        write!(formatter, "{}{}{query}", self.url.origin().ascii_serialization(), self.url.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_beside_the_execute_method_is_in_its_stage() {
        let beside = |url: &str| Endpoint::parse(url).unwrap().beside(&["executions", "a!b c"]).unwrap().to_string();
        assert_eq!(beside("https://a.example/prod/execute"), "https://a.example/prod/executions/a!b%20c");
        assert_eq!(beside("http://127.0.0.1:9/execute/?x=1#f"), "http://127.0.0.1:9/executions/a!b%20c?x=1");
        let host = "https://a1.execute-api.eu-west-1.amazonaws.com";
        for path in ["prod", "prod/", "prod/execute"] {
            assert_eq!(beside(&format!("{host}/{path}")), format!("{host}/prod/executions/a!b%20c"), "{path}");
        }
        let child = |url: &str| Endpoint::parse(url).unwrap().child("x").unwrap().to_string();
        assert_eq!(child("https://a.example/prod/execute"), "https://a.example/prod/execute/x");
        assert_eq!(child("https://a.example/prod/"), "https://a.example/prod/x");
    }

    #[test]
    fn a_url_that_cannot_be_called_is_refused_with_advice() {
        for url in ["", "execute", "ftp://host/x", "https://user:secret@host/x", "https:///x y"] {
            let error =
                Endpoint::parse(url).map(|endpoint| endpoint.uri().to_string()).map_err(|error| error.to_string());
            if let Err(message) = &error {
                assert!(!message.contains("secret"), "{message}");
            }
            // `https:///x y` is `https://x%20y`, an illegal host.
            assert!(error.is_err(), "{url}: {error:?}");
        }
    }
}
