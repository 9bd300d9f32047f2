use snapbox::{assert_data_eq, file};

use super::*;
use crate::judge::{Circumstances, Extent, History, State, Subject, Threshold, Verdict};
use crate::record::{
    Answers, Class, Example, FailedAnswers, FailedWorkflows, Fate, Kind, Labelled, NameTotals, Place, Places, Series,
    Tally, Timing, Violation, WorkflowEnds,
};

/// Twelve seconds of two payloads in two stages, with some trouble in the second.
fn account() -> Account {
    let (mut tally, mut history) = (Tally::default(), History::default());
    let names = |text: &[&str]| text.iter().map(|name| (*name).to_owned()).collect();
    let payload = |name: &str, kind| Labelled { name: name.into(), kind };
    let places = Places {
        stages: names(&["ramp", "peak"]),
        payloads: vec![payload("order", Kind::Execute), payload("browser", Kind::Preflight)],
    };
    for second in 0..12_u64 {
        let stage = u16::from(second >= 6);
        let mut now = Tally::default();
        for k in 0..100_u64 {
            let (payload, class) = match k {
                0..10 => (1, Class::Allowed),
                10 if stage == 1 => (0, Class::Throttled),
                11 if second == 11 => (0, Class::Timeout),
                _ => (0, Class::Started),
            };
            let place = Place { stage, payload };
            let took = if class == Class::Timeout { 30_000_000_000 } else { (20_000 + 137 * (k * k % 97)) * 1_000 };
            for (timing, nanoseconds) in
                [(Timing::Response, took + 60_000), (Timing::Service, took), (Timing::Lag, 60_000)]
            {
                now.record(place, Series::Times(timing, Fate::Ended(class)), nanoseconds);
            }
            now.record(place, Series::Lateness, 60_000);
            if class == Class::Started {
                now.record(place, Series::Unlagged, took);
            }
            let counts = now.counts_mut(place);
            counts.sent += 1;
            counts.ended[class as usize] += 1;
            counts.http_2xx_failed += u64::from(class == Class::Throttled);
            counts.names_checked += u64::from(class == Class::Started);
        }
        history.add(second, &now);
        tally += &now;
    }
    let mut counts = tally.counts();
    counts.mismatched = 1;
    let mismatched = Example {
        violation: Violation::Mismatched,
        k: 17,
        name: "other\u{1b}[2J".into(),
        expected: "00000000-0000-4000-8000-000000000017".into(),
    };
    let mut answers = Answers::default();
    let said = "{\"message\":\"Too Many\u{1b}[2J Requests\"}".to_owned();
    answers.add_all(&[FailedAnswers {
        class: Class::Throttled,
        status: Some(429),
        count: 6,
        sample: Some(said),
        location: None,
    }]);
    let checked = counts.names_checked;
    Account {
        planned: Some(1_200),
        counts,
        by_place: tally.parts().iter().map(|part| (part.place, part.counts.clone())).collect(),
        tally,
        history,
        places,
        names: NameTotals { checked, unique: checked },
        examples: vec![mismatched],
        answers,
        workflows: Some(WorkflowEnds {
            succeeded: 1_070,
            failed: 3,
            open: 0,
            durations_ms: [(3_000, 1_000), (3_010, 70), (4_000, 3)].into(),
            failures: vec![FailedWorkflows {
                error: "States.TaskFailed".into(),
                state: "Charge".into(),
                cause: "arn:aws:states:::sns:publish has no double here".into(),
                count: 2,
            }],
        }),
        elapsed: 12_300_000_000,
        window: 12_000_000_000,
        asked: Some(101.5),
        extent: Extent::Stages,
        ..Account::default()
    }
}

fn summary(account: &Account, thresholds: &[(&str, &str)]) -> Summary {
    let identity = Identity {
        loadgen: "0.1.0".into(),
        scenario: "spike".into(),
        digest: "0123456789abcdef".into(),
        seed: 42,
        target: "https://example.invalid/prod/execute".into(),
        dns_us: None,
        embedded: false,
        simulated: None,
        closed_loop: false,
        started_at: "2026-11-01T00:00:00.000Z".into(),
        seconds: 0.0,
    };
    let thresholds: Vec<Threshold> = thresholds
        .iter()
        .map(|(metric, text)| Threshold::parse(Subject::parse(metric).unwrap(), text).unwrap())
        .collect();
    Summary::of(account, &thresholds, identity)
}

