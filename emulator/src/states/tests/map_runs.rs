//! Distributed Map states: items out of files, executions of their own, thresholds, results in files.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::doubles::Doubles;
use crate::switches::{Switch, Switches};

/// A folder that is gone with the test.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let path = std::env::temp_dir().join(format!("stepgate-map-{name}-{}", std::process::id()));
        for (key, text) in files {
            let file = path.join(key);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        Self(path)
    }

    pub(super) fn json(&self, key: &str) -> Value {
        serde_json::from_str(&fs::read_to_string(self.0.join(key)).unwrap()).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A distributed Map state whose processor has one state; `fields` are added.
#[expect(clippy::needless_pass_by_value, reason = "fields are written down where they are used")]
pub(super) fn map(state: &Value, fields: Value) -> Value {
    let mut map = json!({
        "Type": "Map", "End": true, "Label": "Each",
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "One", "States": {"One": state},
        },
    });
    for (name, value) in fields.as_object().unwrap() {
        map[name] = value.clone();
    }
    json!({"StartAt": "MapState", "States": {"MapState": map}})
}

pub(super) fn pass() -> Value {
    json!({"Type": "Pass", "End": true})
}

/// Fails for `true`, passes anything else on.
fn fails_for_true() -> Value {
    json!({
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Which",
        "States": {
            "Which": {"Type": "Choice", "Default": "Good",
                "Choices": [{"Variable": "$.fail", "BooleanEquals": true, "Next": "Bad"}]},
            "Bad": {"Type": "Fail", "Error": "Broken", "Cause": "as told"},
            "Good": {"Type": "Pass", "End": true},
        },
    })
}

pub(super) fn service(definition: &Value, folder: Option<&Folder>) -> Arc<StepFunctions> {
    switched(definition, folder, Switches::default())
}

fn switched(definition: &Value, folder: Option<&Folder>, switches: Switches) -> Arc<StepFunctions> {
    let deployed = deployment(&definition.to_string(), MachineKind::Standard);
    let mut doubles = Doubles::default();
    if let Some(folder) = folder {
        doubles = doubles.bucket(Some("data".to_owned()), &folder.0);
    }
    let options = StatesOptions { doubles, switches, seed: 7, ..StatesOptions::default() };
    StepFunctions::new(&deployed, virtual_clock(), options).unwrap()
}

/// Starts an execution and waits for its end.
pub(super) fn end_of(states: &StepFunctions, input: &Value) -> Value {
    start(states, "name", &input.to_string());
    loop {
        let described = describe(states, "name");
        if described["status"] != "RUNNING" {
            return described;
        }
        std::thread::yield_now();
    }
}

pub(super) fn output(described: &Value) -> Value {
    assert_eq!(described["status"], "SUCCEEDED", "{described:#}");
    serde_json::from_str(described["output"].as_str().unwrap()).unwrap()
}

pub(super) fn types(states: &StepFunctions) -> Vec<(String, u64)> {
    let events = events(states, "name");
    events.iter().map(|it| (it["type"].as_str().unwrap().to_owned(), it["previousEventId"].as_u64().unwrap())).collect()
}

pub(super) fn map_runs(states: &StepFunctions) -> Vec<Value> {
    let (code, listed) = call(states, "ListMapRuns", &json!({"executionArn": format!("{EXECUTION_ARN}:name")}));
    assert_eq!(code, 200, "{listed}");
    listed["mapRuns"].as_array().unwrap().clone()
}

