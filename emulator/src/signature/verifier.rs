//! The checks, in their order.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::authorization::Authorization;
use super::canonical::{self, SignedHeaders};
use super::credentials::{CallerIdentity, Credentials, TokenFault};
use super::denial::{self, Denial};
use super::timestamp::Timestamp;
use crate::http::Request;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const TERMINATOR: &str = "aws4_request";

/// How strict a [`Verifier`] is; the default is API Gateway's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VerifierOptions {
    /// How far the time of signing may be off, either way, in whole seconds. Default 5 minutes \[W\]: API Gateway's own
    /// messages say `- 5 min.`. A presigned URL is good for as long as its `X-Amz-Expires` says \[D\], and for this
    /// without one.
    pub(crate) window: Duration,
    /// Whether dot segments and empty segments are taken out of the path. Default `true` \[D\]: every service but S3.
    pub(crate) normalise_path: bool,
    /// Whether a presigned URL carries its session token beside what is signed, as AWS's service for devices
    /// wants it \[D\]. Default `false`: the token is signed \[I\].
    pub(crate) token_after_signing: bool,
    /// Whether each `x-amz-…` header of the request must be signed. The documentation asks clients to sign them \[D\];
    /// that an unsigned one is let through is \[I\]. Default `false`.
    pub(crate) require_amz_headers: bool,
}

impl Default for VerifierOptions {
    fn default() -> Self {
        Self {
            window: Duration::from_mins(5),
            normalise_path: true,
            token_after_signing: false,
            require_amz_headers: false,
        }
    }
}

/// Knows the keys, and whether a request was signed with one of them for this region and service.
#[derive(Debug, Clone)]
pub struct Verifier {
    credentials: Credentials,
    region: String,
    service: String,
    options: VerifierOptions,
}

impl Verifier {
    /// A verifier with the default options. API Gateway's service is `execute-api`, that of Step Functions `states`.
    #[must_use]
    pub fn new(credentials: Credentials, region: impl Into<String>, service: impl Into<String>) -> Self {
        Self { credentials, region: region.into(), service: service.into(), options: VerifierOptions::default() }
    }

    /// The same verifier with other options.
    #[must_use]
    pub(crate) fn with_options(mut self, options: VerifierOptions) -> Self {
        self.options = options;
        self
    }

    /// Who signed this request. `now` is the time since the Unix epoch.
    ///
    /// # Errors
    /// The refusal that AWS would answer with. Signatures of version 4A (`AWS4-ECDSA-P256-SHA256`) are refused as an
    /// unsupported algorithm.
    pub fn verify(&self, request: &Request, now: Duration) -> Result<&CallerIdentity, Denial> {
        let claim = Authorization::read(request)?;
        let signed_at = claim.date.timestamp()?;
        self.check_window(signed_at, claim.expires, Timestamp::at(now))?;

        let signed_headers = SignedHeaders::read(&claim.signed_headers);
        self.check_signed_headers(request, &signed_headers)?;
        let values = signed_headers.values(&request.headers).map_err(denial::absent_header)?;

        if claim.algorithm != ALGORITHM {
            return Err(denial::unsupported_algorithm(&claim.algorithm));
        }
        let credential = self.credential(&claim.credential, signed_at)?;

        let key = self.credentials.get(credential.access_key).ok_or_else(denial::unrecognized_client)?;
        // A temporary key is found by its token, so that its faults come before those of the signature [I]; a token
        // that does not belong to the key was seen to be noticed after it [W].
        let token = key.check_token(claim.token.as_deref(), now);
        match token {
            Err(TokenFault::Invalid) => return Err(denial::unrecognized_client()),
            Err(TokenFault::Expired) => return Err(denial::expired_token()),
            Ok(()) | Err(TokenFault::Unexpected) => {}
        }

        let is_signed = |name: &[u8]| {
            name != b"X-Amz-Signature" && !(self.options.token_after_signing && name == b"X-Amz-Security-Token")
        };
        let canonical_request =
            canonical::request(request, &signed_headers, &values, self.options.normalise_path, is_signed);
        let hash = hex::encode(Sha256::digest(&canonical_request));
        let string_to_sign = format!("{ALGORITHM}\n{signed_at}\n{}\n{hash}", credential.scope);
        let signature = self.signature(key.secret(), credential.date, &string_to_sign);
        if !bool::from(signature.as_bytes().ct_eq(claim.signature.as_bytes())) {
            return Err(denial::wrong_signature(&canonical_request, &string_to_sign));
        }
        token.map_err(|_| denial::unexpected_token())?;
        Ok(&key.identity)
    }

