//! Signatures of requests that differ in their body alone, under keys that may change.

use std::sync::Arc;
use std::time::SystemTime;

use stepgate::sigv4::{Prepared, Scope};

use crate::authorization::Keys;
use crate::endpoint::Endpoint;
use crate::mistake::Mistake;

/// The client's prepared signer with the keys that it signs under.
#[derive(Debug, Clone)]
pub(super) struct Signature {
    prepared: Prepared,
    keys: Arc<Keys>,
    version: u64,
}

impl Signature {
    /// A signer of `POST` requests to `endpoint` with `headers`; what else is sent goes unsigned.
    ///
    /// # Errors
    /// No request of this kind can be signed: in words.
    pub(super) fn new<'h>(
        scope: &Scope,
        keys: &Arc<Keys>,
        endpoint: &Endpoint,
        headers: impl IntoIterator<Item = (&'h str, &'h str)>,
    ) -> Result<Self, Mistake> {
        let mut shape = http::Request::post(endpoint.uri());
        for (name, value) in headers {
            shape = shape.header(name, value);
        }
        let shape =
            shape.body(()).map_err(|e| Mistake::other(format!("requests to {endpoint} cannot be signed: {e}")))?;
        let version = keys.version();
        let prepared = Prepared::new(scope.clone(), &shape, keys.current());
        let prepared = prepared.map_err(|e| Mistake::other(format!("requests to {endpoint} cannot be signed: {e}")))?;
        Ok(Self { prepared, keys: Arc::clone(keys), version })
    }

    /// The path and query to send.
    pub(super) fn path(&self) -> &str {
        self.prepared.path_and_query()
    }

    /// Appends the lines that authorise a request with this body at this time.
    pub(super) fn write(&mut self, body: &[u8], now: SystemTime, out: &mut Vec<u8>) {
        let version = self.keys.version();
        if version != self.version {
            self.version = version;
            // Unusable ones leave the old ones in place; the target says when it no longer takes them.
            self.prepared.set_credentials(self.keys.current()).unwrap_or_default();
        }
        // A time that cannot be written has no signature, and the target says so.
        if let Ok(signed) = self.prepared.sign(body, now) {
            out.extend_from_slice(signed.lines());
        }
    }
}
