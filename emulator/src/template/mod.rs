//! Templates: what SAM and CloudFormation deploy of APIs in front of state machines.
//!
//! A template is resolved as a deployment would resolve it (parameters, conditions, intrinsic functions, local files) and
//! gives a `Deployment`, plain data. What changes no answer here is passed over and noted, never silently; mistakes
//! that a deployment would stop at are refused with their place.

mod apis;
mod assets;
mod attributes;
mod conditions;
mod contents;
mod dynamic;
mod evaluator;
mod events;
mod foreach;
mod function;
mod functions;
mod http_api;
mod http_integration;
mod identity;
mod include;
mod intrinsics;
mod machine;
mod machine_settings;
mod made;
mod nested;
mod opening;
mod parameters;
mod parts;
mod references;
mod repair;
mod resource;
mod rest_api;
mod rest_document;
mod route_settings;
mod sam_document;
mod scope;
mod sections;
mod source;
mod stand_in;
mod targets;
#[cfg(test)]
mod tests;
mod throttle;
mod types;
mod unfilled;
mod wiring;

use crate::deployment::Deployment;
pub use crate::deployment::Stack;
use crate::document::{LoadError, Node, Notes};
use std::rc::Rc;

use assets::Assets;
use contents::Contents;
use scope::{Loading, Place};
pub use source::Source;

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
    let declared: Vec<_> = parameters::names(template.get("Parameters"))?.into_iter().map(str::to_owned).collect();
    let loading = Loading::new(options, notes);
    let place = Place {
        source: source.clone(),
        stack: options.stack.clone(),
        path: Vec::new(),
        files: vec![source.file_of_template()],
        assets: Rc::new(Assets::beside(source)),
    };
    let root = Rc::new(opening::open(&loading, place, template, &options.parameters)?);
    loading.set_root(&root);
    let stacks = nested::all(&root)?;
    let contents = contents::read(&stacks)?;
    let served = match apis::served(&stacks, options.api.as_deref()) {
        // Whoever named no API is served the state machine.
        Err(error) if error.is_unsupported && options.api.is_none() && !contents.machines.is_empty() => {
            loading.notes().pass_over("API that is not served", error.clone())?;
            loading.notes().warn(format!("no API is served: {error}"));
            None
        }
        served => served?,
    };
    for scope in &stacks {
        sections::check_conditions(scope)?;
        sections::check_outputs(scope)?;
    }
    let declared: Vec<_> = declared.iter().map(String::as_str).collect();
    let is_known = |name: &str| declared.contains(&name) || served.is_none() && wiring::PARAMETERS.contains(&name);
    if let Some((name, _)) = options.parameters.iter().find(|(name, _)| !is_known(name)) {
        return Err(parameters::unknown(name, &declared));
    }
    let api = if let Some(api) = served {
        api
    } else {
        let machine = contents.machine(&root, options.machine.as_deref())?;
        let name = &machine.name;
        let message = format!("the template has no API: `POST /execute` is put in front of state machine `{name}`");
        loading.notes().warn(message);
        wiring::api(machine, options)?
    };
    let Contents { machines, functions, .. } = contents;
    let machines: Vec<_> = machines.into_iter().map(|(_, machine)| machine).collect();
    targets::check(&api, &machines, &options.stack, loading.notes())?;
    let (warnings, passed_over) = loading.notes().clone().into_parts();
    Ok(Deployment { stack: options.stack.clone(), api, machines, functions, warnings, passed_over })
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
