//! What is counted.

use std::ops::AddAssign;

use serde::{Deserialize, Deserializer, Serialize, de};

use super::Class;

const CLASSES: usize = Class::ALL.len();

/// What is counted. `sent = Σ ended + unfinished`, and over a whole run `planned = sent + dropped + unsent`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Requests that were handed to a connection, or to an attempt to make one.
    pub sent: u64,
    /// Arrivals that were dropped because too many requests were in flight and were dropped.
    pub(crate) dropped: u64,
    /// Arrivals that were not sent because the run ended first.
    pub(crate) unsent: u64,
    /// Of those, the ones that were due.
    pub(crate) unsent_due: u64,
    /// Of those, the ones for which this process had no file descriptor.
    #[serde(default)]
    pub(crate) unsent_descriptors: u64,
    /// Of those that were due, the ones for which this machine had no local port.
    #[serde(default)]
    pub(crate) unsent_ports: u64,
    /// Of those that were due, the ones that waited for a connection to the target until the run ended.
    #[serde(default)]
    pub(crate) unsent_unreached: u64,
    /// Requests that were in flight when the run ended.
    pub(crate) unfinished: u64,
    /// Requests that ended, by [`Class`].
    #[serde(deserialize_with = "by_class")]
    pub ended: [u64; CLASSES],
    /// Answers with HTTP 2xx that tell of no start.
    pub(crate) http_2xx_failed: u64,
    /// Names of started executions that were checked.
    pub names_checked: u64,
    /// Names other than the expected one.
    pub(crate) mismatched: u64,
    /// Names that Step Functions does not allow.
    pub(crate) illegal: u64,
}

impl Counts {
    /// Requests that ended in `class`.
    #[must_use]
    pub(crate) const fn ended_in(&self, class: Class) -> u64 {
        self.ended[class as usize]
    }

    /// Requests that ended or were in flight at the end: `sent`, save in a stretch that begins later.
    #[must_use]
    pub(crate) fn concluded(&self) -> u64 {
        self.ended.iter().sum::<u64>() + self.unfinished
    }

    /// Requests that failed before a connection could carry them.
    #[must_use]
    pub(crate) fn unconnected(&self) -> u64 {
        Class::ALL.into_iter().filter(|class| class.is_before_the_request()).map(|class| self.ended_in(class)).sum()
    }

    /// Whether no request ever got a connection to the target, though some wanted one.
    #[must_use]
    pub(crate) fn never_reached(&self) -> bool {
        self.concluded() == self.unconnected() && self.unconnected() + self.unsent_unreached > 0
    }

    /// Requests that did what they were sent for: started an execution, or for the other kinds their like.
    #[must_use]
    pub(crate) fn succeeded(&self) -> u64 {
        Class::ALL.into_iter().filter(|class| class.is_success()).map(|class| self.ended_in(class)).sum()
    }

    /// Requests that were waited for until the run or its patience ended: what they started, nobody saw end.
    #[must_use]
    pub(crate) fn unseen(&self) -> u64 {
        self.unfinished + self.ended_in(Class::Timeout)
    }

    /// Executions that were waited for and did not succeed.
    #[must_use]
    pub(crate) fn workflows_failed(&self) -> u64 {
        self.ended_in(Class::WorkflowFailed) + self.ended_in(Class::WorkflowTimedOut)
    }

    /// Whether not one name is the expected one, so that the service has chosen them all.
    #[must_use]
    pub(crate) fn has_names_of_its_own(&self) -> bool {
        self.names_checked > 0 && self.mismatched == self.names_checked
    }

    /// Requests that ended otherwise.
    #[must_use]
    pub(crate) fn failed(&self) -> u64 {
        self.ended.iter().sum::<u64>() - self.succeeded()
    }
}

/// Counts by class; a run that was written before the last classes were known has fewer.
fn by_class<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u64; CLASSES], D::Error> {
    let written = Vec::<u64>::deserialize(deserializer)?;
    let mut counts = [0; CLASSES];
    let known = counts.get_mut(..written.len()).ok_or_else(|| {
        de::Error::invalid_length(written.len(), &format!("the counts of at most {CLASSES} classes").as_str())
    })?;
    known.copy_from_slice(&written);
    Ok(counts)
}

impl AddAssign<&Self> for Counts {
    fn add_assign(&mut self, other: &Self) {
        self.sent += other.sent;
        self.dropped += other.dropped;
        self.unsent += other.unsent;
        self.unsent_due += other.unsent_due;
        self.unsent_descriptors += other.unsent_descriptors;
        self.unsent_ports += other.unsent_ports;
        self.unsent_unreached += other.unsent_unreached;
        self.unfinished += other.unfinished;
        self.ended.iter_mut().zip(other.ended).for_each(|(sum, n)| *sum += n);
        self.http_2xx_failed += other.http_2xx_failed;
        self.names_checked += other.names_checked;
        self.mismatched += other.mismatched;
        self.illegal += other.illegal;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_knew_fewer_classes_is_read_and_one_that_knows_more_is_not() {
        let written = |classes: usize| {
            let mut counts = serde_json::to_value(Counts { sent: 7, ..Counts::default() }).unwrap();
            counts["ended"] = vec![1; classes].into();
            serde_json::from_value::<Counts>(counts)
        };
        let old = written(21).unwrap();
        assert_eq!((old.sent, old.ended_in(Class::NotFound), old.ended_in(Class::Succeeded)), (7, 1, 0));
        assert_eq!(written(CLASSES).unwrap().ended, [1; CLASSES]);
        assert!(written(CLASSES + 1).unwrap_err().to_string().contains("at most 24 classes"));
    }
}
