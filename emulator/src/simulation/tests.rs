//! An endpoint whose time the test leads.

use super::*;
use crate::Emulator;
use crate::states::Quotas;

const SECOND: u64 = 1_000_000_000;

struct Led {
    simulation: Simulation,
    opened: u32,
}

impl Led {
    fn new(shape: impl FnOnce(crate::Builder) -> crate::Builder) -> Self {
        let clock = Arc::new(LedClock::starting_at(Duration::from_secs(1_700_000_000)));
        let builder = Emulator::builder().parameter("Auth", "NONE").clock(clock.clone());
        let emulator = shape(builder).build().unwrap();
        Self { simulation: emulator.simulation(&clock), opened: 0 }
    }

    /// A request over a connection of its own.
    fn ask(&mut self, at: u64, request: &str) -> Outcome {
        self.opened += 1;
        let inputs = vec![Input::Open(self.opened), Input::Bytes(self.opened, request.as_bytes().to_vec())];
        self.simulation.take(Turn { at, inputs })
    }

    fn start(&mut self, at: u64) -> Outcome {
        self.ask(
            at,
            "POST /prod/execute HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
        )
    }

    fn counters(&mut self, at: u64) -> serde_json::Value {
        let outcome = self.ask(at, "GET /_stepgate/counters HTTP/1.1\r\nHost: h\r\n\r\n");
        let text = text(&outcome);
        serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap()
    }
}

fn text(outcome: &Outcome) -> String {
    let bytes = outcome.outputs.iter().filter_map(|output| match output {
        Output::Bytes(_, bytes) => Some(&bytes[..]),
        Output::Closed(_) | Output::Reset(_) => None,
    });
    String::from_utf8(bytes.collect::<Vec<_>>().concat()).unwrap()
}

#[test]
fn an_hour_of_workflows_ends_when_the_caller_says_that_an_hour_is_over() {
    let mut led = Led::new(|builder| builder);
    let answer = led.start(0);
    assert!(text(&answer).starts_with("HTTP/1.1 200 "), "{}", text(&answer));
    assert_eq!(answer.next, None, "the caller sees nothing of a workflow that goes on");
    led.start(SECOND);
    let executions = &led.counters(2 * SECOND)["executions"];
    assert_eq!((&executions["started"], &executions["running"]), (&2.into(), &2.into()), "{executions}");
    // Three seconds after its start the first is over, and the second has another second to go.
    let executions = &led.counters(3 * SECOND + SECOND / 2)["executions"];
    assert_eq!((&executions["succeeded"], &executions["running"]), (&1.into(), &1.into()), "{executions}");
    let executions = &led.counters(3_600 * SECOND)["executions"];
    assert_eq!((&executions["succeeded"], &executions["running"]), (&2.into(), &0.into()), "{executions}");
}

#[test]
fn a_fault_holds_an_answer_until_its_time_has_come() {
    use crate::faults::{Fault, FaultPlan, FaultRule, Law};
    let late = FaultRule::new("late", Fault::Latency(Law::Constant(Duration::from_secs(5))));
    let mut led = Led::new(|builder| builder.faults(FaultPlan::new(1, [late]).unwrap()));
    let held = led.start(SECOND);
    assert_eq!((held.next, held.outputs), (Some(6 * SECOND), Vec::new()));
    let later = led.simulation.take(Turn { at: 6 * SECOND, inputs: Vec::new() });
    assert!(text(&later).starts_with("HTTP/1.1 200 ") && later.next.is_none(), "{later:?}");
}

#[test]
fn a_request_that_waits_for_its_execution_is_answered_when_that_has_ended() {
    let mut led = Led::new(|builder| builder.parameter("WorkflowType", "EXPRESS"));
    let mut outcome = led.start(0);
    let mut at = 0;
    while outcome.outputs.is_empty() {
        at = outcome.next.unwrap();
        outcome = led.simulation.take(Turn { at, inputs: Vec::new() });
    }
    assert_eq!(at, 3 * SECOND);
    assert!(text(&outcome).contains("SUCCEEDED"), "{}", text(&outcome));
}

#[test]
fn buckets_fill_by_the_time_that_the_caller_leads() {
    let wide = |builder: crate::Builder| {
        let builder = builder.parameter("ThrottleRate", "9000").parameter("ThrottleBurst", "5000");
        let options = crate::gateway::GatewayOptions { quotas: Quotas::Aws, ..Default::default() };
        let states = crate::states::StatesOptions { quotas: Quotas::Aws, ..Default::default() };
        builder.gateway_options(options).states_options(states)
    };
    let mut led = Led::new(wide);
    let passed = |led: &mut Led, at| (0..1_500).filter(|_| text(&led.start(at)).contains("executionArn")).count();
    assert_eq!(passed(&mut led, 0), 1_300);
    assert_eq!(passed(&mut led, SECOND), 300);
}

#[test]
fn a_connection_that_the_caller_closes_is_over_and_an_answer_goes_nowhere() {
    let mut led = Led::new(|builder| builder);
    let opened = Turn { at: 0, inputs: vec![Input::Open(7), Input::Bytes(7, b"GET / HT".to_vec()), Input::Close(7)] };
    assert_eq!(led.simulation.take(opened).outputs, [Output::Closed(7)]);
    assert_eq!(led.simulation.pipes.len(), 0);
}

#[test]
fn what_is_no_turn_is_refused_and_the_end_of_the_pipe_is_the_end() {
    let led = Led::new(|builder| builder);
    let mut wrong = 0_u64.to_le_bytes().to_vec();
    wrong.extend([1, 0, 0, 0, 9, 0, 0, 0, 0]);
    let refused = led.simulation.run(&wrong[..], io::sink()).unwrap_err();
    assert_eq!(refused.to_string(), "no input is of the kind 9");
    let led = Led::new(|builder| builder);
    let mut answered = Vec::new();
    led.simulation.run(&[5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &mut answered).unwrap();
    assert_eq!(answered, [&u64::MAX.to_le_bytes()[..], &[0; 4]].concat());
}
