//! Laws of the interpreter, for any machine and whatever happens in whatever order.

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

fn distributed(fields: &Value) -> Value {
    let mut map = json!({"Type": "Map", "End": true, "Label": "Each", "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}});
    map.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    map
}

/// The inputs of a map run, by the slices in which they were made.
fn slices(language: &str, fields: &Value, input: Value) -> Vec<Vec<Data>> {
    let now = Duration::from_secs(1_000);
    let (mut run, mut effects) = one_state(language, &distributed(fields), input);
    let Some(Effect::MapRun(key, order)) = effects.pop() else { panic!("{effects:?}") };
    let texts = |inputs: &ChildInputs| inputs.made.iter().map(|child| child.input.clone()).collect::<Vec<_>>();
    let (mut all, mut are_last) = (vec![texts(&order.inputs)], order.inputs.are_last);
    while !are_last {
        let effects = run.step(Happening::InputsWanted(key), now);
        let [Effect::Inputs(same, Ok(inputs))] = &effects[..] else { panic!("{effects:?}") };
        assert_eq!(*same, key);
        all.push(texts(inputs));
        are_last = inputs.are_last;
    }
    assert_eq!(run.step(Happening::InputsWanted(key), now), [], "there are no more");
    all
}

#[test]
fn inputs_of_a_map_run_are_made_in_slices_of_a_turn_s_work() {
    let count = |slices: &[Vec<Data>]| slices.iter().map(Vec::len).collect::<Vec<_>>();
    let path = json!({"ItemSelector": {"n.$": "$$.Map.Item.Value"}});
    assert_eq!(count(&slices("JSONPath", &path, json!([1, 2, 3]))), [3], "what is cheap is made at once");
    let expression = json!({"ItemSelector": {"n": "{% $states.context.Map.Item.Value %}"}});
    let made = slices("JSONata", &expression, json!([1, 2, 3]));
    assert_eq!(count(&made), [1, 1, 1], "an expression has limits of its own");
    assert_eq!(made.concat(), [1, 2, 3].map(|n| Data::from(json!({ "n": n }))));
    let dear = json!({"ItemsPath": "$.items", "ItemSelector": {"n.$": "$..[?(@.x in $..x)]"}});
    let input = json!({"items": [1, 2, 3], "all": (0..300).map(|x| json!({ "x": x })).collect::<Vec<_>>()});
    assert!(slices("JSONPath", &dear, input).len() > 1, "a path that costs a turn ends the slice");
}

#[test]
fn a_slice_of_inputs_ends_after_a_mebibyte() {
    let fields = json!({"ItemsPath": "$.items", "ItemSelector": {"all.$": "$.text", "at.$": "$$.Map.Item.Index"}});
    let input = json!({"items": vec![0; 40], "text": "x".repeat(100_000)});
    let made = slices("JSONPath", &fields, input);
    assert!(made.len() > 2 && made.iter().all(|slice| slice.len() <= 11), "1 MiB holds ten of 100 KB, and one more");
    let at: Vec<Value> = made.concat().iter().map(|input| input.value()["at"].clone()).collect();
    assert_eq!(at, (0..40).map(Value::from).collect::<Vec<_>>(), "none lost, all in order");
}

#[test]
fn batches_count_with_the_input_that_each_of_them_is_given() {
    let all = json!((0..2_000).collect::<Vec<_>>());
    for (language, shared) in [("JSONPath", json!({"a.$": "$"})), ("JSONata", json!({"a": "{% $states.input %}"}))] {
        let fields = json!({"ItemBatcher": {"MaxItemsPerBatch": 1, "BatchInput": shared}});
        let made = slices(language, &fields, all.clone());
        let bytes = |slice: &[Data]| slice.iter().map(|input| input.text().len()).sum::<usize>();
        assert!(made.iter().all(|slice| bytes(slice) < (1 << 20) + 20_000), "1 MiB, and at most two batches more");
        let wanted = (0..2_000).map(|n| format!(r#"{{"BatchInput":{{"a":{all}}},"Items":[{n}]}}"#));
        assert!(made.concat().iter().map(Data::text).eq(wanted), "none lost, all in order");
    }
}

#[test]
fn a_large_list_that_every_batch_is_given_is_made_a_few_batches_at_a_time() {
    let fields = json!({"ItemBatcher": {"MaxItemsPerBatch": 1, "BatchInput": {"a.$": "$"}}});
    let (mut run, mut effects) = one_state("JSONPath", &distributed(&fields), json!((0..20_000).collect::<Vec<_>>()));
    let Some(Effect::MapRun(key, order)) = effects.pop() else { panic!("{effects:?}") };
    let (mut inputs, mut count) = (order.inputs, 0);
    while count < 100 {
        let texts = || inputs.made.iter().map(|child| child.input.text().len());
        assert!(texts().sum::<usize>() < (1 << 20) + 2 * 130_000 && inputs.made.len() <= 10 && !inputs.are_last);
        count += inputs.made.len();
        let effects = run.step(Happening::InputsWanted(key), Duration::from_secs(1_000));
        let [Effect::Inputs(_, Ok(more))] = &effects[..] else { panic!("{effects:?}") };
        inputs = more.clone();
    }
}

#[test]
fn a_batch_that_becomes_too_large_or_too_deep_fails_the_map_run() {
    let failure = |fields: Value, input: Value| {
        let (run, effects) = one_state("JSONPath", &distributed(&fields), input);
        let Some(Outcome::Failed(failure)) = run.outcome() else { panic!("{effects:?}") };
        format!("{}: {}", failure.error.as_deref().unwrap_or_default(), failure.cause.as_deref().unwrap_or_default())
    };
    let nested = |levels| (0..levels).fold(Value::from(7), |inner, _| json!([inner]));
    let shared = json!({"ItemsPath": "$.items", "ItemBatcher": {"MaxItemsPerBatch": 1, "BatchInput": {"a.$": "$.a"}}});
    let large = failure(shared.clone(), json!({"items": [1], "a": "x".repeat(262_144 - 10)}));
    assert_eq!(large, "States.DataLimitExceeded: an item is larger than the input of an execution may be");
    let items = json!({"ItemBatcher": {"MaxItemsPerBatch": 1}});
    for (fields, input) in [(shared, json!({"items": [1], "a": nested(119)})), (items, nested(120))] {
        let too_deep = failure(fields, input);
        assert!(too_deep.ends_with("The state's data is nested deeper than 120 levels."), "{too_deep}");
    }
}

#[test]
fn an_input_that_waits_takes_no_more_than_its_text() {
    for fields in [json!({}), json!({"ItemSelector": {"all.$": "$"}}), json!({"ItemBatcher": {"MaxItemsPerBatch": 2}})]
    {
        let made = slices("JSONPath", &fields, json!([[1, 2], {"a": "\u{10d800}\\"}, 3])).concat();
        assert!(made.iter().all(|input| !input.has_tree()), "{fields}");
        assert!(made.iter().all(|input| Data::from(input.value().clone()).text() == input.text()), "{fields}");
    }
}

#[test]
fn a_batch_is_filled_over_many_slices() {
    let fields =
        json!({"ItemSelector": {"n": "{% $states.context.Map.Item.Value %}"}, "ItemBatcher": {"MaxItemsPerBatch": 2}});
    let made = slices("JSONata", &fields, json!([1, 2, 3])).concat();
    let batch =
        |items: &[i32]| Data::from(json!({"Items": items.iter().map(|n| json!({ "n": n })).collect::<Vec<_>>()}));
    assert_eq!(made, [batch(&[1, 2]), batch(&[3])]);
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

/// A Map whose items assign the list `$$.Execution.Input.t` and wait for a second.
fn assigning_items() -> Value {
    json!({"Type": "Map", "ItemsPath": "$.l", "ResultPath": null, "End": true,
        "ItemProcessor": {"StartAt": "P", "States": {
            "P": {"Type": "Pass", "Assign": {"z.$": "$$.Execution.Input.t"}, "Next": "W"},
            "W": {"Type": "Wait", "Seconds": 1, "End": true}}}})
}

/// A step, and all turns after it.
fn through(run: &mut Run, mut effects: Vec<Effect>, now: Duration) -> Vec<Effect> {
    let mut all = Vec::new();
    while effects.contains(&Effect::Continue) {
        effects.retain(|effect| *effect != Effect::Continue);
        all.append(&mut effects);
        effects = run.step(Happening::Continue, now);
    }
    all.append(&mut effects);
    all
}

#[test]
fn variables_of_all_branches_together_are_bounded_and_given_back_at_their_ends() {
    let (now, later) = (Duration::from_secs(1_000), Duration::from_secs(1_001));
    let input = |items: usize| json!({"l": vec![1; items], "t": vec![1; 10_000]});
    let each = 10_000 * (size_of::<Value>() + "1,".len());

    let (mut run, effects) = one_state("JSONPath", &assigning_items(), input(20));
    let waits = through(&mut run, effects, now);
    assert_eq!(waits.len(), 20);
    let mut held = run.held() - run.log().size();
    assert!(held > 20 * each && held < 20 * (each + 1_000), "{held}");
    for wait in waits {
        let Effect::Timer(timer, _) = wait else { panic!("{wait:?}") };
        run.step(Happening::Timer(timer), later);
        let left = run.held() - run.log().size();
        assert!(held - left > each, "an item that ends gives back what it held: {left} of {held}");
        held = left;
    }
    assert!(matches!(run.outcome(), Some(Outcome::Succeeded(_))));
    assert_eq!(run.held(), run.log().size());

    let (mut run, effects) = one_state("JSONPath", &assigning_items(), input(1_000));
    let effects = through(&mut run, effects, now);
    let Some(Outcome::Failed(failure)) = run.outcome() else { panic!("{:?}", run.outcome()) };
    assert!(
        failure.cause.as_ref().is_some_and(|cause| cause.contains("variables of all branches are larger")),
        "{failure:?}"
    );
    let waited = run.most_held() / each;
    let begun = effects.iter().filter(|effect| matches!(effect, Effect::Timer(..))).count();
    assert!(begun <= waited, "{begun} of {waited}");
    assert_eq!(run.held(), run.log().size());
}

#[test]
fn what_is_assigned_is_charged_for_what_it_is_written_as() {
    let controls = "\u{1}".repeat(43_000);
    let many: serde_json::Map<String, Value> = (0..15_000).map(|name| (format!("v{name}"), json!(1))).collect();
    let task = "arn:aws:lambda:us-east-1:123456789012:function:f";
    for (fields, least) in [
        (json!({"Type": "Pass", "Assign": {"v": controls}}), 6 * 43_000),
        (json!({"Type": "Pass", "Assign": {"v": "x".repeat(250_000)}}), 250_000),
        (json!({"Type": "Pass", "Assign": many}), 15_000 * 250),
        (json!({"Type": "Pass", "Parameters": {"v": controls}}), 6 * 43_000),
        (json!({"Type": "Pass", "Result": {"v": controls}, "ResultPath": "$.r"}), 6 * 43_000),
        (json!({"Type": "Task", "Resource": task, "Parameters": {"v": controls}}), 6 * 43_000),
    ] {
        let mut state = fields;
        state["End"] = json!(true);
        let (run, _) = one_state("JSONPath", &state, json!({}));
        assert!(run.budget.work_spent() >= least, "{} for {state:.100}", run.budget.work_spent());
    }
    for field in ["Output", "Assign"] {
        let (run, _) = one_state("JSONata", &json!({"Type": "Pass", "End": true, field: {"v": controls}}), json!({}));
        assert!(run.budget.work_spent() >= 6 * 43_000, "{} for {field}", run.budget.work_spent());
    }
}

#[test]
fn a_circle_that_assigns_lets_others_go_on() {
    let never = json!([{"Variable": "$.never", "IsPresent": true, "Next": "End"}]);
    let plan = plan(&json!({"StartAt": "A", "States": {
        "A": {"Type": "Pass", "Assign": {"v": "\u{1}".repeat(43_000)}, "Next": "C"},
        "C": {"Type": "Choice", "Choices": never, "Default": "A"},
        "End": {"Type": "Succeed"},
    }}));
    let mut run = begin(&plan, 1);
    assert_eq!(run.step(Happening::Start, Duration::from_secs(1_000)), [Effect::Continue]);
    let rounds = run.log().count() / 4;
    assert!((30..40).contains(&rounds), "10 million units are enough for 258,000 bytes so often: {rounds}");
}
