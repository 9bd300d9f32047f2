//! Java's methods, as templates use them.

mod alone;
mod collection;
mod format;
mod hash;
mod map;
mod number;
mod outcome;
mod price;
mod string;
mod units;

pub(super) use alone::stands_alone;
pub(super) use collection::list;
pub(super) use hash::hash;
pub(super) use map::{key_of, map, map_of};
pub(super) use number::{boolean, int_value, number};
pub(super) use string::string;
