//! Both deployments load, and every vector below `tests/templates/` loads or is refused as it says itself.

mod aliases;
mod includes;
mod keys;
mod stacks;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::*;
use crate::budget::Budget;
use crate::clock::VirtualClock;
use crate::deployment::{
    Api, AuthorizationType, FunctionCode, IntegrationKind, MachineKind, Mapping, MappingSource, Method, RestApi,
    ThrottleSettings,
};
use crate::schema::ValidationOptions;
use crate::states::{self, StepFunctions};

fn corrected(parameters: &[(&str, &str)]) -> Result<Deployment, LoadError> {
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let options = LoadOptions { parameters, ..LoadOptions::default() };
    load(&Source::carried("deploy", stepgate_deploy::CORRECTED), &options)
}

fn as_posted(as_posted: bool) -> Result<Deployment, LoadError> {
    let options = LoadOptions { as_posted, ..LoadOptions::default() };
    load(&Source::carried("deploy/as-posted", stepgate_deploy::AS_POSTED), &options)
}

fn rest(deployment: &Deployment) -> &RestApi {
    let Api::Rest(api) = &deployment.api else { panic!("a REST API") };
    api
}

fn method<'a>(deployment: &'a Deployment, http_method: &str, path: &str) -> &'a Method {
    let mut methods = rest(deployment).methods.iter();
    methods.find(|method| method.http_method == http_method && method.path == *path).unwrap()
}

/// The text that a mapping always gives.
fn fixed(mapping: &Mapping) -> Option<&str> {
    if let MappingSource::Static(text) = &mapping.source { Some(text) } else { None }
}

#[test]
fn the_corrected_deployment_loads_without_a_warning() {
    let deployment = corrected(&[]).unwrap();
    assert_eq!(deployment.warnings, [""; 0]);
    assert_eq!(rest(&deployment).stage, "prod");
    let post = method(&deployment, "POST", "/execute");
    let start = IntegrationKind::Aws { service: "states".to_owned(), action: Some("StartExecution".to_owned()) };
    assert_eq!(post.integration.kind, start);
    assert_eq!(post.throttle, Some(ThrottleSettings { rate: 300.0, burst: 1300 }));
    let [machine] = deployment.machines.as_slice() else { panic!("one machine") };
    assert_eq!(machine.kind, MachineKind::Standard);
    let task = &machine.definition.get("States").unwrap().get("Start").unwrap().get("Resource").unwrap();
    let start = deployment.functions.iter().find(|function| function.handler == "workflow.start").unwrap();
    assert_eq!(task.as_str(), Some(start.arn.as_str()));
    let FunctionCode::Script(module) = &start.code else { panic!("it runs here") };
    assert_eq!(module.path, "handlers/workflow.mjs");
    assert_eq!(deployment.passed_over, []);
}

#[test]
fn only_the_parameter_auth_decides_who_may_post_and_options_stay_open() {
    for (auth, expected) in [("NONE", AuthorizationType::None), ("AWS_IAM", AuthorizationType::Iam)] {
        let deployment = corrected(&[("Auth", auth)]).unwrap();
        assert_eq!(method(&deployment, "POST", "/execute").authorization, expected);
        assert_eq!(method(&deployment, "OPTIONS", "/execute").authorization, AuthorizationType::None);
    }
}

#[test]
fn the_express_variant_waits_for_the_workflow() {
    let deployment = corrected(&[("WorkflowType", "EXPRESS"), ("AccountLogRole", "CREATE")]).unwrap();
    assert_eq!(deployment.machines[0].kind, MachineKind::Express);
    let sync = IntegrationKind::Aws { service: "states".to_owned(), action: Some("StartSyncExecution".to_owned()) };
    assert_eq!(method(&deployment, "POST", "/execute").integration.kind, sync);
}

