//! Nested stacks: `AWS::CloudFormation::Stack` and `AWS::Serverless::Application` whose template is a local file.

use std::rc::Rc;

use super::assets::Assets;
use super::evaluator::Evaluator as _;
use super::resource::Resource;
use super::scope::{Place, Scope};
use super::source::{Source, not_relative};
use super::types::Type;
use super::{opening, parameters};
use crate::deployment::Stack;
use crate::document::{LoadError, Node, Position, scalar};

/// How deep stacks may be nested, and how many there may be (AWS publishes no such limits).
const MAX_DEPTH: usize = 16;
const MOST: usize = 200;

/// The stack and all that are nested in it, each after the one that has it.
pub(super) fn all(root: &Scope) -> Result<Vec<&Scope>, LoadError> {
    let mut found = vec![root];
    let mut next = 0;
    while let Some(&scope) = found.get(next) {
        for resource in scope.resources() {
            let resource = resource?;
            if resource.kind == Type::NestedStack {
                found.extend(opened(scope, resource)?);
            }
        }
        next += 1;
    }
    Ok(found)
}

/// The value of an output; `None` if the stack's template is not here.
pub(super) fn output(
    scope: &Scope,
    stack: &Resource,
    name: &str,
    position: &Position,
) -> Result<Option<String>, LoadError> {
    let Some(nested) = opened(scope, stack)? else { return Ok(None) };
    let unknown = || LoadError::at(position, format!("nested stack `{}` has no output `{name}`", stack.id));
    let output = nested.template().get("Outputs").and_then(|outputs| outputs.get(name)).ok_or_else(unknown)?;
    if !output.get("Condition").map_or(Ok(true), |condition| nested.condition(condition))? {
        return Err(unknown());
    }
    value(nested, name, output, position).map(Some)
}

fn value(nested: &Scope, name: &str, output: &Node, position: &Position) -> Result<String, LoadError> {
    nested.visiting(&format!("output {name}"), position, || {
        let value = nested.required(output.require(&format!("output `{name}`"), "Value")?, "an output")?;
        scalar::text(&value, &format!("output `{name}`"))
    })
}

/// The value that a nested stack of the deployment exports under this name. A stack is complete, and its exports are
/// there, only after those that are nested in it: they cannot import from it, nor can it from itself (inferred).
pub(super) fn export(importer: &Scope, name: &str) -> Result<Option<String>, LoadError> {
    let Some(root) = importer.loading().root() else { return Ok(None) };
    let mut open = vec![&*root];
    while let Some(scope) = open.pop() {
        let is_above = importer.place().path.starts_with(&scope.place().path);
        let outputs = scope.template().get("Outputs").and_then(Node::as_map).unwrap_or_default();
        for output in outputs.iter().filter(|_| !is_above) {
            let Some(exported) = output.value.get("Export").and_then(|export| export.get("Name")) else { continue };
            if !output.value.get("Condition").map_or(Ok(true), |condition| scope.condition(condition))? {
                continue;
            }
            // A name that is made of an import is none that could be asked for meanwhile.
            let naming = format!("export {}", output.key);
            if scope.is_visiting(&naming) {
                continue;
            }
            let what = format!("the name of export `{}`", output.key);
            let known = scope.visiting(&naming, &output.position, || scope.required(exported, &what))?;
            if scalar::text(&known, &what)? == name {
                return value(scope, &output.key, &output.value, &output.position).map(Some);
            }
        }
        for resource in scope.resources() {
            let resource = resource?;
            // One that is being opened has no exports yet.
            if resource.kind == Type::NestedStack && !scope.is_visiting(&opening_of(resource)) {
                open.extend(opened(scope, resource)?);
            }
        }
    }
    Ok(None)
}

fn opening_of(stack: &Resource) -> String {
    format!("nested stack {}", stack.id)
}

/// The nested stack, opened when somebody first asks for it; `None`, and noted, if its template is not here.
fn opened<'s>(scope: &'s Scope, stack: &Resource) -> Result<Option<&'s Scope>, LoadError> {
    let place = scope.nested(&stack.id);
    if place.get().is_none() {
        let found = scope.visiting(&opening_of(stack), &stack.position, || open(scope, stack))?;
        place.set(found.map(Box::new)).unwrap_or_else(|_| unreachable!("visiting keeps it from being opened twice"));
    }
    Ok(place.get().and_then(Option::as_deref))
}

