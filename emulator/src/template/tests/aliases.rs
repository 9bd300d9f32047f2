//! Aliases and versions of state machines: what `Ref` says of them, and which ones a machine has.

use super::stacks::Folder;
use super::*;

const DEFINITION: &str =
    "{ StartAt: A, States: { A: { Type: Pass, End: true, Result: [!Ref Alias, !Ref Version, !GetAtt Alias.Arn] } } }";

#[test]
fn a_reference_to_an_alias_or_a_version_is_an_arn_of_its_machine() {
    for route in [
        "RoutingConfiguration: [{ Weight: 100, StateMachineVersionArn: !Ref Version }]",
        "DeploymentPreference: { Type: ALL_AT_ONCE, StateMachineVersionArn: !Ref Version }",
    ] {
        let text = format!("
Resources:
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties: {{ StateMachineName: orders, RoleArn: 'arn:aws:iam::123456789012:role/r', Definition: {{ StartAt: A, States: {{ A: {{ Type: Pass, End: true }} }} }} }}
  Starter:
    Type: AWS::StepFunctions::StateMachine
    Properties: {{ RoleArn: 'arn:aws:iam::123456789012:role/r', Definition: {DEFINITION} }}
  Version: {{ Type: AWS::StepFunctions::StateMachineVersion, Properties: {{ StateMachineArn: !Ref Machine }} }}
  Alias: {{ Type: AWS::StepFunctions::StateMachineAlias, Properties: {{ Name: live, {route} }} }}
");
        let folder = Folder::with("alias", &[("t.yaml", &text)]);
        let deployment = folder.load("t.yaml", true).unwrap();
        let [orders, starter] = deployment.machines.as_slice() else { panic!("two machines") };
        let (live, version) = (format!("{}:live", orders.arn), format!("{}:1", orders.arn));
        let said = starter.definition.get("States").and_then(|states| states.get("A")?.get("Result")).unwrap();
        assert_eq!(said.to_json(), serde_json::json!([live, version, live]));
        let mut known = orders.qualifiers.clone();
        known.sort();
        assert_eq!((known, &starter.qualifiers), (vec!["1".to_owned(), "live".to_owned()], &Vec::new()));
    }
}

#[test]
fn a_route_that_names_a_machine_of_another_account_is_told_with_the_way_out() {
    let text = "
Resources:
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties: { StateMachineName: orders, RoleArn: 'arn:aws:iam::123456789012:role/r', Definition: { StartAt: A, States: { A: { Type: Pass, End: true } } } }
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Body:
        openapi: 3.0.1
        paths:
          /orders:
            post:
              responses: { '200': {} }
              x-amazon-apigateway-integration:
                type: aws
                httpMethod: POST
                uri: 'arn:aws:apigateway:eu-west-1:states:action/StartExecution'
                credentials: 'arn:aws:iam::111122223333:role/r'
                requestTemplates: { application/json: '{\"stateMachineArn\": \"arn:aws:states:eu-west-1:111122223333:stateMachine:orders\"}' }
                responses: { default: { statusCode: 200 } }
";
    let folder = Folder::with("elsewhere", &[("t.yaml", text)]);
    let told = |deployment: Deployment| {
        let passed = deployment.passed_over.into_iter().map(|passed| passed.what);
        passed.filter(|what| what.starts_with("state machine arn:")).collect::<Vec<_>>()
    };
    let expected = "state machine arn:aws:states:eu-west-1:111122223333:stateMachine:orders, which a route names and which is \
                    not here; give --account 111122223333 --region eu-west-1 if it is one of this template";
    assert_eq!(told(folder.load("t.yaml", false).unwrap()), [expected]);
    let stack = Stack::new("stepgate", "eu-west-1", "111122223333");
    let options = LoadOptions { stack, strict: true, ..LoadOptions::default() };
    assert_eq!(told(load(&folder.source("t.yaml"), &options).unwrap()), [""; 0]);
}

#[test]
fn the_alias_that_sam_publishes_is_one_of_its_machine_and_has_the_logical_id_that_sam_gives_it() {
    let text = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties: { Name: orders, AutoPublishAlias: live, Definition: { StartAt: A, States: { A: { Type: Pass, End: true } } } }
  Starter:
    Type: AWS::Serverless::StateMachine
    Properties: { Definition: { StartAt: A, States: { A: { Type: Pass, End: true, Result: !Ref MachineAliaslive } } } }
";
    let folder = Folder::with("auto-alias", &[("t.yaml", text)]);
    let deployment = folder.load("t.yaml", true).unwrap();
    let [orders, starter] = deployment.machines.as_slice() else { panic!("two machines") };
    assert_eq!(orders.qualifiers, ["live", "1"]);
    let said = starter.definition.get("States").and_then(|states| states.get("A")?.get("Result")?.as_str()).unwrap();
    assert_eq!(said, format!("{}:live", orders.arn));
}

#[test]
fn the_alias_that_sam_publishes_for_a_function_is_in_its_arn() {
    let text = "
Transform: AWS::Serverless-2016-10-31
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties: { FunctionName: f, AutoPublishAlias: live, Runtime: nodejs22.x, Handler: index.run, InlineCode: 'exports.run = async () => 1' }
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties: { Definition: { StartAt: A, States: { A: { Type: Pass, End: true, Result: [!Ref F.Alias, !Ref F.Version, !Ref FAliaslive] } } } }
";
    let deployment = Folder::with("function-alias", &[("t.yaml", text)]).load("t.yaml", false).unwrap();
    let said = deployment.machines[0].definition.get("States").and_then(|states| states.get("A")?.get("Result"));
    let arn = |qualifier: &str| format!("arn:aws:lambda:us-east-1:123456789012:function:f:{qualifier}");
    assert_eq!(said.unwrap().to_json(), serde_json::json!([arn("live"), arn("1"), arn("live")]));
}
