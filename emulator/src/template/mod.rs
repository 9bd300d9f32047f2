//! Templates: what SAM and CloudFormation deploy of APIs in front of state machines.
//!
//! A template is resolved as a deployment would resolve it (parameters, conditions, intrinsic functions, local files) and
//! gives a `Deployment`, plain data. What changes no answer here is passed over and noted, never silently; mistakes
//! that a deployment would stop at are refused with their place.

mod apis;
mod attributes;
mod conditions;
mod dynamic;
mod evaluator;
mod events;
mod foreach;
mod function;
mod functions;
mod http_api;
mod http_integration;
mod identity;
mod intrinsics;
mod machine;
mod parameters;
mod references;
mod repair;
mod resource;
mod rest_api;
mod rest_document;
mod sam_document;
mod scope;
mod source;
mod stand_in;
#[cfg(test)]
mod tests;
mod types;
mod unfilled;
mod wiring;

pub use crate::deployment::Stack;
use crate::deployment::{Deployment, StateMachine};
use crate::document::{LoadError, Node, Notes};
use evaluator::Evaluator as _;
use scope::Scope;
pub use source::Source;
use types::Type;

/// What is decided when a template is deployed.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// Values of the template's parameters; the last one of a name counts.
    pub parameters: Vec<(String, String)>,
    /// The stack's pseudo parameters.
    pub stack: Stack,
    /// Whether to make the repairs without which the deployment as posted does not load (default: no).
    pub as_posted: bool,
    /// Whether to refuse what would otherwise be ignored because it changes no answer (default: no).
    pub strict: bool,
    /// Whether every caller is let in, whatever the template asks of them (default: no).
    pub no_auth: bool,
    /// The logical id of the API to serve (default: the first one that starts executions).
    pub api: Option<String>,
    /// The logical id or name of the state machine to serve where the template has no API (default: the first one).
    pub machine: Option<String>,
}

const SECTIONS: [&str; 10] = [
    "AWSTemplateFormatVersion",
    "Transform",
    "Description",
    "Metadata",
    "Parameters",
    "Mappings",
    "Conditions",
    "Globals",
    "Resources",
    "Outputs",
];

const SERVERLESS: &str = "AWS::Serverless-2016-10-31";
/// Intrinsic functions that are computed here with or without it.
const EXTENSIONS: &str = "AWS::LanguageExtensions";

/// Loads a template and every file that it names, or a state machine alone.
///
/// # Errors
/// With the place of what is wrong or missing; the first one found.
pub(crate) fn load(source: &Source, options: &LoadOptions) -> Result<Deployment, LoadError> {
    let notes = Notes::new(options.strict);
    let template = source.template(&notes)?;
    if template.get("StartAt").is_some() && template.get("States").is_some() {
        return load_machine(source, &template, options, notes);
    }
    check_sections(&template, &notes)?;
    let declared = parameters::names(template.get("Parameters"))?;
    let parameters = parameters::values(template.get("Parameters"), &options.parameters, &notes)?;
    let written;
    let template = if transforms(&template).any(|name| name == Some(EXTENSIONS)) {
        written = foreach::written_out(&template, &parameters)?;
        &written
    } else {
        &template
    };
    let globals = globals(template)?;
    let resources = resource::declared(template.require("a template", "Resources")?, globals, &notes)?;
    let scope = Scope::new(source, options, template, parameters, resources, &notes);

    let (mut machines, mut functions, mut in_s3) = (Vec::new(), Vec::new(), None);
    for resource in scope.resources() {
        let resource = resource?;
        resource.check(&scope)?;
        match resource.kind {
            Type::ServerlessFunction | Type::Function => functions.push(function::load(&scope, resource)?),
            Type::ServerlessStateMachine | Type::StateMachine => match machine::load(&scope, resource) {
                Ok(machine) => machines.push((resource.id.as_str(), machine)),
                Err(error) if error.is_unsupported => {
                    notes.pass_over("state machine whose definition lies in S3", error.clone())?;
                    in_s3.get_or_insert(error);
                }
                Err(error) => return Err(error),
            },
            Type::Role | Type::LogGroup => drop(resource.arn(&scope)?),
            _ => {}
        }
    }
    let served = apis::served(&scope, options.api.as_deref())?;
    check_outputs(&scope, template)?;
    let is_known = |name: &str| declared.contains(&name) || served.is_none() && wiring::PARAMETERS.contains(&name);
    if let Some((name, _)) = options.parameters.iter().find(|(name, _)| !is_known(name)) {
        return Err(parameters::unknown(name, &declared));
    }
    let api = if let Some(api) = served {
        api
    } else {
        let machine = match in_s3 {
            Some(error) if machines.is_empty() => return Err(error),
            _ => chosen(template, &machines, options)?,
        };
        let name = &machine.name;
        let message =
            format!("the template has no API; state machine `{name}` is served as the corrected deployment wires it");
        notes.warn(message);
        wiring::api(machine, options)?
    };
    let machines = machines.into_iter().map(|(_, machine)| machine).collect();
    let (warnings, passed_over) = notes.into_parts();
    Ok(Deployment { stack: options.stack.clone(), api, machines, functions, warnings, passed_over })
}

/// The names of the transforms of a template.
fn transforms(template: &Node) -> impl Iterator<Item = Option<&str>> {
    let all = template.get("Transform").map(|node| node.as_list().unwrap_or(std::slice::from_ref(node)));
    all.unwrap_or_default().iter().map(|node| node.as_str().or_else(|| node.get("Name").and_then(Node::as_str)))
}

