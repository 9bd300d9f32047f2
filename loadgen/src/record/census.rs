//! Counts names that come sorted: which are distinct, and which only seem twins because an attempt was made twice.

use super::{EXAMPLES, Entry, Example, Violation};

/// How many names were checked and how many of them are distinct.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct NameTotals {
    /// Names of started executions.
    pub(crate) checked: u64,
    /// Distinct ones.
    pub(crate) unique: u64,
}

impl NameTotals {
    /// Names that another execution has too.
    #[must_use]
    pub(crate) const fn duplicates(&self) -> u64 {
        self.checked - self.unique
    }
}

/// What a census found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MergedNames {
    /// The counts.
    pub(crate) names: NameTotals,
    /// Names that two attempts at the same arrival got: the same execution, told twice.
    pub(crate) twins: u64,
    /// The first duplicates in the order of their bytes.
    pub(crate) examples: Vec<Example>,
}

/// Takes entries in their order, each with whether it counts.
///
/// An entry that does not count is that of an attempt which another one replaced. It is a twin where both got one name
/// for one arrival, as idempotent starts do. Where two *arrivals* got one name, the endpoint made a duplicate, whichever
/// attempts sent them: that name is checked like those that count.
#[derive(Debug, Default)]
pub(crate) struct Census {
    found: MergedNames,
    group: Option<Group>,
}

/// The arrivals that got one name.
#[derive(Debug)]
struct Group {
    id: [u64; 2],
    first: u64,
    /// The last arrival so far.
    k: u64,
    counts: bool,
    discarded: bool,
    /// Arrivals before the last one that count, and that do not.
    counted: u64,
    apart: u64,
}

impl Census {
    /// Takes the next entry; the same one twice is one.
    pub(crate) fn take(&mut self, entry: Entry, counts: bool) {
        if let Some(group) = self.group.as_mut().filter(|group| group.id == entry.id) {
            if group.k != entry.k {
                self.found.twins += group.settle();
                (group.k, group.counts, group.discarded) = (entry.k, false, false);
                if self.found.examples.len() < EXAMPLES {
                    self.found.examples.push(Example {
                        violation: Violation::Duplicate,
                        k: entry.k,
                        name: entry.shown(),
                        expected: group.first.to_string(),
                    });
                }
            }
            group.counts |= counts;
            group.discarded |= !counts;
            return;
        }
        self.close();
        self.group =
            Some(Group { id: entry.id, first: entry.k, k: entry.k, counts, discarded: !counts, counted: 0, apart: 0 });
    }

    /// What was found in all.
    #[must_use]
    pub(crate) fn finish(mut self) -> MergedNames {
        self.close();
        self.found
    }

    fn close(&mut self) {
        let Some(mut group) = self.group.take() else { return };
        self.found.twins += group.settle();
        let names = &mut self.found.names;
        // A name that only one arrival of a discarded attempt got is nobody's concern.
        if group.counted > 0 || group.apart > 1 {
            names.checked += group.counted + group.apart;
            names.unique += 1;
        }
    }
}

impl Group {
    /// Counts the last arrival; 1 if it has a twin.
    fn settle(&mut self) -> u64 {
        if self.counts {
            self.counted += 1;
        } else {
            self.apart += 1;
        }
        u64::from(self.counts && self.discarded)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    fn census(entries: &[(u64, u64, bool)]) -> MergedNames {
        let mut sorted: Vec<(Entry, bool)> =
            entries.iter().map(|(id, k, counts)| (Entry { id: [*id, 0], k: *k }, *counts)).collect();
        sorted.sort_unstable();
        let mut census = Census::default();
        for (entry, counts) in sorted {
            census.take(entry, counts);
        }
        census.finish()
    }

    fn figures(entries: &[(u64, u64, bool)]) -> (u64, u64, u64) {
        let found = census(entries);
        (found.names.checked, found.names.duplicates(), found.twins)
    }

    #[test]
    fn the_twin_of_a_requeued_shard_is_no_duplicate_and_two_arrivals_with_one_name_are() {
        assert_eq!(figures(&[(1, 7, true), (1, 7, false)]), (1, 0, 1), "one arrival, sent twice, one execution");
        assert_eq!(figures(&[(1, 7, true), (2, 7, false)]), (1, 0, 0), "one arrival, sent twice, two executions");
        assert_eq!(figures(&[(1, 7, true), (1, 8, true)]), (2, 1, 0), "two arrivals, one name");
        assert_eq!(figures(&[(1, 7, true), (1, 8, false)]), (2, 1, 0), "the same, and one attempt does not count");
        assert_eq!(figures(&[(1, 7, false), (1, 8, false)]), (2, 1, 0), "the same, and neither does");
        assert_eq!(figures(&[(1, 7, false)]), (0, 0, 0));
        assert_eq!(figures(&[(1, 7, true), (1, 7, true)]), (1, 0, 0), "written twice by a crash");
        let example = &census(&[(1, 7, true), (1, 9, true)]).examples[0];
        assert_eq!((example.k, example.expected.as_str()), (9, "7"));
    }

    proptest! {
        #[test]
        fn the_figures_are_those_of_sets(entries in prop::collection::vec((0_u64..20, 0_u64..6, any::<bool>()), 0..80)) {
            let mut names: BTreeMap<u64, BTreeMap<u64, BTreeSet<bool>>> = BTreeMap::new();
            for (id, k, counts) in &entries {
                names.entry(*id).or_default().entry(*k).or_default().insert(*counts);
            }
            let shared = |arrivals: &BTreeMap<u64, BTreeSet<bool>>| {
                arrivals.len() > 1 || arrivals.values().any(|who| who.contains(&true))
            };
            let checked: usize = names.values().filter(|a| shared(a)).map(BTreeMap::len).sum();
            let unique = names.values().filter(|a| shared(a)).count();
            let twins = names.values().flat_map(BTreeMap::values).filter(|who| who.len() == 2).count();
            prop_assert_eq!(figures(&entries), (checked as u64, (checked - unique) as u64, twins as u64));
        }
    }
}
