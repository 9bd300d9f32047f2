//! What failed requests were answered, class by class, and why the others got no answer.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::record::Answers;

/// Characters of a sample answer that are told.
const LONGEST: usize = 400;

/// The failed requests of a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Failures {
    /// The class.
    pub(crate) class: String,
    /// How many had which HTTP status; none where no whole answer came.
    pub(crate) statuses: BTreeMap<u16, u64>,
    /// Why no whole answer came to the first request of the class; `null` where one came.
    #[serde(default)]
    pub(crate) cause: Option<String>,
    /// The first answer of the class; `null` where none came.
    pub(crate) sample: Option<SampleAnswer>,
}

/// An answer as an example of its like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct SampleAnswer {
    /// Its HTTP status.
    pub(crate) status: u16,
    /// Where it points to, if it is a redirect that says so.
    #[serde(default)]
    pub(crate) location: Option<String>,
    /// Its body: at most 400 characters, without secrets in use. It may hold anything that a target can say.
    pub(crate) body: String,
}

impl Failures {
    /// Those of a run.
    pub(super) fn all(answers: &Answers) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for answered in answers.all() {
            let class = answered.class.as_str();
            let at = all.iter().position(|known| known.class == class).unwrap_or_else(|| {
                all.push(Self { class: class.into(), statuses: BTreeMap::new(), cause: None, sample: None });
                all.len() - 1
            });
            let Some(status) = answered.status else {
                all[at].cause = answered.sample.as_deref().map(shortened);
                continue;
            };
            *all[at].statuses.entry(status).or_default() += answered.count;
            if let Some(sample) = &answered.sample {
                let location = answered.location.as_deref().map(shortened);
                all[at].sample = Some(SampleAnswer { status, location, body: shortened(sample) });
            }
        }
        all
    }

    /// What the first one came to, for people.
    #[must_use]
    pub(crate) fn show_first(&self) -> String {
        let Some(SampleAnswer { location, body, .. }) = &self.sample else {
            return self.cause.clone().unwrap_or_else(|| "no whole answer came".into());
        };
        let body = if body.is_empty() { "an empty body" } else { body };
        match location {
            Some(location) => format!("redirected to {location}, which is not followed; {body}"),
            None => body.into(),
        }
    }

    /// The statuses for people: `HTTP 404 38, HTTP 502 1`.
    #[must_use]
    pub(crate) fn show_statuses(&self) -> String {
        let shown: Vec<String> = self.statuses.iter().map(|(status, count)| format!("HTTP {status} {count}")).collect();
        shown.join(", ")
    }
}

fn shortened(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into(),
    }
}
