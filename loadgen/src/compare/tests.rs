use super::*;
use crate::report::{Account, Bounds, Identity, SettledOutcomes, Statistic};

/// A run whose percentiles are multiples of `p50` microseconds, with `failed` of 1,000 requests failed.
fn run(p50: u64, failed: u64) -> Summary {
    let identity = Identity {
        loadgen: "0.1.0".into(),
        scenario: "basic".into(),
        digest: "0123456789abcdef".into(),
        seed: 1,
        target: "http://127.0.0.1:8080/dev/execute".into(),
        embedded: false,
        simulated: None,
        closed_loop: false,
        dns_us: None,
        started_at: "2026-11-01T00:00:00Z".into(),
        seconds: 0.0,
    };
    let mut summary = Summary::of(&Account::default(), &[], identity);
    summary.started_us.p50 = Some(p50);
    summary.started_us.p90 = Some(2 * p50);
    summary.started_us.p99 = Some(4 * p50);
    summary.started_us.count = 1_000;
    for statistic in [Statistic::P50, Statistic::P90, Statistic::P99] {
        let bounds = Bounds { low: Some(p50), high: Some(5 * p50), effective: Some(1_000), needs: Some(368) };
        summary.started_us.intervals.insert(statistic, bounds);
    }
    (summary.outcomes.sent, summary.outcomes.started) = (1_000, 1_000 - failed);
    summary
}

fn runs(p50s: [u64; 5]) -> Vec<Summary> {
    p50s.map(|p50| run(p50, 0)).to_vec()
}

fn found(baseline: &[Summary], runs: &[Summary], criteria: Criteria) -> Result<Comparison, Mistake> {
    Comparison::of(baseline, runs, criteria)
}

fn conclusion(found: &Comparison, name: &str) -> Conclusion {
    found.differences.iter().find(|d| d.figure.as_str() == name).unwrap().conclusion
}

const BEFORE: [u64; 5] = [40_000, 40_300, 39_800, 40_100, 39_900];

#[test]
fn runs_compared_with_themselves_show_no_difference() {
    let same = runs(BEFORE);
    let compared = found(&same, &same, Criteria::default()).unwrap();
    for name in ["p50", "p90", "p99", "failed"] {
        assert_eq!(conclusion(&compared, name), Conclusion::Same, "{name}");
    }
    assert_eq!(conclusion(&compared, "p999"), Conclusion::NotMeasured);
    assert_eq!(compared.exit(), Exit::Pass);
}

#[test]
fn a_slower_target_is_a_regression_of_the_right_size() {
    let slower = runs(BEFORE.map(|p50| p50 + 10_000));
    let compared = found(&runs(BEFORE), &slower, Criteria::default()).unwrap();
    assert_eq!(conclusion(&compared, "p50"), Conclusion::Worse);
    assert!((compared.differences[0].shift.unwrap().by - 10_000.0).abs() < 1.0);
    assert_eq!(compared.exit(), Exit::Failed);
    let compared = found(&slower, &runs(BEFORE), Criteria::default()).unwrap();
    assert_eq!(conclusion(&compared, "p50"), Conclusion::Better);
    assert_eq!(compared.exit(), Exit::Pass);
}

#[test]
fn more_failures_are_a_regression_of_their_own() {
    let failing: Vec<Summary> = BEFORE.map(|p50| run(p50, 30)).to_vec();
    let compared = found(&runs(BEFORE), &failing, Criteria::default()).unwrap();
    assert_eq!(conclusion(&compared, "failed"), Conclusion::Worse);
    assert_eq!(conclusion(&compared, "p50"), Conclusion::Same);
}

#[test]
fn too_few_or_too_different_runs_cannot_tell() {
    let (before, after) = (runs(BEFORE), runs(BEFORE.map(|p50| p50 + 10_000)));
    let compared = found(&before[..1], &after[..1], Criteria::default()).unwrap();
    assert!(compared.differences[0].shift.unwrap().interval.is_none());
    assert_eq!(compared.exit(), Exit::Inconclusive);
    let wild = runs([20_000, 90_000, 40_000, 35_000, 60_000]);
    let compared = found(&before, &wild, Criteria::default()).unwrap();
    assert_eq!(conclusion(&compared, "p50"), Conclusion::CannotTell);
}

