//! The variables of AWS's Step Functions Local that say where services answer (developer guide, "Setting configuration
//! options for Step Functions Local"); `LAMBDA_ENDPOINT` is that of a flag.

use super::Doubles;

/// Variables and the services that they are the endpoints of. `EVENTS_ENDPOINT` is ours, in their form.
const READ: [(&str, &str); 3] =
    [("DYNAMODB_ENDPOINT", "dynamodb"), ("SQS_ENDPOINT", "sqs"), ("EVENTS_ENDPOINT", "events")];
/// Variables that mean nothing here, and what to do instead.
const UNREAD: [(&str, &str); 7] = [
    ("BATCH_ENDPOINT", "mock batch by --mocks FILE, or handle it by --function batch:submitJob=FILE.js"),
    ("ECS_ENDPOINT", "mock ecs by --mocks FILE, or handle it by --function ecs:runTask=FILE.js"),
    ("GLUE_ENDPOINT", "mock glue by --mocks FILE, or handle it by --function glue:startJobRun=FILE.js"),
    ("SAGE_MAKER_ENDPOINT", "mock sagemaker by --mocks FILE, or handle it by --function sagemaker:ACTION=FILE.js"),
    ("SNS_ENDPOINT", "mock sns by --mocks FILE, or handle it by --function sns:publish=FILE.js"),
    (
        // It names Step Functions Local itself as a rule.
        "STEP_FUNCTIONS_ENDPOINT",
        "executions that tasks start run here; give --service states=URL to have them started elsewhere",
    ),
    ("WAIT_TIME_SCALE", "waits take their whole time; embedded endpoints can have a clock that jumps"),
];

/// The endpoints that the variables name.
pub(super) fn endpoints(variable: impl Fn(&str) -> Option<String>) -> Result<Doubles, String> {
    let mut doubles = Doubles::default();
    for (name, service) in READ {
        if let Some(url) = variable(name).filter(|url| !url.is_empty()) {
            let endpoint = url.parse().map_err(|why| format!("the variable {name}: {why}"))?;
            doubles = doubles.endpoint(service, endpoint);
        }
    }
    Ok(doubles)
}

/// What to say of those that are set and not read.
pub(super) fn unread(variable: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let set = UNREAD.into_iter().filter(|(name, _)| variable(name).is_some_and(|value| !value.is_empty()));
    set.map(|(name, instead)| format!("the variable {name} is not read: {instead}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_of_spoken_services_are_read_and_others_are_told() {
        let set = |set: &'static [(&'static str, &'static str)]| {
            move |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let doubles = endpoints(set(&[("DYNAMODB_ENDPOINT", "http://127.0.0.1:8000"), ("SQS_ENDPOINT", "")])).unwrap();
        assert_eq!(doubles.endpoint_of(&["dynamodb"]).unwrap().to_string(), "http://127.0.0.1:8000");
        assert!(doubles.endpoint_of(&["sqs"]).is_none());
        let wrong = endpoints(set(&[("SQS_ENDPOINT", "localhost:9324")])).unwrap_err();
        assert!(wrong.starts_with("the variable SQS_ENDPOINT: `localhost:9324`"), "{wrong}");
        let said = unread(set(&[("SNS_ENDPOINT", "http://127.0.0.1:1"), ("DYNAMODB_ENDPOINT", "http://127.0.0.1:1")]));
        assert_eq!(said.len(), 1);
        assert!(said[0].starts_with("the variable SNS_ENDPOINT is not read: "), "{said:?}");
    }
}
