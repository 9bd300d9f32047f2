//! State machines: their kind, and the definition with its substitutions made.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;

use super::LoadOptions;
use super::evaluator::Evaluator as _;
use super::functions::substitute;
use super::include;
use super::machine_settings;
use super::resource::Resource;
use super::scope::Scope;
use super::source::{Source, not_relative, parse};
use super::types::Type;
use super::unfilled;
use super::wiring;
use crate::deployment::{MachineKind, MachineSettings, StateMachine};
use crate::document::{Entry, Kind, LoadError, Node, Notes, Position, Text, did_you_mean, json, scalar};

/// Reads a state machine.
pub(super) fn load(scope: &Scope, resource: &Resource) -> Result<StateMachine, LoadError> {
    Ok(StateMachine {
        arn: resource.arn(scope)?,
        name: resource.name(scope)?,
        kind: kind(scope, resource)?,
        role_arn: role_arn(scope, resource)?,
        settings: machine_settings::load(scope, resource)?,
        definition: definition(scope, resource)?,
        qualifiers: qualifiers(scope, resource)?,
    })
}

/// Reads a file that is a state machine. Parameters are put into its `${NAME}` places; `WorkflowType` says its kind.
pub(super) fn alone(
    source: &Source,
    definition: &Node,
    options: &LoadOptions,
    notes: &Notes,
) -> Result<StateMachine, LoadError> {
    const KIND: &str = "WorkflowType";
    let given =
        |name: &str| options.parameters.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let kind = match given(KIND) {
        None | Some("STANDARD") => MachineKind::Standard,
        Some("EXPRESS") => MachineKind::Express,
        Some(other) => {
            return Err(LoadError::nowhere(format!("parameter `{KIND}` must be STANDARD or EXPRESS, not `{other}`")));
        }
    };
    let used = RefCell::new(Vec::new());
    let definition = replaced(definition, &|text: &Text| {
        substitute(text, |name, _| {
            used.borrow_mut().push(name.to_owned());
            // What its template would put in by `Fn::Sub`.
            Ok(given(name).map(Cow::Borrowed).or_else(|| options.stack.pseudo(name).map(Cow::from)))
        })
    })?;
    let definition = unfilled::numbers(definition, notes)?;
    let is_known = |name: &str| {
        name == KIND || wiring::PARAMETERS.contains(&name) || used.borrow().iter().any(|used| used == name)
    };
    if let Some((name, _)) = options.parameters.iter().find(|(name, _)| !is_known(name)) {
        let message = format!(
            "unknown parameter `{name}`; a state machine alone has its own ${{…}} places and: {KIND}, {}",
            wiring::PARAMETERS.join(", ")
        );
        return Err(LoadError::nowhere(message));
    }
    let name = source.stem();
    let arn = options.stack.arn("states", &format!("stateMachine:{name}"));
    Ok(StateMachine {
        arn,
        name,
        kind,
        role_arn: None,
        settings: MachineSettings::default(),
        definition,
        qualifiers: Vec::new(),
    })
}

/// The alias and the version that SAM publishes.
fn qualifiers(scope: &Scope, resource: &Resource) -> Result<Vec<String>, LoadError> {
    let alias = resource.text(scope, "AutoPublishAlias")?;
    Ok(alias.map(|alias| vec![alias, "1".to_owned()]).unwrap_or_default())
}

fn kind(scope: &Scope, resource: &Resource) -> Result<MachineKind, LoadError> {
    let key = if resource.kind == Type::StateMachine { "StateMachineType" } else { "Type" };
    let Some(node) = resource.property(scope, key)? else { return Ok(MachineKind::Standard) };
    match node.as_str() {
        Some("STANDARD") => Ok(MachineKind::Standard),
        Some("EXPRESS") => Ok(MachineKind::Express),
        _ => Err(node.unexpected(&format!("`{key}` of {}", resource.what()), "STANDARD or EXPRESS")),
    }
}

/// The role that the template names, or the one that SAM makes.
fn role_arn(scope: &Scope, resource: &Resource) -> Result<Option<String>, LoadError> {
    let made_by_sam = resource.kind == Type::ServerlessStateMachine;
    if let Some(role) = resource.text(scope, if made_by_sam { "Role" } else { "RoleArn" })? {
        return Ok(Some(role));
    }
    if !made_by_sam {
        return Ok(None);
    }
    let made = scope.attribute(&format!("{}Role", resource.id), "Arn", &resource.position)?;
    Ok(made.as_str().map(str::to_owned))
}

