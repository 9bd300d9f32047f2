//! Data as expressions see it, converted once for many evaluations: a Map state selects thousands of items from one input.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};

use crate::budget::Budget;
use crate::jsonata::ExpressionValue;
use crate::states::asl::MAX_KEPT;
use crate::states::data::{Data, WeakData};

/// Most that is kept, in bytes of JSON: all that a state can see, which are its variables, and 256 KiB each of its input,
/// that of the execution, a result and an error.
const MAX_CONVERTED: usize = MAX_KEPT + 4 * 256 * 1024;

thread_local! {
    // The values cannot leave their thread. The items of a Map state come to it one after the other, mostly on one.
    static KEPT: RefCell<Conversions> = RefCell::default();
}

/// What was converted, by the numbers of the documents.
#[derive(Debug, Default)]
struct Conversions {
    kept: HashMap<usize, Conversion>,
    /// The numbers in the order in which they came.
    order: VecDeque<usize>,
    bytes: usize,
}

#[derive(Debug)]
struct Conversion {
    of: WeakData,
    bytes: usize,
    value: ExpressionValue,
}

impl Conversions {
    fn find(&self, data: &Data) -> Option<ExpressionValue> {
        self.kept.get(&data.number()).map(|conversion| conversion.value.clone())
    }

    fn keep(&mut self, data: &Data, value: ExpressionValue) {
        let bytes = data.text().len();
        self.bytes += bytes;
        self.kept.insert(data.number(), Conversion { of: WeakData::from(data), bytes, value });
        self.order.push_back(data.number());
        while self.bytes > MAX_CONVERTED
            && let Some(oldest) = self.order.pop_front()
        {
            self.bytes -= self.kept.remove(&oldest).map_or(0, |conversion| conversion.bytes);
        }
    }

    /// Lets go of what nobody can ask for again.
    fn tidy(&mut self) {
        self.kept.retain(|_, conversion| !conversion.of.is_gone());
        self.order.retain(|number| self.kept.contains_key(number));
        self.bytes = self.kept.values().map(|conversion| conversion.bytes).sum();
    }
}

/// Data as expressions see it. Its bytes are charged when it is converted; where that spends the budget, the next charge
/// says so.
pub(super) fn converted(data: &Data, budget: &Budget) -> ExpressionValue {
    if let Some(value) = KEPT.with_borrow(|kept| kept.find(data)) {
        return value;
    }
    let _ = budget.work(data.text().len());
    let value = ExpressionValue::from(data.value());
    KEPT.with_borrow_mut(|kept| kept.keep(data, value.clone()));
    value
}

/// Lets go of what belongs to runs that are over.
pub(super) fn forget_the_gone() {
    KEPT.with_borrow_mut(|kept| {
        if !kept.kept.is_empty() {
            kept.tidy();
        }
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_is_converted_once_while_it_is_there() {
        let budget = Budget::default();
        let spent = |data: &Data| {
            let before = budget.work_left();
            let value = converted(data, &budget);
            assert!(value.get("a").is_some());
            before - budget.work_left()
        };
        let (one, same) = (Data::from(json!({ "a": "x" })), Data::from(json!({ "a": "x" })));
        assert_eq!([spent(&one), spent(&one), spent(&one.clone())], [9, 0, 0]);
        assert_eq!([spent(&same), spent(&one), spent(&same)], [9, 0, 0], "another document of the same words");
        let kept = || KEPT.with_borrow(|kept| (kept.kept.len(), kept.bytes));
        assert_eq!(kept(), (2, 18));
        drop(same);
        forget_the_gone();
        assert_eq!(kept(), (1, 9));
        let large = Data::from(json!({ "a": "x".repeat(MAX_CONVERTED) }));
        converted(&large, &budget);
        assert_eq!(kept(), (0, 0), "what is larger than all that a state can see is not kept");
        assert_eq!(spent(&one), 9);
    }
}
