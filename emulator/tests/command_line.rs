//! The program as a user starts it.

#[path = "command_line/known_keys.rs"]
mod known_keys;
#[path = "command_line/options.rs"]
mod options;
#[path = "command_line/published.rs"]
mod published;

use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};

#[path = "command_line/tasks.rs"]
mod tasks;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

fn emulator(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stepgate-emulator"));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Starts the emulator; gives it with the URL that it prints.
fn start(arguments: &[&str]) -> Result<(Child, String)> {
    let mut child = emulator(arguments).spawn()?;
    let mut url = String::new();
    BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut url)?;
    Ok((child, url.trim_end().to_owned()))
}

fn post(url: &str, body: &str) -> Result<String> {
    let (host, path) = url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).ok_or("no URL")?;
    let mut stream = TcpStream::connect(host)?;
    let length = body.len();
    write!(stream, "POST /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n")?;
    write!(stream, "Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn end(mut child: Child, signal: Signal) -> Result<(Option<i32>, String)> {
    kill_process(Pid::from_child(&child), signal)?;
    let mut said = String::new();
    child.stderr.take().ok_or("no errors")?.read_to_string(&mut said)?;
    Ok((child.wait()?.code(), said))
}

#[test]
fn it_prints_the_url_of_the_execute_method_and_serves_there_until_it_is_interrupted() -> Result {
    let (child, url) = start(&[])?;
    assert!(url.starts_with("http://127.0.0.1:") && url.ends_with("/prod/execute"), "{url}");
    let answer = post(&url, r#"{"order":"it's"}"#)?;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert_eq!(end(child, Signal::TERM)?, (Some(0), String::new()));
    Ok(())
}

#[test]
fn the_deployment_as_posted_says_its_repairs_and_breaks_on_a_quote() -> Result {
    let (child, url) = start(&["--as-posted"])?;
    assert!(url.ends_with("/dev/execute"), "{url}");
    let answer = post(&url, r#"{"order":"it's"}"#)?;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(answer.ends_with(r#"{"__type":"com.amazon.coral.service#SerializationException"}"#), "{answer}");
    let (code, said) = end(child, Signal::TERM)?;
    assert_eq!(code, Some(0));
    assert!(said.lines().all(|line| line.starts_with("warning: ")), "{said}");
    assert!(said.contains("parameter `Environment` is not declared; taken as `dev`"), "{said}");
    Ok(())
}

#[test]
fn with_signatures_asked_for_it_prints_a_key_and_refuses_who_does_not_sign() -> Result {
    let (child, url) = start(&["--param", "Auth=AWS_IAM", "--region", "eu-west-1"])?;
    let answer = post(&url, "{}")?;
    assert!(answer.starts_with("HTTP/1.1 403 Forbidden"), "{answer}");
    assert!(answer.contains("\r\nx-amzn-ErrorType: MissingAuthenticationTokenException\r\n"), "{answer}");
    let (_, said) = end(child, Signal::TERM)?;
    let key = said.strip_prefix("test key: AWS_ACCESS_KEY_ID=AKI").ok_or("no key")?;
    assert!(key.contains(" AWS_SECRET_ACCESS_KEY=") && key.ends_with(" AWS_REGION=eu-west-1\n"), "{said}");
    Ok(())
}

#[test]
fn the_wirings_of_the_posted_answers_start_executions() -> Result {
    let body =
        r#"{"input":"{}","name":"one","stateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:greet"}"#;
    for (template, name) in [
        ("request-supplies-all", Some("one")),
        ("escaped-body", None),
        ("name-omitted", None),
        ("addressed-by-header", None),
    ] {
        let (child, url) = start(&["--template", &format!("tests/templates/answers/{template}.yaml")])?;
        let answer = post(&url, body)?;
        let (head, json) = answer.split_once("\r\n\r\n").ok_or("no body")?;
        let id = head.lines().find_map(|line| line.strip_prefix("x-amzn-RequestId: ")).ok_or("no request id")?;
        let started = json.strip_prefix(r#"{"executionArn":"arn:aws:states:us-east-1:123456789012:execution:greet:"#);
        let started = started.and_then(|rest| rest.split_once('"')).ok_or_else(|| format!("{template}: {answer}"))?.0;
        match (template, name) {
            (_, Some(name)) => assert_eq!(started, name),
            ("escaped-body", None) => assert_eq!(started, id, "$context.requestId is the response's request id"),
            (_, None) => assert_ne!(started, id, "Step Functions makes up a name of its own"),
        }
        assert_eq!(end(child, Signal::TERM)?.0, Some(0));
    }
    Ok(())
}

#[test]
fn a_deployment_that_does_not_load_is_shown_with_its_line_and_a_caret() -> Result {
    let output = emulator(&["--strict", "--template", "tests/templates/bad/integration-service.yaml"]).output()?;
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stdout, b"");
    let shown = "error: tests/templates/bad/integration-service.yaml:16:22: unsupported service `sqs` in `uri`; supported here: \
                 states\n    |\n 16 |                 uri: arn:aws:apigateway:us-east-1:sqs:action/SendMessage\n    |                      ^\n";
    assert_eq!(stderr(&output), shown);
    Ok(())
}

#[test]
fn a_mistake_in_the_arguments_is_a_usage_error() -> Result {
    let output = emulator(&["--param", "Auth"]).output()?;
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("expected NAME=VALUE"), "{}", stderr(&output));
    Ok(())
}

#[test]
fn an_address_that_is_taken_is_said() -> Result {
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let port = taken.local_addr()?.port().to_string();
    let output = emulator(&["--port", &port]).output()?;
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.starts_with(&format!("error: cannot listen on 127.0.0.1:{port}: ")), "{said}");
    Ok(())
}

