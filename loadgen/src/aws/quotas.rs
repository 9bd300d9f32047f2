//! Quotas by region, read from `quotas.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A token bucket: so many calls at once, and so many more each second.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Bucket {
    /// Calls that a full one holds.
    #[serde(rename = "bucket")]
    pub size: f64,
    /// Calls that it gains a second.
    pub refill: f64,
}

/// Where a figure comes from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceNote {
    /// The page or file.
    pub title: String,
    /// When it said so.
    pub date: String,
}

/// The quotas of an account that never asked for others.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quotas {
    large_regions: Vec<String>,
    sources: BTreeMap<String, SourceNote>,
    bucket: Vec<QuotaRow>,
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
    pub fn of_aws() -> Self {
        toml::from_str(include_str!("quotas.toml")).expect("the file is part of the program, and a test reads it")
    }

    /// The bucket of an action of Step Functions in a region.
    #[must_use]
    pub fn bucket(&self, action: &str, region: &str) -> Option<Bucket> {
        let row = self.bucket.iter().find(|row| row.action == action)?;
        let large = self.large_regions.iter().any(|large| large == region);
        Some(if large { row.large } else { row.elsewhere })
    }

    /// Where the bucket of an action comes from.
    #[must_use]
    pub fn source(&self, action: &str) -> Option<&SourceNote> {
        self.sources.get(&self.bucket.iter().find(|row| row.action == action)?.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quota_has_a_source_and_differs_by_region_as_the_source_says() {
        let quotas = Quotas::of_aws();
        assert!(quotas.bucket.iter().all(|row| quotas.source(&row.action).is_some()));
        let start = |region| quotas.bucket("StartExecution", region).unwrap();
        assert_eq!(start("eu-west-1"), Bucket { size: 1_300.0, refill: 300.0 });
        assert_eq!(start("eu-central-1"), Bucket { size: 800.0, refill: 150.0 });
        assert_eq!(quotas.bucket("NoSuchAction", "eu-west-1"), None);
    }
}
