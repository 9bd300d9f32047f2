//! The three ids of a request.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;

use crate::http::{Arrival, Headers};

/// Request id, extended request id and trace id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ids {
    /// A UUID: fresh, or the caller's.
    pub(super) request: String,
    /// 16 characters, never the caller's.
    pub(super) extended: String,
    /// `Root=…`, with what else the caller sent.
    pub(super) trace: String,
}

impl Ids {
    pub(super) fn new(headers: &Headers, arrival: &Arrival, caller_request_ids: bool) -> Self {
        let chosen = headers.get("x-amzn-requestid").filter(|id| caller_request_ids && is_uuid(id));
        let request = chosen.map_or_else(|| arrival.request_id(), str::to_owned);
        let extended = URL_SAFE.encode(arrival.seeds.extended);
        let trace = headers.get("x-amzn-trace-id").and_then(inbound_trace);
        let trace = trace.unwrap_or_else(|| fresh_trace(arrival.at.as_secs(), &arrival.seeds.trace));
        Self { request, extended, trace }
    }
}

/// `Root=1-`, the time in seconds as eight hexadecimal digits, and random ones.
fn fresh_trace(seconds: u64, random: &[u8; 12]) -> String {
    let mut trace = *b"Root=1-........-........................";
    for (bytes, place) in [(&seconds.to_be_bytes()[4..], 7..15), (&random[..], 16..40)] {
        hex::encode_to_slice(bytes, &mut trace[place]).expect("there are two places for each byte");
    }
    str::from_utf8(&trace).expect("digits are ASCII").to_owned()
}

/// Five groups of hexadecimal digits, whatever version they say.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// The fields of an inbound `X-Amzn-Trace-Id` that are honoured; `None` without a well-formed root.
fn inbound_trace(header: &str) -> Option<String> {
    let field = |name: &str| {
        header.split(';').filter_map(|field| field.trim().split_once('=')).find(|(key, _)| *key == name).map(|it| it.1)
    };
    let is_hex = |text: &str, length: usize| text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let root = field("Root")?;
    let (time, random) = root.strip_prefix("1-")?.split_once('-')?;
    if !is_hex(time, 8) || !is_hex(random, 24) {
        return None;
    }
    let mut trace = format!("Root={root}");
    if let Some(parent) = field("Parent").filter(|parent| is_hex(parent, 16)) {
        trace.push_str(";Parent=");
        trace.push_str(parent);
    }
    if let Some(sampled) = field("Sampled").filter(|sampled| matches!(*sampled, "0" | "1")) {
        trace.push_str(";Sampled=");
        trace.push_str(sampled);
    }
    Some(trace)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use super::*;
    use crate::http::IdSeeds;

    fn ids(headers: &[(&str, &str)]) -> Ids {
        let seeds = IdSeeds { request: [0xab; 16], extended: [0xab; 11], trace: [0xab; 12], backend: [0xcd; 16] };
        let arrival = Arrival { at: Duration::from_secs(0x5dca_d259), source: Ipv4Addr::LOCALHOST.into(), seeds };
        Ids::new(&headers.iter().copied().collect(), &arrival, true)
    }

    #[test]
    fn fresh_ids_have_the_shapes_that_were_captured() {
        assert_eq!(
            ids(&[]),
            Ids {
                request: "abababab-abab-4bab-abab-abababababab".into(),
                extended: "q6urq6urq6urq6s=".into(),
                trace: "Root=1-5dcad259-abababababababababababab".into(),
            }
        );
    }

    #[test]
    fn a_caller_chooses_the_request_id_by_a_uuid_and_by_nothing_else() {
        let uuid = "9C3D8AAB-83bf-1542-8256-36c9f42b6b01";
        assert_eq!(ids(&[("X-Amzn-RequestId", uuid)]).request, uuid);
        for other in ["12345678", "", "9c3d8aab-83bf-4542-8256-36c9f42b6b0", "9c3d8aab-83bf-4542-8256-36c9f42b6b0g"] {
            assert_eq!(ids(&[("x-amzn-requestid", other)]).request, ids(&[]).request, "{other}");
        }
        assert_eq!(ids(&[("x-amz-apigw-id", "mine")]).extended, ids(&[]).extended);
    }

    #[test]
    fn an_inbound_trace_is_honoured_when_it_is_one() {
        let trace = "Root=1-5dcad259-760ded2caa731b642837fea4;Parent=53995c3f42cd8ad8;Sampled=1";
        assert_eq!(ids(&[("X-Amzn-Trace-Id", trace)]).trace, trace);
        assert_eq!(ids(&[("x-amzn-trace-id", "Root=1-5dcad259-760ded2caa731b642837fea4")]).trace, &trace[..40]);
        assert_eq!(ids(&[("x-amzn-trace-id", "Root=nothing")]).trace, ids(&[]).trace);
    }
}
