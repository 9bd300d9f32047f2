//! What optimised integrations do besides calling: some add to what is sent, and some find a failure in an answer that
//! tells of success.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Failure;
use crate::states::asl::{IntegrationPattern, Resource, Target};
use crate::states::data::Data;

/// The call as the service gets it. Events say where they come from, behind what they name themselves (developer guide, on
/// `events`; the order is recorded).
pub(super) fn sent(resource: &Resource, input: &Data, machine_arn: &str, execution_arn: &str) -> Data {
    if !is(resource, "events", "putEvents") {
        return input.clone();
    }
    let mut sent = input.value().clone();
    for entry in sent.get_mut("Entries").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(entry) = entry.as_object_mut() else { continue };
        let resources = entry.entry("Resources").or_insert_with(|| json!([]));
        if let Some(resources) = resources.as_array_mut() {
            resources.extend([machine_arn, execution_arn].map(Value::from));
        }
    }
    Data::from(sent)
}

/// The failure that an answer of success tells of (developer guide, on `events` and `ecs`; error and cause of events are
/// recorded). Other answers are not read.
pub(super) fn failure_in(resource: &Resource, answer: &Data) -> Option<Failure> {
    let error = if is(resource, "events", "putEvents") {
        answer.value().get("FailedEntryCount")?.as_f64().filter(|count| *count > 0.0).map(|_| "EventBridge.FailedEntry")
    } else if is(resource, "ecs", "runTask") && resource.pattern != IntegrationPattern::RequestResponse {
        answer.value().get("Failures")?.as_array().filter(|failures| !failures.is_empty()).map(|_| "AmazonECS.Unknown")
    } else {
        None
    }?;
    let members: BTreeMap<_, _> = answer.value().as_object()?.iter().collect();
    Some(Failure::new(error, json!(members).to_string()))
}

fn is(resource: &Resource, named: &str, act: &str) -> bool {
    matches!(&resource.target, Target::Service { service, action, sdk: false } if &**service == named && &**action == act)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_name_their_machine_and_execution_behind_what_they_name_themselves() {
        let put = Resource::parse("arn:aws:states:::events:putEvents").unwrap();
        let input = Data::from(json!({"Entries": [{"Source": "s"}, {"Resources": ["q"]}, {"Resources": 1}, 7]}));
        let told = sent(&put, &input, "machine", "execution");
        let expected = json!({"Entries": [{"Source": "s", "Resources": ["machine", "execution"]},
            {"Resources": ["q", "machine", "execution"]}, {"Resources": 1}, 7]});
        assert_eq!(told.value(), &expected);
        let sdk = Resource::parse("arn:aws:states:::aws-sdk:eventbridge:putEvents").unwrap();
        assert_eq!(sent(&sdk, &input, "machine", "execution"), input);
    }

    #[test]
    fn a_success_with_failures_is_a_failure_where_the_guide_says_so() {
        let failure = |resource: &str, answer: &Value| {
            failure_in(&Resource::parse(resource).unwrap(), &Data::from(answer.clone()))
        };
        let failed = json!({"FailedEntryCount": 1, "Entries": [{"ErrorCode": "MalformedDetail"}]});
        let told = failure("arn:aws:states:::events:putEvents", &failed).unwrap();
        assert_eq!(told.error.as_deref(), Some("EventBridge.FailedEntry"));
        assert_eq!(
            told.cause.as_deref(),
            Some(r#"{"Entries":[{"ErrorCode":"MalformedDetail"}],"FailedEntryCount":1}"#)
        );
        assert_eq!(failure("arn:aws:states:::aws-sdk:eventbridge:putEvents", &failed), None);
        assert_eq!(failure("arn:aws:states:::events:putEvents", &json!({"FailedEntryCount": 0})), None);
        let failed = json!({"Failures": [{"Reason": "MISSING"}], "Tasks": []});
        for (pattern, error) in
            [("", None), (".sync", Some("AmazonECS.Unknown")), (".waitForTaskToken", Some("AmazonECS.Unknown"))]
        {
            let told = failure(&format!("arn:aws:states:::ecs:runTask{pattern}"), &failed);
            assert_eq!(told.and_then(|failure| failure.error).as_deref(), error, "{pattern}");
        }
        assert_eq!(failure("arn:aws:states:::ecs:runTask.sync", &json!({"Failures": []})), None);
    }
}
