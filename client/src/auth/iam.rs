use super::identity::{Cause, Identity, Receipt, Refusal, Region, Setup, Waiting};
use super::states::region_of;
use crate::clock::Clock;
use crate::credentials::{Credentials, CredentialsCache};
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind};
use crate::secrets::Secrets;
use crate::sigv4::{Scope, Signer};
use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderValue};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

/// IAM authorisation: a signature with cached credentials, by the gateway's clock.
#[derive(Debug)]
pub(crate) struct Iam {
    credentials: Arc<CredentialsCache>,
    signer: Signer,
    /// How far AWS's clock is ahead of ours, in seconds. One machine, one clock: shared by all that sign.
    skew: Arc<AtomicI64>,
}

/// What one request was signed with.
struct SignedWith {
    credentials: Credentials,
    time: SystemTime,
    authorization: Option<HeaderValue>,
}

impl Iam {
    fn new(credentials: Arc<CredentialsCache>, signer: Signer) -> Self {
        Self { credentials, signer, skew: Arc::default() }
    }

    async fn credentials(&self, clock: &dyn Clock) -> Result<Credentials, Error> {
        let credentials = self.credentials.get(clock).await;
        credentials
            .map_err(|source| Error::new(ErrorKind::Credentials, "no credentials to sign with").with_source(source))
    }

    /// Takes AWS's clock from one of its answers. Whether the request was signed by a time that is off: the AWS SDKs take
    /// four minutes, the gateway allows five. It is the *signed* time that counts: of requests that were signed together,
    /// the first to be answered corrects the clock, and the others were no less wrong.
    fn correct_clock(&self, signed: SystemTime, date: SystemTime, now: SystemTime) -> bool {
        let apart = signed.duration_since(date).unwrap_or_else(|error| error.duration());
        if apart < Duration::from_mins(4) {
            return false;
        }
        let seconds = match date.duration_since(now) {
            Ok(ahead) => i64::try_from(ahead.as_secs()),
            Err(behind) => i64::try_from(behind.duration().as_secs()).map(|seconds| -seconds),
        };
        self.skew.store(seconds.unwrap_or(0), Ordering::Relaxed);
        true
    }

    fn aws_time(&self, now: SystemTime) -> SystemTime {
        let skew = self.skew.load(Ordering::Relaxed);
        let seconds = Duration::from_secs(skew.unsigned_abs());
        let shifted = if skew >= 0 { now.checked_add(seconds) } else { now.checked_sub(seconds) };
        shifted.unwrap_or(now)
    }
}

impl Identity for Iam {
    fn authorize<'a>(&'a self, request: &'a mut http::Request<Bytes>, clock: &'a dyn Clock) -> Waiting<'a, Receipt> {
        Box::pin(async {
            let credentials = self.credentials(clock).await?;
            let time = self.aws_time(clock.now());
            self.signer
                .sign(request, &credentials, time)
                .map_err(|source| Error::new(ErrorKind::Credentials, "signing failed").with_source(source))?;
            let authorization = request.headers().get(AUTHORIZATION).cloned();
            Ok(Receipt(Some(Box::new(SignedWith { credentials, time, authorization }))))
        })
    }

    /// Permanent keys come without a token.
    fn header_names<'a>(&'a self, clock: &'a dyn Clock) -> Waiting<'a, Vec<&'static str>> {
        Box::pin(async {
            let mut names = vec!["authorization", "x-amz-date"];
            if self.credentials(clock).await?.session_token().is_some() {
                names.push("x-amz-security-token");
            }
            Ok(names)
        })
    }

    fn for_states(&self, uri: &http::Uri, named: Option<&str>) -> Result<Arc<dyn Identity>, Error> {
        let (region, _) = region_of(uri, named)?;
        let scope = region
            .map(|region| Scope::states(&region))
            .ok_or_else(|| Error::config("the region to sign for is not known: use `executions_in` and name it"))?;
        let (credentials, skew) = (Arc::clone(&self.credentials), Arc::clone(&self.skew));
        Ok(Arc::new(Self { credentials, signer: Signer::new(scope), skew }))
    }

    fn mend(&self, receipt: &Receipt, refusal: &Refusal<'_>) -> Option<Cause> {
        let signed = receipt.signed()?;
        match refusal.reason {
            // Also when the keys were replaced where the provider reads them: those that it gave are unknown then.
            "ExpiredTokenException" | "ExpiredToken" | "UnrecognizedClientException" | "InvalidClientTokenId" => {
                self.credentials.reject(&signed.credentials);
                Some(Cause::Credentials)
            }
            // The words for a signature that is too old, too young, or wrong for another reason.
            "InvalidSignatureException"
            | "SignatureDoesNotMatch"
            | "RequestTimeTooSkewed"
            | "RequestExpired"
            | "AccessDeniedException" => {
                let date = refusal.date?;
                self.correct_clock(signed.time, date, refusal.now).then_some(Cause::Clock)
            }
            _ => None,
        }
    }

    fn confide(&self, receipt: &Receipt, secrets: &mut Secrets) {
        let Some(signed) = receipt.signed() else { return };
        secrets.add(signed.credentials.secret_access_key());
        secrets.add(signed.credentials.session_token().unwrap_or_default());
        if let Some(authorization) = &signed.authorization {
            let text = authorization.to_str().unwrap_or_default();
            secrets.add(text);
            secrets.add(text.rsplit_once("Signature=").map_or("", |(_, signature)| signature));
        }
    }
}

