//! Where an expression stands, as errors name it: `Output/order/id`, `Assign/totals[2]`.

use std::fmt;
use std::sync::Arc;

/// A place in a field. It shares what is around it: of thousands of expressions below a long name, none has that name for
/// itself.
#[derive(Debug, Clone)]
pub(crate) struct Place(Arc<Step>);

#[derive(Debug)]
enum Step {
    Field(String),
    Member(Place, String),
    Item(Place, usize),
}

impl Place {
    /// A field of a state.
    pub(super) fn field(name: &str) -> Self {
        Self(Arc::new(Step::Field(name.to_owned())))
    }

    /// A member of what stands here.
    pub(super) fn member(&self, name: &str) -> Self {
        Self(Arc::new(Step::Member(self.clone(), name.to_owned())))
    }

    /// An item of what stands here.
    pub(super) fn item(&self, index: usize) -> Self {
        Self(Arc::new(Step::Item(self.clone(), index)))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Step::Field(name) => f.write_str(name),
            Step::Member(around, name) => write!(f, "{around}/{name}"),
            Step::Item(around, index) => write!(f, "{around}[{index}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_written_from_its_field_on_and_shares_what_is_around_it() {
        let order = Place::field("Output").member("order");
        assert_eq!(order.item(2).member("id").to_string(), "Output/order[2]/id");
        let below: Vec<Place> = (0..1_000).map(|index| order.item(index)).collect();
        assert_eq!(Arc::strong_count(&order.0), 1 + below.len());
    }
}
