//! What is only inferred of API Gateway, both ways, where no recording decides it.

use super::*;
use crate::deployment::{AuthorizationType, ThrottleSettings};
use crate::document::{Position, Text};
use crate::schema::Schema;
use crate::states::Quotas;
use crate::switches::{Switch, Switches};
use crate::vtl::Template;

/// A deployment at work with one switch set.
fn switched(deployment: &Deployment, switch: Switch, turned: bool, quotas: Quotas) -> Gateway {
    let switches = Switches::default().set(switch, turned);
    Gateway::new(deployment, GatewayOptions { switches, quotas, ..GatewayOptions::default() })
}

fn statuses(deployment: &Deployment, switch: Switch, quotas: Quotas, request: &Request) -> [u16; 2] {
    [false, true].map(|turned| {
        let gateway = switched(deployment, switch, turned, quotas);
        gateway.handle(request.clone(), &arrival(), &Canned::new(200, "{}")).status
    })
}

#[test]
fn a_format_is_checked_or_ignored() {
    let mut deployment = deployment(false);
    let model =
        serde_json::json!({"type": "object", "properties": {"a": {"format": "email"}, "b": {"format": "colour"}}});
    execute(&mut deployment).models = vec![("application/json".to_owned(), Schema::compile(&model).unwrap())];
    for body in [r#"{"a":"nobody"}"#, r#"{"b":"blue"}"#] {
        assert_eq!(statuses(&deployment, Switch::ModelFormats, Quotas::Off, &post(body)), [400, 200], "{body}");
    }
}

/// A mock integration, and two snapshots of what AWS answered it (the LocalStack project's
/// `test_integration_mock_with_response_override_in_request_template`).
#[test]
fn the_recorded_overrides_of_the_requests_template_come_back() {
    let template = |text: &str| {
        let start = Position { file: "t".into(), line: 1, column: 1 };
        let template = Template::parse(&Text { value: text.to_owned(), start, indent: 1 }).unwrap();
        MappingTemplates::new(vec![("application/json".to_owned(), template)])
    };
    let answer = r#"{"statusOverride":"$context.responseOverride.status","fooHeader":"$context.responseOverride.header.foo","custom":"$context.responseOverride.custom"}"#;
    let seen = r#"{"statusOverride":"444","fooHeader":"bar","custom":"is also passed around"}"#;
    for (of_answer, expected) in [(Some(answer), seen), (None, "")] {
        let mut deployment = deployment(false);
        change_responses(&mut deployment, |all| {
            for response in all.iter_mut() {
                response.templates = of_answer.map(template).unwrap_or_default();
            }
        });
        let integration = &mut execute(&mut deployment).integration;
        integration.kind = IntegrationKind::Mock;
        integration.request_templates = template(
            "#set($context.responseOverride.status = 444)#set($context.responseOverride.header.foo = \"bar\")\
             #set($context.responseOverride.custom = \"is also passed around\"){\"statusCode\": 200}",
        );
        let gateway = Gateway::new(&deployment, GatewayOptions::default());
        let response = gateway.handle(post("{}"), &arrival(), &Canned::new(500, ""));
        assert_eq!((response.status, response.header("foo"), body(&response)), (444, Some("bar"), expected));
    }
}

#[test]
fn the_rate_is_checked_before_the_signature_or_after_it() {
    let mut deployment = deployment(false);
    let method = execute(&mut deployment);
    method.authorization = AuthorizationType::Iam;
    method.throttle = Some(ThrottleSettings { rate: 1.0, burst: 1 });
    let found = [false, true].map(|turned| {
        let gateway = switched(&deployment, Switch::FirstCheck, turned, Quotas::Aws);
        [(); 2].map(|()| gateway.handle(post("{}"), &arrival(), &Canned::new(200, "{}")).status)
    });
    assert_eq!(found, [[403, 429], [403, 403]]);
}
