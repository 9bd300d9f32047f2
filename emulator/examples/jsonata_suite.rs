//! Runs the test suite of the reference implementation of JSONata through the emulator's own expressions: the folder
//! `test/test-suite` of a copy of it is the only argument. Prints the cases that come out otherwise, and how many do
//! not. `tests/referees/jsonata` drives it.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use stepgate_emulator::jsonata::{
    Allowance, Clocks, Evaluation, EvaluationError, ExpressionValue, JsonataExpression, Moment,
};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).ok_or("which folder? give the reference's `test/test-suite`")?;
    let folder = Path::new(&folder);
    let mut out = io::stdout().lock();
    let mut datasets = BTreeMap::new();
    for path in entries(&folder.join("datasets"))? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        datasets.insert(name, serde_json::from_str::<Value>(&fs::read_to_string(&path)?)?);
    }
    let (mut cases, mut right) = (0, 0);
    for group in entries(&folder.join("groups"))?.into_iter().filter(|path| path.is_dir()) {
        for path in entries(&group)?.into_iter().filter(|path| path.extension().is_some_and(|kind| kind == "json")) {
            let name = path.strip_prefix(folder.join("groups"))?.display().to_string();
            let found = match serde_json::from_str(&fs::read_to_string(&path)?) {
                Ok(Value::Array(list)) => list,
                Ok(one) => vec![one],
                Err(error) => {
                    cases += 1;
                    writeln!(out, "{name}: not readable as Unicode text: {error}")?;
                    continue;
                }
            };
            for (index, case) in found.iter().enumerate() {
                cases += 1;
                match judge(case, &group, &datasets)? {
                    None => right += 1,
                    Some(answer) => writeln!(out, "{name}#{index}: {} gave {answer}", case["expr"])?,
                }
            }
        }
    }
    writeln!(out, "{right} of {cases} cases as the reference")?;
    Ok(())
}

/// The paths in a folder, in order.
fn entries(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// What came out, if it is not what the case asks for.
fn judge(case: &Value, group: &Path, datasets: &BTreeMap<String, Value>) -> Result<Option<String>, Box<dyn Error>> {
    let text = match case["expr-file"].as_str() {
        Some(file) => fs::read_to_string(group.join(file))?,
        None => case["expr"].as_str().unwrap_or_default().to_owned(),
    };
    let input = case.get("data").or_else(|| datasets.get(case["dataset"].as_str()?));
    // The suite is about the language, not about how fast it is here.
    let patience = Allowance::new(Clocks::of(|| Duration::ZERO));
    let bindings = |name: &str| case["bindings"].get(name).map(ExpressionValue::from);
    let moment = Moment { now: Duration::from_secs(1_700_000_000), seed: 1 };
    let mut evaluation = Evaluation::within(&patience, moment).with_variables(bindings);
    if let Some(input) = input {
        evaluation = evaluation.with_input(input);
    }
    let answer = match JsonataExpression::parse(&text) {
        Ok(expression) => evaluation.evaluate(&expression),
        Err(error) => Err(EvaluationError::Threw(error.to_string())),
    };
    let code = case.get("code").or_else(|| case["error"].get("code")).and_then(Value::as_str);
    let right = match &answer {
        // Read from its text, as what is expected was.
        Ok(value) => case
            .get("result")
            .is_some_and(|expected| serde_json::from_str(&value.to_string()).is_ok_and(|value| same(&value, expected))),
        Err(EvaluationError::Undefined) => case.get("undefinedResult").is_some(),
        Err(EvaluationError::Unsupported) => false,
        Err(EvaluationError::Threw(why)) => code.is_some_and(|code| why.contains(code)),
    };
    Ok((!right).then(|| format!("{answer:?}").chars().take(160).collect()))
}

/// Numbers are the same when they count the same.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, left)| right.get(name).is_some_and(|right| same(left, right)))
        }
        _ => left == right,
    }
}
