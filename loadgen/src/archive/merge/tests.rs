use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use proptest::prelude::*;

use super::*;
use crate::archive::tests::Folder;
use crate::archive::{Collector, Host, Start, rebuild};
use crate::exit::Exit;
use crate::judge::{Extent, Metric, Threshold, Verdict, built_in};
use crate::record::{Class, Entry, Example, Fate, Interval, Kind, Labelled, Place, Places, Series, Timing, Violation};
use crate::report::{Identity, ScreenContext, Summary};
use crate::scenario::{Names, Warmup};
use crate::schedule::Arrival;
use crate::shard::Shard;

/// What a shard recorded in a second.
#[derive(Debug, Clone)]
struct Second {
    at: u64,
    /// Milliseconds and payload of each started execution.
    times: Vec<(u64, u16)>,
    timeouts: u64,
    unsent: u64,
}

fn second() -> impl Strategy<Value = Second> {
    (0_u64..200, prop::collection::vec((1_u64..2_000, 0_u16..2), 0..12), 0_u64..3, 0_u64..3)
        .prop_map(|(at, times, timeouts, unsent)| Second { at, times, timeouts, unsent })
}

fn manifest(shard: Shard, attempt: u32, planned: u64) -> Manifest {
    let own = [
        Threshold::parse(Metric::Failed, "rate<60%").unwrap(),
        Threshold::parse(Metric::ResponseTime, "p(90)<1500ms").unwrap(),
    ];
    let thresholds = built_in(&own, &Places::default());
    let payload = |name: &str| Labelled { name: name.into(), kind: Kind::Execute };
    Manifest {
        schema: 1,
        run: Identity {
            loadgen: "0".into(),
            scenario: "test".into(),
            digest: "d".into(),
            seed: 7,
            target: "http://127.0.0.1/x".into(),
            dns_us: None,
            embedded: false,
            simulated: None,
            closed_loop: false,
            started_at: format!("2026-11-25T18:00:00.{:03}Z", shard.index()),
            seconds: 0.0,
        },
        host: Host {
            name: format!("n{}", shard.index()),
            platform: String::new(),
            kernel: String::new(),
            processors: 1,
            timer_late_us: None,
            spin_late_us: None,
        },
        shard,
        attempt,
        attempts: Vec::new(),
        start: Start::default(),
        planned: Some(planned),
        window_ns: 200_000_000_000,
        ramps: Vec::new(),
        places: Places { stages: vec!["all".into()], payloads: vec![payload("a"), payload("b")] },
        names: Names::RequestId,
        names_assumed: false,
        warmup: Warmup::None,
        scarce: None,
        asked_per_second: None,
        extent: Extent::default(),
        thresholds,
        scenario: None,
        arguments: Vec::new(),
    }
}

/// A request that ended, sent when it was due.
fn timed(interval: &mut Interval, place: Place, class: Class, nanoseconds: u64) {
    for (timing, time) in [(Timing::Response, nanoseconds), (Timing::Service, nanoseconds), (Timing::Lag, 0)] {
        interval.tally.record(place, Series::Times(timing, Fate::Ended(class)), time);
    }
}

