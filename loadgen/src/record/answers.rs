//! How failed requests were answered: with which status, and what the first such answer said.

use serde::{Deserialize, Serialize};

use super::Class;

/// Bytes of an answer's body that are kept of the first failure of a class.
const SAMPLE: usize = 2 << 10;

/// The failed requests of a class that were answered with a status, or not answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FailedAnswers {
    /// The class.
    pub(crate) class: Class,
    /// The status; none of those to which no whole answer came.
    #[serde(default)]
    pub(crate) status: Option<u16>,
    /// How many.
    pub(crate) count: u64,
    /// What the body of the first one said, as far as it is kept, or why no whole answer came; nothing but for the first
    /// failure of the class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sample: Option<String>,
    /// Where a redirect pointed to that is the sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) location: Option<String>,
}

/// How failed requests were answered, class by class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Answers {
    all: Vec<FailedAnswers>,
}

impl Answers {
    /// Adds an answer with its body, if that is wanted, and with where it points to.
    pub(super) fn add(&mut self, class: Class, status: u16, body: Option<&[u8]>, location: Option<&[u8]>) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(SAMPLE)]).into_owned();
        let location = location.filter(|_| body.is_some()).map(text);
        self.add_all(&[FailedAnswers { class, status: Some(status), count: 1, sample: body.map(text), location }]);
    }

    /// Adds a request to which no whole answer came, with the cause, if that is wanted.
    pub(super) fn add_unanswered(&mut self, class: Class, cause: Option<String>) {
        self.add_all(&[FailedAnswers { class, status: None, count: 1, sample: cause, location: None }]);
    }

    /// Adds what another thread or another second had; of several samples of a class, the first stays.
    pub(crate) fn add_all(&mut self, others: &[FailedAnswers]) {
        for other in others {
            let sampled = self.all.iter().any(|known| known.class == other.class && known.sample.is_some());
            let sample = other.sample.clone().filter(|_| !sampled);
            let location = other.location.clone().filter(|_| !sampled);
            match self.all.iter_mut().find(|known| (known.class, known.status) == (other.class, other.status)) {
                Some(known) => {
                    known.count += other.count;
                    known.sample = known.sample.take().or(sample);
                    known.location = known.location.take().or(location);
                }
                None => self.all.push(FailedAnswers { sample, location, ..other.clone() }),
            }
        }
    }

    /// All of them, in the order in which they were first seen.
    #[must_use]
    pub(crate) fn all(&self) -> &[FailedAnswers] {
        &self.all
    }

    /// Forgets everything but the memory it took.
    pub(crate) fn clear(&mut self) {
        self.all.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_counted_and_the_first_answer_of_a_class_is_kept() {
        let (mut one, mut other) = (Answers::default(), Answers::default());
        one.add(Class::Unrecognized, 404, Some(b"{\"message\":\"Not Found\"}"), None);
        one.add(Class::Unrecognized, 404, None, None);
        other.add(Class::Unrecognized, 502, Some(b"bad"), Some(b"/elsewhere"));
        other.add(Class::Throttled, 429, Some(&[0xff; 5_000]), None);
        other.add_unanswered(Class::Reset, Some("Connection reset by peer".into()));
        other.add_unanswered(Class::Reset, None);
        one.add_all(other.all());
        let told: Vec<_> = one.all().iter().map(|a| (a.class, a.status, a.count, a.sample.is_some())).collect();
        assert_eq!(
            told,
            [
                (Class::Unrecognized, Some(404), 2, true),
                (Class::Unrecognized, Some(502), 1, false),
                (Class::Throttled, Some(429), 1, true),
                (Class::Reset, None, 2, true)
            ]
        );
        assert_eq!(one.all()[1].location, None, "the first answer of the class pointed nowhere");
        assert!(one.all()[2].sample.as_ref().unwrap().chars().count() <= SAMPLE, "bounded");
    }
}
