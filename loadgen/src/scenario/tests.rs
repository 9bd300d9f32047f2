use super::*;
use crate::json::JsonFormat as _;

const BASIC: &str = include_str!("../../../scenarios/basic.toml");

fn parse(source: &str) -> Result<Scenario, Diagnostic> {
    let open = |path: &str| match path {
        "arrivals.txt" => Ok("# recorded\n0.5\n0.25\n".to_owned()),
        _ => Err(std::io::ErrorKind::NotFound.into()),
    };
    let data = |path: &str| -> std::io::Result<Box<dyn Source>> {
        match path {
            "users.csv" => Ok(Box::new(b"id,name\n1,a\n2,b\n3,c\n".to_vec())),
            _ => Err(std::io::ErrorKind::NotFound.into()),
        }
    };
    let variable = |name: &str| (name == "SET").then(|| "value".to_owned());
    Scenario::parse("x.toml", source, &Outside { open: &open, data: &data, variable })
}

fn with_load(load: &str) -> String {
    format!("schema = 1\nname = \"x\"\n[load]\n{load}\n[[payload]]\nname = \"p\"\njson = {{}}\n")
}

fn stage(name: &str, target: f64, seconds: u64) -> Stage {
    Stage { name: name.into(), target, duration: Duration::from_secs(seconds) }
}

#[test]
fn the_basic_scenario_has_the_documented_values() {
    let scenario = parse(BASIC).unwrap();
    assert_eq!((scenario.name.as_str(), scenario.seed), ("basic", 42));
    assert_eq!(scenario.load.profile, Profile::Constant { rate: 20.0, duration: Some(Duration::from_secs(30)) });
    assert_eq!(scenario.target.timeout, Duration::from_secs(30));
    assert_eq!(scenario.thresholds.len(), 1);
}

