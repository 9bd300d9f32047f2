//! Prices by region, read from `prices.toml` and from files of the same form, which may hold quotas of an account too.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::bill::{Bill, BillLine};
use super::bucket::{Bucket, SourceNote};
use super::item::{Item, Usage};

use crate::mistake::Mistake;

/// What AWS charges.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    sources: BTreeMap<String, SourceNote>,
    #[serde(default)]
    price: Vec<Price>,
    #[serde(default)]
    bucket: Vec<GivenBucket>,
    #[serde(default)]
    limit: Vec<GivenLimit>,
}

/// A token bucket that an account was given.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GivenBucket {
    /// The region.
    pub(crate) region: String,
    /// The action, as `quotas.toml` calls it.
    pub(crate) action: String,
    /// Calls that a full one holds.
    pub(crate) bucket: f64,
    /// Calls that it gains a second.
    pub(crate) refill: f64,
    /// The name of its source.
    pub(crate) source: String,
}

/// A limit that an account was given.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GivenLimit {
    /// Its name, as `quotas.toml` has it.
    pub(crate) name: String,
    /// The limit.
    pub(crate) value: u64,
    /// The name of its source.
    pub(crate) source: String,
}

impl GivenBucket {
    /// As a bucket.
    #[must_use]
    pub(crate) const fn bucket(&self) -> Bucket {
        Bucket { size: self.bucket, refill: self.refill }
    }
}

/// The price of an item in a region.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Price {
    /// The region, such as `eu-west-1`.
    pub(crate) region: String,
    /// What is charged for.
    pub(crate) item: Item,
    /// US dollars for `per` of them.
    pub(crate) usd: f64,
    /// How many `usd` is for.
    pub(crate) per: f64,
    /// Where the first tier of a month ends; more costs less.
    pub(crate) up_to: Option<f64>,
    /// The name of its source.
    pub(crate) source: String,
}

impl Prices {
    /// The prices that are part of the program.
    ///
    /// # Panics
    /// Never: the file is part of the program.
    #[must_use]
    pub fn of_aws() -> Self {
        Self::read("prices.toml", include_str!("prices.toml"))
            .expect("the file is part of the program, and a test reads it")
    }

    /// Reads a file of prices; `name` is what errors call it.
    ///
    /// # Errors
    /// It is not of the form of `prices.toml`, or a price has no source.
    pub fn read(name: &str, text: &str) -> Result<Self, Mistake> {
        let prices: Self = toml::from_str(text)
            .map_err(|e| Mistake::usage(format!("{name} is not a file of prices: {}", e.to_string().trim_end())))?;
        for price in &prices.price {
            let Price { region, item, usd, per, source, .. } = price;
            if !prices.sources.contains_key(source) {
                return Err(Mistake::usage(format!(
                    "{name}: the price of {item} in {region} has no source `{source}`"
                )));
            }
            if !(usd.is_finite() && *usd >= 0.0 && per.is_finite() && *per > 0.0) {
                return Err(Mistake::usage(format!("{name}: the price of {item} in {region} is not a valid price")));
            }
        }
        let quotas = prices.bucket.iter().map(|bucket| (&bucket.action, &bucket.source));
        for (quota, source) in quotas.chain(prices.limit.iter().map(|limit| (&limit.name, &limit.source))) {
            if !prices.sources.contains_key(source) {
                return Err(Mistake::usage(format!("{name}: the quota {quota} has no source `{source}`")));
            }
        }
        if let Some(wrong) = prices.bucket.iter().find(|row| !(row.bucket >= 1.0 && row.refill > 0.0)) {
            return Err(Mistake::usage(format!("{name}: the bucket {} holds or gains nothing", wrong.action)));
        }
        Ok(prices)
    }

    /// The quotas that it holds, each with its source.
    pub(crate) fn quotas(
        &self,
    ) -> (impl Iterator<Item = (&GivenBucket, &SourceNote)>, impl Iterator<Item = (&GivenLimit, &SourceNote)>) {
        let source = |name: &String| self.sources.get(name).expect("every quota has a source, which was checked");
        let buckets = self.bucket.iter().map(move |bucket| (bucket, source(&bucket.source)));
        (buckets, self.limit.iter().map(move |limit| (limit, source(&limit.source))))
    }

    /// These prices, with those of another file in their place where it has them.
    #[must_use]
    pub(crate) fn overridden_by(mut self, other: Self) -> Self {
        self.price.retain(|old| !other.price.iter().any(|new| (&new.region, new.item) == (&old.region, old.item)));
        // Names of sources are a file's own.
        let renamed = |name: &str| format!("given: {name}");
        self.sources.extend(other.sources.into_iter().map(|(name, source)| (renamed(&name), source)));
        self.price.extend(other.price.into_iter().map(|price| Price { source: renamed(&price.source), ..price }));
        self
    }

