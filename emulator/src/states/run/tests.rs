//! Laws of the interpreter, for any machine and whatever happens in whatever order.

mod map_inputs;
mod variables;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::document::json as document;
use crate::states::asl::load;
use crate::switches::Switches;

fn executed() -> Executed {
    Executed { version: "$LATEST".into(), log: None }
}

/// The shape of a machine; names are given when it is written down.
#[derive(Debug, Clone)]
enum Shape {
    Pass,
    Wait(u8),
    Task { retries: u8, caught: bool, timeout: bool },
    Choice,
    Fail,
    Parallel(Vec<Vec<Shape>>, bool),
    Map(Vec<Shape>, u8),
    Distributed(Vec<Shape>),
}

fn shapes() -> impl Strategy<Value = Vec<Shape>> {
    let leaf = prop_oneof![
        Just(Shape::Pass),
        (0..5_u8).prop_map(Shape::Wait),
        (0..3_u8, any::<bool>(), any::<bool>()).prop_map(|(retries, caught, timeout)| Shape::Task {
            retries,
            caught,
            timeout
        }),
        Just(Shape::Choice),
        Just(Shape::Fail),
    ];
    let shape = leaf.prop_recursive(3, 24, 4, |inner| {
        let line = prop::collection::vec(inner, 1..4);
        prop_oneof![
            (prop::collection::vec(line.clone(), 1..4), any::<bool>())
                .prop_map(|(lines, caught)| Shape::Parallel(lines, caught)),
            (line.clone(), 0..3_u8).prop_map(|(line, at_once)| Shape::Map(line, at_once)),
            line.prop_map(Shape::Distributed),
        ]
    });
    prop::collection::vec(shape, 1..5)
}

/// Writes a line of states down.
fn line(shapes: &[Shape], names: &mut u32) -> Value {
    let first = *names;
    *names += u32::try_from(shapes.len()).unwrap();
    let mut states = serde_json::Map::new();
    for (offset, shape) in (0..).zip(shapes) {
        let next = if offset as usize + 1 < shapes.len() { format!("S{}", first + offset + 1) } else { String::new() };
        let catch = json!([{"ErrorEquals": ["States.ALL"], "ResultPath": "$.caught", "Next": next}]);
        let mut state = match shape {
            Shape::Pass => json!({"Type": "Pass", "Result": [1, 2], "ResultPath": "$.list"}),
            Shape::Wait(seconds) => json!({"Type": "Wait", "Seconds": seconds}),
            Shape::Fail => json!({"Type": "Fail", "Error": "E"}),
            Shape::Choice => json!({"Type": "Choice", "Default": next,
                "Choices": [{"Variable": "$.list", "IsPresent": true, "Next": next}]}),
            Shape::Task { retries, .. } => {
                json!({"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "ResultPath": "$.task",
                "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": retries, "JitterStrategy": "FULL"}]})
            }
            Shape::Parallel(lines, _) => json!({"Type": "Parallel", "ResultPath": "$.parallel",
                "Branches": lines.iter().map(|branch| line(branch, names)).collect::<Vec<_>>()}),
            Shape::Map(items, at_once) => json!({"Type": "Map", "ItemsPath": "$.items", "ResultPath": "$.map",
                "ItemSelector": {"items": [1]}, "MaxConcurrency": at_once, "ItemProcessor": line(items, names)}),
            Shape::Distributed(items) => {
                let mut processor = line(items, names);
                processor["ProcessorConfig"] = json!({"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"});
                json!({"Type": "Map", "ItemsPath": "$.items", "ResultPath": "$.map", "ItemProcessor": processor,
                    "Retry": [{"ErrorEquals": ["E"], "MaxAttempts": 1}]})
            }
        };
        if matches!(shape, Shape::Task { timeout: true, .. }) {
            state["TimeoutSeconds"] = json!(3);
        }
        if matches!(shape, Shape::Task { caught: true, .. } | Shape::Parallel(_, true)) && !next.is_empty() {
            state["Catch"] = catch;
        }
        match shape {
            // The last state of a line must be able to end it.
            Shape::Choice if next.is_empty() => state = json!({"Type": "Succeed"}),
            Shape::Choice | Shape::Fail => {}
            _ if next.is_empty() => state["End"] = json!(true),
            _ => state["Next"] = json!(next),
        }
        states.insert(format!("S{}", first + offset), state);
        if matches!(shape, Shape::Fail) {
            // What comes after it would not be reachable.
            break;
        }
    }
    json!({"StartAt": format!("S{first}"), "States": states})
}

fn plan(definition: &Value) -> Arc<Plan> {
    let document = document::parse("machine.json", &definition.to_string()).unwrap();
    let machine = load(&document, &mut |mistake| panic!("{mistake}\n{definition:#}")).unwrap();
    Arc::new(Plan {
        machine: Arc::new(machine),
        arn: "arn".to_owned(),
        name: "m".to_owned(),
        role_arn: "role".to_owned(),
        express: false,
        switches: Switches::default(),
    })
}