#[test]
fn the_history_of_a_map_run_is_the_recorded_one() {
    let states = service(&map(&pass(), json!({})), None);
    assert_eq!(output(&end_of(&states, &json!(["Hello", "World"]))), json!(["Hello", "World"]));
    let expected = [
        ("ExecutionStarted", 0),
        ("MapStateEntered", 0),
        ("MapStateStarted", 2),
        ("MapRunStarted", 3),
        ("MapRunSucceeded", 4),
        ("MapStateSucceeded", 5),
        ("MapStateExited", 4),
        ("ExecutionSucceeded", 7),
    ];
    assert_eq!(types(&states), expected.map(|(name, previous)| (name.to_owned(), previous)));
    let history = events(&states, "name");
    assert_eq!(history[2]["mapStateStartedEventDetails"]["length"], 2);
    let arn = history[3]["mapRunStartedEventDetails"]["mapRunArn"].as_str().unwrap();
    assert!(arn.starts_with("arn:aws:states:us-east-1:123456789012:mapRun:machine/Each:"), "{arn}");
}

#[test]
fn children_are_executions_of_their_own_with_a_list_of_their_own() {
    let fields = json!({"MaxConcurrency": 1, "ItemSelector": {
        "n.$": "$$.Map.Item.Value", "at.$": "$$.Map.Item.Index", "from.$": "$$.Map.Item.Source", "all.$": "$"}});
    let states = service(&map(&pass(), fields), None);
    let found = output(&end_of(&states, &json!([5, 6])));
    assert_eq!(found[1], json!({"n": 6, "at": 1, "from": "STATE_DATA", "all": [5, 6]}));
    let runs = map_runs(&states);
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0]["stateMachineArn"], format!("{MACHINE_ARN}/Each"));
    let arn = runs[0]["mapRunArn"].as_str().unwrap();
    let (_, described) = call(&states, "DescribeMapRun", &json!({"mapRunArn": arn}));
    let counts = json!({"aborted": 0, "failed": 0, "pending": 0, "resultsWritten": 2, "running": 0, "succeeded": 2,
        "timedOut": 0, "total": 2});
    assert_eq!((&described["executionCounts"], &described["itemCounts"]), (&counts, &counts));
    assert_eq!((&described["status"], &described["maxConcurrency"]), (&json!("SUCCEEDED"), &json!(1)));
    assert_eq!(described["toleratedFailurePercentage"], json!(0.0));
    let (_, listed) = call(&states, "ListExecutions", &json!({"mapRunArn": arn}));
    let rows = listed["executions"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!((&rows[0]["itemCount"], &rows[0]["mapRunArn"]), (&json!(1), &json!(arn)));
    let child = rows[1]["executionArn"].as_str().unwrap();
    assert!(child.starts_with(&format!("{EXECUTION_ARN}/Each:")), "{child}");
    let (_, described) = call(&states, "DescribeExecution", &json!({"executionArn": child}));
    assert_eq!((&described["mapRunArn"], &described["status"]), (&json!(arn), &json!("SUCCEEDED")));
    let (_, history) = call(&states, "GetExecutionHistory", &json!({"executionArn": child}));
    assert_eq!(history["events"][1]["stateEnteredEventDetails"]["name"], "One");
    // The machine's own list, its counters and the list of machines do not know them.
    let (_, own) = call(&states, "ListExecutions", &json!({"stateMachineArn": MACHINE_ARN}));
    assert_eq!(own["executions"].as_array().unwrap().len(), 1);
    assert_eq!((states.counters().started, states.executions(None, 9).len()), (1, 1));
    let (_, machines) = call(&states, "ListStateMachines", &json!({}));
    assert_eq!(machines["stateMachines"].as_array().unwrap().len(), 1);
}

#[test]
fn express_children_and_nested_map_runs_end_as_well() {
    let inner = map(&pass(), json!({}));
    let mut inner = inner["States"]["MapState"].clone();
    inner["ItemProcessor"] = json!({"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
        "StartAt": "Two", "States": {"Two": pass()}});
    let states = service(&map(&inner, json!({})), None);
    assert_eq!(output(&end_of(&states, &json!([[1, 2], [3], []]))), json!([[1, 2], [3], []]));
}

