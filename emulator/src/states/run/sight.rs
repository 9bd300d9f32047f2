//! What a state has to show while its fields are filled in.

use super::Key;
use crate::states::data::Data;

/// What expressions and the context show besides the input.
#[derive(Clone, Copy, Default)]
pub(super) struct Sight<'d> {
    /// `$states.result`
    pub(super) result: Option<&'d Data>,
    /// `$states.errorOutput`
    pub(super) error_output: Option<&'d Data>,
    /// What the task waits by, when it waits for its token.
    pub(super) key: Option<Key>,
}
