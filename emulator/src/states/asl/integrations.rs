//! The optimised integrations that AWS documents (developer guide, "Integrating services": the table of services and
//! patterns, and the page of each service), and how integrations by `aws-sdk:` are written.

use super::IntegrationPattern;
use crate::document::did_you_mean;

/// A service with optimised integrations.
struct Optimised {
    service: &'static str,
    /// Actions without `.sync`.
    actions: &'static [&'static str],
    /// Actions that also have `.sync`.
    jobs: &'static [&'static str],
    /// Whether it has `.waitForTaskToken`.
    token: bool,
}

const fn optimised(
    service: &'static str,
    actions: &'static [&'static str],
    jobs: &'static [&'static str],
    token: bool,
) -> Optimised {
    Optimised { service, actions, jobs, token }
}

const OPTIMISED: &[Optimised] = &[
    optimised("apigateway", &["invoke"], &[], true),
    optimised(
        "athena",
        &["stopQueryExecution", "getQueryExecution", "getQueryResults"],
        &["startQueryExecution"],
        false,
    ),
    optimised("batch", &[], &["submitJob"], false),
    optimised("bedrock", &["invokeModel"], &["createModelCustomizationJob"], true),
    optimised("bedrockagentcore", &["invokeHarness"], &[], false),
    optimised(
        "codebuild",
        &["stopBuild", "batchDeleteBuilds", "batchGetReports", "stopBuildBatch", "deleteBuildBatch"],
        &["startBuild", "startBuildBatch", "retryBuildBatch"],
        false,
    ),
    optimised("databrew", &[], &["startJobRun"], false),
    optimised("dynamodb", &["getItem", "putItem", "updateItem", "deleteItem"], &[], false),
    optimised("ecs", &[], &["runTask"], true),
    optimised(
        "eks",
        &["call"],
        &[
            "runJob",
            "createCluster",
            "deleteCluster",
            "createNodegroup",
            "deleteNodegroup",
            "createFargateProfile",
            "deleteFargateProfile",
        ],
        true,
    ),
    optimised(
        "elasticmapreduce",
        &["setClusterTerminationProtection", "cancelStep", "modifyInstanceFleetByName", "modifyInstanceGroupByName"],
        &["createCluster", "terminateCluster", "addStep"],
        false,
    ),
    optimised("emr-containers", &["createVirtualCluster"], &["deleteVirtualCluster", "startJobRun"], false),
    optimised(
        "emr-serverless",
        &[],
        &[
            "createApplication",
            "startApplication",
            "stopApplication",
            "deleteApplication",
            "startJobRun",
            "cancelJobRun",
        ],
        false,
    ),
    optimised("events", &["putEvents"], &[], true),
    optimised("glue", &[], &["startJobRun"], false),
    optimised("http", &["invoke"], &[], false),
    optimised("lambda", &["invoke"], &[], true),
    optimised("mediaconvert", &[], &["createJob"], false),
    optimised(
        "sagemaker",
        &["createEndpoint", "createEndpointConfig", "createModel", "updateEndpoint"],
        &[
            "createHyperParameterTuningJob",
            "createLabelingJob",
            "createProcessingJob",
            "createTrainingJob",
            "createTransformJob",
        ],
        false,
    ),
    optimised("sns", &["publish"], &[], true),
    optimised("sqs", &["sendMessage"], &[], true),
    optimised("states", &[], &["startExecution"], true),
];

impl Optimised {
    fn all(&self) -> impl Iterator<Item = &'static str> {
        self.actions.iter().chain(self.jobs).copied()
    }

    /// How its tasks may wait, in words.
    fn patterns(&self) -> String {
        let mut patterns = Vec::new();
        if !self.jobs.is_empty() {
            patterns.push("`.sync`");
        }
        if self.token {
            patterns.push("`.waitForTaskToken`");
        }
        if patterns.is_empty() {
            "its tasks cannot wait".to_owned()
        } else {
            format!("it has {}", patterns.join(" and "))
        }
    }
}

/// Whether an action is none of those that its service has as optimised integrations. Of a service that has none, nobody
/// knows here: it may be new.
pub(super) fn is_no_integration(service: &str, action: &str) -> bool {
    OPTIMISED.iter().any(|known| known.service == service && !known.all().any(|it| it == action))
}

