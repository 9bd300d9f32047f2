/// The headers of an answer, in whatever form the HTTP stack has them.
///
/// ```
/// use stepgate::wire::HeaderLookup;
///
/// let parsed: [(&str, &[u8]); 1] = [("X-Amzn-ErrorType", b"ForbiddenException")];
/// assert_eq!(parsed.header("x-amzn-errortype"), Some(&b"ForbiddenException"[..]));
/// ```
pub trait HeaderLookup {
    /// The first value of the header called `name`. The name is given in lower case and compared without regard to
    /// case.
    fn header(&self, name: &str) -> Option<&[u8]>;
}

impl HeaderLookup for http::HeaderMap {
    fn header(&self, name: &str) -> Option<&[u8]> {
        self.get(name).map(http::HeaderValue::as_bytes)
    }
}

impl HeaderLookup for [(&str, &[u8])] {
    fn header(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|(candidate, _)| candidate.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }
}

impl<const N: usize> HeaderLookup for [(&str, &[u8]); N] {
    fn header(&self, name: &str) -> Option<&[u8]> {
        self.as_slice().header(name)
    }
}