#[test]
fn items_of_every_documented_format_are_read_from_a_bucket_s_folder() {
    let folder = Folder::new(
        "formats",
        &[
            ("list.json", r#"[{"a":1},{"a":2},{"a":3}]"#),
            ("deep.json", r#"{"data":{"items":[1,2]}}"#),
            ("lines.jsonl", "{\"a\":1}\n\n{\"a\":2}\n"),
            ("rows.csv", "Col1,Col2\nValue1,\"a, b\"\n,\ntrue\nx,y,z\n"),
            ("pipes.csv", "1|2\n3|4\n"),
            ("query.csv", "\"s3://data/lines.jsonl\"\ns3://data/lines.jsonl\n"),
            (
                "inventory.json",
                r#"{"fileFormat":"CSV","fileSchema":"Bucket, Key","destinationBucket":"arn:aws:s3:::data",
                   "files":[{"key":"inventory/part.csv"}]}"#,
            ),
            ("inventory/part.csv", "\"source\",\"titles.csv\"\n"),
        ],
    );
    let read = |key: &str, config: Value| {
        let fields = json!({"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": config,
            "Parameters": {"Bucket": "data", "Key.$": "$.key"}}});
        let described = end_of(&service(&map(&pass(), fields), Some(&folder)), &json!({ "key": key }));
        match described["status"].as_str() {
            Some("SUCCEEDED") => output(&described),
            _ => json!([described["error"], described["cause"]]),
        }
    };
    let csv = |more: Value| {
        let mut config = json!({"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"});
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        config
    };
    let given = json!({"CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a", "b"], "CSVDelimiter": "PIPE"});
    for (key, config, expected) in [
        ("list.json", json!({"InputType": "JSON"}), json!([{"a": 1}, {"a": 2}, {"a": 3}])),
        ("list.json", json!({"InputType": "JSON", "MaxItems": 2}), json!([{"a": 1}, {"a": 2}])),
        ("deep.json", json!({"InputType": "JSON", "ItemsPointer": "/data/items"}), json!([1, 2])),
        ("lines.jsonl", json!({"InputType": "JSONL"}), json!([{"a": 1}, {"a": 2}])),
        (
            "rows.csv",
            csv(json!({})),
            json!([{"Col1": "Value1", "Col2": "a, b"}, {"Col1": "", "Col2": ""}, {"Col1": "true", "Col2": ""},
                {"Col1": "x", "Col2": "y"}]),
        ),
        ("rows.csv", csv(json!({"MaxItems": 1})), json!([{"Col1": "Value1", "Col2": "a, b"}])),
        ("pipes.csv", csv(given), json!([{"a": "1", "b": "2"}, {"a": "3", "b": "4"}])),
        (
            "query.csv",
            json!({"InputType": "JSONL", "ManifestType": "ATHENA_DATA"}),
            json!([{"a": 1}, {"a": 2}, {"a": 1}, {"a": 2}]),
        ),
        ("inventory.json", json!({"InputType": "MANIFEST"}), json!([{"Bucket": "source", "Key": "titles.csv"}])),
        (
            "deep.json",
            json!({"InputType": "JSON"}),
            json!(["States.ItemReaderFailed", "Attempting to map over non-iterable node."]),
        ),
        (
            "pipes.csv",
            csv(json!({"CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a", "a"]})),
            json!(["States.ItemReaderFailed", "CSV headers cannot contain duplicates."]),
        ),
    ] {
        assert_eq!(read(key, config.clone()), expected, "{key} {config}");
    }
    let gone = read("gone.json", json!({"InputType": "JSON"}));
    assert!(gone[0] == "States.ItemReaderFailed" && gone[1].as_str().unwrap().contains("gone.json"), "{gone}");
    let parquet = read("list.json", json!({"InputType": "PARQUET"}));
    assert!(parquet[1].as_str().unwrap().contains("convert it to JSONL"), "{parquet}");
}

