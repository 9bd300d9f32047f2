//! What a run cost, by a sample of its executions' histories.

use serde::Deserialize;
use serde_json::json;

use super::account::Sums;
use super::api::{CallError, StepFunctionsApi};
use super::describe::name_of;
use super::join::Found;
use super::listing::{ListError, Listing};
use super::reconciliation::Endings;
use super::rows::Standing;
use crate::aws::{Bill, ExecutionHistory, Footprint, HistoryEvent, Item, Prices, Usage};
use crate::record::StateMachine;

/// Pages of a history that are read: its 25,000 events, 1,000 each.
const PAGES: usize = 25;

/// What a run cost.
#[derive(Debug, Default)]
pub(super) struct Cost {
    /// The bill; `None` where it cannot be made.
    pub(super) bill: Option<Bill>,
    /// Histories that were read for it.
    pub(super) histories: u64,
    /// What it leaves out, or why there is none.
    pub(super) remarks: Vec<String>,
}

/// A page of `GetExecutionHistory`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct HistoryPage {
    events: Vec<HistoryEvent>,
    next_token: Option<String>,
}

/// What executions take that ended in one way.
#[derive(Debug, Default)]
struct Sampled {
    histories: u64,
    transitions: u64,
    invocations: u64,
}

impl Sampled {
    fn take(&mut self, footprint: &Footprint) {
        self.histories += 1;
        self.transitions += footprint.transitions_ms.len() as u64;
        self.invocations += footprint.invocations.len() as u64;
    }

    /// What so many executions took, as the sample did on average.
    fn add_to(&self, usage: &mut Usage, executions: u64) {
        let of_all = |sum: u64| sum as f64 * executions as f64 / self.histories.max(1) as f64;
        *usage.entry(Item::StateTransition).or_insert(0.0) += of_all(self.transitions);
        *usage.entry(Item::LambdaRequest).or_insert(0.0) += of_all(self.invocations);
    }
}

/// Reads the histories of a sample and makes the bill of `sent` requests and of all that the run started.
pub(super) fn cost(
    api: &mut dyn StepFunctionsApi,
    listing: &Listing,
    sample: &[Found],
    (sent, sums): (u64, &Sums),
    prices: &Prices,
) -> Result<Cost, ListError> {
    let (mut succeeded, mut others) = (Sampled::default(), Sampled::default());
    for found in sample {
        let name = name_of(found, listing)?;
        let footprint = match footprint(api, &listing.progress.machines, &name) {
            Ok(footprint) => footprint,
            Err(CallError::Refused(error, _)) => {
                let why = format!("what it cost is not known: Step Functions answers GetExecutionHistory with {error}");
                return Ok(Cost { remarks: vec![why], ..Cost::default() });
            }
            Err(other) => return Err(other.into()),
        };
        let well = found.row.is_some_and(|row| row.standing == Standing::Succeeded);
        let sampled = if well { &mut succeeded } else { &mut others };
        if let Some(footprint) = &footprint {
            sampled.take(footprint);
        }
    }
    let all = [sums.started, sums.keyed, sums.replaced];
    let sum = |of: fn(&Endings) -> u64| -> u64 { all.iter().map(of).sum() };
    let (ended_well, ended_otherwise) = (sum(|e| e.succeeded), sum(|e| e.failed + e.timed_out + e.aborted));
    let region = listing.progress.machines.first().map(StateMachine::region).unwrap_or_default();
    let mut remarks = Vec::new();
    let mut usage = Usage::from([(Item::RestRequest, sent as f64)]);
    let histories = succeeded.histories + others.histories;
    for (sampled, executions, how) in
        [(&succeeded, ended_well, "succeeded"), (&others, ended_otherwise, "ended otherwise")]
    {
        if executions > 0 && sampled.histories == 0 {
            remarks
                .push(format!("of {executions} executions that {how} no history was read: they are not in the price"));
        }
        sampled.add_to(&mut usage, if sampled.histories == 0 { 0 } else { executions });
    }
    let open = sum(|e| e.open);
    if open > 0 {
        remarks.push(format!("{open} open executions are not in the price"));
    }
    match prices.bill(region, &usage) {
        Ok(bill) => {
            remarks.push(
                "the price is that of a REST API's requests, and of transitions and invocations by a sample of histories; \
                 GB-seconds of Lambda, logs, free tiers, taxes and data transfer are not in it"
                    .into(),
            );
            Ok(Cost { bill: Some(bill), histories, remarks })
        }
        Err(unknown) => Ok(Cost { remarks: vec![format!("what it cost is not known: {unknown}")], ..Cost::default() }),
    }
}

/// What an execution of one of the machines took.
fn footprint(
    api: &mut dyn StepFunctionsApi,
    machines: &[StateMachine],
    name: &str,
) -> Result<Option<Footprint>, CallError> {
    for machine in machines {
        let execution_arn = machine.execution(name);
        match history(api, &execution_arn) {
            Ok(events) => {
                let status = String::new();
                let history =
                    ExecutionHistory { execution_arn, status, express: machine.is_express(), events, forgotten: false };
                return Ok(Footprint::of(&[history]));
            }
            // It is another machine's.
            Err(CallError::Refused(error, _)) if error == "ExecutionDoesNotExist" => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

fn history(api: &mut dyn StepFunctionsApi, execution_arn: &str) -> Result<Vec<HistoryEvent>, CallError> {
    let mut events = Vec::new();
    let mut token: Option<String> = None;
    for _ in 0..PAGES {
        let mut query = json!({ "executionArn": execution_arn, "maxResults": 1_000 });
        if let Some(token) = &token {
            query["nextToken"] = json!(token);
        }
        let answer = api.call("GetExecutionHistory", &query)?;
        let page: HistoryPage = serde_json::from_value(answer)
            .map_err(|e| CallError::Failed(format!("GetExecutionHistory: the answer cannot be understood: {e}")))?;
        events.extend(page.events);
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    Ok(events)
}
