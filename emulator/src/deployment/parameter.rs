//! What a method declares of its requests.

/// One declared parameter of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MethodParameter {
    /// Where in the request.
    pub(crate) location: ParameterLocation,
    /// Its name, as declared.
    pub(crate) name: String,
    /// Whether a validator misses it when it is absent.
    pub(crate) required: bool,
}

/// Where a parameter stands in a request, in the order in which a validator lists what is missing (recorded).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ParameterLocation {
    /// `method.request.header.…`
    Header,
    /// `method.request.path.…`
    Path,
    /// `method.request.querystring.…`
    Query,
}
