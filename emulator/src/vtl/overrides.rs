//! What templates set in `$context`: one live map for the request's template and the answer's.

/// What a template set in `$context.responseOverride` and `$context.requestOverride`, and what it put aside there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Overrides {
    /// Status of the answer.
    pub(crate) status: Option<u16>,
    /// Headers of the answer.
    pub(crate) response_header: Vec<(String, String)>,
    /// Headers of the integration's request.
    pub(crate) header: Vec<(String, String)>,
    /// Path parameters of the integration's request.
    pub(crate) path: Vec<(String, String)>,
    /// Query string of the integration's request.
    pub(crate) querystring: Vec<(String, String)>,
    /// All that is below the two, for the next template.
    pub(super) kept: Vec<(String, Kept)>,
}

/// A value that outlives the template that made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kept {
    Null,
    Bool(bool),
    Integer(i128),
    /// A number with a fraction, printed.
    Number(String),
    Text(String),
    List(Vec<Kept>),
    Map(Vec<(String, Kept)>),
}
