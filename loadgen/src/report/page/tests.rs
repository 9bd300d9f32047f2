use super::*;
use crate::judge::{Judged, State};
use crate::record::{self, Class, Counts, Example, Fate, Kind, Place, Timing, Violation};
use crate::report::{
    Account, Attempt, AttemptEnding, BinTimes, Failures, Identity, Latency, SampleAnswer, Section, Shards,
};
use crate::statistics::{CensoredTimes, TimeSeries};

const HOSTILE: &str = "</script><script>alert(1)</script><img src=x onerror=\"alert('2')\">&lt;\u{202e}";

fn identity(text: &str) -> Identity {
    Identity {
        loadgen: "0.1.0".into(),
        scenario: text.into(),
        digest: "0123456789abcdef".into(),
        seed: 1,
        target: text.into(),
        dns_us: None,
        embedded: true,
        simulated: None,
        closed_loop: false,
        started_at: text.into(),
        seconds: 0.0,
    }
}

/// Times around `median` microseconds with a long tail, the same for the same `seed`.
fn times(requests: u64, median: f64, seed: u64) -> hdrhistogram::Histogram<u64> {
    let mut histogram = hdrhistogram::Histogram::new_with_max(10_000_000, 3).unwrap();
    for k in 0..requests {
        // The golden ratio's multiples are evenly spread; what is made of them has the tail of a log-logistic law.
        let u = ((k * 7 + seed * 13) as f64 * 0.618_033_988_75 + 0.005).fract().clamp(1e-4, 0.9999);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some microseconds")]
        histogram.saturating_record((median * (u / (1.0 - u)).powf(0.35)) as u64);
    }
    histogram
}

/// A run of so many seconds, recorded every `step` of them, in which failures of several classes come and go.
fn timeline(seconds: u64, step: u64) -> (Timeline, TimeSeries, TimeSeries) {
    let mut timeline = Timeline::default();
    let (mut all, mut waits) = (times(0, 1.0, 0), times(0, 1.0, 0));
    for second in (0..seconds).step_by(usize::try_from(step).unwrap()) {
        let wave = 1.0 + 0.5 * (second as f64 / seconds as f64 * 20.0).sin();
        let (response, lag) = (times(50, 40_000.0 * wave, second), times(50, 90.0, second));
        let mut counts = Counts { sent: 50 * step, ..Counts::default() };
        counts.ended[Class::Started as usize] = 45 * step;
        for (i, class) in [Class::Throttled, Class::ServerError, Class::Timeout, Class::Reset].into_iter().enumerate() {
            counts.ended[class as usize] = if second / step % 5 == i as u64 { 5 * step } else { 0 };
        }
        timeline.add_counts(second, &counts, 3 + second % 4, Some(70_000_000 * step));
        for (timing, times) in [(Timing::Response, &response), (Timing::Lag, &lag)] {
            let series = record::Series::Times(timing, Fate::Ended(Class::Started));
            timeline.add_times(second, Place::default(), series, &BinTimes::of(times));
        }
        all.add(&response).unwrap();
        waits.add(&lag).unwrap();
    }
    timeline.add_counts(seconds - 1, &Counts::default(), 0, None);
    let series = |times| TimeSeries::new(CensoredTimes::new([times], [], 0), Vec::new());
    (timeline, series(&all), series(&waits))
}

