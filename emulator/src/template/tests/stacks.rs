//! Nested stacks, and files that lie beside templates: written to a folder of their own and read from there.

use super::*;
use crate::deployment::{HttpApi, HttpIntegration};

/// A folder that is gone when the test is over.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn with(name: &str, files: &[(&str, &str)]) -> Self {
        let folder = std::env::temp_dir().join(format!("stepgate-stacks-{name}-{}", std::process::id()));
        for (path, text) in files {
            let file = folder.join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        Self(folder)
    }

    pub(super) fn source(&self, template: &str) -> Source {
        Source::file(&self.0.join(template))
    }

    pub(super) fn load(&self, template: &str, strict: bool) -> Result<Deployment, LoadError> {
        load(&self.source(template), &LoadOptions { strict, ..LoadOptions::default() })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(super) fn http(deployment: &Deployment) -> &HttpApi {
    let Api::Http(api) = &deployment.api else { panic!("an HTTP API") };
    api
}

const EXPORTS: &str = "
Resources: { Done: { Type: AWS::CloudFormation::WaitConditionHandle } }
Outputs:
  Table: { Value: orders-table, Export: { Name: !Sub '${AWS::StackName}-table' } }
  Fixed: { Value: !Sub '${AWS::Region}-fixed', Export: { Name: shared-fixed } }
";

const IMPORTS: &str = "
Parameters: { Given: { Type: String } }
Resources:
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: arn:aws:iam::123456789012:role/r
      DefinitionString: !Sub ['{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"Result\":\"${Fixed} ${Given}\",\"End\":true}}}', { Fixed: !ImportValue shared-fixed }]
Outputs: { Own: { Value: own, Export: { Name: shared-own } } }
";

fn result(deployment: &Deployment) -> &str {
    let state = deployment.machines[0].definition.get("States").unwrap().get("A").unwrap();
    state.get("Result").unwrap().as_str().unwrap()
}

#[test]
fn an_import_has_the_value_that_a_stack_of_the_deployment_exports() {
    // The importing stack stands first: its parameter opens the other one.
    let root = "
Resources:
  Imports: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: imports.yaml, Parameters: { Given: !ImportValue shared-fixed } } }
  Exports: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: exports.yaml } }
";
    let folder = Folder::with("exports", &[("root.yaml", root), ("imports.yaml", IMPORTS), ("exports.yaml", EXPORTS)]);
    let deployment = folder.load("root.yaml", false).unwrap();
    assert_eq!(result(&deployment), "us-east-1-fixed us-east-1-fixed");
    let imports = |what: &str| what.starts_with("Fn::ImportValue");
    assert!(!deployment.passed_over.iter().any(|passed| imports(&passed.what)), "{:?}", deployment.passed_over);
}

#[test]
fn an_import_from_another_deployment_has_the_name_of_the_export_and_is_noted() {
    // Neither a stack above nor the importing stack itself has exports yet.
    for name in ["elsewhere", "of-the-root", "shared-own"] {
        let root = format!(
            "
Resources:
  Imports: {{ Type: AWS::CloudFormation::Stack, Properties: {{ TemplateURL: imports.yaml, Parameters: {{ Given: x }} }} }}
Outputs: {{ Root: {{ Value: root, Export: {{ Name: of-the-root }} }} }}
# {name}
"
        );
        let imports = IMPORTS.replace("!ImportValue shared-fixed", &format!("!ImportValue {name}"));
        let folder = Folder::with(&format!("imports-{name}"), &[("root.yaml", &root), ("imports.yaml", &imports)]);
        let deployment = folder.load("root.yaml", false).unwrap();
        assert_eq!(result(&deployment), format!("{name} x"));
        assert!(deployment.passed_over.iter().any(|passed| passed.what.starts_with("Fn::ImportValue")), "{name}");
        assert!(folder.load("root.yaml", true).is_err(), "{name}");
    }
}

/// A chain of stacks, each nested in the one before it.
fn chain(length: usize) -> Vec<(String, String)> {
    let stack = |number: usize| {
        let inner = if number + 1 == length {
            "{ Type: AWS::CloudFormation::WaitConditionHandle }".to_owned()
        } else {
            format!("{{ Type: AWS::CloudFormation::Stack, Properties: {{ TemplateURL: s{}.yaml }} }}", number + 1)
        };
        (format!("s{number}.yaml"), format!("Resources: {{ Inner: {inner} }}\n"))
    };
    (0..length).map(stack).collect()
}