    /// What a use of AWS costs in a region.
    ///
    /// # Errors
    /// The price of something that was used is not known there.
    pub(crate) fn bill(&self, region: &str, usage: &Usage) -> Result<Bill, Mistake> {
        let mut lines = Vec::new();
        for (item, quantity) in usage.iter().filter(|(_, quantity)| **quantity > 0.0) {
            let found = self.price.iter().find(|price| price.region == region && price.item == *item);
            let price = found.ok_or_else(|| self.unknown(region, *item))?;
            lines.push(BillLine {
                item: *item,
                quantity: *quantity,
                usd: price.usd * quantity / price.per,
                price_usd: price.usd,
                per: price.per,
                beyond_first_tier: price.up_to.is_some_and(|most| *quantity > most),
                source: self.sources.get(&price.source).expect("every price has a source, which was checked").clone(),
            });
        }
        Ok(Bill { region: region.into(), usd: lines.iter().map(|line| line.usd).sum(), lines })
    }

    /// The regions of which something is known.
    fn regions(&self) -> BTreeSet<&str> {
        self.price.iter().map(|price| price.region.as_str()).collect()
    }

    fn unknown(&self, region: &str, item: Item) -> Mistake {
        let regions = self.regions();
        let what = if regions.contains(region) {
            format!("no price of {item} in {region} is known")
        } else {
            let known: Vec<&str> = regions.into_iter().collect();
            format!("no prices of the region {region} are known, only of {}", known.join(", "))
        };
        Mistake::usage(what).with_help("give them with --prices FILE; docs/plan.md shows one")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(rows: &[(Item, f64)]) -> Usage {
        rows.iter().copied().collect()
    }

    #[test]
    fn a_bill_is_quantity_times_price_and_names_the_source_of_each_price() {
        let used = [(Item::RestRequest, 2_000_000.0), (Item::StateTransition, 10_000.0), (Item::LambdaGbSecond, 1e6)];
        let bill = Prices::of_aws().bill("eu-west-1", &usage(&used)).unwrap();
        let amounts: Vec<f64> = bill.lines.iter().map(|line| line.usd).collect();
        assert!(
            amounts.iter().zip([7.0, 0.25, 16.6667]).all(|(usd, by_hand)| (usd - by_hand).abs() < 1e-9),
            "{amounts:?}"
        );
        assert!((bill.usd - 23.9167).abs() < 1e-9, "{}", bill.usd);
        assert!(bill.lines.iter().all(|line| !line.source.title.is_empty() && !line.source.date.is_empty()));
        assert!(bill.lines.iter().all(|line| !line.beyond_first_tier));
        let huge = Prices::of_aws().bill("us-east-1", &usage(&[(Item::RestRequest, 4e8)])).unwrap();
        assert!(huge.lines[0].beyond_first_tier);
    }

    #[test]
    fn what_has_no_price_is_refused_by_name() {
        let refused = |region, item| Prices::of_aws().bill(region, &usage(&[(item, 1.0)])).unwrap_err().to_string();
        assert!(refused("eu-north-1", Item::RestRequest).contains("the region eu-north-1"));
        assert!(refused("eu-west-1", Item::ExpressGbSecond).contains("GB-seconds of EXPRESS workflows in eu-west-1"));
        assert!(Prices::of_aws().bill("eu-north-1", &usage(&[(Item::RestRequest, 0.0)])).is_ok());
    }

    #[test]
    fn a_file_adds_regions_and_takes_the_place_of_prices() {
        let row = |region: &str, usd: &str| -> String {
            format!("[[price]]\nregion = \"{region}\"\nitem = \"log-gb\"\nusd = {usd}\nper = 1\nsource = \"mine\"\n")
        };
        let text = format!(
            "[sources]\nmine = {{ title = \"a contract\", date = \"2026\" }}\n{}{}",
            row("eu-north-1", "0.5"),
            row("eu-west-1", "0.1")
        );
        let prices = Prices::of_aws().overridden_by(Prices::read("mine.toml", &text).unwrap());
        let of = |region| prices.bill(region, &usage(&[(Item::LogGb, 10.0)])).unwrap();
        assert_eq!((of("eu-north-1").usd, of("eu-west-1").usd), (5.0, 1.0));
        assert_eq!(of("eu-west-1").lines[0].source.title, "a contract");
        let wrong = Prices::read("mine.toml", &row("eu-north-1", "0.5")).unwrap_err().to_string();
        assert!(wrong.contains("mine.toml"), "{wrong}");
        let wrong = Prices::read("mine.toml", &text.replace("source = \"mine\"", "source = \"none\"")).unwrap_err();
        assert!(wrong.to_string().contains("has no source `none`"), "{wrong}");
    }
}