/// Checks an optimised integration. An error says what Step Functions cannot have meant it to be; a service that is only
/// not documented may be new, and comes with words of doubt.
pub(super) fn optimised_integration(
    service: &str,
    action: &str,
    pattern: IntegrationPattern,
) -> Result<Option<String>, String> {
    let services = || OPTIMISED.iter().map(|it| it.service);
    let Some(known) = OPTIMISED.iter().find(|it| it.service == service) else {
        if let Some(meant) = services().find(|it| it.eq_ignore_ascii_case(service)) {
            return Err(format!("names its service in capital letters: write `{meant}:{action}`"));
        }
        let meant = did_you_mean(service, services());
        return Ok(Some(format!(
            "AWS documents no optimised integration of `{service}`; other services are called as \
             `aws-sdk:{service}:{action}`{meant}"
        )));
    };
    let waits = match pattern {
        IntegrationPattern::RequestResponse => true,
        IntegrationPattern::Sync | IntegrationPattern::SyncJson => !known.jobs.is_empty(),
        IntegrationPattern::Token => known.token,
    };
    if !waits {
        return Err(format!(
            "cannot wait by `{}`, which {service} does not have: {}",
            pattern.suffix(),
            known.patterns()
        ));
    }
    if !known.all().any(|it| it == action) {
        if let Some(meant) = known.all().find(|it| it.eq_ignore_ascii_case(action)) {
            return Err(format!("names its action in other letters than AWS: write `{service}:{meant}`"));
        }
        let (all, meant) = (known.all().collect::<Vec<_>>().join(", "), did_you_mean(action, known.all()));
        return Err(format!(
            "names no optimised integration: {service} has {all}; other actions are called by `aws-sdk:`{meant}"
        ));
    }
    let doubtful = match pattern {
        IntegrationPattern::Sync => !known.jobs.contains(&action),
        IntegrationPattern::SyncJson => service != "states",
        IntegrationPattern::RequestResponse | IntegrationPattern::Token => false,
    };
    Ok(doubtful.then(|| format!("AWS documents no `{}` of {service}:{action}", pattern.suffix())))
}

/// Checks an integration by `aws-sdk:` (developer guide, "Using AWS SDK service integrations"): services are written in
/// small letters, actions begin with one, and there is no `.sync`.
pub(super) fn sdk_integration(service: &str, action: &str, pattern: IntegrationPattern) -> Result<(), String> {
    if matches!(pattern, IntegrationPattern::Sync | IntegrationPattern::SyncJson) {
        let why = "cannot wait by `.sync`, which AWS SDK integrations do not have: they have `.waitForTaskToken`";
        return Err(why.to_owned());
    }
    let mut letters = action.chars();
    let first = letters.next().map(|first| first.to_ascii_lowercase());
    let written: String = first.into_iter().chain(letters).collect();
    let small = service.to_ascii_lowercase();
    if small != service || written != action {
        return Err(format!("has capital letters where AWS has small ones: write `aws-sdk:{small}:{written}`"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use IntegrationPattern::{RequestResponse, Sync, SyncJson, Token};

    #[test]
    fn every_documented_integration_is_accepted_without_a_doubt() {
        for known in OPTIMISED {
            for action in known.all() {
                assert_eq!(optimised_integration(known.service, action, RequestResponse), Ok(None));
                let waits = optimised_integration(known.service, action, Token);
                assert_eq!(waits.is_ok(), known.token, "{}:{action}", known.service);
            }
            for job in known.jobs {
                assert_eq!(optimised_integration(known.service, job, Sync), Ok(None));
            }
        }
        assert_eq!(optimised_integration("states", "startExecution", SyncJson), Ok(None));
    }

    #[test]
    fn what_cannot_be_is_refused_and_what_may_be_new_is_doubted() {
        for (service, action, pattern) in [
            ("sqs", "sendMessage", Sync),
            ("dynamodb", "putItem", Token),
            ("http", "invoke", Token),
            ("batch", "submitJob", Token),
            ("Lambda", "invoke", RequestResponse),
            ("dynamodb", "GetItem", RequestResponse),
            ("dynamodb", "query", RequestResponse),
            ("sqs", "receiveMessage", RequestResponse),
        ] {
            assert!(optimised_integration(service, action, pattern).is_err(), "{service}:{action}");
        }
        let why = optimised_integration("lambda", "invok", RequestResponse).unwrap_err();
        assert_eq!(
            why,
            "names no optimised integration: lambda has invoke; other actions are called by `aws-sdk:`; did you mean \
             `invoke`?"
        );
        for (service, action, pattern, words) in [
            ("sqss", "sendMessage", RequestResponse, "did you mean `sqs`?"),
            ("newservice", "act", Sync, "`aws-sdk:newservice:act`"),
            ("athena", "getQueryResults", Sync, "no `.sync` of athena:getQueryResults"),
            ("ecs", "runTask", SyncJson, "no `.sync:2` of ecs:runTask"),
        ] {
            let doubt = optimised_integration(service, action, pattern).unwrap().unwrap();
            assert!(doubt.contains(words), "{doubt}");
        }
        assert_eq!(sdk_integration("s3", "getObject", Token), Ok(()));
        assert!(
            sdk_integration("DynamoDB", "GetItem", RequestResponse).unwrap_err().contains("aws-sdk:dynamodb:getItem")
        );
        assert!(sdk_integration("s3", "getObject", Sync).is_err());
    }
}