#[test]
fn an_unknown_key_is_shown_where_it_stands_with_the_nearest_one() {
    let error = parse(&BASIC.replace("max_in_flight", "max_inflight")).unwrap_err();
    let expected = "\
unknown key `max_inflight`
  --> x.toml:17:1
   |
17 | max_inflight = 1000
   | ^^^^^^^^^^^^
   = help: did you mean `max_in_flight`?";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn every_mistake_is_shown_where_it_stands() {
    let constant = "executor = \"constant-arrival-rate\"\n";
    for (source, line, column, message) in [
        (BASIC.replace("\"30s\"\narrivals", "\"30\"\narrivals"), 15, 12, "is not a duration"),
        (BASIC.replace("rate = 20", "rate = -1"), 14, 8, "a rate lies between"),
        (BASIC.replace("\"poisson\"", "\"poison\""), 16, 12, "unknown value \"poison\""),
        (BASIC.replace("schema = 1", "schema = 2"), 4, 10, "this loadgen reads schema = 1"),
        (BASIC.replace("uuid()", "uid()"), 23, 22, "unknown function `uid`"),
        (BASIC.replace("rate<1%", "rat<1%"), 27, 11, "is not a condition"),
        (BASIC.replace("failed =", "faild ="), 27, 1, "unknown metric `faild`"),
        (BASIC.replace("seed = 42", "seed = "), 6, 8, ""),
        (BASIC.replace("\"basic\"", "\"a/b\""), 5, 8, "becomes part of a directory's name"),
        (
            BASIC.replace("\"30s\"\narrivals", "30\narrivals"),
            15,
            12,
            "expected a duration with its unit such as \"30s\", not the integer",
        ),
        (
            with_load("executor = \"closed\"\nrequests = -1"),
            5,
            12,
            "expected a whole number from 0, not the integer `-1`",
        ),
        (
            with_load("executor = \"closed\"\nclients = \"many\""),
            5,
            11,
            "expected a whole number from 0, not the string",
        ),
        (with_load("executor = \"closed\"\nrequests = 1\nclients = 0"), 6, 1, "clients lies between 1 and"),
        (
            with_load("executor = \"closed\"\nrequests = 1\nclients = 2\nmax_in_flight = 1"),
            7,
            1,
            "`max_in_flight` belongs to another executor",
        ),
        (
            with_load("executor = \"trace\"\nfile = \"arrivals.txt\"\narrivals = \"uniform\""),
            6,
            1,
            "`arrivals` belongs to another executor",
        ),
        (
            with_load("executor = \"closed\"\nrequests = 1\nclients = 1\nmax_in_flight = 0"),
            7,
            1,
            "max_in_flight lies between",
        ),
        (with_load(&format!("{constant}rate = 5")), 3, 1, "this executor needs `duration`"),
        (
            with_load(&format!("{constant}rate = 5\nduration = \"1s\"\nclients = 3")),
            7,
            1,
            "belongs to another executor",
        ),
        (with_load(&format!("{constant}rate = 5\nduration = \"0s\"")), 6, 12, "is zero"),
        (with_load(&format!("{constant}rate = 1e300\nduration = \"1s\"")), 5, 8, "per second, not at 1e300"),
        (with_load(&format!("{constant}rate = 1e-300\nduration = \"1s\"")), 5, 8, "less than one request in 30 days"),
        (with_load(&format!("{constant}rate = 5\nrequests = 0")), 6, 1, "at least 1 request"),
        (
            with_load(&format!("{constant}rate = 5\nrequests = 9\nbursts = [{{ at = \"0s\", count = 0 }}]")),
            7,
            1,
            "at least 1 arrival",
        ),
        (BASIC.replace("\"30s\"\n\n", "\"0s\"\n\n"), 10, 11, "is zero"),
        (BASIC.replace("timeout = \"30s\"", "connect_timeout = \"0s\"\nmax_executions = 0"), 10, 19, "is zero"),
        (BASIC.replace("timeout = \"30s\"", "max_executions = 0"), 10, 18, "at least 1 execution"),
        (with_load("executor = \"trace\"\nfile = \"absent.txt\""), 5, 8, "cannot read `absent.txt`"),
        (
            with_load("executor = \"ramping-arrival-rate\"\nstages = [{ target = 5, duration = \"0s\" }]"),
            5,
            10,
            "no time",
        ),
    ] {
        let error = parse(&source).unwrap_err();
        assert!(error.mistake.message.contains(message), "{error}");
        assert_eq!((error.line, error.column), (line, column), "{error}");
    }
}

#[test]
fn every_executor_can_be_written() {
    let trace = parse(&with_load("executor = \"trace\"\nfile = \"arrivals.txt\"")).unwrap();
    assert_eq!(trace.load.profile, Profile::Trace { instants: vec![250_000_000, 500_000_000] });
    let closed = parse(&with_load("executor = \"closed\"\nclients = 8\nrequests = 100")).unwrap();
    assert_eq!(closed.load.profile, Profile::Closed { clients: 8, duration: None });
    let ramp = "executor = \"ramping-arrival-rate\"\nstages = [{ target = \"1k\", duration = \"10s\" }]\nbursts = [{ at = \"2s\", count = 50 }]";
    let ramp = parse(&with_load(ramp)).unwrap();
    assert_eq!(ramp.load.profile, Profile::Ramping { start_rate: 0.0, stages: vec![stage("1", 1_000.0, 10)] });
    assert_eq!(ramp.load.bursts, [(Duration::from_secs(2), 50)]);
}

#[test]
fn the_digest_covers_load_and_payloads_after_overrides_and_nothing_else() {
    let digest = |source: &str, overrides: &Overrides| {
        let mut scenario = parse(source).unwrap();
        overrides.apply(&mut scenario).unwrap();
        scenario.digest()
    };
    let none = Overrides::default();
    let basic = digest(BASIC, &none);
    assert_eq!(
        basic,
        digest(&BASIC.replace("rate<1%", "rate<2%").replace("timeout = \"30s\"", "timeout = \"9s\""), &none)
    );
    assert_eq!(
        basic,
        digest(&BASIC.replace("rate = 20", "rate = 99"), &Overrides { rate: Some(20.0), ..none.clone() })
    );
    assert_ne!(basic, digest(BASIC, &Overrides { rate: Some(50.0), ..none.clone() }));
    assert_ne!(basic, digest(&BASIC.replace("uuid()", "hex(8)"), &none));
}