#[test]
fn objects_are_listed_as_aws_lists_them_and_opened_where_asked() {
    let folder = Folder::new("list", &[("in/a.json", "[1,2]"), ("in/b.json", "[3]"), ("other.json", "[4]")]);
    let reader = |config: Value| {
        json!({"ItemReader": {"Resource": "arn:aws:states:::s3:listObjectsV2", "ReaderConfig": config,
            "Parameters": {"Bucket": "data", "Prefix": "in/"}}})
    };
    let states = service(&map(&pass(), reader(json!({"MaxItems": 1}))), Some(&folder));
    let listed = output(&end_of(&states, &json!({})));
    assert_eq!(listed.as_array().unwrap().len(), 1);
    let object = listed[0].as_object().unwrap();
    assert_eq!(object.keys().collect::<Vec<_>>(), ["Etag", "Key", "LastModified", "Size", "StorageClass"]);
    assert_eq!((&object["Key"], &object["Size"]), (&json!("in/a.json"), &json!(5)));
    assert_eq!(object["Etag"], format!("\"{}\"", crate::digest::digits("MD5", b"[1,2]").unwrap()));
    assert_eq!(events(&states, "name")[2]["mapStateStartedEventDetails"]["length"], 0, "recorded: not known yet");
    let states = service(
        &map(&pass(), reader(json!({"InputType": "JSON", "Transformation": "LOAD_AND_FLATTEN"}))),
        Some(&folder),
    );
    assert_eq!(output(&end_of(&states, &json!({}))), json!([1, 2, 3]));
}

#[test]
fn failures_beyond_the_threshold_fail_the_map_run_in_aws_s_words() {
    let items = json!([{"fail": true}, {"fail": false}, {"fail": true}, {"fail": false}]);
    let run = |fields: Value, input: &Value| {
        let mut fields = fields;
        fields["ItemProcessor"] = fails_for_true();
        fields["MaxConcurrency"] = json!(1);
        let states = service(&map(&pass(), fields), None);
        let described = end_of(&states, input);
        (states, described)
    };
    let (states, described) = run(json!({}), &items);
    assert_eq!(described["error"], "States.ExceedToleratedFailureThreshold");
    assert_eq!(described["cause"], "The specified tolerated failure threshold was exceeded");
    let names: Vec<String> = types(&states).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names[3..], ["MapRunStarted", "MapRunFailed", "MapStateFailed", "ExecutionFailed"]);
    let arn = map_runs(&states)[0]["mapRunArn"].clone();
    let (_, described) = call(&states, "DescribeMapRun", &json!({"mapRunArn": arn}));
    assert_eq!((&described["status"], &described["itemCounts"]["pending"]), (&json!("FAILED"), &json!(3)));

    for (fields, fails) in [
        (json!({"ToleratedFailureCount": 2}), false),
        (json!({"ToleratedFailureCount": 1}), true),
        (json!({"ToleratedFailurePercentage": 50}), false),
        (json!({"ToleratedFailurePercentage": 49.9}), true),
        (json!({"ToleratedFailureCount": 2, "ToleratedFailurePercentage": 30}), true),
    ] {
        let (_, described) = run(fields.clone(), &items);
        assert_eq!(described["status"] == "FAILED", fails, "{fields}");
        if !fails {
            let told = output(&described);
            assert_eq!((&told[0]["Status"], &told[0]["Error"]), (&json!("FAILED"), &json!("Broken")), "told whole");
            assert_eq!(told[1], json!({"fail": false}));
        }
    }
    // Recorded, one by one.
    for (field, value, why) in [
        ("ToleratedFailureCount", json!(-1), "ToleratedFailureCount cannot be negative."),
        (
            "ToleratedFailureCount",
            json!("NoNumber"),
            "The ToleratedFailureCountPath field refers to value \"NoNumber\" which is not a valid integer: $.limit",
        ),
        ("ToleratedFailurePercentage", json!(100.1), "ToleratedFailurePercentage must be between 0 and 100."),
        (
            "ToleratedFailurePercentage",
            json!({}),
            "The ToleratedFailurePercentagePath field refers to value \"{}\" which is not a valid float: $.limit",
        ),
    ] {
        let mut fields = json!({"ItemsPath": "$.items"});
        fields[format!("{field}Path")] = json!("$.limit");
        let (states, described) = run(fields, &json!({"items": [], "limit": value}));
        let cause =
            format!("An error occurred while executing the state 'MapState' (entered at the event id #2). {why}");
        assert_eq!((&described["error"], &described["cause"]), (&json!("States.Runtime"), &json!(cause)));
        assert_eq!(types(&states).last().unwrap(), &("ExecutionFailed".to_owned(), 3));
    }
}

