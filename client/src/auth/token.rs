use super::identity::{Cause, Identity, Receipt, Refusal, Region, Setup, Waiting};
use super::states::check_unsigned_states;
use crate::clock::Clock;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::secrets::Secrets;
use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderValue};
use std::sync::Arc;

/// A caller whom nothing identifies, or a header that the caller set.
#[derive(Debug)]
pub(crate) struct Anonymous;

impl Identity for Anonymous {
    fn authorize<'a>(&'a self, _: &'a mut http::Request<Bytes>, _: &'a dyn Clock) -> Waiting<'a, Receipt> {
        Box::pin(std::future::ready(Ok(Receipt::default())))
    }

    fn header_names<'a>(&'a self, _: &'a dyn Clock) -> Waiting<'a, Vec<&'static str>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    fn for_states(&self, uri: &http::Uri, region: Option<&str>) -> Result<Arc<dyn Identity>, Error> {
        check_unsigned_states(uri, region)?;
        Ok(Arc::new(Self))
    }

    fn mend(&self, _: &Receipt, _: &Refusal<'_>) -> Option<Cause> {
        None
    }

    fn confide(&self, _: &Receipt, _: &mut Secrets) {}
}

/// A caller whom the header `Authorization` identifies, in whatever scheme.
#[derive(Debug)]
pub(crate) struct Token(pub(crate) HeaderValue);

impl Identity for Token {
    fn authorize<'a>(&'a self, request: &'a mut http::Request<Bytes>, _: &'a dyn Clock) -> Waiting<'a, Receipt> {
        request.headers_mut().insert(AUTHORIZATION, self.0.clone());
        Box::pin(std::future::ready(Ok(Receipt::default())))
    }

    fn header_names<'a>(&'a self, _: &'a dyn Clock) -> Waiting<'a, Vec<&'static str>> {
        Box::pin(std::future::ready(Ok(vec!["authorization"])))
    }

    /// The Step Functions API knows no tokens.
    fn for_states(&self, uri: &http::Uri, region: Option<&str>) -> Result<Arc<dyn Identity>, Error> {
        check_unsigned_states(uri, region)?;
        Ok(Arc::new(Anonymous))
    }

    fn mend(&self, _: &Receipt, _: &Refusal<'_>) -> Option<Cause> {
        None
    }

    fn confide(&self, _: &Receipt, secrets: &mut Secrets) {
        secrets.add_header(&self.0);
    }
}

impl Setup for Token {
    fn identity(self: Box<Self>, _: &Endpoint, region: Region, _: f64) -> Result<Arc<dyn Identity>, Error> {
        region.unused()?;
        Ok(Arc::from(self as Box<dyn Identity>))
    }
}
