//! `loadgen doctor` on deployments that differ from `deploy/` by one change: the finding names it, and so does the remedy.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use stepgate_emulator::template::Source;
use stepgate_emulator::{Emulator, Serving};

/// `deploy/` with texts replaced in its OpenAPI description, served without authorisation.
fn variant(name: &str, changes: &[(&str, &str)]) -> Serving {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("variant-{}", name.replace(' ', "-")));
    for file in stepgate_deploy::CORRECTED {
        let path = folder.join(file.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = if file.path == "openapi.yaml" {
            changes.iter().fold(file.text.to_owned(), |text, (from, to)| {
                assert!(text.contains(from), "{name}: {from:?} is not in openapi.yaml");
                text.replace(from, to)
            })
        } else {
            file.text.to_owned()
        };
        fs::write(path, text).unwrap();
    }
    let source = Source::file(&folder.join("template.yaml"));
    let emulator = Emulator::builder().source(source).parameter("Auth", "NONE").build();
    emulator.unwrap_or_else(|e| panic!("{name}: {e}")).serve("127.0.0.1:0".parse().unwrap()).unwrap()
}

fn doctor(endpoint: &Serving) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loadgen-under-test"));
    let output = command.args(["doctor", endpoint.url(), "--json"]).env_clear().output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The part of an OpenAPI description from a line to before another.
fn section<'t>(from: &str, to: &str) -> &'t str {
    let text = stepgate_deploy::CORRECTED.iter().find(|file| file.path == "openapi.yaml").unwrap().text;
    let start = text.find(from).unwrap();
    let end = start + text[start..].find(to).unwrap();
    &text[start..end]
}

const INPUT: &str = "$util.escapeJavaScript($input.json('$')).replaceAll(\"\\\\'\", \"'\")";
const QUOTED: &str = "\"input\": \"$util.escapeJavaScript($input.json('$')).replaceAll(\"\\\\'\", \"'\")\"";
const ORIGIN: &str = "              method.response.header.Access-Control-Allow-Origin:
                Fn::Sub: \"'${CorsOrigin}'\"\n";
const EXPOSE: &str = "              method.response.header.Access-Control-Expose-Headers: \
    \"'x-amzn-RequestId,x-amzn-ErrorType,X-Amzn-Trace-Id'\"\n";
const ALLOWED: &str = "'Content-Type,Authorization,X-Amz-Date,X-Amz-Security-Token,X-Amz-Content-Sha256,X-Api-Key,\
    X-Amzn-RequestId,X-Amzn-Trace-Id,Idempotency-Key'";

/// A name, what is changed into what, and what the remedies say.
type Variation<'v> = (&'v str, Vec<(&'v str, &'v str)>, &'v [&'v str]);

/// Variants that start something else than the body with the name of the request.
fn starts() -> Vec<Variation<'static>> {
    vec![
        ("body not escaped", vec![(INPUT, "$input.json('$')")], &["write the body as text into the request template"]),
        (
            "body as an object",
            vec![(QUOTED, "\"input\": $input.json('$')")],
            &["write the body as text into the request template"],
        ),
        (
            "raw body",
            vec![("escapeJavaScript($input.json('$'))", "escapeJavaScript($input.body)")],
            &["write the body as text into the request template", "send such numbers as strings"],
        ),
        (
            "synchronous start of a standard machine",
            vec![("Fn::If: [IsExpress, StartSyncExecution, StartExecution]", "Fn::Sub: StartSyncExecution")],
            &["call StartExecution in the integration's uri"],
        ),
        (
            "another id is the name",
            vec![("#set($name = $context.requestId)", "#set($name = $context.extendedRequestId)")],
            &["take the execution's name from the Idempotency-Key header, else from $context.requestId"],
        ),
        (
            "one name for all",
            vec![("#set($name = $context.requestId)", "#set($name = 'always')")],
            &["take the execution's name from the Idempotency-Key header, else from $context.requestId"],
        ),
    ]
}

