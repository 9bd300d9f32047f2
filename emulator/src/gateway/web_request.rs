//! What a web server behind a route is sent.

use std::borrow::Cow;

use super::exchange::{Exchange, encode};
use super::mapping::SEEK;
use crate::budget::{Budget, Exhausted};
use crate::deployment::{ChangeOperation, ChangeTarget, ENCODED, ParameterChange};
use crate::doubles::taken_apart;

/// Units of work that it costs to decode a byte of a query.
pub(super) const DECODE: usize = 4;

/// Headers of a caller that concern its own connection, or that the gateway writes itself.
const NOT_PASSED: [&str; 15] = [
    "connection",
    "content-encoding",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-amzn-trace-id",
];

/// The head of a request that is being made up. What goes through it, or makes a longer text of a value, is charged to
/// the caller's request; values themselves are where they are found.
#[derive(Debug)]
pub(super) struct WebRequest<'b> {
    url: String,
    headers: Vec<(String, String)>,
    budget: &'b Budget,
}

impl<'b> WebRequest<'b> {
    /// A request for a URL, without headers.
    pub(super) fn of(url: String, budget: &'b Budget) -> Self {
        Self { url, headers: Vec::new(), budget }
    }

    /// The headers that pass from a caller through the gateway.
    pub(super) fn pass_headers(&mut self, exchange: &Exchange) -> Result<(), Exhausted> {
        let headers = &exchange.request.headers;
        // `Connection` names further ones that end here (RFC 9110, 7.6.1).
        let connection = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("connection"));
        let named: Vec<&str> = connection.flat_map(|(_, value)| value.split(',').map(str::trim)).collect();
        self.budget.work(named.len() * headers.len() * SEEK)?;
        for (name, value) in headers.iter() {
            if named.iter().any(|named| named.eq_ignore_ascii_case(name)) {
                continue;
            }
            if !NOT_PASSED.iter().any(|other| name.eq_ignore_ascii_case(other)) {
                self.add_header(name, value);
            }
        }
        Ok(())
    }

    /// Adds a query as it is written.
    pub(super) fn add_query(&mut self, query: &str) {
        if !query.is_empty() {
            let separator = if self.url.contains('?') { "&" } else { "?" };
            self.url.extend([separator, query]);
        }
    }

    /// Adds a parameter to the query.
    pub(super) fn add_parameter(&mut self, name: &str, value: &str) -> Result<(), Exhausted> {
        self.budget.copy(ENCODED * (name.len() + value.len()))?;
        self.add_query(&format!("{}={}", encode(name), encode(value)));
        Ok(())
    }

    /// Takes the parameters of a name out of the query.
    pub(super) fn remove_parameter(&mut self, name: &str) -> Result<(), Exhausted> {
        self.budget.work(self.url.len() * DECODE)?;
        let Some((path, query)) = self.url.split_once('?') else { return Ok(()) };
        let is_other = |pair: &&str| {
            let key = pair.split('=').next().unwrap_or_default();
            super::exchange::decode(key, true) != name
        };
        let kept = query.split('&').filter(is_other).collect::<Vec<_>>().join("&");
        self.url = path.to_owned();
        self.add_query(&kept);
        Ok(())
    }

    /// Puts another path in the place of that of the URL; its query stays.
    pub(super) fn set_path(&mut self, path: &str) -> Result<(), Exhausted> {
        self.budget.copy(path.len())?;
        self.budget.work(self.url.len())?;
        let (_, old) = taken_apart(&self.url);
        let origin = &self.url[..self.url.len() - old.len()];
        let query = &old[old.find('?').unwrap_or(old.len())..];
        let slash = if path.starts_with('/') { "" } else { "/" };
        self.url = [origin, slash, path, query].concat();
        Ok(())
    }

    /// Adds a header, beside others of its name.
    pub(super) fn add_header<'v>(&mut self, name: &str, value: impl Into<Cow<'v, str>>) {
        self.headers.push((name.to_owned(), value.into().into_owned()));
    }

    /// Sets a header, in the place of those of its name.
    pub(super) fn set_header<'v>(&mut self, name: &str, value: impl Into<Cow<'v, str>>) -> Result<(), Exhausted> {
        let value = Some(value.into().into_owned());
        change_header(&mut self.headers, name, ChangeOperation::Overwrite, value, self.budget)
    }

    /// Changes a header or a parameter of the query to what was selected; what selects nothing changes nothing.
    pub(super) fn change(&mut self, change: &ParameterChange, value: Option<String>) -> Result<(), Exhausted> {
        match (&change.target, change.operation, value) {
            (ChangeTarget::Header(name), operation, value) => {
                change_header(&mut self.headers, name, operation, value, self.budget)
            }
            (ChangeTarget::Query(name), ChangeOperation::Remove, _) => self.remove_parameter(name),
            (ChangeTarget::Query(name), ChangeOperation::Append, Some(value)) => self.add_parameter(name, &value),
            (ChangeTarget::Query(name), ChangeOperation::Overwrite, Some(value)) => {
                self.remove_parameter(name)?;
                self.add_parameter(name, &value)
            }
            (ChangeTarget::Query(_), _, None) | (ChangeTarget::Path | ChangeTarget::Status, ..) => Ok(()),
        }
    }

    /// The query, as it is written, and the headers.
    pub(super) fn into_parts(self) -> (String, Vec<(String, String)>) {
        let query = self.url.split_once('?').map_or("", |(_, query)| query);
        (query.to_owned(), self.headers)
    }

    /// The URL and the headers, with the host of the URL unless another was set.
    pub(super) fn finish(mut self) -> (String, Vec<(String, String)>) {
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            let (host, _) = taken_apart(&self.url);
            self.headers.insert(0, ("Host".to_owned(), host.to_owned()));
        }
        (self.url, self.headers)
    }
}

/// Changes the headers of a name to what was selected; what selects nothing changes nothing.
pub(super) fn change_header(
    headers: &mut Vec<(String, String)>,
    name: &str,
    operation: ChangeOperation,
    value: Option<String>,
    budget: &Budget,
) -> Result<(), Exhausted> {
    let value = match (operation, value) {
        (ChangeOperation::Remove, _) => None,
        (_, None) => return Ok(()),
        (_, value) => value,
    };
    budget.copy(name.len())?;
    budget.work(headers.len() * SEEK)?;
    if operation != ChangeOperation::Append {
        headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    }
    headers.extend(value.map(|value| (name.to_owned(), value)));
    Ok(())
}

/// A header of a web server's answer that is good for its own connection alone.
pub(super) fn is_hop_by_hop(name: &str) -> bool {
    ["connection", "content-length", "keep-alive", "trailer", "transfer-encoding", "upgrade"]
        .iter()
        .any(|other| name.eq_ignore_ascii_case(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_queries_are_changed_apart_from_each_other() {
        let budget = Budget::default();
        let mut request = WebRequest::of("http://a:1/b?x=1&y=2&x=3".to_owned(), &budget);
        request.add_parameter("z z", "ü&").unwrap();
        request.remove_parameter("x").unwrap();
        assert_eq!(request.url, "http://a:1/b?y=2&z%20z=%C3%BC%26");
        request.set_path("c/d").unwrap();
        assert_eq!(request.url, "http://a:1/c/d?y=2&z%20z=%C3%BC%26");
        let mut bare = WebRequest::of("http://a".to_owned(), &budget);
        bare.set_path("/p").unwrap();
        bare.add_query("q=1");
        assert_eq!(bare.finish(), ("http://a/p?q=1".to_owned(), vec![("Host".to_owned(), "a".to_owned())]));
    }
}