#[test]
fn the_corrected_deployment_takes_any_json_body_and_tells_what_became_of_an_execution() {
    let deployment = corrected(&[]).unwrap();
    let post = method(&deployment, "POST", "/execute");
    assert!(post.validator.is_some_and(|validator| validator.body && !validator.parameters));
    let [(content_type, model)] = post.models.as_slice() else { panic!("one model") };
    assert_eq!(content_type, "application/json");
    for payload in ["1", "null", "[{}]", r#"{"a":"b"}"#] {
        assert_eq!(
            model.faults_of(payload.as_bytes(), ValidationOptions::default(), &Budget::default()).unwrap(),
            [""; 0],
            "{payload}"
        );
    }
    let get = method(&deployment, "GET", "/executions/{name}");
    assert_eq!(get.throttle, Some(ThrottleSettings { rate: 10.0, burst: 100 }));
    let describe = IntegrationKind::Aws { service: "states".to_owned(), action: Some("DescribeExecution".to_owned()) };
    assert_eq!(get.integration.kind, describe);
    assert_eq!(get.authorization, post.authorization);
}

#[test]
fn every_answer_of_the_corrected_deployment_can_be_read_by_a_browser() {
    let deployment = corrected(&[]).unwrap();
    let answers = rest(&deployment).methods.iter().flat_map(|method| method.integration.responses.all());
    for answer in answers {
        assert!(
            answer.headers.iter().any(|mapping| mapping.name == "Access-Control-Allow-Origin"),
            "{}",
            answer.status
        );
    }
    let kinds: Vec<_> = rest(&deployment).gateway_responses.iter().map(|response| response.kind.as_str()).collect();
    assert_eq!(kinds, ["DEFAULT_4XX", "DEFAULT_5XX"]);
    for method in &rest(&deployment).methods {
        let options =
            rest(&deployment).methods.iter().find(|other| other.path == method.path && other.http_method == "OPTIONS");
        let preflight = options.unwrap().integration.responses.select(200).unwrap();
        let allowed = preflight.headers.iter().find(|it| it.name == "Access-Control-Allow-Methods").unwrap();
        let MappingSource::Static(allowed) = &allowed.source else { panic!("a fixed list") };
        assert!(allowed.contains(&method.http_method), "{}", method.path);
    }
}

#[test]
fn parameters_that_a_deployment_refuses_are_refused() {
    for (given, message) in [
        (("Auth", "SOME"), "parameter `Auth` must be one of NONE, AWS_IAM, not `SOME`"),
        (("CorsOrigin", "a b"), "parameter `CorsOrigin` must match [A-Za-z0-9.:/*_-]+, not `a b`"),
        (("ThrottleRate", "0"), "parameter `ThrottleRate` must keep to MinValue 1, not `0`"),
        (
            ("Author", "x"),
            "unknown parameter `Author`; this template has: StageName, Auth, CorsOrigin, WorkflowType, ThrottleRate, ThrottleBurst, AccountLogRole",
        ),
    ] {
        assert_eq!(corrected(&[given]).unwrap_err().message, message);
    }
}

#[test]
fn the_deployment_as_posted_loads_with_its_named_repairs_and_says_each() {
    let deployment = as_posted(true).unwrap();
    assert_eq!(rest(&deployment).stage, "dev");
    assert_eq!(deployment.machines[0].name, "stepgate-state-machine");
    let FunctionCode::Script(module) = &deployment.functions[1].code else { panic!("it runs here") };
    assert_eq!(module.path, "step-functions.js");
    let said = |start: &str| deployment.warnings.iter().filter(|warning| warning.contains(start)).count();
    assert_eq!(said("parameter `Environment` is not declared; taken as `dev`"), 1);
    assert_eq!(said("taken from `step-functions.js` beside the template"), 1);
    assert_eq!(said("deploy/as-posted/swagger.yaml:56:15: let pass: Unable to put integration response on 'POST'"), 1);
    assert_eq!(said("let pass: "), 2);
    assert_eq!(said("a response by `$ref` as not supported"), 3);
    assert_eq!(deployment.warnings.len(), 7);
}

