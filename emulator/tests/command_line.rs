//! The program as a user starts it.

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};

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
    assert_eq!(end(child, Signal::INT)?, (Some(0), String::new()));
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
    let (_, said) = end(child, Signal::INT)?;
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
        assert_eq!(end(child, Signal::INT)?.0, Some(0));
    }
    Ok(())
}

#[test]
fn a_deployment_that_does_not_load_is_shown_with_its_line_and_a_caret() -> Result {
    let output = emulator(&["--template", "tests/templates/bad/integration-service.yaml"]).output()?;
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
