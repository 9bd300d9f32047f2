//! Request bytes, prepared: everything that is the same for every request is written beforehand.

use std::io::Write;
use std::time::SystemTime;

use super::description::Descriptions;
use super::signature::Signature;
use crate::authorization::Authorization;
use crate::endpoint::Endpoint;
use crate::mistake::Mistake;
use crate::payload::{Arriving, Content, Payload, uuid_text};
use crate::random::{Random, Stream};
use crate::record::{Kind, Place};
use crate::scenario::Names;
use crate::schedule::Arrival;

/// Makes the bytes of requests.
#[derive(Debug, Clone)]
pub struct Requests {
    head: Vec<u8>,
    payloads: Vec<Payload>,
    /// Requests that are the same for every arrival, by payload.
    ready: Vec<Option<Vec<u8>>>,
    descriptions: Option<Descriptions>,
    keyed: bool,
    body: Vec<u8>,
    signature: Option<Signature>,
    /// When the run began, in milliseconds from 1970.
    began: i64,
}

/// A UUID as text.
pub(super) type UuidText = [u8; 36];

/// What requests are made of.
#[derive(Debug, Clone, Copy)]
pub struct RequestSettings<'a> {
    /// Where they go.
    pub endpoint: &'a Endpoint,
    /// Headers of their own; a `Host` takes the place of the endpoint's.
    pub headers: &'a [(String, String)],
    /// What they ask for.
    pub payloads: &'a [Payload],
    /// What an execution's name is expected to be: a key goes with each request.
    pub names: Names,
    /// Whether their connection is used again; otherwise each asks for it to be closed.
    pub keep_alive: bool,
    /// What shows who sends them.
    pub authorization: &'a Authorization,
    /// When the run begins, in milliseconds from 1970.
    pub began: i64,
}