#[test]
fn overrides_that_the_executor_has_no_place_for_are_refused() {
    let ramp = with_load("executor = \"ramping-arrival-rate\"\nstages = [{ target = 10, duration = \"10s\" }]");
    let refused = |overrides: Overrides| overrides.apply(&mut parse(&ramp).unwrap()).unwrap_err().message;
    assert!(refused(Overrides { rate: Some(5.0), ..Overrides::default() }).contains("--scale"));
    assert!(
        refused(Overrides { duration: Some(Duration::from_secs(1)), ..Overrides::default() }).contains("--duration")
    );
    let mut scaled = parse(&ramp).unwrap();
    Overrides { scale: Some(2.5), ..Overrides::default() }.apply(&mut scaled).unwrap();
    assert_eq!(scaled.load.profile, Profile::Ramping { start_rate: 0.0, stages: vec![stage("1", 25.0, 10)] });
}

#[test]
fn a_scaled_rate_is_one_that_a_scenario_may_ask_for() {
    let ramp = with_load("executor = \"ramping-arrival-rate\"\nstages = [{ target = 10, duration = \"10s\" }]");
    for source in [BASIC, &ramp] {
        for factor in [f64::NAN, f64::INFINITY, 1e300, 1e9, 0.0, -1.0] {
            let mut scenario = parse(source).unwrap();
            let refused = Overrides { scale: Some(factor), ..Overrides::default() }.apply(&mut scenario);
            assert!(refused.unwrap_err().message.starts_with("--scale "), "{factor}");
        }
    }
}

#[test]
fn more_requests_than_a_run_can_last_for_are_refused() {
    let asked =
        |requests| Overrides { requests: Some(requests), ..Overrides::default() }.apply(&mut parse(BASIC).unwrap());
    assert!(asked(u64::MAX).unwrap_err().message.contains("30 days at 20 per second"));
    assert_eq!(asked(20 * 30 * 86_400), Ok(()));
}

#[test]
fn a_trace_counts_from_its_start_whatever_clock_recorded_it() {
    let trace = with_load("executor = \"trace\"\nfile = \"arrivals.txt\"");
    let read = |text: &'static str| {
        let open = |_: &str| Ok(text.to_owned());
        let data = |_: &str| -> std::io::Result<Box<dyn Source>> { Err(std::io::ErrorKind::NotFound.into()) };
        Scenario::parse("x.toml", &trace, &Outside { open: &open, data: &data, variable: |_| None })
    };
    assert_eq!(read("\u{feff}0.5\n").unwrap().load.profile, Profile::Trace { instants: vec![500_000_000] });
    let epoch = read("1764180000.5\n1764180001\n").unwrap().load.profile;
    assert_eq!(epoch, Profile::Trace { instants: vec![0, 500_000_000] });
    let wrong = read("0\nsoon\n").unwrap_err();
    assert!(wrong.mistake.message.starts_with("`arrivals.txt`: line 2 is not an instant"), "{wrong}");
}