/// The machine that an API is put in front of.
fn chosen<'m>(
    template: &Node,
    machines: &'m [(&str, StateMachine)],
    options: &LoadOptions,
) -> Result<&'m StateMachine, LoadError> {
    let names = machines.iter().map(|(id, _)| *id).collect::<Vec<_>>().join(", ");
    match (&options.machine, machines.first()) {
        (_, None) => {
            let nested = template.get("Resources").and_then(Node::as_map).unwrap_or_default().iter().find(|entry| {
                let kind = entry.value.get("Type").and_then(Node::as_str);
                matches!(kind, Some("AWS::CloudFormation::Stack" | "AWS::Serverless::Application"))
            });
            let message = "nothing to serve: no API and no state machine";
            Err(nested.map_or_else(
                || LoadError::at(&template.position, message),
                |entry| {
                    let name = &entry.key;
                    let message = format!("{message}; serve the template of the nested stack `{name}` by itself");
                    LoadError::at(&entry.position, message)
                },
            ))
        }
        (None, Some((_, first))) => Ok(first),
        (Some(wanted), _) => {
            let found = machines.iter().find(|(id, machine)| id == wanted || machine.name == *wanted);
            let unknown = || LoadError::nowhere(format!("no state machine `{wanted}`; this template has: {names}"));
            found.map(|(_, machine)| machine).ok_or_else(unknown)
        }
    }
}

/// A file that is a state machine: served alone, named after its file.
fn load_machine(
    source: &Source,
    definition: &Node,
    options: &LoadOptions,
    notes: Notes,
) -> Result<Deployment, LoadError> {
    let machine = machine::alone(source, definition, options, &notes)?;
    let api = wiring::api(&machine, options)?;
    let (warnings, passed_over) = notes.into_parts();
    let (stack, machines) = (options.stack.clone(), vec![machine]);
    Ok(Deployment { stack, api, machines, functions: Vec::new(), warnings, passed_over })
}

fn check_sections(template: &Node, notes: &Notes) -> Result<(), LoadError> {
    for entry in template.expect_map("a template")? {
        match entry.key.as_str() {
            key if SECTIONS.contains(&key) => {}
            // `Rules` check parameters, `Hooks` act while a stack is updated.
            "Rules" | "Hooks" => {
                let refusal = entry.unsupported("a template", &SECTIONS);
                notes.pass_over(format!("section `{}`", entry.key), refusal)?;
            }
            _ => return Err(entry.unsupported("a template", &SECTIONS)),
        }
    }
    if let Some(version) = template.get("AWSTemplateFormatVersion").filter(|node| {
        // YAML may also read the date without quotes.
        !node.as_str().is_some_and(|version| version.starts_with("2010-09-09"))
    }) {
        return Err(version.unexpected("`AWSTemplateFormatVersion`", "2010-09-09"));
    }
    let transforms = template.get("Transform").map(|node| node.as_list().unwrap_or(std::slice::from_ref(node)));
    let transforms = transforms.unwrap_or_default();
    for transform in transforms {
        let name = transform.as_str().or_else(|| transform.get("Name").and_then(Node::as_str));
        if !matches!(name, Some(SERVERLESS | EXTENSIONS)) {
            let refusal = transform.unexpected("`Transform`", &format!("{SERVERLESS} or {EXTENSIONS}"));
            notes.pass_over(format!("transform {}", name.unwrap_or("without a name")), refusal)?;
        }
    }
    let resources = template.get("Resources").and_then(Node::as_map).unwrap_or_default();
    let types = resources.iter().filter_map(|entry| entry.value.get("Type"));
    let serverless =
        types.into_iter().find(|node| node.as_str().is_some_and(|name| name.starts_with("AWS::Serverless::")));
    match serverless {
        Some(node) if !transforms.iter().any(|transform| transform.as_str() == Some(SERVERLESS)) => {
            Err(LoadError::at(&node.position, format!("a serverless resource needs `Transform: {SERVERLESS}`")))
        }
        _ => Ok(()),
    }
}

/// Outputs answer nothing, but a mistake in one stops a deployment.
fn check_outputs(scope: &Scope<'_>, template: &Node) -> Result<(), LoadError> {
    let outputs = template
        .get("Outputs")
        .filter(|node| !node.is_null())
        .map_or(Ok(&[][..]), |outputs| outputs.expect_map("`Outputs`"))?;
    for entry in outputs {
        entry
            .value
            .expect_keys(&format!("output `{}`", entry.key), &["Condition", "Description", "Export", "Value"])?;
        if let Some(export) = entry.value.get("Export") {
            export.expect_keys(&format!("the export of output `{}`", entry.key), &["Name"])?;
        }
        if entry.value.get("Condition").map_or(Ok(true), |name| scope.condition(name))? {
            let value = entry.value.require(&format!("output `{}`", entry.key), "Value")?;
            scope.required(value, "an output")?;
        }
    }
    Ok(())
}

/// The defaults of serverless resources, by the last part of their types' names.
fn globals(template: &Node) -> Result<Option<&Node>, LoadError> {
    const SECTIONS: [&str; 8] = [
        "Api",
        "CapacityProvider",
        "Function",
        "HttpApi",
        "LayerVersion",
        "SimpleTable",
        "StateMachine",
        "WebSocketApi",
    ];
    let Some(globals) = template.get("Globals").filter(|node| !node.is_null()) else { return Ok(None) };
    globals.expect_keys("`Globals`", &SECTIONS)?;
    Ok(Some(globals))
}
