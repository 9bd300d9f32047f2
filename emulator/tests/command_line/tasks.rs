//! Small templates, each with a kind of task: every one is started and must end as `asks.json` says.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::{Result, call, end, raw};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/referees/published/tasks");

fn ask(url: &str, action: &str, body: &Value) -> Result<Value> {
    let answer = raw(url, &call(action, &body.to_string(), "close"))?;
    Ok(serde_json::from_str(answer.split_once("\r\n\r\n").ok_or("no body")?.1)?)
}

#[test]
fn every_kind_of_task_is_answered_by_its_double() -> Result {
    let cases: Vec<Value> = serde_json::from_str(&fs::read_to_string(format!("{FOLDER}/asks.json"))?)?;
    for case in &cases {
        let text = |key: &str| case[key].as_str().ok_or(format!("{key} of {case}"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_stepgate-emulator"));
        command.current_dir(FOLDER).args(["--template", text("template")?]).stdin(Stdio::null());
        command.args(case["arguments"].as_array().ok_or("a list")?.iter().filter_map(Value::as_str));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let mut url = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut url)?;
        let url = url.trim_end();
        let arn = format!("arn:aws:states:us-east-1:123456789012:stateMachine:{}", text("machine")?);
        let start = json!({ "stateMachineArn": arn, "input": case["input"].to_string() });
        let started = ask(url, "StartExecution", &start)?;
        let execution = json!({ "executionArn": started["executionArn"] });
        let mut described = ask(url, "DescribeExecution", &execution)?;
        while described["status"] == "RUNNING" {
            described = ask(url, "DescribeExecution", &execution)?;
        }
        assert_eq!(described["status"], case["status"], "{case}: {described:#}");
        assert_eq!(described["error"], case["error"], "{case}: {described:#}");
        if let Some(output) = described["output"].as_str() {
            assert_eq!(serde_json::from_str::<Value>(output)?, case["output"], "{case}");
        }
        assert_eq!(end(child, Signal::TERM)?.0, Some(0));
    }
    Ok(())
}