#[test]
fn stacks_may_be_nested_so_deep_and_so_many_of_them() {
    for (length, is_refused) in [(17, false), (18, true)] {
        let files = chain(length);
        let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let folder = Folder::with(&format!("deep-{length}"), &files);
        let message = folder.load("s0.yaml", false).unwrap_err().message;
        assert_eq!(message.contains("stacks are nested deeper than 16"), is_refused, "{length}: {message}");
    }
    for (count, is_refused) in [(200, false), (201, true)] {
        let stacks: String = (0..count)
            .map(|number| {
                format!(
                    "  S{number}: {{ Type: AWS::CloudFormation::Stack, Properties: {{ TemplateURL: leaf.yaml }} }}\n"
                )
            })
            .collect::<Vec<_>>()
            .concat();
        let root = format!("Resources:\n{stacks}");
        let leaf = "Resources: { Inner: { Type: AWS::CloudFormation::WaitConditionHandle } }\n";
        let folder = Folder::with(&format!("many-{count}"), &[("root.yaml", &root), ("leaf.yaml", leaf)]);
        let message = folder.load("root.yaml", false).unwrap_err().message;
        assert_eq!(message.contains("there are more than 200 of them"), is_refused, "{count}: {message}");
    }
}

const ROUTES: &str = r"
openapi: 3.0.1
paths:
  /beside:
    get: { x-amazon-apigateway-integration: { type: http_proxy, uri: 'http://a.example/' } }
";

#[test]
fn the_document_of_an_http_api_is_found_by_its_asset() {
    let by_metadata = "
Resources:
  Api:
    Type: AWS::ApiGatewayV2::Api
    Metadata: { 'aws:asset:path': asset.yaml, 'aws:asset:property': BodyS3Location }
    Properties: { BodyS3Location: { Bucket: b, Key: k } }
";
    let by_manifest = r#"{"Resources": {"Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"BodyS3Location": {"Bucket": "b", "Key": "abc.yaml"}}}}}"#;
    let manifest =
        r#"{"files": {"abc": {"source": {"path": "asset.yaml"}, "destinations": {"d": {"objectKey": "abc.yaml"}}}}}"#;
    let folder = Folder::with(
        "assets",
        &[
            ("metadata.yaml", by_metadata),
            ("manifest.template.json", by_manifest),
            ("manifest.assets.json", manifest),
            ("asset.yaml", ROUTES),
            ("nothing.yaml", &by_metadata.replace("    Metadata", "    # Metadata")),
        ],
    );
    for template in ["metadata.yaml", "manifest.template.json"] {
        let deployment = folder.load(template, false).unwrap();
        let keys: Vec<_> = http(&deployment).routes.iter().map(crate::deployment::HttpRoute::key).collect();
        assert_eq!(keys, ["GET /beside"], "{template}");
    }
    let message = folder.load("nothing.yaml", true).unwrap_err().message;
    assert!(message.contains("lies in S3; put it into `Body`"), "{message}");
}

#[test]
fn every_file_that_was_read_is_known_wherever_it_lies() {
    let root = "
Resources:
  Inner: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: ../elsewhere/inner.yaml } }
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Body: { 'Fn::Transform': { Name: AWS::Include, Parameters: { Location: routes.yaml } } } } }
";
    let inner = "Resources: { Bucket: { Type: AWS::S3::Bucket } }\n";
    let folder = Folder::with(
        "read",
        &[("app/root.yaml", root), ("elsewhere/inner.yaml", inner), ("app/routes.yaml", ROUTES), ("app/other", "x")],
    );
    let source = folder.source("app/root.yaml");
    load(&source, &LoadOptions::default()).unwrap();
    let read: Vec<_> = source.files_read().iter().map(|file| file.canonicalize().unwrap()).collect();
    let of = |path: &str| folder.0.join(path).canonicalize().unwrap();
    for path in ["app/root.yaml", "elsewhere/inner.yaml", "app/routes.yaml"] {
        assert!(read.contains(&of(path)), "{path}: {read:?}");
    }
    assert!(!read.contains(&of("app/other")));
    // One that does not load is known as well: it is what will be mended.
    std::fs::write(of("elsewhere/inner.yaml"), "Resources: [").unwrap();
    let source = folder.source("app/root.yaml");
    assert!(load(&source, &LoadOptions::default()).is_err());
    assert!(source.files_read().iter().any(|file| file.ends_with("inner.yaml")));
}

