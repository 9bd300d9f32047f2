//! Templates: the subset of SAM and CloudFormation that deploys a REST API in front of state machines.
//!
//! A template is resolved as a deployment would resolve it (parameters, conditions, intrinsic functions, local files) and
//! gives a [`Deployment`], plain data. What is not supported is refused with its place, never passed over, unless it
//! cannot change an answer of the endpoint.

mod api;
mod function;
mod identity;
mod intrinsics;
mod machine;
mod parameters;
mod repair;
mod resource;
mod scope;
mod source;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::deployment::{Deployment, Stack};
use crate::document::{LoadError, Node};
use resource::Type;
use scope::Scope;
pub use source::{MAX_FILE_BYTES, Source};

/// What is decided when a template is deployed.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// Values of the template's parameters; the last one of a name counts.
    pub parameters: Vec<(String, String)>,
    /// The stack's pseudo parameters.
    pub stack: Stack,
    /// Whether the named repairs are made that the deployment as posted needs to load at all.
    pub as_posted: bool,
}

const SECTIONS: [&str; 10] = [
    "AWSTemplateFormatVersion",
    "Transform",
    "Description",
    "Metadata",
    "Parameters",
    "Mappings",
    "Conditions",
    "Globals",
    "Resources",
    "Outputs",
];

const SERVERLESS: &str = "AWS::Serverless-2016-10-31";

/// Loads a template and every file that it names.
///
/// # Errors
/// With the place of what is wrong, missing or not supported; the first one found.
pub fn load(source: &Source, options: &LoadOptions) -> Result<Deployment, LoadError> {
    let template = source.template()?;
    template.expect_keys("a template", &SECTIONS)?;
    check_versions(&template)?;
    let parameters = parameters::values(template.get("Parameters"), &options.parameters)?;
    let resources = resource::declared(template.require("a template", "Resources")?, globals(&template)?)?;
    let scope = Scope::new(source, options, &template, parameters, resources);

    let (mut apis, mut machines, mut functions) = (Vec::new(), Vec::new(), Vec::new());
    for resource in scope.resources() {
        let resource = resource?;
        resource.check(&scope)?;
        match resource.kind {
            Type::ServerlessFunction | Type::Function => functions.push(function::load(&scope, resource)?),
            Type::ServerlessStateMachine | Type::StateMachine => machines.push(machine::load(&scope, resource)?),
            Type::ServerlessApi => apis.push((resource, api::load(&scope, resource)?)),
            Type::Role | Type::LogGroup | Type::GatewayAccount => drop(resource.arn(&scope)?),
        }
    }
    check_outputs(&scope, &template)?;
    let mut apis = apis.into_iter();
    let api = match (apis.next(), apis.next()) {
        (Some((_, api)), None) => api,
        (None, _) => {
            return Err(LoadError::at(&template.position, "no AWS::Serverless::Api to serve in this template"));
        }
        (Some(_), Some((second, _))) => {
            return Err(LoadError::at(&second.position, "a second API; one API is served, split the template"));
        }
    };
    Ok(Deployment {
        stack: options.stack.clone(),
        api: Arc::new(api),
        machines,
        functions,
        warnings: scope.into_warnings(),
    })
}

fn check_versions(template: &Node) -> Result<(), LoadError> {
    if let Some(version) = template.get("AWSTemplateFormatVersion").filter(|node| node.as_str() != Some("2010-09-09")) {
        return Err(version.unexpected("`AWSTemplateFormatVersion`", "2010-09-09"));
    }
    let transforms = template.get("Transform").map(|node| node.as_list().unwrap_or(std::slice::from_ref(node)));
    let transforms = transforms.unwrap_or_default();
    if let Some(other) = transforms.iter().find(|node| node.as_str() != Some(SERVERLESS)) {
        return Err(other.unexpected("`Transform`", SERVERLESS));
    }
    let resources = template.get("Resources").and_then(Node::as_map).unwrap_or_default();
    let types = resources.iter().filter_map(|entry| entry.value.get("Type"));
    let serverless =
        types.into_iter().find(|node| node.as_str().is_some_and(|name| name.starts_with("AWS::Serverless::")));
    match serverless {
        Some(node) if transforms.is_empty() => {
            Err(LoadError::at(&node.position, format!("a serverless resource needs `Transform: {SERVERLESS}`")))
        }
        _ => Ok(()),
    }
}

/// Outputs answer nothing, but a mistake in one stops a deployment.
fn check_outputs(scope: &Scope<'_>, template: &Node) -> Result<(), LoadError> {
    let outputs = template.get("Outputs").map_or(Ok(&[][..]), |outputs| outputs.expect_map("`Outputs`"))?;
    for entry in outputs {
        entry
            .value
            .expect_keys(&format!("output `{}`", entry.key), &["Condition", "Description", "Export", "Value"])?;
        if entry.value.get("Condition").map_or(Ok(true), |name| intrinsics::condition(scope, name))? {
            let value = entry.value.require(&format!("output `{}`", entry.key), "Value")?;
            intrinsics::required(scope, value, "an output")?;
        }
    }
    Ok(())
}

fn globals(template: &Node) -> Result<Option<&Node>, LoadError> {
    let Some(globals) = template.get("Globals") else { return Ok(None) };
    globals.expect_keys("`Globals`", &["Function"])?;
    Ok(globals.get("Function"))
}
