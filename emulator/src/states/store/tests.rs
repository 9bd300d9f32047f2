use std::sync::mpsc;

use super::*;
use crate::document::json;
use crate::states::asl::load;
use crate::states::data::Data;
use crate::states::run::{ActivityDirectory, Failure, Identity, TokenSecret};

fn begin(store: &Store, name: &str) -> u64 {
    match try_to_begin(store, name) {
        Started::New(id, _) => id,
        other => panic!("{other:?}"),
    }
}

fn try_to_begin(store: &Store, name: &str) -> Started {
    let definition = r#"{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": true}}}"#;
    try_to_begin_as(store, name, definition, None, |run| run)
}

fn try_to_begin_as(
    store: &Store,
    name: &str,
    definition: &str,
    waiter: Option<Waiter>,
    equipped: impl Fn(Run) -> Run,
) -> Started {
    let document = json::parse("machine.asl.json", definition).unwrap();
    let machine = load(&document, &mut |mistake| panic!("{mistake}")).unwrap();
    let [arn, machine_name, role_arn] = ["arn", "m", "role"].map(str::to_owned);
    let plan = Arc::new(Plan {
        machine: Arc::new(machine),
        arn,
        name: machine_name,
        role_arn,
        express: false,
        switches: crate::switches::Switches::default(),
    });
    let now = Duration::from_secs(1_000);
    let start = Start { machine: 0, plan: &plan, name, express: None, trace: None, now, waiter, map_run: None };
    let run = |id| {
        let [arn, name] = ["arn", name].map(str::to_owned);
        let input = Data::parse("{}").unwrap();
        equipped(Run::new(Arc::clone(&plan), Identity { id, arn, name, input, start: now, case: None }, 1))
    };
    store.start(start, run, |_| true)
}

const ROOMY: OpenLimits = OpenLimits { executions: 100, bytes: 1 << 20 };
const TEN: Retained = Retained { executions: 10, bytes: 1 << 20 };

#[test]
fn no_more_is_open_than_may_be() {
    let (store, now) = (Store::new(TEN, OpenLimits { executions: 2, ..ROOMY }), Duration::from_secs(1_001));
    let first = begin(&store, "first");
    begin(&store, "second");
    assert!(matches!(try_to_begin(&store, "third"), Started::Full));
    assert!(matches!(try_to_begin(&store, "second"), Started::Same(_)), "a repetition starts nothing");
    store.step(first, Happening::Stop(Failure::default()), now);
    begin(&store, "third");
    let small = Store::new(TEN, OpenLimits { bytes: 100, ..ROOMY });
    let count = (0..100).take_while(|n| matches!(try_to_begin(&small, &n.to_string()), Started::New(..))).count();
    assert!((2..50).contains(&count), "{count} histories of 100 bytes in all");
    for id in 0..count as u64 {
        small.step(id << SHARD_BITS, Happening::Stop(Failure::default()), now);
    }
    assert_eq!((small.held.load(Ordering::Relaxed), small.open.load(Ordering::Relaxed)), (0, 0));
}

#[test]
fn while_a_thread_works_on_a_run_nobody_waits_for_it_and_nothing_is_lost() {
    let (store, now) = (Store::new(TEN, ROOMY), Duration::from_secs(1_001));
    let first = begin(&store, "first");
    let run = store.shard(0).running(first).unwrap().run.take().unwrap();
    let second = begin(&store, "second");
    let stop = || Happening::Stop(Failure::default());
    assert_eq!(store.step(first, stop(), now), []);
    assert_eq!(store.newest(u64::MAX, 10, |execution| Some(execution.status())).0.len(), 2);
    assert_eq!(store.step(second, stop(), now), [Effect::Finished]);
    assert_eq!(store.counters().aborted, 1);
    assert_eq!(store.work_on(first, run, Happening::Continue, now), [Effect::Finished]);
    assert_eq!(store.counters().aborted, 2);
}

#[test]
fn the_logs_of_the_ended_are_kept_within_their_bytes_and_the_oldest_go_first() {
    for executions in [10, RETAIN_FOR_SHARDS] {
        let store = Store::new(Retained { executions, bytes: 200 }, ROOMY);
        let ids: Vec<u64> = (0..60)
            .map(|number| {
                let id = begin(&store, &number.to_string());
                store.step(id, Happening::Stop(Failure::default()), Duration::from_secs(1_001 + number));
                let remembered = store.remembered.load(Ordering::Relaxed);
                assert!((1..=200).contains(&remembered), "{remembered}");
                id
            })
            .collect();
        let faded: Vec<bool> = ids.iter().filter_map(|id| store.by_id(*id, Execution::is_faded)).collect();
        assert_eq!(faded.len(), executions.min(60), "the executions themselves are kept by their number");
        assert!(faded.is_sorted_by(|older, newer| older >= newer), "{faded:?}");
        let kept = faded.iter().filter(|faded| !**faded).count();
        assert!((2..10).contains(&kept), "{kept}");
        let sum: usize = ids
            .iter()
            .filter_map(|id| {
                store.by_id(*id, |it| match &it.stage {
                    Stage::Ended { log, .. } => log.as_ref().map_or(0, crate::states::history::Written::size),
                    Stage::Running(_) => panic!("it was stopped"),
                })
            })
            .sum();
        assert_eq!(store.remembered.load(Ordering::Relaxed), sum);
    }
}

