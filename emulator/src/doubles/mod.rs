//! Doubles: who answers a task in place of the function or service that it names.
//!
//! The first that there is answers: a handler, an endpoint that a flag or file names, a mocked response. If the caller of
//! `StartExecution` chooses a test case (`stateMachineArn#TestCase`), it answers first for the states that it names. A
//! task without a double fails when it runs, and the cause says how to give it one. Nothing else is ever called.

mod args;
mod bucket;
mod client;
mod endpoint;
mod file;
mod form;
mod lambda;
mod local_variables;
mod response;
mod service;
#[cfg(test)]
mod tests;
mod web;
mod web_servers;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

pub(crate) use args::DoubleArgs;
pub use endpoint::EndpointUrl;
pub(crate) use endpoint::taken_apart;

pub(crate) use bucket::{BucketFolder, Buckets};
pub(crate) use client::{Answered, Client, EndpointRequest};
pub(crate) use lambda::{invocation, log_result, payload};
pub(crate) use response::{Mock, TestCase};
pub(crate) use service::Protocol;
pub(crate) use web::{Web, http_headers, with_query};
pub(crate) use web_servers::WebServers;

use crate::functions::HandlerModule;
use response::MockedResponse;

/// Every declared double, by the name of what it replaces: a function's name or ARN, an action (`sns:publish`,
/// `aws-sdk:s3:getObject`), a service (`dynamodb`), or `lambda` for every function.
#[derive(Debug, Clone, Default)]
pub struct Doubles {
    pub(crate) handlers: Vec<(String, HandlerModule)>,
    endpoints: HashMap<String, EndpointUrl>,
    responses: HashMap<String, Arc<MockedResponse>>,
    /// Test cases by the names of state machine and case.
    cases: HashMap<String, HashMap<String, Arc<TestCase>>>,
    buckets: Buckets,
    /// The test case of executions that choose none.
    default_case: Option<String>,
}

impl Doubles {
    /// Replaces a function or action by a handler; the last one of a name counts.
    #[must_use]
    pub fn handler(mut self, name: impl Into<String>, handler: HandlerModule) -> Self {
        let name = name.into();
        self.handlers.retain(|(other, _)| *other != name);
        self.handlers.push((name, handler));
        self
    }

    /// Replaces a function, a service, or (by the name `lambda`) every function by an endpoint.
    #[must_use]
    pub fn endpoint(mut self, name: impl Into<String>, endpoint: EndpointUrl) -> Self {
        self.endpoints.insert(name.into(), endpoint);
        self
    }

    /// Replaces an S3 bucket by a folder; without a name, every bucket by the folder of its name below this one.
    #[must_use]
    pub fn bucket(mut self, name: Option<String>, folder: impl Into<PathBuf>) -> Self {
        self.buckets.add(name, folder.into());
        self
    }

    /// The test case of executions that do not choose one, in machines that have a case of that name.
    #[must_use]
    pub fn test_case(mut self, name: impl Into<String>) -> Self {
        self.default_case = Some(name.into());
        self
    }

    /// The name of the test case of executions that choose none.
    pub(crate) fn default_case(&self) -> Option<&str> {
        self.default_case.as_deref()
    }

    /// The folders in the place of buckets.
    pub(crate) fn buckets(&self) -> &Buckets {
        &self.buckets
    }

    /// The endpoint for the first of these names that has one.
    pub(crate) fn endpoint_of(&self, names: &[&str]) -> Option<&EndpointUrl> {
        names.iter().find_map(|name| self.endpoints.get(*name))
    }

    /// The mocked response for the first of these names that has one.
    pub(crate) fn response_of(&self, names: &[&str]) -> Option<&MockedResponse> {
        names.iter().find_map(|name| self.responses.get(*name)).map(Arc::as_ref)
    }

    /// The names of everything that a handler or a mocked response answers for.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.handlers.iter().map(|(name, _)| name).chain(self.responses.keys()).map(String::as_str)
    }

    /// A test case of a state machine.
    pub(crate) fn case(&self, machine: &str, case: &str) -> Option<&Arc<TestCase>> {
        self.cases.get(machine)?.get(case)
    }

    /// The test cases of a state machine, in the order of their names.
    pub(crate) fn cases(&self, machine: &str) -> Vec<&str> {
        let mut names: Vec<&str> =
            self.cases.get(machine).into_iter().flat_map(HashMap::keys).map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    /// The names of the state machines that have test cases, in order.
    pub(crate) fn machines_with_cases(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.cases.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }
}
