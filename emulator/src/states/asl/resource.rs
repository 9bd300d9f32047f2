//! What a Task state calls: its `Resource`, read.

use std::sync::Arc;

use super::IntegrationPattern;
use super::integrations::{is_no_integration, optimised_integration, sdk_integration};
use super::sdk_services;

/// The `Resource` of a Task state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resource {
    /// As written.
    pub(crate) text: Arc<str>,
    /// Who is called.
    pub(crate) target: Target,
    /// When the task is done.
    pub(crate) pattern: IntegrationPattern,
}

/// Who is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// A function by its ARN: the input is the payload, the payload that comes back is the result.
    Function,
    /// A worker that asks for its tasks.
    Activity,
    /// An action of a service: the parameters are the call, what the service answers is the result.
    Service {
        /// `lambda`, `dynamodb`, …
        service: Box<str>,
        /// `invoke`, `putItem`, …
        action: Box<str>,
        /// Whether by `aws-sdk:`, which adds nothing to what the service answers.
        sdk: bool,
    },
}

impl Resource {
    /// Reads a `Resource`; an error says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let whole = |target| Self { target, ..Self::function(text) };
        // A definition that is loaded without its template still has the places for its substitutions.
        if text.starts_with("${") {
            return Ok(whole(Target::Function));
        }
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", _, service, _, _, resource] = parts[..] else {
            return Err("is not an ARN: give that of a function, an activity or a service integration".to_owned());
        };
        match (service, resource.split_once(':')) {
            ("lambda", Some(("function", name))) if !name.is_empty() => Ok(whole(Target::Function)),
            ("states", Some(("activity", name))) if !name.is_empty() => Ok(whole(Target::Activity)),
            ("states", Some(_)) => {
                let (resource, pattern) = IntegrationPattern::split(resource);
                let sdk = resource.strip_prefix("aws-sdk:");
                let Some((service, action)) = sdk.unwrap_or(resource).split_once(':') else {
                    return Err("names no action: write it as `service:action`".to_owned());
                };
                if service.is_empty() || action.is_empty() || action.contains([':', '.']) {
                    return Err(
                        "is not a service integration: write it as `service:action`, with `.sync`, `.sync:2` or \
                                `.waitForTaskToken` after it where the task waits"
                            .to_owned(),
                    );
                }
                let sdk = sdk.is_some();
                if sdk {
                    sdk_integration(service, action, pattern)?;
                } else {
                    optimised_integration(service, action, pattern)?;
                }
                let target = Target::Service { service: Box::from(service), action: Box::from(action), sdk };
                Ok(Self { pattern, ..whole(target) })
            }
            _ => Err("is the ARN of neither a function, an activity nor a service integration".to_owned()),
        }
    }

    /// Whether a `Resource` names an action that is none of the optimised integrations of its service.
    pub(crate) fn is_not_recognised(text: &str) -> bool {
        let resource = text.split_once(":states:::").map(|(_, resource)| IntegrationPattern::split(resource).0);
        resource.and_then(|it| it.split_once(':')).is_some_and(|(service, action)| is_no_integration(service, action))
    }

    /// Why AWS may not know it, if it may not: its service, its action or its pattern is none that is documented.
    pub(crate) fn doubt(&self) -> Option<String> {
        match &self.target {
            Target::Service { service, action, sdk: true } => sdk_services::doubt(service, action),
            Target::Service { service, action, sdk: false } => {
                optimised_integration(service, action, self.pattern).ok().flatten()
            }
            Target::Function | Target::Activity => None,
        }
    }

    /// The name that an error of it has, if a `Retry` or `Catch` names it with the letters of its prefix in another case.
    pub(crate) fn right_error_name(&self, error: &str) -> Option<String> {
        let Target::Service { service, sdk: true, .. } = &self.target else { return None };
        sdk_services::right_name(service, error)
    }

    /// A function by its ARN or its name.
    pub(crate) fn function(text: &str) -> Self {
        Self { text: Arc::from(text), target: Target::Function, pattern: IntegrationPattern::RequestResponse }
    }

    /// The name under which a double may be given for it: `sqs:sendMessage`, `aws-sdk:s3:getObject`, or the ARN.
    pub(crate) fn name(&self) -> &str {
        match &self.target {
            Target::Function | Target::Activity => &self.text,
            Target::Service { .. } => {
                let resource = self.text.splitn(6, ':').nth(5).unwrap_or_default();
                IntegrationPattern::split(resource).0
            }
        }
    }

    /// Whether it invokes a function that its parameters name, and whether its answer is told like that of an optimised
    /// integration.
    pub(crate) fn invokes_function(&self) -> bool {
        matches!(&self.target, Target::Service { service, action, .. } if &**service == "lambda" && &**action == "invoke")
    }

    /// Whether it calls a web server that its parameters name.
    pub(crate) fn calls_web_server(&self) -> bool {
        matches!(&self.target, Target::Service { service, action, sdk: false }
            if matches!(&**service, "apigateway" | "http") && &**action == "invoke")
    }

    /// Whether it starts an execution of a state machine that its parameters name.
    pub(crate) fn starts_execution(&self) -> bool {
        matches!(&self.target, Target::Service { service, action, .. }
            if matches!(&**service, "states" | "sfn") && &**action == "startExecution")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_name_a_function_an_activity_or_an_action_of_a_service() {
        let service = |service: &str, action: &str, sdk| Target::Service {
            service: Box::from(service),
            action: Box::from(action),
            sdk,
        };
        for (text, target, pattern, name) in [
            (
                "arn:aws:lambda:eu-west-1:123456789012:function:f:live",
                Target::Function,
                IntegrationPattern::RequestResponse,
                "",
            ),
            (
                "arn:aws:states:eu-west-1:123456789012:activity:a",
                Target::Activity,
                IntegrationPattern::RequestResponse,
                "",
            ),
            (
                "arn:aws:states:::lambda:invoke",
                service("lambda", "invoke", false),
                IntegrationPattern::RequestResponse,
                "lambda:invoke",
            ),
            (
                "arn:aws-cn:states:::sqs:sendMessage.waitForTaskToken",
                service("sqs", "sendMessage", false),
                IntegrationPattern::Token,
                "sqs:sendMessage",
            ),
            (
                "arn:aws:states:::ecs:runTask.sync",
                service("ecs", "runTask", false),
                IntegrationPattern::Sync,
                "ecs:runTask",
            ),
            (
                "arn:aws:states:::states:startExecution.sync:2",
                service("states", "startExecution", false),
                IntegrationPattern::SyncJson,
                "states:startExecution",
            ),
            (
                "arn:aws:states:::aws-sdk:s3:getObject",
                service("s3", "getObject", true),
                IntegrationPattern::RequestResponse,
                "aws-sdk:s3:getObject",
            ),
            ("${Function}", Target::Function, IntegrationPattern::RequestResponse, ""),
        ] {
            let read = Resource::parse(text).unwrap();
            assert_eq!((&read.target, read.pattern), (&target, pattern), "{text}");
            assert_eq!(read.name(), if name.is_empty() { text } else { name });
        }
    }

    #[test]
    fn what_is_no_resource_is_refused() {
        for text in [
            "f",
            "arn:aws:lambda:eu-west-1:123456789012:layer:l",
            "arn:aws:s3:::bucket",
            "arn:aws:states:::sqs",
            "arn:aws:states:::sqs:",
            "arn:aws:states:::sqs:sendMessage.later",
            "arn:aws:states:::sqs:sendMessage.sync",
            "arn:aws:states:::aws-sdk:DynamoDB:GetItem",
            "arn:aws:states:::aws-sdk:s3",
            "arn:aws:states:eu-west-1:123456789012:activity:",
            "arn:aws:lambda:eu-west-1:123456789012:function:",
        ] {
            assert!(Resource::parse(text).is_err(), "{text}");
        }
    }
}
