//! Files that `AWS::Include` names, beside what stands in the template already; words of YAML 1.1 in templates.

use super::stacks::{Folder, http};
use crate::deployment::HttpRoute;

const ROUTES: &str = r"
openapi: 3.0.1
info: { title: first }
info: { title: second }
paths:
  /real:
    get: { x-amazon-apigateway-integration: { type: http_proxy, uri: 'http://a.example/' } }
";

/// A template whose document has placeholders `before` and after its include.
fn template(before: &str, more: &str) -> String {
    format!(
        "
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      DefinitionBody:
        {before}
        Fn::Transform:
          Name: AWS::Include
          Parameters: {{ Location: routes.yaml }}{more}
        info: {{ title: !Ref NothingOfThisName }}
"
    )
}

#[test]
fn what_an_included_file_has_counts_and_not_the_placeholder_beside_it() {
    for before in ["openapi: 3.0.0", "paths: { /never: { options: {} } }", "x-own: kept"] {
        let folder = Folder::with("placeholder", &[("t.yaml", &template(before, "")), ("routes.yaml", ROUTES)]);
        let deployment = folder.load("t.yaml", false).unwrap();
        let keys: Vec<_> = http(&deployment).routes.iter().map(HttpRoute::key).collect();
        assert_eq!(keys, ["GET /real"], "{before}");
        let passed: Vec<_> = deployment.passed_over.iter().map(|passed| passed.what.as_str()).collect();
        assert!(passed.contains(&"key that stands twice in a map; the last one counts"), "{passed:?}");
    }
}

#[test]
fn a_key_beside_the_name_of_a_transform_is_passed_over() {
    let text = template("openapi: 3.0.1", "\n          securitySchemes: {}");
    let folder = Folder::with("beside", &[("t.yaml", &text), ("routes.yaml", ROUTES)]);
    let deployment = folder.load("t.yaml", false).unwrap();
    let passed: Vec<_> = deployment.passed_over.iter().map(|passed| passed.what.as_str()).collect();
    assert!(passed.contains(&"`securitySchemes` in `Fn::Transform`"), "{passed:?}");
}

#[test]
fn words_of_yaml_1_1_are_truth_values_wherever_cloudformation_reads_them() {
    let text = "
Parameters: { Given: { Type: String, Default: yes, AllowedValues: [yes, no] } }
Conditions: { IsGiven: !Equals [!Ref Given, on] }
Resources:
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Condition: IsGiven
    Properties:
      RoleArn: arn:aws:iam::123456789012:role/r
      Definition:
        StartAt: 'on'
        States:
          on: { Type: Pass, End: yes, Result: { no: [off, 010, 'yes', !Ref Given] } }
";
    let folder = Folder::with("words", &[("t.yaml", text)]);
    let deployment = folder.load("t.yaml", false).unwrap();
    let state = deployment.machines[0].definition.get("States").and_then(|states| states.get("on")).unwrap();
    let json = r#"{"Type":"Pass","End":true,"Result":{"no":[false,8,"yes","true"]}}"#;
    assert_eq!(state.to_json().to_string(), json);
}
