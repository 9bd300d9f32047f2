//! Quotas by region, read from `quotas.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::bucket::{Bucket, SourceNote};
use super::prices::Prices;
use crate::mistake::Mistake;

/// The quotas of an account that never asked for others.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Quotas {
    large_regions: Vec<String>,
    sources: BTreeMap<String, SourceNote>,
    bucket: Vec<QuotaRow>,
    limit: Vec<LimitRow>,
    /// What an account was given in the place of the defaults: region, action, bucket and source.
    #[serde(skip)]
    given: Vec<(String, String, Bucket, SourceNote)>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitRow {
    name: String,
    value: u64,
    source: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct QuotaRow {
    action: String,
    large: Bucket,
    elsewhere: Bucket,
    source: String,
}

impl Quotas {
    /// AWS's defaults.
    ///
    /// # Panics
    /// Never: the file is part of the program.
    #[must_use]
    pub(crate) fn of_aws() -> Self {
        toml::from_str(include_str!("quotas.toml")).expect("the file is part of the program, and a test reads it")
    }

    /// These quotas, with those that an account was given in their place.
    ///
    /// # Errors
    /// A quota that the file does not have.
    pub(crate) fn with(mut self, prices: &Prices) -> Result<Self, Mistake> {
        let (buckets, limits) = prices.quotas();
        let unknown = |kind: &str, name: &str, known: &[&String]| {
            let known: Vec<&str> = known.iter().map(|name| name.as_str()).collect();
            Mistake::usage(format!("no {kind} is called `{name}`: there are {}", known.join(", ")))
        };
        for (given, source) in buckets {
            if !self.bucket.iter().any(|row| row.action == given.action) {
                let known: Vec<&String> = self.bucket.iter().map(|row| &row.action).collect();
                return Err(unknown("bucket", &given.action, &known));
            }
            self.given.push((given.region.clone(), given.action.clone(), given.bucket(), source.clone()));
        }
        for (given, source) in limits {
            let known: Vec<&String> = self.limit.iter().map(|row| &row.name).collect();
            if !known.contains(&&given.name) {
                return Err(unknown("limit", &given.name, &known));
            }
            let key = format!("given: {}", given.name);
            self.sources.insert(key.clone(), source.clone());
            let rows = self.limit.iter_mut().filter(|row| row.name == given.name);
            rows.for_each(|row| (row.value, row.source) = (given.value, key.clone()));
        }
        Ok(self)
    }

    /// The bucket of an action of Step Functions in a region.
    #[must_use]
    pub(crate) fn bucket(&self, action: &str, region: &str) -> Option<Bucket> {
        if let Some((bucket, _)) = self.given(action, region) {
            return Some(bucket);
        }
        let row = self.bucket.iter().find(|row| row.action == action)?;
        let large = self.large_regions.iter().any(|large| large == region);
        Some(if large { row.large } else { row.elsewhere })
    }

    /// A limit that is no bucket, by its name in the file.
    #[must_use]
    pub(crate) fn limit(&self, name: &str) -> Option<u64> {
        self.limit.iter().find(|row| row.name == name).map(|row| row.value)
    }

    /// Where the bucket of an action in a region comes from.
    #[must_use]
    pub(crate) fn source_in(&self, action: &str, region: &str) -> Option<&SourceNote> {
        self.given(action, region).map_or_else(|| self.source(action), |(_, source)| Some(source))
    }

    /// The bucket that an account was given, and where it comes from.
    fn given(&self, action: &str, region: &str) -> Option<(Bucket, &SourceNote)> {
        let found = self.given.iter().find(|(of, what, ..)| of == region && what == action);
        found.map(|(.., bucket, source)| (*bucket, source))
    }

    /// Where the default bucket of an action, or a limit, comes from.
    #[must_use]
    pub(crate) fn source(&self, name: &str) -> Option<&SourceNote> {
        let bucket = self.bucket.iter().find(|row| row.action == name).map(|row| &row.source);
        self.sources.get(bucket.or_else(|| self.limit.iter().find(|row| row.name == name).map(|row| &row.source))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quota_has_a_source_and_differs_by_region_as_the_source_says() {
        let quotas = Quotas::of_aws();
        assert!(quotas.bucket.iter().all(|row| quotas.source(&row.action).is_some()));
        assert!(quotas.limit.iter().all(|row| quotas.source(&row.name).is_some()));
        assert_eq!(quotas.limit("input bytes"), Some(262_144));
        let start = |region| quotas.bucket("StartExecution", region).unwrap();
        assert_eq!(start("eu-west-1"), Bucket { size: 1_300.0, refill: 300.0 });
        assert_eq!(start("eu-central-1"), Bucket { size: 800.0, refill: 150.0 });
        assert_eq!(quotas.bucket("NoSuchAction", "eu-west-1"), None);
    }
}