#[test]
fn the_deployment_as_posted_stays_as_it_was_posted() {
    let digests = [
        "1e3358efbf58b71a5fed5fd73017e8e9cdd6aa5950d7fb7671c3747651bd6241",
        "494fe39aa26d426ae47337674bb3d1785dfac6fd495d8eabdd388749a4db46c5",
        "a1af353136e7842242b82410b93b4ed399648d4798511b530a28779b6ed71e86",
    ];
    for (file, digest) in stepgate_deploy::AS_POSTED.iter().zip(digests) {
        let found = Sha256::digest(file.text).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        assert_eq!(found, digest, "{}", file.path);
    }
}

#[test]
fn the_deployment_as_posted_is_refused_without_repairs() {
    let error = as_posted(false).unwrap_err().to_string();
    assert!(error.starts_with("deploy/as-posted/template.yaml:180:18: unresolved reference `Environment`"), "{error}");
}

#[test]
fn what_loads_also_runs() {
    let express = [("WorkflowType", "EXPRESS")];
    for deployment in [corrected(&[]).unwrap(), corrected(&express).unwrap(), as_posted(true).unwrap()] {
        let clock = Arc::new(VirtualClock::starting_at(Duration::from_secs(1_700_000_000)));
        let service = StepFunctions::new(&deployment, clock, states::StatesOptions::default()).unwrap();
        let machine = &deployment.machines[0].arn;
        let body = format!(r#"{{"stateMachineArn":"{machine}","input":"{{}}"}}"#);
        assert_eq!(service.call("StartExecution", body.as_bytes()).status, 200);
        service.stop();
    }
}

#[test]
fn every_load_gives_the_same_names() {
    let (one, two) = (corrected(&[]).unwrap(), corrected(&[]).unwrap());
    assert_eq!(one.machines[0].arn, two.machines[0].arn);
    assert_eq!(rest(&one).id, rest(&two).id);
    assert_eq!(rest(&one).id.len(), 10);
}

/// The vectors of a folder: each path below it that `is_template` picks.
fn vectors(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/templates").join(folder);
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|e| e == "yaml" || e == "json")).collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

#[test]
fn every_bad_template_is_refused_with_the_message_and_place_on_its_first_line() {
    for path in vectors("bad") {
        let text = std::fs::read_to_string(&path).unwrap();
        let expected = text.lines().next().unwrap().trim_start_matches("# ");
        let options = LoadOptions { strict: true, ..LoadOptions::default() };
        let error = load(&Source::file(&path), &options).expect_err(&path.to_string_lossy()).to_string();
        let folder = path.parent().unwrap().to_string_lossy().into_owned() + "/";
        let found = error.replace(&folder, "");
        // A list of what is supported may grow.
        match expected.strip_suffix('…') {
            Some(start) => assert!(found.starts_with(start), "{found}"),
            None => assert_eq!(found, expected),
        }
    }
}

#[test]
fn every_good_template_loads_without_a_warning() {
    for path in [vectors("good"), vectors("answers")].concat() {
        let options = LoadOptions { strict: true, ..LoadOptions::default() };
        let deployment = load(&Source::file(&path), &options).unwrap();
        assert_eq!(deployment.warnings, [""; 0], "{}", path.display());
    }
}

#[test]
fn without_authorization_every_caller_is_let_in() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/templates/good/everything.yaml");
    let open = LoadOptions { no_auth: true, ..LoadOptions::default() };
    let deployment = load(&Source::file(&path), &open).unwrap();
    assert!(!deployment.api.wants_signatures() && !deployment.api.wants_api_keys());
    assert!(rest(&deployment).methods.iter().all(|method| method.authorization == AuthorizationType::None));
}