/// Sends bytes to the port of a URL and reads to the end of the connection.
fn raw(url: &str, bytes: &str) -> Result<String> {
    let (host, _) = url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).ok_or("no URL")?;
    let mut stream = TcpStream::connect(host)?;
    stream.write_all(bytes.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// A call of the Step Functions API; the last of a connection closes it.
fn call(action: &str, body: &str, connection: &str) -> String {
    let length = body.len();
    format!(
        "POST / HTTP/1.1\r\nHost: h\r\nX-Amz-Target: AWSStepFunctions.{action}\r\nConnection: {connection}\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
}

const MACHINE: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:greet";
const GREET: [&str; 2] = ["--template", "tests/templates/answers/escaped-body.yaml"];

/// A file of this test's own that is not there yet.
fn fresh_file(name: &str) -> Result<String> {
    let path = format!("{}/{name}", env!("CARGO_TARGET_TMPDIR"));
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(path),
    }
}

fn interrupts_are_ignored(process: &str) -> Result<bool> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).ok_or("no mask")?;
    Ok(u64::from_str_radix(mask.trim(), 16)? & 2 != 0)
}

#[test]
fn an_interrupt_that_was_ignored_from_the_start_stays_ignored() -> Result {
    let program = emulator(&[]).get_program().to_owned();
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' INT; exec \"$0\""]).arg(program).stdin(Stdio::null());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut url = String::new();
    BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut url)?;
    assert!(interrupts_are_ignored(&child.id().to_string())?);
    kill_process(Pid::from_child(&child), Signal::INT)?;
    assert!(post(url.trim_end(), "{}")?.starts_with("HTTP/1.1 200 OK"));
    assert_eq!(end(child, Signal::TERM)?.0, Some(0));
    Ok(())
}

#[test]
fn a_request_in_hand_is_answered_before_it_stops() -> Result {
    let rules = fresh_file("late.toml")?;
    fs::write(&rules, "[[rule]]\nlatency = { constant = '400ms' }")?;
    // Whoever runs the tests in the background of a script has interrupts ignored, and so have its children.
    let signals: &[Signal] =
        if interrupts_are_ignored("self")? { &[Signal::TERM] } else { &[Signal::INT, Signal::TERM] };
    for &signal in signals {
        let (child, url) = start(&["--faults", &rules])?;
        let caller = thread::spawn({
            let url = url.clone();
            move || post(&url, "{}").map_err(|error| error.to_string())
        });
        let counters = "GET /_stepgate/counters HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
        while !raw(&url, counters)?.contains(r#""name":"latency","fault":"latency","matched":1"#) {
            thread::yield_now();
        }
        assert_eq!(end(child, signal)?.0, Some(0));
        let answer = caller.join().map_err(|_| "the caller panicked")??;
        assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("executionArn"), "{answer}");
    }
    Ok(())
}

