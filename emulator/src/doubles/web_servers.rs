//! Web servers behind routes of the API: each is called at the endpoint that stands in for its host, or not at all.

use std::time::Duration;

use tokio::sync::oneshot;

use super::Doubles;
use super::client::{Answered, Client, EndpointRequest};
use super::endpoint::{EndpointUrl, taken_apart};

/// Calls web servers in the place of others.
#[derive(Debug, Default)]
pub(crate) struct WebServers {
    doubles: Doubles,
    client: Client,
}

impl WebServers {
    /// Web servers at the endpoints that were declared.
    pub(crate) fn new(doubles: Doubles) -> Self {
        Self { doubles, client: Client::default() }
    }

    /// The URL that is called in the place of another; an error says how to give that one a double.
    pub(crate) fn place_of(&self, url: &str) -> Result<String, String> {
        let (authority, rest) = taken_apart(url);
        let endpoint = self.doubles.endpoint_of_url(url).or_else(|| self.doubles.endpoint_of(&["http"]));
        let endpoint = endpoint.ok_or_else(|| {
            let host = host_of(authority);
            format!(
                "{host} has no double here: give it one by --service {host}=URL, or all hosts by --service http=URL"
            )
        })?;
        Ok(endpoint.below(rest))
    }

    /// Calls a web server at a place that [`Self::place_of`] gave.
    pub(crate) async fn call(
        &self,
        method: &str,
        place: String,
        headers: &[(String, String)],
        body: Vec<u8>,
        timeout: Duration,
    ) -> Answered {
        let (told, answered) = oneshot::channel();
        let (method, headers) = (method.to_owned(), headers.to_vec());
        let request = EndpointRequest { method, url: place, headers, body, timeout };
        // Whoever waited may have gone.
        self.client.send(request, move |answered| drop(told.send(answered)));
        answered.await.unwrap_or_else(|_| Err("the endpoint is being stopped".to_owned()))
    }
}

/// The host of an authority, without its port.
fn host_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

impl Doubles {
    /// The endpoint in the place of a URL's host, with its port or without.
    pub(crate) fn endpoint_of_url(&self, url: &str) -> Option<&EndpointUrl> {
        let (authority, _) = taken_apart(url);
        self.endpoint_of(&[authority, host_of(authority)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_found_with_its_port_without_it_or_among_all() {
        let endpoint = |url: &str| url.parse::<EndpointUrl>().unwrap();
        let doubles = Doubles::default()
            .endpoint("api.example.com", endpoint("http://127.0.0.1:1"))
            .endpoint("api.example.com:8443", endpoint("http://127.0.0.1:2/base"));
        let servers = WebServers::new(doubles.clone());
        for (url, place) in [
            ("https://api.example.com/a?b=c", "http://127.0.0.1:1/a?b=c"),
            ("https://api.example.com:9/a", "http://127.0.0.1:1/a"),
            ("http://api.example.com:8443", "http://127.0.0.1:2/base"),
            ("http://api.example.com?q", "http://127.0.0.1:1?q"),
        ] {
            assert_eq!(servers.place_of(url).as_deref(), Ok(place));
        }
        let why = servers.place_of("http://169.254.169.254/latest").unwrap_err();
        assert!(
            why.contains("169.254.169.254 has no double") && why.contains("--service 169.254.169.254=URL"),
            "{why}"
        );
        let all = WebServers::new(doubles.endpoint("http", endpoint("http://127.0.0.1:3")));
        assert_eq!(all.place_of("http://169.254.169.254/latest").as_deref(), Ok("http://127.0.0.1:3/latest"));
    }
}