#[test]
fn batches_are_the_inputs_of_children_and_count_their_items() {
    let fields = json!({"ItemBatcher": {"MaxItemsPerBatch": 2, "BatchInput": {"shared.$": "$.shared"}},
        "ItemsPath": "$.items", "ItemSelector": {"n.$": "$$.Map.Item.Value"}});
    let states = service(&map(&pass(), fields), None);
    let found = output(&end_of(&states, &json!({"items": [1, 2, 3], "shared": "s"})));
    let batch = |items: &[i32]| json!({"BatchInput": {"shared": "s"}, "Items": items.iter().map(|n| json!({ "n": n })).collect::<Vec<_>>()});
    assert_eq!(found, json!([batch(&[1, 2]), batch(&[3])]));
    let arn = map_runs(&states)[0]["mapRunArn"].clone();
    let (_, described) = call(&states, "DescribeMapRun", &json!({"mapRunArn": arn}));
    assert_eq!((&described["executionCounts"]["total"], &described["itemCounts"]["total"]), (&json!(2), &json!(3)));
}

#[test]
fn pairs_of_an_object_are_items_too() {
    let states =
        service(&map(&pass(), json!({"ItemSelector": {"k.$": "$$.Map.Item.Key", "v.$": "$$.Map.Item.Value"}})), None);
    assert_eq!(output(&end_of(&states, &json!({"a": 1, "b": 2}))), json!([{"k": "a", "v": 1}, {"k": "b", "v": 2}]));
    let states = service(&map(&pass(), json!({})), None);
    assert_eq!(output(&end_of(&states, &json!({"a": 1}))), json!([{"Key": "a", "Value": 1}]));
}

#[test]
fn the_names_in_pairs_and_the_ending_of_lines_are_switched() {
    let turned = |switch| Switches::default().set(switch, true);
    let selector = json!({"ItemSelector": {"k.$": "$$.Map.Item.Key", "v.$": "$$.Map.Item.Value"}});
    for (fields, expected) in [(json!({}), json!([{"key": "a", "value": 1}])), (selector, json!([{"k": "a", "v": 1}]))]
    {
        let states = switched(&map(&pass(), fields), None, turned(Switch::MapItemPairs));
        assert_eq!(output(&end_of(&states, &json!({"a": 1}))), expected);
    }
    let folder = Folder::new("lines", &[("keep", "")]);
    let writer = json!({"ResultWriter": {"Resource": "arn:aws:states:::s3:putObject",
        "WriterConfig": {"Transformation": "COMPACT", "OutputType": "JSONL"}, "Parameters": {"Bucket": "data"}}});
    for (switches, ending) in [(Switches::default(), "jsonl"), (turned(Switch::ResultLines), "json")] {
        let states = switched(&map(&pass(), writer.clone()), Some(&folder), switches);
        let told = output(&end_of(&states, &json!([1, 2])));
        let manifest = folder.json(told["ResultWriterDetails"]["Key"].as_str().unwrap());
        let key = manifest["ResultFiles"]["SUCCEEDED"][0]["Key"].as_str().unwrap();
        assert!(key.ends_with(&format!("/SUCCEEDED_0.{ending}")), "{key}");
    }
}