fn begin(plan: &Arc<Plan>, seed: u64) -> Run {
    let identity = Identity {
        id: 1,
        arn: "arn".to_owned(),
        name: "n".to_owned(),
        input: Data::from(json!({"items": [1, 2, 3]})),
        start: Duration::from_secs(1_000),
        case: None,
    };
    Run::new(Arc::clone(plan), identity, seed)
}

/// Lets things happen in the order of `dice`: answers and timers, early, late or twice. Gives the run's log.
fn drive(run: &mut Run, dice: &[u8]) -> Result<(), TestCaseError> {
    let mut now = Duration::from_secs(1_000);
    let mut effects = run.step(Happening::Start, now);
    let mut open: Vec<Effect> = Vec::new();
    let mut past: Vec<Happening> = Vec::new();
    let mut dice = dice.iter().copied().chain(std::iter::repeat(1));
    for _ in 0..20_000 {
        if effects.contains(&Effect::Finished) {
            let ends = |effect: &Effect| matches!(effect, Effect::StopMapRun(_) | Effect::Finished);
            prop_assert!(effects.iter().all(ends), "nothing else is asked for at the end");
            break;
        }
        open.append(&mut effects);
        let awaited = |effect: &Effect, run: &Run| match effect {
            Effect::Call(key, _) | Effect::MapRun(key, _) => run.awaits(*key),
            Effect::Timer(timer, _) => run.awaits_timer(*timer),
            Effect::Continue => true,
            Effect::Read(..) | Effect::Inputs(..) | Effect::StopMapRun(_) | Effect::Finished => false,
        };
        prop_assert!(open.iter().any(|effect| awaited(effect, run)), "a run that has not ended waits for something");
        let roll = dice.next().unwrap_or(1);
        if roll % 7 == 0
            && let Some(again) = past.last()
        {
            // A report that comes twice.
            let before = run.log().count();
            effects = run.step(again.clone(), now);
            prop_assert!(effects.is_empty() && run.log().count() == before, "a second report changes nothing");
            continue;
        }
        let happening = match open.swap_remove(usize::from(roll) % open.len()) {
            Effect::Call(key, _) if roll % 3 == 0 => Happening::Completed(key, Err(Failure::new("E", "C"))),
            Effect::Call(key, _) => {
                Happening::Completed(key, Ok(TaskResult::Payload(Data::from(json!({"roll": roll})), executed())))
            }
            Effect::Timer(timer, at) => {
                now = now.max(at);
                Happening::Timer(timer)
            }
            Effect::MapRun(key, _) if roll % 3 == 0 => Happening::MapRunEnded(key, Err(Failure::new("E", "C"))),
            Effect::MapRun(key, _) => Happening::MapRunEnded(key, Ok(Some(Data::from(json!([roll]))))),
            Effect::Continue => Happening::Continue,
            Effect::Read(..) => unreachable!("items come from the input here"),
            Effect::Inputs(..) | Effect::StopMapRun(_) | Effect::Finished => continue,
        };
        effects = run.step(happening.clone(), now);
        if !matches!(happening, Happening::Timer(_) | Happening::Continue) || effects.is_empty() {
            past.push(happening);
        }
    }
    prop_assert!(run.outcome().is_some(), "every execution ends when everything it waits for has come");
    let count = run.log().count();
    for late in past.into_iter().chain([Happening::Start, Happening::Stop(Failure::default())]) {
        prop_assert!(run.step(late, now).is_empty(), "no effect after the end");
    }
    prop_assert_eq!(run.log().count(), count, "no event after the end");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_execution_ends_and_nothing_comes_after(
        shapes in shapes(), dice in prop::collection::vec(any::<u8>(), 0..60), seed in any::<u64>()
    ) {
        let plan = plan(&line(&shapes, &mut 0));
        let mut run = begin(&plan, seed);
        drive(&mut run, &dice)?;
        for (id, event) in run.log().events() {
            prop_assert!(event.previous < id, "an event follows an earlier one");
            prop_assert!(event.at >= 1_000_000);
        }
    }

    #[test]
    fn the_same_seed_and_reports_give_the_same_history(
        shapes in shapes(), dice in prop::collection::vec(any::<u8>(), 0..30), seed in any::<u64>()
    ) {
        let plan = plan(&line(&shapes, &mut 0));
        let mut runs = [begin(&plan, seed), begin(&plan, seed)];
        for run in &mut runs {
            drive(run, &dice)?;
        }
        let [first, second] = runs.map(|mut run| run.take_log());
        prop_assert_eq!(first, second);
    }

    #[test]
    fn a_stop_ends_an_execution_at_any_moment(
        shapes in shapes(), answers in 0..6_usize, seed in any::<u64>()
    ) {
        let plan = plan(&line(&shapes, &mut 0));
        let mut run = begin(&plan, seed);
        let now = Duration::from_secs(1_000);
        let mut effects = run.step(Happening::Start, now);
        for _ in 0..answers {
            let Some(Effect::Call(key, _)) = effects.iter().find(|effect| matches!(effect, Effect::Call(..))).cloned() else { break };
            effects = run.step(Happening::Completed(key, Ok(TaskResult::Payload(Data::from(json!({})), executed()))), now);
        }
        if run.outcome().is_none() {
            let asked = run.step(Happening::Stop(Failure::named("E")), now);
            let ends = |effect: &Effect| matches!(effect, Effect::StopMapRun(_) | Effect::Finished);
            prop_assert!(asked.iter().all(ends) && asked.last() == Some(&Effect::Finished));
            prop_assert_eq!(run.outcome(), Some(&Outcome::Aborted(Failure::named("E"))));
        }
    }
}