#[test]
fn a_lower_bound_is_no_figure_to_found() {
    let mut after = runs(BEFORE);
    after[2].started_us.at_least.push(Statistic::P99);
    let compared = found(&runs(BEFORE), &after, Criteria::default()).unwrap();
    assert_eq!(conclusion(&compared, "p99"), Conclusion::CannotTell);
    assert_eq!(compared.exit(), Exit::Inconclusive);
}

#[test]
fn what_no_run_can_tell_of_another_is_shown_and_not_judged() {
    let loose = |p50: u64| {
        let mut run = run(p50, 0);
        run.started_us.p999 = Some(9 * p50);
        let bounds = Bounds { low: Some(p50), high: None, effective: Some(1_000), needs: Some(3_688) };
        run.started_us.intervals.insert(Statistic::P999, bounds);
        run
    };
    let (before, after) = (BEFORE.map(loose).to_vec(), BEFORE.map(|p50| loose(2 * p50)).to_vec());
    let compared = found(&before, &after, Criteria::default()).unwrap();
    assert_eq!(conclusion(&compared, "p999"), Conclusion::NotJudged);
    let screen = screen(&compared);
    let line = screen.lines().find(|line| line.starts_with("  p99.9")).unwrap();
    assert!(line.contains("360ms") && line.contains("720ms") && line.contains("+100.0%"), "{line}");
    // Where some can and others cannot, nothing is concluded.
    let mut mixed = after;
    mixed[0].started_us.intervals.get_mut(&Statistic::P999).unwrap().effective = Some(4_000);
    assert_eq!(conclusion(&found(&before, &mixed, Criteria::default()).unwrap(), "p999"), Conclusion::CannotTell);
}

#[test]
fn a_run_that_says_nothing_about_the_target_is_refused() {
    let mut after = runs(BEFORE);
    after[0].verdict = Verdict::Invalid;
    let error = found(&runs(BEFORE), &after, Criteria::default()).unwrap_err().message;
    assert!(error.contains("is invalid: leave it out"), "{error}");
    assert!(found(&[], &after, Criteria::default()).is_err());
}

#[test]
fn different_loads_are_pointed_out() {
    let mut after = runs(BEFORE);
    assert_eq!(unlike(&runs(BEFORE), &after), None);
    after[1].run.digest = "fedcba9876543210".into();
    let warning = unlike(&runs(BEFORE), &after).unwrap();
    assert!(warning.contains("digests 01234567 and fedcba98"), "{warning}");
    assert!(warning.starts_with("the run of basic of 2026-11-01T00:00:00Z and the run of basic of"), "{warning}");
}

#[test]
fn the_screen_shows_size_interval_and_conclusion() {
    let slower = runs(BEFORE.map(|p50| p50 + 10_000));
    let compared = found(&runs(BEFORE), &slower, Criteria::default()).unwrap();
    let screen = screen(&compared);
    let line = screen.lines().find(|line| line.starts_with("  p50")).unwrap();
    for part in ["40.0ms", "50.0ms", "+10.0ms", "+25.0%", "WORSE", "p=0.008"] {
        assert!(line.contains(part), "{part} in {line}");
    }
    assert!(screen.contains("times up to 5%, failed requests up to 0.5 percentage points"), "{screen}");
}

#[test]
fn failures_of_a_warm_up_are_no_regression() {
    let cold = |failed| {
        let mut run = run(40_000, 90);
        run.outcomes.after_warmup = Some(SettledOutcomes { requests: 900, failed });
        run
    };
    let warm = vec![run(40_000, 0); 5];
    let compared = |failed| found(&warm, &vec![cold(failed); 5], Criteria::default()).unwrap();
    assert_eq!(conclusion(&compared(0), "failed"), Conclusion::Same);
    assert_eq!(conclusion(&compared(90), "failed"), Conclusion::Worse, "what failed afterwards counts");
}

#[test]
fn the_screen_says_how_sure_it_is_and_how_many_runs_that_takes() {
    for (level, says, runs) in
        [(0.95, "95% sure", "at least 4 a side for 95%"), (0.999, "99.9% sure", "at least 7 a side for 99.9%")]
    {
        let confidence = Confidence::new(level).unwrap();
        let compared =
            found(&runs_of_three(), &runs_of_three(), Criteria { confidence, ..Criteria::default() }).unwrap();
        let screen = screen(&compared);
        assert!(screen.contains(says) && screen.contains(runs), "{screen}");
    }
}

fn runs_of_three() -> Vec<Summary> {
    runs(BEFORE)[..3].to_vec()
}
