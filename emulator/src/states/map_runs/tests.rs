//! The turns of map runs, as the workflow thread has them come.

use std::sync::Mutex;

use serde_json::json;

use super::*;
use crate::deployment::MachineKind;
use crate::document::json as document;
use crate::states::activities::Activities;
use crate::states::asl::{Randomness, ResultShape};
use crate::states::data::Data;
use crate::states::machines::{Machine, MachineIdentity, Machines};
use crate::states::run::{ChildInput, Happening};
use crate::states::store::{OpenLimits, Retained, Store};
use crate::switches::Switches;

const NOW: Duration = Duration::from_secs(1_000);
const KEY: Key = Key { branch: 0, serial: 2 };

/// Map runs whose executions wait, or fail at once; what has ended is reported by hand.
struct Scene {
    runs: MapRuns,
    launcher: Launcher,
    ended: Arc<Mutex<Vec<ChildEnded>>>,
    /// What the items of its map runs take.
    held: usize,
}

impl Scene {
    fn new(state: &serde_json::Value) -> Self {
        let definition = json!({"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "Label": "Each",
            "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "S", "States": {"S": state}}}}});
        let identity = MachineIdentity {
            arn: "arn:aws:states:us-east-1:123456789012:stateMachine:m",
            name: "m",
            role_arn: "role",
            kind: MachineKind::Standard,
            switches: Switches::default(),
        };
        let node = document::parse("machine.json", &definition.to_string()).unwrap();
        let text = || definition.to_string();
        let machines = Machine::load(&identity, &node, text, 0, &mut |mistake| panic!("{mistake}")).unwrap();
        let retained = Retained { executions: 100, bytes: 1 << 20 };
        let launcher = Launcher {
            machines: Machines::new(machines),
            activities: Arc::<Activities>::default(),
            store: Arc::new(Store::new(retained, OpenLimits { executions: 100, bytes: 1 << 20 })),
            seed: 1,
            randomness: Mutex::new(Randomness::seeded(1)),
        };
        Self { runs: MapRuns::default(), launcher, ended: Arc::default(), held: 0 }
    }

    fn begin(&self, inputs: ChildInputs, items: u64, in_batches: bool) -> u64 {
        let order = MapRunOrder {
            arn: "arn:aws:states:us-east-1:123456789012:mapRun:m/Each:id".to_owned(),
            machine_arn: "arn:aws:states:us-east-1:123456789012:stateMachine:m/Each".to_owned(),
            items,
            held: self.held,
            in_batches,
            inputs,
            limits: MapRunLimits::default(),
            destination: None,
            shape: ResultShape::default(),
            lines_ending: "jsonl",
            discards: false,
        };
        let caller = MapRunCaller { execution: 7, key: KEY, arn: "arn".to_owned(), case: None };
        let due = self.runs.begin(caller, order, &self.launcher, &Buckets::default(), NOW);
        due.unwrap().expect("its turn is to come")
    }

    fn turn(&self, number: u64) -> MapRunStep {
        let all = Arc::clone(&self.ended);
        self.runs.turn(number, &self.launcher, NOW, &move |ended| all.lock().unwrap().push(ended))
    }

    fn counts(&self) -> (MapRunStatus, Tally) {
        let summary = self.runs.describe("arn:aws:states:us-east-1:123456789012:mapRun:m/Each:id").unwrap();
        (summary.status, summary.tally)
    }

    /// Reports an execution that has ended.
    fn report(&self) -> Due {
        self.runs.child_ended(&self.ended.lock().unwrap().remove(0))
    }
}

fn waits() -> serde_json::Value {
    json!({"Type": "Wait", "Seconds": 60, "End": true})
}

fn inputs(count: i32, are_last: bool) -> ChildInputs {
    let made = (0..count).map(|n| ChildInput { input: Data::from(json!(n)), items: 1 }).collect();
    ChildInputs { made, are_last }
}

#[test]
fn a_map_run_begins_one_execution_in_each_turn_and_asks_for_inputs_when_none_is_left() {
    let scene = Scene::new(&waits());
    let number = scene.begin(inputs(2, false), 3, false);
    let first = scene.turn(number);
    assert!(first.begun.is_some() && first.goes_on && first.wants.is_none());
    assert_eq!(scene.runs.resume(number), None, "its turn comes already");
    let second = scene.turn(number);
    assert_eq!((second.begun.is_some(), second.goes_on, second.wants), (true, false, Some((7, KEY))));
    assert_eq!(scene.runs.resume(number), Some(number));
    let third = scene.turn(number);
    assert_eq!((third.begun.is_some(), third.goes_on, third.wants), (false, false, None), "asked once");
    assert_eq!((scene.counts().1.items.running, scene.counts().1.items.pending()), (2, 1));
    assert_eq!(scene.runs.take_inputs(7, KEY, Ok(inputs(1, true))), Some(number));
    let last = scene.turn(number);
    assert_eq!((last.begun.is_some(), last.goes_on, last.wants, last.over.is_some()), (true, false, None, false));
}

#[test]
fn executions_of_batches_are_counted_as_their_inputs_are_made_and_items_from_the_start() {
    let scene = Scene::new(&waits());
    let number = scene.begin(inputs(1, false), 3, true);
    assert_eq!((scene.counts().1.executions.total, scene.counts().1.items.total), (1, 3));
    scene.turn(number);
    scene.runs.take_inputs(7, KEY, Ok(inputs(2, true)));
    assert_eq!((scene.counts().1.executions.total, scene.counts().1.executions.pending()), (3, 2));
}

#[test]
fn inputs_that_cannot_be_made_stop_what_is_under_way_and_fail_the_map_run() {
    let scene = Scene::new(&waits());
    let number = scene.begin(inputs(1, false), 2, false);
    let (execution, _) = scene.turn(number).begun.unwrap();
    let failure = Failure::new("States.QueryEvaluationError", "why");
    assert_eq!(scene.runs.take_inputs(7, KEY, Err(failure.clone())), Some(number));
    let step = scene.turn(number);
    assert_eq!((step.stop, step.over.is_some()), (vec![execution], false));
    scene.launcher.store.step(execution, Happening::Stop(Failure::default()), NOW);
    assert_eq!(scene.report(), Some(number));
    let (caller, results) = scene.turn(number).over.unwrap();
    assert_eq!((caller, results.conclude(&Buckets::default())), ((7, KEY), Err(failure)));
    let (status, tally) = scene.counts();
    assert_eq!((status, tally.items.aborted, tally.items.pending()), (MapRunStatus::Failed, 1, 1));
}

#[test]
fn a_failure_that_is_not_tolerated_keeps_the_others_from_beginning() {
    let scene = Scene::new(&json!({"Type": "Fail"}));
    let number = scene.begin(inputs(3, true), 3, false);
    assert!(scene.turn(number).goes_on);
    assert_eq!(scene.report(), None, "its turn comes already");
    let step = scene.turn(number);
    assert!(step.begun.is_none() && !step.goes_on && step.over.is_some());
    assert_eq!((scene.counts().0, scene.counts().1.items.pending()), (MapRunStatus::Failed, 2));
    assert!(scene.turn(number).over.is_none(), "it is over once");
}

#[test]
fn a_map_run_that_nobody_waits_for_ends_without_the_inputs_that_it_asked_for() {
    let scene = Scene::new(&json!({"Type": "Succeed"}));
    let number = scene.begin(inputs(1, false), 9, false);
    assert!(scene.turn(number).wants.is_some());
    scene.report();
    assert_eq!(scene.turn(number).over.map(|_| ()), None, "more inputs are on their way");
    assert_eq!(scene.runs.stop(7, KEY), Some(number));
    assert!(scene.turn(number).over.is_some());
    assert_eq!(scene.runs.take_inputs(7, KEY, Ok(inputs(1, true))), None, "nobody needs them any more");
    assert_eq!(scene.counts().0, MapRunStatus::Aborted);
}

#[test]
fn map_runs_that_hold_much_together_begin_their_executions_one_after_the_other() {
    let scene = Scene { held: 200 << 20, ..Scene::new(&waits()) };
    let [first, second] = [(); 2].map(|()| scene.begin(inputs(3, false), 9, false));
    assert!(scene.turn(first).goes_on && scene.turn(second).goes_on, "each alone may hold as much as it likes");
    let third = scene.begin(inputs(3, false), 9, false);
    let step = scene.turn(third);
    let (execution, _) = step.begun.expect("one of its executions runs, whatever the others hold");
    assert!(!step.goes_on);
    assert!(
        [first, second, third].into_iter().all(|number| scene.turn(number).begun.is_none()),
        "nor do others begin more"
    );
    assert_eq!(scene.runs.stop(7, KEY), Some(third));
    assert_eq!(scene.turn(third).stop, [execution]);
    scene.launcher.store.step(execution, Happening::Stop(Failure::default()), NOW);
    scene.report();
    assert!(scene.turn(third).over.is_some());
    assert!(scene.turn(first).begun.is_some() && scene.turn(second).begun.is_some(), "there is room again");
}