fn thresholds() -> [(&'static str, &'static str); 4] {
    [
        ("failed", "rate<0.1%"),
        ("response_time", "p(95)<800ms"),
        ("response_time", "p(99.9)<800ms"),
        ("mismatched", "count==0"),
    ]
}

fn around(colour: bool) -> ScreenContext {
    ScreenContext {
        host: "2 processors, wakes a sleeping thread late by p50 58µs p99 121µs".into(),
        directory: "runs/20261101T000000Z-spike".into(),
        page: "runs/20261101T000000Z-spike/report.html".into(),
        account: String::new(),
        repeat: "loadgen scenarios/spike.toml --url https://example.invalid/prod/execute".into(),
        colour,
    }
}

#[test]
fn the_screen_of_a_run_with_trouble() {
    let screen = screen(&summary(&account(), &thresholds()), &around(false));
    assert_data_eq!(&screen, file!["snapshots/screen.txt"].raw());
    // What has words of others in it may be longer; tables are not.
    let tables = screen.split_once("LATENCY").unwrap().1.split_once("THRESHOLDS").unwrap().0;
    assert!(tables.lines().all(|line| line.chars().count() <= 80), "{tables}");
}

#[test]
fn colours_are_all_that_colours_change() {
    let summary = summary(&account(), &thresholds());
    let coloured = screen(&summary, &around(true));
    assert!(coloured.contains("\u{1b}[31m✗\u{1b}[0m failed rate<0.1%"), "{coloured}");
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain += before;
        rest = after.split_once('m').unwrap().1;
    }
    // Trailing blanks of a painted column stay within its colour.
    let trimmed = |text: &str| text.lines().map(str::trim_end).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(trimmed(&(plain + rest)), trimmed(&screen(&summary, &around(false))));
}

#[test]
fn a_junit_report_has_no_fault_exactly_when_the_run_passes() {
    let thresholds = thresholds();
    let red = |summary: &Summary| {
        let text = junit(summary);
        assert!(text.starts_with("<?xml"), "{text}");
        text.contains("<failure") || text.contains("<error")
    };
    let calm = Circumstances::default();
    let aborted = Circumstances { aborted: true, ..calm.clone() };
    let interrupted = Circumstances { interrupted: true, ..calm.clone() };
    let unsteady = Circumstances { unsteady: Some("why".into()), ..calm.clone() };
    let mut seen = std::collections::BTreeSet::new();
    for circumstances in [calm, aborted, interrupted, unsteady] {
        for chosen in 0..1 << thresholds.len() {
            let chosen: Vec<(&str, &str)> =
                (0..).zip(&thresholds).filter(|(i, _)| chosen >> i & 1 == 1).map(|(_, t)| *t).collect();
            let account = Account { circumstances: circumstances.clone(), ..account() };
            let summary = summary(&account, &chosen);
            assert_eq!(red(&summary), summary.verdict != Verdict::Pass, "{:?}", summary.verdict);
            seen.insert(summary.verdict.as_str());
        }
    }
    let all: Vec<&str> = seen.into_iter().collect();
    assert_eq!(all, ["aborted", "fail", "inconclusive", "interrupted", "pass"]);
}

#[test]
fn hostile_names_stay_legal_in_junit() {
    let mut summary = summary(&account(), &[]);
    summary.run.target = "http://h/<&\"'>\u{0}\u{1b}".into();
    summary.thresholds = vec![crate::judge::Judged {
        metric: "response_time{payload:]]>\u{7}}".into(),
        expression: "p(99)<1s".into(),
        measured: "<b>".into(),
        state: State::Fail,
        ..summary_threshold()
    }];
    let text = junit(&summary);
    assert!(text.contains("http://h/&lt;&amp;&quot;") && text.contains("&lt;b&gt;"), "{text}");
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
}

fn summary_threshold() -> crate::judge::Judged {
    summary(&account(), &thresholds()).thresholds[0].clone()
}