impl Receipt {
    fn signed(&self) -> Option<&SignedWith> {
        self.0.as_ref()?.downcast_ref()
    }
}

/// An IAM identity whose region is not settled yet.
pub(crate) struct IamSetup(pub(crate) CredentialsCache);

impl Setup for IamSetup {
    fn identity(self: Box<Self>, endpoint: &Endpoint, region: Region, jitter: f64) -> Result<Arc<dyn Identity>, Error> {
        let of_host = Scope::from_host(endpoint.host()).map(Signer::new);
        let of_host = of_host.or_else(|_| Signer::for_uri(endpoint.uri()));
        let signer = match (of_host, region.explicit, region.fallback) {
            (Ok(signer), Some(region), _) if signer.scope().region() != region => {
                return Err(Error::config(format!(
                    "the host is in `{}`, not in `{region}`: remove `region`",
                    signer.scope().region()
                )));
            }
            (Ok(signer), _, _) => signer,
            (Err(_), Some(region), _) | (Err(_), None, Some(region)) => Signer::new(Scope::execute_api(&region)),
            (Err(source), None, None) => {
                return Err(Error::config("the region to sign for is not known: set `region`").with_source(source));
            }
        };
        // Each client another moment, so that a fleet does not ask its provider all at once.
        let ahead = CredentialsCache::REFRESH_AHEAD.mul_f64(0.6 + 0.4 * jitter);
        Ok(Arc::new(Iam::new(Arc::new(self.0.refresh_ahead(ahead)), signer)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iam() -> Iam {
        let credentials = Arc::new(CredentialsCache::new(Credentials::new("a", "b", None, None, "test")));
        Iam::new(credentials, Signer::new(Scope::execute_api("eu-west-1")))
    }

    #[test]
    fn the_clock_is_corrected_once_the_signed_time_is_four_minutes_off() {
        let iam = iam();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        assert!(!iam.correct_clock(now, now + Duration::from_secs(239), now));
        assert!(iam.correct_clock(now, now - Duration::from_mins(10), now));
        assert_eq!(iam.aws_time(now), now - Duration::from_mins(10));
        let signed = iam.aws_time(now);
        assert!(!iam.correct_clock(signed, now - Duration::from_secs(590), now), "signed by the right time");
    }

    #[test]
    fn whoever_signed_before_the_correction_signs_anew_after_it() {
        let iam = iam();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let date = now + Duration::from_mins(10);
        for _ in 0..10 {
            assert!(iam.correct_clock(now, date, now), "all ten were signed by the wrong time");
        }
        assert_eq!(iam.aws_time(now), date);
    }

    #[test]
    fn the_step_functions_api_is_signed_for_in_the_region_of_its_host() {
        let region = |host: &str, region| {
            iam().for_states(&format!("https://{host}/").parse().unwrap(), region).map_err(|error| error.kind())
        };
        assert!(region("states-fips.us-gov-west-1.amazonaws.com", None).is_ok());
        assert_eq!(region("127.0.0.1", None).unwrap_err(), ErrorKind::Config);
        assert!(region("127.0.0.1", Some("eu-west-1")).is_ok());
        for nameless in ["", "eu west 1"] {
            assert_eq!(region("127.0.0.1", Some(nameless)).unwrap_err(), ErrorKind::Config, "{nameless}");
        }
        assert_eq!(region("states.us-east-1.amazonaws.com", Some("eu-west-1")).unwrap_err(), ErrorKind::Config);
    }
}