/// A run directory as a shard leaves it, and without its end as a killed one does. Returns the run's own summary.
fn run(
    path: &Path,
    shard: Shard,
    attempt: u32,
    seconds: &[Second],
    name_of: impl Fn(u64) -> u64,
    ended: bool,
) -> Summary {
    let sent: u64 = seconds.iter().map(|s| s.times.len() as u64 + s.timeouts).sum();
    let unsent: u64 = seconds.iter().map(|s| s.unsent).sum();
    let manifest = manifest(shard, attempt, sent + unsent);
    let directory = RunDirectory::create(path, &manifest).unwrap();
    let mut collector = Collector::create(&directory, &manifest).unwrap();
    let mut fingerprint = Fingerprint::default();
    let mut k = u64::from(shard.index());
    for s in seconds {
        let mut interval = Interval { second: s.at, in_flight: s.times.len(), ..Interval::default() };
        for (milliseconds, payload) in &s.times {
            let place = Place { stage: 0, payload: *payload };
            timed(&mut interval, place, Class::Started, milliseconds * 1_000_000);
            interval.tally.record(place, Series::Unlagged, milliseconds * 1_000_000);
            let counts = interval.tally.counts_mut(place);
            counts.sent += 1;
            counts.ended[Class::Started as usize] += 1;
            counts.names_checked += 1;
            interval.names.push(Entry { id: [name_of(k), 0], k });
            if k % 5 == 0 {
                let example = Example { violation: Violation::Illegal, k, name: "x".into(), expected: String::new() };
                interval.examples.push(example);
            }
            fingerprint.add(&Arrival { k, at: s.at, seed: k, place });
            k += u64::from(shard.count());
        }
        let counts = interval.tally.counts_mut(Place::default());
        counts.sent += s.timeouts;
        counts.ended[Class::Timeout as usize] += s.timeouts;
        for _ in 0..s.timeouts {
            timed(&mut interval, Place::default(), Class::Timeout, 3_000_000_000);
        }
        interval.tally.unsent_early = s.unsent;
        collector.take(&interval, Some(1_000_000));
    }
    drop(collector);
    if !ended {
        return rebuild(&directory, &manifest).unwrap().summary;
    }
    let ending =
        Ending { elapsed_ns: 200_000_000_000, arrivals_sha256: Some(fingerprint.to_string()), ..Ending::default() };
    let run = rebuild_ended(&directory, &manifest, Ok(ending.clone())).unwrap();
    directory.write_reports(&run.summary, &page(&manifest, &run, None)).unwrap();
    directory.write_ending(&ending).unwrap();
    run.summary
}

fn shard(index: u32, count: u32) -> Shard {
    Shard::new(index, count).unwrap()
}

fn steady(seconds: u64) -> Vec<Second> {
    (0..seconds).map(|at| Second { at, times: vec![(at % 7 + 1, 0); 10], timeouts: 0, unsent: 0 }).collect()
}

fn merged(folders: &[PathBuf], output: &Path) -> Summary {
    merge(folders, output, &|| false).unwrap().1.summary
}

fn screen(summary: &Summary) -> String {
    crate::report::screen(summary, &ScreenContext::default())
}

fn refusal(folders: &[PathBuf], output: &Path) -> String {
    merge(folders, output, &|| false).unwrap_err().message
}