const EVENTS: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      DefaultRouteSettings: { ThrottlingBurstLimit: 7, DetailedMetricsEnabled: true }
      RouteSettings: { 'GET /slow': { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 6 } }
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Handler: index.run
      Runtime: nodejs22.x
      InlineCode: 'exports.run = async () => 1;'
      Events:
        Slow:
          Type: HttpApi
          Properties: { ApiId: !Ref Api, Path: /slow, Method: get, TimeoutInMillis: 1500, RouteSettings: { ThrottlingBurstLimit: 2, LoggingLevel: INFO } }
        Plain: { Type: HttpApi, Properties: { ApiId: !Ref Api, Path: /plain, Method: GET } }
        Rest: { Type: Api, Properties: { Path: /rest, Method: get, TimeoutInMillis: 2500 } }
        Implicit: { Type: HttpApi, Properties: { Path: /implicit, Method: get, RouteSettings: { ThrottlingRateLimit: 1 } } }
";

/// The API `Api` of a template like [`EVENTS`].
fn events(name: &str, text: &str, strict: bool) -> Result<Deployment, LoadError> {
    let folder = Folder::with(&format!("events-{name}"), &[("template.yaml", text)]);
    let options = LoadOptions { api: Some("Api".to_owned()), strict, ..LoadOptions::default() };
    load(&folder.source("template.yaml"), &options)
}

#[test]
fn events_have_their_time_outs_and_the_settings_of_their_routes() {
    let folder = Folder::with("events", &[("template.yaml", EVENTS)]);
    let of = |api: &str| {
        let options = LoadOptions { api: Some(api.to_owned()), ..LoadOptions::default() };
        load(&folder.source("template.yaml"), &options).unwrap()
    };
    let deployment = of("Api");
    let throttle = |rate, burst| Some(ThrottleSettings { rate, burst });
    let timeout = |route: &crate::deployment::HttpRoute| {
        let HttpIntegration::Lambda { timeout, .. } = route.integration else { panic!("a function") };
        timeout.as_millis()
    };
    let found: Vec<_> = http(&deployment).routes.iter().map(|it| (it.key(), timeout(it), it.throttle)).collect();
    let expected =
        [("GET /slow".to_owned(), 1_500, throttle(5.0, 2)), ("GET /plain".to_owned(), 30_000, throttle(10_000.0, 7))];
    assert_eq!(found, expected);
    let implicit = of("ServerlessHttpApi");
    assert_eq!(http(&implicit).routes[0].throttle, throttle(1.0, 5_000));
    let rest = of("ServerlessRestApi");
    assert_eq!(method(&rest, "GET", "/rest").integration.timeout, Duration::from_millis(2_500));
    let passed: Vec<_> = deployment.passed_over.iter().map(|passed| &passed.what).collect();
    assert!(
        !passed.iter().any(|what| what.contains("RouteSettings") || what.contains("TimeoutInMillis")),
        "{passed:?}"
    );
    let text = EVENTS.replace("'GET /slow'", "'GET /gone'");
    let gone = events("gone", &text, true).unwrap_err().message;
    assert_eq!(gone, "there are settings for route `GET /gone`, which is not there");
    for timeout in ["49", "30001"] {
        let text = EVENTS.replace("TimeoutInMillis: 1500", &format!("TimeoutInMillis: {timeout}"));
        assert!(events(timeout, &text, false).is_err(), "{timeout}");
    }
}

#[test]
fn the_routes_of_a_function_s_events_call_the_alias_that_it_publishes() {
    let text = EVENTS.replace("      Events:\n", "      AutoPublishAlias: live\n      Events:\n");
    let folder = Folder::with("published", &[("template.yaml", &text)]);
    let of = |api: &str| {
        let options = LoadOptions { api: Some(api.to_owned()), ..LoadOptions::default() };
        load(&folder.source("template.yaml"), &options).unwrap()
    };
    let (web, rest) = (of("Api"), of("ServerlessRestApi"));
    let HttpIntegration::Lambda { function, .. } = &http(&web).routes[0].integration else { panic!("a function") };
    let crate::deployment::IntegrationKind::LambdaProxy(same) = &method(&rest, "GET", "/rest").integration.kind else {
        panic!("a function")
    };
    assert!(function.ends_with(":live") && function == same, "{function} {same}");
}

#[test]
fn a_variable_that_lambda_keeps_for_itself_is_refused() {
    for name in ["AWS_REGION", "_HANDLER", "AWS_ACCESS_KEY_ID"] {
        let text = EVENTS.replace(
            "      Events:\n",
            &format!("      Environment: {{ Variables: {{ MINE: a, {name}: b }} }}\n      Events:\n"),
        );
        let message = events(name, &text, false).unwrap_err().message;
        assert!(message.starts_with(&format!("variable `{name}` of ")), "{message}");
        assert!(message.contains("is reserved by Lambda"), "{message}");
    }
    let text =
        EVENTS.replace("      Events:\n", "      Environment: { Variables: { PATH: a, TZ: b } }\n      Events:\n");
    events("unreserved", &text, false).unwrap();
}
