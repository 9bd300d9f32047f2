//! Where in the plan a request belongs: its stage and its payload, by number, and what these are called.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The stage and the payload of a request, each counted from 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The stage in which it is due.
    pub stage: u16,
    /// What it carries.
    pub payload: u16,
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// `POST /execute`: starts an execution.
    #[default]
    Execute,
    /// `POST /execute` of a route that is wired to `StartSyncExecution`: runs an EXPRESS workflow, and answers with how it
    /// ended.
    ExecuteSync,
    /// `POST /execute` of a route whose answers do not say what was started, as where its response template gives out the
    /// workflow's output alone: counted by their HTTP status.
    ExecuteHttp,
    /// The CORS preflight that a browser sends before it: `OPTIONS /execute`.
    Preflight,
    /// `GET /executions/{name}`: what became of an execution that the run has started.
    Describe,
}

impl Kind {
    /// Every kind.
    pub(crate) const ALL: [Self; 5] =
        [Self::Execute, Self::ExecuteSync, Self::ExecuteHttp, Self::Preflight, Self::Describe];

    /// Its name in scenarios and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Execute => "execute",
            Self::ExecuteSync => "execute-sync",
            Self::ExecuteHttp => "execute-http",
            Self::Preflight => "preflight",
            Self::Describe => "describe",
        }
    }

    /// Whether such a request starts an execution.
    #[must_use]
    pub const fn starts(self) -> bool {
        matches!(self, Self::Execute | Self::ExecuteSync | Self::ExecuteHttp)
    }
}

/// What the places of a run are called.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Places {
    /// The stages, in order of time.
    pub stages: Vec<String>,
    /// The payloads, as in the scenario.
    pub payloads: Vec<Labelled>,
}

/// A payload's name and kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labelled {
    /// Its name.
    pub name: String,
    /// What its requests ask for.
    pub kind: Kind,
}

impl Places {
    /// The name of a place's stage; empty where it has none.
    #[must_use]
    pub fn stage(&self, place: Place) -> &str {
        self.stages.get(usize::from(place.stage)).map_or("", String::as_str)
    }

    /// The name of a place's payload; empty where it has none.
    #[must_use]
    pub fn payload(&self, place: Place) -> &str {
        self.payloads.get(usize::from(place.payload)).map_or("", |payload| payload.name.as_str())
    }

    /// Whether all requests belong to the same place, so that parts say nothing that the whole does not.
    #[must_use]
    pub(crate) fn is_one(&self) -> bool {
        self.stages.len() <= 1 && self.payloads.len() <= 1
    }

    /// Of which kind the requests are that start executions: a run has one such kind.
    #[must_use]
    pub(crate) fn starting_kind(&self) -> Kind {
        self.payloads.iter().map(|payload| payload.kind).find(|kind| kind.starts()).unwrap_or_default()
    }

    /// The requests that start executions.
    #[must_use]
    pub fn starts(&self) -> Selection {
        self.of_kind(self.starting_kind())
    }

    /// The requests of a kind.
    #[must_use]
    pub(crate) fn of_kind(&self, kind: Kind) -> Selection {
        if self.payloads.iter().all(|payload| payload.kind == kind) {
            return Selection::default();
        }
        let of_kind = (0..).zip(&self.payloads).filter(|(_, payload)| payload.kind == kind);
        Selection { stage: None, payloads: Some(of_kind.map(|(number, _)| number).collect()) }
    }
}

/// Requests that are looked at together; all of them by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Those of one stage.
    pub(crate) stage: Option<u16>,
    /// Those of some payloads.
    pub(crate) payloads: Option<Vec<u16>>,
}

impl Selection {
    /// The requests of one stage among these.
    #[must_use]
    pub(crate) fn in_stage(self, stage: u16) -> Self {
        Self { stage: Some(stage), ..self }
    }

    /// The requests with one payload.
    #[must_use]
    pub(crate) fn with_payload(payload: u16) -> Self {
        Self { stage: None, payloads: Some(vec![payload]) }
    }

    /// Whether the requests of a place belong to them.
    #[must_use]
    pub(crate) fn holds(&self, place: Place) -> bool {
        self.stage.is_none_or(|stage| stage == place.stage)
            && self.payloads.as_ref().is_none_or(|payloads| payloads.contains(&place.payload))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_by_kind_leaves_the_other_payloads_out() {
        let labelled = |name: &str, kind| Labelled { name: name.into(), kind };
        let payloads =
            vec![labelled("a", Kind::Execute), labelled("cors", Kind::Preflight), labelled("b", Kind::Execute)];
        let places = Places { stages: vec!["1".into(), "2".into()], payloads };
        let executes = places.of_kind(Kind::Execute);
        let held = |selection: &Selection| {
            let all = (0..2).flat_map(|stage| (0..3).map(move |payload| Place { stage, payload }));
            all.filter(|place| selection.holds(*place)).count()
        };
        assert_eq!((held(&executes), held(&executes.clone().in_stage(1))), (4, 2));
        assert_eq!((held(&places.of_kind(Kind::Describe)), held(&Selection::with_payload(1))), (0, 2));
        assert_eq!(held(&Selection::default()), 6);
        assert_eq!(
            Places::default().of_kind(Kind::Preflight),
            Selection::default(),
            "without payloads, whatever comes"
        );
    }
}
