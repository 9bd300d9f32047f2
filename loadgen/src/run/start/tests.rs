use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant as Moment};

use super::*;
use crate::archive::tests::Folder;
use crate::exit::Exit;
use crate::shard::{Scheduler, Shard};

fn party(index: u32, count: u32, seed: u64) -> Party {
    let placement =
        Placement { shard: Shard::new(index, count).unwrap(), attempt: 0, numbered: false, by: Scheduler::Argument };
    Party { digest: "d".into(), seed, placement: Some(placement), window: 1_000_000_000 }
}

fn beginning(folder: &Folder, lead: u64, timeout: u64) -> Beginning {
    Beginning {
        at: Some(Instant::After(Duration::from_millis(lead))),
        barrier: Some(folder.path().into()),
        barrier_timeout: Duration::from_millis(timeout),
        late: Late::Skip,
    }
}

fn words(refusal: Mistake) -> String {
    refusal.message
}

const GO_ON: &dyn Fn() -> bool = &|| false;

#[test]
fn all_shards_get_the_same_instant_and_it_lies_ahead_of_each() {
    let folder = Folder::new("barrier");
    let beginning = beginning(&folder, 30_000, 20_000);
    let starts: Vec<Start> = thread::scope(|scope| {
        let shards: Vec<_> = (0..5)
            .map(|index| {
                scope.spawn({
                    let b = &beginning;
                    move || b.agree(&party(index, 5, 7), GO_ON).unwrap()
                })
            })
            .collect();
        shards.into_iter().map(|shard| shard.join().unwrap()).collect()
    });
    assert!(starts.iter().all(|start| start.agreed == starts[0].agreed && start.late_us == 0), "{starts:?}");
    assert!(starts[0].agreed.unwrap() > Timestamp::now());
    // The twin of a shard that is started anew gets the instant that the others had.
    let mut twin = party(3, 5, 7);
    twin.placement.as_mut().unwrap().attempt = 1;
    assert_eq!(beginning.agree(&twin, GO_ON).unwrap().agreed, starts[0].agreed);
}

#[test]
fn a_barrier_names_the_shards_that_did_not_come() {
    let folder = Folder::new("absent");
    let refusal = words(beginning(&folder, 0, 1).agree(&party(1, 4, 7), GO_ON).unwrap_err());
    assert!(refusal.contains("3 of 4 shards") && refusal.contains(": 0, 2, 3;"), "{refusal}");
    assert!(!folder.path().join("ready-001.json").exists(), "it is not there any more");
}

#[test]
fn shards_of_another_load_are_refused() {
    let folder = Folder::new("foreign");
    let alone = beginning(&folder, 60_000, 20_000);
    alone.agree(&party(0, 1, 7), GO_ON).unwrap();
    for other in [party(0, 1, 8), party(0, 2, 7)] {
        let refusal = words(alone.agree(&other, GO_ON).unwrap_err());
        assert!(refusal.contains("fresh folder"), "{refusal}");
    }
}

#[test]
fn a_signal_ends_the_wait() {
    let folder = Folder::new("signal");
    let stop = AtomicBool::new(true);
    let refusal = beginning(&folder, 0, 60_000).agree(&party(0, 2, 7), &|| stop.load(Ordering::Relaxed)).unwrap_err();
    assert_eq!(refusal.exit, Exit::Interrupted);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_late_shard_is_told_to_skip_or_to_fail_and_to_stay_away_when_all_is_over() {
    let ago = |milliseconds| Some(Instant::At(Timestamp::now() - SignedDuration::from_millis(milliseconds)));
    let skip = Beginning { at: ago(300), ..Beginning::default() };
    let start = skip.agree(&party(0, 1, 7), GO_ON).unwrap();
    assert!(start.late_us >= 300_000, "{start:?}");
    let (origin, missed) = start.wait(GO_ON).unwrap();
    assert!(missed >= 300_000_000 && monotonic() >= origin + missed);
    let fail = Beginning { late: Late::Fail, ..skip };
    assert!(words(fail.agree(&party(0, 1, 7), GO_ON).unwrap_err()).contains("--late fail"));
    let over = Beginning { at: ago(1_000), ..Beginning::default() };
    assert!(words(over.agree(&party(0, 1, 7), GO_ON).unwrap_err()).contains("over by now"));
}

#[test]
fn a_run_waits_until_shortly_before_the_agreed_instant() {
    let at = Timestamp::now() + SignedDuration::from_millis(120);
    let begun = Moment::now();
    let (origin, missed) = Start { agreed: Some(at), ..Start::default() }.wait(GO_ON).unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(90));
    // A machine that is held up past the instant has missed some of it; on any other it lies ahead.
    assert!(missed > 0 || origin + 1_000_000 >= monotonic());
}

#[test]
fn instants_are_written_as_time_stamps_or_as_distances() {
    assert_eq!("+1m30s".parse(), Ok(Instant::After(Duration::from_secs(90))));
    assert_eq!("2026-11-25T18:00:00Z".parse::<Instant>(), Ok(Instant::At("2026-11-25T18:00:00Z".parse().unwrap())));
    assert!("noon".parse::<Instant>().unwrap_err().message.contains("+60s"));
}