fn open(scope: &Scope, stack: &Resource) -> Result<Option<Scope>, LoadError> {
    let Some(source) = template_of(scope, stack)? else { return Ok(None) };
    let above = scope.place();
    let too = |what: String| Err(LoadError::at(&stack.position, format!("nested stack `{}`: {what}", stack.id)));
    let file = source.file_of_template();
    if above.files.contains(&file) {
        return too(format!("template {} is nested in itself", source.display_template()));
    }
    if above.path.len() >= MAX_DEPTH || scope.loading().count_stack() > MOST {
        return too(format!("stacks are nested deeper than {MAX_DEPTH}, or there are more than {MOST} of them"));
    }
    let template = source.template(scope.notes())?;
    let place = Place {
        assets: if source.lies_beside(&above.source) { above.assets.clone() } else { Rc::new(Assets::beside(&source)) },
        stack: Stack { name: above.stack.generated_name(&stack.id), ..above.stack.clone() },
        path: [above.path.as_slice(), std::slice::from_ref(&stack.id)].concat(),
        files: [above.files.as_slice(), &[file]].concat(),
        source,
    };
    let given = given(scope, stack, &template)?;
    opening::open(scope.loading(), place, template, &given).map(Some)
}

/// The template of a stack, if it is a local file.
fn template_of(scope: &Scope, stack: &Resource) -> Result<Option<Source>, LoadError> {
    let key = if stack.type_name == "AWS::Serverless::Application" { "Location" } else { "TemplateURL" };
    let written = stack.required(scope, key)?;
    let asset = scope.assets().of(stack, key, Some(&written));
    let at = &stack.position;
    let pass_over = |why: &str, refusal: LoadError| {
        scope.notes().pass_over(format!("{} {why}", stack.type_name), refusal).map(|()| None)
    };
    let named = asset.as_ref().unwrap_or(&written);
    let elsewhere = "whose template is not a local file";
    // A map names an application of the Serverless Application Repository.
    let Some(location) = named.as_str() else {
        return pass_over(elsewhere, LoadError::unsupported(at, format!("`{key}` of {} is no file", stack.what())));
    };
    let Some(path) = scope.source().named(location, &named.position, scope.notes())? else {
        return pass_over(elsewhere, LoadError::unsupported(at, not_relative(location, at).message));
    };
    let Some(source) = scope.source().nested(&path) else {
        return pass_over(elsewhere, not_relative(location, at));
    };
    if scope.source().read(&path)?.is_none() {
        let why = format!("whose template `{path}` is not there; build it first");
        return pass_over(&why, scope.source().missing(&path, Some(at)));
    }
    Ok(Some(source))
}

/// The values that a stack gives to the parameters of a nested one.
fn given(scope: &Scope, stack: &Resource, template: &Node) -> Result<Vec<(String, String)>, LoadError> {
    let declared = template.get("Parameters");
    let names = parameters::names(declared)?;
    let mut given = Vec::new();
    let values = stack.property(scope, "Parameters")?;
    for entry in values.as_ref().map_or(Ok(&[][..]), |node| node.expect_map("`Parameters`"))? {
        if !names.contains(&entry.key.as_str()) {
            let unknown = parameters::unknown(&entry.key, &names).message;
            return Err(LoadError::at(&entry.position, format!("nested stack `{}`: {unknown}", stack.id)));
        }
        let what = format!("parameter `{}` of nested stack `{}`", entry.key, stack.id);
        given.push((entry.key.clone(), scalar::text(&entry.value, &what)?));
    }
    let has_value = |name: &str| {
        given.iter().any(|(key, _)| key == name)
            || declared.and_then(|all| all.get(name)).is_some_and(|parameter| parameter.get("Default").is_some())
    };
    match names.iter().find(|name| !has_value(name)) {
        Some(name) => {
            let message = format!("nested stack `{}` needs parameter `{name}`, which has no default", stack.id);
            Err(LoadError::at(&stack.position, message))
        }
        None => Ok(given),
    }
}
