//! Doubles: who answers a task in the place of the function or service that it names.
//!
//! In this order: a handler, an endpoint that a flag or file names, a mocked response. A test case that the caller of
//! `StartExecution` chooses (`stateMachineArn#TestCase`) goes before all of them in the states that it names. A task
//! that has none fails when it runs, and its cause says how to give it one. Nothing else is ever called.

mod args;
mod bucket;
mod client;
mod endpoint;
mod file;
mod lambda;
mod response;
mod service;
#[cfg(test)]
mod tests;
mod web;
mod web_servers;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

pub use args::DoubleArgs;
pub use endpoint::EndpointUrl;
pub(crate) use endpoint::taken_apart;
pub use file::InvalidMocks;

pub(crate) use bucket::{BucketFolder, Buckets};
pub(crate) use client::{Answered, Client, EndpointRequest};
pub(crate) use lambda::{invocation, payload};
pub(crate) use response::{Mock, TestCase};
pub(crate) use service::Protocol;
pub(crate) use web::Web;
pub(crate) use web_servers::WebServers;

use crate::functions::HandlerModule;
use response::MockedResponse;

/// Everything that was declared, by the name of what it takes the place of: a function's name or ARN, an action
/// (`sns:publish`, `aws-sdk:s3:getObject`), a service (`dynamodb`), or `lambda` for every function.
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
    /// A handler in the place of a function or action; the last one of a name counts.
    #[must_use]
    pub fn handler(mut self, name: impl Into<String>, handler: HandlerModule) -> Self {
        let name = name.into();
        self.handlers.retain(|(other, _)| *other != name);
        self.handlers.push((name, handler));
        self
    }

    /// An endpoint in the place of a function, a service, or, by the name `lambda`, of every function.
    #[must_use]
    pub fn endpoint(mut self, name: impl Into<String>, endpoint: EndpointUrl) -> Self {
        self.endpoints.insert(name.into(), endpoint);
        self
    }

    /// A folder in the place of an S3 bucket, or, without a name, a folder that has one for every bucket.
    #[must_use]
    pub fn bucket(mut self, name: Option<String>, folder: impl Into<PathBuf>) -> Self {
        self.buckets.add(name, folder.into());
        self
    }

    /// The test case of executions that choose none, in machines that have one of that name.
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