/// The page of such a run, with `text` wherever a text comes from outside, and with everything that a page can have.
fn sample(seconds: u64, step: u64, text: &str) -> String {
    let (timeline, response, service) = timeline(seconds, step);
    let mut summary = Summary::of(&Account::default(), &[], identity(text));
    summary.warmup_seconds = seconds / 10;
    summary.response_us = Latency::of(&response);
    summary.outcomes.failed = [(text.to_owned(), 3), ("throttled".to_owned(), 7)].into();
    summary.reason = Some(text.into());
    summary.remarks = vec![format!("{text}!")];
    let sample = Some(SampleAnswer { status: 404, location: None, body: text.into() });
    summary.failures =
        vec![Failures { class: text.into(), statuses: [(404, 3), (502, 1)].into(), cause: None, sample }];
    for (measured, low, high, state) in
        [("40.0ms", 390.0, Some(430.0), State::Pass), (text, 700.0, None, State::Inconclusive)]
    {
        summary.thresholds.push(Judged {
            metric: text.into(),
            expression: "p(99)<0.8ms".into(),
            measured: measured.into(),
            limit: Some(800.0),
            low: Some(low),
            high,
            state,
            why: (state == State::Inconclusive).then(|| text.into()),
            abort_on_fail: true,
            ..Judged::default()
        });
    }
    let example = |violation| Example { violation, k: 7, name: text.into(), expected: text.into() };
    summary.names.checked = 45;
    summary.names.examples = [Violation::Mismatched, Violation::Illegal, Violation::Duplicate].map(example).into();
    let (response, service) = (Spectrum::of(&response), Spectrum::of(&service));
    let stage = |start: u64, end: u64| Ramp {
        name: text.into(),
        start_ns: seconds * start / 4 * 1_000_000_000,
        end_ns: seconds * end / 4 * 1_000_000_000,
        from: 50.0 * start as f64,
        to: 50.0 * end as f64,
    };
    let part = Section {
        name: text.into(),
        kind: Kind::Execute,
        sent: 20,
        dropped: 0,
        succeeded: 17,
        unfinished: 0,
        failed: [(text.to_owned(), 3)].into(),
        response_us: summary.response_us.clone(),
        service_us: Latency::default(),
        schedule_lag_us: Latency::default(),
    };
    (summary.stages, summary.payloads, summary.others) = (vec![part.clone(); 2], vec![part.clone(); 3], vec![part]);
    let attempt = Attempt {
        lacking: None,
        shard: 0,
        attempt: 1,
        ending: AttemptEnding::Torn,
        counts: false,
        host: text.into(),
        started_at: "2026-11-25T12:00:00.000Z".into(),
        late_us: 1_500,
        clock_error_us: None,
        planned: Some(30),
        sent: 25,
        started: 20,
        seconds: 1.0,
        sent_per_second: 25.0,
        response_p50_us: Some(40_000),
        response_p99_us: None,
        lag_p50_us: Some(40),
        lag_p99_us: Some(90),
    };
    summary.shards = Some(Shards::of(3, vec![attempt.clone(), attempt], 2));
    let baseline = Baseline {
        summary: summary.clone(),
        response: response.clone(),
        service: service.clone(),
        unlike: Some(text.into()),
    };
    page(&Page {
        summary: &summary,
        configuration: vec![(text.into(), text.into())],
        scenario: Some(text),
        timeline: &timeline,
        stages: &[stage(0, 1), stage(1, 3), stage(3, 4)],
        response,
        service,
        baseline: Some(baseline),
    })
}

/// Elements that end where they begin.
const VOID: [&str; 5] = ["meta", "link", "br", "input", "!DOCTYPE"];

/// The tags of a page in order, with their attributes, after checking that each is closed where it must be.
fn tags(html: &str) -> Vec<String> {
    let (mut open, mut tags): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let text = &rest[..at];
        assert!(!text.contains('>'), "a mark outside of tags: {text:?}");
        rest = &rest[at + 1..];
        let end = rest.find('>').expect("a tag ends");
        let (tag, after) = (&rest[..end], &rest[end + 1..]);
        assert_eq!(tag.matches('"').count() % 2, 0, "quotes are closed in {tag}");
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "what is opened last is closed first");
            continue;
        }
        let name = tag.split_whitespace().next().unwrap().trim_end_matches('/');
        tags.push(tag.to_owned());
        // What style and script hold is no markup.
        if name == "style" || name == "script" {
            let end = rest.find(&format!("</{name}>")).unwrap();
            rest = &rest[end + name.len() + 3..];
        } else if !tag.ends_with('/') && !VOID.contains(&name) {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
    tags
}

