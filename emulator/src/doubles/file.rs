//! The file of mocks: `MockConfigFile.json` of AWS's Step Functions Local, and doubles of any kind beside it.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::Doubles;
use super::response::{Mock, MockedResponse};
use super::service::check_action;
use crate::functions::HandlerModule;

/// A file of mocks that cannot be used; says what is wrong and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InvalidMocks(String);

impl fmt::Display for InvalidMocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidMocks {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct File {
    #[serde(rename = "$schema")]
    _schema: Option<String>,
    #[serde(default)]
    state_machines: BTreeMap<String, Object<Machine>>,
    // The guide's text calls it `MockedResponse`, its examples `MockedResponses`.
    #[serde(default, alias = "MockedResponse")]
    mocked_responses: BTreeMap<String, BTreeMap<String, Value>>,
    #[serde(default)]
    doubles: BTreeMap<String, Object<Declared>>,
    /// Folders below that of this file.
    #[serde(default)]
    buckets: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Machine {
    #[serde(default)]
    test_cases: BTreeMap<String, BTreeMap<String, String>>,
}

/// One of its members.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Outcome {
    // `null` is a result too.
    #[serde(default, deserialize_with = "given")]
    r#return: Option<Value>,
    throw: Option<Object<Thrown>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Thrown {
    error: String,
    cause: Option<String>,
}

/// One of its members.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Declared {
    /// A file below the folder of this one, with `#export` if that is not `handler`.
    handler: Option<String>,
    endpoint: Option<String>,
    response: Option<String>,
}

/// A JSON object, and no list of its members' values.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }
        deserializer.deserialize_map(Members(PhantomData))
    }
}

/// A value that is there, if only as `null`.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Doubles {
    /// Adds what a file in `folder` declares; files of handlers are read by `handler`, from their paths as written.
    ///
    /// # Errors
    /// What is wrong with the file, with line and column or the name of the entry.
    pub(crate) fn read(
        mut self,
        text: &str,
        folder: &Path,
        handler: impl Fn(&str) -> Result<HandlerModule, String>,
    ) -> Result<Self, InvalidMocks> {
        let Object(file): Object<File> = serde_json::from_str(text).map_err(|error| InvalidMocks(error.to_string()))?;
        let mut responses = HashMap::new();
        for (name, entries) in file.mocked_responses {
            let response = response(&name, entries).map_err(InvalidMocks)?;
            responses.insert(name, Arc::new(response));
        }
        let find = |place: &str, name: &str| {
            responses.get(name).cloned().ok_or_else(|| {
                let known = listed(responses.keys());
                InvalidMocks(format!(
                    "{place} names the response `{name}`, which MockedResponses does not have; it has {known}"
                ))
            })
        };
        for (machine, Object(Machine { test_cases })) in file.state_machines {
            for (case, states) in test_cases {
                let place = format!("test case `{case}` of `{machine}`");
                let states = states
                    .into_iter()
                    .map(|(state, name)| Ok((state, find(&place, &name)?)))
                    .collect::<Result<_, InvalidMocks>>()?;
                self.cases.entry(machine.clone()).or_default().insert(case, Arc::new(states));
            }
        }
        for (name, Object(declared)) in file.doubles {
            // Actions of `aws-sdk:` have it in their names, services go by their own.
            let service = name.strip_prefix("aws-sdk:").filter(|service| !service.contains(':'));
            let name = service.map_or(name.clone(), str::to_owned);
            let place = format!("the double of `{name}`");
            match (declared.handler, declared.endpoint, declared.response) {
                (Some(path), None, None) => {
                    let handler = handler(&path).map_err(|why| InvalidMocks(format!("{place}: {why}")))?;
                    self = self.handler(name, handler);
                }
                (None, Some(url), None) => {
                    check_action(&name).map_err(|why| InvalidMocks(format!("{place}: {why}")))?;
                    let endpoint = url.parse().map_err(|why| InvalidMocks(format!("{place}: {why}")))?;
                    self = self.endpoint(name, endpoint);
                }
                (None, None, Some(response)) => {
                    let response = find(&place, &response)?;
                    self.responses.insert(name, response);
                }
                _ => {
                    let why = "needs one of `Handler`, `Endpoint` and `Response`, and no more";
                    return Err(InvalidMocks(format!("{place} {why}")));
                }
            }
        }
        for (name, path) in file.buckets {
            self = self.bucket(Some(name), folder.join(path));
        }
        Ok(self)
    }
}

fn response(name: &str, entries: BTreeMap<String, Value>) -> Result<MockedResponse, String> {
    let mut ranges = Vec::with_capacity(entries.len());
    for (key, outcome) in entries {
        let (first, last) = range(&key).ok_or_else(|| {
            format!("the mocked response `{name}`: `{key}` is not an attempt such as \"0\" nor a range such as \"1-2\"")
        })?;
        let needed = format!(
            "the mocked response `{name}`, entry \"{key}\", needs either `Return` or `Throw` with `Error` and `Cause`"
        );
        let Object(outcome): Object<Outcome> =
            serde_json::from_value(outcome).map_err(|error| format!("{needed}: {error}"))?;
        let mock = match (outcome.r#return, outcome.throw) {
            (Some(value), None) => Mock::Return(value),
            (None, Some(Object(Thrown { error, cause }))) => Mock::Throw { error, cause },
            (Some(_), Some(_)) => return Err(format!("{needed}, not both")),
            (None, None) => return Err(format!("{needed}, and has neither")),
        };
        ranges.push((first, last, mock));
    }
    ranges.sort_by_key(|(first, _, _)| *first);
    if ranges.is_empty() {
        return Err(format!("the mocked response `{name}` is empty: give it an entry \"0\" with `Return` or `Throw`"));
    }
    if let Some(pair) = ranges.windows(2).find(|pair| pair[1].0 <= pair[0].1) {
        return Err(format!("the mocked response `{name}` has two entries for attempt {}", pair[1].0));
    }
    Ok(MockedResponse { name: name.to_owned(), ranges })
}

fn range(key: &str) -> Option<(u64, u64)> {
    let number = |text: &str| if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None };
    match key.split_once('-') {
        None => number(key).map(|attempt| (attempt, attempt)),
        Some((first, last)) => Some((number(first)?, number(last)?)).filter(|(first, last)| first <= last),
    }
}

fn listed<'n>(names: impl Iterator<Item = &'n String>) -> String {
    let mut names: Vec<&str> = names.map(String::as_str).collect();
    names.sort_unstable();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
