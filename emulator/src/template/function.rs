//! Lambda functions: properties, and the JavaScript module that the handler names.

use std::time::Duration;

use super::repair;
use super::resource::{Resource, Type};
use super::scope::Scope;
use super::source::below;
use crate::deployment::{Function, Module};
use crate::document::{LoadError, Node, scalar};

/// Lambda's own defaults and limits: seconds and MiB.
const TIMEOUT: u32 = 3;
const MAX_TIMEOUT: u32 = 900;
const MEMORY: u32 = 128;
const MAX_MEMORY: u32 = 10_240;

/// The order in which Lambda looks for a handler's module.
const ENDINGS: [&str; 3] = ["js", "mjs", "cjs"];

/// Reads a function.
pub(super) fn load(scope: &Scope<'_>, resource: &Resource) -> Result<Function, LoadError> {
    let what = resource.what();
    if let Some(package) = resource.property(scope, "PackageType")?.filter(|package| package.as_str() != Some("Zip")) {
        return Err(package.unexpected(&format!("the package type of {what}"), "Zip"));
    }
    let runtime = resource.required(scope, "Runtime")?;
    if !runtime.as_str().is_some_and(|runtime| runtime.starts_with("nodejs")) {
        return Err(
            runtime.unexpected(&format!("the runtime of {what}"), "nodejs…, since handlers are run as JavaScript")
        );
    }
    let handler = resource.required(scope, "Handler")?;
    let Some((module, _)) = handler.as_str().and_then(|handler| handler.rsplit_once('.')) else {
        return Err(
            handler.unexpected(&format!("the handler of {what}"), "a module and its export, as `index.handler`")
        );
    };
    let number = |key: &str, default: u32, range| match resource.property(scope, key)? {
        Some(node) => scalar::whole(&node, &format!("`{key}` of {what}"), range),
        None => Ok(default),
    };
    Ok(Function {
        position: resource.position.clone(),
        logical_id: resource.id.clone(),
        arn: resource.arn(scope)?,
        name: resource.name(scope)?,
        handler: handler.as_str().unwrap_or_default().to_owned(),
        runtime: runtime.as_str().unwrap_or_default().to_owned(),
        module: code(scope, resource, module, &handler)?,
        timeout: Duration::from_secs(number("Timeout", TIMEOUT, 1..=MAX_TIMEOUT)?.into()),
        memory: number("MemorySize", MEMORY, MEMORY..=MAX_MEMORY)?,
        environment: environment(scope, resource)?,
    })
}

fn environment(scope: &Scope<'_>, resource: &Resource) -> Result<Vec<(String, String)>, LoadError> {
    let Some(environment) = resource.property(scope, "Environment")? else { return Ok(Vec::new()) };
    environment.expect_keys("`Environment`", &["Variables"])?;
    let Some(variables) = environment.get("Variables") else { return Ok(Vec::new()) };
    let text = |value: &Node, key: &str| scalar::text(value, &format!("variable `{key}`"));
    let variables = variables.expect_map("`Variables`")?.iter();
    variables.map(|entry| Ok((entry.key.clone(), text(&entry.value, &entry.key)?))).collect()
}

/// The module that a handler names, from inline code or from the folder that the template names.
fn code(scope: &Scope<'_>, resource: &Resource, module: &str, handler: &Node) -> Result<Module, LoadError> {
    let what = resource.what();
    let (inline, folder) = match resource.kind {
        Type::ServerlessFunction => (resource.property(scope, "InlineCode")?, resource.property(scope, "CodeUri")?),
        _ => match resource.required(scope, "Code")? {
            code if code.as_map().is_some() => {
                code.expect_keys(&format!("the code of {what}"), &["ZipFile"])?;
                (code.get("ZipFile").cloned(), None)
            }
            code => (None, Some(code)),
        },
    };
    if let Some(inline) = inline {
        let source = inline.expect_str(&format!("the inline code of {what}"))?.to_owned();
        return Ok(Module { path: format!("{}/index.js", resource.id), source });
    }
    let folder = folder.ok_or_else(|| LoadError::at(&resource.position, format!("{what} needs `CodeUri`")))?;
    let named = folder.expect_str(&format!("the code of {what}"))?;
    let found = match (below(named), repair::module_outside(scope, named)) {
        (Some(folder), _) => {
            let path = |ending| [folder.as_str(), "/", module, ".", ending].concat().trim_start_matches('/').to_owned();
            let modules = ENDINGS.map(path).map(|path| Ok((scope.source().read(&path)?, path)));
            modules.into_iter().collect::<Result<Vec<_>, LoadError>>()?
        }
        (None, Some(file)) => vec![(scope.source().read(file)?, file.to_owned())],
        (None, None) => {
            let message = format!("`{named}` lies outside the template's folder; put the code below it");
            return Err(LoadError::at(&folder.position, message));
        }
    };
    let first = found.into_iter().find_map(|(source, path)| Some(Module { source: source?, path }));
    first.ok_or_else(|| {
        let message = format!("no module `{module}` with ending .js, .mjs or .cjs in `{named}`");
        LoadError::at(&handler.position, message)
    })
}
