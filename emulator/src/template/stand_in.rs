//! Stand-ins: what `Ref` and `Fn::GetAtt` say of resources that are not deployed here.
//!
//! They look as AWS's values look, so that whatever is made of them (ARNs, URLs, names) is well-formed, and every load
//! gives the same ones. The table is also in `docs/deployments.md`.

use crate::deployment::Stack;

/// What `Ref` gives.
#[derive(Clone, Copy)]
enum Reference {
    Name,
    Arn,
    /// The URL of a queue.
    Url,
}

/// How values of a type look. `{n}` is the name, `{p}`, `{r}` and `{a}` are partition, region and account.
struct Look {
    kind: &'static str,
    /// The property that names it.
    name: &'static str,
    reference: Reference,
    arn: &'static str,
}

const fn look(kind: &'static str, name: &'static str, reference: Reference, arn: &'static str) -> Look {
    Look { kind, name, reference, arn }
}

const LOOKS: [Look; 23] = [
    look("AWS::S3::Bucket", "BucketName", Reference::Name, "arn:{p}:s3:::{n}"),
    look("AWS::DynamoDB::Table", "TableName", Reference::Name, "arn:{p}:dynamodb:{r}:{a}:table/{n}"),
    look("AWS::DynamoDB::GlobalTable", "TableName", Reference::Name, "arn:{p}:dynamodb:{r}:{a}:table/{n}"),
    look("AWS::Serverless::SimpleTable", "TableName", Reference::Name, "arn:{p}:dynamodb:{r}:{a}:table/{n}"),
    look("AWS::SQS::Queue", "QueueName", Reference::Url, "arn:{p}:sqs:{r}:{a}:{n}"),
    look("AWS::SNS::Topic", "TopicName", Reference::Arn, "arn:{p}:sns:{r}:{a}:{n}"),
    look("AWS::Events::EventBus", "Name", Reference::Name, "arn:{p}:events:{r}:{a}:event-bus/{n}"),
    look("AWS::Events::Rule", "Name", Reference::Name, "arn:{p}:events:{r}:{a}:rule/{n}"),
    look("AWS::Events::Connection", "Name", Reference::Name, "arn:{p}:events:{r}:{a}:connection/{n}/1"),
    look("AWS::Kinesis::Stream", "Name", Reference::Name, "arn:{p}:kinesis:{r}:{a}:stream/{n}"),
    look("AWS::SecretsManager::Secret", "Name", Reference::Arn, "arn:{p}:secretsmanager:{r}:{a}:secret:{n}-AbCdEf"),
    look("AWS::SSM::Parameter", "Name", Reference::Name, "arn:{p}:ssm:{r}:{a}:parameter/{n}"),
    look("AWS::KMS::Key", "", Reference::Name, "arn:{p}:kms:{r}:{a}:key/{n}"),
    look("AWS::StepFunctions::Activity", "Name", Reference::Arn, "arn:{p}:states:{r}:{a}:activity:{n}"),
    look("AWS::IAM::ManagedPolicy", "ManagedPolicyName", Reference::Arn, "arn:{p}:iam::{a}:policy/{n}"),
    look("AWS::IAM::User", "UserName", Reference::Name, "arn:{p}:iam::{a}:user/{n}"),
    look("AWS::Cognito::UserPool", "", Reference::Name, "arn:{p}:cognito-idp:{r}:{a}:userpool/{n}"),
    look("AWS::ECS::Cluster", "ClusterName", Reference::Name, "arn:{p}:ecs:{r}:{a}:cluster/{n}"),
    look("AWS::ECS::TaskDefinition", "Family", Reference::Arn, "arn:{p}:ecs:{r}:{a}:task-definition/{n}:1"),
    look("AWS::Batch::JobQueue", "JobQueueName", Reference::Arn, "arn:{p}:batch:{r}:{a}:job-queue/{n}"),
    look(
        "AWS::Batch::JobDefinition",
        "JobDefinitionName",
        Reference::Arn,
        "arn:{p}:batch:{r}:{a}:job-definition/{n}:1",
    ),
    look("AWS::Lambda::LayerVersion", "LayerName", Reference::Arn, "arn:{p}:lambda:{r}:{a}:layer:{n}:1"),
    look("AWS::Serverless::LayerVersion", "LayerName", Reference::Arn, "arn:{p}:lambda:{r}:{a}:layer:{n}:1"),
];

/// A resource that is passed over.
pub(super) struct StandIn<'a> {
    stack: &'a Stack,
    kind: &'a str,
    name: String,
}

