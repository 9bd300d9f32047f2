//! What a use of AWS costs, line by line.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bucket::SourceNote;
use super::item::Item;

use crate::units::show_usd;

/// What a use of AWS costs, without taxes, free tiers and data transfer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Bill {
    /// The region.
    pub(crate) region: String,
    /// The sum, in US dollars.
    pub(crate) usd: f64,
    /// What it consists of.
    pub(crate) lines: Vec<BillLine>,
}

/// A part of a bill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct BillLine {
    /// What is charged for.
    pub(crate) item: Item,
    /// How many of them.
    pub(crate) quantity: f64,
    /// What they cost, in US dollars.
    pub(crate) usd: f64,
    /// US dollars for `per` of them.
    pub(crate) price_usd: f64,
    /// How many `price_usd` is for.
    pub(crate) per: f64,
    /// Whether there are more than the first tier of a month holds; those beyond it cost less than is said here.
    pub(crate) beyond_first_tier: bool,
    /// Where the price comes from.
    pub(crate) source: SourceNote,
}

impl BillLine {
    fn quantity(&self) -> String {
        if self.quantity.fract() == 0.0 || self.quantity >= 1_000.0 {
            format!("{:.0}", self.quantity)
        } else {
            format!("{:.4}", self.quantity)
        }
    }
}

/// A table: what, how many, at what price, how much.
impl fmt::Display for Bill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:13}{} in {}", "PRICE", show_usd(self.usd), self.region)?;
        for line in &self.lines {
            let per = if line.per > 1.0 { format!("{:.0}", line.per) } else { "one".into() };
            let (item, price) = (line.item.to_string(), format!("${} for {per}", line.price_usd));
            let tier = if line.beyond_first_tier { "  at most: more than the first tier" } else { "" };
            writeln!(f, "  {item:32} {:>14}  {price:22} {:>10}{tier}", line.quantity(), show_usd(line.usd))?;
        }
        Ok(())
    }
}
