//! The sections of a template besides its resources.

use super::evaluator::Evaluator as _;
use super::include::INCLUDE;
use super::scope::Scope;
use crate::document::{Entry, LoadError, Node, Notes};

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

/// Whether loops are written out.
pub(super) fn has_extensions(template: &Node) -> bool {
    transforms(template).any(|name| name == Some(EXTENSIONS))
}

/// The names of the transforms of a template.
fn transforms(template: &Node) -> impl Iterator<Item = Option<&str>> {
    let all = template.get("Transform").map(|node| node.as_list().unwrap_or(std::slice::from_ref(node)));
    all.unwrap_or_default().iter().map(|node| node.as_str().or_else(|| node.get("Name").and_then(Node::as_str)))
}

/// Refuses sections that no template has, and passes over those that change no answer.
pub(super) fn check(template: &Node, notes: &Notes) -> Result<(), LoadError> {
    for entry in template.expect_map("a template")? {
        match entry.key.as_str() {
            key if SECTIONS.contains(&key) => {}
            // `Rules` check parameters, `Hooks` act while a stack is updated.
            "Rules" | "Hooks" => {
                let refusal = entry.unsupported("a template", &SECTIONS);
                notes.pass_over(format!("section `{}`", entry.key), refusal)?;
            }
            key @ ("openapi" | "swagger") => {
                let message = format!(
                    "`{key}` begins an OpenAPI document, which is not served alone: put it into a template, as \
                     `{{Type: AWS::ApiGateway::RestApi, Properties: {{Body: {{'Fn::Transform': {{Name: {INCLUDE}, \
                     Parameters: {{Location: FILE}}}}}}}}}}`"
                );
                return Err(LoadError::at(&entry.position, message));
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
        if !matches!(name, Some(SERVERLESS | EXTENSIONS | INCLUDE)) {
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
pub(super) fn check_outputs(scope: &Scope) -> Result<(), LoadError> {
    let outputs = scope
        .template()
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

/// Decides every condition: a mistake in one that nothing asks for stops a deployment as well.
pub(super) fn check_conditions(scope: &Scope) -> Result<(), LoadError> {
    let Some(conditions) = scope.conditions().filter(|node| !node.is_null()) else { return Ok(()) };
    let decided = |entry: &Entry| scope.condition(&Node::text(&entry.position, entry.key.as_str())).map(drop);
    conditions.expect_map("`Conditions`")?.iter().try_for_each(decided)
}

/// The defaults of serverless resources, by the last part of their types' names.
pub(super) fn globals(template: &Node) -> Result<Option<&Node>, LoadError> {
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
