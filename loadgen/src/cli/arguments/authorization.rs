//! How an argument names what shows who sends the requests.

use crate::authorization::Auth;
use crate::mistake::Mistake;

/// The region of `--aws-sigv4=aws:amz:REGION:SERVICE`, if it names one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SigningRegion(pub(crate) Option<String>);

pub(super) fn parse_sigv4(text: &str) -> Result<SigningRegion, Mistake> {
    let parts: Vec<&str> = text.split(':').collect();
    match parts[..] {
        [""] | ["aws", "amz"] => Ok(SigningRegion(None)),
        ["aws", "amz", region] | ["aws", "amz", region, "execute-api"] if !region.is_empty() => {
            Ok(SigningRegion(Some(region.into())))
        }
        ["aws", "amz", _, service] => {
            Err(Mistake::usage(format!("`{service}` is another service: the target's is execute-api")))
        }
        _ => Err(Mistake::usage("write aws:amz:REGION:execute-api, or nothing")),
    }
}

pub(super) fn parse_auth(text: &str) -> Result<Auth, Mistake> {
    match text {
        "none" => Ok(Auth::None),
        "sigv4" => Ok(Auth::Sigv4),
        "api-key" => Ok(Auth::ApiKey),
        "bearer" => Ok(Auth::Bearer),
        _ => Err(Mistake::usage("known values are none, sigv4, api-key and bearer")),
    }
}