#[test]
fn what_is_forgotten_by_number_is_not_counted_in_bytes() {
    let store = Store::new(Retained { executions: 3, bytes: 1 << 20 }, ROOMY);
    let mut counted = Vec::new();
    for number in 0..20 {
        let id = begin(&store, &format!("{number:02}"));
        store.step(id, Happening::Stop(Failure::default()), Duration::from_secs(1_001));
        counted.push(store.remembered.load(Ordering::Relaxed));
    }
    assert_eq!(counted[2..], [counted[2]; 18]);
}

/// Panics when it is asked.
#[derive(Debug)]
struct Broken;

impl ActivityDirectory for Broken {
    fn has(&self, _: &str) -> bool {
        panic!("on purpose")
    }

    fn secret(&self) -> TokenSecret {
        TokenSecret::default()
    }
}

#[test]
fn a_step_that_panics_ends_its_execution_and_is_counted() {
    let store = Store::new(TEN, ROOMY);
    let definition = r#"{"StartAt": "T", "States": {"T": {"Type": "Task", "End": true,
        "Resource": "arn:aws:states:us-east-1:123456789012:activity:a"}}}"#;
    let started = try_to_begin_as(&store, "first", definition, None, |run| run.knowing(Arc::new(Broken)));
    let Started::New(id, effects) = started else { panic!("{started:?}") };
    assert_eq!(effects, [Effect::Finished]);
    let told = store.by_id(id, |execution| {
        let (_, error, cause) = execution.result();
        (execution.status(), error.map(str::to_owned), cause.map(str::to_owned))
    });
    let (status, error, cause) = told.unwrap();
    assert_eq!((status, error.as_deref()), (ExecutionStatus::Failed, Some("States.Runtime")));
    assert!(cause.is_some_and(|cause| cause.contains("panicked")));
    assert_eq!(store.panics.count(), 1);
    assert_eq!((store.held.load(Ordering::Relaxed), store.open.load(Ordering::Relaxed)), (0, 0));
    begin(&store, "second");
    assert_eq!(store.counters().running, 1);
}

#[test]
fn who_waits_for_an_end_is_told_of_a_panic_in_its_place() {
    let store = Store::new(TEN, ROOMY);
    let (told, heard) = mpsc::channel();
    let waiter = Waiter(Box::new(move |_, _, panics| {
        let cannot_be_told: fn() -> Result<(), Failure> = || panic!("an end that cannot be told");
        told.send(panics.or_broken(cannot_be_told)).unwrap();
    }));
    let definition = r#"{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}"#;
    try_to_begin_as(&store, "first", definition, Some(waiter), |run| run);
    assert_eq!((heard.recv().unwrap(), store.panics.count()), (Err(Failure::broken()), 1));
}

#[test]
fn of_map_runs_the_newest_logs_are_kept_within_their_bytes_and_the_newest_always() {
    let (store, now) = (Store::new(TEN, ROOMY), Duration::from_secs(1_001));
    let ids = ["0", "1", "2"].map(|name| begin(&store, name));
    for id in ids {
        store.step(id, Happening::Stop(Failure::default()), now);
    }
    let size = store.by_id(ids[0], |execution| execution.input().len()).unwrap();
    assert_eq!(size, 2, "{{}}");
    let mut shard = store.shard(0);
    let forgotten = ids.map(|id| shard.ended_in_map_run(id, 600, 1_000) > 0);
    assert_eq!(forgotten, [false, true, true]);
    assert_eq!(ids.map(|id| shard.get(id).unwrap().is_faded()), [true, true, false]);
}

#[test]
fn what_variables_hold_is_counted_with_the_open_executions() {
    let store = Store::new(TEN, ROOMY);
    let assigns = serde_json::json!({"StartAt": "P", "States": {
        "P": {"Type": "Pass", "Assign": {"v": vec![1; 20_000]}, "Next": "W"},
        "W": {"Type": "Wait", "Seconds": 60, "End": true},
    }});
    let Started::New(id, _) = try_to_begin_as(&store, "first", &assigns.to_string(), None, |run| run) else {
        panic!("nothing is open yet")
    };
    let held = store.held.load(Ordering::Relaxed);
    assert!(held > 20_000 * size_of::<serde_json::Value>(), "a tree takes more than its text: {held}");
    assert!(matches!(try_to_begin(&store, "second"), Started::Full));
    store.step(id, Happening::Stop(Failure::default()), Duration::from_secs(1_001));
    assert_eq!(store.held.load(Ordering::Relaxed), 0);
    begin(&store, "second");
}