#[test]
fn a_merge_that_nobody_wants_any_more_leaves_nothing_behind() {
    let folder = Folder::new("merge-interrupted");
    let shards: Vec<PathBuf> = (0..2).map(|index| folder.path().join(format!("shard-{index}"))).collect();
    for (index, path) in (0..).zip(&shards) {
        run(path, shard(index, 2), 0, &steady(5), |k| k, true);
    }
    let output = folder.path().join("merged");
    // It is asked again and again: after whatever step a signal comes, nothing stays.
    for steps in 0..12 {
        let asked = std::cell::Cell::new(0);
        let stop = || {
            asked.set(asked.get() + 1);
            asked.get() > steps
        };
        assert_eq!(merge(&shards, &output, &stop).unwrap_err().exit, Exit::Interrupted, "after {steps} steps");
        assert!(!output.exists(), "after {steps} steps");
    }
    merged(&shards, &output);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn merging_is_associative_and_does_not_care_for_order(
        shards in prop::collection::vec(prop::collection::vec(second(), 0..6), 2..6),
        groups in prop::collection::vec(0_usize..3, 6),
        names in 1_u64..60,
        backwards: bool,
    ) {
        let folder = Folder::new("associative");
        let count = u32::try_from(shards.len()).unwrap();
        let mut paths: Vec<PathBuf> = Vec::new();
        for (index, seconds) in (0..).zip(&shards) {
            let mut seconds = seconds.clone();
            seconds.sort_by_key(|s| s.at);
            let path = folder.path().join(format!("shard-{index}"));
            run(&path, shard(index, count), 0, &seconds, |k| k % names, true);
            paths.push(path);
        }
        let whole = merged(&paths, &folder.path().join("whole"));
        let mut by_group: BTreeMap<usize, Vec<PathBuf>> = BTreeMap::new();
        for (path, group) in paths.iter().zip(&groups) {
            by_group.entry(*group).or_default().push(path.clone());
        }
        let mut inner: Vec<PathBuf> = Vec::new();
        for (group, mut paths) in by_group {
            if backwards {
                paths.reverse();
            }
            let output = folder.path().join(format!("group-{group}"));
            merged(&paths, &output);
            inner.push(output);
        }
        if backwards {
            inner.reverse();
        }
        prop_assert_eq!(&merged(&inner, &folder.path().join("nested")), &whole);
        // What is reported of the merged directory is the same again.
        let (directory, manifest) = RunDirectory::open(&folder.path().join("nested")).unwrap();
        let again = rebuild(&directory, &manifest).unwrap();
        prop_assert_eq!(&again.summary, &whole);
        let written = fs::read_to_string(directory.file("report.html")).unwrap();
        prop_assert!(written == page(&manifest, &again, None), "the rebuilt page is another one");
        // Every name is one of a set.
        let started: Vec<u64> = (0..).zip(&shards).flat_map(|(index, seconds)| {
            let own: usize = seconds.iter().map(|s| s.times.len()).sum();
            (0..own as u64).map(move |i| index + i * u64::from(count))
        }).collect();
        let distinct: BTreeSet<u64> = started.iter().map(|k| k % names).collect();
        prop_assert_eq!((whole.names.checked, whole.names.unique), (started.len() as u64, distinct.len() as u64));
        prop_assert_eq!(whole.outcomes.started, started.len() as u64);
        prop_assert_eq!(whole.plan.planned, whole.plan.sent + whole.plan.dropped + whole.plan.unsent);
    }

    #[test]
    fn merging_one_run_gives_its_own_report(seconds in prop::collection::vec(second(), 1..8)) {
        let folder = Folder::new("one");
        let mut seconds = seconds;
        seconds.sort_by_key(|s| s.at);
        let own = run(&folder.path().join("run"), Shard::WHOLE, 0, &seconds, |k| k, true);
        merged(&[folder.path().join("run")], &folder.path().join("merged"));
        let text = |run: &str| fs::read_to_string(folder.path().join(run).join("summary.json")).unwrap();
        prop_assert_eq!(text("run"), text("merged"));
        prop_assert_eq!(own.shards, None);
    }
}

#[test]
fn planted_duplicates_across_shards_are_found_all_of_them() {
    let folder = Folder::new("planted");
    // Shard i sends the arrivals i, i + 4, …: 300 each. Every 17th arrival gets the name of the one before, which another
    // shard sent.
    for index in 0..4 {
        let name_of = |k: u64| if k % 17 == 16 { k - 1 } else { k };
        run(&folder.path().join(format!("shard-{index}")), shard(index, 4), 0, &steady(30), name_of, true);
    }
    let summary = merged(&[folder.path().into()], &folder.path().join("merged"));
    let planted = (0..1_200).filter(|k| k % 17 == 16).count() as u64;
    assert_eq!((summary.names.checked, summary.names.duplicates), (1_200, planted));
    assert_eq!(summary.verdict, Verdict::Fail, "duplicates are judged on the whole");
    for index in 0..4 {
        let (directory, _) = RunDirectory::open(&folder.path().join(format!("shard-{index}"))).unwrap();
        assert_eq!(directory.names().unwrap().names.duplicates(), 0, "no shard alone could have seen one");
    }
    let example = summary.names.examples.iter().find(|e| e.violation == Violation::Duplicate).unwrap();
    assert_eq!(example.expected, (example.k - 1).to_string());
}