/// Starts the emulator with a limit on its descriptors.
fn start_within(descriptors: u32) -> Result<(Child, String)> {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("ulimit -n {descriptors}; exec \"$0\""));
    shell.arg(env!("CARGO_BIN_EXE_stepgate-emulator")).stdin(Stdio::null());
    let mut child = shell.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut url = String::new();
    BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut url)?;
    Ok((child, url.trim_end().to_owned()))
}

#[test]
fn without_descriptors_callers_wait_until_others_have_gone_and_none_is_lost() -> Result {
    let (child, url) = start_within(24)?;
    let (host, _) = url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).ok_or("no URL")?;
    let asks = |stream: &mut TcpStream| {
        write!(stream, "POST /prod/execute HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n")?;
        write!(stream, "Content-Length: 2\r\n\r\n{{}}")
    };
    // More than the endpoint can hold: the operating system takes the others up for it.
    let mut callers = Vec::new();
    for _ in 0..60 {
        let mut stream = TcpStream::connect(host)?;
        asks(&mut stream)?;
        callers.push(stream);
    }
    for mut stream in callers {
        let mut status = [0; 15];
        stream.read_exact(&mut status)?;
        assert_eq!(&status, b"HTTP/1.1 200 OK");
    }
    assert!(post(&url, "{}")?.starts_with("HTTP/1.1 200 OK"));
    assert_eq!(end(child, Signal::TERM)?.0, Some(0));
    Ok(())
}

#[test]
fn a_file_of_faults_that_does_not_hold_is_shown_with_its_line() -> Result {
    let rules = fresh_file("bad.toml")?;
    fs::write(&rules, "seed = 1\n\n[[rule]]\nbandwidth = 0\n")?;
    let output = emulator(&["--faults", &rules]).output()?;
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.starts_with(&format!("error: {rules}: line 3: `bandwidth` must be at least 1")), "{said}");
    let output = emulator(&["--faults", "nowhere.toml"]).output()?;
    assert!(stderr(&output).starts_with("error: cannot read nowhere.toml: "), "{}", stderr(&output));
    Ok(())
}

#[test]
fn the_access_log_has_a_line_for_every_answer_and_goes_on_where_it_was() -> Result {
    let log = fresh_file("access.log")?;
    let mut lengths = Vec::new();
    for _ in 0..2 {
        let (child, url) = start(&["--access-log", &log])?;
        let answer = post(&url, "{}")?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or("no body")?;
        let id = head.lines().find_map(|line| line.strip_prefix("x-amzn-RequestId: ")).ok_or("no request id")?;
        assert_eq!(end(child, Signal::TERM)?.0, Some(0));
        let lines = fs::read_to_string(&log)?;
        let last = lines.lines().last().ok_or("no line")?;
        assert!(last.starts_with("127.0.0.1 - - ["), "{last}");
        let tail = format!("] \"POST /prod/execute HTTP/1.1\" 200 {} {id}", body.len());
        assert!(last.ends_with(&tail), "{last}");
        lengths.push(lines.lines().count());
    }
    assert_eq!(lengths, [1, 2]);
    let (child, url) = start(&["--access-log", "-"])?;
    post(&url, "{}")?;
    let (_, said) = end(child, Signal::TERM)?;
    assert!(said.contains("\"POST /prod/execute HTTP/1.1\" 200"), "{said}");
    Ok(())
}

#[test]
fn what_handlers_say_goes_to_the_handler_log() -> Result {
    let log = fresh_file("handlers.log")?;
    let (child, url) = start(&["--as-posted", "--handler-log", &log])?;
    post(&url, r#"{"order":4711}"#)?;
    let inspected = "GET /_stepgate/handler-log HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    let said = loop {
        let answer = raw(&url, inspected)?;
        let (_, body) = answer.split_once("\r\n\r\n").ok_or("no body")?;
        if body != "[]" {
            break body.to_owned();
        }
        thread::yield_now();
    };
    let written = fs::read_to_string(&log)?;
    let first = written.lines().next().ok_or("nothing in the log")?;
    assert!(first.ends_with("\tstart event { order: 4711 }") && said.contains("start event"), "{first}, {said}");
    assert_eq!(end(child, Signal::TERM)?.0, Some(0));
    Ok(())
}

