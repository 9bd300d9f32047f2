//! The functions that tasks may name.

use std::collections::HashMap;

use super::machines::logical_id;
use crate::functions::local_part;

/// The functions of a deployment, as tasks may name them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Functions {
    by_name: HashMap<String, usize>,
    arns: Vec<String>,
    logical_ids: Vec<String>,
}

impl Functions {
    /// Functions by ARN, name and logical id, in the order of the deployment.
    pub(crate) fn new<'a>(functions: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>) -> Self {
        let mut found = Self::default();
        for (index, (arn, name, logical_id)) in functions.into_iter().enumerate() {
            found.by_name.insert(name.to_owned(), index);
            found.arns.push(arn.to_owned());
            found.logical_ids.push(logical_id.to_owned());
        }
        found
    }

    /// What the template's author calls a function: its name, or the logical id where CloudFormation makes up the name.
    pub(crate) fn called<'n>(&'n self, name: &'n str) -> &'n str {
        match self.find(name) {
            Some(place) if logical_id(name).is_some() => &self.logical_ids[place],
            _ => name,
        }
    }

    /// The logical id of a function of the template.
    pub(crate) fn logical_id(&self, name: &str) -> Option<&str> {
        self.find(name).map(|place| self.logical_ids[place].as_str())
    }

    /// The handler that was declared under exactly this name.
    pub(crate) fn exactly(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The function that a name, a partial ARN or an ARN names, with or without a qualifier.
    pub(crate) fn find(&self, reference: &str) -> Option<usize> {
        let own = |arn: &String| {
            reference.strip_prefix(arn.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        };
        if let Some(index) = self.arns.iter().position(own) {
            return Some(index);
        }
        if reference.starts_with("arn:") {
            return None;
        }
        let name = local_part(reference);
        self.by_name.get(name.split(':').next().unwrap_or(name)).copied()
    }
}
