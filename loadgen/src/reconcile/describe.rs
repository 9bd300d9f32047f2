//! Asking about single executions: what the list lacks, what is still open, errors, and a sample.

use std::collections::BTreeMap;
use std::io;

use super::account::Sums;
use super::api::{CallError, StepFunctionsApi, describe};
use super::join::{Found, Owner};
use super::listing::{ListError, Listing};
use super::rows::{Listed, Standing, uuid_name};
use crate::record::StateMachine;

/// Succeeded executions that are described although the list tells all of them.
const SAMPLE: usize = 20;

/// Executions that are to be described, the most telling first.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    most: usize,
    unknown: Vec<Found>,
    open: Vec<Found>,
    failed: Vec<Found>,
    sample: Vec<Found>,
}

impl Chosen {
    /// Keeps at most so many.
    pub(super) fn most(most: usize) -> Self {
        Self { most, ..Self::default() }
    }

    /// Keeps one if it tells something.
    pub(super) fn consider(&mut self, found: &Found) {
        if !found.is_ours() {
            return;
        }
        let (kept, most) = match found.row.map(|row| row.standing) {
            None => (&mut self.unknown, self.most),
            Some(Standing::Open) => (&mut self.open, self.most),
            Some(Standing::Failed | Standing::TimedOut) => (&mut self.failed, self.most),
            Some(Standing::Succeeded) => (&mut self.sample, self.most.min(SAMPLE)),
            Some(Standing::Aborted) => return,
        };
        if kept.len() < most {
            kept.push(*found);
        }
    }

    /// Those whose histories tell what the executions of the run took: some that succeeded, and some that failed.
    pub(super) fn telling(&self) -> Vec<Found> {
        self.sample.iter().chain(self.failed.iter().take(SAMPLE)).copied().collect()
    }

    /// Describes them, and mends the sums where the list was behind. Gives the number described, and their errors.
    pub(super) fn describe(
        self,
        api: &mut dyn StepFunctionsApi,
        listing: &Listing,
        sums: &mut Sums,
    ) -> Result<(u64, BTreeMap<String, u64>), ListError> {
        let mut errors: BTreeMap<String, u64> = BTreeMap::new();
        let mut described = 0;
        let all = self.unknown.into_iter().chain(self.open).chain(self.failed).chain(self.sample);
        for found in all.take(self.most) {
            described += 1;
            let name = name_of(&found, listing)?;
            let Some(description) = of_any(api, &listing.progress.machines, &name)? else { continue };
            if let Some(error) = description.error.clone().filter(|_| found.is_ours()) {
                *errors.entry(error).or_default() += 1;
            }
            let standing = description.standing();
            let row = found.row.unwrap_or(Listed { id: found.id, standing, took_ms: 0, start_s: 0 });
            if found.row.is_none_or(|row| row.standing != standing) {
                sums.untake(&found);
                let owner = if found.owner == Owner::Keyed { Owner::Keyed } else { found.owner };
                sums.take(&Found {
                    row: Some(Listed { standing, took_ms: description.took_ms(), ..row }),
                    owner,
                    ..found
                });
            }
        }
        Ok((described, errors))
    }
}

/// The name of an execution.
pub(super) fn name_of(found: &Found, listing: &Listing) -> io::Result<String> {
    found.text.map_or_else(|| Ok(uuid_name(found.id)), |place| listing.text(place))
}

/// An execution of one of the machines.
fn of_any(
    api: &mut dyn StepFunctionsApi,
    machines: &[StateMachine],
    name: &str,
) -> Result<Option<super::api::Description>, CallError> {
    for machine in machines {
        if let Some(description) = describe(api, &machine.execution(name))? {
            return Ok(Some(description));
        }
    }
    Ok(None)
}
