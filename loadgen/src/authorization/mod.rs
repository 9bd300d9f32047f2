//! How requests show who sends them: what the scenario asks for, with secrets from the environment alone.

mod keys;
mod secrets;
mod shown;

pub use self::keys::Keys;
pub(crate) use self::secrets::Secrets;
pub(crate) use self::shown::{is_plain_header, is_word, says_secret, secret_ranges, shown_header, shown_url, without};

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepgate::credentials::Credentials;
use stepgate::sigv4::{Scope, Signer};

use crate::endpoint::Endpoint;
use crate::mistake::Mistake;

/// The environment variable that holds an API key.
pub(crate) const API_KEY: &str = "STEPGATE_API_KEY";

/// What a scenario asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Auth {
    /// Nothing: the API is open.
    #[default]
    None,
    /// AWS Signature Version 4, with `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`; built with
    /// the feature `aws-config`, with whatever the default credential chain finds.
    Sigv4,
    /// The header `x-api-key`, from `STEPGATE_API_KEY`.
    ApiKey,
    /// `authorization: Bearer …`, from `STEPGATE_BEARER_TOKEN`.
    Bearer,
}

/// What is added to requests.
#[derive(Clone, Default)]
pub enum Authorization {
    /// Nothing.
    #[default]
    None,
    /// The same header on each.
    Header(&'static str, String),
    /// A signature.
    SigV4 {
        /// Region and service.
        scope: Scope,
        /// The keys, which may change during a run.
        keys: Arc<Keys>,
    },
}

impl Authorization {
    /// What `auth` asks for at an endpoint. Its region comes from `region`, from AWS's own host names, or from
    /// `AWS_REGION` or `AWS_DEFAULT_REGION`.
    ///
    /// # Errors
    /// Names the variable that is missing.
    pub fn of(
        auth: Auth,
        region: Option<&str>,
        endpoint: &Endpoint,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Mistake> {
        let needed = |name: &str| {
            let value = variable(name).filter(|value| !value.is_empty());
            let value = value.ok_or_else(|| {
                Mistake::usage(format!("the environment variable {name} is not set, and auth needs it"))
            })?;
            let legal = value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
            if legal {
                Ok(value)
            } else {
                Err(Mistake::usage(format!("the environment variable {name} is not a legal value of an HTTP header")))
            }
        };
        match auth {
            Auth::None => Ok(Self::None),
            Auth::ApiKey => Ok(Self::Header("x-api-key", needed(API_KEY)?)),
            Auth::Bearer => Ok(Self::Header("authorization", format!("Bearer {}", needed("STEPGATE_BEARER_TOKEN")?))),
            Auth::Sigv4 => {
                let (found, keys) = keys(variable)?;
                let from_host = Scope::from_host(&endpoint.host).ok();
                let named = region.map(Scope::execute_api);
                let elsewhere = ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().find_map(|name| variable(name)).or(found);
                let scope = named.or(from_host).or_else(|| elsewhere.map(|region| Scope::execute_api(&region)));
                let scope = scope.ok_or_else(|| Mistake::usage("no region to sign for: set region in the scenario's [target], or the environment variable AWS_REGION"))?;
                Ok(Self::SigV4 { scope, keys })
            }
        }
    }
}

impl Authorization {
    /// Whether requests are signed.
    #[must_use]
    pub const fn signs(&self) -> bool {
        matches!(self, Self::SigV4 { .. })
    }

