//! State machines without an API: the wiring of the corrected deployment is put in front of one of them.

use super::parameters;
use super::resource;
use super::scope::Scope;
use super::source::Source;
use super::{LoadOptions, apis};
use crate::deployment::{Api, MachineKind, StateMachine};
use crate::document::{LoadError, Node, Notes};

/// The template whose wiring it is, and what it calls its state machine.
const TEMPLATE: &str = "deploy";
const MACHINE: &str = "Workflow";

/// The parameters of the corrected deployment that its wiring reads.
pub(super) const PARAMETERS: [&str; 3] = ["StageName", "Auth", "CorsOrigin"];

/// The API of the corrected deployment in front of a machine, open to everyone unless `Auth` says otherwise.
pub(super) fn api(machine: &StateMachine, options: &LoadOptions) -> Result<Api, LoadError> {
    let source = Source::carried(TEMPLATE, stepgate_deploy::CORRECTED);
    let notes = Notes::new(true);
    let mut template = source.template(&notes)?;
    let position = template.position.clone();
    // The ARN is made of the name, and so is the machine's own.
    let properties = template.get_or_insert("Resources", &position).get_or_insert(MACHINE, &position);
    let properties = properties.get_or_insert("Properties", &position);
    properties.set("Name", &position, Node::text(&position, machine.name.as_str()));
    let kind = if machine.kind == MachineKind::Express { "EXPRESS" } else { "STANDARD" };
    let mut given = vec![("Auth".to_owned(), "NONE".to_owned()), ("WorkflowType".to_owned(), kind.to_owned())];
    let own = options.parameters.iter().filter(|(name, _)| PARAMETERS.contains(&name.as_str()));
    given.extend(own.cloned());
    let parameters = parameters::values(template.get("Parameters"), &given, &notes)?;
    let resources = template.require("a template", "Resources")?;
    let resources = resource::declared(resources, template.get("Globals"), &notes)?;
    let scope = Scope::new(&source, options, &template, parameters, resources, &notes);
    Ok(apis::served(&scope, None)?.expect("the corrected deployment has an API"))
}
