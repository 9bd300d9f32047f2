//! A compiled schema.

use crate::java::Pattern;
use crate::vtl::Json;

/// One schema of a model.
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub(super) reference: Option<String>,
    pub(super) types: Vec<String>,
    pub(super) values: Option<AllowedValues>,
    pub(super) all: Vec<Rules>,
    pub(super) any: Vec<Rules>,
    pub(super) one: Vec<Rules>,
    pub(super) not: Option<Box<Rules>>,
    pub(super) format: Option<String>,
    pub(super) number: NumberRules,
    pub(super) string: StringRules,
    pub(super) list: ListRules,
    pub(super) map: MapRules,
}

/// The values of an `enum`.
#[derive(Debug)]
pub(super) struct AllowedValues {
    pub(super) values: Vec<Json<'static>>,
    /// All of them as they are told.
    pub(super) words: String,
}

#[derive(Debug, Default)]
pub(super) struct NumberRules {
    pub(super) minimum: Option<f64>,
    pub(super) maximum: Option<f64>,
    pub(super) exclusive_minimum: bool,
    pub(super) exclusive_maximum: bool,
    pub(super) multiple_of: Option<f64>,
}

#[derive(Debug, Default)]
pub(super) struct StringRules {
    pub(super) shortest: Option<usize>,
    pub(super) longest: Option<usize>,
    pub(super) pattern: Option<Pattern>,
}

#[derive(Debug, Default)]
pub(super) struct ListRules {
    pub(super) fewest: Option<usize>,
    pub(super) most: Option<usize>,
    pub(super) unique: bool,
    pub(super) every: Option<Box<Rules>>,
    /// What each place wants, and what the places behind them want; the latter counts for nothing without the former.
    pub(super) each: Option<Vec<Rules>>,
    pub(super) others: Others,
}

#[derive(Debug, Default)]
pub(super) struct MapRules {
    pub(super) fewest: Option<usize>,
    pub(super) most: Option<usize>,
    pub(super) required: Vec<String>,
    pub(super) properties: Vec<(String, Rules)>,
    pub(super) patterns: Vec<(Pattern, Rules)>,
    pub(super) others: Others,
    pub(super) dependencies: Vec<(String, Dependency)>,
}

/// What a member asks of the map that it is in.
#[derive(Debug)]
pub(super) enum Dependency {
    Members(Vec<String>),
    Fits(Box<Rules>),
}

/// What may stand beside what is named.
#[derive(Debug, Default)]
pub(super) enum Others {
    #[default]
    Anything,
    Nothing,
    Fitting(Box<Rules>),
}

impl Rules {
    /// The schemas in it.
    pub(super) fn inner(&self) -> impl Iterator<Item = &Self> {
        let others = [&self.list.others, &self.map.others].into_iter().filter_map(|others| match others {
            Others::Fitting(rules) => Some(rules.as_ref()),
            Others::Anything | Others::Nothing => None,
        });
        let dependencies = self.map.dependencies.iter().filter_map(|(_, dependency)| match dependency {
            Dependency::Fits(rules) => Some(rules.as_ref()),
            Dependency::Members(_) => None,
        });
        self.all
            .iter()
            .chain(&self.any)
            .chain(&self.one)
            .chain(self.not.as_deref())
            .chain(self.list.every.as_deref())
            .chain(self.list.each.iter().flatten())
            .chain(self.map.properties.iter().map(|(_, rules)| rules))
            .chain(self.map.patterns.iter().map(|(_, rules)| rules))
            .chain(dependencies)
            .chain(others)
    }
}
