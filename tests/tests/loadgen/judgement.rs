//! Verdicts: what the data tell, what they cannot, and what ends a run.

use serde_json::{Value, json};

use super::loadgen::{Run, Scratch, output};
use super::server::{Reply, Server, answer, started, uuid};

/// A run of a scenario made of `load` and `thresholds`.
fn run(server: &Server, load: &str, thresholds: &str) -> Run {
    let scratch = Scratch::new();
    let text = format!(
        "schema = 1\nname = \"judged\"\n[load]\nexecutor = \"constant-arrival-rate\"\n{load}\n\
         [[payload]]\nname = \"p\"\njson = {{}}\n[thresholds]\n{thresholds}\n"
    );
    let path = scratch.write("judged.toml", &text);
    Run::of(&[path.to_str().unwrap(), "--url", &server.url])
}

fn state(run: &Run, expression: &str) -> Value {
    let all = run.summary["thresholds"].as_array().unwrap();
    all.iter().find(|t| t["expression"] == expression).unwrap()["state"].clone()
}

#[test]
fn what_the_data_cannot_tell_is_inconclusive_and_says_what_it_takes() {
    let server = Server::healthy();
    let load = "rate = 500\nrequests = 200";
    let asked = "response_time = [\"p(99)<10s\", \"p(95)<10s\"]\nfailed = [\"rate<1%\"]";
    let judged = run(&server, load, asked);
    assert_eq!((judged.exit, &judged.summary["verdict"]), (98, &json!("inconclusive")), "{}", judged.stdout);
    assert_eq!(state(&judged, "p(99)<10s"), "inconclusive");
    assert_eq!(state(&judged, "p(95)<10s"), "pass");
    assert_eq!(state(&judged, "rate<1%"), "inconclusive");
    // What was measured is a number all the same.
    assert!(judged.summary["response_us"]["p99"].is_u64(), "{}", judged.summary["response_us"]);
    let p99 = &judged.summary["response_us"]["intervals"]["p99"];
    assert_eq!((&p99["high"], &p99["needs"]), (&Value::Null, &json!(368)), "{p99}");
    assert!(judged.stdout.contains("  p99     ~"), "{}", judged.stdout);
    let verdict = judged.stdout.lines().find(|line| line.starts_with("INCONCLUSIVE exit 98  ")).unwrap();
    assert!(verdict.contains("no failure seen; 0 of 200 proves only <1.83%; run -n 368"), "{verdict}");
    assert!(
        judged.stderr.contains("note: 200 planned cannot show failed rate<1%: 368 needed, about -n 368"),
        "{}",
        judged.stderr
    );
    let interval = &judged.summary["response_us"]["intervals"]["p50"];
    let (low, p50) = (interval["low"].as_u64().unwrap(), judged.summary["response_us"]["p50"].as_u64().unwrap());
    assert!(low <= p50 && p50 <= interval["high"].as_u64().unwrap(), "{interval}");

    let lenient = "response_time = [{ threshold = \"p(99)<10s\", on_inconclusive = \"pass\" }]";
    let lenient = run(&server, load, lenient);
    assert_eq!(lenient.exit, 0);
    assert!(lenient.stdout.contains("~ response_time p(99)<10s (~"), "{}", lenient.stdout);
}

#[test]
fn a_class_has_response_times_of_its_own() {
    let throttled = r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#;
    let server = Server::start(move |request| {
        // Sixty arrivals later: at 300/s two hundred milliseconds, or some less where a late burst overtakes itself.
        if request.number % 2 == 0 && request.number < 100 {
            request.wait_for_later(60);
            return Reply::Bytes(answer(200, &uuid(request.number), "", throttled));
        }
        Reply::Bytes(started(&uuid(request.number)))
    });
    let asked = "\"response_time{class:throttled}\" = [\"min>50ms\"]\nresponse_time = [\"min<50ms\"]";
    let judged = run(&server, "rate = 300\nrequests = 161\narrivals = \"uniform\"", asked);
    assert_eq!(judged.exit, 0, "{}", judged.stdout);
}