/// Variants in which a value differs or a line is missing.
fn values() -> Vec<Variation<'static>> {
    vec![
        (
            "no Max-Age",
            vec![("              method.response.header.Access-Control-Max-Age: \"'600'\"\n", "")],
            &["map Access-Control-Max-Age in the integration response of the OPTIONS method"],
        ),
        (
            "preflight without the headers of signed calls",
            vec![(ALLOWED, "'Content-Type'")],
            &["map Access-Control-Allow-Headers in the integration response of the OPTIONS method"],
        ),
        ("no CORS on answers", vec![(ORIGIN, "")], &["map Access-Control-Allow-Origin in"]),
        (
            "preflight 200",
            vec![("\"204\"", "\"200\""), ("\"statusCode\": 204", "\"statusCode\": 200")],
            &["set 204 as the status of the OPTIONS method"],
        ),
        (
            "no exposed headers",
            vec![(EXPOSE, "")],
            &["map Access-Control-Expose-Headers in every integration response"],
        ),
        (
            "validator removed",
            vec![("      x-amazon-apigateway-request-validator: body\n", "")],
            &["refer to a request validator"],
        ),
        (
            "passthrough",
            vec![("        passthroughBehavior: never\n", "        passthroughBehavior: when_no_match\n")],
            &["set passthroughBehavior: never"],
        ),
        (
            "wrong ARN",
            vec![(
                "\"stateMachineArn\": \"${Workflow}\"",
                "\"stateMachineArn\": \"arn:aws:states:us-east-1:123456789012:stateMachine:nowhere\"",
            )],
            &["give the request template the ARN of a state machine"],
        ),
        (
            "quotes",
            vec![(
                "$util.escapeJavaScript($input.json('$')).replaceAll(\"\\\\'\", \"'\")",
                "$util.escapeJavaScript($input.json('$'))",
            )],
            &["append .replaceAll(\"\\\\'\", \"'\")"],
        ),
        (
            "preflight without methods",
            vec![("              method.response.header.Access-Control-Allow-Methods: \"'POST,OPTIONS'\"\n", "")],
            &["map Access-Control-Allow-Methods in the integration response of the OPTIONS method"],
        ),
        (
            "validator of nothing",
            vec![("    validateRequestBody: true\n", "    validateRequestBody: false\n")],
            &["refer to a request validator with validateRequestBody"],
        ),
        (
            "model of objects",
            vec![("      title: Payload\n", "      title: Payload\n      type: object\n")],
            &["let the body's model allow every JSON value"],
        ),
        (
            "any key is the name",
            vec![("#if($key.matches(\"[A-Za-z0-9!'()+.=@_-]{1,80}\"))", "#if($key != \"\")")],
            &["only when that is a legal name"],
        ),
        (
            "no name",
            vec![("                \"name\": \"$name\",\n", "")],
            &["take the execution's name from the Idempotency-Key header, else from $context.requestId"],
        ),
        (
            "errors behind 200",
            vec![(
                "          4\\d{2}:\n            statusCode: \"403\"",
                "          4\\d{2}:\n            statusCode: \"200\"",
            )],
            &["select integration responses by status code"],
        ),
    ]
}

#[test]
fn one_change_is_found_and_its_remedy_says_what_to_change_back() {
    let default_4xx = section("  DEFAULT_4XX:", "  DEFAULT_5XX:");
    let default_5xx = section("  DEFAULT_5XX:", "\npaths:");
    let executions = section("  /executions/{name}:", "\ncomponents:");
    let key = section("              #set($key = $input.params('Idempotency-Key'))", "              {\n");
    let lower = section("              #if($key == \"\")", "              #if($key.matches");
    let options = section("    options:\n      summary: CORS", "    post:\n");
    let executions_options = executions.split("\n    get:\n").next().unwrap().split_once('\n').unwrap().1;
    let not_found = "                #set($context.responseOverride.status = 404)\n";
    let no_origin = options.replacen(ORIGIN, "", 1);
    let other_form = default_4xx.split("    responseTemplates:").next().unwrap().to_owned();
    let started = "          2\\d{2}:\n            statusCode: \"200\"\n";
    let rewritten =
        format!("{started}            responseTemplates:\n              application/json: '{{\"ok\":true}}'\n");
    let mut table: Vec<Variation<'_>> = vec![
        ("no DEFAULT_4XX", vec![(default_4xx, "")], &["set DEFAULT_4XX"]),
        ("no DEFAULT_5XX", vec![(default_5xx, "")], &["set DEFAULT_5XX"]),
        ("no key", vec![(key, "")], &["take the execution's name from the Idempotency-Key header"]),
        ("no lower-case key", vec![(lower, "")], &["read the header idempotency-key too"]),
        (
            "no executions route",
            vec![(executions, "")],
            &["add the method GET /executions/{name}", "add the method OPTIONS /executions/{name}"],
        ),
        (
            "no preflight of the executions route",
            vec![(executions_options, "")],
            &["add the method OPTIONS /executions/{name}"],
        ),
        ("unknown executions are 502", vec![(not_found, "")], &["with 404"]),
        ("no preflight", vec![(options, "")], &["add the OPTIONS method of deploy/openapi.yaml beside the POST"]),
        (
            "preflight without origin",
            vec![(options, &no_origin)],
            &["map Access-Control-Allow-Origin in the integration response of the OPTIONS method"],
        ),
        ("gateway errors in another form", vec![(default_4xx, &other_form)], &["set DEFAULT_4XX"]),
        ("answers through a template", vec![(started, &rewritten)], &["leave the 2xx integration response without"]),
    ];
    table.extend(values());
    table.extend(starts());
    let mut wrong = Vec::new();
    for (name, changes, remedies) in table {
        let report = doctor(&variant(name, &changes));
        let found: Vec<&str> =
            report["findings"].as_array().unwrap().iter().map(|row| row["remedy"].as_str().unwrap()).collect();
        let reached = remedies.iter().all(|remedy| found.iter().any(|found| found.contains(remedy)));
        let beside: Vec<&&str> = found.iter().filter(|found| !remedies.iter().any(|r| found.contains(r))).collect();
        if !reached || !beside.is_empty() {
            wrong.push(format!("{name}: {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_a_browser_does_not_mind_is_no_finding() {
    let allowed: Vec<&str> = ALLOWED.trim_matches('\'').rsplit(',').collect();
    let turned = format!("'{}'", allowed.join(", ").to_lowercase());
    let report = doctor(&variant("headers in another order and case", &[(ALLOWED, &turned)]));
    assert_eq!(report["findings"].as_array().unwrap().len(), 0, "{report:#}");
}