#[test]
fn a_run_that_waits_for_nothing_ends_in_its_first_step() {
    let plan = plan(&json!({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}));
    let mut run = begin(&plan, 1);
    assert_eq!(run.step(Happening::Start, Duration::from_secs(1_000)), [Effect::Finished]);
}

#[test]
fn a_run_with_much_to_do_lets_others_go_on_between_its_states() {
    let circle = json!({ "StartAt": "A", "States": {
        "A": { "Type": "Pass", "Next": "B", "InputPath": "$..[?(@.x in $..x)]" },
        "B": { "Type": "Pass", "Parameters": { "items.$": "$" }, "Next": "C" },
        "C": { "Type": "Pass", "End": true },
    }});
    let plan = plan(&circle);
    let input = Data::from(json!((0..300).map(|x| json!({ "x": x })).collect::<Vec<_>>()));
    let mut run = begin(&plan, 1);
    run.identity.input = input;
    let now = Duration::from_secs(1_000);
    assert_eq!(run.step(Happening::Start, now), [Effect::Continue], "after the first, which costs most of a turn");
    let events = run.log().count();
    let elsewhere = Key { branch: 9, serial: 9 };
    assert_eq!(run.step(Happening::Completed(elsewhere, Err(Failure::default())), now), [], "it is not its turn");
    assert_eq!(run.log().count(), events);
    assert_eq!(run.step(Happening::Continue, now).last(), Some(&Effect::Finished));
    assert!(matches!(run.outcome(), Some(Outcome::Succeeded(_))));
}

/// A run of one state, and the effects of its first step.
fn one_state(language: &str, state: &Value, input: Value) -> (Run, Vec<Effect>) {
    let plan = plan(&json!({"QueryLanguage": language, "StartAt": "M", "States": {"M": state}}));
    let mut run = begin(&plan, 1);
    run.identity.input = Data::from(input);
    let effects = run.step(Happening::Start, Duration::from_secs(1_000));
    (run, effects)
}

#[test]
fn items_of_a_map_are_begun_in_turns_and_all_before_the_first_goes_on() {
    let map = json!({"Type": "Map", "End": true, "Items": "{% $states.input %}",
        "ItemSelector": {"n": "{% $states.context.Map.Item.Value %}"},
        "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}});
    let now = Duration::from_secs(1_000);
    let (mut run, mut effects) = one_state("JSONata", &map, json!([1, 2, 3]));
    let mut turns = 1;
    while effects == [Effect::Continue] {
        effects = run.step(Happening::Continue, now);
        turns += 1;
    }
    assert!(turns > 6, "each expression has a turn of its own: {turns}");
    assert_eq!(run.outcome(), Some(&Outcome::Succeeded(Data::from(json!([{"n": 1}, {"n": 2}, {"n": 3}])))));
    let kinds: Vec<EventKind> = run.log().events().map(|(_, event)| event.note.kind).collect();
    assert_eq!(
        kinds[2..7],
        [
            EventKind::MapStateStarted,
            EventKind::MapIterationStarted,
            EventKind::MapIterationStarted,
            EventKind::MapIterationStarted,
            EventKind::StateEntered,
        ]
    );
}

#[test]
fn a_map_begins_no_more_items_than_a_history_has_room_for() {
    let map = json!({"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}});
    let (mut run, mut effects) = one_state("JSONPath", &map, json!(vec![0; 60_000]));
    while effects == [Effect::Continue] {
        effects = run.step(Happening::Continue, Duration::from_secs(1_000));
    }
    let Some(Outcome::Failed(failure)) = run.outcome() else { panic!("{:?}", run.outcome()) };
    assert!(failure.cause.as_ref().is_some_and(|cause| cause.contains("maximum number of history events")));
    assert!(run.log().count() < 26_000, "{}", run.log().count());
}
