//! What can go wrong when a template is filled in.

/// Why a template cannot be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unfilled {
    /// A path finds nothing (`States.ParameterPathFailure`).
    Path {
        /// The field it was to fill.
        field: String,
        /// The path.
        path: String,
    },
    /// An intrinsic function cannot be applied (`States.IntrinsicFailure`).
    Intrinsic(String),
}