#[test]
fn a_threshold_can_end_a_run_that_has_surely_failed() {
    let server = Server::start(|_| Reply::Close);
    let asked = "failed = [{ threshold = \"rate<10%\", abort_on_fail = true, delay_abort_eval = \"1s\" }]";
    let judged = run(&server, "rate = 100\nduration = \"60s\"", asked);
    assert_eq!((judged.exit, &judged.summary["verdict"]), (108, &json!("aborted")), "{}", judged.stdout);
    assert!(judged.summary["run"]["seconds"].as_f64().unwrap() < 30.0);
    let reason = judged.summary["reason"].as_str().unwrap();
    assert!(reason.starts_with("failed rate<10%: 100.00% (9"), "{reason}");
    judged.assert_conserved();
    let again = output(&["report", judged.directory.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(108));
}

#[test]
fn quick_failures_do_not_end_a_run_whose_slow_successes_are_in_flight() {
    // Every tenth request fails at once; the others are answered when more than a second's worth has come after them.
    let server = Server::start(|request| {
        if request.number % 10 == 9 {
            return Reply::Bytes(answer(500, &uuid(request.number), "", "{}"));
        }
        if request.number < 150 {
            request.wait_for_later(145);
        }
        Reply::Bytes(started(&uuid(request.number)))
    });
    let asked = "failed = [{ threshold = \"rate<30%\", abort_on_fail = true }]";
    let judged = run(&server, "rate = 100\nduration = \"3s\"\narrivals = \"uniform\"", asked);
    assert_eq!((judged.exit, &judged.summary["verdict"]), (0, &json!("pass")), "{}", judged.stdout);
    assert_eq!(judged.summary["outcomes"]["failed"], json!({ "server_error": 30 }), "{}", judged.stdout);
}

#[test]
fn a_threshold_in_a_window_ends_a_run_whose_whole_would_still_hold() {
    // Healthy for 10 s, and dead for good from then on.
    let server = Server::start(|request| match request.number {
        0..300 => Reply::Bytes(started(&uuid(request.number))),
        _ => Reply::Close,
    });
    let rule = |window: &str| format!("failed = [{{ threshold = \"rate<60%\", abort_on_fail = true{window} }}]");
    let load = "rate = 30\nduration = \"100s\"\narrivals = \"uniform\"";
    let judged = run(&server, load, &rule(", window = \"10s\""));
    assert_eq!((judged.exit, &judged.summary["verdict"]), (108, &json!("aborted")), "{}", judged.stdout);
    let seconds = judged.summary["run"]["seconds"].as_f64().unwrap();
    assert!((20.0..35.0).contains(&seconds), "after the window from 10 s to 20 s: {seconds}");
    let measured = &judged.summary["thresholds"][0]["measured"];
    assert!(measured.as_str().unwrap().starts_with("1 of 2 windows of 10s hold, 1 fail; from 10s:"), "{measured}");
    judged.assert_conserved();
    let own = std::fs::read_to_string(judged.directory.join("summary.json")).unwrap();
    let again = output(&["report", judged.directory.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(108));
    assert_eq!(std::fs::read_to_string(judged.directory.join("summary.json")).unwrap(), own);
}

#[test]
fn stages_and_payloads_have_thresholds_of_their_own() {
    let server = Server::start(|request| {
        // Twenty arrivals later: at most 300/s, more than sixty milliseconds.
        if request.body.contains("slow") && request.number < 275 {
            request.wait_for_later(20);
        }
        Reply::Bytes(started(&uuid(request.number)))
    });
    let scratch = Scratch::new();
    let scenario = |thresholds: &str| {
        let text = format!(
            "schema = 1\nname = \"tagged\"\n[load]\nexecutor = \"ramping-arrival-rate\"\nstart_rate = 100\n\
             arrivals = \"uniform\"\nstages = [{{ name = \"calm\", target = 100, duration = \"1s\" }}, \
             {{ name = \"rush\", target = 300, duration = \"1s\" }}]\n\
             [[payload]]\nname = \"quick\"\njson = {{}}\n[[payload]]\nname = \"slow\"\njson = {{ a = \"slow\" }}\n\
             [thresholds]\n{thresholds}\n"
        );
        scratch.write("tagged.toml", &text).to_str().unwrap().to_owned()
    };
    let asked = "\"response_time{payload:slow}\" = [\"med>50ms\"]\n\"response_time{payload:quick}\" = [\"min<50ms\"]\n\
                 \"started{stage:calm,payload:quick}\" = [\"count>0\", \"count<100\"]";
    let run = Run::of(&[&scenario(asked), "--url", &server.url, "--threshold", "failed{stage:rush}:count==0"]);
    assert_eq!(run.exit, 0, "{}{}", run.stdout, run.stderr);
    let names: Vec<&str> =
        run.summary["thresholds"].as_array().unwrap().iter().map(|t| t["metric"].as_str().unwrap()).collect();
    assert!(names.contains(&"started{stage:calm,payload:quick}") && names.contains(&"started"), "{names:?}");
    let own = std::fs::read_to_string(run.directory.join("summary.json")).unwrap();
    output(&["report", run.directory.to_str().unwrap()]);
    assert_eq!(std::fs::read_to_string(run.directory.join("summary.json")).unwrap(), own);

    let wrong = output(&["validate", &scenario("\"failed{stage:calmer}\" = [\"rate<1%\"]")]);
    let error = String::from_utf8(wrong.stderr).unwrap();
    assert_eq!(wrong.status.code(), Some(104), "{error}");
    assert!(error.contains("there is no stage `calmer`") && error.contains("did you mean `calm`?"), "{error}");
    let path = scenario(asked);
    let gone = output(&[&path, "--url", &server.url, "--closed", "2", "-n", "5"]);
    assert_eq!(gone.status.code(), Some(2), "an override may take the stages away");
}

#[test]
fn a_warm_up_is_sent_and_counted_but_not_timed() {
    let server = Server::start(|request| {
        if request.number == 0 {
            // Seventy-five arrivals later: 750 ms, within the first second.
            request.wait_for_later(75);
        }
        Reply::Bytes(started(&uuid(request.number)))
    });
    let load = "rate = 100\nrequests = 250\narrivals = \"uniform\"\nwarmup = \"1s\"";
    let judged = run(&server, load, "response_time = [\"max<600ms\"]");
    assert_eq!(judged.exit, 0, "{}", judged.stdout);
    assert_eq!(judged.summary["warmup_seconds"], 1);
    assert_eq!(judged.summary["outcomes"]["started"], 250);
    let timed = judged.summary["response_us"]["count"].as_u64().unwrap();
    assert!((50..200).contains(&timed), "{timed}");
    let own = std::fs::read_to_string(judged.directory.join("summary.json")).unwrap();
    output(&["report", judged.directory.to_str().unwrap()]);
    assert_eq!(std::fs::read_to_string(judged.directory.join("summary.json")).unwrap(), own);
}

#[test]
fn an_automatic_warm_up_refuses_a_run_that_is_too_short_to_tell() {
    let server = Server::healthy();
    let judged = run(&server, "rate = 200\nrequests = 100\nwarmup = \"auto\"", "started = [\"count>0\"]");
    assert_eq!(judged.exit, 98, "{}", judged.stdout);
    assert!(judged.stdout.contains("needs 50 seconds with answers"), "{}", judged.stdout);
    assert_eq!(judged.summary["warmup_seconds"], 0);
}

#[test]
fn terms_that_mean_nothing_are_shown_where_they_stand() {
    for (wrong, message) in [
        ("failed = [{ threshold = \"rate<1%\", confidence = 95 }]", "lies between 0.5 and 0.9999"),
        ("failed = [{ threshold = \"rate<1%\", abort = true }]", "unknown key `abort`"),
        ("failed = [{ threshold = \"rate<1%\", on_inconclusive = \"maybe\" }]", "not the string \"maybe\""),
        ("failed = [7]", "a condition such as"),
    ] {
        let scratch = Scratch::new();
        let text = format!(
            "schema = 1\nname = \"x\"\n[load]\nexecutor = \"closed\"\nclients = 1\nrequests = 1\n\
             [[payload]]\nname = \"p\"\njson = {{}}\n[thresholds]\n{wrong}\n"
        );
        let ended = output(&["validate", scratch.write("x.toml", &text).to_str().unwrap()]);
        let error = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(104), "{error}");
        assert!(error.contains(message) && error.contains("x.toml:11:"), "{error}");
    }
}

#[test]
fn a_wrong_url_reads_as_its_status_and_what_was_answered() {
    let said = r#"{"message":"Missing Authentication Token","you sent":"hunter2-token"}"#;
    let server = Server::start(move |request| Reply::Bytes(answer(404, &uuid(request.number), "", said)));
    let run = Run::of(&["--rps", "500", "-n", "20", "--url", &server.url, "-H", "x-token: hunter2-token"]);
    assert_eq!(run.exit, 99, "{}", run.stdout);
    assert!(run.stdout.contains("HTTP 404 20 "), "{}", run.stdout);
    assert!(
        run.stdout.contains(r#"{"message":"Missing Authentication Token","you sent":"[secret]"}"#),
        "{}",
        run.stdout
    );
    let failures = &run.summary["failures"][0];
    assert_eq!((&failures["statuses"]["404"], &failures["sample"]["status"]), (&json!(20), &json!(404)), "{failures}");
    let told = |name: &str| std::fs::read_to_string(run.directory.join(name)).unwrap();
    for file in ["summary.json", "counters.jsonl", "report.html", "junit.xml", "manifest.json"] {
        assert!(!told(file).contains("hunter2"), "{file} holds a secret");
    }
    assert!(told("report.html").contains("Missing Authentication Token"));
}

#[test]
fn a_full_run_says_that_it_was_full_and_what_to_do() {
    // All are due within three milliseconds, and one is in flight at a time.
    let server = Server::healthy();
    let run = run(&server, "rate = 100000\nrequests = 300\nmax_in_flight = 1", "started = [\"count>0\"]");
    assert!(run.summary["room_wait_us"]["count"].as_u64().unwrap() > 50, "{}", run.stdout);
    assert!(run.stdout.contains("max_in_flight was reached, so "), "{}", run.stdout);
    assert!(run.stdout.contains("raise it (-c), or lower the rate"), "{}", run.stdout.replace("\n             ", " "));
    assert!(run.summary["lateness_us"]["p50"].as_u64() < run.summary["schedule_lag_us"]["p50"].as_u64());
}