impl Requests {
    /// Requests of one run.
    ///
    /// # Errors
    /// They cannot be signed: in words.
    pub fn new(settings: &RequestSettings<'_>) -> Result<Self, Mistake> {
        let RequestSettings { headers, payloads, authorization, .. } = *settings;
        let given = |name: &str| headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        let host = given("host").map_or_else(|| settings.endpoint.authority.clone(), |(_, value)| value.clone());
        // What is signed is what is sent: the host that the target reads.
        let endpoint = &Endpoint { authority: host, ..settings.endpoint.clone() };
        let mut common = String::new();
        if given("user-agent").is_none() {
            common += concat!("user-agent: loadgen/", env!("CARGO_PKG_VERSION"), "\r\n");
        }
        if !settings.keep_alive {
            common += "connection: close\r\n";
        }
        let others = common.clone();
        if given("content-type").is_none() {
            common += "content-type: application/json\r\n";
        }
        let own = headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("host"));
        for (name, value) in own.clone() {
            common.extend([name, ": ", value, "\r\n"]);
        }
        let (mut path, mut signature) = (endpoint.path.clone(), None);
        match authorization {
            Authorization::None => {}
            Authorization::Header(name, value) => common.extend([name, ": ", value.as_str(), "\r\n"]),
            Authorization::SigV4 { scope, keys } => {
                let json = given("content-type").is_none().then_some(("content-type", "application/json"));
                let own = own.map(|(name, value)| (name.as_str(), value.as_str()));
                let made = Signature::new(scope, keys, endpoint, json.into_iter().chain(own))?;
                // With whatever had to be escaped.
                made.path().clone_into(&mut path);
                signature = Some(made);
            }
        }
        let describes = payloads.iter().any(|payload| payload.content.kind() == Kind::Describe);
        let mut requests = Self {
            head: format!("POST {path} HTTP/1.1\r\nhost: {}\r\n{common}", endpoint.authority).into_bytes(),
            payloads: payloads.to_vec(),
            ready: payloads.iter().map(|payload| preflight(endpoint, &others, &payload.content)).collect(),
            descriptions: describes.then(|| Descriptions::new(endpoint, others, authorization)),
            keyed: settings.names == Names::Key,
            body: Vec::new(),
            signature,
            began: settings.began,
        };
        requests.prepare();
        Ok(requests)
    }

    /// Writes what is the same for every arrival beforehand.
    fn prepare(&mut self) {
        for index in 0..self.payloads.len() {
            let Some(template) = self.payloads[index].content.template() else { continue };
            if !self.keyed && self.signature.is_none() && template.as_constant().is_some() {
                let arrival = Arrival { k: 0, at: 0, seed: 0, place: Place::default() };
                let template = template.clone();
                let mut bytes = Vec::new();
                self.render(&arrival, &template, &mut bytes).expect("a constant body can always be made");
                self.ready[index] = Some(bytes);
            }
        }
    }

    /// The bytes of an arrival's request, in `scratch` unless they were ready, and its idempotency key if it has one.
    ///
    /// # Errors
    /// The body cannot be made for this arrival: in words.
    #[expect(clippy::missing_panics_doc, reason = "it cannot be")]
    pub fn bytes<'a>(
        &'a mut self,
        arrival: &Arrival,
        scratch: &'a mut Vec<u8>,
    ) -> Result<(&'a [u8], Option<UuidText>), Mistake> {
        let index = usize::from(arrival.place.payload);
        if self.ready[index].is_some() {
            return Ok((self.ready[index].as_deref().unwrap_or_default(), None));
        }
        scratch.clear();
        // Taken out while it is rendered, for rendering needs the rest.
        let content = std::mem::replace(&mut self.payloads[index].content, Content::Describe);
        let written = if let Some(template) = content.template() {
            self.render(arrival, template, scratch).map_err(|e| {
                let name = &self.payloads[index].name;
                Mistake::other(format!("payload {name} of arrival {}: {e}", arrival.k))
            })
        } else {
            if let Some(descriptions) = &self.descriptions {
                descriptions.write(arrival.seed, str::from_utf8(&key_of(arrival)).expect("a UUID is ASCII"), scratch);
            }
            Ok(None)
        };
        self.payloads[index].content = content;
        Ok((scratch, written?))
    }

    /// What the requests of a place ask for.
    pub(super) fn content(&self, place: Place) -> &Content {
        &self.payloads[usize::from(place.payload)].content
    }

    /// Says that an execution was started under this name: a later request may ask what became of it.
    pub fn started(&mut self, name: &str) {
        if let Some(descriptions) = &mut self.descriptions {
            descriptions.started(name);
        }
    }

    fn render(
        &mut self,
        arrival: &Arrival,
        template: &crate::payload::Template,
        out: &mut Vec<u8>,
    ) -> Result<Option<UuidText>, Mistake> {
        self.body.clear();
        let unix_ms = self.began.saturating_add_unsigned(arrival.at / 1_000_000);
        template.render(&Arriving { k: arrival.k, seed: arrival.seed, unix_ms }, &mut self.body)?;
        out.extend_from_slice(&self.head);
        let key = self.keyed.then(|| key_of(arrival));
        if let Some(key) = &key {
            for name in [&b"idempotency-key: "[..], b"x-amzn-requestid: "] {
                out.extend_from_slice(name);
                out.extend_from_slice(key);
                out.extend_from_slice(b"\r\n");
            }
        }
        if let Some(signature) = &mut self.signature {
            signature.write(&self.body, SystemTime::now(), out);
        }
        // Writing to a `Vec` cannot fail.
        let _ = write!(out, "content-length: {}\r\n\r\n", self.body.len());
        out.extend_from_slice(&self.body);
        Ok(key)
    }
}

/// The request of a preflight, which is the same every time and goes out unsigned, as a browser sends it.
fn preflight(endpoint: &Endpoint, others: &str, content: &Content) -> Option<Vec<u8>> {
    let Content::Preflight { origin, headers } = content else { return None };
    let (path, host, names) = (&endpoint.path, &endpoint.authority, headers.join(","));
    let request = format!(
        "OPTIONS {path} HTTP/1.1\r\nhost: {host}\r\n{others}origin: {origin}\r\naccess-control-request-method: POST\r\n"
    );
    let names = if names.is_empty() { names } else { format!("access-control-request-headers: {names}\r\n") };
    Some(format!("{request}{names}\r\n").into_bytes())
}