#[test]
fn requests_are_sent_as_long_as_planned_and_completed_until_the_last_answer() {
    let run = Account { elapsed: 15_000_000_000, sent_until: Some(11_990_000_000), ..account() };
    let plan = summary(&run, &[]).plan;
    assert_eq!((plan.sent_per_second.to_string(), plan.completed_per_second.to_string()), ("100".into(), "80".into()));
    // A signal after eight seconds: nothing was sent from then on.
    let circumstances = Circumstances { interrupted: true, ..Circumstances::default() };
    let interrupted = Account { sent_until: Some(8_000_000_000), circumstances, ..run.clone() };
    assert_eq!(summary(&interrupted, &[]).plan.sent_per_second.to_string(), "150");
    // A queue that the plan's time did not empty.
    let queued = Account { sent_until: Some(15_000_000_000), ..run };
    assert_eq!(summary(&queued, &[]).plan.sent_per_second.to_string(), "80");
    // A closed loop sends as answers come: up to its last one, or as long as it was told to.
    let closed = Account { planned: None, elapsed: 6_000_000_000, ..account() };
    assert_eq!(summary(&closed, &[]).plan.sent_per_second.to_string(), "200");
    let timed = Account { elapsed: 40_000_000_000, ..closed };
    assert_eq!(summary(&timed, &[]).plan.sent_per_second.to_string(), "100");
}

#[test]
fn stages_and_payloads_count_the_warm_up_and_add_up_to_the_run() {
    // All of it was warm-up.
    let warm = Account { tally: Tally::default(), history: History::default(), warmup: 12, ..account() };
    let told = summary(&warm, &[]);
    assert_eq!(told.payloads.iter().map(|part| part.sent).sum::<u64>(), told.plan.sent);
    assert_eq!(told.stages.iter().map(|part| part.sent).sum::<u64>(), told.outcomes.sent);
    assert_eq!(told.stages.iter().map(|part| part.succeeded).sum::<u64>(), told.outcomes.started);
    assert!(told.stages.iter().all(|part| part.response_us.count == 0), "times leave it out");
    let screen = screen(&told, &around(false));
    let head = |name: &str| screen.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(head("STAGES").contains("   started"), "as in OUTCOMES: {}", head("STAGES"));
    assert!(head("PAYLOADS").contains(" succeeded"), "of preflights as well: {}", head("PAYLOADS"));
}

#[test]
fn what_held_requests_back_is_called_by_its_name() {
    let waiting = |series, milliseconds: u64| {
        let mut run = account();
        let place = Place::default();
        (0..100).for_each(|_| run.tally.record(place, series, milliseconds * 1_000_000));
        summary(&run, &[]).remarks
    };
    let remarks = waiting(Series::ConnectionWait, 200);
    assert_eq!(remarks.len(), 2, "{remarks:?}");
    let told = "100 of 1200 requests waited for a connection to open, p50 ~200ms max 200ms";
    assert!(remarks[1].replace('~', "").starts_with(&told.replace('~', "")), "{remarks:?}");
    assert!(remarks.iter().all(|remark| !remark.contains("max_in_flight")), "{remarks:?}");
    assert_eq!(waiting(Series::ConnectionWait, 0).len(), 1, "a moment at the start is no news");
    assert!(
        waiting(Series::RoomWait, 200)[1].starts_with("max_in_flight was reached, so 100 of 1200 requests left late")
    );
    let mut dropping = account();
    dropping.counts.dropped = 7;
    let remarks = summary(&dropping, &[]).remarks;
    assert!(remarks[1].starts_with("max_in_flight was reached, so 7 of 1207 due arrivals were dropped"), "{remarks:?}");
}

#[test]
fn an_aborted_run_says_what_was_judged_then_and_not_what_its_figures_are_now() {
    let reason = Some("failed rate<1%: 9.00% (5.00%–14.0%), after 3 s".to_owned());
    let circumstances = Circumstances { aborted: true, reason: reason.clone(), ..Circumstances::default() };
    let run = Account { circumstances, ..account() };
    let told = summary(&run, &[("failed", "rate<50%")]);
    assert_eq!((told.verdict, told.reason), (Verdict::Aborted, reason));
}