    /// The headers that authorise one request as of now, to be sent beside `headers`.
    ///
    /// # Errors
    /// The request cannot be signed: in words.
    pub fn headers(
        &self,
        method: &str,
        uri: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<Vec<(String, String)>, Mistake> {
        let (scope, keys) = match self {
            Self::None => return Ok(Vec::new()),
            Self::Header(name, value) => return Ok(vec![((*name).into(), value.clone())]),
            Self::SigV4 { scope, keys } => (scope, keys),
        };
        let mut request = http::Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let mut request =
            request.body(body).map_err(|e| Mistake::usage(format!("the request cannot be signed: {e}")))?;
        let signed = Signer::new(scope.clone()).sign(&mut request, &keys.current(), SystemTime::now());
        signed.map_err(|e| Mistake::usage(format!("the request cannot be signed: {e}")))?;
        let added = ["authorization", "x-amz-date", "x-amz-security-token"].into_iter().filter_map(|name| {
            let value = request.headers().get(name)?.to_str().ok()?;
            Some((name.to_owned(), value.to_owned()))
        });
        Ok(added.collect())
    }

    /// What nobody else may see of it, as of now.
    #[must_use]
    pub(crate) fn secrets(&self) -> Secrets {
        match self {
            Self::None => Secrets::default(),
            // The scheme of a header is no secret, what follows it is.
            Self::Header(_, value) => Secrets::of([value.rsplit(' ').next().unwrap_or(value)]),
            Self::SigV4 { keys, .. } => {
                let keys = keys.current();
                let token = keys.session_token().unwrap_or_default();
                Secrets::of([keys.secret_access_key(), token, keys.access_key_id()])
            }
        }
    }
}

/// The keys of the environment, or of the default chain, and the region that the chain knows.
fn keys(variable: &dyn Fn(&str) -> Option<String>) -> Result<(Option<String>, Arc<Keys>), Mistake> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    if let (Some(id), Some(secret)) = (set("AWS_ACCESS_KEY_ID"), set("AWS_SECRET_ACCESS_KEY")) {
        let credentials = Credentials::new(id, secret, set("AWS_SESSION_TOKEN"), None, "environment");
        return Ok((None, Arc::new(Keys::new(credentials))));
    }
    #[cfg(feature = "aws-config")]
    return Keys::of_the_default_chain();
    #[cfg(not(feature = "aws-config"))]
    Err(Mistake::usage(
        "auth = \"sigv4\" needs the environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; profiles and \
         roles need a loadgen built with --features aws-config",
    ))
}

/// Tells nothing of secrets.
impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Header(name, _) => name,
            Self::SigV4 { .. } => "SigV4",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AWS: &str = "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod/execute";

    fn of(auth: Auth, url: &str, set: &[(&str, &str)]) -> Result<Authorization, Mistake> {
        let variable = |name: &str| set.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Authorization::of(auth, None, &Endpoint::parse(url).unwrap(), &variable)
    }

    #[test]
    fn secrets_come_from_the_environment_and_stay_out_of_sight() {
        let key = of(Auth::ApiKey, AWS, &[("STEPGATE_API_KEY", "hidden")]).unwrap();
        assert!(matches!(&key, Authorization::Header("x-api-key", value) if value == "hidden"));
        assert_eq!(format!("{key:?}"), "x-api-key");
        let bearer = of(Auth::Bearer, AWS, &[("STEPGATE_BEARER_TOKEN", "hidden")]).unwrap();
        assert!(matches!(&bearer, Authorization::Header("authorization", value) if value == "Bearer hidden"));
        assert!(of(Auth::ApiKey, AWS, &[]).unwrap_err().message.contains("STEPGATE_API_KEY is not set"));
        assert!(
            of(Auth::Bearer, AWS, &[("STEPGATE_BEARER_TOKEN", "a\r\nb")])
                .unwrap_err()
                .message
                .contains("not a legal value")
        );
    }

    #[test]
    fn the_region_is_that_of_the_host_or_of_the_environment() {
        let keys = [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "secret")];
        let region = |url, more: &[(&str, &str)]| match of(Auth::Sigv4, url, &[&keys, more].concat()) {
            Ok(Authorization::SigV4 { scope, .. }) => Ok(scope.region().to_owned()),
            Ok(other) => panic!("{other:?}"),
            Err(e) => Err(e),
        };
        assert_eq!(region(AWS, &[("AWS_REGION", "us-east-1")]), Ok("eu-west-1".into()));
        assert_eq!(region("http://127.0.0.1/execute", &[("AWS_REGION", "us-east-1")]), Ok("us-east-1".into()));
        assert!(region("http://127.0.0.1/execute", &[]).unwrap_err().message.contains("AWS_REGION"));
    }
}
