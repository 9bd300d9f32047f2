//! State machines without an API: the wiring of the corrected deployment is put in front of one of them.

use std::rc::Rc;

use super::scope::{Loading, Place};
use super::source::Source;
use super::{LoadOptions, apis, opening};
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
    let place =
        Place { source, stack: options.stack.clone(), path: Vec::new(), files: Vec::new(), assets: Rc::default() };
    let scope = opening::open(&Loading::new(options, notes), place, template, &given)?;
    Ok(apis::served(&[&scope], None)?.expect("the corrected deployment has an API"))
}