fn definition(scope: &Scope, resource: &Resource) -> Result<Node, LoadError> {
    let what = resource.what();
    let substitutions = substitutions(scope, resource)?;
    let replace = |text: &Text| {
        substitute(text, |name, (line, column)| {
            let found = substitutions.get(name);
            if found.is_none() && is_place(name) {
                left_over(scope, name, &substitutions, &text.position(line, column))?;
            }
            if let Some(value) = found {
                scope.made("DefinitionSubstitutions", value.len(), &text.position(line, column))?;
            }
            Ok(found)
        })
    };
    let keys = ["Definition", "DefinitionString", "DefinitionUri", "DefinitionS3Location"];
    let given: Vec<_> = keys.into_iter().filter(|key| resource.properties.get(key).is_some()).collect();
    let [key] = given.as_slice() else {
        return Err(LoadError::at(
            &resource.position,
            format!("{what} needs exactly one definition, has {}", given.len()),
        ));
    };
    if resource.properties.get(key).is_some_and(include::is_elsewhere) {
        return Err(in_s3(resource));
    }
    let node = resource.required(scope, key)?;
    match *key {
        "Definition" => {
            node.expect_map(&format!("`Definition` of {what}"))?;
            replaced(&node, &replace)
        }
        "DefinitionString" => json::parse_text(&replace(node.expect_text(&format!("`DefinitionString` of {what}"))?)?),
        _ => {
            let node = scope.assets().of(resource, key, Some(&node)).unwrap_or(node);
            if node.as_map().is_some() || node.as_str().is_some_and(|named| named.starts_with("s3://")) {
                return Err(in_s3(resource));
            }
            let named = node.expect_str(&format!("`{key}` of {what}"))?;
            let Some(path) = scope.source().named(named, &node.position, scope.notes())? else {
                return Err(not_relative(named, &node.position));
            };
            let (path, value) = match scope.source().read(&path)? {
                Some(value) => (path, value),
                None => in_other_case(scope, &path, &node)?,
            };
            let display = scope.source().display(&path);
            let start = Position { file: display.as_str().into(), line: 1, column: 1 };
            parse(&path, &display, &replace(&Text { value, start, indent: 1 })?.value, scope.notes())
        }
    }
}

/// Whether `${NAME}` can be filled in by `DefinitionSubstitutions`; the text of a handler or a shell may hold others.
fn is_place(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':'))
}

/// Names that a `${NAME}` is likened to when nothing fills it in.
const MOST_LIKENED: usize = 100;

/// A `${NAME}` that nothing fills in: AWS deploys it as it stands, and the machine fails when it comes there.
fn left_over(
    scope: &Scope,
    name: &str,
    given: &BTreeMap<String, String>,
    position: &Position,
) -> Result<(), LoadError> {
    let meant = did_you_mean(name, given.keys().take(MOST_LIKENED).map(String::as_str));
    let what = format!("`${{{name}}}` in a state machine, which no entry of `DefinitionSubstitutions` fills in{meant}");
    scope.notes().pass_over(what.clone(), LoadError::at(position, what))
}

fn in_s3(resource: &Resource) -> LoadError {
    let message = format!(
        "the definition of {} lies in S3; name a local file instead, or serve the definition alone",
        resource.what()
    );
    LoadError::unsupported(&resource.position, message)
}

/// A file whose name differs from the one that is named only in capital letters.
fn in_other_case(scope: &Scope, path: &str, named: &Node) -> Result<(String, String), LoadError> {
    let missing = scope.source().missing(path, Some(&named.position));
    let Some(found) = scope.source().in_other_case(path) else { return Err(missing) };
    let Some(value) = scope.source().read(&found)? else { return Err(missing) };
    scope.notes().pass_over(format!("capital letters in `{path}`; read as `{found}`"), missing)?;
    Ok((found, value))
}

fn substitutions(scope: &Scope, resource: &Resource) -> Result<BTreeMap<String, String>, LoadError> {
    let Some(node) = resource.property(scope, "DefinitionSubstitutions")? else { return Ok(BTreeMap::new()) };
    let entries = node.expect_map("`DefinitionSubstitutions`")?.iter();
    let text = |entry: &Entry| scalar::text(&entry.value, &format!("substitution `{}`", entry.key));
    entries.map(|entry| Ok((entry.key.clone(), text(entry)?))).collect()
}

/// The tree with every text replaced.
fn replaced(node: &Node, replace: &impl Fn(&Text) -> Result<Text, LoadError>) -> Result<Node, LoadError> {
    let kind = match &node.kind {
        Kind::String(text) => Kind::String(replace(text)?),
        Kind::List(items) => Kind::List(items.iter().map(|item| replaced(item, replace)).collect::<Result<_, _>>()?),
        Kind::Map(entries) => {
            let entry = |entry: &Entry| {
                let value = replaced(&entry.value, replace)?;
                Ok(Entry { value, key: entry.key.clone(), position: entry.position.clone() })
            };
            Kind::Map(entries.iter().map(entry).collect::<Result<_, LoadError>>()?)
        }
        kind => kind.clone(),
    };
    Ok(Node { position: node.position.clone(), kind })
}
