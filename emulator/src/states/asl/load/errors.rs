//! `Retry` and `Catch`.

use std::time::Duration;

use super::language::Language;
use super::{Targets, fields};
use crate::document::{LoadError, Node};
use crate::states::asl::{Backoff, CatchOutput, Catcher, Reach, Retrier};

/// AWS's largest `MaxAttempts` and largest `MaxDelaySeconds`.
const MAX_ATTEMPTS: u64 = 99_999_999;
const MAX_DELAY: u64 = 31_622_399;

pub(super) fn retry(what: &str, node: &Node) -> Result<Vec<Retrier>, LoadError> {
    const KEYS: &[&str] = &[
        "ErrorEquals",
        "IntervalSeconds",
        "MaxAttempts",
        "BackoffRate",
        "MaxDelaySeconds",
        "JitterStrategy",
        "Comment",
    ];
    let Some(list) = node.get("Retry") else { return Ok(Vec::new()) };
    let what = format!("`Retry` of {what}");
    let list = list.expect_list(&what)?;
    let mut retriers = Vec::with_capacity(list.len());
    for (index, entry) in list.iter().enumerate() {
        entry.expect_keys(&what, KEYS)?;
        let errors = error_equals(&what, entry, index + 1 == list.len())?;
        let interval = fields::seconds(&what, entry, "IntervalSeconds", 1)?.unwrap_or(1);
        let attempts = bounded(&what, entry, "MaxAttempts", MAX_ATTEMPTS)?.unwrap_or(3);
        let ceiling = bounded(&what, entry, "MaxDelaySeconds", MAX_DELAY)?;
        let rate = match entry.get("BackoffRate") {
            None => 2.0,
            Some(value) => {
                let rate = value.expect_f64(&format!("`BackoffRate` of {what}"))?;
                if rate < 1.0 {
                    return Err(LoadError::at(
                        &value.position,
                        format!("`BackoffRate` of {what} must be at least 1.0, found {rate}"),
                    ));
                }
                rate
            }
        };
        if let Some(ceiling) = ceiling
            && ceiling <= interval
        {
            let message = format!("`MaxDelaySeconds` of {what} must be greater than `IntervalSeconds` ({interval})");
            return Err(LoadError::at(&entry.position, message));
        }
        let jitter = match entry.get("JitterStrategy") {
            None => false,
            Some(value) => match value.expect_str("`JitterStrategy`")? {
                "FULL" => true,
                "NONE" => false,
                _ => return Err(value.unexpected("`JitterStrategy`", "FULL or NONE")),
            },
        };
        retriers.push(Retrier {
            errors,
            attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
            backoff: Backoff {
                interval: Duration::from_secs(interval),
                rate,
                ceiling: ceiling.map(Duration::from_secs),
                jitter,
            },
        });
    }
    Ok(retriers)
}

pub(super) fn catch(
    what: &str,
    node: &Node,
    targets: &Targets<'_>,
    language: Language,
) -> Result<Vec<Catcher>, LoadError> {
    const REACH: Reach = Reach { result: false, error_output: true };
    let Some(list) = node.get("Catch") else { return Ok(Vec::new()) };
    let what = format!("`Catch` of {what}");
    let list = list.expect_list(&what)?;
    let mut catchers = Vec::with_capacity(list.len());
    for (index, entry) in list.iter().enumerate() {
        language.check_fields(&what, entry)?;
        entry.expect_keys(&what, &["ErrorEquals", "ResultPath", "Output", "Assign", "Next", "Comment"])?;
        catchers.push(Catcher {
            errors: error_equals(&what, entry, index + 1 == list.len())?,
            output: match language {
                Language::JsonPath => CatchOutput::Path(fields::result_path(&what, entry)?),
                Language::Jsonata => CatchOutput::Template(language.template(&what, entry, "Output", REACH)?),
            },
            assign: fields::assign(&what, entry, language, REACH)?,
            next: targets.find(&format!("`Next` of {what}"), entry.require(&what, "Next")?)?,
        });
    }
    Ok(catchers)
}

fn error_equals(what: &str, entry: &Node, last: bool) -> Result<Vec<String>, LoadError> {
    let node = entry.require(what, "ErrorEquals")?;
    let name = format!("`ErrorEquals` in {what}");
    let names = node.expect_list(&name)?;
    if names.is_empty() {
        return Err(LoadError::at(&node.position, format!("{name} must not be empty")));
    }
    let mut errors = Vec::with_capacity(names.len());
    for item in names {
        let error = item.expect_str(&name)?;
        if error == "States.ALL" && (names.len() > 1 || !last) {
            let message = format!("{name}: `States.ALL` must stand alone and in the last entry");
            return Err(LoadError::at(&item.position, message));
        }
        errors.push(error.to_owned());
    }
    Ok(errors)
}

fn bounded(what: &str, entry: &Node, field: &str, most: u64) -> Result<Option<u64>, LoadError> {
    let Some(value) = entry.get(field) else { return Ok(None) };
    let name = format!("`{field}` of {what}");
    let number = value.expect_u64(&name)?;
    if number > most {
        return Err(LoadError::at(&value.position, format!("{name} must be at most {most}, found {number}")));
    }
    Ok(Some(number))
}