#[test]
fn a_header_takes_variables_of_the_environment_and_nothing_else() {
    let with =
        |value: &str| parse(&BASIC.replace("names = \"request-id\"", &format!("headers = {{ x-tenant = '{value}' }}")));
    let set = with(r#"a-{{ env("SET") }}-b"#).unwrap();
    assert_eq!(set.target.headers, [("x-tenant".to_owned(), "a-value-b".to_owned())]);
    for (value, says) in [
        (r#"{{ env("UNSET") }}"#, "UNSET is not set"),
        ("{{ uuid() }}", "takes env"),
        ("{% if 1 %}", "takes env"),
        ("{{ env", "without its"),
    ] {
        let error = with(value).unwrap_err();
        assert!(error.mistake.message.contains(says), "{value}: {error}");
        assert_eq!(error.line, 9, "{error}");
    }
}

#[test]
fn a_count_alone_replaces_the_duration() {
    let mut scenario = parse(BASIC).unwrap();
    Overrides { requests: Some(5_000), ..Overrides::default() }.apply(&mut scenario).unwrap();
    assert_eq!(scenario.load.profile, Profile::Constant { rate: 20.0, duration: None });
    assert_eq!(scenario.load.requests, Some(5_000));
}

#[test]
fn what_an_undecided_threshold_counts_as_is_read_by_the_words_of_the_schema() {
    let schema: serde_json::Value = serde_json::from_str(&Scenario::schema()).unwrap();
    let words = schema["$defs"]["UndecidedSchema"]["oneOf"].as_array().unwrap();
    assert_eq!(words.len(), 4);
    for word in words.iter().map(|word| word["const"].as_str().unwrap()) {
        let state =
            parse(&BASIC.replace("seed = 42", &format!("on_inconclusive = \"{word}\""))).unwrap().on_inconclusive;
        assert_eq!(Some(state), State::of_undecided(word));
    }
    let number = parse(&BASIC.replace("seed = 42", "on_inconclusive = 98")).unwrap_err();
    assert!(number.to_string().contains("\"pass\", \"fail\" or \"98\""), "{number}");
}

#[test]
fn the_committed_schemas_are_the_generated_ones() {
    // SNAPSHOTS=overwrite writes them anew.
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schema");
    for (file, generated) in [
        ("scenario.json", Scenario::schema()),
        ("summary.json", crate::report::Summary::schema()),
        ("comparison.json", crate::compare::Comparison::schema()),
    ] {
        if std::env::var("SNAPSHOTS").is_ok_and(|mode| mode == "overwrite") {
            std::fs::write(folder.join(file), &generated).unwrap();
        }
        assert_eq!(std::fs::read_to_string(folder.join(file)).unwrap_or_default(), generated, "{file} is out of date");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "(?s).{0,200}", cut in 0..BASIC.len(), insert in "[\\[\\]={}\",\n#a-z0-9. ]{0,8}") {
        let _ = parse(&text);
        let (start, end) = BASIC.split_at(cut);
        let _ = parse(&format!("{start}{insert}{end}")).map_err(|e| e.to_string());
    }
}

#[test]
fn rows_that_are_to_be_unique_have_to_suffice() {
    let source = |order: &str| {
        format!(
            "schema = 1\nname = \"x\"\n[load]\nexecutor = \"closed\"\nclients = 1\nduration = \"1s\"\n\
             [data.users]\nfile = \"users.csv\"\norder = \"{order}\"\n\
             [[payload]]\nname = \"p\"\njson = {{ id = '{{{{ data(\"users\", \"id\") }}}}', e = '{{{{ env(\"SET\") }}}}' }}\n"
        )
    };
    let unique = parse(&source("unique")).unwrap();
    assert_eq!(unique.check_rows(Some(3)), Ok(()));
    assert!(unique.check_rows(Some(4)).unwrap_err().message.contains("has 3 rows for 4 arrivals"));
    assert!(unique.check_rows(None).unwrap_err().message.contains("give -n"));
    let sequential = parse(&source("sequential")).unwrap();
    assert_eq!(sequential.check_rows(Some(4)), Ok(()));
    assert_ne!(sequential.digest(), unique.digest());
    let error = parse(&source("unique").replace("users.csv", "users.txt")).unwrap_err();
    assert_eq!((error.line, error.mistake.message.as_str()), (8, "cannot read `users.txt`: entity not found"));
}
