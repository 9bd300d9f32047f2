//! Activities: workers that ask for their tasks.

use super::*;
use crate::clock::SystemClock;

const ACTIVITY: &str = "arn:aws:states:us-east-1:123456789012:activity:work";

fn machine() -> Value {
    json!({"StartAt": "Work", "States": {"Work": {"Type": "Task", "Resource": ACTIVITY, "TimeoutSeconds": 300, "HeartbeatSeconds": 200, "End": true}}})
}

fn real(machine: &Value) -> Arc<StepFunctions> {
    let deployed = deployment(&machine.to_string(), MachineKind::Standard);
    StepFunctions::new(&deployed, Arc::new(SystemClock::start()), StatesOptions::default()).unwrap()
}

/// Asks until there is a task.
fn poll(states: &StepFunctions) -> Value {
    loop {
        let (code, task) = call(states, "GetActivityTask", &json!({"activityArn": ACTIVITY, "workerName": "w"}));
        assert_eq!(code, 200, "{task}");
        if !task["taskToken"].is_null() {
            return task;
        }
    }
}

#[test]
fn a_worker_takes_a_task_and_sends_its_output() {
    let states = real(&machine());
    start(&states, "name", r#"{"n":1}"#);
    let task = poll(&states);
    assert_eq!(task["input"], r#"{"n":1}"#);
    let token = &task["taskToken"];
    assert_eq!(call(&states, "SendTaskHeartbeat", &json!({"taskToken": token})).0, 200);
    assert_eq!(call(&states, "SendTaskSuccess", &json!({"taskToken": token, "output": "{\"done\":1}"})).0, 200);
    assert_eq!(describe(&states, "name")["output"], r#"{"done":1}"#);
    let history = events(&states, "name");
    let kinds: Vec<&str> = history.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let expected = [
        "ExecutionStarted",
        "TaskStateEntered",
        "ActivityScheduled",
        "ActivityStarted",
        "ActivitySucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(
        history[2]["activityScheduledEventDetails"],
        json!({"resource": ACTIVITY, "input": "{\"n\":1}",
        "inputDetails": {"truncated": false}, "timeoutInSeconds": 300, "heartbeatInSeconds": 200})
    );
    assert_eq!(history[3]["activityStartedEventDetails"], json!({"workerName": "w"}));
    let (code, answer) = call(&states, "SendTaskSuccess", &json!({"taskToken": token, "output": "1"}));
    assert_eq!((code, &answer["__type"]), (400, &json!("com.amazonaws.swf.service.v2.model#TaskTimedOut")));
}

#[test]
fn a_worker_reports_a_failure() {
    let states = real(&machine());
    start(&states, "name", "{}");
    let token = poll(&states)["taskToken"].clone();
    assert_eq!(call(&states, "SendTaskFailure", &json!({"taskToken": token, "error": "E", "cause": "C"})).0, 200);
    let described = describe(&states, "name");
    assert_eq!(
        (&described["status"], &described["error"], &described["cause"]),
        (&json!("FAILED"), &json!("E"), &json!("C"))
    );
}

#[test]
fn a_worker_that_waits_gets_the_next_task() {
    let states = real(&machine());
    let waiting = {
        let states = Arc::clone(&states);
        std::thread::spawn(move || {
            let body = json!({"activityArn": ACTIVITY}).to_string();
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let reply = runtime.block_on(states.call_async("GetActivityTask", body.as_bytes()));
            serde_json::from_slice::<Value>(&reply.body).unwrap()
        })
    };
    start(&states, "name", r#"{"n":2}"#);
    assert_eq!(waiting.join().unwrap()["input"], r#"{"n":2}"#);
}

#[test]
fn a_worker_that_has_hung_up_takes_nothing_up() {
    let states = real(&machine());
    let body = json!({"activityArn": ACTIVITY, "workerName": "gone"}).to_string();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut asked = std::pin::pin!(states.call_async("GetActivityTask", body.as_bytes()));
        let is_pending = std::future::poll_fn(|ctx| std::task::Poll::Ready(asked.as_mut().poll(ctx).is_pending()));
        assert!(is_pending.await, "it waits for a task");
    });
    start(&states, "name", "{}");
    poll(&states);
    let history = events(&states, "name");
    let started = history.iter().filter(|event| event["type"] == "ActivityStarted");
    let workers: Vec<_> = started.map(|event| event["activityStartedEventDetails"]["workerName"].clone()).collect();
    assert_eq!(workers, ["w"]);
}

#[test]
fn a_worker_that_waits_a_minute_for_nothing_gets_no_token() {
    let deployed = deployment(&machine().to_string(), MachineKind::Standard);
    let clock = virtual_clock();
    let states = StepFunctions::new(&deployed, clock.clone(), StatesOptions::default()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let body = json!({"activityArn": ACTIVITY}).to_string();
    let reply = runtime.block_on(states.call_async("GetActivityTask", body.as_bytes()));
    assert_eq!(String::from_utf8(reply.body).unwrap(), r#"{"taskToken":null}"#);
    assert_eq!(crate::clock::Clock::now(&*clock), START + Duration::from_mins(1));
}

#[test]
fn activities_are_made_listed_described_and_deleted() {
    let states = real(&machine());
    let (code, made) = call(&states, "CreateActivity", &json!({"name": "more"}));
    assert_eq!((code, &made["activityArn"]), (200, &json!(ACTIVITY.replace("work", "more"))));
    let (_, listed) = call(&states, "ListActivities", &json!({"maxResults": 1}));
    assert_eq!(listed["activities"][0]["name"], "more");
    let (_, listed) = call(&states, "ListActivities", &json!({"nextToken": listed["nextToken"]}));
    assert_eq!(listed["activities"][0]["name"], "work", "those that a definition names are there from the start");
    let (_, described) = call(&states, "DescribeActivity", &json!({"activityArn": ACTIVITY}));
    assert_eq!((&described["name"], described["creationDate"].is_f64()), (&json!("work"), true));
    assert_eq!(call(&states, "DeleteActivity", &json!({"activityArn": ACTIVITY})).0, 200);
    for action in ["DescribeActivity", "GetActivityTask"] {
        let (code, answer) = call(&states, action, &json!({"activityArn": ACTIVITY}));
        assert_eq!((code, &answer["__type"]), (400, &json!("com.amazonaws.swf.service.v2.model#ActivityDoesNotExist")));
    }
    assert_eq!(
        call(&states, "CreateActivity", &json!({"name": "a b"})).1["__type"],
        "com.amazonaws.swf.service.v2.model#InvalidName"
    );
}

#[test]
fn a_task_of_an_activity_that_is_not_there_is_never_scheduled() {
    // As recorded on AWS.
    let states = standard(&machine());
    assert_eq!(call(&states, "DeleteActivity", &json!({"activityArn": ACTIVITY})).0, 200);
    let never = ACTIVITY.replace("work", "never");
    let definition = machine().to_string().replace(ACTIVITY, &never);
    let role = "arn:aws:iam::123456789012:role/r";
    let (code, made) =
        call(&states, "CreateStateMachine", &json!({"name": "new", "definition": definition, "roleArn": role}));
    assert_eq!(code, 200, "{made}");
    for (machine, activity) in [(json!(MACHINE_ARN), ACTIVITY), (made["stateMachineArn"].clone(), never.as_str())] {
        let (_, started) = call(&states, "StartExecution", &json!({"stateMachineArn": machine}));
        let (_, history) = call(&states, "GetExecutionHistory", &json!({"executionArn": started["executionArn"]}));
        let events = history["events"].as_array().unwrap();
        let kinds: Vec<&str> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["ExecutionStarted", "TaskStateEntered", "ExecutionFailed"]);
        let cause = format!(
            "An error occurred while executing the state 'Work' (entered at the event id #2). The activity {activity} does not exist."
        );
        assert_eq!(events[2]["executionFailedEventDetails"], json!({"error": "States.Runtime", "cause": cause}));
    }
}

#[test]
fn a_double_needs_no_activity() {
    let options = StatesOptions::default().function(ACTIVITY, |_| Ok(json!("done")));
    let deployed = deployment(&machine().to_string(), MachineKind::Standard);
    let states = StepFunctions::new(&deployed, virtual_clock(), options).unwrap();
    assert_eq!(call(&states, "DeleteActivity", &json!({"activityArn": ACTIVITY})).0, 200);
    start(&states, "name", "{}");
    finish(&states);
    let described = describe(&states, "name");
    assert_eq!(described["output"], "\"done\"", "{described:#}");
}
