//! Numbers and texts against their rules, in the words of the validator that API Gateway uses.

use super::faults::Faults;
use super::rules::{NumberRules, StringRules};
use crate::budget::{Budget, Exhausted};
use crate::vtl::{Json, Number};

impl NumberRules {
    /// Adds to `faults` what is wrong with a number.
    pub(super) fn check(&self, number: &Number, faults: &mut Faults<'_>) -> Result<(), Exhausted> {
        let value = number.as_f64();
        let length = if let Number::Exact(text) = number { text.len() } else { 0 };
        let found = || {
            let mut found = String::new();
            Json::Number(number.clone()).write(&mut found);
            found
        };
        if let Some(minimum) = self.minimum {
            if value < minimum {
                faults.add(length, || {
                    let found = found();
                    format!("numeric instance is lower than the required minimum (minimum: {minimum}, found: {found})")
                })?;
            } else if self.exclusive_minimum && value <= minimum {
                faults.add(0, || {
                    format!("numeric instance is not strictly greater than the required minimum {minimum}")
                })?;
            }
        }
        if let Some(maximum) = self.maximum {
            if value > maximum {
                faults.add(length, || {
                    let found = found();
                    format!(
                        "numeric instance is greater than the required maximum (maximum: {maximum}, found: {found})"
                    )
                })?;
            } else if self.exclusive_maximum && value >= maximum {
                faults
                    .add(0, || format!("numeric instance is not strictly lower than the required maximum {maximum}"))?;
            }
        }
        if let Some(step) = self.multiple_of.filter(|step| ((value / step) - (value / step).round()).abs() > 1e-9) {
            faults.add(length, || format!("remainder of division is not zero ({} / {step})", found()))?;
        }
        Ok(())
    }
}

impl StringRules {
    /// Adds to `faults` what is wrong with a text.
    pub(super) fn check(&self, text: &str, faults: &mut Faults<'_>, budget: &Budget) -> Result<(), Exhausted> {
        budget.work(text.len() / 4)?;
        let length = text.chars().count();
        if let Some(shortest) = self.shortest.filter(|shortest| length < *shortest) {
            faults.add(text.len(), || {
                format!("string \"{text}\" is too short (length: {length}, required minimum: {shortest})")
            })?;
        }
        if let Some(longest) = self.longest.filter(|longest| length > *longest) {
            faults.add(text.len(), || {
                format!("string \"{text}\" is too long (length: {length}, maximum allowed: {longest})")
            })?;
        }
        if let Some(pattern) = &self.pattern
            && !pattern.is_in(text, budget)?
        {
            faults.add(text.len() + pattern.as_str().len(), || {
                format!("ECMA 262 regex \"{}\" does not match input string \"{text}\"", pattern.as_str())
            })?;
        }
        Ok(())
    }
}