#[test]
fn a_missing_and_a_torn_shard_make_the_report_partial() {
    let folder = Folder::new("partial");
    run(&folder.path().join("shard-0"), shard(0, 4), 0, &steady(10), |k| k, true);
    run(&folder.path().join("shard-2"), shard(2, 4), 0, &steady(6), |k| k, false);
    run(&folder.path().join("shard-3"), shard(3, 4), 0, &steady(10), |k| k, true);
    let summary = merged(&[folder.path().into()], &folder.path().join("merged"));
    assert_eq!((summary.verdict, summary.exit_code), (Verdict::Partial, 96));
    assert_eq!(summary.reason.as_deref(), Some("shard 1 missing, shard 2 broke off"));
    let shards = summary.shards.as_ref().unwrap();
    assert_eq!((shards.complete, shards.of, shards.missing.as_slice()), (2, 4, &[1][..]));
    assert_eq!(summary.outcomes.started, 260, "what the torn shard had written down by then counts");
    let screen = screen(&summary);
    assert!(screen.contains("PARTIAL 2/4 exit 96  shard 1 missing, shard 2 broke off"), "{screen}");
    assert_eq!(shards.start_spread_ms, 3);
    // The rest comes later: what is merged already is merged on.
    run(&folder.path().join("late/shard-1"), shard(1, 4), 0, &steady(10), |k| k, true);
    let summary = merged(&[folder.path().join("merged"), folder.path().join("late")], &folder.path().join("more"));
    assert_eq!(summary.reason.as_deref(), Some("shard 2 broke off"));
    assert_eq!(summary.outcomes.started, 360);
}

#[test]
fn a_requeued_shard_counts_once_and_its_twin_is_no_duplicate() {
    let folder = Folder::new("twin");
    run(&folder.path().join("shard-0"), shard(0, 2), 0, &steady(10), |k| k, true);
    // The orphan got a part of its names from a service that knows a key again, and one that another arrival has.
    let orphan = |k: u64| if k == 11 { 0 } else { k };
    run(&folder.path().join("shard-1.attempt-0"), shard(1, 2), 0, &steady(3), orphan, false);
    run(&folder.path().join("shard-1.attempt-1"), shard(1, 2), 1, &steady(10), |k| k, true);
    let summary = merged(&[folder.path().into()], &folder.path().join("merged"));
    let shards = summary.shards.as_ref().unwrap();
    let attempts: Vec<_> = shards.attempts.iter().map(|a| (a.shard, a.attempt, a.counts, a.ending, a.sent)).collect();
    assert_eq!(
        attempts,
        [
            (0, 0, true, AttemptEnding::Complete, 100),
            (1, 0, false, AttemptEnding::Torn, 30),
            (1, 1, true, AttemptEnding::Complete, 100),
        ]
    );
    assert_eq!(shards.twins, 29);
    assert_eq!(summary.outcomes.started, 200, "one attempt of each shard counts");
    assert_eq!(
        (summary.names.checked, summary.names.duplicates),
        (201, 1),
        "the endpoint gave one name to two arrivals"
    );
    let screen = screen(&summary);
    assert!(screen.contains("NOT COUNTED") && screen.contains("29 names reported by two attempts"), "{screen}");
    // Merged on, it is still known.
    let again = merged(&[folder.path().join("merged")], &folder.path().join("again"));
    assert_eq!(again, summary);
}

#[test]
fn runs_that_do_not_belong_together_are_refused_with_the_reason() {
    let folder = Folder::new("refused");
    let at = |name: &str| folder.path().join(name);
    run(&at("a"), shard(0, 2), 0, &steady(2), |k| k, true);
    run(&at("b"), shard(1, 2), 0, &steady(2), |k| k, true);
    run(&at("c"), shard(1, 3), 0, &steady(2), |k| k, true);
    assert!(refusal(&[at("a"), at("c")], &at("out")).contains("number of shards"));
    assert!(refusal(&[at("a"), at("b"), at("a")], &at("out")).contains("name each run once"));
    merged(&[at("a"), at("b")], &at("merged"));
    assert!(refusal(&[at("merged"), at("b")], &at("out")).contains("cannot be taken apart"));
    let text = fs::read_to_string(at("b").join("manifest.json")).unwrap();
    fs::write(at("b").join("manifest.json"), text.replace("\"seed\": 7", "\"seed\": 8")).unwrap();
    assert!(refusal(&[at("a"), at("b")], &at("out")).contains("manifest.json is not what the run wrote"));
    let (other, _) = RunDirectory::open(&at("b")).unwrap();
    other.write_ending(&other.ending().unwrap().unwrap()).unwrap();
    assert!(refusal(&[at("a"), at("b")], &at("out")).contains("differ in their seed"));
    fs::create_dir_all(at("empty")).unwrap();
    assert!(refusal(&[at("empty")], &at("out")).contains("holds no run"));
    assert!(refusal(&[at("a")], &at("a")).contains("holds a run already"));
}
