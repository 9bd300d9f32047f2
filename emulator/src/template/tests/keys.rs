//! API keys that a template says.

use super::stacks::Folder;
use super::*;

/// A route with an API key, and the properties of the key.
fn template(key: &str) -> String {
    format!("
Transform: AWS::Serverless-2016-10-31
Resources:
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition: {{ StartAt: A, States: {{ A: {{ Type: Pass, End: true }} }} }}
      Events: {{ Start: {{ Type: Api, Properties: {{ Path: /start, Method: post, Auth: {{ ApiKeyRequired: true }} }} }} }}
  Key: {{ Type: AWS::ApiGateway::ApiKey, Properties: {{ {key} }} }}
Outputs: {{ Id: {{ Value: !GetAtt Key.APIKeyId }}, Key: {{ Value: !Ref Key }} }}
")
}

#[test]
fn the_value_of_an_enabled_key_is_known_and_others_are_told() {
    for (key, known, warned) in [
        ("Enabled: true, Value: a-key-of-twenty-characters", &["a-key-of-twenty-characters"][..], false),
        ("Enabled: false, Value: a-key-of-twenty-characters", &[], true),
        ("Value: a-key-of-twenty-characters", &[], true),
        ("Enabled: true", &[], false),
    ] {
        let folder = Folder::with("keys", &[("t.yaml", &template(key))]);
        let deployment = folder.load("t.yaml", true).unwrap();
        let Api::Rest(api) = &deployment.api else { panic!("a REST API") };
        assert_eq!(api.api_keys, known, "{key}");
        assert_eq!(deployment.warnings.iter().any(|warning| warning.contains("is not enabled")), warned, "{key}");
    }
}

#[test]
fn a_key_that_api_gateway_does_not_take_is_refused_at_its_place() {
    let folder = Folder::with("short-key", &[("t.yaml", &template("Enabled: true, Value: short"))]);
    let error = folder.load("t.yaml", true).unwrap_err();
    assert!(error.to_string().contains("must have 20 to 128 characters"), "{error}");
}