/// The property that names a resource of a type, if one does.
pub(super) fn name_property(kind: &str) -> Option<&'static str> {
    LOOKS.iter().find(|look| look.kind == kind).map(|look| look.name).filter(|name| !name.is_empty())
}

impl<'a> StandIn<'a> {
    /// The stand-in of a type; `name` is the one that the template gives.
    pub(super) fn new(stack: &'a Stack, kind: &'a str, id: &str, name: Option<String>) -> Self {
        let generated = || match kind {
            // Bucket names are lower-case.
            "AWS::S3::Bucket" => stack.generated_name(id).to_lowercase(),
            "AWS::KMS::Key" => stack.uuid(id).to_string(),
            "AWS::Cognito::UserPool" => format!("{}_{}", stack.region, stack.api_id(id)),
            _ => stack.generated_name(id),
        };
        Self { stack, kind, name: name.unwrap_or_else(generated) }
    }

    /// What `Ref` says.
    pub(super) fn reference(&self) -> String {
        match LOOKS.iter().find(|look| look.kind == self.kind).map(|look| look.reference) {
            Some(Reference::Arn) => self.arn(),
            Some(Reference::Url) => self.url(),
            Some(Reference::Name) | None => self.name.clone(),
        }
    }

    /// What `Fn::GetAtt` says.
    pub(super) fn attribute(&self, attribute: &str) -> String {
        let service = self.service();
        let host = || format!("{}.{service}.{}.{}", self.name, self.stack.region, self.stack.url_suffix());
        match attribute {
            "QueueUrl" => self.url(),
            "DomainName" if self.kind == "AWS::S3::Bucket" => format!("{}.s3.{}", self.name, self.stack.url_suffix()),
            "StreamArn" => format!("{}/stream/2026-01-01T00:00:00.000", self.arn()),
            _ if attribute.ends_with("Arn") || attribute.ends_with("ARN") => self.arn(),
            _ if ["Url", "URL", "Uri", "URI"].iter().any(|end| attribute.ends_with(end)) => {
                format!("https://{}", host())
            }
            _ if attribute.contains("Endpoint") || attribute.ends_with("DomainName") => host(),
            _ if attribute.ends_with("Name") || attribute.ends_with("Id") => self.name.clone(),
            _ => format!("{}-{}", self.name, attribute.replace('.', "-")),
        }
    }

    /// The second part of a type's name, as ARNs write it.
    fn service(&self) -> String {
        self.kind.split("::").nth(1).unwrap_or("custom").to_lowercase()
    }

    fn arn(&self) -> String {
        let look = LOOKS.iter().find(|look| look.kind == self.kind).map(|look| look.arn);
        let Some(look) = look else { return self.stack.arn(&self.service(), &self.name) };
        let stack = self.stack;
        let values = [("{p}", &stack.partition), ("{r}", &stack.region), ("{a}", &stack.account), ("{n}", &self.name)];
        values.into_iter().fold(look.to_owned(), |arn, (place, value)| arn.replace(place, value))
    }

    fn url(&self) -> String {
        let stack = self.stack;
        format!("https://sqs.{}.{}/{}/{}", stack.region, stack.url_suffix(), stack.account, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stand_ins_look_as_aws_s_values_look() {
        let stack = Stack::default();
        let of = |kind, name: Option<&str>| StandIn::new(&stack, kind, "Thing", name.map(str::to_owned));
        let queue = of("AWS::SQS::Queue", Some("jobs"));
        assert_eq!(queue.reference(), "https://sqs.us-east-1.amazonaws.com/123456789012/jobs");
        assert_eq!(queue.attribute("Arn"), "arn:aws:sqs:us-east-1:123456789012:jobs");
        assert_eq!(of("AWS::SNS::Topic", Some("t")).reference(), "arn:aws:sns:us-east-1:123456789012:t");
        let bucket = of("AWS::S3::Bucket", None);
        assert!(bucket.reference().starts_with("stepgate-thing-"), "{}", bucket.reference());
        assert_eq!(bucket.attribute("Arn"), format!("arn:aws:s3:::{}", bucket.reference()));
        let other = of("AWS::Athena::WorkGroup", Some("g"));
        assert_eq!(other.attribute("Arn"), "arn:aws:athena:us-east-1:123456789012:g");
        assert_eq!(of("Custom::Thing", Some("c")).attribute("Result"), "c-Result");
    }
}
