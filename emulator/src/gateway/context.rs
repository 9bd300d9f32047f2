//! `$context`.

use std::borrow::Cow;

use jiff::SignedDuration;
use jiff::civil::DateTime;

use super::exchange::Exchange;
use super::failure::Failure;
use super::served::Served;
use crate::digest::fnv1a;
use crate::vtl::Context;

/// `$context` of one request.
pub(super) struct RequestContext<'c> {
    pub(super) served: &'c Served,
    pub(super) exchange: &'c Exchange,
    /// What went wrong, in a gateway response.
    pub(super) failure: Option<&'c Failure>,
}

impl Context for RequestContext<'_> {
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        let (served, exchange) = (self.served, self.exchange);
        let path = || Some(served.method(exchange.method?).path.as_str());
        let header = |name: &str| exchange.request.headers.get(name).map(Cow::Borrowed);
        Some(Cow::Borrowed(match name {
            "requestId" => &exchange.ids.request,
            "extendedRequestId" => &exchange.ids.extended,
            "xrayTraceId" => exchange.ids.trace.split(';').next()?.strip_prefix("Root=")?,
            "httpMethod" => &exchange.request.method,
            "path" => &exchange.request.path,
            "protocol" => "HTTP/1.1",
            "stage" => &served.api.stage,
            "apiId" => &served.api.id,
            "accountId" => &served.stack.account,
            "resourcePath" => path()?,
            "resourceId" => return path().map(resource_id).map(Cow::Owned),
            "identity.userAgent" => return header("user-agent"),
            "identity.apiKey" => return header("x-api-key"),
            "identity.sourceIp" => return Some(Cow::Owned(exchange.source.to_string())),
            "identity.accessKey" => &exchange.identity.as_ref()?.access_key,
            "identity.accountId" => &exchange.identity.as_ref()?.account,
            "identity.caller" | "identity.user" => {
                return Some(Cow::Owned(principal(&exchange.identity.as_ref()?.access_key)));
            }
            "identity.userArn" => &exchange.identity.as_ref()?.arn,
            "domainName" => return header("host"),
            "domainPrefix" => exchange.request.headers.get("host")?.split(['.', ':']).next()?,
            "requestTime" => return Some(Cow::Owned(common_log_time(exchange.at.as_secs()))),
            "requestTimeEpoch" => return Some(Cow::Owned(exchange.at.as_millis().to_string())),
            _ => return name.strip_prefix("error.").and_then(|name| self.error(name)),
        }))
    }
}

impl RequestContext<'_> {
    fn error(&self, name: &str) -> Option<Cow<'_, str>> {
        let Failure::Response { kind, message, validation, .. } = self.failure? else { return None };
        match name {
            "message" => message.as_deref().map(Cow::Borrowed),
            "messageString" => {
                Some(Cow::Owned(message.as_ref().map_or_else(|| "null".to_owned(), |text| quoted(text))))
            }
            "responseType" => Some(Cow::Borrowed(kind.name())),
            "validationErrorString" => validation.as_deref().map(Cow::Borrowed),
            _ => None,
        }
    }
}

/// The principal id of a caller. AWS assigns one to every user (`AIDA…`); a test key's is made of its own id.
pub(super) fn principal(access_key: &str) -> String {
    format!("AIDA{}", access_key.get(4..).unwrap_or_default())
}

/// Six characters of the path's hash: AWS draws them, here they must only be stable.
fn resource_id(path: &str) -> String {
    let hash = fnv1a(path);
    (0..6).map(|at| char::from_digit(u32::try_from((hash >> (8 * at)) % 36).unwrap_or(0), 36).unwrap_or('0')).collect()
}

/// A JSON string.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// `23/Nov/2026:15:47:05 +0000`
pub(crate) fn common_log_time(seconds: u64) -> String {
    const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    let time = EPOCH.saturating_add(SignedDuration::from_secs(seconds));
    time.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_time_is_that_of_the_common_log_format() {
        assert_eq!(common_log_time(1_573_573_209), "12/Nov/2019:15:40:09 +0000");
        assert_eq!(common_log_time(951_826_154), "29/Feb/2000:12:09:14 +0000");
        assert_eq!(common_log_time(0), "01/Jan/1970:00:00:00 +0000");
    }
}
