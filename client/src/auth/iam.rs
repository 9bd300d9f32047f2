use crate::clock::Clock;
use crate::credentials::{Credentials, CredentialsCache};
use crate::error::{Error, ErrorKind};
use crate::sigv4::{Scope, Signer};
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

/// IAM authorisation: a signature with cached credentials, by the gateway's clock.
#[derive(Debug)]
pub(crate) struct Iam {
    credentials: Arc<CredentialsCache>,
    signer: Signer,
    /// How far the gateway's clock is ahead of ours, in seconds.
    skew: AtomicI64,
}

impl Iam {
    pub(crate) fn new(credentials: Arc<CredentialsCache>, signer: Signer) -> Self {
        Self { credentials, signer, skew: AtomicI64::new(0) }
    }

    /// The same identity for the Step Functions API; a host that is not AWS's is taken to be in the same region.
    pub(crate) fn for_states(&self, uri: &http::Uri) -> Self {
        let scope = uri.host().and_then(|host| Scope::from_host(host).ok());
        let scope = scope.unwrap_or_else(|| Scope::states(self.signer.scope().region()));
        Self::new(Arc::clone(&self.credentials), Signer::new(scope))
    }

    /// Signs `request` as of now. The credentials that it did so with.
    pub(crate) async fn sign(
        &self,
        request: &mut http::Request<Bytes>,
        clock: &dyn Clock,
    ) -> Result<Credentials, Error> {
        let credentials =
            self.credentials.get(clock).await.map_err(|source| {
                Error::new(ErrorKind::Credentials, "no credentials to sign with").with_source(source)
            })?;
        self.signer
            .sign(request, &credentials, self.gateway_time(clock.now()))
            .map_err(|source| Error::new(ErrorKind::Credentials, "signing failed").with_source(source))?;
        Ok(credentials)
    }

    /// Makes the next signature ask the provider, unless somebody has done so since.
    pub(crate) fn reject(&self, credentials: &Credentials) {
        self.credentials.reject(credentials);
    }

    /// Takes the gateway's clock from one of its answers. Whether that made a difference worth signing anew: the AWS
    /// SDKs take four minutes, the gateway allows five.
    pub(crate) fn correct_skew(&self, gateway: SystemTime, now: SystemTime) -> bool {
        let signed_at = self.gateway_time(now);
        let apart = signed_at.duration_since(gateway).unwrap_or_else(|error| error.duration());
        if apart < Duration::from_mins(4) {
            return false;
        }
        let seconds = match gateway.duration_since(now) {
            Ok(ahead) => i64::try_from(ahead.as_secs()),
            Err(behind) => i64::try_from(behind.duration().as_secs()).map(|seconds| -seconds),
        };
        self.skew.store(seconds.unwrap_or(0), Ordering::Relaxed);
        true
    }

    fn gateway_time(&self, now: SystemTime) -> SystemTime {
        let skew = self.skew.load(Ordering::Relaxed);
        let seconds = Duration::from_secs(skew.unsigned_abs());
        let shifted = if skew >= 0 { now.checked_add(seconds) } else { now.checked_sub(seconds) };
        shifted.unwrap_or(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_of_the_gateway_is_taken_once_it_is_four_minutes_off() {
        let credentials = Arc::new(CredentialsCache::new(Credentials::new("a", "b", None, None, "test")));
        let iam = Iam::new(credentials, Signer::new(Scope::execute_api("eu-west-1")));
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        assert!(!iam.correct_skew(now + Duration::from_secs(239), now));
        assert!(iam.correct_skew(now - Duration::from_mins(10), now));
        assert_eq!(iam.gateway_time(now), now - Duration::from_mins(10));
        assert!(!iam.correct_skew(now - Duration::from_secs(590), now), "corrected already");
    }
}
