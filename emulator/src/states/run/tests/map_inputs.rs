//! What the executions of map runs are given.

use super::*;

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
