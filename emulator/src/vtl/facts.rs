//! What a template can see of a request or an answer.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::json::{Json, Leniency};
use super::overrides::Overrides;
use crate::budget::Budget;

/// Everything that one rendering sees.
pub(crate) struct Facts<'r> {
    /// `$input.body`, `$input.json`, `$input.path`: the request's body, or the backend's answer.
    pub(crate) body: &'r Body<'r>,
    /// `$input.params`: always the request's.
    pub(crate) parameters: &'r Parameters<'r>,
    /// `$context`
    pub(crate) context: &'r dyn Context,
    /// `$stageVariables`
    pub(crate) stage_variables: &'r [(String, String)],
    /// What an earlier template of the same request left in `$context`.
    pub(crate) overrides: &'r Overrides,
    /// What the request may still spend.
    pub(crate) budget: &'r Budget,
}

/// The variables of `$context`.
pub(crate) trait Context {
    /// The value of a variable by its dotted name, such as `identity.sourceIp`; `None` renders as nothing.
    fn value(&self, name: &str) -> Option<Cow<'_, str>>;
}

/// A body, parsed when a template first asks for it.
#[derive(Debug)]
pub(crate) struct Body<'b> {
    text: &'b str,
    leniency: Leniency,
    parsed: OnceCell<Result<Json<'b>, String>>,
}

impl<'b> Body<'b> {
    /// A body; an empty one reads as `{}` (recorded: facts of the gateway, GET and POST alike).
    #[must_use]
    pub(crate) fn new(text: &'b str, leniency: Leniency) -> Self {
        Self { text: if text.is_empty() { "{}" } else { text }, leniency, parsed: OnceCell::new() }
    }

    /// Its text.
    #[must_use]
    pub(crate) fn text(&self) -> &'b str {
        self.text
    }

    /// Its tree, read once; what it takes is charged then.
    pub(super) fn json(&self, budget: &Budget) -> Result<&Json<'b>, &str> {
        self.parsed.get_or_init(|| Json::read(self.text, self.leniency, budget)).as_ref().map_err(String::as_str)
    }
}

/// The three kinds of parameters, in the order in which `$input.params('name')` looks for a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// Path parameters.
    Path,
    /// The query string.
    Query,
    /// Headers.
    Header,
}

/// A request's parameters, decoded.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parameters<'r> {
    /// Path parameters.
    pub(crate) path: Vec<(Cow<'r, str>, Cow<'r, str>)>,
    /// The query string.
    pub(crate) query: Vec<(Cow<'r, str>, Cow<'r, str>)>,
    /// Headers, named as the caller wrote them.
    pub(crate) header: Vec<(Cow<'r, str>, Cow<'r, str>)>,
}

impl<'r> Parameters<'r> {
    /// The parameters of one kind.
    #[must_use]
    pub(crate) fn group(&self, group: Group) -> &[(Cow<'r, str>, Cow<'r, str>)] {
        match group {
            Group::Path => &self.path,
            Group::Query => &self.query,
            Group::Header => &self.header,
        }
    }

    /// One parameter; the last of several of one name. Names are compared exactly, those of headers too.
    #[must_use]
    pub(crate) fn get(&self, group: Group, name: &str) -> Option<&str> {
        self.group(group).iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_ref())
    }

    /// The first of path, query and headers that has the name.
    #[must_use]
    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        [Group::Path, Group::Query, Group::Header].into_iter().find_map(|group| self.get(group, name))
    }
}