#[test]
fn intrinsics_conditions_and_the_import_give_what_a_deployment_would_have() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/templates/good/everything.yaml");
    let deployment = load(&Source::file(&path), &LoadOptions::default()).unwrap();
    let [hello, plain] = deployment.functions.as_slice() else { panic!("two functions") };
    assert_eq!((hello.timeout.as_secs(), hello.memory), (5, 512));
    let environment = [("TWO", "two"), ("ONE", "1")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(hello.environment, environment);
    assert_eq!((plain.timeout.as_secs(), plain.memory, plain.runtime.as_str()), (3, 128, "nodejs24.x"));
    let say = deployment.machines[0].definition.get("States").unwrap().get("Say").unwrap();
    assert_eq!(say.get("Resource").unwrap().as_str(), Some(hello.arn.as_str()));
    assert_eq!(say.get("Next").unwrap().as_str(), Some("Done"));
    let variable = |name: &str| rest(&deployment).stage_variables.iter().find(|(n, _)| n == name).unwrap().1.as_str();
    assert_eq!(variable("first"), "https://a.example");
    assert_eq!(variable("all"), "https://a.example https://b.example");

    let post = method(&deployment, "POST", "/execute");
    assert_eq!((post.authorization, post.api_key_required), (AuthorizationType::Iam, true));
    assert_eq!(post.throttle, Some(ThrottleSettings { rate: 1.5, burst: 5_000 }));
    assert!(post.validator.is_some_and(|validator| validator.body && validator.parameters));
    assert!(post.parameters.iter().all(|parameter| !parameter.required), "the operation's parameter wins");
    let tree = &post.models[0].1;
    assert_eq!(
        tree.faults_of(b"[[],[[]]]", ValidationOptions::default(), &Budget::default()).unwrap(),
        [""; 0],
        "a model may contain itself"
    );
    assert_ne!(tree.faults_of(b"[[],[1]]", ValidationOptions::default(), &Budget::default()).unwrap(), [""; 0]);
    assert_eq!(post.integration.kind, IntegrationKind::Aws { service: "states".to_owned(), action: None });
    assert_eq!(fixed(&post.integration.parameters.headers[0]), Some("AWSStepFunctions.StartExecution"));
    assert_eq!(post.responses.len(), 1);

    let any = method(&deployment, "ANY", "/things/{id}/{rest+}");
    assert!(any.validator.is_some_and(|validator| !validator.body && validator.parameters));
    assert_eq!(any.throttle, Some(ThrottleSettings { rate: 10.0, burst: 20 }));
}

#[test]
fn the_wirings_of_the_posted_answers_load() {
    let expected = [
        ("addressed-by-header.yaml", None),
        ("escaped-body.yaml", Some("StartExecution")),
        ("name-omitted.yaml", Some("StartExecution")),
        ("request-supplies-all.yaml", Some("StartExecution")),
    ];
    for (path, (name, action)) in vectors("answers").iter().zip(expected) {
        assert!(path.ends_with(name));
        let deployment = load(&Source::file(path), &LoadOptions::default()).unwrap();
        let integration = &method(&deployment, "POST", "/execute").integration;
        let action = action.map(str::to_owned);
        assert_eq!(integration.kind, IntegrationKind::Aws { service: "states".to_owned(), action });
        let target = integration.parameters.headers.iter().find(|mapping| mapping.name == "X-Amz-Target");
        let header = (name == "addressed-by-header.yaml").then_some("AWSStepFunctions.StartExecution");
        assert_eq!(target.and_then(fixed), header);
    }
}

#[test]
fn a_template_that_multiplies_its_parameters_is_refused() {
    let long = "x".repeat(100_000);
    let api = "  Api: { Type: AWS::Serverless::Api, Properties: { StageName: v1, DefinitionBody: { openapi: 3.0.1, paths: {} } } }\n";
    let role = |number: usize, name: &str| {
        format!("  R{number}: {{ Type: AWS::IAM::Role, Properties: {{ RoleName: {name} }} }}\n")
    };
    let once = role(0, &format!("!Sub \"{}\"", "${P}".repeat(20_000)));
    let often: Vec<String> = (0..2_000).map(|number| role(number, "!Ref P")).collect();
    for roles in [once, often.concat()] {
        let text = format!(
            "Transform: AWS::Serverless-2016-10-31\nParameters: {{ P: {{ Type: String, Default: {long} }} }}\nResources:\n{api}{roles}"
        );
        let files = vec![stepgate_deploy::File { path: "template.yaml", text: text.leak() }];
        let refused = load(&Source::carried("t", files.leak()), &LoadOptions::default()).map(drop).unwrap_err();
        assert!(refused.message.contains("makes too much here"), "{refused}");
    }
}

