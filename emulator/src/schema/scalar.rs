//! Numbers and texts against their rules, in the words of the validator that API Gateway uses.

use super::rules::{NumberRules, StringRules};
use crate::budget::{Budget, Exhausted};
use crate::vtl::{Json, Number};

impl NumberRules {
    /// Adds to `faults` what is wrong with a number.
    pub(super) fn check(&self, number: &Number, faults: &mut Vec<String>) {
        let (value, mut found) = (number.as_f64(), String::new());
        Json::Number(number.clone()).write(&mut found);
        if let Some(minimum) = self.minimum {
            if value < minimum {
                faults.push(format!(
                    "numeric instance is lower than the required minimum (minimum: {minimum}, found: {found})"
                ));
            } else if self.exclusive_minimum && value <= minimum {
                faults.push(format!("numeric instance is not strictly greater than the required minimum {minimum}"));
            }
        }
        if let Some(maximum) = self.maximum {
            if value > maximum {
                faults.push(format!(
                    "numeric instance is greater than the required maximum (maximum: {maximum}, found: {found})"
                ));
            } else if self.exclusive_maximum && value >= maximum {
                faults.push(format!("numeric instance is not strictly lower than the required maximum {maximum}"));
            }
        }
        if let Some(step) = self.multiple_of.filter(|step| ((value / step) - (value / step).round()).abs() > 1e-9) {
            faults.push(format!("remainder of division is not zero ({found} / {step})"));
        }
    }
}

impl StringRules {
    /// Adds to `faults` what is wrong with a text.
    pub(super) fn check(&self, text: &str, faults: &mut Vec<String>, budget: &Budget) -> Result<(), Exhausted> {
        let length = text.chars().count();
        budget.work(text.len() / 8)?;
        let before = faults.len();
        if let Some(shortest) = self.shortest.filter(|shortest| length < *shortest) {
            faults.push(format!("string \"{text}\" is too short (length: {length}, required minimum: {shortest})"));
        }
        if let Some(longest) = self.longest.filter(|longest| length > *longest) {
            faults.push(format!("string \"{text}\" is too long (length: {length}, maximum allowed: {longest})"));
        }
        if let Some(pattern) = &self.pattern
            && !pattern.is_in(text, budget)?
        {
            faults.push(format!("ECMA 262 regex \"{}\" does not match input string \"{text}\"", pattern.as_str()));
        }
        budget.hold((faults.len() - before) * text.len())
    }
}
