//! What variables hold, and what it takes to assign them.

use super::*;

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