/// Each of a hundred kilobytes or so, which would come to gigabytes.
#[test]
fn whatever_a_template_makes_or_copies_is_counted_and_refused_by_name() {
    let list = vec!["1"; 20_000].join(",");
    let (long, many) = ("x".repeat(100_000), vec!["b"; 5_000]);
    let numbered =
        many.iter().enumerate().map(|(number, name)| format!("{name}{number}")).collect::<Vec<_>>().join(",");
    let machine = |result: &str| {
        format!(
            "  M: {{Type: AWS::Serverless::StateMachine, Properties: {{Role: 'arn:aws:iam::123456789012:role/x', \
             Definition: {{StartAt: A, States: {{A: {{Type: Pass, End: true, Result: {result}}}}}}}}}}}\n"
        )
    };
    let functions = |one: &str, count: usize| machine(&format!("[{}]", vec![one; count].join(",")));
    let parameter = |kind: &str, value: &str| format!("Parameters: {{P: {{Type: {kind}, Default: '{value}'}}}}\n");
    let strings = parameter("String", &list);
    let looped = |list: &str, body: &str| format!("  Fn::ForEach::L: [x, [{list}], {body}]\n{}", machine("1"));
    let tags = format!("{{'${{x}}': {{Type: AWS::S3::Bucket, Properties: {{Tags: [{list}]}}}}}}");
    let text = format!("{{c: {{Type: AWS::S3::Bucket, Properties: {{T: '{}'}}}}}}", "${x}".repeat(20_000));
    let globals = format!("Globals: {{Function: {{Tags: {{a: {long}}}}}}}\n");
    let function = |number| format!("  F{number}: {{Type: AWS::Serverless::Function, Properties: {{}}}}\n");
    let defined = format!("'{}'", "${a}".repeat(5_000));
    let substituted =
        machine(&defined).replace("Definition:", &format!("DefinitionSubstitutions: {{a: {long}}}, Definition:"));
    for (sections, resources, maker) in [
        (
            format!("Mappings: {{m: {{a: {{b: [{list}]}}}}}}\n"),
            functions("!FindInMap [m, a, b]", 5_000),
            "Fn::FindInMap",
        ),
        (parameter("CommaDelimitedList", &list), functions("!Ref P", 5_000), "Ref"),
        (strings.clone(), functions("!Split [',', !Ref P]", 1_500), "Fn::Split"),
        (parameter("String", &long), functions("!Base64 {Ref: P}", 2_000), "Fn::Base64"),
        (String::new(), functions(&format!("!Join [{long}, [{list}]]"), 1), "Fn::Join"),
        (String::new(), functions("!Cidr [10.0.0.0/8, 256, 8]", 10_000), "Fn::Cidr"),
        (String::new(), looped(&numbered, &tags), "Fn::ForEach::L"),
        (String::new(), looped(&long, &text), "Fn::ForEach"),
        (globals, (0..2_000).map(function).collect::<String>() + &machine("1"), "Globals"),
        (String::new(), substituted, "DefinitionSubstitutions"),
    ] {
        let text = format!(
            "Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]\n{sections}Resources:\n{resources}"
        );
        let (length, files) = (text.len(), vec![stepgate_deploy::File { path: "template.yaml", text: text.leak() }]);
        let refused = load(&Source::carried("t", files.leak()), &LoadOptions::default()).map(drop).unwrap_err();
        let expected =
            format!("`{maker}` makes too much here: with it, the values of this template take more than 128 MiB");
        assert_eq!(refused.message, expected, "{length} B");
        assert!(refused.position.is_some() && length < 700_000, "{refused} {length}");
    }
}