#[test]
fn the_page_is_well_formed_and_has_every_section_and_plot() {
    let html = sample(60, 1, "basic");
    let tags = tags(&html);
    let ids: Vec<&str> = tags.iter().filter_map(|tag| tag.split(" id=\"").nth(1)?.split('"').next()).collect();
    let sections = [
        "verdict",
        "thresholds",
        "load",
        "latency",
        "spectrum",
        "heat-map",
        "errors",
        "generator",
        "parts",
        "shards",
        "names",
        "comparison",
    ];
    let plots = ["rates", "in-flight", "latency", "spectrum", "heat-map", "errors", "lag", "processor"];
    for id in sections.iter().map(|id| (*id).to_owned()).chain(plots.map(|id| format!("plot-{id}"))) {
        assert_eq!(ids.iter().filter(|found| **found == id).count(), 1, "{id}");
    }
    for section in sections {
        assert!(html.contains(&format!("<a href=\"#{section}\">")), "{section} is linked");
    }
    let figures = html.matches("<figure").count();
    assert_eq!(figures, plots.len());
    for figure in html.split("<figure").skip(1) {
        let figure = figure.split("</figure>").next().unwrap();
        assert!(figure.contains("<table") && figure.contains("<tbody>\n<tr>"), "a table stands behind every plot");
        assert!(
            figure.contains("role=\"img\" aria-label=\"") && figure.contains("<path class="),
            "every plot is drawn and named"
        );
    }
    assert!(!html.contains("NaN") && !html.contains("inf"), "only numbers are drawn");
}

#[test]
fn hostile_texts_are_inert() {
    let (plain, hostile) = (sample(60, 1, "basic"), sample(60, 1, HOSTILE));
    let elements = |html: &str| {
        let names = tags(html).into_iter().map(|tag| tag.split_whitespace().next().unwrap_or_default().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(elements(&hostile), elements(&plain), "no text adds an element");
    for tag in tags(&hostile) {
        let attributes: String = tag.split('"').step_by(2).collect();
        assert!(!attributes.contains(" on") && !attributes.contains(" style="), "a handler or a style: {tag}");
    }
    assert!(!hostile.contains('\u{202e}'), "nothing turns the text around");
    assert_eq!(hostile.matches("<script>").count(), 1);
}

#[test]
fn the_page_asks_for_nothing_and_its_policy_forbids_it() {
    let html = sample(60, 1, "basic");
    assert!(html.contains("content=\"default-src 'none'; style-src 'sha256-"), "a policy");
    for tag in tags(&html) {
        let addresses =
            [" src=", " href=", " action=", " srcset=", "url("].iter().filter_map(|name| tag.split(name).nth(1));
        for address in addresses {
            assert!(address.starts_with("\"#") || address.starts_with("\"data:,\""), "{tag}");
        }
    }
    let style = include_str!("style.css");
    assert!(!style.contains("url(") && !style.contains("@import"));
    let script = include_str!("script.js");
    assert!(["fetch", "XMLHttp", "import", "innerHTML", "eval", "http"].iter().all(|word| !script.contains(word)));
}

#[test]
fn the_page_of_a_day_stays_under_three_megabytes() {
    let html = sample(86_400, 128, "soak");
    assert!(html.len() < 3_000_000, "{} bytes", html.len());
    assert!(html.contains("24:00") || html.contains("22:00"), "the axis is in hours");
}

#[test]
fn a_run_that_recorded_nothing_has_a_page() {
    let summary = Summary::of(&Account::default(), &[], identity("empty"));
    let html = page(&Page {
        summary: &summary,
        configuration: Vec::new(),
        scenario: None,
        timeline: &Timeline::default(),
        stages: &[],
        response: Spectrum::default(),
        service: Spectrum::default(),
        baseline: None,
    });
    assert!(tags(&html).len() > 50 && !html.contains("<figure"));
    assert!(html.contains("ended before anything was recorded"));
}
