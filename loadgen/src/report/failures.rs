//! What failed requests were answered, class by class.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::record::Answers;

/// Characters of a sample answer that are told.
const LONGEST: usize = 400;

/// The failed requests of a class that were answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Failures {
    /// The class.
    pub(crate) class: String,
    /// How many had which HTTP status.
    pub(crate) statuses: BTreeMap<u16, u64>,
    /// The first answer of the class.
    pub(crate) sample: Option<SampleAnswer>,
}

/// An answer as an example of its like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct SampleAnswer {
    /// Its HTTP status.
    pub(crate) status: u16,
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
                all.push(Self { class: class.into(), statuses: BTreeMap::new(), sample: None });
                all.len() - 1
            });
            *all[at].statuses.entry(answered.status).or_default() += answered.count;
            if let Some(sample) = &answered.sample {
                all[at].sample = Some(SampleAnswer { status: answered.status, body: shortened(sample) });
            }
        }
        all
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