#[test]
fn results_are_written_to_the_bucket_s_folder_with_a_manifest() {
    let folder = Folder::new("results", &[("keep", "")]);
    let writer =
        json!({"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "data", "Prefix": "jobs"}});
    let fields = json!({"ResultWriter": writer, "ToleratedFailureCount": 1, "ItemProcessor": fails_for_true()});
    let states = service(&map(&pass(), fields), Some(&folder));
    let told = output(&end_of(&states, &json!([{"fail": false}, {"fail": true}])));
    let arn = told["MapRunArn"].as_str().unwrap();
    let id = arn.rsplit(':').next().unwrap();
    assert_eq!(told["ResultWriterDetails"], json!({"Bucket": "data", "Key": format!("jobs/{id}/manifest.json")}));
    let manifest = folder.json(&format!("jobs/{id}/manifest.json"));
    assert_eq!((&manifest["DestinationBucket"], &manifest["MapRunArn"]), (&json!("data"), &json!(arn)));
    assert_eq!(manifest["ResultFiles"]["PENDING"], json!([]));
    let file = &manifest["ResultFiles"]["SUCCEEDED"][0];
    assert_eq!(file["Key"], format!("jobs/{id}/SUCCEEDED_0.json"));
    let succeeded = folder.json(file["Key"].as_str().unwrap());
    assert_eq!(file["Size"], succeeded.to_string().len());
    assert_eq!((&succeeded[0]["Status"], &succeeded[0]["Output"]), (&json!("SUCCEEDED"), &json!("{\"fail\":false}")));
    let failed = folder.json(&format!("jobs/{id}/FAILED_0.json"));
    assert_eq!((&failed[0]["Error"], &failed[0]["Cause"]), (&json!("Broken"), &json!("as told")));
    // A map run that fails writes what there is, and what was not begun.
    let fields = json!({"ResultWriter": writer, "MaxConcurrency": 1, "ItemProcessor": fails_for_true()});
    let states = service(&map(&pass(), fields), Some(&folder));
    assert_eq!(end_of(&states, &json!([{"fail": true}, {"fail": false}]))["status"], "FAILED");
    let arn = map_runs(&states)[0]["mapRunArn"].as_str().unwrap().to_owned();
    let pending = folder.json(&format!("jobs/{}/PENDING_0.json", arn.rsplit(':').next().unwrap()));
    assert_eq!(pending[0]["Input"], "{\"fail\":false}");
    // Without a folder the state fails by name.
    let states = service(&map(&pass(), json!({"ResultWriter": writer})), None);
    let described = end_of(&states, &json!([1]));
    assert_eq!(described["error"], "States.ResultWriterFailed");
    assert!(described["cause"].as_str().unwrap().contains("--bucket data=FOLDER"), "{described}");
}

#[test]
fn results_are_transformed_as_the_writer_is_configured() {
    for (transformation, lines, expected) in [
        ("COMPACT", "JSON", json!([[1, 2], [3]])),
        ("FLATTEN", "JSON", json!([1, 2, 3])),
        ("FLATTEN", "JSONL", json!("1\n2\n3\n")),
    ] {
        let fields = json!({"ResultWriter": {"WriterConfig": {"Transformation": transformation, "OutputType": lines}}});
        let states = service(&map(&pass(), fields), None);
        assert_eq!(output(&end_of(&states, &json!([[1, 2], [3]]))), expected, "{transformation} {lines}");
    }
    let states = service(&map(&pass(), json!({"ResultWriter": {"WriterConfig": {"Transformation": "NONE"}}})), None);
    let told = output(&end_of(&states, &json!([1])));
    assert_eq!((&told[0]["Output"], &told[0]["Status"]), (&json!("1"), &json!("SUCCEEDED")));
}

#[test]
fn a_stopped_execution_stops_its_map_run_and_limits_change_while_it_runs() {
    let waits = json!({"Type": "Wait", "Seconds": 600, "End": true});
    let deployed = deployment(&map(&waits, json!({"MaxConcurrency": 1})).to_string(), MachineKind::Standard);
    let clock = Arc::new(crate::clock::SystemClock::start());
    let states = StepFunctions::new(&deployed, clock, StatesOptions::default()).unwrap();
    start(&states, "name", "[1,2,3]");
    let running = |states: &StepFunctions| {
        let runs = map_runs(states);
        let Some(run) = runs.first() else { return (Value::Null, Value::Null) };
        let (_, described) = call(states, "DescribeMapRun", &json!({"mapRunArn": run["mapRunArn"]}));
        (described["executionCounts"]["running"].clone(), described)
    };
    let until = |wanted: u64| loop {
        let (count, described) = running(&states);
        if count == wanted {
            return described;
        }
        std::thread::yield_now();
    };
    let described = until(1);
    let arn = &described["mapRunArn"];
    let (code, answer) = call(
        &states,
        "UpdateMapRun",
        &json!({"mapRunArn": arn, "maxConcurrency": 3, "toleratedFailurePercentage": 12.5}),
    );
    assert_eq!((code, answer), (200, json!({})));
    let described = until(3);
    assert_eq!((&described["maxConcurrency"], &described["toleratedFailurePercentage"]), (&json!(3), &json!(12.5)));
    call(&states, "StopExecution", &json!({"executionArn": format!("{EXECUTION_ARN}:name")}));
    let described = until(0);
    assert_eq!((&described["executionCounts"]["aborted"], &described["status"]), (&json!(3), &json!("ABORTED")));
    let (code, answer) = call(
        &states,
        "UpdateMapRun",
        &json!({"mapRunArn": "arn:aws:states:us-east-1:123456789012:mapRun:m/l:x", "maxConcurrency": 1}),
    );
    assert_eq!((code, answer["__type"].as_str()), (400, Some("com.amazonaws.swf.service.v2.model#ResourceNotFound")));
}

#[test]
fn a_map_run_is_retried_and_caught_like_any_failure() {
    let mut fields = json!({"ItemProcessor": fails_for_true(),
        "Retry": [{"ErrorEquals": ["States.ExceedToleratedFailureThreshold"], "MaxAttempts": 1}]});
    fields["Catch"] = json!([{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]);
    let mut definition = map(&pass(), fields);
    definition["States"]["Caught"] = pass();
    let states = service(&definition, None);
    assert_eq!(output(&end_of(&states, &json!([{"fail": true}])))["Error"], "States.ExceedToleratedFailureThreshold");
    assert_eq!(map_runs(&states).len(), 2);
}

#[test]
fn what_aws_refuses_of_a_distributed_map_is_refused_with_its_place() {
    for (fields, why) in [
        (json!({"Label": ""}), "`Label` of state `MapState` cannot be empty"),
        (json!({"Label": "x".repeat(41)}), "cannot exceed 40 characters"),
        (json!({"Label": "a b"}), "contains an invalid character: ' '"),
        (json!({"ToleratedFailurePercentage": 101}), "must be from 0 to 100, found 101"),
        (json!({"ItemBatcher": {}}), "needs `MaxItemsPerBatch` or `MaxInputBytesPerBatch`"),
        (json!({"ResultWriter": {}}), "needs `WriterConfig`, or `Resource` with `Parameters`, or all three"),
        (json!({"ItemReader": {"Resource": "arn:aws:states:::s3:getObject"}}), "needs `InputType`"),
        (json!({"ItemReader": {"Resource": "arn:aws:states:::s3:headObject"}}), "s3:listObjectsV2"),
    ] {
        let deployed = deployment(&map(&pass(), fields.clone()).to_string(), MachineKind::Standard);
        let refused = StepFunctions::new(&deployed, virtual_clock(), StatesOptions::default());
        let error = refused.err().unwrap_or_else(|| panic!("not refused: {fields}")).to_string();
        assert!(error.contains(why), "{fields}: {error}");
    }
    let deployed = deployment(&map(&pass(), json!({})).to_string(), MachineKind::Express);
    let refused = StepFunctions::new(&deployed, virtual_clock(), StatesOptions::default()).err().unwrap();
    assert!(refused.to_string().contains("state `MapState` is a distributed Map, which Express"), "{refused}");
}