#[test]
fn a_forgotten_execution_gives_its_name_free() -> Result {
    let begin = |name: &str, connection| {
        let body = format!(r#"{{"name":"{name}","input":"{{}}","stateMachineArn":"{MACHINE}"}}"#);
        call("StartExecution", &body, connection)
    };
    let calls =
        [begin("one", "keep-alive"), begin("one", "keep-alive"), begin("two", "keep-alive"), begin("one", "close")];
    for (retain, refused) in [("1", 1), ("2", 2)] {
        let (child, url) = start(&[&GREET[..], &["--retain", retain]].concat())?;
        let answers = raw(&url, &calls.concat())?;
        assert_eq!(answers.matches("ExecutionAlreadyExists").count(), refused, "{answers}");
        assert_eq!(end(child, Signal::TERM)?.0, Some(0));
    }
    Ok(())
}

#[test]
fn quotas_are_those_of_aws_when_asked_for() -> Result {
    // The bucket of ListExecutions holds 200 in the larger regions and refills far slower than this connection asks.
    let body = format!(r#"{{"stateMachineArn":"{MACHINE}"}}"#);
    let calls = call("ListExecutions", &body, "keep-alive").repeat(1_999) + &call("ListExecutions", &body, "close");
    for (quotas, throttled) in [("aws", true), ("off", false)] {
        let (child, url) = start(&[&GREET[..], &["--quotas", quotas]].concat())?;
        let answers = raw(&url, &calls)?;
        assert_eq!(answers.contains("ThrottlingException"), throttled, "--quotas {quotas}");
        assert_eq!(end(child, Signal::TERM)?.0, Some(0));
    }
    Ok(())
}

#[test]
fn the_api_wants_signatures_when_they_are_to_be_verified() -> Result {
    let (child, url) = start(&["--verify-api"])?;
    let answer = raw(&url, &call("ListStateMachines", "{}", "close"))?;
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request"), "{answer}");
    assert!(answer.contains(r#"{"__type":"com.amazon.coral.service#MissingAuthenticationTokenException""#), "{answer}");
    let answer = post(&url, "{}")?;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "the gateway's methods say for themselves who may call: {answer}");
    let (_, said) = end(child, Signal::TERM)?;
    assert!(said.starts_with("test key: AWS_ACCESS_KEY_ID=AKI"), "{said}");
    Ok(())
}

/// Asks the Step Functions API; the answer's body.
fn ask(url: &str, action: &str, body: &str) -> Result<String> {
    let answer = raw(url, &call(action, body, "close"))?;
    Ok(answer.split_once("\r\n\r\n").ok_or("no body")?.1.to_owned())
}

#[test]
fn an_endless_handler_does_not_hold_up_the_end() -> Result {
    let spin = fresh_file("spin.mjs")?;
    fs::write(&spin, "export const handler = async () => { console.log('spinning'); for (;;); };")?;
    let (mut child, url) = start(&["--function", &format!("StartFunction={spin}"), "--handler-log", "-"])?;
    let answer = post(&url, "{}")?;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    let mut said = String::new();
    let mut errors = BufReader::new(child.stderr.take().ok_or("no errors")?);
    errors.read_line(&mut said)?;
    assert!(said.contains("spinning"), "{said}");
    kill_process(Pid::from_child(&child), Signal::TERM)?;
    assert_eq!(child.wait()?.code(), Some(0));
    Ok(())
}

#[test]
fn a_test_case_of_a_file_of_mocks_is_chosen_behind_the_arn() -> Result {
    let mocks = fresh_file("mocks.json")?;
    fs::write(
        &mocks,
        r#"{"StateMachines": {"Workflow": {"TestCases": {"Failing": {"Start": "Failed"}}}},
            "MockedResponses": {"Failed": {"0-9": {"Throw": {"Error": "Mocked", "Cause": "on purpose"}}}}}"#,
    )?;
    let (child, url) = start(&["--mocks", &mocks])?;
    let machines = ask(&url, "ListStateMachines", "{}")?;
    let arn = machines.split('"').find(|text| text.starts_with("arn:")).ok_or("no machine")?;
    let body = format!(r#"{{"stateMachineArn":"{arn}#Failing","name":"mocked"}}"#);
    let started = ask(&url, "StartExecution", &body)?;
    let execution = started.split('"').find(|text| text.starts_with("arn:")).ok_or(started.clone())?;
    let body = format!(r#"{{"executionArn":"{execution}"}}"#);
    while !ask(&url, "DescribeExecution", &body)?.contains(r#""status":"FAILED","#) {}
    assert!(ask(&url, "DescribeExecution", &body)?.contains(r#""error":"Mocked""#));
    assert!(raw(&url, "GET /_stepgate/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?.contains("running"));
    assert_eq!(end(child, Signal::TERM)?.0, Some(0));
    Ok(())
}

#[test]
fn what_is_watched_is_loaded_anew_on_the_same_port() -> Result {
    let handler = fresh_file("watched.mjs")?;
    fs::write(&handler, "export const handler = async () => 'first';")?;
    let (mut child, url) = start(&["--function", &format!("EndFunction={handler}"), "--watch"])?;
    let mut errors = BufReader::new(child.stderr.take().ok_or("no errors")?);
    let mut said = String::new();
    fs::write(&handler, "export const handler = async () => { return 1 +; };")?;
    errors.read_line(&mut said)?;
    assert!(said.starts_with("error: "), "what does not load is said: {said}");
    assert!(post(&url, "{}")?.starts_with("HTTP/1.1 200 OK"), "and what was served is served on");
    fs::write(&handler, "export const handler = async () => 'the second one';")?;
    while !said.ends_with("reloaded\n") {
        assert!(errors.read_line(&mut said)? > 0, "{said}");
    }
    assert!(post(&url, "{}")?.starts_with("HTTP/1.1 200 OK"));
    kill_process(Pid::from_child(&child), Signal::TERM)?;
    assert_eq!(child.wait()?.code(), Some(0));
    Ok(())
}

#[test]
fn a_nested_template_outside_of_the_folder_is_watched() -> Result {
    let folder = format!("{}/watched-stacks", env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(format!("{folder}/app"))?;
    let (root, inner) = (format!("{folder}/app/root.yaml"), format!("{folder}/inner.yaml"));
    let nested = "Resources: { Bucket: { Type: AWS::S3::Bucket } }\n";
    fs::write(&inner, nested)?;
    fs::write(
        &root,
        "Resources:
  Inner: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: ../inner.yaml } }
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: arn:aws:iam::123456789012:role/r
      DefinitionString: '{\"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Pass\", \"End\": true}}}'
",
    )?;
    let (mut child, url) = start(&["--template", &root, "--watch"])?;
    let mut errors = BufReader::new(child.stderr.take().ok_or("no errors")?);
    let mut said = String::new();
    fs::write(&inner, "Resources: [")?;
    while !said.contains("error: ") {
        assert!(errors.read_line(&mut said)? > 0, "{said}");
    }
    assert!(post(&url, "{}")?.starts_with("HTTP/1.1 200 OK"), "what was served is served on");
    fs::write(&inner, nested)?;
    while !said.ends_with("reloaded\n") {
        assert!(errors.read_line(&mut said)? > 0, "{said}");
    }
    kill_process(Pid::from_child(&child), Signal::TERM)?;
    assert_eq!(child.wait()?.code(), Some(0));
    Ok(())
}

#[test]
fn mistakes_in_doubles_are_told_before_anything_is_served() -> Result {
    let file = fresh_file("wrong.json")?;
    fs::write(&file, r#"{"Doubles": {"sns": {"Response": "gone"}}}"#)?;
    let script = fresh_file("unused.mjs")?;
    fs::write(&script, "export const handler = async () => 1;")?;
    let unused = format!("sns:publish={script}");
    let output = emulator(&["--strict", "--function", &unused]).output()?;
    assert_eq!(output.status.code(), Some(1));
    let told = "there is no function or task `sns:publish` to handle: there is stepgate-EndFunction-";
    assert!(stderr(&output).contains(told), "{}", stderr(&output));
    for (arguments, code, message) in [
        (["--mocks", &file], 1, "wrong.json: the double of `sns` names the response `gone`"),
        (["--mocks", "gone.json"], 1, "error: cannot read gone.json: "),
        (["--service", "sns=http://127.0.0.1:1"], 2, "`sns` is no service whose protocol is spoken here"),
        (["--account", "12"], 2, "expected the twelve digits of an account"),
        (["--region", ""], 2, "expected the name of a region"),
        (["--service", "dynamodb"], 2, "expected NAME=URL"),
        (["--lambda-endpoint", "https://x"], 2, "doubles are called by plain http"),
    ] {
        let output = emulator(&arguments).output()?;
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
    }
    Ok(())
}
