//! An item of a Map state, as what is made of it sees it.

use std::sync::Arc;

use crate::states::data::Data;

/// An item of a Map state.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) index: usize,
    /// Its key, where the items are those of an object.
    pub(super) key: Option<String>,
    pub(super) value: Data,
    /// Where it comes from; only distributed Map states say it.
    pub(super) source: Option<Arc<str>>,
}
