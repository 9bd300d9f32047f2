//! One request on its way.

use std::borrow::Cow;
use std::net::IpAddr;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, percent_decode_str, utf8_percent_encode};

use super::ids::Ids;
use crate::budget::Budget;
use crate::http::{Arrival, Request};
use crate::java::halved;
use crate::signature::CallerIdentity;
use crate::switches::{Switch, Switches};
use crate::vtl::{Overrides, Parameters};

/// A request with what was found out about it.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) request: Request,
    pub(super) at: Duration,
    pub(super) source: IpAddr,
    pub(super) ids: Ids,
    /// Who signed it, where that was asked.
    pub(super) identity: Option<CallerIdentity>,
    /// The method that it was routed to.
    pub(super) method: Option<usize>,
    pub(super) path_parameters: Vec<(String, String)>,
    /// What the request template set.
    pub(super) overrides: Overrides,
    /// What it may still spend; the answer's template shares it.
    pub(super) budget: Budget,
    /// Of which the id of the backend's own request is made.
    pub(super) backend_seed: [u8; 16],
    /// Which way what is only inferred goes.
    switches: Switches,
}

/// The headers that API Gateway adds, in place of a caller's.
const WRITTEN_ANEW: [&str; 4] = ["x-amzn-trace-id", FORWARDED_FOR, "x-forwarded-port", "x-forwarded-proto"];

/// Where a caller's address stands.
const FORWARDED_FOR: &str = "x-forwarded-for";

impl Exchange {
    pub(super) fn new(request: Request, arrival: &Arrival, switches: Switches) -> Self {
        let ids = Ids::new(&request.headers, arrival, !switches.is_turned(Switch::CallerRequestIds));
        let budget = Budget::for_body(request.body.len());
        Self {
            request,
            at: arrival.at,
            source: arrival.source,
            ids,
            identity: None,
            method: None,
            path_parameters: Vec::new(),
            overrides: Overrides::default(),
            budget,
            backend_seed: arrival.seeds.backend,
            switches,
        }
    }

    /// The parameters that templates and mappings see.
    pub(super) fn parameters(&self) -> Parameters<'_> {
        let mut header = Vec::with_capacity(self.request.headers.len() + WRITTEN_ANEW.len());
        header.extend(self.headers(&self.request).map(|(key, value)| (key, halved(value))));
        Parameters {
            path: self.path_parameters.iter().map(|(key, value)| (key.into(), halved(value.into()))).collect(),
            query: query(&self.request.query).map(|(key, value)| (key, halved(value))).collect(),
            header,
        }
    }

    /// The headers of a request as functions and templates see them: those of the caller, and those that API Gateway adds
    /// (developer guide, "Lambda proxy integrations", the example of an event; that the address is added to one that the
    /// caller sends is inferred).
    pub(super) fn headers<'e>(&'e self, request: &'e Request) -> impl Iterator<Item = (Cow<'e, str>, Cow<'e, str>)> {
        let trace = ("X-Amzn-Trace-Id", Cow::Borrowed(self.ids.trace.as_str()));
        let added = [trace].into_iter().chain(self.forwarded(request));
        let written_anew = |name: &str| WRITTEN_ANEW.iter().any(|known| name.eq_ignore_ascii_case(known));
        let of_caller = request.headers.iter().filter(move |(name, _)| !written_anew(name));
        let of_caller = of_caller.map(|(name, value)| (Cow::Borrowed(name), Cow::Borrowed(value)));
        of_caller.chain(added.map(|(name, value)| (Cow::Borrowed(name), value)))
    }

    /// The headers that tell for whom a request is passed on.
    pub(super) fn forwarded(&self, request: &Request) -> [(&'static str, Cow<'static, str>); 3] {
        let before = request.headers.get(FORWARDED_FOR).filter(|_| !self.switches.is_turned(Switch::ForwardedFor));
        let forwarded = match before {
            None => address(self.source),
            Some(before) => format!("{before}, {}", self.source),
        };
        [
            ("X-Forwarded-For", Cow::Owned(forwarded)),
            ("X-Forwarded-Port", Cow::Borrowed("443")),
            ("X-Forwarded-Proto", Cow::Borrowed("https")),
        ]
    }
}

/// An address in text. Every request is asked for it, so that the usual kind is written digit by digit.
fn address(source: IpAddr) -> String {
    let IpAddr::V4(source) = source else { return source.to_string() };
    let mut text = String::with_capacity("255.255.255.255.".len());
    for octet in source.octets() {
        let digits = [100, 10, 1].into_iter().filter(|power| octet >= *power || *power == 1);
        text.extend(digits.map(|power| char::from(b'0' + octet / power % 10)));
        text.push('.');
    }
    text.pop();
    text
}

/// The value of a path parameter or a stage variable.
pub(super) fn named<'p>(pairs: &'p [(String, String)], name: &str) -> Option<&'p str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// The pairs of a query string, decoded.
pub(super) fn query(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(key, true), decode(value, true))
    })
}

/// A name or value as it stands in a query.
pub(super) fn encode(text: &str) -> PercentEncode<'_> {
    /// What a query keeps as it is.
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(text, KEPT)
}

/// Percent-decoding; what is no encoding stays as it is, and bytes that are no text become U+FFFD.
pub(super) fn decode(text: &str, plus_is_space: bool) -> Cow<'_, str> {
    if !text.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
        return Cow::Borrowed(text);
    }
    if plus_is_space && text.contains('+') {
        let spaced = text.replace('+', " ");
        return Cow::Owned(percent_decode_str(&spaced).decode_utf8_lossy().into_owned());
    }
    percent_decode_str(text).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_they_always_are() {
        for octet in 0..=255 {
            let source = IpAddr::from([octet, 10, 255 - octet, 0]);
            assert_eq!(address(source), source.to_string());
        }
        assert_eq!(address(IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])), "::1");
    }
}
