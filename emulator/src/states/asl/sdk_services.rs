//! The services that integrations by `aws-sdk:` may name, as the developer guide lists them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::document::did_you_mean;

/// A service of the list.
#[derive(Clone, Copy)]
struct SdkService {
    /// What stands before the names of its errors. In small letters it is the service's name.
    prefix: &'static str,
    /// The actions that it does not offer to tasks, with blanks between them.
    not_offered: &'static str,
}

fn services() -> impl Iterator<Item = SdkService> {
    let lines = include_str!("sdk_services.txt").lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| {
        let (prefix, not_offered) = line.split_once(' ').unwrap_or((line, ""));
        SdkService { prefix, not_offered }
    })
}

/// The services by their names.
static BY_NAME: LazyLock<BTreeMap<String, SdkService>> =
    LazyLock::new(|| services().map(|known| (known.prefix.to_ascii_lowercase(), known)).collect());

fn service(name: &str) -> Option<SdkService> {
    BY_NAME.get(name.to_ascii_lowercase().as_str()).copied()
}

/// Why AWS may not know an action of a service. The list grows, so that it is a doubt and no more.
pub(super) fn doubt(name: &str, action: &str) -> Option<String> {
    let Some(known) = service(name) else {
        let meant = did_you_mean(name, BY_NAME.keys().map(String::as_str));
        return Some(format!("AWS lists no service `{name}` for AWS SDK integrations{meant}"));
    };
    let offered = known.not_offered.split(' ').all(|it| it != action);
    (!offered).then(|| format!("AWS lists `{action}` among the actions of {name} that tasks cannot call"))
}

/// The name that an error of a service has, if it was written with another prefix of the same letters, as in
/// `DynamoDB.ConditionalCheckFailedException`: no error is ever called so.
pub(super) fn right_name(name: &str, error: &str) -> Option<String> {
    let (prefix, rest) = error.split_once('.')?;
    let known = service(name)?.prefix;
    (prefix != known && prefix.eq_ignore_ascii_case(known)).then(|| format!("{known}.{rest}"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_service_is_listed_once_and_has_a_prefix_of_its_own() {
        let all: Vec<_> = services().map(|known| known.prefix).collect();
        assert!(all.iter().all(|prefix| prefix.starts_with(|first: char| first.is_ascii_uppercase())));
        assert_eq!(all.iter().map(|prefix| prefix.to_ascii_lowercase()).collect::<HashSet<_>>().len(), all.len());
        for (name, prefix) in [
            ("dynamodb", "DynamoDb"),
            ("codestarnotifications", "CodestarNotifications"),
            ("iotanalytics", "IoTAnalytics"),
            ("iotevents", "IotEvents"),
            ("mturk", "MTurk"),
            ("ec2", "Ec2"),
            ("wafv2", "Wafv2"),
            ("sfn", "Sfn"),
            ("eventbridge", "EventBridge"),
        ] {
            assert_eq!(service(name).map(|known| known.prefix), Some(prefix));
        }
    }

    #[test]
    fn services_and_actions_that_are_not_listed_are_doubted() {
        for (service, action, words) in [
            ("dynamodbb", "getItem", "no service `dynamodbb` for AWS SDK integrations; did you mean `dynamodb`?"),
            ("stepfunctions", "startExecution", "no service `stepfunctions`"),
            ("s3", "selectObjectContent", "`selectObjectContent` among the actions of s3 that tasks cannot call"),
            ("lambda", "invokeAsync", "cannot call"),
            ("kinesis", "subscribeToShard", "cannot call"),
            ("emr", "describeJobFlows", "cannot call"),
        ] {
            let doubt = doubt(service, action).unwrap_or_else(|| panic!("{service}:{action}"));
            assert!(doubt.contains(words), "{doubt}");
        }
        for (service, action) in [("s3", "getObject"), ("sfn", "startSyncExecution"), ("pipes", "startPipe")] {
            assert_eq!(doubt(service, action), None);
        }
    }

    #[test]
    fn errors_with_another_prefix_are_told_their_right_name() {
        let right = right_name("dynamodb", "DynamoDB.ResourceNotFoundException");
        assert_eq!(right.as_deref(), Some("DynamoDb.ResourceNotFoundException"));
        for error in ["DynamoDb.ResourceNotFoundException", "States.ALL", "MyError", "Lambda.X"] {
            assert_eq!(right_name("dynamodb", error), None, "{error}");
        }
    }
}
