//! Requests that ask what became of an execution: the one kind whose path depends on earlier answers.

use std::collections::VecDeque;
use std::fmt::Write;

use crate::authorization::Authorization;
use crate::endpoint::Endpoint;
use crate::record::is_legal_name;

/// Names of started executions that are kept to be asked for.
const KEPT: usize = 64;

/// Makes `GET /executions/{name}` for one of the executions that were started last.
#[derive(Debug, Clone)]
pub(super) struct Descriptions {
    endpoint: Endpoint,
    /// The headers after the request line, each with its line end.
    headers: String,
    authorization: Authorization,
    names: VecDeque<String>,
}

impl Descriptions {
    pub(super) fn new(endpoint: &Endpoint, headers: String, authorization: &Authorization) -> Self {
        let endpoint = endpoint.sibling("executions");
        Self { endpoint, headers, authorization: authorization.clone(), names: VecDeque::with_capacity(KEPT) }
    }

    /// Keeps the name of a started execution.
    pub(super) fn started(&mut self, name: &str) {
        if !is_legal_name(name) {
            // There is none of that name, whatever its length.
            return;
        }
        let mut kept =
            if self.names.len() == KEPT { self.names.pop_front().unwrap_or_default() } else { String::new() };
        kept.clear();
        kept.push_str(name);
        self.names.push_back(kept);
    }

    /// Appends a request for one of the names that `seed` picks; before there is any, for `otherwise`, which no
    /// execution has.
    pub(super) fn write(&self, seed: u64, otherwise: &str, out: &mut Vec<u8>) {
        let count = self.names.len() as u64;
        let picked = usize::try_from(crate::random::scale(seed, count)).ok().and_then(|index| self.names.get(index));
        let path = format!("{}/{}", self.endpoint.path, escaped(picked.map_or(otherwise, String::as_str)));
        let mut lines = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n{}", self.endpoint.authority, self.headers);
        let uri = Endpoint { path, ..self.endpoint.clone() }.uri();
        // What cannot be signed goes out unsigned, and the target says so.
        for (name, value) in self.authorization.headers("GET", &uri, &[], b"").unwrap_or_default() {
            lines.extend([&name, ": ", &value, "\r\n"]);
        }
        out.extend_from_slice(lines.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
}

/// A name as one segment of a path.
fn escaped(name: &str) -> String {
    name.bytes().fold(String::with_capacity(name.len()), |mut text, byte| {
        match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'.' | b'_' | b'~' => text.push(char::from(byte)),
            _ => {
                // Writing to a `String` cannot fail.
                let _ = write!(text, "%{byte:02X}");
            }
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(descriptions: &Descriptions, seed: u64) -> String {
        let mut out = Vec::new();
        descriptions.write(seed, "nobody", &mut out);
        String::from_utf8(out).unwrap().lines().next().unwrap().to_owned()
    }

    #[test]
    fn executions_that_were_started_last_are_asked_for() {
        let endpoint = Endpoint::parse("http://127.0.0.1/prod/execute").unwrap();
        let mut descriptions = Descriptions::new(&endpoint, String::new(), &Authorization::None);
        assert_eq!(line(&descriptions, 7), "GET /prod/executions/nobody HTTP/1.1");
        (0..100).for_each(|n| descriptions.started(&format!("order({n})")));
        assert_eq!(line(&descriptions, 0), "GET /prod/executions/order%2836%29 HTTP/1.1");
        assert_eq!(line(&descriptions, u64::MAX), "GET /prod/executions/order%2899%29 HTTP/1.1");
    }
}