#[test]
fn what_refers_to_the_same_twice_at_every_level_comes_to_an_end() {
    let api = "  Api: { Type: AWS::Serverless::Api, Properties: { StageName: v1, DefinitionBody: { openapi: 3.0.1, paths: {} } } }\n";
    let template = |conditions: &str, resources: &str| {
        let text = format!(
            "Transform: AWS::Serverless-2016-10-31\nParameters: {{ P: {{ Type: String, Default: '' }} }}\n{conditions}Resources:\n{api}{resources}"
        );
        let files = vec![stepgate_deploy::File { path: "template.yaml", text: text.leak() }];
        load(&Source::carried("t", files.leak()), &LoadOptions::default()).map(drop)
    };
    let both = |number: usize| format!("  C{}: !And [!Condition C{number}, !Condition C{number}]\n", number + 1);
    let conditions: String = (0..60).map(both).collect();
    let conditions = format!("Conditions:\n  C0: !Equals [a, a]\n{conditions}");
    template(&conditions, "  R: { Type: AWS::IAM::Role, Condition: C60, Properties: {} }\n").unwrap();
    let named = |number: usize, name: &str| {
        format!("  R{number}: {{ Type: AWS::IAM::Role, Properties: {{ RoleName: {name} }} }}\n")
    };
    let twice = |number: usize| named(number + 1, &format!("!Join ['', [!Ref R{number}, !Ref R{number}]]"));
    let roles = named(0, "!Ref P") + &(0..60).map(twice).collect::<String>();
    let refused = template("", &roles).unwrap_err();
    assert!(refused.message.starts_with("`Fn::Join` makes too much here"), "{refused}");
    let text =
        (0..30).fold("!Ref P".to_owned(), |inner, _| format!("{{ Fn::Sub: ['${{a}}${{a}}', {{ a: {inner} }}] }}"));
    template("", &named(0, &text)).unwrap();
}

#[test]
fn the_deepest_template_that_loads_leaves_room_on_the_stack() {
    let nested = |target: &str| format!("{}{target}{}", "!Join ['', [".repeat(60), "]]".repeat(60));
    let role = |number: usize, name: &str| {
        format!("  R{number}: {{ Type: AWS::IAM::Role, Properties: {{ RoleName: {name} }} }}\n")
    };
    let chain = |length: usize| {
        let roles = (1..length).map(|number| role(number, &nested(&format!("!Ref R{}", number - 1))));
        let roles: String = [role(0, "first")].into_iter().chain(roles).collect();
        let api = "  Api: { Type: AWS::Serverless::Api, Properties: { StageName: v1, DefinitionBody: { openapi: 3.0.1, paths: {} } } }\n";
        let text = format!("Transform: AWS::Serverless-2016-10-31\nResources:\n{api}{roles}");
        let files = vec![stepgate_deploy::File { path: "template.yaml", text: text.leak() }];
        load(&Source::carried("t", files.leak()), &LoadOptions::default()).map(drop)
    };
    assert_eq!(chain(3), Ok(()));
    assert_eq!(chain(40).unwrap_err().message, "this value is nested deeper than 256, with all that it refers to");
}

proptest! {
    #[test]
    fn no_line_taken_out_or_mangled_makes_the_loader_panic(
        file in 0..3_usize,
        line in any::<prop::sample::Index>(),
        mangled in "[a-zA-Z{}:!$'#| \\[\\]-]{0,12}",
    ) {
        let mut files = stepgate_deploy::CORRECTED.to_vec();
        let mut lines: Vec<_> = files[file].text.lines().collect();
        let index = line.index(lines.len());
        lines[index] = &mangled;
        files[file].text = Box::leak(lines.join("\n").into_boxed_str());
        let _ = load(&Source::carried("deploy", files.leak()), &LoadOptions::default());
    }
}
