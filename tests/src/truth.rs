//! What an endpoint itself knows to have started, to hold reports against.

use serde_json::{Value, json};
use std::collections::HashMap;
use stepgate_emulator::Serving;

/// The executions of an endpoint's state machines.
#[derive(Debug, Default)]
pub struct Truth {
    by_input: HashMap<String, Vec<String>>,
    total: usize,
}

impl Truth {
    /// Asks the endpoint's Step Functions API for every execution and its input.
    ///
    /// # Panics
    /// If the API does not answer as Step Functions does.
    #[must_use]
    pub fn of(endpoint: &Serving) -> Self {
        let mut truth = Self::default();
        for machine in rows(&ask(endpoint, "ListStateMachines", &json!({})), "stateMachines") {
            let mut question = json!({ "stateMachineArn": machine["stateMachineArn"], "maxResults": 1_000 });
            loop {
                let page = ask(endpoint, "ListExecutions", &question);
                for row in rows(&page, "executions") {
                    truth.add(endpoint, &row["executionArn"]);
                }
                match page.get("nextToken") {
                    Some(token) => question["nextToken"] = token.clone(),
                    None => break,
                }
            }
        }
        truth
    }

    fn add(&mut self, endpoint: &Serving, arn: &Value) {
        let described = ask(endpoint, "DescribeExecution", &json!({ "executionArn": arn }));
        let text = |value: &Value| value.as_str().expect("a description has an ARN and an input").to_owned();
        self.by_input.entry(text(&described["input"])).or_default().push(text(arn));
        self.total += 1;
    }

    /// The executions that were started with this input.
    #[must_use]
    pub fn of_input(&self, input: &str) -> &[String] {
        self.by_input.get(input).map_or(&[], Vec::as_slice)
    }

    /// How many executions there are.
    #[must_use]
    pub const fn total(&self) -> usize {
        self.total
    }
}

fn ask(endpoint: &Serving, action: &str, question: &Value) -> Value {
    let reply = endpoint.call(action, question.to_string().as_bytes());
    assert_eq!(reply.status, 200, "{action}: {}", String::from_utf8_lossy(&reply.body));
    serde_json::from_slice(&reply.body).expect("the API answers with JSON")
}

fn rows<'v>(page: &'v Value, member: &str) -> impl Iterator<Item = &'v Value> {
    page[member].as_array().into_iter().flatten()
}