/// The idempotency key of an arrival: a UUID that follows from its seed.
#[must_use]
pub(crate) fn key_of(arrival: &Arrival) -> UuidText {
    uuid_text(&mut Random::at(arrival.seed, Stream::Key, arrival.k))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use stepgate::credentials::Credentials;
    use stepgate::sigv4::Scope;

    use super::*;
    use crate::authorization::Keys;
    use crate::payload::Template;

    fn requests(authorization: &Authorization) -> Requests {
        let endpoint = Endpoint::parse("http://127.0.0.1/a b/execute").unwrap();
        let content = Content::Execute(Template::constant("{}"));
        let payload = Payload { name: "p".into(), weight: 1, content };
        of(&endpoint, &[], &[payload], authorization)
    }

    fn of(
        endpoint: &Endpoint,
        headers: &[(String, String)],
        payloads: &[Payload],
        authorization: &Authorization,
    ) -> Requests {
        let (names, keep_alive, began) = (Names::RequestId, true, 0);
        Requests::new(&RequestSettings { endpoint, headers, payloads, names, keep_alive, authorization, began })
            .unwrap()
    }

    fn text(requests: &mut Requests) -> String {
        let arrival = Arrival { k: 0, at: 0, seed: 0, place: Place::default() };
        let mut scratch = Vec::new();
        String::from_utf8(requests.bytes(&arrival, &mut scratch).unwrap().0.to_vec()).unwrap()
    }

    #[test]
    fn a_header_is_on_every_request() {
        let text = text(&mut requests(&Authorization::Header("x-api-key", "hidden".into())));
        assert!(text.contains("\r\nx-api-key: hidden\r\n"), "{text}");
        assert!(text.ends_with("\r\ncontent-length: 2\r\n\r\n{}"), "{text}");
    }

    #[test]
    fn a_host_of_its_own_takes_the_place_of_the_urls_and_is_what_is_signed() {
        let endpoint = Endpoint::parse("https://vpce-1.execute-api.test/prod/execute").unwrap();
        let content = Content::Execute(Template::constant("{}"));
        let payload = Payload { name: "p".into(), weight: 1, content };
        let headers = [("Host".to_owned(), "api.private.test".to_owned())];
        let keys = Arc::new(Keys::new(Credentials::new("AKID", "secret", None, None, "test")));
        let signed = Authorization::SigV4 { scope: Scope::execute_api("us-east-1"), keys };
        let sent = text(&mut of(&endpoint, &headers, std::slice::from_ref(&payload), &signed));
        assert!(sent.starts_with("POST /prod/execute HTTP/1.1\r\nhost: api.private.test\r\n"), "{sent}");
        assert_eq!(sent.to_lowercase().matches("\r\nhost: ").count(), 1, "{sent}");
        assert!(sent.contains("SignedHeaders=content-type;host;x-amz-date"), "{sent}");
    }

    #[test]
    fn new_keys_sign_from_the_next_request_on() {
        let key = |id: &str, token: &str| Credentials::new(id, "secret", Some(token.into()), None, "test");
        let keys = Arc::new(Keys::new(key("AKIDFIRST", "token-1")));
        let scope = Scope::execute_api("us-east-1");
        let mut requests = requests(&Authorization::SigV4 { scope, keys: Arc::clone(&keys) });
        let first = text(&mut requests);
        assert!(first.starts_with("POST /a%20b/execute HTTP/1.1\r\nhost: 127.0.0.1\r\n"), "{first}");
        assert!(first.contains("Credential=AKIDFIRST/") && first.contains("x-amz-security-token: token-1\r\n"));
        keys.replace(key("AKIDSECOND", "token-2"));
        let second = text(&mut requests);
        assert!(second.contains("Credential=AKIDSECOND/") && second.contains("x-amz-security-token: token-2\r\n"));
    }
}