    fn check_window(&self, signed_at: Timestamp, expires: Option<Duration>, now: Timestamp) -> Result<(), Denial> {
        let window = self.options.window;
        let minutes = window.as_secs() / 60;
        let lifetime = expires.unwrap_or(window);
        let (earliest, latest) = (now.minus(lifetime), now.plus(window));
        if signed_at < earliest {
            return Err(denial::expired(signed_at, earliest, now, lifetime.as_secs() / 60));
        }
        if signed_at > latest {
            return Err(denial::not_yet_current(signed_at, latest, now, minutes));
        }
        Ok(())
    }

    fn check_signed_headers(&self, request: &Request, signed: &SignedHeaders) -> Result<(), Denial> {
        if !signed.contains("host") {
            return Err(denial::unsigned_header("host"));
        }
        if self.options.require_amz_headers {
            let mut names = request.headers.iter().map(|(name, _)| name.to_ascii_lowercase());
            if let Some(name) = names.find(|name| name.starts_with("x-amz-") && !signed.contains(name)) {
                return Err(denial::unsigned_header(&name));
            }
        }
        Ok(())
    }

    /// Reads a credential such as `AKID…/20150830/us-east-1/execute-api/aws4_request`, whose scope must be this
    /// verifier's on the day of signing.
    fn credential<'c>(&self, text: &'c str, signed_at: Timestamp) -> Result<Credential<'c>, Denial> {
        let parts: Vec<&str> = text.split('/').collect();
        let ([access_key, date, region, service, terminator], Some((_, scope))) =
            (parts.as_slice(), text.split_once('/'))
        else {
            return Err(denial::bad_credential(text));
        };
        let faults = [
            (*region != self.region).then(denial::wrong_region),
            (*service != self.service).then(|| denial::wrong_service(&self.service)),
            (*terminator != TERMINATOR).then(denial::wrong_terminator),
            (*date != signed_at.date()).then(|| denial::wrong_day(date, signed_at)),
        ];
        if faults.iter().any(Option::is_some) {
            return Err(denial::wrong_scope(faults));
        }
        Ok(Credential { access_key, date, scope })
    }

    /// The signature that a key's owner gives to a string on a date (`YYYYMMDD`), as hex.
    pub(super) fn signature(&self, secret: &str, date: &str, string_to_sign: &str) -> String {
        let key = keyed_hash(format!("AWS4{secret}").as_bytes(), date);
        let key = keyed_hash(&key, &self.region);
        let key = keyed_hash(&key, &self.service);
        let key = keyed_hash(&key, TERMINATOR);
        hex::encode(keyed_hash(&key, string_to_sign))
    }
}

/// A credential in its parts.
struct Credential<'c> {
    access_key: &'c str,
    date: &'c str,
    scope: &'c str,
}

fn keyed_hash(key: &[u8], message: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_its_own_request_alone() {
        use crate::signature::{AccessKey, CallerIdentity};

        use std::time::Duration;

        let identity = CallerIdentity {
            access_key: "AKIDEXAMPLE".into(),
            arn: "arn:aws:iam::123456789012:user/example".into(),
            account: "123456789012".into(),
        };
        let key = AccessKey::new(identity, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        let verifier = Verifier::new(key.into(), "us-east-1", "service");

        let authorization = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
            SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
        let mut request = Request {
            method: "GET".into(),
            path: "/".into(),
            query: String::new(),
            headers: [
                ("Host", "example.amazonaws.com"),
                ("X-Amz-Date", "20150830T123600Z"),
                ("Authorization", authorization),
            ]
            .into_iter()
            .collect(),
            body: Vec::new(),
        };
        let now = Duration::from_mins(24_015_636);
        assert_eq!(verifier.verify(&request, now).unwrap().access_key, "AKIDEXAMPLE");

        request.body.push(b'!');
        assert_eq!(verifier.verify(&request, now).unwrap_err().error_type(), "InvalidSignatureException");
    }
}
